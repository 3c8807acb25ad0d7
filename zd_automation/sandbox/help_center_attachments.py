"""Files attached to articles."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_base import check_write, find, page, route
from zd_automation.sandbox.help_center_parts import store, with_url
from zd_automation.sandbox.web import as_int, blank, json_body, no_content, not_found, reply


def add_routes(api: Blueprint, account: Account) -> None:
    """Add /help_center/articles/{id}/attachments and the attachments by themselves."""
    _add_lists(api, account)
    _add_uploads(api, account)
    _add_single(api, account)


def _add_lists(api: Blueprint, account: Account) -> None:
    attachments = account.store.collection("hc_attachments")

    def listed(key: int, inline: bool | None) -> Response:
        find(account, "Article", key)
        found = [doc for doc in attachments.by("article_id", key) if inline in (None, doc["inline"])]
        return page(found, "article_attachments", with_url(account, "articles/attachments"))

    @route(api, account, "/articles/<int:key>/attachments")
    def index(key: int) -> Response:
        return listed(key, None)

    @route(api, account, "/articles/<int:key>/attachments/inline")
    def inline(key: int) -> Response:
        return listed(key, True)

    @route(api, account, "/articles/<int:key>/attachments/block")
    def block(key: int) -> Response:
        return listed(key, False)


def _created(account: Account, key: int | None) -> Response:
    check_write()
    upload = request.files.get("file")
    if upload is None:
        raise blank("file")
    name = upload.filename or "file"
    doc = store(
        account,
        "hc_attachments",
        article_id=key,
        file_name=name,
        display_file_name=name,
        content_type=upload.mimetype or "application/octet-stream",
        content_url=f"{account.base_url}/hc/article_attachments/{account.store.next_id('hc_files')}/{name}",
        relative_path=f"/hc/article_attachments/{name}",
        size=len(upload.read()),
        inline=request.form.get("inline", "").lower() == "true",
    )
    return reply({"article_attachment": with_url(account, "articles/attachments")(doc)}, 201)


def _add_uploads(api: Blueprint, account: Account) -> None:
    attachments = account.store.collection("hc_attachments")

    @route(api, account, "/articles/<int:key>/attachments", "POST")
    def create_on(key: int) -> Response:
        find(account, "Article", key)
        return _created(account, key)

    @route(api, account, "/articles/attachments", "POST")
    def create_alone() -> Response:
        return _created(account, None)

    @route(api, account, "/articles/<int:key>/bulk_attachments", "POST")
    def associate(key: int) -> Response:
        check_write()
        find(account, "Article", key)
        wanted = json_body().get("attachment_ids") or []
        for number in wanted if isinstance(wanted, list) else [wanted]:
            doc = attachments.get(as_int(number) or 0) or not_found()
            attachments.save({**doc, "article_id": key})
        return reply({})


def _add_single(api: Blueprint, account: Account) -> None:
    attachments = account.store.collection("hc_attachments")

    @route(api, account, "/articles/attachments/<int:key>")
    def show(key: int) -> Response:
        doc = attachments.get(key) or not_found()
        return reply({"article_attachment": with_url(account, "articles/attachments")(doc)})

    @route(api, account, "/articles/attachments/<int:key>", "DELETE")
    def delete(key: int) -> Response:
        check_write()
        if attachments.delete(key) is None:
            not_found()
        return no_content()
