"""What hangs on one ticket: tags, comments, audits, collaborators, incidents, related numbers, redaction."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via, save_audit
from zd_automation.sandbox.comments import plain_text, present_comment
from zd_automation.sandbox.limits import charge_ticket_update
from zd_automation.sandbox.paging import link, page_of, sorted_items
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_events import announce, comment_object
from zd_automation.sandbox.ticket_model import clean_tags
from zd_automation.sandbox.ticket_writes import update_ticket
from zd_automation.sandbox.tickets import find_ticket, ticket_page
from zd_automation.sandbox.web import (
    api_base,
    bad_request,
    caller,
    invalid_field,
    is_staff,
    json_body,
    not_found,
    reply,
    require_admin,
    require_staff,
)

BLOCK = "▇"


def blueprint(account: Account) -> Blueprint:
    """All of ``/api/v2/tickets/<id>/...`` except writes to the ticket itself."""
    routes = Blueprint("ticket_parts", __name__, url_prefix="/api/v2")
    _add_tags(account, routes)
    _add_comments(account, routes)
    _add_redaction(account, routes)
    _add_audits(account, routes)
    _add_people(account, routes)
    return routes


def _add_tags(account: Account, routes: Blueprint) -> None:
    @routes.get("/tickets/<int:key>/tags")
    def show_tags(key: int) -> Response:
        return reply({"tags": find_ticket(account, key)["tags"]})

    @routes.route("/tickets/<int:key>/tags", methods=["POST", "PUT", "DELETE"])
    def change_tags(key: int) -> Response:
        require_staff()
        find_ticket(account, key)
        body = json_body()
        given = set(clean_tags(body.get("tags")))
        with account.store.lock:
            now = set(find_ticket(account, key)["tags"])
            wanted = {"POST": given, "PUT": now | given, "DELETE": now - given}[request.method]
            guard: Doc = {name: body[name] for name in ("safe_update", "updated_stamp") if name in body}
            ticket = update_ticket(account, key, {"tags": sorted(wanted), **guard}, caller()).ticket
        created = request.method == "POST"
        location = f"{api_base()}/tickets/{key}/tags.json" if created else None
        return reply({"tags": ticket["tags"]}, 201 if created else 200, location)


def comments_of(account: Account, key: int) -> list[Doc]:
    """The comments of a ticket that the caller may see, oldest first."""
    found = account.store.collection("comments").by("ticket_id", key)
    return found if is_staff(caller()) else [comment for comment in found if comment["public"]]


def _add_comments(account: Account, routes: Blueprint) -> None:
    comments = account.store.collection("comments")

    @routes.get("/tickets/<int:key>/comments")
    def index(key: int) -> Response:
        find_ticket(account, key)
        ordered = sorted_items(comments_of(account, key), ("created_at", "id"))
        body, chosen = page_of(ordered, "comments", present_comment)
        return reply(include(account, body, chosen))

    @routes.get("/tickets/<int:key>/comments/count")
    def count(key: int) -> Response:
        find_ticket(account, key)
        return reply({"count": {"value": len(comments_of(account, key)), "refreshed_at": account.clock.iso()}})

    @routes.get("/tickets/<int:key>/comments/<int:comment>")
    def show(key: int, comment: int) -> Response:
        return reply({"comment": present_comment(_comment(account, key, comment))})

    @routes.put("/tickets/<int:key>/comments/<int:comment>/make_private")
    def make_private(key: int, comment: int) -> Response:
        require_staff()
        with account.store.lock:
            doc = comments.save({**_comment(account, key, comment), "public": False})
            ticket = find_ticket(account, key)
            event = {"type": "CommentPrivacyChange", "comment_id": comment, "public": False}
            _note(account, ticket, [event])
        announce(account, "ticket.comment_made_private", ticket, caller(), {"comment": comment_object(account, doc)})
        return reply({})


def _comment(account: Account, ticket: int, key: int) -> Doc:
    find_ticket(account, ticket)
    doc = account.store.collection("comments").get(key)
    if doc is None or doc["ticket_id"] != ticket or not (doc["public"] or is_staff(caller())):
        not_found()
    return doc


def _note(account: Account, ticket: Doc, events: list[Doc]) -> None:
    """Add an audit that is no update of the ticket's values, and touch the ticket."""
    key = account.store.next_ids("events", 1)
    save_audit(account, ticket["id"], caller()["id"], api_via(), events, None, key)
    stamp = {"updated_at": account.clock.iso(), "generated_timestamp": account.clock.timestamp()}
    account.store.collection("tickets").save({**ticket, **stamp})


