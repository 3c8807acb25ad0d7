"""What hangs on articles: labels, votes, comments and subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.help_center_base import check_write, find, page, path_locale, route
from zd_automation.sandbox.help_center_model import api_root
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, blank, caller, json_body, no_content, not_found, reply, wrapped

Present = Callable[[Doc], Doc]


def add_routes(api: Blueprint, account: Account) -> None:
    """Add labels, votes, comments and subscriptions."""
    _add_labels(api, account)
    _add_votes(api, account, "/articles/<int:key>", "Article", lambda key, _: find(account, "Article", key))
    _add_votes(
        api, account, "/articles/<int:key>/comments/<int:comment>", "Comment", lambda key, c: _comment(account, key, c)
    )
    _add_comments(api, account)
    _add_subscriptions(api, account, "Article")
    _add_subscriptions(api, account, "Section")
    _add_user_lists(api, account)


def store(account: Account, kind: str, **values: Any) -> Doc:
    """Store a small object with an id and its times."""
    now = account.clock.iso()
    doc = {"id": account.store.next_id(kind), **values, "created_at": now, "updated_at": now}
    return account.store.collection(kind).save(doc)


def with_url(account: Account, path: str) -> Present:
    """A presenter that adds the object's address under ``path``."""
    return lambda doc: {"id": doc["id"], "url": f"{api_root(account)}/{path}/{doc['id']}.json", **doc}


def signed_in() -> Doc:
    """The caller, who must not be anonymous. Raises 401."""
    user = caller()
    if user.get("id") is None:
        raise ApiError(401, {"error": "Couldn't authenticate you"})
    return user


def _add_labels(api: Blueprint, account: Account) -> None:
    labels, articles = account.store.collection("hc_labels"), account.store.collection("articles")
    present = with_url(account, "articles/labels")

    def named(name: str) -> Doc:
        found = labels.by("name", name)
        return found[0] if found else store(account, "hc_labels", name=name)

    @route(api, account, "/articles/labels")
    def all_labels() -> Response:
        names = dict.fromkeys(name for article in articles for name in article["label_names"])
        for name in names:
            named(name)
        return page(list(labels), "labels", present)

    @route(api, account, "/articles/<int:key>/labels")
    def labels_of(key: int) -> Response:
        return page([named(name) for name in find(account, "Article", key)["label_names"]], "labels", present)

    @route(api, account, "/articles/<int:key>/labels", "POST")
    def add_label(key: int) -> Response:
        check_write()
        article = find(account, "Article", key)
        name = str(wrapped("label").get("name") or "").strip()
        if not name:
            raise blank("name")
        names = list(dict.fromkeys([*article["label_names"], name]))
        articles.save({**article, "label_names": names, "updated_at": account.clock.iso()})
        return reply({"label": present(named(name))}, 201)

    @route(api, account, "/articles/<int:key>/labels/<int:label>", "DELETE")
    def remove_label(key: int, label: int) -> Response:
        check_write()
        article, found = find(account, "Article", key), labels.get(label)
        if found is None or found["name"] not in article["label_names"]:
            not_found()
        names = [name for name in article["label_names"] if name != found["name"]]
        articles.save({**article, "label_names": names, "updated_at": account.clock.iso()})
        return no_content()


def _add_votes(api: Blueprint, account: Account, path: str, item_type: str, item: Callable[[int, int], Doc]) -> None:
    votes = account.store.collection("hc_votes")
    present = with_url(account, "votes")
    kind = "articles" if item_type == "Article" else "hc_comments"

    def cast(value: int, key: int, comment: int) -> Response:
        voter, target = signed_in(), item(key, comment)
        mine = [v for v in _votes_on(account, item_type, target["id"]) if v["user_id"] == voter["id"]]
        if mine:
            vote = votes.save({**mine[0], "value": value, "updated_at": account.clock.iso()})
        else:
            owner = {"user_id": voter["id"], "item_id": target["id"], "item_type": item_type}
            vote = store(account, "hc_votes", **owner, value=value)
        _recount(account, kind, item_type, target)
        if item_type == "Article":
            event = {"vote": {"id": vote["id"], "value": value, "user_id": voter["id"]}}
            deliveries(account).article_event("article.vote_changed" if mine else "article.vote_created", target, event)
        return reply({"vote": present(vote)})

    @route(api, account, path + "/up", "POST")
    def up(key: int, comment: int = 0) -> Response:
        return cast(1, key, comment)

    @route(api, account, path + "/down", "POST")
    def down(key: int, comment: int = 0) -> Response:
        return cast(-1, key, comment)

    @route(api, account, path + "/votes")
    def index(key: int, comment: int = 0) -> Response:
        return page(_votes_on(account, item_type, item(key, comment)["id"]), "votes", present)


def _votes_on(account: Account, item_type: str, key: int) -> list[Doc]:
    return [vote for vote in account.store.collection("hc_votes").by("item_id", key) if vote["item_type"] == item_type]


def _recount(account: Account, kind: str, item_type: str, target: Doc) -> None:
    values = [vote["value"] for vote in _votes_on(account, item_type, target["id"])]
    account.store.collection(kind).save({**target, "vote_sum": sum(values), "vote_count": len(values)})


