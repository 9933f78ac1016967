"""Names made from facts and terms: subjects, directory names and alternative names (RFC 5280 4.1.2.6, 4.2.1.6)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta, timezone
from typing import TypeAlias

from asn1crypto import core
from cryptography import x509
from cryptography.x509.name import _ASN1Type  # the only way to choose a string type; byte tests hold it in place
from cryptography.x509.oid import NameOID

from policies.bodies import local_government
from policies.characters import substitute
from policies.errors import NameRefused
from policies.extension import AlternativeName, DirectoryName, DNSNames, NamePart, OtherName
from policies.facts import AuthorityFacts, Facts, PeerFacts, ResidentFacts, ResponderFacts, StaffFacts
from policies.municipalities import municipality
from policies.terms import AuthorityTerms

__all__ = [
    "ADDRESS_LIMIT",
    "ATTRIBUTE_OIDS",
    "JST",
    "NAME_LIMIT",
    "alternative_names",
    "attribute",
    "fact_text",
    "name_from",
]

JST = timezone(timedelta(hours=9))
"""Japan Standard Time; dates in names are days in Japan."""

NAME_LIMIT = 100
"""Characters of a resident's name."""
ADDRESS_LIMIT = 200
"""Characters of a resident's address (fact sheet b.2)."""

ATTRIBUTE_OIDS = {
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "L": NameOID.LOCALITY_NAME,
    "CN": NameOID.COMMON_NAME,
}
"""The attributes a profile may name, by their short names (RFC 4514 3)."""
_UPPER_BOUNDS = {"C": 2, "O": 64, "OU": 64, "L": 128, "CN": 64}  # X.520 as in RFC 5280 appendix A.1
_STRINGS = {"printable": _ASN1Type.PrintableString, "utf8": _ASN1Type.UTF8String}
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_SEX = {"male": "1", "female": "2", "unknown": "3"}  # fact sheet b.2, otherName 8.5.5.3
_ERAS = (("5", "20190501"), ("4", "19890108"), ("3", "19261225"), ("2", "19120730"), ("1", "18680125"))


def name_from(parts: Iterable[NamePart], terms: AuthorityTerms, facts: Facts, on: date) -> x509.Name:
    """The distinguished name of `parts` in their order, one attribute for each RDN.

    `on` is the day in Japan whose municipalities count. Raises NameRefused for an absent mandatory fact or a text its
    string type cannot hold, TermsError for an absent term, UnknownMunicipality.
    """
    texts = ((part, terms.text(part.terms) if part.terms else fact_text(facts, part.fact or "", on)) for part in parts)
    return x509.Name([attribute(part, text) for part, text in texts if text is not None or part.required])


def attribute(part: NamePart, text: str | None) -> x509.NameAttribute[str]:
    """One attribute with the profile's string type. Raises NameRefused when the text is absent or does not fit."""
    if text is None:
        raise NameRefused(part.attribute, "the profile demands it and the facts do not have it")
    if not 0 < len(text) <= _UPPER_BOUNDS[part.attribute]:
        raise NameRefused(part.attribute, f"it has 1 to {_UPPER_BOUNDS[part.attribute]} characters")
    if part.string == "printable" and not _PRINTABLE.fullmatch(text):
        raise NameRefused(part.attribute, "it holds a character that a PrintableString does not have")
    if any(not character.isprintable() for character in text):
        raise NameRefused(part.attribute, "it holds a control character")
    if part.pattern is not None and not re.fullmatch(part.pattern, text, re.ASCII):
        raise NameRefused(part.attribute, "it does not have the form that the profile demands")
    try:
        return x509.NameAttribute(ATTRIBUTE_OIDS[part.attribute], text, _STRINGS[part.string])
    except ValueError:
        raise NameRefused(part.attribute, "it is longer than its upper bound in octets") from None


def alternative_names(
    names: Iterable[AlternativeName], terms: AuthorityTerms, facts: Facts, on: date
) -> list[x509.GeneralName]:
    """The general names in the profile's order; what is optional and absent is left out. Errors as `name_from`."""
    return [made for name in names for made in _general_names(name, terms, facts, on)]


def _general_names(name: AlternativeName, terms: AuthorityTerms, facts: Facts, on: date) -> Iterator[x509.GeneralName]:
    if isinstance(name, DirectoryName):
        yield x509.DirectoryName(name_from(name.parts, terms, facts, on))
    elif isinstance(name, DNSNames):
        if not isinstance(facts, StaffFacts) or not facts.dns_names:
            raise NameRefused("dNSName", "the profile demands one and the facts have none")
        yield from map(x509.DNSName, facts.dns_names)
    else:
        text = fact_text(facts, name.fact, on)
        if text is None and (isinstance(name, OtherName) or name.required):
            raise NameRefused(name.kind, "the profile demands it and the facts do not have it")
        if text is not None:
            yield _other_name(name, text) if isinstance(name, OtherName) else x509.RFC822Name(text)


