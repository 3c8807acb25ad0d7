"""One ticket in, one plan out: the ladder, the routing, the silence, and what wins over what."""

from __future__ import annotations

import dataclasses
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import (
    ConstantArticles,
    ConstantDanger,
    TopicsByWord,
    a_book,
    a_desk,
    a_language,
    a_suggestion,
    a_ticket,
    a_topic,
    a_triage,
)
from zd_automation.assembly import seed_lists
from zd_automation.tickets import Requester
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import RUNGS, ArticlePolicy, DangerPolicy, Queue
from zd_automation.triage.patterns import compile_phrases
from zd_automation.triage.plan import Reason, Scored, Versions
from zd_automation.triage.plan_json import plan_as_json

TOPICS = TopicsByWord({"card": ("card_problem", 0.93), "parcel": ("delivery_late", 0.8)})
FOUND = (a_suggestion("1", score=0.9), a_suggestion("2", score=0.75), a_suggestion("3", score=0.74))
STATED = "Someone is in my account, and the card"


def reason(triage: Triage, part: str, body: str = "My card does not work") -> str:
    return "; ".join(why.text for why in triage.decide(a_ticket(body)).reasons if why.part == part)


def test_a_known_topic_is_tagged_routed_and_noted() -> None:
    plan = a_triage(topics=TOPICS).decide(a_ticket())
    assert plan.ticket_id == "17"
    assert plan.topic == Scored("card_problem", 0.93)
    assert plan.group == "Cards"
    assert plan.priority is None
    assert plan.tags == ("zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done")
    assert plan.note == "<p>Language: en · Topic: Card problem (93%)</p>"
    assert plan.writes == {"note", "tags", "group"}
    assert not plan.is_silent
    assert plan.reasons == (
        Reason("language", "en at 0.99 by model"),
        Reason("topic", "card_problem at 0.93, needed 0.50"),
        Reason("articles", "none: articles are switched off or there are none"),
    )


@pytest.mark.parametrize(
    ("rung", "tags", "has_note", "writes"),
    [
        ("shadow", ("zdauto_done",), False, set()),
        ("note", ("zdauto_done",), True, {"note"}),
        ("tag", ("zdauto_topic_card_problem", "zdauto_done"), True, {"note", "tags"}),
        ("route", ("zdauto_topic_card_problem", "zdauto_done"), True, {"note", "tags", "group"}),
    ],
)
def test_a_topic_climbs_the_ladder(rung: str, tags: tuple[str, ...], has_note: bool, writes: set[str]) -> None:
    desk = a_desk(a_topic(rung=rung), language_rung="shadow")
    plan = a_triage(desk, topics=TOPICS).decide(a_ticket())
    assert plan.topic == Scored("card_problem", 0.93)
    assert (plan.group, plan.tags, plan.note is not None, set(plan.writes)) == ("Cards", tags, has_note, writes)


@pytest.mark.parametrize(
    ("rungs", "second", "tags"),
    [
        (("route", "tag"), "delivery_late", ("zdauto_topic_card_problem", "zdauto_also_delivery_late")),
        (("route", "note"), "delivery_late", ("zdauto_topic_card_problem",)),
        (("route", "off"), None, ("zdauto_topic_card_problem",)),
        (("off", "route"), None, ()),
    ],
)
def test_a_second_problem_is_tagged_and_never_routes(
    rungs: tuple[str, str], second: str | None, tags: tuple[str, ...]
) -> None:
    topics = [a_topic(rung=rungs[0]), a_topic("delivery_late", rung=rungs[1], group="Parcels")]
    two = TopicsByWord({"card": ("card_problem", 0.93)}, second=Scored("delivery_late", 0.81))
    plan = a_triage(a_desk(*topics, language_rung="shadow"), topics=two).decide(a_ticket())
    assert plan.second == (Scored(second, 0.81) if second else None)
    assert plan.tags == (*tags, "zdauto_done")
    assert plan.group == (None if rungs[0] == "off" else "Cards")


