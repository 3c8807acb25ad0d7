"""What a fresh account holds besides people: locales, system ticket fields, custom statuses, roles."""

from __future__ import annotations

from typing import Any

# id, tag, English name, name in the language itself
LOCALES: tuple[tuple[int, str, str, str], ...] = (
    (1, "en-US", "English", "English (United States)"),
    (2, "es", "Spanish", "Español"),
    (4, "zh-CN", "Simplified Chinese", "简体中文"),
    (5, "en-GB", "English (United Kingdom)", "English (United Kingdom)"),
    (8, "de", "German", "Deutsch"),
    (9, "zh-TW", "Traditional Chinese", "繁體中文"),
    (16, "fr", "French", "Français"),
    (19, "pt-BR", "Portuguese (Brazil)", "Português do Brasil"),
    (22, "it", "Italian", "Italiano"),
    (27, "ru", "Russian", "Русский"),
    (28, "da", "Danish", "Dansk"),
    (30, "he", "Hebrew", "עברית"),
    (34, "no", "Norwegian", "Norsk"),
    (63, "tr", "Turkish", "Türkçe"),
    (66, "ar", "Arabic", "العربية"),
    (67, "ja", "Japanese", "日本語"),
    (69, "ko", "Korean", "한국어"),
    (72, "pl", "Polish", "Polski"),
    (74, "bg", "Bulgarian", "Български"),
    (75, "fi", "Finnish", "suomi"),
    (77, "id", "Indonesian", "Bahasa Indonesia"),
    (80, "el", "Greek", "Ελληνικά"),
    (82, "hu", "Hungarian", "Magyar"),
    (85, "ro", "Romanian", "Română"),
    (90, "cs", "Czech", "Čeština"),
    (92, "sv", "Swedish", "Svenska"),
    (94, "uk", "Ukrainian", "Українська"),
    (101, "vi", "Vietnamese", "Tiếng Việt"),
    (106, "hi", "Hindi", "हिन्दी"),
    (108, "nl", "Dutch", "Nederlands"),
    (1005, "sk", "Slovak", "Slovenčina"),
    (1076, "pt", "Portuguese", "Português"),
    (1092, "th", "Thai", "ไทย"),
    (1186, "fr-CA", "French (Canada)", "Français (Canada)"),
)
RIGHT_TO_LEFT = frozenset({"ar", "he"})

# type, title, required in the portal
SYSTEM_FIELDS: tuple[tuple[str, str, bool], ...] = (
    ("subject", "Subject", True),
    ("description", "Description", True),
    ("status", "Status", False),
    ("tickettype", "Type", False),
    ("priority", "Priority", False),
    ("group", "Group", False),
    ("assignee", "Assignee", False),
    ("custom_status", "Ticket status", False),
)
FIELD_OPTIONS: dict[str, list[dict[str, Any]]] = {
    "status": [
        {"name": "Open", "value": "open"},
        {"name": "Pending", "value": "pending"},
        {"name": "Solved", "value": "solved"},
    ],
    "tickettype": [
        {"name": "Question", "value": "question"},
        {"name": "Incident", "value": "incident"},
        {"name": "Problem", "value": "problem"},
        {"name": "Task", "value": "task"},
    ],
    "priority": [
        {"name": "Low", "value": "low"},
        {"name": "Normal", "value": "normal"},
        {"name": "High", "value": "high"},
        {"name": "Urgent", "value": "urgent"},
    ],
}

# category, label for agents, label for end users, what it means
STATUSES: tuple[tuple[str, str, str, str], ...] = (
    ("new", "New", "Open", "Ticket is awaiting assignment to an agent"),
    ("open", "Open", "Open", "Staff is working on the ticket"),
    ("pending", "Pending", "Awaiting your reply", "Staff is waiting for the requester to reply"),
    ("hold", "On-hold", "Open", "Staff is waiting for a third party"),
    ("solved", "Solved", "Solved", "The ticket has been solved"),
)

ROLES: tuple[tuple[str, str, int], ...] = (
    ("Agent", "Can edit tickets within their groups", 0),
    ("Light agent", "Can view and add private comments to tickets", 1),
    ("Administrator", "Can manage all settings of the account", 4),
    ("Team lead", "Can manage all tickets and forums", 2),
)
