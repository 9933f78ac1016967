"""What `cert preview` was asked for, with what was left open filled in by the profile's own rules."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cli.errors import CommandError, FileRefused
from cli.options import json_file
from cli.wiring import utc_now
from policies.content import validity_for
from policies.facts import ResidentFacts, parse_facts, with_common_name_parts
from policies.preview import preview, read_public_key
from policies.profile import CertificateProfile, load_profiles
from policies.validity import BirthdayRule, Validity


class ProfileUnknown(CommandError):
    """No shipped profile has the name."""

    code = "cli.not-found-profile"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no profile {name}.")
        self.next = f"The shipped profiles are: {', '.join(sorted(load_profiles()))}."


class PreviewIncomplete(CommandError):
    """The profile needs something that was not given."""

    code = "cli.preview"

    def __init__(self, what: str) -> None:
        super().__init__(f"The preview needs {what}.")
        self.next = "See 'ninsho cert preview --help'."


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of one preview."""

    profile: str
    public_key: Path
    subject: str | None
    serial: int
    not_before: datetime | None
    not_after: datetime | None
    facts: Path | None
    issuer: Path | None


def preview_of(wanted: Wanted) -> bytes:
    """The to-be-signed bytes (DER); raises `CommandError` and the errors of `policies`."""
    profile = load_profiles().get(wanted.profile)
    if profile is None:
        raise ProfileUnknown(wanted.profile)
    issuer = None if wanted.issuer is None else certificate_file(wanted.issuer)
    facts = facts_of(wanted, profile)
    validity = validity_of(wanted, profile, facts, issuer)
    return preview(
        wanted.profile,
        read_public_key(wanted.public_key.read_bytes()),
        serial=wanted.serial,
        not_before=validity.not_before,
        not_after=validity.not_after,
        subject=wanted.subject,
        facts=facts,
        issuer=issuer,
    )


def facts_of(wanted: Wanted, profile: CertificateProfile) -> Mapping[str, object] | None:
    """The facts given; without them a peer is the one whose certificate holds the public key."""
    if wanted.facts is not None:
        return complete(profile, json_file(wanted.facts))
    if profile.facts != "peer":
        return None
    return {"certificate": certificate_file(wanted.public_key).public_bytes(Encoding.PEM).decode("ascii")}


def complete(profile: CertificateProfile, stated: Mapping[str, object]) -> Mapping[str, object]:
    """A resident's facts with the parts of the common name that no application states."""
    parsed = parse_facts(profile.facts, stated)
    if not isinstance(parsed, ResidentFacts):
        return stated
    whole = with_common_name_parts(
        parsed,
        requested_at=parsed.requested_at or utc_now(),
        sequence=secrets.randbelow(100_000) if parsed.sequence is None else parsed.sequence,
        random=secrets.token_bytes,
    )
    stated_name = {} if parsed.pseudonym is None else {"pseudonym": parsed.pseudonym}
    return {**whole.model_dump(mode="json", exclude_none=True), **stated_name}


def validity_of(
    wanted: Wanted,
    profile: CertificateProfile,
    facts: Mapping[str, object] | None,
    issuer: x509.Certificate | None,
) -> Validity:
    """The period that was given, or the one the profile's rule makes of now and the facts."""
    if wanted.not_before is not None and wanted.not_after is not None:
        return Validity(wanted.not_before, wanted.not_after, "", "")
    if wanted.not_before is not None or wanted.not_after is not None:
        raise PreviewIncomplete("both --not-before and --not-after, or neither")
    end = None if issuer is None else issuer.not_valid_after_utc
    if isinstance(profile.validity, BirthdayRule) and (facts is None or end is None):
        raise PreviewIncomplete("--facts and --issuer for a resident's certificate")
    parsed = None if facts is None else parse_facts(profile.facts, facts)
    return validity_for(profile, parsed, now=utc_now(), authority_not_after=end)


def certificate_file(path: Path) -> x509.Certificate:
    """The certificate in a PEM or DER file; raises `FileRefused`."""
    data = path.read_bytes()
    for load in (x509.load_pem_x509_certificate, x509.load_der_x509_certificate):
        try:
            return load(data)
        except (ValueError, x509.InvalidVersion):
            continue
    raise FileRefused(path, "it holds no certificate")
