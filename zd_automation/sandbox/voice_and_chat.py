"""Talk, Chat, partner-edition calls and integration services: stored and shown, no more, for clients that know them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud, gone
from zd_automation.sandbox.store import Doc, Key
from zd_automation.sandbox.ticket_writes import create_ticket
from zd_automation.sandbox.web import as_int, caller, json_body, no_content, not_found, reply, require_staff

CHAT_KINDS = ("agents", "visitors", "shortcuts", "bans", "departments", "goals")
_OVERVIEWS = {
    "account_overview": {
        "total_calls": 0, "total_inbound_calls": 0, "total_outbound_calls": 0, "total_voicemails": 0,
        "average_call_duration": 0, "average_queue_wait_time": 0, "max_queue_wait_time": 0, "total_call_duration": 0,
    },
    "agents_overview": {
        "average_wrap_up_time": 0, "total_calls_accepted": 0, "total_calls_denied": 0, "total_calls_missed": 0,
        "total_talk_time": 0, "total_wrap_up_time": 0,
    },
    "current_queue_activity": {
        "agents_online": 0, "average_wait_time": 0, "callbacks_waiting": 0, "calls_waiting": 0, "longest_wait_time": 0,
    },
}  # fmt: skip


def blueprint(account: Account) -> Blueprint:
    """All of these under ``/api/v2`` and ``/api/services/zis``."""
    routes = Blueprint("voice_and_chat", __name__)
    api = Blueprint("voice_and_chat_api", __name__, url_prefix="/api/v2")
    numbers = Resource("phone_numbers", "phone_number", "phone_numbers", path="channels/voice/phone_numbers")
    add_crud(api, CrudResource(account, numbers))
    add_crud(api, CrudResource(account, Resource("calls", "call", "calls")))
    nps = Resource("nps_surveys", "survey", "surveys", path="nps/surveys")
    add_crud(api, CrudResource(account, nps))
    _add_surveys(api)
    _add_voice(account, api)
    _add_displays(account, api)
    _add_chat(account, api)
    _add_integrations(routes)
    routes.register_blueprint(api)
    return routes


def _add_voice(account: Account, api: Blueprint) -> None:
    @api.get("/channels/voice/stats/<name>")
    def overview(name: str) -> Response:
        if name == "agents_activity":
            return reply({name: [], "next_page": None, "previous_page": None, "count": 0})
        return reply({name: _OVERVIEWS.get(name) or not_found()})

    @api.get("/channels/voice/stats/incremental/<name>")
    def increments(name: str) -> Response:
        if name not in ("calls", "legs"):
            not_found()
        return reply({name: [], "count": 0, "next_page": None, "end_of_stream": True})

    @api.route("/channels/voice/availabilities/<int:key>", methods=["GET", "PUT"])
    def availability(key: int) -> Response:
        docs = account.store.collection("availabilities")
        if account.store.collection("users").get(key) is None:
            not_found()
        doc = docs.get(key) or {"id": key, "agent_state": "offline", "call_status": None, "via": "client"}
        if request.method == "PUT":
            doc = docs.save({**doc, **(json_body().get("availability") or {}), "id": key})
        return reply({"availability": {name: value for name, value in doc.items() if name != "id"}})


def _add_surveys(api: Blueprint) -> None:
    @api.get("/nps/incremental/<name>")
    def nps_increments(name: str) -> Response:
        if name not in ("recipients", "responses"):
            not_found()
        return reply({name: [], "count": 0, "next_page": None, "end_of_stream": True})


def _add_displays(account: Account, api: Blueprint) -> None:
    @api.post("/channels/voice/agents/<int:_agent>/users/<int:key>/display")
    def display_user(_agent: int, key: int) -> Response:
        gone(account.store.collection("users").get(key))
        return reply({})

    @api.post("/channels/voice/agents/<int:_agent>/tickets/<int:key>/display")
    def display_ticket(_agent: int, key: int) -> Response:
        gone(account.store.collection("tickets").get(key))
        return reply({})

    @api.post("/channels/voice/tickets")
    def voice_ticket() -> Response:
        require_staff()
        values: Doc = {"via": {"channel": "voice"}, **(json_body().get("ticket") or {})}
        written = create_ticket(account, {"description": "Call", **values}, caller())
        present = account.parts["presenters"]["tickets"]
        return reply({"ticket": present(written.ticket), "audit": written.audit}, 201)

    @api.post("/calls/<int:key>/comments")
    def call_comment(key: int) -> Response:
        gone(account.store.collection("calls").get(key))
        return reply({"type": "TpeVoiceComment", "call_id": key, **json_body()}, 201)


def _add_chat(account: Account, api: Blueprint) -> None:
    """Chat objects come and go without a wrapper; shortcuts are known by their name."""
    for kind in CHAT_KINDS:
        _add_chat_kind(account, api, kind)

    @api.get("/chats")
    @api.get("/incremental/chats")
    @api.get("/stream/chats")
    def chats() -> Response:
        body, _ = page_of(list(account.store.collection("chats")), "chats", dict)
        return reply(body)

    @api.get("/chats/search")
    def search_chats() -> Response:
        body, _ = page_of([], "results", dict)
        return reply(body)

    @api.route("/account", methods=["GET", "PUT"])
    def chat_account() -> Response:
        return reply({"account_key": "sandbox", "status": "active", "plan": {"name": "lite"}, "billing": {}})


def _add_chat_kind(account: Account, api: Blueprint, kind: str) -> None:
    docs = account.store.collection(f"chat_{kind}")

    def key_of(text: str) -> Key:
        return text if kind == "shortcuts" else as_int(text) or 0

    def index() -> Response:
        return reply(list(docs))

    def create() -> Response:
        values = json_body()
        key: Key = str(values.get("name")) if kind == "shortcuts" else account.store.next_id(f"chat_{kind}")
        return reply(docs.save({**values, "id": key}), 201)

    def one(key: str) -> Response:
        doc = gone(docs.get(key_of(key)))
        if request.method == "DELETE":
            docs.delete(doc["id"])
            return no_content()
        if request.method == "PUT":
            doc = docs.save({**doc, **json_body(), "id": doc["id"]})
        return reply(doc)

    api.add_url_rule(f"/{kind}", f"chat_{kind}_list", index, methods=["GET"])
    api.add_url_rule(f"/{kind}", f"chat_{kind}_create", create, methods=["POST"])
    api.add_url_rule(f"/{kind}/<key>", f"chat_{kind}_one", one, methods=["GET", "PUT", "DELETE"])


def _add_integrations(routes: Blueprint) -> None:
    @routes.route("/api/services/zis/registry/<path:rest>", methods=["GET", "POST"])
    def registry(rest: str) -> Response:
        name = rest.split("/")[0]
        doc = {
            "name": name,
            "description": json_body().get("description", ""),
            "jwt_public_key": "",
            "zendesk_oauth_client": {},
        }
        if rest.endswith("/bundles") or rest.startswith("job_specs/"):
            return Response(status=200)
        return reply(doc)
