from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.help_center import load_articles
from zd_automation.sandbox.store import Doc

ROWS: list[Doc] = [
    {
        "key": "withdraw",
        "title": {"de": "Geld abheben", "en-us": "How to withdraw money"},
        "body": {"de": "<p>Öffne die Wallet.</p>", "en-us": "<p>Open your <b>wallet</b> and press withdraw.</p>"},
        "section": "Wallet",
        "category": "Money",
        "label_names": ["payout"],
    },
    {"key": "internal", "title": {"en-us": "Withdraw: internal limits"}, "body": {"en-us": "secret"}, "section": "Wallet", "category": "Money", "restricted": True},
    {"key": "draft", "title": {"en-us": "Withdraw to a bank"}, "body": {"en-us": "soon"}, "section": "Bank", "category": "Money", "draft": True},
    {"key": "login", "title": {"en-us": "Reset your password", "ja": "パスワードの再設定"}, "body": {"en-us": "<p>Press reset.</p>", "ja": "<p>リセットを押す</p>"}, "section": "Account", "category": "Security"},
]  # fmt: skip


@pytest.fixture
def app() -> Flask:
    return create_sandbox(SandboxSettings(), clock=SandboxClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))


@pytest.fixture
def account(app: Flask) -> Account:
    found: Account = app.extensions["sandbox"]
    return found


@pytest.fixture
def ids(account: Account) -> dict[str, int]:
    return load_articles(account, ROWS)