def test_a_second_problem_says_why() -> None:
    two = TopicsByWord({"card": ("card_problem", 0.93)}, second=Scored("delivery_late", 0.81))
    triage = a_triage(a_desk(a_topic(), a_topic("delivery_late")), topics=two)
    assert "a second problem: delivery_late at 0.81 in its own sentence" in reason(triage, "topic")


def test_a_topic_switched_off_is_never_the_answer() -> None:
    triage = a_triage(a_desk(a_topic(rung="off")), topics=TOPICS)
    plan = triage.decide(a_ticket())
    assert (plan.topic, plan.group) == (None, None)
    assert plan.candidates == (Scored("card_problem", 0.93),)
    assert reason(triage, "topic") == "silent: the desk has card_problem switched off"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"topics": None}, "silent: the desk has no topic model"),
        ({"topics": None, "topic_trouble": "too few examples"}, "silent: too few examples"),
        ({"topics": dataclasses.replace(TOPICS, words={})}, "silent: the desk has no topic model"),
        ({"topics": dataclasses.replace(TOPICS, threshold=0.95)}, "silent: best is card_problem at 0.93, needed 0.95"),
        (
            {"topics": dataclasses.replace(TOPICS, threshold=1.01)},
            "silent: best is card_problem at 0.93, needed more than these examples can promise",
        ),
        ({"topics": dataclasses.replace(TOPICS, silence="unlike every example")}, "silent: unlike every example"),
        (
            {"topics": TopicsByWord({"card": ("forgotten", 0.99)})},
            "silent: the desk has forgotten switched off",
        ),
    ],
)
def test_silence_has_a_reason(changes: dict[str, object], why: str) -> None:
    triage = a_triage(a_desk(language_rung="shadow"), **changes)
    plan = triage.decide(a_ticket())
    assert (plan.topic, plan.group, plan.note, plan.is_silent) == (None, None, None, True)
    assert reason(triage, "topic") == why


def test_a_score_on_the_line_is_enough() -> None:
    at_line = dataclasses.replace(TOPICS, threshold=0.93)
    assert a_triage(topics=at_line).decide(a_ticket()).topic == Scored("card_problem", 0.93)


def test_a_language_alone_is_a_tag_without_a_note() -> None:
    plan = a_triage().decide(a_ticket())
    assert (plan.tags, plan.note, plan.writes) == (("zdauto_lang_en", "zdauto_done"), None, {"tags"})


def test_an_undetermined_language_is_no_tag() -> None:
    plan = a_triage(identify=lambda text, locale: a_language("und", 0.0)).decide(a_ticket("1234"))
    assert (plan.tags, plan.is_silent) == (("zdauto_done",), True)


def test_a_language_in_shadow_is_not_tagged_by_the_way() -> None:
    plan = a_triage(a_desk(language_rung="shadow"), topics=TOPICS).decide(a_ticket())
    assert plan.tags == ("zdauto_topic_card_problem", "zdauto_done")


def test_the_script_of_a_language_is_in_its_tag() -> None:
    plan = a_triage(identify=lambda text, locale: a_language("zh-Hans")).decide(a_ticket())
    assert plan.tags == ("zdauto_lang_zh_hans", "zdauto_done")


def test_the_reader_gets_the_requesters_locale() -> None:
    locales: list[str | None] = []

    def read(text: object, locale: str | None) -> object:
        locales.append(locale)
        return a_language()

    a_triage(identify=read).decide_many([a_ticket(requester=Requester(1, "pt-BR")), a_ticket(requester=Requester())])
    assert locales == ["pt-BR", None]


