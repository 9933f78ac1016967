"""The script on paper: what each person reads, does, types and signs, in one language per paper.

It is made from the reviewed file and the reviewed digests alone, so everybody's copy has the same octets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256

from ca.ceremony.pages import Language, page
from ca.ceremony.script import AuthorityPlan, Credential, Person, Role, Script
from ca.ceremony.steps import steps
from ca.documents import render

__all__ = ["Participant", "participants", "script_page", "script_pdf"]

_READ_ALOUD: Final = frozenset({"key.generate", "token.backup", "authority.record", "roster.sign", "retirement.sign"})
"""Actions in which words of a digest appear on the screen, to be written down."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A person as the papers show one: `fingerprint` is the SHA-256 of the public key's SubjectPublicKeyInfo."""

    code: str
    name: str
    role: Role
    credential: Credential
    fingerprint: bytes


def participants(people: Sequence[Person]) -> tuple[Participant, ...]:
    """The people of a script with their fingerprints, in the order of the file."""
    return tuple(
        Participant(each.code, each.name, each.role, each.credential, sha256(each.credential.spki).digest())
        for each in people
    )


def script_page(script: Script, language: Language, *, digests: Mapping[str, bytes], rehearsal: bool) -> str:
    """The script as a page of HTML. `digests` are `ca.ceremony.check.expected_digests`."""
    return page(
        "script.html",
        {
            "script": script,
            "language": language,
            "rehearsal": rehearsal,
            "people": participants(script.people),
            "steps": steps(script),
            "digests": digests,
            "plan_words": {each.name: _planned(each, language) for each in script.authorities},
            "blanks": _READ_ALOUD,
        },
    )


def script_pdf(script: Script, language: Language, *, digests: Mapping[str, bytes], rehearsal: bool = False) -> bytes:
    """The script as PDF/A-3b, dated on the planned day. Raises CharactersNotPrintable for a name the font lacks."""
    words = script.title
    return render(
        script_page(script, language, digests=digests, rehearsal=rehearsal),
        title=f"{script.id}: {words.ja if language == 'ja' else words.en}",
        language=language,
        at=datetime.combine(script.planned, time(0), UTC),
    )


def _planned(plan: AuthorityPlan, language: Language) -> str:
    """What the script says of a generation, in one line."""
    said = {
        ("証明書のSHA-256", "certificate of SHA-256"): plan.exists and plan.x509().fingerprint(SHA256()).hex(),
        ("プロファイル", "profile"): plan.profile,
        ("鍵", "key"): not plan.exists and plan.algorithm,
        ("署名者", "signed by"): plan.signed_by,
        ("前世代", "replaces"): plan.replaces,
        ("発行開始", "issuing from"): plan.issuing_from and plan.issuing_from.isoformat(),
        ("発行するプロファイル", "issues"): ", ".join(plan.issues),
        ("応答者", "responder"): plan.responder or plan.responder_token,
    }
    at = 0 if language == "ja" else 1
    return "; ".join(f"{label[at]}: {value}" for label, value in said.items() if value)
