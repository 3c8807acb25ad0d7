"""The internal note: short, in the agents' or the requester's language, and escaped to the last character."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace

from zd_automation.triage.desk import Desk, Topic
from zd_automation.triage.language import Language
from zd_automation.triage.plan import Danger, Scored, Suggestion

# Zendesk's own limit is believed to be 64 KB (platform page, 7.2); a note that long is not read.
LONGEST = 8_000
_LONGEST_TITLE = 160
_LONGEST_QUOTE = 240


@dataclass(frozen=True, slots=True)
class NoteTexts:
    """The words of the note in one language, and what a senior agent does first for each kind of danger."""

    language: str
    words: Mapping[str, str]
    kinds: Mapping[str, str]
    first_steps: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NoteParts:
    """What a note may speak about; empty parts are left out."""

    language: Language
    topic: tuple[Topic, Scored] | None
    danger: Danger
    secrets: tuple[str, ...]
    articles: tuple[Suggestion, ...]


def write_note(parts: NoteParts, texts: NoteTexts) -> str | None:
    """The note as HTML, or None when there is nothing worth an agent's glance."""
    urgent = parts.danger.is_urgent
    if not (parts.topic or urgent or parts.secrets or parts.articles):
        return None
    blocks = [_danger(parts.danger, texts)] if urgent else []
    blocks += [_secrets(parts.secrets, texts)] if parts.secrets else []
    blocks += [_summary(parts, texts)]
    blocks += [_articles(parts, texts)] if parts.articles else []
    return _within(blocks)


def _within(blocks: list[str]) -> str:
    """Whole blocks up to the size limit: markup is never cut in the middle."""
    note = ""
    for block in blocks:
        if len(note) + len(block) <= LONGEST:
            note += block
    return note


def texts_for(language: str, desk: Desk, all_texts: Mapping[str, NoteTexts]) -> NoteTexts:
    """The texts in the language that the desk wants: its agents', or the requester's when it says "requester".

    The desk's own check lists stand in the place of the shipped ones.
    """
    wanted = language if desk.note_language == "requester" else desk.note_language
    texts = all_texts.get(wanted) or all_texts.get(wanted.split("-")[0]) or all_texts["en"]
    return replace(texts, first_steps={**texts.first_steps, **desk.danger.first_steps})


def _danger(danger: Danger, texts: NoteTexts) -> str:
    kind = texts.kinds.get(danger.kind or "", danger.kind or "")
    steps = "".join(f"<li>{_safe(step)}</li>" for step in texts.first_steps.get(danger.kind or "", ()))
    evidence = " · ".join(f"“{_safe(words[:120])}”" for words in danger.evidence)
    said = f"<br>{_safe(texts.words['evidence'])}: {evidence}" if evidence else ""
    head = f"<p><strong>⚠ {_safe(texts.words['danger'])}: {_safe(kind)}</strong> ({_safe(texts.words[danger.tier])}){said}</p>"
    return head + (f"<p>{_safe(texts.words['first_steps'])}:</p><ol>{steps}</ol>" if steps else "")


def _secrets(secrets: tuple[str, ...], texts: NoteTexts) -> str:
    named = ", ".join(_safe(texts.words.get(f"secret_{kind}", kind)) for kind in secrets)
    return f"<p><strong>{_safe(texts.words['secrets'])}: {named}.</strong> {_safe(texts.words['secrets_advice'])}</p>"


def _summary(parts: NoteParts, texts: NoteTexts) -> str:
    said = [f"{_safe(texts.words['language'])}: {_safe(parts.language.tag)}"]
    if parts.topic:
        topic, scored = parts.topic
        said.append(f"{_safe(texts.words['topic'])}: {_safe(topic.called(texts.language))} ({scored.score:.0%})")
    return f"<p>{' · '.join(said)}</p>"


def _articles(parts: NoteParts, texts: NoteTexts) -> str:
    items = "".join(_article(article, parts.language.tag, texts) for article in parts.articles)
    return f"<p>{_safe(texts.words['articles'])}:</p><ul>{items}</ul>"


def _article(article: Suggestion, language: str, texts: NoteTexts) -> str:
    title = _safe(article.title[:_LONGEST_TITLE])
    # Only a plain web address becomes a link: an article must not be able to smuggle in another scheme.
    linked = f'<a href="{_safe(article.url)}">{title}</a>' if article.url.startswith(("https://", "http://")) else title
    foreign = article.locale.split("-")[0].lower() != language.split("-")[0].lower()
    there = article.locale.split("-")[0].upper()
    only = f" ({_safe(texts.words['only'].format(there))})" if foreign and there else ""
    quote = f"<br><em>“{_safe(article.quote[:_LONGEST_QUOTE])}”</em>" if article.quote else ""
    return f"<li>{linked}{only}{quote}</li>"


def _safe(text: str) -> str:
    # "@" would mention an agent, so it is written as an entity: shown alike, never acted on.
    return html.escape(text, quote=True).replace("@", "&#64;")