def _add_redaction(account: Account, routes: Blueprint) -> None:
    @routes.put("/tickets/<int:key>/comments/<int:comment>/redact")
    def redact(key: int, comment: int) -> Response:
        require_staff()
        text = str(json_body().get("text") or "")
        ticket, doc = find_ticket(account, key), _comment(account, key, comment)
        if ticket["status"] == "closed":
            raise invalid_field("status", "closed prevents ticket update")
        if not text or text not in doc["body"]:
            raise invalid_field("text", "Text: was not found in the comment", "NotFound")
        redacted = _redact(account, ticket, doc, [text])
        return reply({"comment": present_comment(redacted)})

    @routes.put("/comment_redactions/<int:comment>")
    def redact_marked(comment: int) -> Response:
        require_staff()
        body = json_body()
        ticket = account.store.collection("tickets").get(int(body.get("ticket_id") or 0))
        if ticket is None:
            not_found()
        marked = str(body.get("html_body") or "").split("<redact>")[1:]
        texts = [plain_text(part.split("</redact>")[0]) for part in marked]
        redacted = _redact(account, ticket, _comment(account, ticket["id"], comment), [t for t in texts if t])
        return reply({"comment": present_comment(redacted)})

    @routes.put("/tickets/<int:key>/comments/<int:comment>/attachments/<int:attachment>/redact")
    def redact_attachment(key: int, comment: int, attachment: int) -> Response:
        require_staff()
        charge_ticket_update(account, caller(), key)
        doc = _comment(account, key, comment)
        if all(item["id"] != attachment for item in doc["attachments"]):
            not_found()
        redacted = [_redacted_file(a) if a["id"] == attachment else a for a in doc["attachments"]]
        account.store.collection("comments").save({**doc, "attachments": redacted})
        shown = next(item for item in redacted if item["id"] == attachment)
        return reply({"attachment": shown})


def _redacted_file(attachment: Doc) -> Doc:
    return {**attachment, "file_name": "redacted.txt", "content_type": "text/plain", "size": 1, "thumbnails": []}


def _redact(account: Account, ticket: Doc, comment: Doc, texts: list[str]) -> Doc:
    with account.store.lock:
        names = ("body", "html_body", "plain_body")
        changed = {name: _blocked(str(comment[name]), texts) for name in names}
        doc = account.store.collection("comments").save({**comment, **changed})
        audits = account.store.collection("audits")
        audit = audits.get(comment["audit_id"])
        if audit is not None:
            events = [{**e, **changed} if e["id"] == comment["id"] else e for e in audit["events"]]
            audits.save({**audit, "events": events})
        ticket = {**ticket, "description": _blocked(ticket["description"], texts)}
        _note(account, ticket, [{"type": "CommentRedactionEvent", "comment_id": comment["id"]}])
    announce(account, "ticket.comment_redacted", ticket, caller(), {"comment": comment_object(account, doc)})
    return doc


def _blocked(text: str, hidden: list[str]) -> str:
    for part in hidden:
        text = text.replace(part, BLOCK * len(part))
    return text


