"""The audit of a ceremony, offline: do script, transcript and minutes tell the same, and did the people say so.

Public keys are all it needs. Whatever differs is named by its place: a line of the transcript, a page or an attached
file of the minutes, a seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ca.ceremony.confirmations import check_confirmations
from ca.ceremony.errors import MinutesRefused
from ca.ceremony.minutes import SCRIPT_NAME, TRANSCRIPT_NAME, minutes_pdf
from ca.ceremony.script import Script, load_script
from ca.ceremony.transcript import read_transcript
from ca.documents import attachments_of, edition, edition_of, place_at
from ca.paper_errors import PaperRefused
from ca.seals import Seal, check_seals, unsealed
from ca.statement import PublicKey, key_octets

__all__ = ["CheckedMinutes", "Verified", "check_minutes", "verify"]


@dataclass(frozen=True, slots=True)
class CheckedMinutes:
    """Minutes that belong to a transcript. `remade` is whether the same pages were made again, octet by octet.

    It is False for minutes of another edition of the libraries that set the pages; then the seals alone speak for them.
    """

    seals: tuple[Seal, ...]
    remade: bool
    edition: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A ceremony that holds together: `root` is its transcript's, `entries` how many lines that has."""

    script: Script
    root: bytes
    entries: int
    rehearsal: bool
    minutes: CheckedMinutes


def verify(transcript: bytes, minutes: bytes, keys: Sequence[PublicKey], script: bytes | None = None) -> Verified:
    """Verify a closed ceremony: chain, confirmations, minutes and seals, of which there is at least one.

    `keys` are of whoever may seal. Without `script`, the one inside the minutes is taken, for which the seals vouch.
    Raises ScriptRefused, TranscriptBroken, ConfirmationRefused, MinutesRefused, PaperRefused.
    """
    entries = read_transcript(transcript)
    reviewed = attachments_of(minutes).get(SCRIPT_NAME, b"") if script is None else script
    plan = load_script(reviewed)
    checked = check_minutes(minutes, transcript, reviewed, keys)
    if not checked.seals:
        raise MinutesRefused("the seals", "nobody has sealed them")
    _refuse_borrowed(plan, checked.seals)
    check_confirmations(plan, entries)
    return Verified(plan, entries[-1].hash, len(entries), entries[0].rehearsal, checked)


def _refuse_borrowed(script: Script, seals: Sequence[Seal]) -> None:
    """Refuse a seal in the name of one person of the script that was set with the key of another."""
    owners = {each.credential.spki: each.code for each in script.people}
    codes = set(owners.values())
    for each in seals:
        key = each.certificate.public_key()
        owner = owners.get(key_octets(key)) if isinstance(key, PublicKey) else None
        named = each.field.removeprefix("seal-")
        if owner is not None and named in codes and named != owner:
            raise MinutesRefused(f"seal {each.field}", f"it was set with the key of {owner}")


def check_minutes(minutes: bytes, transcript: bytes, script: bytes, keys: Sequence[PublicKey]) -> CheckedMinutes:
    """See that minutes were made of this transcript and this script, and that their seals (none is allowed) hold.

    Raises MinutesRefused with the page or file that differs, SealBroken or SealOfStranger with the seal.
    """
    fresh = minutes_pdf(script, transcript)
    remade = _same_pages(minutes, fresh)
    if not remade:
        _refuse_difference(minutes, fresh, {TRANSCRIPT_NAME: transcript, SCRIPT_NAME: script})
    seals = check_seals(minutes, keys)
    if not remade and not seals:
        raise MinutesRefused("the pages", "another edition of the program made them, and no seal speaks for them")
    return CheckedMinutes(seals, remade, edition_of(minutes))


def _same_pages(minutes: bytes, fresh: bytes) -> bool:
    if not minutes.startswith(fresh):
        return False
    if unsealed(minutes) != fresh:
        raise MinutesRefused("its structure", "the pages that it shows are not the ones it begins with")
    return True


def _refuse_difference(minutes: bytes, fresh: bytes, files: dict[str, bytes]) -> None:
    """Name the file or the page that differs; return for pages that another edition made of the same files."""
    try:
        inside, maker = attachments_of(minutes), edition_of(minutes)
    except PaperRefused:
        inside, maker = files, edition()
    for name, data in files.items():
        if inside.get(name) != data:
            raise MinutesRefused(f"file {name}", "it is not the one given")
    if maker == edition():
        pairs = enumerate(zip(minutes, fresh, strict=False))
        offset = next((at for at, (one, other) in pairs if one != other), min(len(minutes), len(fresh)))
        raise MinutesRefused(place_at(fresh, offset), f"octet {offset} is not what script and transcript give")
