"""Russian, Greek, Hindi and Arabic typed in Latin letters, told by words that people write often and alike."""

from __future__ import annotations

import re

_RUSSIAN = (
    "zdravstvuyte zdravstvujte zdravstvuite privet dobryj dobryy dobrii dobrogo utro utra vecher vremeni "
    "ya menya mnya mnie mne moy moi moj moya moyo moe "
    "ty tebya tebe vy vas vam vami vash vasha on ona ono oni ego ee eyo ih my nas nam eto eta etot etu "
    "etogo etom eti to tot chto chtoby chego kak kakoy kakoi "
    "gde kogda kuda pochemu zachem kto skolko esli potomu dlya bez pri posle pered ili tozhe takzhe uzhe "
    "eshche eshe esche escho tolko ochen ochenj seychas seichas "
    "sejchas segodnya zavtra vchera nado nuzhno nuzhen mogu mozhno mozhet mozhete mozhno nelzya khochu "
    "hochu khotel hotel est' byl byla bylo byli budet budu net da ne "
    "pomogite pomoch pomoshch pozhaluysta pozhalujsta pozhaluista pojaluista spasibo dengi denki denyg "
    "deneg schet schyot scheta schetu platezh platej oplata oplatil "
    "oplatila kartu karta karty karte parol parolj vojti voyti zayti zaiti akkaunt vyvod vyvesti vivod "
    "vivesti popolnil popolnit perevod perevel zakaz zakaza zakazal tovar "
    "dostavka vernite vernut vozvrat rabotaet ne rabotayet prishel prishli prishlo prishla poluchil "
    "poluchila podderzhka vopros otvet otvette problema oshibka oshibku "
    "vse vsyo vsegda nikogda nichego nikto raz dnya dney chasov nedelyu god goda lyudi chelovek khorosho "
    "horosho plokho ploho mnogo malo delat delayu znayu znaet dumayu "
    "govorit skazal skazala sdelat sdelal budem svoi svoyu svoy kotoryy kotoryj kotoraya kotorye kotoroe "
    "takoy tam zdes tut domoy doma iz ot do po za ob pro u s v k "
    "bolshe menshe luchshe khotya hotya togda potom sam sama nego neye nim nimi mnoy toboy etoy togo tomu "
    "chem chemu tozhe lish dazhe razve ved zhe"
)
_GREEK = (
    "kalimera kalispera kalhmera kalhspera geia geiasas sas mou sou tou tis ths mas tous ton tin thn tous "
    "to ta ti tin oi h o kai ke einai eimai eisai eimaste ine ime ise "
    "den dhen mhn min tha 8a na gia gia poy pou pos pws pote posa poso poios giati yiati otan opos opws "
    "edo edw ekei tora twra simera shmera avrio aurio xthes htes exo exw "
    "exeis exei exoume exete exoun ehw eho ehis ehei ixa eixa thelo thelw theleis thelei 8elw mporo mporw "
    "boro borw mporeite mporeis mporei prepei parakalo parakalw efxaristo "
    "efharisto euxaristw efxaristw eyxaristo voithia boithia boh8eia xrimata lefta leuta logariasmo "
    "logariasmos logariasmou karta kartas paraggelia paraggelias kodiko kwdiko kodikos "
    "lathos provlima problima problhma apantisi apo me se sto stin sthn ston stis sta stous os ws alla "
    "omos omws poli poly polu kala kalo kalos mia ena enas kati tipota panta pote "
    "ola oloi olous auto afto ayto autos aftos auti afti ayti aytos ayth akoma akomi mono monos meta prin "
    "otan yparxei iparxi yparxoun kano kanw kaneis kanei kanete pame pao ksero "
    "xero ksereis xerw leei leo lew eipe ipe sas emena esena ego egw esi esy aftou autou autis itan htan "
    "tipote dio duo tria xronia mera meres anthropos anthropoi spiti douleia"
)
_HINDI = (
    "mera meri mere mujhe mujhko mujko muje maine mai mein hum humko hume humein hamara hamari hamare aap "
    "aapka aapki aapke aapko aapne tum tumhara tumhe tera teri tu kya kyu kyun "
    "kyon kyo kaise kaisa kaisi kab kahan kaha kaun kaunsa kitna kitne kitni hai hain hoon hun ho tha thi "
    "the hoga hogi honge hua hui hue raha rahi rahe rha rhi rhe kar karo karna "
    "karne karni karke karta karti karte kariye kijiye kiya kijiyega karu karun karen karoge diya diye "
    "dena dedo dijiye dijie dikhao dikhaye dikhaiye batao bataye bataiye bata "
    "chahiye chahie chahta chahti nahi nahin nhi nai mat haan ji bhi aur ya lekin magar par pe ko ka ki "
    "ke se mein tak wala wali wale liye lie saath sath abhi aaj kal parso subah "
    "shaam raat din baad pehle phir fir kuch kuchh sab sabhi koi kisi yeh ye yah woh wo voh vo us uska "
    "uski uske iska iski iske is isko usko unka unke jo jab jaise agar toh to hi "
    "paisa paise paisey rupaye khata khate wapas vapas vapis galat sahi accha acha achha bahut bohot "
    "bahot jaldi zyada jyada kam thoda bhejo bhej bheja bhejna milega mila mile mili "
    "nikal nikalna nikalo gaya gayi gaye gya gyi jana jao jaye jaa jata jati jate aana aaye aaya aayi aa "
    "lo le lena liya sakta sakti sakte sakta dost ghar log samay banao "
    "lagao lagana laga chalu chalao band bajao sunao baje ghante wapis dijiyega hota hoti hote apna apni "
    "apne ek do teen char paanch mummy papa maa bhai yaad dilaye dilao dilana "
    "karwana karvana rakho rakhna set kare hone ho jaega jayega jaayega jayegi liya thik theek"
)
_ARABIC = (
    "ana enta enti inta inti ento intu howa hiya ehna e7na i7na hna houma homa mesh mish mosh mush msh "
    "mafi mafeesh mafish mafe fi feh feeh 3ala 3la 3an 3and 3andi 3ndi 3indi 3ayez 3ayz "
    "3awez 3ayza bedi biddi bidi beddi bghit bghina abi abgha abgi areed arid 7abibi habibi salam salaam "
    "assalamu alaikum aleikum 3alaykum wa3alaikum marhaba mar7aba ahlan shukran shokran "
    "chokran choukran lesh leish lih leh leeh 3lash 3lach alach wesh wach wash chno shno chnou shnu ash "
    "ach achno kif kifash kifach keef kef kaif kayf shlon shu sho shou eh eih eish ish "
    "wein wen fen fein feen fin emta imta mata kam bkam b9adash meen min mno hada hadi hadak hadik had "
    "dyal diali dyali dialk dyalk dial li lli elli illi yalli ya3ni yani bas "
    "bass bs lakin lakn walakin kaman kman barcha bezaf bzaf bezzaf ktir kteer katir kathir awi awy gedan "
    "jiddan da7in daba delwa2ti dilwa2ti halla2 hal2 lessa lissa alhin alheen "
    "elyom alyoum lyoum lyouma bokra bukra ghadda ghedda ba3d ba3den ba3dein 9bel abl qabl flous flousi "
    "fulus flus masari floos felous 7sab hsab 7sabi hsabi el7esab elhesab elhisab "
    "raqam ra2m rakm kelmet kelma elserr mosh3aref 3aref 3arfa 3raf ma3raftch ma3rafch momken mumkin "
    "yimkin mumken lazem lazim khas khassni khasni sa3dni sa3edni sa3duni sa3ida mosa3da "
    "musa3ada 3afak 3afakom afak min fadlak fadlik lawsamaht inshallah nchallah inchallah incha2allah "
    "allah wallah walla wellah hamdulillah hamdoullah 7amdulillah yalla khalas 5alas safi kolchi "
    "kulshi kullu kol kull kayn kayna makaynch makaynsh ma3andich mab9ach mabghach ghir bghito dert drt "
    "ja jat mcha mchat tani tarda tard wsel wsl wasal"
)

