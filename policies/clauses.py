"""The clauses of a profile: a to-be-signed certificate is read back and held against every one of them.

Nothing of the builder's path is used here: the bytes are parsed by another library and compared with the profile's
data, the authority's terms and the issuer's certificate. A finding names its clause by code and never holds a value.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import TypeAlias

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from policies.extension import Extension, RFC822Name, SubjectAltName
from policies.extension_clauses import EXTENSION_OIDS, Reading, check_extension
from policies.finding import Finding, Severity
from policies.name_clauses import Fact, Remark, check_directory_name
from policies.names import JST
from policies.schema import CertificateProfile
from policies.terms import AuthorityTerms
from policies.validity import DaysRule, YearsRule

__all__ = ["check_against_profile"]

_LARGEST_SERIAL = 1 << 159  # twenty octets with a leading zero bit (RFC 5280 4.1.2.2)
_GENERALIZED_TIME_FROM = 2050  # RFC 5280 4.1.2.5

_Clause: TypeAlias = Callable[[Reading], Iterator[Finding]]


def check_against_profile(
    certificate: x509.Certificate,
    profile: CertificateProfile,
    terms: AuthorityTerms,
    issuer: x509.Certificate | None,
) -> tuple[Finding, ...]:
    """Every departure of `certificate`, signed or not, from its profile; empty when there is none.

    `issuer` is the issuing authority's certificate, None for a self-signed one. The signature is not looked at.
    Findings are of severity ERROR, or FATAL where an extension cannot be read.
    """
    tbs = _parsed(certificate)
    reading = Reading(tbs, profile, terms, tbs if issuer is None else _parsed(issuer))
    return tuple(chain.from_iterable(clause(reading) for clause in _CLAUSES))


def _parsed(certificate: x509.Certificate) -> asn1_x509.TbsCertificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER), strict=True)["tbs_certificate"]


def _finding(reading: Reading, clause: str, section: str, detail: str) -> Finding:
    source = f"{reading.profile.name}.toml; {section}"
    return Finding(f"profile.{clause}", Severity.ERROR, source, detail)


def _version(reading: Reading) -> Iterator[Finding]:
    if reading.tbs["version"].native != "v3":
        yield _finding(reading, "version", "RFC 5280 4.1.2.1", "The version is not v3.")
    if reading.tbs["issuer_unique_id"].native or reading.tbs["subject_unique_id"].native:
        yield _finding(reading, "unique-identifier", "RFC 5280 4.1.2.8", "A unique identifier is given.")


def _serial_number(reading: Reading) -> Iterator[Finding]:
    if not 0 < reading.tbs["serial_number"].native < _LARGEST_SERIAL:
        detail = "The serial number is not positive or longer than 20 octets."
        yield _finding(reading, "serial-number", "RFC 5280 4.1.2.2", detail)


def _signature_algorithm(reading: Reading) -> Iterator[Finding]:
    hash_name = reading.profile.signature_hash
    expected = {"rsa": f"{hash_name}_rsa", "ec": f"{hash_name}_ecdsa", "ed25519": "ed25519"}
    key = reading.issuer["subject_public_key_info"]["algorithm"]["algorithm"].native
    if reading.tbs["signature"]["algorithm"].native != expected.get(key):
        detail = "The signature algorithm is not the profile's hash with the issuer's kind of key."
        yield _finding(reading, "signature-algorithm", "signature_hash; RFC 5280 4.1.2.3", detail)


def _issuer_name(reading: Reading) -> Iterator[Finding]:
    if reading.tbs["issuer"].dump() != reading.issuer["subject"].dump():
        detail = "The issuer's name is not, octet for octet, the subject of the issuer's certificate."
        yield _finding(reading, "issuer-name", "RFC 5280 4.1.2.4", detail)
    if (reading.issuer is reading.tbs) != reading.profile.self_signed:
        detail = "Self-signed and issued by another authority are confused."
        yield _finding(reading, "self-signed", "self_signed", detail)


def _validity(reading: Reading) -> Iterator[Finding]:
    begins, ends = _period(reading.tbs)
    issuer_begins, issuer_ends = _period(reading.issuer)
    if begins >= ends:
        yield _finding(reading, "validity-order", "RFC 5280 4.1.2.5", "It ends before it begins.")
    if begins < issuer_begins or ends > issuer_ends:
        yield _finding(reading, "validity-within-issuer", "fact sheet d.4", "It does not lie within the issuer's life.")
    latest, whole_days = _latest_end(reading.profile, begins)
    if ends > latest:
        yield _finding(reading, "validity-length", "[validity]", "It lives longer than the profile's rule allows.")
    if whole_days and ends.astimezone(JST).time() != time(23, 59, 59):
        yield _finding(reading, "validity-end", "[validity]; fact sheet b.1", "It does not end at 23:59:59 JST.")
    for field in ("not_before", "not_after"):
        moment = reading.tbs["validity"][field]
        if (moment.name == "general_time") != (moment.native.year >= _GENERALIZED_TIME_FROM):
            yield _finding(reading, "validity-encoding", "RFC 5280 4.1.2.5", f"{field} has the wrong time type.")


def _period(tbs: asn1_x509.TbsCertificate) -> tuple[datetime, datetime]:
    return tbs["validity"]["not_before"].native, tbs["validity"]["not_after"].native


def _latest_end(profile: CertificateProfile, begins: datetime) -> tuple[datetime, bool]:
    """The latest end a rule allows at all, and whether it ends with a day in Japan."""
    rule = profile.validity
    if isinstance(rule, DaysRule):
        return begins + timedelta(days=rule.days) - timedelta(seconds=1), False
    day = begins.astimezone(JST).date()
    if isinstance(rule, YearsRule):
        return _midnight(day.year + rule.years, day) - timedelta(seconds=1), True
    # The last day is a birthday, so at most this many years after the day of issue, that day included.
    return _midnight(day.year + rule.renewal_birthdays, day) + timedelta(days=1) - timedelta(seconds=1), True


def _midnight(year: int, day: date) -> datetime:
    leap_day_is_lost = (day.month, day.day) == (2, 29) and not _is_leap(year)
    return datetime.combine(date(year, 3, 1) if leap_day_is_lost else day.replace(year=year), time.min, JST)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _key(reading: Reading) -> Iterator[Finding]:
    rule, info = reading.profile.key, reading.tbs["subject_public_key_info"]
    algorithm = info["algorithm"]["algorithm"].native
    if algorithm == "rsa":
        accepted = info.bit_size in rule.rsa_bits
    elif algorithm == "ec":
        accepted = info.curve[0] == "named" and info.curve[1] in rule.curves
    else:
        accepted = algorithm == "ed25519" and rule.ed25519
    if not accepted:
        yield _finding(
            reading, "key", "[key]", "The subject's key is of a kind or size that the profile does not accept."
        )


def _extension_order(reading: Reading) -> Iterator[Finding]:
    found = [extension["extn_id"].dotted for extension in reading.tbs["extensions"]]
    expected = [
        EXTENSION_OIDS[extension.type]
        for extension in reading.profile.extensions
        if EXTENSION_OIDS[extension.type] in found or not _is_optional(extension)
    ]
    if found != expected:
        detail = "The extensions are not those of the profile in its order."
        yield _finding(reading, "extension-order", "[[extensions]]", detail)


def _is_optional(extension: Extension) -> bool:
    """An alternative name all of whose names are optional may be missing; nothing else may."""
    return isinstance(extension, SubjectAltName) and all(
        isinstance(name, RFC822Name) and not name.required for name in extension.names
    )


def _criticality(reading: Reading) -> Iterator[Finding]:
    stated = {EXTENSION_OIDS[extension.type]: extension for extension in reading.profile.extensions}
    for extension in reading.tbs["extensions"]:
        expected = stated.get(extension["extn_id"].dotted)
        if expected is not None and extension["critical"].native != expected.critical:
            detail = f"{expected.type} is {'not ' if expected.critical else ''}critical."
            yield _finding(reading, "criticality", f"{expected.type}.critical", detail)


def _contents(reading: Reading) -> Iterator[Finding]:
    """The subject, each extension, and what both say of the same fact."""
    facts: dict[str, str] = {}
    subject = check_directory_name(reading.tbs["subject"], reading.profile.subject, reading.terms)
    yield from _judged(reading, "subject", subject, facts)
    for extension in reading.profile.extensions:
        value = reading.value(extension.type)
        if value is None:
            continue
        try:
            remarks = list(check_extension(extension, value, reading))
        except ValueError:
            source = f"{reading.profile.name}.toml; {extension.type}"
            yield Finding("profile.unreadable", Severity.FATAL, source, f"{extension.type} cannot be read.")
        else:
            yield from _judged(reading, extension.type, remarks, facts)
    for fact, text in facts.items():
        shown = facts.get(fact.removesuffix("_substitution"), "")
        if fact.endswith("_substitution") and len(text) != len(shown):
            detail = f"{fact} does not have one digit for each character."
            yield _finding(reading, "substitution-map", "fact sheet b.2", detail)


def _judged(
    reading: Reading, part: str, remarks: Iterator[Remark] | list[Remark], facts: dict[str, str]
) -> Iterator[Finding]:
    for remark in remarks:
        if not isinstance(remark, Fact):
            yield _finding(reading, _CODES[part], part, f"In {part}, {remark}.")
        elif facts.setdefault(remark.name, remark.text) != remark.text:
            detail = f"The fact {remark.name} in {part} is not what it is elsewhere."
            yield _finding(reading, "fact-differs", part, detail)


_CODES = {
    "subject": "subject",
    "keyUsage": "key-usage",
    "extKeyUsage": "extended-key-usage",
    "basicConstraints": "basic-constraints",
    "subjectKeyIdentifier": "subject-key-identifier",
    "authorityKeyIdentifier": "authority-key-identifier",
    "certificatePolicies": "policy",
    "subjectAltName": "subject-alternative-name",
    "issuerAltName": "issuer-alternative-name",
    "cRLDistributionPoints": "distribution-point",
    "authorityInfoAccess": "information-access",
    "ocspNoCheck": "no-check",
}

_CLAUSES: tuple[_Clause, ...] = (
    _version,
    _serial_number,
    _signature_algorithm,
    _issuer_name,
    _validity,
    _key,
    _extension_order,
    _criticality,
    _contents,
)