def _add_audits(account: Account, routes: Blueprint) -> None:
    audits = account.store.collection("audits")

    @routes.get("/tickets/<int:key>/audits")
    def audits_of_ticket(key: int) -> Response:
        require_staff()
        find_ticket(account, key)
        ordered = sorted_items(audits.by("ticket_id", key), ("created_at", "id"))
        body, chosen = page_of(ordered, "audits", dict)
        return reply(include(account, body, chosen))

    @routes.get("/tickets/<int:key>/audits/count")
    def count_audits(key: int) -> Response:
        find_ticket(account, key)
        value = len(audits.by("ticket_id", key))
        return reply({"count": {"value": value, "refreshed_at": account.clock.iso()}})

    @routes.get("/tickets/<int:key>/audits/<int:audit>")
    def show_audit(key: int, audit: int) -> Response:
        require_staff()
        find_ticket(account, key)
        doc = audits.get(audit)
        if doc is None or doc["ticket_id"] != key:
            not_found()
        return reply(include(account, {"audit": doc}, [doc]))

    @routes.get("/ticket_audits")
    def all_audits() -> Response:
        require_admin()
        limit = request.args.get("limit", "1000")
        size = min(int(limit), 1000) if limit.isdigit() else 1000
        return reply(_audit_stream(account, size))

    @routes.get("/ticket_audits/count")
    def count_all() -> Response:
        return reply({"count": {"value": len(audits), "refreshed_at": account.clock.iso()}})


def _audit_stream(account: Account, size: int) -> Doc:
    """Account-wide audits, newest first, with ``cursor`` or ``page[size]``."""
    newest = list(account.store.collection("audits"))[::-1]
    if "page[size]" in request.args:
        body, _ = page_of(newest, "audits", dict, maximum=1000)
        return body
    asked = request.args.get("cursor", "0")
    if not asked.isdigit():
        raise bad_request("Invalid attribute", "cursor is not valid")
    start = int(asked)
    end = start + size
    after = str(max(0, start - size)) if start else None
    before = str(end) if end < len(newest) else None
    return {
        "audits": newest[start:end],
        "after_cursor": after,
        "after_url": link(cursor=after) if after else None,
        "before_cursor": before,
        "before_url": link(cursor=before) if before else None,
    }


def _add_people(account: Account, routes: Blueprint) -> None:
    users = account.store.collection("users")

    def people(key: int, name: str) -> Response:
        ticket = find_ticket(account, key)
        found = [doc for user in ticket[name] if (doc := users.get(user)) is not None]
        body, chosen = page_of(found, "users", account.parts["presenters"]["users"])
        return reply(include(account, body, chosen))

    @routes.get("/tickets/<int:key>/collaborators")
    def collaborators(key: int) -> Response:
        return people(key, "collaborator_ids")

    @routes.get("/tickets/<int:key>/followers")
    def followers(key: int) -> Response:
        return people(key, "follower_ids")

    @routes.get("/tickets/<int:key>/email_ccs")
    def email_ccs(key: int) -> Response:
        return people(key, "email_cc_ids")

    @routes.get("/tickets/<int:key>/incidents")
    def incidents(key: int) -> Response:
        find_ticket(account, key)
        return ticket_page(account, account.store.collection("tickets").by("problem_id", key))

    @routes.get("/tickets/<int:key>/related")
    def related(key: int) -> Response:
        ticket = find_ticket(account, key)
        number = len(account.store.collection("tickets").by("problem_id", key))
        shown = {
            "url": f"{request.host_url}api/v2/tickets/{key}/related.json",
            "topic_id": None,
            "jira_issue_ids": [],
            "followup_source_ids": ticket["followup_ids"],
            "from_archive": False,
            "incidents": number,
            "twitter": {},
        }
        return reply({"ticket_related": shown})

    @routes.get("/tickets/<int:key>/skips")
    def skips(key: int) -> Response:
        find_ticket(account, key)
        found = account.store.collection("skips").where(lambda skip: skip["ticket_id"] == key)
        body, _ = page_of(found, "skips", dict)
        return reply(body)