def test_a_security_case_goes_to_the_senior_group_at_once() -> None:
    plan = a_triage(topics=TOPICS).decide(a_ticket(STATED))
    assert (plan.danger.tier, plan.danger.kind, plan.danger.score) == ("probable", "account_takeover", 0.75)
    assert (plan.group, plan.priority) == ("Security", "urgent")
    assert plan.topic == Scored("card_problem", 0.93)
    assert plan.tags == (
        "zdauto_lang_en",
        "zdauto_topic_card_problem",
        "zdauto_security_urgent",
        "zdauto_danger_account_takeover",
        "zdauto_done",
    )
    assert plan.writes == {"note", "tags", "group", "priority"}
    assert plan.note is not None
    assert plan.note.startswith("<p><strong>⚠ Security case: account takeover</strong> (probable)")
    assert Reason("danger", "probable: account_takeover at 0.75") in plan.reasons


@pytest.mark.parametrize(
    ("rung", "writes", "urgent_tag"),
    [
        ("shadow", set(), False),
        ("note", {"note"}, False),
        ("tag", {"note", "tags"}, True),
        ("route", {"note", "tags", "group", "priority"}, True),
    ],
)
def test_danger_climbs_its_own_ladder(rung: str, writes: set[str], urgent_tag: bool) -> None:
    desk = a_desk(language_rung="shadow", danger=DangerPolicy(rung=rung))
    plan = a_triage(desk).decide(a_ticket(STATED))
    assert set(plan.writes) == writes
    assert ("zdauto_security_urgent" in plan.tags) is urgent_tag
    assert (plan.danger.tier, plan.group, plan.priority) == ("probable", "Security", "urgent")


def test_danger_switched_off_is_not_looked_for() -> None:
    plan = a_triage(a_desk(danger=DangerPolicy(rung="off")), danger=ConstantDanger(0.99)).decide(a_ticket(STATED))
    assert (plan.danger.tier, plan.priority) == ("none", None)


def test_danger_in_shadow_leaves_no_trace_beside_a_routed_topic() -> None:
    plan = a_triage(a_desk(danger=DangerPolicy(rung="shadow")), topics=TOPICS).decide(
        a_ticket(f"{STATED}, password: hunter2!x")
    )
    assert plan.danger.is_urgent
    assert plan.secrets == ("password",)
    assert plan.tags == ("zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done")
    assert plan.note == "<p>Language: en · Topic: Card problem (93%)</p>"
    assert plan.writes == {"note", "tags"}


def test_articles_in_shadow_leave_no_trace_beside_a_routed_topic() -> None:
    desk = a_desk(articles=ArticlePolicy(rung="shadow"))
    plan = a_triage(desk, topics=TOPICS, articles=ConstantArticles(FOUND)).decide(a_ticket())
    assert [article.id for article in plan.articles] == ["1", "2"]
    assert plan.note == "<p>Language: en · Topic: Card problem (93%)</p>"


def test_a_claimed_case_stays_with_its_topic() -> None:
    plan = a_triage(topics=TOPICS).decide(a_ticket("hacked!!! the card"))
    assert (plan.danger.tier, plan.group, plan.priority) == ("claimed", "Cards", None)
    assert "zdauto_security_urgent" not in plan.tags
    assert plan.note == "<p>Language: en · Topic: Card problem (93%)</p>"


def test_the_classifier_alone_can_raise_the_alarm() -> None:
    plan = a_triage(danger=ConstantDanger(0.7)).decide(a_ticket("strange things happen"))
    assert (plan.danger.tier, plan.group) == ("probable", "Security")
    assert plan.danger.evidence == ("strange things happen",)


def test_a_missing_voice_is_told() -> None:
    triage = a_triage(danger_trouble="no classifier")
    assert reason(triage, "danger") == "one voice is missing: no classifier"
    assert triage.decide(a_ticket(STATED)).danger.degraded == "no classifier"


def test_the_policy_names_group_tag_and_priority() -> None:
    policy = DangerPolicy(group="Seniors", tag="red", priority="high")
    plan = a_triage(a_desk(danger=policy)).decide(a_ticket(STATED))
    assert (plan.group, plan.priority) == ("Seniors", "high")
    assert "zdauto_red" in plan.tags


