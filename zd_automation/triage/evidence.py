"""What common words and accented letters say about Latin text: a correction of a detector's probabilities for
short messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "en": "can be so who's let's it'll there's about into over under some any every other only just also very "
    "much many more most than then too now never always today tomorrow yesterday day time people year "
    "good bad first last long old little own same make made take get got go going went gone come came see "
    "saw know knew think thought say said tell told give gave find found use used work working want wants "
    "like love need needs show shows first second page user users email save remove click choose select "
    "available required invalid enabled disabled send sent receive received amount balance fee fees "
    "wallet transaction transactions product products price shipping billing shop store order orders item "
    "items cart checkout country state city zip status date type details description options language "
    "help support report issue bug crash slow "
    "the is are was were my your you i'm i've don't can't didn't how what when where why who which please "
    "help thanks hello hi not have has with from this that for and but it's "
    "cannot account password order payment refund withdraw withdrawal deposit money card fee still need "
    "want would should could been did does will of to it they their our we he she him "
    "his her there here again after before because lost phone email wrong missing changed cancel return "
    "broken waiting pending failed blocked locked delete update new add edit view show "
    "all your name address number code login log sign out enter back next save close search settings",
    "es": "usuario usuarios dirección guardar borrar editar crear cambiar buscar siguiente anterior volver "
    "salir entrar iniciar sesión cerrar acceso datos nombre apellido ciudad país calle teléfono precio "
    "producto productos carrito tienda compra comprar factura saldo cantidad fecha estado tipo detalles "
    "descripción opciones idioma página inicio aquí allí entonces mismo otro otra otros otras todo toda "
    "todos todas mucho mucha muchos algo alguien nadie nada cada dos tres años año vez veces persona "
    "gente mujer hombre hijo casa trabajo mundo vida cosa cosas tiempo noche semana mes puede pueden pudo "
    "debe debo hacerlo dijo dice decir ir voy vamos ver veo saber sé usted ustedes nosotros ellos ellas "
    "nuestro nuestra les sus esto eso aquel aquella estos estas era eran fueron había tiene tienen hizo "
    "sobre entre hasta desde según durante tampoco ni o u bien mal mejor peor gran grande bueno buena "
    "nuestros "
    "el la los las una unos mi mis tu su que qué cómo como cuándo cuando dónde donde por para con sin "
    "pero porque está esta estoy están es son no puedo quiero tengo hola gracias ayuda "
    "favor buenos buenas días cuenta contraseña pedido pago reembolso retiro retirar retirado depósito "
    "dinero tarjeta comisión todavía ya muy más del al lo le se me nos ha he hay hace "
    "necesito mensaje correo clave código olvidé perdido eliminar cerrar nuevo nueva yo él ella fue ser "
    "hacer ahora siempre también y hoy mañana añadir tienda enviar envío",
    "pt": "usuário usuários utilizador utilizadores palavra-passe salvar guardar apagar editar criar alterar "
    "pesquisar buscar seguinte próximo voltar sair entrar iniciar sessão fechar acesso dados nome "
    "sobrenome cidade país rua telefone telemóvel preço produto produtos carrinho loja compra comprar "
    "fatura saldo quantidade quantia data estado tipo detalhes descrição opções idioma página início aqui "
    "ali lá então mesmo outro outra outros outras tudo todo toda todos todas muito muita muitos algo "
    "alguém ninguém nada cada dois duas três anos ano vez vezes pessoa pessoas gente mulher homem filho "
    "casa trabalho mundo vida coisa coisas tempo noite semana mês pode podem deve devo fazê-lo disse diz "
    "dizer ir vou vamos ver vejo saber sei vocês eles elas nosso nossa lhes seus suas aquele aquela estes "
    "estas esses essas era eram foram havia tem têm fez sobre entre até desde segundo durante nem ou bem "
    "mal melhor pior grande bom num numa dele dela deles à às pelos pelas "
    "o os as um uma meu minha meus seu sua que quê como quando onde por para com sem mas porque está "
    "estou estão é são não posso quero tenho olá oi obrigado obrigada ajuda favor bom "
    "boa dia conta senha pedido pagamento reembolso saque sacar depósito dinheiro cartão taxa ainda já "
    "muito mais do da dos das no na nos nas ao lhe se me foi ser fazer você vocês ele ela eu "
    "nós isso isto esse este preciso consigo mensagem e-mail código perdido excluir apagar fechar novo "
    "nova agora sempre também e em pelo pela tem hoje amanhã loja enviar envio endereço",
    "fr": "utilisateur utilisateurs adresse enregistrer sauvegarder modifier créer changer rechercher suivant "
    "précédent retour quitter connexion connecter déconnecter accès données nom prénom ville pays rue "
    "téléphone prix produit produits panier magasin achat acheter facture solde montant date état type "
    "détails options langue page accueil ici là alors même autre autres tout toute tous toutes beaucoup "
    "quelque quelqu'un personne rien chaque deux trois ans année fois gens femme homme maison travail "
    "monde vie chose choses temps nuit semaine mois peut peuvent doit dois dit dire aller va vais allons "
    "voir vois savoir sais leur leurs notre nos vos ses ces sa son se lui y en était étaient avait "
    "avaient fut sera entre depuis selon pendant ni bien mal mieux bon bonne grand petite petit ou donc "
    "car aucun aucune cet cela ça comme si sous chez vers jamais rien "
    "le la les un une des mon ma mes ton votre vos que quoi comment quand où pour avec sans mais parce "
    "est suis sont ne pas peux veux ai bonjour salut merci aide s'il vous plaît plait "
    "compte mot passe commande paiement remboursement retrait retirer dépôt argent carte frais encore "
    "déjà très plus du au aux ce cette ces je tu il elle nous ils elles on dans sur par qui "
    "c'est j'ai n'ai n'est d'un l'argent qu'il été être fait faire besoin message code perdu supprimer "
    "fermer nouveau nouvelle maintenant toujours aussi et adresse ajouter boutique envoyer",
    "de": "benutzer nutzer speichern bearbeiten erstellen ändern suchen weiter zurück anmelden abmelden zugang "
    "daten name stadt land straße telefon preis produkt produkte warenkorb kaufen rechnung guthaben "
    "betrag status typ details optionen sprache seite startseite hier dort dann andere anderen alles alle "
    "allen viel viele etwas jemand niemand nichts jeder jede zwei drei jahre jahr mal leute frau mann "
    "haus arbeit welt leben ding zeit nacht woche monat können könnte muss müssen soll sollte sagt sagte "
    "sagen gehen geht gehe sehen wissen weiß uns euch ihnen ihm ihn unser unsere sein seine seinen einer "
    "einem eines war waren hatte hatten gibt machen macht gemacht zwischen bis seit während weder gut "
    "schlecht besser groß klein als nur doch mal gerade bereits erfolgreich ungültig anzeigen hinzugefügt "
    "gelöscht aktualisiert "
    "der die das ein eine einen mein meine ihr ihre dein was wie wann wo warum für mit ohne aber weil ist "
    "bin sind nicht kann will möchte habe hat hallo danke hilfe bitte guten tag konto "
    "passwort bestellung zahlung rückerstattung auszahlung auszahlen einzahlung geld karte gebühr noch "
    "schon sehr mehr von vom zum zur im am den dem des ich du er sie es wir und oder auf aus "
    "bei nach über unter wurde werden wird kein keine brauche nachricht code verloren löschen schließen "
    "neu neue jetzt immer auch wenn dass man so adresse hinzufügen versand senden",
    "it": "utente utenti indirizzo salva salvare modifica modificare crea creare cambia cambiare cerca cercare "
    "avanti indietro esci accedi accesso dati nome cognome città paese via telefono prezzo prodotto "
    "prodotti carrello negozio acquisto comprare fattura saldo importo data stato tipo dettagli "
    "descrizione opzioni lingua pagina qui lì là allora stesso altro altra altri altre tutto tutta tutti "
    "tutte molti molta qualcosa qualcuno nessuno niente ogni due tre anni anno volta volte persona "
    "persone gente donna uomo casa lavoro mondo vita cose tempo notte settimana mese può possono deve "
    "devo dice dire andare vado andiamo vedere vedo sapere so loro nostro nostra vostro suoi sue quella "
    "quelli questi queste era erano aveva ha hanno fu sarà tra fra fino secondo durante né o bene male "
    "meglio grande buono buona non c'è un'altra dov'è l'ho mai dopo prima solo così quindi "
    "il lo gli una uno mio mia miei tuo suo che cosa come quando dove per con senza ma perché è sono non "
    "posso voglio ho ha ciao salve grazie aiuto favore buongiorno buonasera conto "
    "account password ordine pagamento rimborso prelievo prelevare deposito soldi denaro carta "
    "commissione ancora già molto più del della dei delle nel nella al alla dal di da io lui lei noi "
    "questo questa quello bisogno messaggio codice perso eliminare chiudere nuovo nuova adesso ora sempre "
    "anche e se mi ti ci si sta stato fatto fare essere indirizzo aggiungi invia negozio",
    "tr": "kullanıcı adresi kaydet düzenle oluştur değiştir ara ileri geri giriş çıkış erişim veri ad soyad adı "
    "şehir ülke telefon fiyat ürün ürünler sepet mağaza satın fatura bakiye tutar tarih durum tip tür "
    "detaylar açıklama seçenekler dil sayfa ana burada orada o zaman aynı başka tüm bütün hepsi çok bazı "
    "biri kimse hiç hiçbir her iki üç yıl kez kişi insan kadın adam ev iş dünya hayat şey gece hafta ay "
    "yapabilir olabilir gerekir dedi söyledi demek gitmek git gidiyor gör görmek bil biliyorum onlar onun "
    "onu ona bizim sizin bu bunu buna şunu idi vardı olan olacak yapmak yapıyor arasında kadar beri göre "
    "iyi kötü büyük küçük veya ya sadece bile hem artık tom geçersiz başarıyla alanı olmalıdır "
    "bir ve bu şu o ben sen biz siz benim senin bana sana beni için ile ama çünkü değil var yok mı mi mu "
    "mü nasıl ne nerede zaman neden lütfen yardım merhaba selam teşekkürler teşekkür "
    "hesap hesabım hesabımı şifre şifremi sipariş siparişim ödeme iade para paramı param çekim çekme "
    "yatırma kart kartım komisyon hala hâlâ daha çok olarak oldu olmadı istiyorum gerekiyor "
    "mesaj kod kayıp sil kapat yeni şimdi her de da ki gibi kadar sonra önce edin yapmak edemiyorum giriş "
    "çıkış gönder adres ekle",
    "vi": "người dùng lưu sửa tạo thay đổi tìm kiếm tiếp theo quay đăng nhập xuất truy cập dữ liệu tên thành "
    "phố quốc gia điện thoại giá sản phẩm giỏ cửa mua hóa số dư ngày trạng thái loại chi tiết mô tả tùy "
    "chọn ngôn ngữ trang chủ đây đó ông bà nó họ chúng ta hãy phải sẽ nên thể về ra vào lên xuống đi làm "
    "biết nói thấy năm tháng tuần đêm nhà việc thế giới "
    "tôi bạn của và là không có được cho với một những các này đó khi nào sao thế gì ở đâu tại vì như xin "
    "chào cảm ơn giúp vui lòng tài khoản mật khẩu đơn hàng thanh toán hoàn tiền "
    "rút nạp thẻ phí vẫn chưa đã rất hơn từ đến trong ngoài trên dưới anh chị em mình người ngày giờ muốn "
    "cần bị mất mã xóa mới bây lại nữa toi khong duoc tien tai khoan rut nap",
    "id": "simpan sunting edit buat ubah cari lanjut kembali masuk keluar data nama kota negara jalan telepon "
    "harga produk keranjang toko beli tagihan saldo jumlah tanggal status jenis rincian deskripsi pilihan "
    "bahasa halaman beranda sini sana situ maka sama lain semua banyak sesuatu seseorang setiap dua tiga "
    "tahun kali orang wanita pria laki-laki kerja dunia hidup hal waktu malam minggu bulan dapat harus "
    "berkata pergi melihat tahu mereka nya tersebut antara sampai sejak menurut selama atau baik buruk "
    "besar kecil hanya juga pernah ingin seperti lebih jika kalau tetapi tapi adalah menjadi membuat "
    "sebuah seorang para secara hari aplikasi rekeningmu dompet transaksi "
    "saya anda kamu dia kami kita aku yang dan di ke dari untuk dengan tidak tak bisa belum sudah ada ini "
    "itu apa bagaimana gimana kapan dimana mana kenapa mengapa tolong bantu bantuan "
    "halo terima kasih mohon akun sandi kata pesanan pembayaran pengembalian dana uang penarikan tarik "
    "setor deposit kartu biaya masih sangat lebih karena pada oleh akan sedang telah juga "
    "lagi harus butuh perlu pesan kode hilang hapus tutup baru sekarang selalu nya rekening kirim gak "
    "nggak enggak ga mau silakan silahkan uangnya kalian mobil kantor rumah sakit bahwa "
    "alamat tambah unduh ubah beranda pengguna masuk keluar kadaluarsa mencoba menit senin rabu jumat agustus",
    "ms": "saya anda awak dia kami kita aku yang dan di ke dari daripada untuk dengan tidak tak boleh belum "
    "sudah ada ini itu apa bagaimana macam bila mana kenapa mengapa tolong bantu bantuan "
    "helo terima kasih sila akaun kata laluan pesanan bayaran pembayaran pulangan wang pengeluaran "
    "keluarkan deposit kad yuran masih sangat lebih kerana pada oleh akan sedang telah juga lagi "
    "mesti perlu mesej kod hilang padam tutup baharu baru sekarang sentiasa nya hantar nak cuba kereta "
    "pejabat bahawa ialah adalah mahu beliau pengguna muat turun tukar laman cik encik "
    "minit isnin ahad jumaat ogos duit budak lelaki perempuan bercakap semasa kalau tetapi manakala e-mel "
    "emel sahaja mereka",
    "tl": "ang mga ng sa na at ay ko mo niya namin natin nila ako ikaw siya kami tayo sila hindi wala may "
    "mayroon ito iyan iyon ano paano kailan saan bakit sino po opo salamat tulong pakiusap "
    "kumusta magandang araw pera bayad ibalik para kung pero dahil naman lang pa rin din ba nga kasi "
    "gusto kailangan maaari puwede pwede hindi aking iyong kanyang si ni kay nang isang",
    "nl": "de het een mijn jouw uw zijn wat hoe wanneer waar waarom voor met zonder maar omdat is ben zijn niet "
    "kan wil heb heeft hallo bedankt dank hulp alstublieft alsjeblieft goedemorgen "
    "rekening wachtwoord bestelling betaling terugbetaling opname opnemen storting geld kaart kosten nog "
    "al zeer meer van naar op aan bij uit over onder ik jij je hij zij wij we ze en of dat "
    "deze dit die er geen wordt werd worden nodig bericht code kwijt verwijderen sluiten nieuw nieuwe nu "
    "altijd ook als te om door adres toevoegen verzenden",
    "pl": "i w na z do nie jest są się to ten ta jak co kiedy gdzie dlaczego dla bez ale bo mój moja moje moją "
    "mam mogę chcę proszę pomoc pomocy dziękuję cześć dzień dobry witam konto konta "
    "hasło zamówienie zamówienia płatność zwrot wypłata wpłata pieniądze pieniędzy karta opłata jeszcze "
    "już bardzo więcej od po przed przez o że czy który która tylko tak pan pani mnie ja on ona "
    "my oni był była było być wiadomość kod usuń zamknij nowy nowa teraz zawsze też lub adres dodaj wyślij",
    "ro": "și si în în la de cu pe din nu este sunt e am ai are au un o meu mea mei tău ce cum când unde de ce "
    "pentru fără dar că care vă te mă îmi bună ziua salut mulțumesc multumesc ajutor "
    "rog cont contul parola comanda plată rambursare retragere depunere bani banii card taxă încă deja "
    "foarte mai lui ei eu tu el ea noi voi fost fi face trebuie vreau pot mesaj cod pierdut "
    "șterge închide nou nouă acum mereu sau să se adresă adaugă",
    "cs": "a v na z do ne není je jsou se si to ten ta jak co kdy kde proč pro bez ale protože můj moje mám "
    "mohu můžu chci prosím pomoc děkuji dobrý den ahoj účet účtu heslo objednávka objednávku "
    "platba vrácení výběr vklad peníze karta poplatek ještě už velmi více od po před přes o že který "
    "která jen ano pan paní mě já on ona my vy oni byl byla bylo být zpráva kód smazat zavřít nový "
    "nová teď vždy také nebo adresa přidat při tom jste jsem bude",
    "hu": "a az egy és nem van vagyok vannak hogy mi mit mikor hol miért hogyan de mert nekem kérem kérjük "
    "segítség köszönöm szia jó napot fiók fiókom jelszó rendelés fizetés visszatérítés "
    "kifizetés befizetés pénz pénzem kártya díj még már nagyon több ki be el meg fel le én te ő mi ti ők "
    "volt lesz lenni kell szeretnék tudom üzenet kód törlés bezárás új most mindig is vagy ez "
    "ha csak cím hozzáadás",
    "sv": "och i på en ett det är inte jag du han hon vi ni de min mitt mina din ditt som att för med utan men "
    "eftersom hur vad när var varför har kan vill hej tack hjälp snälla konto lösenord "
    "beställning betalning återbetalning uttag insättning pengar kort avgift fortfarande redan mycket mer "
    "från till om av den dem sig sin skulle måste behöver meddelande kod borttagen radera stäng "
    "ny nya nu alltid också eller adress lägg skicka",
    "uk": "не та що як це на до від ви ми мені мене мій моя моє де коли чому будь ласка дякую гроші рахунок "
    "замовлення оплата вже ще дуже або але з у він вона вони був була було бути "
    "потрібно можу хочу тут там так ні ваш ваша наш наша який яка яке які цей ця того ти я в й і про для "
    "за по після перед без немає сьогодні завтра вчора допомога пароль",
    "ru": "не и что как это на до от вы мы мне меня мой моя моё где когда почему пожалуйста спасибо деньги счет "
    "счёт заказ оплата уже еще ещё очень или но с в он она они был была было быть нужно "
    "могу хочу то так все всё его её для только из за у к по нет да тут там ваш ваша наш наша который "
    "которая этот эта того ты я о после перед без сегодня завтра вчера помощь пароль",
    "bg": "и не на за да се от с какво как къде кога защо моля благодаря пари поръчка плащане вече още много "
    "или но в той тя те беше съм е са си ми му ще това тази този може трябва искам мога няма имам",
    "da": "og i på en et det er ikke jeg du han hun vi de min mit som at for med uden men hvad hvordan hvornår "
    "hvor hvorfor har kan vil hej tak hjælp konto adgangskode af til fra om den der var blev skal også nu",
    "no": "og i på en et det er ikke jeg du han hun vi de min mitt som at for med uten men hva hvordan når hvor "
    "hvorfor har kan vil hei takk hjelp konto passord av til fra om den der var ble skal også nå",
    "fi": "ja ei on en ole se hän minä sinä me te he oli että kun mutta tai jos mikä miten milloin missä miksi "
    "kiitos apua tili salasana tilaus maksu raha vielä jo hyvin nyt myös mitä olen ovat tämä kanssa",
    "sk": "a v na z do nie je som sú si sa to ten tá ako čo kedy kde prečo pre bez ale lebo môj moja mám môžem "
    "chcem prosím pomoc ďakujem dobrý účet heslo objednávka platba vrátenie peniaze ešte už veľmi aj "
    "alebo bol",
    "hr": "i u na s do ne je sam su se to taj kako što kada gdje zašto za bez ali jer moj moja imam mogu želim "
    "molim pomoć hvala račun lozinka narudžba plaćanje novac još već vrlo ili bio bila biti od iz će bi "
    "koji",
    "sl": "in v na z do ne je sem so se to ta kako kaj kdaj kje zakaj za brez ampak ker moj moja imam lahko "
    "želim prosim pomoč hvala račun geslo naročilo plačilo denar še že zelo ali bil bila biti od iz bo bi "
    "ki",
    "ca": "el la els les un una i és són no que com quan on per amb sense però perquè meu meva estic vull tinc "
    "puc gràcies ajuda compte contrasenya comanda pagament diners encara ja molt més del al aquest "
    "aquesta és hi va",
    "gl": "o a os as un unha e é son non que como cando onde por con sen pero porque meu miña estou quero teño "
    "podo grazas axuda conta contrasinal pedido pagamento diñeiro aínda xa moi máis do da dos das ao este "
    "esta foi na no",
    "et": "ja ei on ma sa ta me te nad see et kui aga või mis kuidas millal kus miks tänan abi konto parool "
    "tellimus makse raha veel juba väga nüüd ka oli olen minu oma kes seda",
    "lt": "ir ne yra aš tu jis ji mes jūs jie tai kad kaip kada kur kodėl bet arba iš į su be ačiū pagalba "
    "paskyra slaptažodis užsakymas mokėjimas pinigai dar jau labai dabar taip pat buvo mano savo",
    "lv": "un ne ir es tu viņš viņa mēs jūs tas ka kā kad kur kāpēc bet vai no uz ar bez paldies palīdzība "
    "konts parole pasūtījums maksājums nauda vēl jau ļoti tagad arī bija mans savu",
    "az": "və bu bir mən sən biz siz o mənim sənin üçün ilə amma çünki deyil var yox necə nə harada niyə zəhmət "
    "olmasa kömək salam təşəkkür hesab şifrə sifariş ödəniş pul daha çox olaraq oldu istəyirəm da də ki",
}
_LETTERS: Mapping[str, str] = {
    "ñ": "es tl gl eu",
    "¿": "es gl",
    "¡": "es gl",
    "ã": "pt vi",
    "õ": "pt vi et",
    "ß": "de",
    "ä": "de sv fi et sk",
    "ö": "de sv fi tr hu et az is",
    "ü": "de tr hu et az es nl",
    "ğ": "tr az",
    "ı": "tr az",
    "ş": "tr ro az",
    "ç": "fr pt tr ca az sq nl",
    "ă": "ro vi",
    "ț": "ro",
    "ţ": "ro",
    "ș": "ro",
    "â": "fr pt ro vi tr",
    "î": "fr ro tr",
    "ê": "fr pt vi nl",
    "ô": "fr pt vi sk",
    "ơ": "vi",
    "ư": "vi",
    "đ": "vi hr sr bs",
    "ł": "pl",
    "ą": "pl lt",
    "ę": "pl lt",
    "ś": "pl",
    "ź": "pl",
    "ż": "pl mt",
    "ć": "pl hr sr bs",
    "ń": "pl",
    "ř": "cs",
    "ě": "cs",
    "ů": "cs",
    "ý": "cs sk vi is",
    "č": "cs sk hr sl lt lv et bs sr",
    "š": "cs sk hr sl lt lv et bs sr",
    "ž": "cs sk hr sl lt lv et bs sr",
    "ď": "cs sk",
    "ť": "cs sk",
    "ň": "cs sk",
    "ő": "hu",
    "ű": "hu",
    "å": "sv da no fi",
    "ø": "da no",
    "æ": "da no is",
    "è": "fr it ca vi nl",
    "à": "fr it pt vi ca",
    "ò": "it vi ca",
    "ì": "it vi",
    "ù": "fr it vi",
    "œ": "fr",
    "ï": "fr nl ca",
    "ë": "fr nl sq",
    "û": "fr",
    "é": "fr es pt it hu cs sk nl vi sv ca is ga gl da",
    "á": "es pt hu cs sk vi ga gl is",
    "í": "es pt hu cs sk vi ca gl is",
    "ó": "es pt hu pl cs sk vi ca gl is",
    "ú": "es pt hu cs sk vi ca gl is",
}
_ONLY_INDONESIAN_TEXT = (
    "bisa gimana mohon akun sandi pengembalian dana uang penarikan setor kartu biaya karena butuh pesan "
    "hapus gak nggak enggak ga silakan silahkan uangnya kalian mobil kantor unduh ubah "
    "beranda kadaluarsa mencoba menit senin rabu jumat agustus sunting telepon toko tagihan pria laki-laki "
    "deskripsi rincian aplikasi rekening rekeningmu dompet transaksi halo mau"
)
_ONLY_INDONESIAN = frozenset(_ONLY_INDONESIAN_TEXT.split())
_ONLY_MALAY_TEXT = (
    "boleh awak macam helo sila akaun laluan bayaran pulangan wang pengeluaran kad yuran kerana mesej "
    "padam baharu sentiasa hantar nak kereta pejabat cik encik minit isnin ahad jumaat ogos duit "
    "budak bercakap manakala e-mel emel sahaja cuba mesti kata-laluan laman"
)
_ONLY_MALAY = frozenset(_ONLY_MALAY_TEXT.split())


def _common_words() -> dict[str, frozenset[str]]:
    """For each word the tags it is common in; what Indonesian and Malay share counts for both."""
    lists = {tag: frozenset(words.split()) for tag, words in _WORDS.items()}
    lists["id"], lists["ms"] = lists["id"] | (lists["ms"] - _ONLY_MALAY), lists["ms"] | (lists["id"] - _ONLY_INDONESIAN)
    tags: dict[str, set[str]] = {}
    for tag, words in lists.items():
        for word in words:
            tags.setdefault(word, set()).add(tag)
    return {word: frozenset(found) for word, found in tags.items()}


_COMMON: Mapping[str, frozenset[str]] = _common_words()
KNOWN: frozenset[str] = frozenset(_WORDS)
"""The languages that have a word list."""
_USED: Mapping[str, frozenset[str]] = {letter: frozenset(tags.split()) for letter, tags in _LETTERS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WORD_WEIGHT = 4.0
_LETTER_WEIGHT = 0.15
_MOST_WORDS = 12


def weights(text: str, candidates: frozenset[str]) -> dict[str, float]:
    """A factor for each of ``candidates``: up for each word that is common in it, down for each letter it does not use.

    Words count until twelve; a candidate without a word list keeps the factor 1 for words.
    """
    lowered = text.lower()
    factors = dict.fromkeys(candidates, 1.0)
    for word in _WORD.findall(lowered)[:_MOST_WORDS]:
        for tag in _COMMON.get(word, frozenset()) & candidates:
            factors[tag] *= _WORD_WEIGHT
    for letter in set(lowered) - set("abcdefghijklmnopqrstuvwxyz '.,"):
        users = _USED.get(letter) or (frozenset({"vi"}) if "\u1ea0" <= letter <= "\u1ef9" else None)
        if users and not users.isdisjoint(candidates):
            for tag in candidates - users:
                factors[tag] *= _LETTER_WEIGHT
    return factors