def _comment(account: Account, article: int, key: int) -> Doc:
    found = account.store.collection("hc_comments").get(key)
    return found if found is not None and found["source_id"] == article else not_found()


def _add_comments(api: Blueprint, account: Account) -> None:
    comments = account.store.collection("hc_comments")

    def present(doc: Doc) -> Doc:
        return with_url(account, f"articles/{doc['source_id']}/comments")(doc)

    @route(api, account, "/articles/<int:key>/comments")
    def index(key: int) -> Response:
        find(account, "Article", key)
        return page(comments.by("source_id", key), "comments", present)

    @route(api, account, "/articles/<int:key>/comments", "POST")
    def create(key: int) -> Response:
        locale = path_locale()
        article, values, author = find(account, "Article", key), wrapped("comment"), signed_in()
        if not values.get("body"):
            raise blank("body")
        doc = store(
            account,
            "hc_comments",
            body=values["body"],
            author_id=values.get("author_id") or author["id"],
            source_id=key,
            source_type="Article",
            locale=values.get("locale") or locale or article["source_locale"],
            html_url=f"{account.base_url}/hc/{article['source_locale']}/articles/{key}",
            vote_sum=0,
            vote_count=0,
            non_author_editor_id=None,
            non_author_updated_at=None,
        )
        deliveries(account).article_event("article.comment_created", article, {"comment": {"id": doc["id"]}})
        return reply({"comment": present(doc)}, 201, present(doc)["url"])

    @route(api, account, "/articles/<int:key>/comments/<int:comment>")
    def show(key: int, comment: int) -> Response:
        return reply({"comment": present(_comment(account, key, comment))})

    @route(api, account, "/articles/<int:key>/comments/<int:comment>", "PUT")
    def update(key: int, comment: int) -> Response:
        signed_in()
        known = {name: value for name, value in wrapped("comment").items() if name == "body"}
        return reply({"comment": present(comments.save({**_comment(account, key, comment), **known}))})

    @route(api, account, "/articles/<int:key>/comments/<int:comment>", "DELETE")
    def delete(key: int, comment: int) -> Response:
        signed_in()
        comments.delete(_comment(account, key, comment)["id"])
        return no_content()


def _add_subscriptions(api: Blueprint, account: Account, source_type: str) -> None:
    plural = f"{source_type.lower()}s"
    subscriptions = account.store.collection("hc_subscriptions")

    def present(doc: Doc) -> Doc:
        return with_url(account, f"{plural}/{doc['content_id']}/subscriptions")(doc)

    def on(key: int) -> list[Doc]:
        return [doc for doc in subscriptions.by("content_id", key) if doc["content_type"] == source_type]

    @route(api, account, f"/{plural}/<int:key>/subscriptions")
    def index(key: int) -> Response:
        find(account, source_type, key)
        return page(on(key), "subscriptions", present)

    @route(api, account, f"/{plural}/<int:key>/subscriptions", "POST")
    def create(key: int) -> Response:
        item, user, values = find(account, source_type, key), signed_in(), json_body().get("subscription") or {}
        doc = store(
            account,
            "hc_subscriptions",
            user_id=values.get("user_id") or user["id"],
            content_id=key,
            content_type=source_type,
            locale=values.get("locale") or values.get("source_locale") or item["source_locale"],
            include_comments=bool(values.get("include_comments")),
        )
        if source_type == "Article":
            deliveries(account).article_event("article.subscription_created", item, {})
        return reply({"subscription": present(doc)}, 201)

    @route(api, account, f"/{plural}/<int:key>/subscriptions/<int:subscription>")
    def show(key: int, subscription: int) -> Response:
        found = [doc for doc in on(key) if doc["id"] == subscription]
        return reply({"subscription": present(found[0] if found else not_found())})

    @route(api, account, f"/{plural}/<int:key>/subscriptions/<int:subscription>", "DELETE")
    def delete(key: int, subscription: int) -> Response:
        signed_in()
        if not [doc for doc in on(key) if doc["id"] == subscription]:
            not_found()
        subscriptions.delete(subscription)
        return no_content()


def _add_user_lists(api: Blueprint, account: Account) -> None:
    for name, kind, key_name in (
        ("comments", "hc_comments", "author_id"),
        ("votes", "hc_votes", "user_id"),
        ("subscriptions", "hc_subscriptions", "user_id"),
    ):
        _add_user_list(api, account, name, kind, key_name)

    @route(api, account, "/votes/<int:key>", "DELETE")
    def delete_vote(key: int) -> Response:
        signed_in()
        vote = account.store.collection("hc_votes").delete(key)
        if vote is None:
            not_found()
        kind = "articles" if vote["item_type"] == "Article" else "hc_comments"
        target = account.store.collection(kind).get(vote["item_id"])
        if target is not None:
            _recount(account, kind, vote["item_type"], target)
        return no_content()


def _add_user_list(api: Blueprint, account: Account, name: str, kind: str, key_name: str) -> None:
    @route(api, account, f"/users/<int:key>/{name}")
    def index(key: int) -> Response:
        return page(account.store.collection(kind).by(key_name, key), name, with_url(account, name))