@given(
    topic_rung=st.sampled_from(RUNGS),
    language_rung=st.sampled_from(RUNGS),
    article_rung=st.sampled_from(RUNGS),
    danger_rung=st.sampled_from(RUNGS),
    score=st.floats(0, 1),
    threshold=st.floats(0, 1.01),
    chance=st.none() | st.floats(0.3, 1),
    prefix=st.sampled_from(["", "the card ", "parcel ", "hacked! "]),
)
def test_a_security_case_never_leaves_the_senior_group(
    topic_rung: str,
    language_rung: str,
    article_rung: str,
    danger_rung: str,
    score: float,
    threshold: float,
    chance: float | None,
    prefix: str,
) -> None:
    desk = a_desk(
        a_topic(rung=topic_rung),
        language_rung=language_rung,
        articles=ArticlePolicy(rung=article_rung),
        danger=DangerPolicy(rung=danger_rung),
    )
    triage = a_triage(
        desk,
        topics=TopicsByWord({"card": ("card_problem", score)}, threshold),
        articles=ConstantArticles(FOUND),
        danger=None if chance is None else ConstantDanger(chance),
    )
    plan = triage.decide(a_ticket(f"{prefix}{STATED}"))
    if danger_rung == "off":
        assert (plan.danger.tier, plan.priority) == ("none", None)
        return
    assert (plan.danger.is_urgent, plan.group, plan.priority) == (True, "Security", "urgent")
    assert {"group", "priority"} <= plan.writes if danger_rung == "route" else not {"group", "priority"} & plan.writes


@pytest.mark.parametrize(
    ("body", "secrets"),
    [
        ("card 4111 1111 1111 1111 exp 11/28", ("card_number",)),
        ("4111 1111 1111 1111", ("card_number",)),
        ("my key is AKIAIOSFODNN7EXAMPLE thanks", ("api_key",)),
        ("the sms code is 482913", ("otp",)),
        ("to DE89 3704 0044 0532 0130 00", ("iban",)),
        ("hello\n\n> my password is hunter2!x", ("password",)),
        ('<p>hi</p><a href="https://x.example/?session_id=9f8e7d6c5b4a39281706f5e4">here</a>', ()),
        ("nothing", ()),
    ],
)
def test_secrets_are_found_wherever_a_reader_sees_them(body: str, secrets: tuple[str, ...]) -> None:
    plan = a_triage(a_desk(language_rung="shadow")).decide(a_ticket(body))
    assert plan.secrets == secrets
    assert set(plan.writes) == ({"note", "tags"} if secrets else set())
    assert [tag for tag in plan.tags if "secret" in tag] == [f"zdauto_secret_{kind}" for kind in secrets]


def test_secrets_in_the_subject_and_seed_phrases_count() -> None:
    text = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    plan = a_triage(seed_lists=seed_lists()).decide(a_ticket(text, subject="password: hunter2!x"))
    assert plan.secrets == ("password", "seed_phrase")
    assert (plan.danger.tier, plan.danger.kind) == ("probable", "leaked_secret")


def test_a_private_key_that_cleaning_takes_out_is_a_leak_all_the_same() -> None:
    plan = a_triage().decide(a_ticket("<p>look:</p><pre>-----BEGIN RSA PRIVATE KEY-----</pre>"))
    assert plan.secrets == ("private_key",)
    assert (plan.danger.kind, plan.group, plan.priority) == ("leaked_secret", "Security", "urgent")


