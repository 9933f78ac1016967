"""Reading names back and holding them against a profile: the second opinion on `policies.names`.

Works on what was parsed out of the encoding and on the profile's data, never on what the builder was given.
No remark holds a value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asn1crypto import core
from cryptography import x509

from policies.extension import AlternativeName, DirectoryName, DNSNames, NamePart, OtherName, RFC822Name
from policies.terms import AuthorityTerms

__all__ = ["Fact", "Remark", "check_directory_name", "check_general_names"]


@dataclass(frozen=True, slots=True)
class Fact:
    """The text that stands in the certificate for a fact; the same fact has the same text everywhere."""

    name: str
    text: str


Remark: TypeAlias = str | Fact
"""What reading a name yields: a sentence for each defect, and the facts met."""

_OIDS = {"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.7": "L", "2.5.4.3": "CN"}
_STRINGS = {"utf8": "UTF8String", "printable": "PrintableString"}
_KINDS: Mapping[str, type[x509.GeneralName]] = {
    "directoryName": x509.DirectoryName,
    "otherName": x509.OtherName,
    "rfc822Name": x509.RFC822Name,
}


def check_directory_name(name: x509.Name, parts: Sequence[NamePart], terms: AuthorityTerms) -> Iterator[Remark]:
    """Hold a name against the parts of a profile: order, one attribute for each RDN, string types, texts."""
    found = list(name.rdns)
    for part in parts:
        if found and _kinds_of(found[0]) == [part.attribute]:
            (attribute,) = found.pop(0)
            yield from _check_part(attribute, part, terms)
        elif part.required:
            yield f"{part.attribute} is not where the profile has it"
            return
    if found:
        yield "it has more parts than the profile"


def _kinds_of(rdn: x509.RelativeDistinguishedName) -> list[str | None]:
    return [_OIDS.get(attribute.oid.dotted_string) for attribute in rdn]


def _check_part(attribute: x509.NameAttribute[str | bytes], part: NamePart, terms: AuthorityTerms) -> Iterator[Remark]:
    text = str(attribute.value)
    if attribute._type.name != _STRINGS[part.string]:
        yield f"{part.attribute} is not encoded as {part.string}"
    if part.pattern is not None and not re.fullmatch(part.pattern, text, re.ASCII):
        yield f"{part.attribute} does not have the form that the profile demands"
    if part.terms is not None and text != terms.text(part.terms):
        yield f"{part.attribute} is not what the authority's terms say"
    if part.fact is not None:
        yield Fact(part.fact, text)


def check_general_names(
    names: Iterable[x509.GeneralName], stated: Iterable[AlternativeName], terms: AuthorityTerms
) -> Iterator[Remark]:
    """Hold alternative names against a profile: kinds, order, types and forms."""
    found = list(names)
    for name in stated:
        if isinstance(name, DNSNames):
            yield from _check_dns_names(found)
        elif found and isinstance(found[0], _KINDS[name.kind]):
            yield from _check_general_name(found.pop(0), name, terms)
        elif not isinstance(name, RFC822Name) or name.required:
            yield f"a {name.kind} is not where the profile has it"
            return
    if found:
        yield "it has more names than the profile"


def _check_dns_names(found: list[x509.GeneralName]) -> Iterator[Remark]:
    """Take the dNSNames from the front of `found`."""
    if not found or not isinstance(found[0], x509.DNSName):
        yield "a dNSName is not where the profile has it"
        return
    # The common name repeats the first of them.
    yield Fact("first_dns_name", found[0].value)
    while found and isinstance(found[0], x509.DNSName):
        if "*" in found.pop(0).value:
            yield "a dNSName has a wildcard"


def _check_general_name(
    found: x509.GeneralName, name: DirectoryName | OtherName | RFC822Name, terms: AuthorityTerms
) -> Iterator[Remark]:
    if isinstance(name, DirectoryName):
        yield from check_directory_name(found.value, name.parts, terms)
    elif isinstance(name, RFC822Name):
        yield Fact(name.fact, found.value)
    elif isinstance(found, x509.OtherName):
        yield from _check_other_name(found, name)


def _check_other_name(found: x509.OtherName, name: OtherName) -> Iterator[Remark]:
    if found.type_id.dotted_string != name.type_id:
        yield "an otherName has another type than the profile has at its place"
        return
    try:
        text = str(core.UTF8String.load(found.value, strict=True).native)
    except ValueError:
        yield f"the otherName {name.type_id} is not a UTF8String"
        return
    if name.pattern is not None and not re.fullmatch(name.pattern, text, re.ASCII):
        yield f"the otherName {name.type_id} does not have the form that the profile demands"
    yield Fact(name.fact, text)