@pytest.fixture
def anybody(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def agent(app: Flask) -> FlaskClient:
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return made


def found(client: FlaskClient, query: str) -> list[int]:
    answer = client.get(f"/api/v2/help_center/articles/search.json?{query}")
    assert answer.status_code == 200, answer.text
    return [result["id"] for result in answer.get_json()["results"]]


def make(client: FlaskClient, path: str, kind: str, **values: Any) -> Doc:
    answer = client.post(f"/api/v2/help_center/{path}.json", json={kind: values})
    assert answer.status_code == 201, answer.text
    made: Doc = answer.get_json()[kind]
    return made


def test_anonymous_search_never_shows_drafts_or_restricted_articles(
    anybody: FlaskClient, agent: FlaskClient, ids: dict[str, int]
) -> None:
    assert found(anybody, "query=withdraw") == [ids["withdraw"]]
    assert set(found(agent, "query=withdraw")) == {ids["withdraw"], ids["internal"], ids["draft"]}


def test_search_looks_in_one_locale_unless_told_otherwise(anybody: FlaskClient, ids: dict[str, int]) -> None:
    assert found(anybody, "query=abheben") == []
    assert found(anybody, "query=abheben&locale=de") == [ids["withdraw"]]
    assert found(anybody, "query=abheben&locale=*") == [ids["withdraw"]]
    assert found(anybody, "query=パスワードを忘れた&locale=ja") == [ids["login"]]
    answer = anybody.get("/api/v2/help_center/de/articles/search?query=Wallet").get_json()["results"][0]
    assert (answer["locale"], answer["title"], answer["result_type"]) == ("de", "Geld abheben", "article")
    assert answer["snippet"] == "Öffne die Wallet."


def test_search_by_shelf_and_label(anybody: FlaskClient, account: Account, ids: dict[str, int]) -> None:
    article = account.store.collection("articles").get(ids["withdraw"]) or {}
    section = account.store.collection("hc_sections").get(article["section_id"]) or {}
    assert found(anybody, f"section={section['id']}") == [ids["withdraw"]]
    assert found(anybody, f"category={section['category_id']}") == [ids["withdraw"]]
    assert found(anybody, "label_names=Payout") == [ids["withdraw"]]
    assert found(anybody, "label_names=nothing") == []


def test_search_needs_something_to_look_for(anybody: FlaskClient) -> None:
    assert anybody.get("/api/v2/help_center/articles/search?locale=de").status_code == 400


def test_search_pages_by_25(anybody: FlaskClient, account: Account) -> None:
    load_articles(account, [{"key": str(n), "title": {"en-us": f"Fees {n}"}, "section": "S"} for n in range(30)])
    first = anybody.get("/api/v2/help_center/articles/search?query=fees").get_json()
    assert (len(first["results"]), first["count"], first["page_count"], first["per_page"]) == (25, 30, 2, 25)
    assert first["next_page"].endswith("page=2")


def test_an_article_has_the_recorded_keys(anybody: FlaskClient, ids: dict[str, int]) -> None:
    article = anybody.get(f"/api/v2/help_center/articles/{ids['withdraw']}.json").get_json()["article"]
    assert set(article) == {
        "id", "url", "html_url", "author_id", "comments_disabled", "content_tag_ids", "label_names", "draft", "promoted",
        "position", "vote_sum", "vote_count", "section_id", "created_at", "updated_at", "edited_at", "name", "title",
        "body", "source_locale", "locale", "outdated", "outdated_locales", "permission_group_id", "user_segment_id",
        "user_segment_ids",
    }  # fmt: skip
    assert article["html_url"] == f"http://localhost/hc/en-us/articles/{ids['withdraw']}-How-to-withdraw-money"
    german = anybody.get(f"/api/v2/help_center/de/articles/{ids['withdraw']}").get_json()["article"]
    assert (german["title"], german["source_locale"]) == ("Geld abheben", "en-us")


def test_lists_hide_what_the_reader_may_not_see(anybody: FlaskClient, agent: FlaskClient, ids: dict[str, int]) -> None:
    assert {a["id"] for a in anybody.get("/api/v2/help_center/articles.json").get_json()["articles"]} == {
        ids["withdraw"],
        ids["login"],
    }
    assert agent.get("/api/v2/help_center/articles.json").get_json()["count"] == 4
    assert [a["id"] for a in anybody.get("/api/v2/help_center/ja/articles").get_json()["articles"]] == [ids["login"]]
    by_cursor = anybody.get("/api/v2/help_center/articles?page[size]=1").get_json()
    assert (len(by_cursor["articles"]), by_cursor["meta"]["has_more"]) == (1, True)
    assert anybody.get(f"/api/v2/help_center/articles/{ids['draft']}").status_code == 404
    assert anybody.get("/api/v2/help_center/xx/articles").status_code == 404


def test_a_whole_life_of_an_article(agent: FlaskClient, anybody: FlaskClient) -> None:
    category = make(agent, "categories", "category", name="Help", locale="en-us")
    section = make(agent, f"categories/{category['id']}/sections", "section", name="Start", locale="en-us")
    article = make(
        agent,
        f"sections/{section['id']}/articles",
        "article",
        title="First",
        body="<p>x</p>",
        locale="en-us",
        draft=True,
    )
    path = f"/api/v2/help_center/articles/{article['id']}"
    assert anybody.get(path).status_code == 404
    published = agent.put(f"{path}/translations/en-us", json={"translation": {"draft": False, "title": "Better"}})
    assert published.get_json()["translation"]["title"] == "Better"
    assert anybody.get(path).get_json()["article"]["title"] == "Better"
    updated = agent.put(path, json={"article": {"promoted": True, "title": "ignored"}}).get_json()["article"]
    assert (updated["promoted"], updated["title"]) == (True, "Better")
    assert agent.delete(path).status_code == 204
    assert agent.get(path).status_code == 404


def test_translations_and_what_is_missing(agent: FlaskClient, ids: dict[str, int]) -> None:
    path = f"/api/v2/help_center/articles/{ids['login']}/translations"
    before = agent.get(f"{path}/missing.json").get_json()["locales"]
    assert "de" in before
    assert "ja" not in before
    made = agent.post(path, json={"translation": {"locale": "de", "title": "Passwort", "body": "neu"}})
    assert (made.status_code, made.get_json()["translation"]["source_type"]) == (201, "Article")
    assert agent.post(path, json={"translation": {"locale": "de", "title": "again"}}).status_code == 422
    assert "de" not in agent.get(f"{path}/missing").get_json()["locales"]
    key = made.get_json()["translation"]["id"]
    assert agent.delete(f"/api/v2/help_center/translations/{key}.json").status_code == 204
    assert agent.get(f"{path}/de").status_code == 404


def test_only_staff_writes(anybody: FlaskClient, app: Flask) -> None:
    assert anybody.post("/api/v2/help_center/categories", json={"category": {"name": "x"}}).status_code == 401


def test_votes_move_the_sum_and_one_person_has_one(agent: FlaskClient, ids: dict[str, int]) -> None:
    path = f"/api/v2/help_center/articles/{ids['withdraw']}"
    assert agent.post(f"{path}/up.json").get_json()["vote"]["value"] == 1
    assert agent.post(f"{path}/down.json").get_json()["vote"]["value"] == -1
    article = agent.get(path).get_json()["article"]
    assert (article["vote_sum"], article["vote_count"]) == (-1, 1)
    assert len(agent.get(f"{path}/votes.json?page[size]=5").get_json()["votes"]) == 1


def test_labels_comments_and_subscriptions(agent: FlaskClient, ids: dict[str, int]) -> None:
    key = ids["login"]
    label = make(agent, f"articles/{key}/labels", "label", name="access")
    assert [name["name"] for name in agent.get(f"/api/v2/help_center/articles/{key}/labels").get_json()["labels"]] == [
        "access"
    ]
    assert agent.delete(f"/api/v2/help_center/articles/{key}/labels/{label['id']}.json").status_code == 204
    comment = make(agent, f"articles/{key}/comments", "comment", body="Thanks", locale="en-us")
    path = f"/api/v2/help_center/articles/{key}/comments/{comment['id']}.json"
    assert agent.put(path, json={"comment": {"body": "Thank you"}}).get_json()["comment"]["body"] == "Thank you"
    assert agent.get(f"/api/v2/help_center/articles/{ids['withdraw']}/comments/{comment['id']}").status_code == 404
    assert agent.delete(path).status_code == 204
    subscription = make(agent, f"articles/{key}/subscriptions", "subscription", locale="en-us")
    assert (subscription["content_id"], subscription["content_type"]) == (key, "Article")


def test_segments_restrict_and_built_in_ones_stay(
    agent: FlaskClient, anybody: FlaskClient, ids: dict[str, int]
) -> None:
    segments = agent.get("/api/v2/help_center/user_segments").get_json()["user_segments"]
    assert [(s["user_type"], s["built_in"]) for s in segments] == [("signed_in_users", True), ("staff", True)]
    refused = agent.put(f"/api/v2/help_center/user_segments/{segments[0]['id']}", json={"user_segment": {"name": "x"}})
    assert refused.status_code == 422
    path = f"/api/v2/help_center/articles/{ids['login']}"
    agent.put(path, json={"article": {"user_segment_id": segments[1]["id"]}})
    assert anybody.get(path).status_code == 404
    assert agent.get("/api/v2/help_center/user_segments/applicable.json").get_json()["count"] == 2


def test_content_tags_have_ulids(agent: FlaskClient) -> None:
    made = agent.post("/api/v2/guide/content_tags", json={"content_tag": {"name": "Cards"}})
    tag = made.get_json()["content_tag"]
    assert (made.status_code, len(tag["id"]), tag["name"]) == (201, 26, "Cards")
    assert agent.get("/api/v2/guide/content_tags?filter[name_prefix]=ca").get_json()["records"] == [tag]
    assert agent.delete(f"/api/v2/guide/content_tags/{tag['id']}").status_code == 204


def test_the_incremental_export_tells_edits(agent: FlaskClient, account: Account, ids: dict[str, int]) -> None:
    account.clock.advance(100)
    start = account.clock.timestamp()
    path = f"/api/v2/help_center/articles/{ids['withdraw']}/translations/de"
    agent.put(path, json={"translation": {"body": "<p>Neu</p>"}})
    body = agent.get(f"/api/v2/help_center/incremental/articles.json?start_time={start}").get_json()
    assert ([a["id"] for a in body["articles"]], body["end_time"], body["next_page"]) == (
        [ids["withdraw"]],
        start,
        None,
    )


def test_the_help_center_counts_for_itself(agent: FlaskClient) -> None:
    agent.get("/api/v2/tickets")
    first = agent.get("/api/v2/help_center/articles")
    assert (first.headers["X-Rate-Limit"], first.headers["X-Rate-Limit-Remaining"]) == ("700", "699")


def test_people_read_articles_as_clean_html(anybody: FlaskClient, account: Account, ids: dict[str, int]) -> None:
    page = anybody.get(f"/hc/de/articles/{ids['withdraw']}-Geld-abheben")
    assert (page.status_code, "<p>Öffne die Wallet.</p>" in page.text) == (200, True)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    for key in ("internal", "draft"):
        assert anybody.get(f"/hc/en-us/articles/{ids[key]}").status_code == 404
    bad = load_articles(
        account,
        [
            {
                "key": "x",
                "title": {"en-us": "<b>T</b>"},
                "body": {"en-us": "<p>ok</p><script>bad()</script>"},
                "section": "S",
            }
        ],
    )
    text = anybody.get(f"/hc/en-us/articles/{bad['x']}").text
    assert "<script" not in text
    assert "&lt;b&gt;T&lt;/b&gt;" in text
    assert "Withdraw to a bank" not in anybody.get("/hc/en-us").text


def test_rows_share_shelves_by_name(account: Account, ids: dict[str, int]) -> None:
    assert len(account.store.collection("hc_categories")) == 2
    assert len(account.store.collection("hc_sections")) == 3
    load_articles(account, [{"key": "more", "title": {"de": "Mehr"}, "section": "Wallet", "category": "Money"}])
    assert len(account.store.collection("hc_sections")) == 3