def _other_name(name: OtherName, text: str) -> x509.OtherName:
    if name.pattern is not None and not re.fullmatch(name.pattern, text, re.ASCII):
        raise NameRefused(f"otherName {name.type_id}", "it does not have the form that the profile demands")
    return x509.OtherName(x509.ObjectIdentifier(name.type_id), core.UTF8String(text).dump())


def fact_text(facts: Facts, fact: str, on: date) -> str | None:
    """What the fact is in a certificate, or None when the case does not state it.

    Raises KeyError for a fact that its kind does not have (a loaded profile names none), NameRefused,
    CharacterRefused, UnknownMunicipality.
    """
    match facts:
        case ResidentFacts():
            return _RESIDENT[fact](facts, on)
        case StaffFacts():
            return _STAFF[fact](facts, on)
        case AuthorityFacts() | ResponderFacts():
            return {"common_name": facts.common_name}[fact]
        case PeerFacts():
            raise KeyError(fact)


def birth_date_code(birth_date: str) -> str:
    """EYYYYMMDD for "YYYY-MM-DD": era 1 Meiji to 5 Reiwa, 0 where unknown parts leave it open (fact sheet b.2).

    Raises NameRefused for a month over 12 or a day over 31; the register holds days that no calendar has.
    """
    year, month, day = birth_date.split("-")
    if int(month) > 12 or int(day) > 31:
        raise NameRefused("birth date", "there is no such month or day")
    first = year + month.replace("00", "01") + day.replace("00", "01")
    last = year + month.replace("00", "12") + day.replace("00", "31")
    era = _era(first) if _era(first) == _era(last) else "0"
    return era + year + month + day


def _era(day: str) -> str:
    return next((era for era, begins in _ERAS if day >= begins), "0")


def _window_id(facts: ResidentFacts) -> str:
    return facts.municipality + facts.window


def _signing_common_name(facts: ResidentFacts, _on: date) -> str | None:
    """When it was asked for (JST, to the second), sequence, reception window (fact sheet b.2)."""
    if facts.requested_at is None or facts.sequence is None:
        return None
    return f"{facts.requested_at.astimezone(JST):%Y%m%d%H%M%S}{facts.sequence:05d}{_window_id(facts)}"


def _authentication_common_name(facts: ResidentFacts, _on: date) -> str | None:
    """Fourteen random characters and the reception window (fact sheet b.3): it names nobody."""
    return None if facts.pseudonym is None else facts.pseudonym + _window_id(facts)


_Resident: TypeAlias = Callable[[ResidentFacts, date], str | None]
_Staff: TypeAlias = Callable[[StaffFacts, date], str | None]

_RESIDENT: Mapping[str, _Resident] = {
    "name": lambda facts, _on: substitute(facts.name, limit=NAME_LIMIT).text,
    "name_substitution": lambda facts, _on: substitute(facts.name, limit=NAME_LIMIT).map,
    "sex": lambda facts, _on: _SEX[facts.sex],
    "birth_date": lambda facts, _on: birth_date_code(facts.birth_date),
    "address": lambda facts, _on: substitute(facts.address, limit=ADDRESS_LIMIT).text,
    "address_substitution": lambda facts, _on: substitute(facts.address, limit=ADDRESS_LIMIT).map,
    "prefecture": lambda facts, on: municipality(facts.municipality, on).prefecture_roman,
    "municipality": lambda facts, on: municipality(facts.municipality, on).roman,
    "municipality_crldp": lambda facts, on: municipality(facts.municipality, on).crldp_name,
    "signing_common_name": _signing_common_name,
    "authentication_common_name": _authentication_common_name,
}
_STAFF: Mapping[str, _Staff] = {
    "body": lambda facts, on: local_government(facts.body, on).roman,
    "body_ja": lambda facts, on: local_government(facts.body, on).japanese,
    "department": lambda facts, _on: facts.department,
    "department_ja": lambda facts, _on: facts.department_ja,
    "post": lambda facts, _on: facts.post,
    "post_ja": lambda facts, _on: facts.post_ja,
    "user_id": lambda facts, _on: facts.user_id,
    "user_ja": lambda facts, _on: facts.user_ja,
    "email": lambda facts, _on: facts.email,
    "first_dns_name": lambda facts, _on: facts.dns_names[0] if facts.dns_names else None,
}
