"""Bulk jobs: answered as ``queued`` with nulls, found ``completed`` when asked for later, at most 30 open at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, api_base, not_found, reply

QUEUE_LIMIT = 30
OPEN_SECONDS = 2  # how long a job counts as open when nobody asks for it
SHOWN_SECONDS = 3600


def start_job(account: Account, job_type: str, items: list[Any], work: Callable[[Any], Doc]) -> Response:
    """Do ``work`` for every item and answer with the queued job.

    ``work`` returns the item's result; an :class:`ApiError` in it becomes a failed result, the others go on.
    Raises 429 while 30 jobs are open.
    """
    results = [_result(index, item, work) for index, item in enumerate(_checked(account, items))]
    return finish_job(account, job_type, len(items), results)


def finish_job(account: Account, job_type: str, total: int, results: list[Doc] | Doc) -> Response:
    """Record work that was done as a job and answer with it as ``queued``."""
    now = account.clock.timestamp()
    key = f"V3-{account.store.random.getrandbits(128):032x}"
    job = {
        "id": key,
        "job_type": job_type,
        "total": total,
        "results": results,
        "created": now,
        "asked": False,
        "completed_at": account.clock.now().strftime("%Y-%m-%d %H:%M:%S +0000"),
    }
    account.store.collection("job_statuses").save(job)
    return reply({"job_status": _present(job, done=False)})


def check_queue(account: Account) -> None:
    """Raise 429 while 30 jobs are queued or running."""
    now = account.clock.timestamp()
    newest = list(account.store.collection("job_statuses"))[-QUEUE_LIMIT:]
    if sum(1 for job in newest if not job["asked"] and now - job["created"] < OPEN_SECONDS) >= QUEUE_LIMIT:
        text = f"Maximum number of jobs ({QUEUE_LIMIT}) queued or running has been reached. Please try again later."
        raise ApiError(429, {"error": "TooManyJobs", "description": text}, {"Retry-After": str(OPEN_SECONDS)})


def blueprint(account: Account) -> Blueprint:
    """``/api/v2/job_statuses``: show, list, show_many."""
    routes = Blueprint("job_statuses", __name__, url_prefix="/api/v2/job_statuses")
    jobs = account.store.collection("job_statuses")

    @routes.get("")
    def list_jobs() -> Response:
        recent = [job for job in jobs if account.clock.timestamp() - job["created"] <= SHOWN_SECONDS]
        body, _ = page_of(recent[::-1], "job_statuses", _asked)
        return reply(body)

    @routes.get("/show_many")
    def show_many() -> Response:
        keys = [key for key in request.args.get("ids", "").split(",") if key]
        found = [job for key in keys if (job := jobs.get(key)) is not None]
        return reply({"job_statuses": [_asked(job) for job in found]})

    @routes.get("/<key>")
    def show(key: str) -> Response:
        return reply({"job_status": _asked(jobs.get(key) or not_found())})

    return routes


def _checked(account: Account, items: list[Any]) -> Iterable[Any]:
    check_queue(account)
    return items


def _result(index: int, item: Any, work: Callable[[Any], Doc]) -> Doc:
    try:
        return {"index": index, **work(item)}
    except ApiError as error:
        body = error.body if isinstance(error.body, dict) else {"error": "Failed", "description": error.body}
        failed: Doc = {
            "index": index,
            "success": False,
            "status": "Failed",
            "error": body.get("error"),
            "details": describe(body),
        }
        if isinstance(item, dict) and item.get("id") is not None:
            failed["id"] = item["id"]
        elif isinstance(item, int):
            failed["id"] = item
        return failed


def describe(body: Doc) -> str:
    """An error body in one line, as job results carry it."""
    details = body.get("details")
    if isinstance(details, dict):
        return " ".join(str(found.get("description")) for findings in details.values() for found in findings)
    return str(body.get("description", body.get("error")))


def _asked(job: Doc) -> Doc:
    job["asked"] = True
    return _present(job, done=True)


def _present(job: Doc, done: bool) -> Doc:
    return {
        "id": job["id"],
        "job_type": job["job_type"],
        "url": f"{api_base()}/job_statuses/{job['id']}.json",
        "total": job["total"],
        "progress": job["total"] if done else None,
        "status": "completed" if done else "queued",
        "message": f"Completed at {job['completed_at']}" if done else None,
        "results": job["results"] if done else None,
    }