@pytest.mark.parametrize(
    ("kind", "group", "tag"),
    [
        ("self_harm", "Safety", "zdauto_safety_urgent"),
        ("threat_to_life", "Safety", "zdauto_safety_urgent"),
        ("authority_deadline", "Security", "zdauto_legal"),
        ("sim_swap", "Security", "zdauto_security_urgent"),
    ],
)
def test_safety_and_legal_are_queues_of_their_own(kind: str, group: str, tag: str) -> None:
    policy = DangerPolicy(safety=Queue("Safety", "safety_urgent"), legal=Queue("", "legal"))
    plan = a_triage(
        a_desk(danger=policy), danger=ConstantDanger(0.9, (kind,)), articles=ConstantArticles(FOUND)
    ).decide(a_ticket("strange things happen"))
    assert (plan.group, plan.priority) == (group, "urgent")
    assert [name for name in plan.tags if name.endswith(("urgent", "legal"))] == [tag]
    assert bool(plan.articles) is (group != "Safety")


def test_the_note_of_an_urgent_case_says_nothing_of_the_topic() -> None:
    plan = a_triage(topics=TOPICS).decide(a_ticket(f"{STATED}, the card"))
    assert plan.topic is not None
    assert plan.note is not None
    assert "Card problem" not in plan.note


def test_the_desks_own_check_list_stands_in_the_note() -> None:
    policy = DangerPolicy(first_steps={"account_takeover": ("Ring Ms Okafor.",)})
    plan = a_triage(a_desk(danger=policy)).decide(a_ticket(STATED))
    assert plan.note is not None
    assert "<ol><li>Ring Ms Okafor.</li></ol>" in plan.note


SECRETS = (
    "Tr0ub4dor&3", "sk_" + "test_" + "4eC39HqLyjWDarjtT1zdp7dc", "xoxb-" + "1234567890-abcdef",
    "4111 1111 1111 1111", "DE89370400440532013000",
)  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("lead", ["password: ", "my password is "])
def test_no_secret_reaches_note_evidence_tags_or_reasons(secret: str, lead: str) -> None:
    book = a_book(statements={"leaked_secret": compile_phrases(["i gave him * today"])})
    triage = a_triage(topics=TOPICS, books={"en": book})
    plan = triage.decide(a_ticket(f"I gave him {lead}{secret} today, the card"))
    assert plan.danger.kind == "leaked_secret"
    assert plan.secrets
    written = json.dumps(plan_as_json(plan), ensure_ascii=False).lower()
    longest = max(("".join(ch if ch.isalnum() else " " for ch in secret.lower())).split(), key=len)
    assert secret.lower() not in written
    assert longest not in written


def test_articles_at_the_line_and_above_are_shown() -> None:
    triage = a_triage(topics=TOPICS, articles=ConstantArticles(FOUND))
    plan = triage.decide(a_ticket())
    assert [article.id for article in plan.articles] == ["1", "2"]
    assert plan.article_candidates == FOUND
    assert reason(triage, "articles") == "2 at 0.75 or better"
    assert plan.note is not None
    assert plan.note.count("<li>") == 2


@pytest.mark.parametrize(
    ("policy", "shown", "why"),
    [
        (ArticlePolicy(at_most=1), ["1"], "1 at 0.75 or better"),
        (ArticlePolicy(threshold=0.95), [], "none: best 0.90, needed 0.95"),
        (ArticlePolicy(rung="off"), [], "none: articles are switched off or there are none"),
    ],
)
def test_the_desk_decides_about_articles(policy: ArticlePolicy, shown: list[str], why: str) -> None:
    triage = a_triage(a_desk(articles=policy), articles=ConstantArticles(FOUND))
    assert [article.id for article in triage.decide(a_ticket()).articles] == shown
    assert reason(triage, "articles") == why


def test_articles_alone_are_a_note_and_nothing_more() -> None:
    desk = a_desk(language_rung="shadow", articles=ArticlePolicy(rung="route"))
    assert a_triage(desk, articles=ConstantArticles(FOUND)).decide(a_ticket("x y z")).writes == {"note"}


