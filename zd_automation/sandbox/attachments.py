"""Uploads and attachments: a file gets a token first and hangs on a comment later."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.resources import gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import api_base, missing_parameter, no_content, not_found, reply


def blueprint(account: Account) -> Blueprint:
    """uploads, attachments, and the files themselves."""
    routes = Blueprint("attachments", __name__)
    uploads, attachments = account.store.collection("uploads"), account.store.collection("attachments")

    @routes.post("/api/v2/uploads")
    def upload() -> Response:
        name = request.args.get("filename")
        if not name:
            raise missing_parameter("filename")
        with account.store.lock:
            attachment = _save(account, name, request.mimetype or "application/octet-stream", request.get_data())
            token = request.args.get("token") or f"{account.store.random.getrandbits(120):030x}"
            earlier = uploads.get(token) or {"attachment_ids": []}
            uploads.save({"id": token, "attachment_ids": [*earlier["attachment_ids"], attachment["id"]]})
        keys = (uploads.get(token) or {})["attachment_ids"]
        shown = [doc for key in keys if (doc := attachments.get(key)) is not None]
        body = {"token": token, "expires_at": None, "attachment": attachment, "attachments": shown}
        return reply({"upload": body}, 201)

    @routes.delete("/api/v2/uploads/<token>")
    def delete(token: str) -> Response:
        if uploads.delete(token) is None:
            not_found()
        return no_content()

    @routes.get("/api/v2/attachments/<int:key>")
    def show(key: int) -> Response:
        return reply({"attachment": gone(attachments.get(key))})

    @routes.put("/api/v2/attachments/<int:key>")
    def update(key: int) -> Response:
        return show(key)

    @routes.get("/attachments/token/<token>/<_name>")
    def content(token: str, _name: str) -> Response:
        found = account.store.collection("attachment_files").get(token)
        doc = gone(found)
        return Response(
            base64.b64decode(doc["content"]),
            content_type="application/octet-stream",
            headers={"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"},
        )

    return routes


def _save(account: Account, name: str, kind: str, content: bytes) -> Doc:
    key = account.store.next_id("attachments")
    token = f"{account.store.random.getrandbits(120):030x}"
    base = api_base().removesuffix("/api/v2")
    address = f"{base}/attachments/token/{token}/{name}"
    file = {"id": token, "content": base64.b64encode(content).decode()}
    account.store.collection("attachment_files").save(file)
    return account.store.collection("attachments").save({
        "url": f"{api_base()}/attachments/{key}.json",
        "id": key,
        "file_name": name,
        "content_url": address,
        "mapped_content_url": address,
        "content_type": kind,
        "size": len(content),
        "width": None,
        "height": None,
        "inline": False,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    })  # fmt: skip