_WORD = re.compile(r"[a-z0-9']+")
_ARABIC_DIGITS = re.compile(r"^(?=[a-z]*[23579])(?=.*[aeiou])[a-z]*[a-z][23579]?[a-z0-9]*[a-z]$")
_COMMON_ELSEWHERE_TEXT = (
    "to on my do me se is us do the le bas set main ho ya par pe ki ka ke ko lo hi da ne no za po iz ot "
    "ob u s v k h o ti ta na mia os as fin had li ana kam min ja abi safi ash "
    "sam sama tam tut raz to tot est sta sto oi ego eto kala min ton dio mono me vas vami nas ih oni eta "
    "tu mat sab log das dare ek din kal ji mai hum par aa aap wo fir hun are bata "
    "kare laga band char maa papa mummy dost bhai mile mila kar karo the ash ach wen fen fi eh leh kol da don "
    "meta pote karta karte panta otan mas den tin tis sou tou mou min ise ipe leo"
)
_COMMON_ELSEWHERE = frozenset(_COMMON_ELSEWHERE_TEXT.split())
_LISTS = {
    "ru-Latn": frozenset(_RUSSIAN.split()),
    "el-Latn": frozenset(_GREEK.split()),
    "hi-Latn": frozenset(_HINDI.split()),
    "ar-Latn": frozenset(_ARABIC.split()),
}


def romanised(text: str) -> tuple[str, float] | None:
    """The romanised language of Latin ``text`` and the share of its words that the word list knows; None when
    it is not clear.

    Words that are common in other languages count only beside words that are not.
    """
    words = _WORD.findall(text.lower())[:80]
    if len(words) < 2:
        return None
    best = max(((_share(words, tag), tag) for tag in _LISTS), default=(0.0, ""))
    share, tag = best
    return (tag, share) if share >= 0.34 else None


def _share(words: list[str], tag: str) -> float:
    known = _LISTS[tag]
    hits = {word for word in words if word in known}
    telling = {word for word in words if word in known and word not in _COMMON_ELSEWHERE}
    if tag == "ar-Latn":
        shaped = {word for word in words if _ARABIC_DIGITS.match(word)}
        hits, telling = hits | shaped, telling | shaped
    if len(telling) < (2 if len(words) > 3 else 1) or len(hits) < 2:
        return 0.0
    return sum(1 for word in words if word in hits) / len(words)
