"""The error tree, cut by what the caller can do about it.

Every message says what went wrong, where, and what to do next. None carries ticket text, names or secrets.
"""

from __future__ import annotations


class ZdAutomationError(Exception):
    """The root of everything this package raises on purpose."""


class Refused(ZdAutomationError):
    """The sender's fault: answered with ``status`` and never worked on."""

    status = 400
    reason = "refused"


class BadSignature(Refused):
    """The delivery is not provably Zendesk's: wrong secret, changed bytes or an old timestamp."""

    status = 401
    reason = "bad_signature"


class BadRequest(Refused):
    """The body is not a delivery we can read, or it is meant for another account."""

    status = 400
    reason = "bad_request"


class TooLarge(Refused):
    """The body is over the size limit."""

    status = 413
    reason = "too_large"


class TryLater(ZdAutomationError):
    """A limit or an outage on the other side: the same call may go through after ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Conflict(ZdAutomationError):
    """Somebody was faster: fetch the ticket again and decide on the new facts."""


class TicketGone(ZdAutomationError):
    """The ticket is deleted, closed or unknown to the account: record it and leave."""


class NotAllowed(ZdAutomationError):
    """Zendesk refuses our credentials or scopes: an admin must act."""


class GatewayError(ZdAutomationError):
    """Zendesk refused a call in a way that a repeat will not change."""


class DoubtfulWrite(ZdAutomationError):
    """A write went out and no trustworthy answer came back: read the audits before anything else."""


class DefinitionError(ZdAutomationError):
    """A file that an admin wrote is wrong; the message names file, place, key and the nearest right one."""


class ModelError(ZdAutomationError):
    """A model cannot be built, loaded or trusted."""


class SettingsError(ZdAutomationError):
    """The environment is wrong; ``problems`` holds every one of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
