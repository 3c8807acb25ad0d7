"""A fresh account, and objects made in-process: what an admin would click together before a demo or a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.fields import ticket_field_resource
from zd_automation.sandbox.people import new_user
from zd_automation.sandbox.seed_data import FIELD_OPTIONS, LOCALES, RIGHT_TO_LEFT, ROLES, STATUSES, SYSTEM_FIELDS
from zd_automation.sandbox.store import Doc

ADMIN_EMAIL = "admin@example.com"
SERVICE_EMAIL = "triage@example.com"


def seed(account: Account) -> None:
    """Fill an empty account: an admin, two agents, the group Support, a brand, locales, fields, statuses, roles."""
    with account.store.lock:
        _locales(account)
        _statuses(account)
        _roles(account)
        _fields(account)
        _brand_and_form(account)
        admin = add_user(account, "Sandbox Admin", ADMIN_EMAIL, role="admin")
        agents = [
            add_user(account, "Ada Agent", "ada@example.com", role="agent"),
            add_user(account, "Ben Agent", "ben@example.com", role="agent"),
        ]
        service = add_user(account, "Triage Bot", SERVICE_EMAIL, role="admin")
        group = add_group(account, "Support", default=True)
        for user in (admin, *agents, service):
            add_membership(account, user["id"], group["id"], default=True)
        _odds_and_ends(account)


def add_user(account: Account, name: str, email: str | None = None, *, role: str = "end-user", **values: Any) -> Doc:
    """Store a user; ``values`` may name ``locale``, ``locale_id`` and any other key that users have."""
    user = new_user(account, {"name": name, "email": email, "role": role, **values})
    user.update({k: v for k, v in values.items() if k not in {"locale", "locale_id"}})
    return account.store.collection("users").save(user)


def add_group(account: Account, name: str, *, default: bool = False, description: str = "") -> Doc:
    """Store a group."""
    return _store(account, "groups", name=name, description=description, default=default, deleted=False, is_public=True)


def add_membership(account: Account, user: int, group: int, *, default: bool = False) -> Doc:
    """Put an agent into a group; ``default`` makes it his default group."""
    if default:
        users = account.store.collection("users")
        member = users.get(user)
        if member is not None:
            users.save({**member, "default_group_id": group})
    return _store(account, "group_memberships", user_id=user, group_id=group, default=default)


def add_organization(account: Account, name: str, **values: Any) -> Doc:
    """Store an organization."""
    blank: Doc = {
        "shared_tickets": False, "shared_comments": False, "external_id": None, "domain_names": [], "details": None,
        "notes": None, "group_id": None, "tags": [], "organization_fields": {},
    }  # fmt: skip
    return _store(account, "organizations", name=name, **{**blank, **values})


def add_ticket_field(account: Account, kind: str, title: str, options: Sequence[tuple[str, str]] | None = None) -> Doc:
    """Store a custom ticket field and put it on every ticket; ``options`` are ``(name, value)`` of a drop-down."""
    values: Doc = {"type": kind, "title": title}
    if options is not None:
        values["custom_field_options"] = [{"name": name, "value": value} for name, value in options]
    return ticket_field_resource(account).create(values)


def _store(account: Account, kind: str, *, first_id: int = 360_000_000_000, **values: Any) -> Doc:
    now = account.clock.iso()
    doc = {"id": account.store.next_id(kind, first_id), **values, "created_at": now, "updated_at": now}
    return account.store.collection(kind).save(doc)


def _locales(account: Account) -> None:
    now = account.clock.iso()
    for key, tag, name, native in LOCALES:
        account.store.collection("locales").save({
            "id": key,
            "locale": tag,
            "name": name,
            "native_name": native,
            "presentation_name": native,
            "rtl": tag in RIGHT_TO_LEFT,
            "created_at": None,
            "updated_at": now,
            "default": key == 1,
        })  # fmt: skip


def _statuses(account: Account) -> None:
    for category, label, end_user_label, description in STATUSES:
        _store(
            account,
            "custom_statuses",
            first_id=1001,
            status_category=category,
            agent_label=label,
            raw_agent_label=f"{{{{zd.status_{category}}}}}",
            end_user_label=end_user_label,
            raw_end_user_label=f"{{{{zd.status_end_user_{category}}}}}",
            description=description,
            raw_description=f"{{{{zd.status_{category}_description}}}}",
            end_user_description="We are working on a response for you",
            raw_end_user_description=f"{{{{zd.status_end_user_{category}_description}}}}",
            active=True,
            default=True,
        )


def _roles(account: Account) -> None:
    for name, description, role_type in ROLES:
        _store(
            account,
            "custom_roles",
            name=name,
            description=description,
            role_type=role_type,
            team_member_count=0,
            configuration={"ticket_access": "all", "ticket_comment_access": "public", "ticket_editing": True},
        )


def _fields(account: Account) -> None:
    for position, (kind, title, required) in enumerate(SYSTEM_FIELDS, start=1):
        field: Doc = {
            "type": kind,
            "title": title,
            "raw_title": title,
            "description": "",
            "raw_description": "",
            "position": position,
            "active": True,
            "required": False,
            "collapsed_for_agents": False,
            "regexp_for_validation": None,
            "title_in_portal": title,
            "raw_title_in_portal": title,
            "visible_in_portal": required,
            "editable_in_portal": required,
            "required_in_portal": required,
            "agent_can_edit": True,
            "tag": None,
            "removable": False,
            "key": None,
            "agent_description": None,
        }
        if kind in FIELD_OPTIONS:
            field["system_field_options"] = FIELD_OPTIONS[kind]
        if kind == "priority":
            field["sub_type_id"] = 0
        if kind == "custom_status":
            field["custom_statuses"] = list(account.store.collection("custom_statuses"))
        _store(account, "ticket_fields", **field)


def _brand_and_form(account: Account) -> None:
    fields = [field["id"] for field in account.store.collection("ticket_fields")]
    form = _store(
        account,
        "ticket_forms",
        name="Default Ticket Form",
        raw_name="Default Ticket Form",
        display_name="Default Ticket Form",
        raw_display_name="Default Ticket Form",
        end_user_visible=True,
        position=1,
        ticket_field_ids=fields,
        active=True,
        default=True,
        in_all_brands=True,
        restricted_brand_ids=[],
        end_user_conditions=[],
        agent_conditions=[],
    )
    _store(
        account,
        "brands",
        name=account.settings.subdomain.capitalize(),
        brand_url=f"https://{account.settings.subdomain}.zendesk.com",
        subdomain=account.settings.subdomain,
        host_mapping=None,
        has_help_center=True,
        help_center_state="enabled",
        active=True,
        default=True,
        is_deleted=False,
        logo=None,
        ticket_form_ids=[form["id"]],
        signature_template="{{agent.signature}}",
    )


def _odds_and_ends(account: Account) -> None:
    brand = next(iter(account.store.collection("brands")))
    _store(
        account,
        "recipient_addresses",
        name="Support",
        email=f"support@{account.settings.subdomain}.zendesk.com",
        default=True,
        brand_id=brand["id"],
        cname_status="unknown",
        dns_results="verified",
        domain_verification_code=None,
        domain_verification_status="unknown",
        forwarding_status="unknown",
        spf_status="unknown",
    )
    intervals = [{"start_time": day * 1440 + 540, "end_time": day * 1440 + 1020} for day in range(1, 6)]
    _store(account, "schedules", name="Business hours", time_zone="Eastern Time (US & Canada)", intervals=intervals)
