"""Measures how often cleaning isolates the customer's reply in a folder of mails.

    python bench/replies.py FOLDER [--show]

FOLDER holds, for each mail, NAME.txt, NAME.html or NAME.eml and beside it NAME.reply: the reply as a person would cut
it out. Two counts are printed. "exact": the cleaned body is that reply. "as alone": it is what cleaning leaves of the
reply when it comes by itself, so that a greeting, a closing or an address inside the reply does not count as a fault.
White space is put aside in both.
"""

from __future__ import annotations

import argparse
import email
import email.policy
from pathlib import Path

from zd_automation.triage.clean import clean

KINDS = (".txt", ".html", ".eml")


def body_of(path: Path) -> str:
    """The text of a mail: the plain part of an .eml where it has one."""
    if path.suffix != ".eml":
        return path.read_text(encoding="utf-8", errors="replace")
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    part = message.get_body(("plain", "html"))
    return str(part.get_content()) if part is not None else ""


def bare(text: str) -> str:
    return "".join(text.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="print the names of the mails that are not isolated")
    options = parser.parse_args()
    mails = sorted(
        path for path in options.folder.iterdir() if path.suffix in KINDS and path.with_suffix(".reply").is_file()
    )
    exact: list[str] = []
    alone: list[str] = []
    for path in mails:
        reply = path.with_suffix(".reply").read_text(encoding="utf-8")
        own = bare(clean("", body_of(path)).body)
        if own == bare(reply):
            exact.append(path.name)
        if own in (bare(reply), bare(clean("", reply).body)):
            alone.append(path.name)
        elif options.show:
            print(f"not isolated: {path.name}")
    print(f"mails {len(mails)}, exact {len(exact)}, as alone {len(alone)}")


if __name__ == "__main__":
    main()
