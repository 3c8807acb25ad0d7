"""Resources that are stored and shown and no more: brands, SLA policies, statuses, roles, dynamic content, ..."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.resources import Change, CrudResource, Resource, add_crud, gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import (
    api_base,
    as_int,
    blank,
    caller,
    invalid_field,
    json_body,
    no_content,
    reply,
    wrapped,
    wrapped_list,
)

CATEGORIES = ("new", "open", "pending", "hold", "solved")


def _brand(account: Account, doc: Doc, old: Doc | None) -> None:
    doc["brand_url"] = doc["brand_url"] or f"https://{doc['subdomain']}.zendesk.com"
    if old is None:
        doc["ticket_form_ids"] = [form["id"] for form in account.store.collection("ticket_forms")]


def _status(_account: Account, doc: Doc, _old: Doc | None) -> None:
    if doc["status_category"] not in CATEGORIES:
        raise invalid_field("status_category", f"Status category: {doc['status_category']} is not a valid value")
    for name in ("agent_label", "end_user_label", "description", "end_user_description"):
        if name == "end_user_label" and not doc[name]:
            doc[name] = doc["agent_label"]
        doc[f"raw_{name}"] = doc[name]


def _position(kind: str) -> Change:
    def prepare(account: Account, doc: Doc, _old: Doc | None) -> None:
        if doc.get("position") is None:
            doc["position"] = len(account.store.collection(kind)) + 1

    return prepare


def _item(account: Account, doc: Doc, _old: Doc | None) -> None:
    """Variants that come with a new item get their ids here."""
    doc["placeholder"] = doc["placeholder"] or "{{dc." + str(doc["name"]).lower().replace(" ", "_") + "}}"
    doc["variants"] = [_variant(account, values) for values in doc["variants"] or []]


def _variant(account: Account, values: Doc) -> Doc:
    """A text of a dynamic content item with every key that the API shows."""
    now = account.clock.iso()
    first: Doc = {"active": True, "default": False, "locale_id": 1, "outdated": False, "created_at": now}
    key = as_int(values.get("id")) or account.store.next_id("variants")
    return {**first, **values, "id": key, "updated_at": values.get("updated_at", now)}


def _rating(_account: Account, doc: Doc, _old: Doc | None) -> None:
    if doc["score"] not in ("offered", "unoffered", "good", "bad"):
        raise invalid_field("score", f"Score: {doc['score']} is not a valid value", "InvalidValue")


RESOURCES = (
    Resource(
        "brands", "brand", "brands", required=("name", "subdomain"), unique=("name", "subdomain"), prepare=_brand,
        write_role="admin",
        defaults={
            "name": None, "brand_url": None, "subdomain": None, "host_mapping": None, "has_help_center": False,
            "help_center_state": "disabled", "active": True, "default": False, "is_deleted": False, "logo": None,
            "ticket_form_ids": [], "signature_template": "{{agent.signature}}",
        },
    ),
    Resource(
        "custom_statuses", "custom_status", "custom_statuses", required=("agent_label", "status_category"),
        prepare=_status, write_role="admin", first_id=1001, immutable=frozenset({"status_category"}),
        defaults={
            "status_category": None, "agent_label": None, "raw_agent_label": None, "end_user_label": None,
            "raw_end_user_label": None, "description": "", "raw_description": "", "end_user_description": "",
            "raw_end_user_description": "", "active": True, "default": False,
        },
    ),
    Resource(
        "custom_roles", "custom_role", "custom_roles", required=("name",), unique=("name",), write_role="admin",
        defaults={"name": None, "description": "", "role_type": 0, "team_member_count": 0, "configuration": {}},
    ),
    Resource(
        "sla_policies", "sla_policy", "sla_policies", path="slas/policies", required=("title",),
        prepare=_position("sla_policies"), write_role="admin",
        defaults={
            "title": None, "description": "", "position": None, "filter": {"all": [], "any": []}, "policy_metrics": [],
        },
    ),
    Resource(
        "recipient_addresses", "recipient_address", "recipient_addresses", required=("email",), unique=("email",),
        immutable=frozenset({"email"}), write_role="admin",
        defaults={
            "name": None, "email": None, "default": False, "brand_id": None, "cname_status": "unknown",
            "dns_results": "verified", "domain_verification_code": None, "domain_verification_status": "unknown",
            "forwarding_status": "unknown", "spf_status": "unknown",
        },
    ),
    Resource(
        "sharing_agreements", "sharing_agreement", "sharing_agreements", write_role="admin",
        defaults={
            "name": None, "type": "outbound", "status": "pending", "partner_name": None, "remote_subdomain": None,
        },
    ),
    Resource(
        "targets", "target", "targets", required=("title", "type"), write_role="admin",
        defaults={"title": None, "type": None, "active": True},
    ),
    Resource(
        "schedules", "schedule", "schedules", path="business_hours/schedules", required=("name", "time_zone"),
        write_role="admin", defaults={"name": None, "time_zone": None, "intervals": []},
    ),
    Resource(
        "satisfaction_ratings", "satisfaction_rating", "satisfaction_ratings", required=("score",), prepare=_rating,
        defaults={
            "assignee_id": None, "group_id": None, "requester_id": None, "ticket_id": None, "score": None,
            "comment": None, "reason": None, "reason_id": None, "reason_code": None,
        },
    ),
    Resource(
        "skips", "skip", "skips", required=("ticket_id",),
        defaults={"ticket_id": None, "user_id": None, "reason": None},
    ),
    Resource(
        "jira_links", "link", "links", path="services/jira/links", required=("ticket_id", "issue_id"),
        defaults={"ticket_id": None, "issue_id": None, "issue_key": None},
    ),
    Resource("topics", "topic", "topics", required=("title",), defaults={"title": None, "body": "", "tags": []}),
    Resource(
        "api_tokens", "api_token", "api_tokens", write_role="admin",
        defaults={"description": "", "active": True, "token": None},
    ),
    Resource("activities", "activity", "activities"),
    Resource(
        "dynamic_content", "item", "items", path="dynamic_content/items", required=("name",), unique=("name",),
        write_role="admin", prepare=_item,
        defaults={"name": None, "placeholder": None, "default_locale_id": 1, "outdated": False, "variants": []},
    ),
    Resource("engagements", "engagement", "engagements"),
    Resource("queues", "queue", "queues", required=("name",), write_role="admin"),
    Resource("resource_collections", "resource_collection", "resource_collections", write_role="admin"),
)  # fmt: skip


def blueprint(account: Account) -> Blueprint:
    """All plain resources and the few calls that go beyond them."""
    routes = Blueprint("plain", __name__, url_prefix="/api/v2")
    cruds = {resource.kind: add_crud(routes, CrudResource(account, resource)) for resource in RESOURCES}
    _add_locales(account, routes)
    _add_sla(routes, cruds["sla_policies"])
    _add_ratings(account, routes, cruds["satisfaction_ratings"])
    _add_variants(account, routes, cruds["dynamic_content"])
    _add_settings(account, routes)
    return routes


def _add_locales(account: Account, routes: Blueprint) -> None:
    locales = account.store.collection("locales")

    def present(doc: Doc) -> Doc:
        return {"url": f"{api_base()}/locales/{doc['locale']}.json", **doc}

    @routes.get("/locales")
    @routes.get("/locales/public")
    @routes.get("/locales/agent")
    def list_locales() -> Response:
        body, _ = page_of(list(locales), "locales", present)
        return reply(body)

    @routes.get("/locales/current")
    def current() -> Response:
        return reply({"locale": present(locales.get(caller().get("locale_id") or 1) or gone(locales.get(1)))})

    @routes.get("/locales/detect_best_locale")
    def best() -> Response:
        wanted = request.args.getlist("available_locales[]") or request.args.get("available_locales", "").split(",")
        accepted = [tag.lower() for tag, _ in request.accept_languages]
        for tag in (*accepted, str(caller().get("locale") or "").lower()):
            for doc in locales:
                if doc["locale"].lower() == tag and (not any(wanted) or doc["locale"] in wanted):
                    return reply({"locale": present(doc)})
        return reply({"locale": present(gone(locales.get(1)))})

    @routes.get("/locales/<key>")
    def show_locale(key: str) -> Response:
        found = locales.get(int(key)) if key.isdigit() else next(
            (doc for doc in locales if doc["locale"].lower() == key.lower()), None
        )  # fmt: skip
        return reply({"locale": present(gone(found))})


def _add_sla(routes: Blueprint, policies: CrudResource) -> None:
    @routes.get("/slas/policies/definitions")
    def definitions() -> Response:
        def condition(title: str, value: str) -> Doc:
            operators = [{"value": "is", "title": "Is"}, {"value": "is_not", "title": "Is not"}]
            return {"title": title, "value": value, "target": None, "operators": operators, "values": {"type": "list"}}

        shown = [condition("Group", "group_id"), condition("Priority", "priority"), condition("Brand", "brand_id")]
        return reply({"definitions": {"all": shown, "any": shown}})

    @routes.put("/slas/policies/reorder")
    def reorder_policies() -> Response:
        for position, key in enumerate(json_body().get("sla_policy_ids") or [], start=1):
            policies.update(policies.find(as_int(key)), {"position": position})
        return policies.page(sorted(policies.visible(), key=lambda doc: doc["position"]))


def _add_ratings(account: Account, routes: Blueprint, ratings: CrudResource) -> None:
    @routes.post("/tickets/<int:key>/satisfaction_rating")
    def rate(key: int) -> Response:
        tickets = account.store.collection("tickets")
        ticket = gone(tickets.get(key))
        about = {name: ticket[name] for name in ("assignee_id", "group_id", "requester_id")}
        rating = ratings.create({**wrapped("satisfaction_rating"), "ticket_id": key, **about})
        shown = {"id": rating["id"], "score": rating["score"], "comment": rating["comment"]}
        tickets.save({**ticket, "satisfaction_rating": shown})
        return ratings.one(rating)


def _add_variants(account: Account, routes: Blueprint, items: CrudResource) -> None:
    """Dynamic content: the texts of an item by locale."""
    path = "/dynamic_content/items/<int:key>/variants"

    def present(item: int, variant: Doc) -> Doc:
        return {"url": f"{api_base()}/dynamic_content/items/{item}/variants/{variant['id']}.json", **variant}

    def save(item: Doc, values: Doc) -> Doc:
        if not values.get("content"):
            raise blank("content")
        known = {variant["id"]: variant for variant in item["variants"]}
        variant = _variant(account, {**known.get(as_int(values.get("id")) or 0, {}), **values})
        variant["updated_at"] = account.clock.iso()
        items.update(item, {"variants": [v for v in item["variants"] if v["id"] != variant["id"]] + [variant]})
        return variant

    @routes.get(path)
    def list_variants(key: int) -> Response:
        body, _ = page_of(items.find(key)["variants"], "variants", lambda variant: present(key, variant))
        return reply(body)

    @routes.post(path)
    def create_variant(key: int) -> Response:
        shown = present(key, save(items.find(key), wrapped("variant")))
        return reply({"variant": shown}, 201, shown["url"])

    @routes.route(f"{path}/create_many", methods=["POST"])
    @routes.route(f"{path}/update_many", methods=["PUT"])
    def save_many(key: int) -> Response:
        saved = [present(key, save(items.find(key), values)) for values in wrapped_list("variants")]
        return reply({"variants": saved}, 201 if request.method == "POST" else 200)

    @routes.route(f"{path}/<int:variant>", methods=["GET", "PUT", "DELETE"])
    def one_variant(key: int, variant: int) -> Response:
        item = items.find(key)
        found = gone(next((v for v in item["variants"] if v["id"] == variant), None))
        if request.method == "DELETE":
            items.update(item, {"variants": [v for v in item["variants"] if v["id"] != variant]})
            return no_content()
        if request.method == "PUT":
            found = save(item, {**found, **wrapped("variant"), "id": variant})
        return reply({"variant": present(key, found)})


def _add_settings(account: Account, routes: Blueprint) -> None:
    @routes.get("/account/settings")
    def settings() -> Response:
        shown = {
            "tickets": {"agent_ticket_deletion": True, "comments_public_by_default": True, "tagging": True},
            "active_features": {"customer_satisfaction": True, "ticket_forms": True, "allow_ccs": True},
            "limits": {"attachment_size": 50 * 1024 * 1024},
            "brands": {"default_brand_id": next(iter(account.store.collection("brands")))["id"]},
        }
        return reply({"settings": shown})
