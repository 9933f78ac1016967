"""The minutes: what happened, in Japanese and English, with script and transcript inside.

They are made from those two files alone and dated by the transcript's last entry, so anybody can make them again and
compare the octets (`ca.ceremony.verification`).
"""

from collections.abc import Collection
from hashlib import sha256
from typing import Final

from ca.ceremony.account import account
from ca.ceremony.errors import CeremonyChanged
from ca.ceremony.pages import page, qr
from ca.ceremony.printed import participants
from ca.ceremony.script import load_script
from ca.ceremony.transcript import read_transcript
from ca.documents import Attachment, render
from ca.paper_errors import CharactersNotPrintable

__all__ = ["SCRIPT_NAME", "TRANSCRIPT_NAME", "minutes_page", "minutes_pdf"]

SCRIPT_NAME: Final = "script.toml"
"""What the script is called inside the minutes."""

TRANSCRIPT_NAME: Final = "transcript.jsonl"
"""What the transcript is called inside the minutes."""


def minutes_page(script: bytes, transcript: bytes, lacking: Collection[str] = ()) -> str:
    """The minutes as a page of HTML; characters among `lacking` stand as their code points.

    Raises ScriptRefused and TranscriptBroken for files that are not whole, CeremonyChanged for a transcript of another
    script. The ceremony need not be closed: the minutes of one that was broken off say so.
    """
    plan = load_script(script)
    told = account(plan, entries := read_transcript(transcript, open=True))
    if entries[0].facts.get("script") != plan.digest.hex():
        raise CeremonyChanged("the script", "the transcript names another digest")
    values = {
        "script": plan,
        "told": told,
        "people": participants(plan.people),
        "software": str(entries[0].facts.get("software", "")),
        "rehearsal": str(entries[0].facts.get("rehearsal") or ""),
        "qr": qr(told.root.hex()),
        "transcript_digest": sha256(transcript).digest(),
        "names": (TRANSCRIPT_NAME, SCRIPT_NAME),
    }
    return page("minutes.html", values, lacking)


def minutes_pdf(script: bytes, transcript: bytes) -> bytes:
    """The minutes as PDF/A-3b, unsealed, with both files inside. Raises what `minutes_page` raises, and FontMissing."""
    try:
        return _rendered(script, transcript, minutes_page(script, transcript))
    except CharactersNotPrintable as error:
        lacking = {chr(int(each.removeprefix("U+"), 16)) for each in error.code_points}
        return _rendered(script, transcript, minutes_page(script, transcript, lacking))


def _rendered(script: bytes, transcript: bytes, html: str) -> bytes:
    plan = load_script(script)
    return render(
        html,
        title=f"{plan.id}: 議事録 Minutes",
        language="ja",
        at=read_transcript(transcript, open=True)[-1].at,
        attachments=[
            Attachment(TRANSCRIPT_NAME, "記録 Transcript", "application/jsonl", transcript),
            Attachment(SCRIPT_NAME, "手順書 Script", "application/toml", script),
        ],
    )
