"""HTTP conventions: who may call, how often, how lists are cut, what goes wrong on purpose, how jobs and exports run."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.unit.sandbox.test_tickets import Desk
from zd_automation.sandbox import seed
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.oauth import add_client
from zd_automation.sandbox.server import SandboxServer
from zd_automation.sandbox.ticket_writes import create_ticket

GRANT = {"grant_type": "client_credentials", "client_id": "bot", "client_secret": "s3cret"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def bearer(desk: Desk, token: str, path: str = "tickets", method: str = "GET", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return desk.http.open(f"/api/v2/{path}", method=method, headers=headers, json=body)


def test_json_suffix_and_any_host_are_the_same_address(desk: Desk) -> None:
    desk.create()
    plain = desk.call("GET", "tickets/1", headers={"Host": "desk.zendesk.com"}).json
    assert desk.call("GET", "tickets/1.json", headers={"Host": "desk.zendesk.com"}).json == plain
    assert plain["ticket"]["url"] == "http://desk.zendesk.com/api/v2/tickets/1.json"


def test_nobody_may_read_tickets_but_ask_who_he_is(desk: Desk) -> None:
    assert desk.http.get("/api/v2/tickets").status_code == 401
    me = desk.http.get("/api/v2/users/me.json")
    assert (me.status_code, me.json["user"]["id"], me.json["user"]["name"]) == (200, None, "Anonymous user")


def test_credentials_decide_the_acting_user(desk: Desk) -> None:
    assert desk.call("GET", "users/me", auth=("ada@example.com/token", "x")).json["user"]["name"] == "Ada Agent"
    assert desk.call("GET", "users/me", auth=("stranger@example.com", "x")).json["user"]["role"] == "admin"
    assert bearer(desk, "anything", "users/me").json["user"]["email"] == "admin@example.com"


def test_agents_may_not_do_what_admins_may(desk: Desk) -> None:
    ada = ("ada@example.com/token", "t")
    refused = desk.call("GET", "incremental/tickets/cursor?start_time=1", auth=ada)
    assert (refused.status_code, refused.json["error"]["title"]) == (403, "Forbidden")
    assert desk.call("POST", "groups", {"group": {"name": "x"}}, auth=ada).status_code == 403


def test_strict_mode_takes_only_minted_tokens_until_they_expire() -> None:
    desk = Desk(strict_auth=True)
    bot = desk.user("triage@example.com")
    add_client(desk.account, "bot", "s3cret", user=bot)
    assert bearer(desk, "anything").status_code == 401
    assert desk.call("GET", "tickets").status_code == 401
    assert desk.http.post("/oauth/tokens", json={**GRANT, "client_secret": "no"}).status_code == 401
    minted = desk.http.post("/oauth/tokens", json={**GRANT, "scope": "read write", "expires_in": 600}).json
    assert (minted["token_type"], minted["expires_in"], minted["scope"]) == ("bearer", 600, "read write")
    assert bearer(desk, minted["access_token"], "users/me").json["user"]["id"] == bot
    desk.account.clock.advance(600)
    expired = bearer(desk, minted["access_token"])
    assert (expired.status_code, expired.json["error"]) == (401, "invalid_token")


def test_lifetime_and_scope_of_tokens_are_checked(desk: Desk) -> None:
    for wrong in (299, 172_801):
        assert desk.http.post("/oauth/tokens", json={**GRANT, "expires_in": wrong}).status_code == 400
    token = desk.http.post("/oauth/tokens", json={**GRANT, "scope": "tickets:read"}).json["access_token"]
    assert bearer(desk, token).status_code == 200
    assert bearer(desk, token, "users").status_code == 403
    body = {"ticket": {"subject": "s", "comment": {"body": "b"}}}
    assert bearer(desk, token, method="POST", body=body).status_code == 403


def test_stored_api_tokens_work_in_strict_mode() -> None:
    desk = Desk(strict_auth=True)
    desk.account.store.collection("api_tokens").save({"id": 1, "token": "good", "active": True})
    assert desk.call("GET", "tickets", auth=("admin@example.com/token", "good")).status_code == 200
    assert desk.call("GET", "tickets", auth=("admin@example.com/token", "bad")).status_code == 401
    assert desk.call("GET", "tickets", auth=("admin@example.com", "good")).status_code == 401


def test_the_account_limit_tells_itself_and_ends_in_429() -> None:
    desk = Desk(account_limit=3)
    headers = [desk.call("GET", "groups").headers for _ in range(3)]
    assert [h["X-Rate-Limit-Remaining"] for h in headers] == ["2", "1", "0"]
    assert headers[0]["RateLimit-Limit"] == headers[0]["Rate-Limit"] == headers[0]["X-Rate-Limit"] == "3"
    refused = desk.call("GET", "groups")
    assert (refused.status_code, refused.json["error"]) == (429, "APIRateLimitExceeded")
    assert refused.headers["Retry-After"] == "60"
    desk.account.clock.advance(60)
    assert desk.call("GET", "groups").status_code == 200


def test_one_ticket_takes_30_updates_in_ten_minutes_from_one_user() -> None:
    desk = Desk(per_ticket_limit=30)
    desk.create()
    desk.create()
    answers = [desk.update(1, subject=f"s{n}") for n in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[0].headers["Zendesk-RateLimit-per-ticket-updates"] == "total=30; remaining=29; resets=600"
    assert answers[0].headers["Zendesk-Rate-Limit-per-ticket-updates"] == "total=30; remaining=29; resets=600"
    assert desk.update(2, subject="x").status_code == 200
    ada = ("ada@example.com/token", "t")
    assert desk.call("PUT", "tickets/1", {"ticket": {"subject": "ada"}}, auth=ada).status_code == 200


def test_page_numbers_end_at_the_wall(desk: Desk) -> None:
    for number in range(3):
        desk.create(subject=f"t{number}")
    page = desk.call("GET", "tickets?per_page=2").json
    assert (len(page["tickets"]), page["count"], page["previous_page"]) == (2, 3, None)
    assert page["next_page"].endswith("/api/v2/tickets.json?per_page=2&page=2")
    last = desk.http.get(page["next_page"], auth=("a", "b")).json
    assert ([t["id"] for t in last["tickets"]], last["next_page"]) == ([3], None)
    wall = desk.call("GET", "tickets?page=101&per_page=100")
    assert (wall.status_code, wall.json["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_cursors_go_forward_and_back_and_survive_deletions(desk: Desk) -> None:
    for _ in range(5):
        desk.create()
    first = desk.call("GET", "tickets?page[size]=2").json
    assert [t["id"] for t in first["tickets"]] == [1, 2]
    assert first["meta"]["has_more"] is True
    desk.call("DELETE", "tickets/1")
    second = desk.call("GET", f"tickets?page[size]=2&page[after]={first['meta']['after_cursor']}").json
    assert [t["id"] for t in second["tickets"]] == [3, 4]
    back = desk.call("GET", f"tickets?page[size]=2&page[before]={second['meta']['before_cursor']}").json
    assert [t["id"] for t in back["tickets"]] == [2]
    assert desk.call("GET", "tickets?page[size]=2&page[after]=nonsense").status_code == 400


def test_more_than_100_ids_are_too_many(desk: Desk) -> None:
    answer = desk.call("GET", "tickets/show_many?ids=" + ",".join(map(str, range(1, 102))))
    expected = {
        "error": "TooManyValues",
        "description": "Parameter  cannot specify more than 100 values",
        "max_count": 100,
    }
    assert (answer.status_code, answer.json) == (400, expected)


def test_side_loads_bring_linked_records_once(desk: Desk) -> None:
    for _ in range(2):
        desk.create(requester={"name": "R", "email": "r@example.com"})
    body = desk.call("GET", "tickets?include=users,groups,brands").json
    assert [user["name"] for user in body["users"]] == ["R"]
    assert (body["groups"], len(body["brands"])) == ([], 1)


def test_side_loads_add_counts_and_the_last_audit(desk: Desk) -> None:
    desk.create(type="problem")
    desk.create(problem_id=1)
    desk.update(1, comment={"body": "second"})
    body = desk.call("GET", "tickets/1?include=comment_count,incident_counts,last_audits,metric_sets").json
    assert (body["ticket"]["comment_count"], body["ticket"]["incident_count"]) == (2, 1)
    assert [event["type"] for event in body["last_audits"][0]["events"]] == ["Comment"]
    assert body["ticket"]["metric_set"]["ticket_id"] == 1
    me = desk.call("GET", "users/me?include=identities,open_ticket_count").json
    assert [identity["value"] for identity in me["identities"]] == ["admin@example.com"]
    assert list(me["open_ticket_count"].values()) == [2]
    assert desk.call("GET", "incremental/tickets?start_time=1&include=last_audits").status_code == 400


def test_a_job_is_queued_then_completed_with_its_failures_inside(desk: Desk) -> None:
    desk.create()
    job = desk.call("PUT", "tickets/update_many?ids=1,77", {"ticket": {"priority": "low"}}).json["job_status"]
    assert (job["status"], job["total"], job["progress"], job["results"]) == ("queued", 2, None, None)
    done = desk.call("GET", f"job_statuses/{job['id']}").json["job_status"]
    assert (done["status"], done["progress"]) == ("completed", 2)
    good, bad = done["results"]
    assert (good["id"], good["success"]) == (1, True)
    assert (bad["id"], bad["success"], bad["error"]) == (77, False, "RecordNotFound")


def test_thirty_open_jobs_are_the_limit(desk: Desk) -> None:
    body = {"tickets": [{"subject": "s", "comment": {"body": "b"}}]}
    codes = [desk.call("POST", "tickets/create_many", body).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]
    assert desk.call("GET", "tickets/count").json["count"]["value"] == 30
    desk.account.clock.advance(2)
    assert desk.call("POST", "tickets/create_many", body).status_code == 200


def test_exports_hold_back_a_minute_and_follow_the_real_change(desk: Desk) -> None:
    start = desk.account.clock.timestamp()
    for _ in range(3):
        desk.create()
        desk.account.clock.advance(10)
    path = f"incremental/tickets/cursor?start_time={start}&per_page=1"
    desk.account.clock.advance(35)
    seen = []
    for _ in range(3):
        page = desk.call("GET", path).json
        seen += [ticket["id"] for ticket in page["tickets"]]
        path = f"incremental/tickets/cursor?cursor={page['after_cursor']}&per_page=1"
    assert (seen, page["end_of_stream"]) == ([1], True)
    desk.call("DELETE", "tickets/2")
    desk.account.clock.advance(61)
    page = desk.call("GET", f"incremental/tickets/cursor?cursor={page['after_cursor']}").json
    assert [(t["id"], t["status"]) for t in page["tickets"]] == [(3, "new"), (2, "deleted")]
    empty = desk.call("GET", f"incremental/tickets/cursor?cursor={page['after_cursor']}").json
    assert (empty["tickets"], empty["end_of_stream"], empty["after_cursor"]) == ([], True, page["after_cursor"])
    assert desk.call("GET", f"incremental/tickets?start_time={desk.account.clock.timestamp()}").status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type:ticket login", [1]),
        ('type:ticket "please refund"', [2]),
        ("type:ticket -login", [2]),
        ("type:ticket tags:vip", [1]),
        ("type:ticket -tags:vip", [2]),
        ("type:ticket priority:high", [1]),
        ("type:ticket priority>normal", [1]),
        ("type:ticket priority:none", [2]),
        ("type:ticket status<solved", [1, 2]),
        ("type:ticket status:new status:open", [1, 2]),
        ("type:ticket requester:rita@example.com", [2]),
        ("type:ticket assignee:none", [1, 2]),
        ("type:ticket group:support", []),
        ("type:ticket created>2026-11-21", [1, 2]),
        ("type:ticket created>2026-11-22", []),
        ("type:ticket created>=2026-11-22T12:00:01Z", []),
        ("type:ticket created<2026-11-22", []),
    ],
)
def test_search_language(desk: Desk, query: str, found: list[int]) -> None:
    desk.create(subject="Login broken", tags=["vip"], priority="high")
    desk.create(
        subject="Money", comment={"body": "please refund"}, requester={"name": "Rita", "email": "rita@example.com"}
    )
    answer = desk.call("GET", "search", query_string={"query": query, "sort_by": "created_at", "sort_order": "asc"})
    assert [result["id"] for result in answer.json["results"]] == found
    assert desk.call("GET", "search/count", query_string={"query": query}).json == {"count": len(found)}


def test_search_ends_at_a_thousand_results(desk: Desk) -> None:
    answer = desk.call("GET", "search?query=type:ticket&page=11")
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")


def put_faults(desk: Desk, **faults: Any) -> None:
    assert desk.http.put("/__sandbox__/faults", json=faults).status_code == 200


def test_faults_hit_as_often_as_they_should_and_only_where(desk: Desk) -> None:
    put_faults(desk, unavailable={"path": "^/api/v2/tickets", "method": "GET", "count": 1})
    assert desk.call("GET", "groups").status_code == 200
    hit = desk.call("GET", "tickets")
    assert (hit.status_code, hit.content_type) == (503, "text/html")
    assert desk.call("GET", "tickets").status_code == 200
    assert desk.http.get("/__sandbox__/faults").json == {}


@pytest.mark.parametrize(("wait", "header"), [(2, "2"), ("1.5", "1.5"), (None, None)])
def test_rate_limited_with_and_without_retry_after(desk: Desk, wait: Any, header: str | None) -> None:
    put_faults(desk, rate_limited={"retry_after": wait, "count": 1})
    answer = desk.call("GET", "tickets")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)


def test_a_stale_stamp_fault_and_half_a_body(desk: Desk) -> None:
    desk.create()
    put_faults(desk, stale_stamp={"count": 1})
    assert desk.update(1, priority="low").status_code == 409
    whole = desk.call("GET", "tickets/1").data
    put_faults(desk, truncate={"count": 1})
    assert desk.call("GET", "tickets/1").data == whole[: len(whole) // 2]


def test_an_unknown_fault_is_refused(desk: Desk) -> None:
    assert desk.http.put("/__sandbox__/faults", json={"meteor": {}}).status_code == 422


def test_probability_follows_the_seed() -> None:
    def run() -> list[int]:
        desk = Desk(seed=3)
        put_faults(desk, server_error={"probability": 0.5})
        return [desk.call("GET", "groups").status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500}


def test_clock_calls_and_reset(desk: Desk) -> None:
    desk.create()
    desk.http.post("/__sandbox__/clock", json={"advance": 90})
    assert desk.http.get("/__sandbox__/clock").json["now"] == "2026-11-22T12:01:30Z"
    (call,) = desk.http.get("/__sandbox__/requests").json["requests"]
    assert (call["method"], call["path"], call["status"]) == ("POST", "/api/v2/tickets", 201)
    assert desk.http.get("/__sandbox__/state").json["counts"]["tickets"] == 1
    desk.http.post("/__sandbox__/reset")
    assert desk.http.get("/__sandbox__/state").json["counts"]["tickets"] == 0
    assert desk.create()["id"] == 1


def test_a_cut_connection_after_the_write_was_applied() -> None:
    with SandboxServer() as server:
        client = server.client()
        client.post("/api/v2/tickets", json={"ticket": {"subject": "s", "comment": {"body": "b"}}}, timeout=5)
        client.put("/__sandbox__/faults", json={"reset_after_commit": {"method": "PUT", "count": 1}}, timeout=5)
        with pytest.raises(requests.ConnectionError):
            client.put("/api/v2/tickets/1", json={"ticket": {"priority": "urgent"}}, timeout=5)
        assert client.get("/api/v2/tickets/1", timeout=5).json()["ticket"]["priority"] == "urgent"


def test_one_connection_serves_many_requests() -> None:
    with SandboxServer() as server:
        client = server.client()
        with client.get("/api/v2/groups", stream=True, timeout=5) as first:
            peer = first.raw.connection.sock.getsockname()
            assert first.json()["count"] == 1
        with client.post("/api/v2/users", json={"user": {"name": "N"}}, stream=True, timeout=5) as second:
            assert second.raw.connection.sock.getsockname() == peer
            assert second.status_code == 201


def test_a_file_holds_the_whole_account(tmp_path: Any) -> None:
    path = str(tmp_path / "account.sqlite3")
    with SandboxServer(database=path) as server:
        seed.add_group(server.account, "Security")
        admin = server.account.store.collection("users").by("role", "admin")[0]
        create_ticket(server.account, {"subject": "s", "comment": {"body": "b"}}, admin)
    with SandboxServer(SandboxSettings(), path) as server:
        client = server.client()
        assert [g["name"] for g in client.get("/api/v2/groups", timeout=5).json()["groups"]] == ["Support", "Security"]
        assert client.get("/api/v2/tickets/1/comments", timeout=5).json()["comments"][0]["body"] == "b"
        made = client.post("/api/v2/tickets", json={"ticket": {"subject": "t", "comment": {"body": "c"}}}, timeout=5)
        assert made.json()["ticket"]["id"] == 2


def test_basic_credentials_that_are_no_base64(desk: Desk) -> None:
    assert desk.http.get("/api/v2/tickets", headers={"Authorization": "Basic ###"}).status_code == 401
    nothing = base64.b64encode(b"\xff\xfe").decode()
    assert desk.http.get("/api/v2/tickets", headers={"Authorization": f"Basic {nothing}"}).status_code == 401


def test_bodies_that_are_no_json_objects(desk: Desk) -> None:
    for body in ("{broken", "[1]"):
        answer = desk.call("PUT", "tickets/1", data=body, content_type="application/json")
        assert answer.status_code in (400, 404)
    desk.create()
    assert desk.call("PUT", "tickets/1", data="{broken", content_type="application/json").status_code == 400
    assert desk.call("PUT", "tickets/1", {"tickets": {}}).data == b"Required parameter missing: ticket"