def test_nothing_alike_is_said() -> None:
    assert reason(a_triage(articles=ConstantArticles(())), "articles") == "none: nothing alike"


def test_a_person_in_danger_gets_a_person_and_no_link() -> None:
    book = a_book(statements={"self_harm": compile_phrases(["do not want to live"])})
    triage = a_triage(books={"en": book}, articles=ConstantArticles(FOUND))
    plan = triage.decide(a_ticket("I do not want to live"))
    assert (plan.danger.kind, plan.danger.severity, plan.articles) == ("self_harm", "critical", ())
    assert plan.note is not None
    assert "href" not in plan.note
    assert "no article for a person in danger" in reason(triage, "articles", "I do not want to live")


def test_the_note_speaks_the_requesters_language_when_the_desk_wants_it() -> None:
    triage = a_triage(a_desk(note_language="requester"), topics=TOPICS, identify=lambda text, locale: a_language("de"))
    assert triage.decide(a_ticket()).note == "<p>Sprache: de · Thema: Card problem (93%)</p>"


def test_many_tickets_are_one_call_a_model_and_keep_their_order() -> None:
    topics = TopicsByWord({"card": ("card_problem", 0.93), "parcel": ("delivery_late", 0.8)})
    bodies = ["the card", "the parcel", "nothing", STATED]
    triage = a_triage(topics=topics)
    together = triage.decide_many([a_ticket(body, id=number) for number, body in enumerate(bodies)])
    assert topics.calls == [4]
    assert [plan.group for plan in together] == ["Cards", "Delivery", None, "Security"]
    alone = [triage.decide(a_ticket(body, id=number)) for number, body in enumerate(bodies)]
    assert together == alone
    assert triage.decide_many([]) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n\t",
        "🙂🙂🙂",
        "https://x.example/a",
        "12345",
        "\u200b\u200f\u202e",
        "a" * 60_000,
        "مرحبا " * 500,
        "<p></p>",
        "\x00\ud7ff",
    ],
)
@pytest.mark.parametrize("subject", ["", "Re: Re:"])
def test_odd_messages_get_a_plan_like_any_other(body: str, subject: str) -> None:
    plan = a_triage(topics=TOPICS).decide(a_ticket(body, subject=subject))
    assert (plan.topic, plan.danger.tier, plan.secrets) == (None, "none", ())


@given(subject=st.text(max_size=60), body=st.text(max_size=200))
def test_the_same_ticket_gives_the_same_plan_to_the_byte(subject: str, body: str) -> None:
    made = [json.dumps(plan_as_json(a_triage(topics=TOPICS).decide(a_ticket(body, subject=subject)))) for _ in range(2)]
    assert made[0] == made[1]


def test_the_versions_say_what_decided() -> None:
    triage = a_triage(topics=TOPICS, danger=ConstantDanger(0.1), articles=ConstantArticles(FOUND))
    assert triage.decide(a_ticket()).versions == Versions("d1", "by-word", "constant", "constant", "0.1.0")
    assert a_triage().decide(a_ticket()).versions == Versions("d1", "", "", "", "0.1.0")


MARKUP = ("<script>x</script>", "<img src=x>", "</section>", "@agent", '" onclick="x')


@pytest.mark.parametrize(("markup", "place"), list(itertools.product(MARKUP, ["body", "title", "quote", "url"])))
def test_no_markup_of_a_ticket_or_an_article_reaches_the_note(markup: str, place: str) -> None:
    book = a_book(statements={"account_takeover": compile_phrases(["someone * my account"])})
    article = dataclasses.replace(a_suggestion(), **({place: f"https://{markup}"} if place != "body" else {}))
    body = f"someone {markup if place == 'body' else 'is in'} my account, the card"
    triage = a_triage(topics=TOPICS, books={"en": book}, articles=ConstantArticles((article,)))
    note = triage.decide(a_ticket(body)).note
    assert note is not None
    assert markup not in note
    assert "@" not in note
