"""Reading names back and holding them against a profile: the second opinion on `policies.names`.

Works on what asn1crypto parses, so that a mistake of the builder is not repeated here. No detail holds a value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asn1crypto import core, parser
from asn1crypto import x509 as asn1_x509

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
_TAGS = {"utf8": 0x0C, "printable": 0x13}
_KINDS = {
    "directoryName": "directory_name",
    "otherName": "other_name",
    "dNSName": "dns_name",
    "rfc822Name": "rfc822_name",
}


def check_directory_name(name: asn1_x509.Name, parts: Sequence[NamePart], terms: AuthorityTerms) -> Iterator[Remark]:
    """Hold a name against the parts of a profile: order, one attribute for each RDN, string types, texts."""
    stated = list(name.chosen)
    for part in parts:
        if stated and _attribute(stated[0]) == part.attribute:
            yield from _check_part(stated.pop(0), part, terms)
        elif part.required:
            yield f"{part.attribute} is not where the profile has it"
            return
    if stated:
        yield "it has more parts than the profile"


def _attribute(rdn: asn1_x509.RelativeDistinguishedName) -> str | None:
    return _OIDS.get(rdn[0]["type"].dotted) if len(rdn) == 1 else None


def _check_part(rdn: asn1_x509.RelativeDistinguishedName, part: NamePart, terms: AuthorityTerms) -> Iterator[Remark]:
    value = rdn[0]["value"]
    text = str(value.native)
    if value.dump()[0] != _TAGS[part.string]:
        yield f"{part.attribute} is not encoded as {part.string}"
    if part.pattern is not None and not re.fullmatch(part.pattern, text, re.ASCII):
        yield f"{part.attribute} does not have the form that the profile demands"
    if part.terms is not None and text != terms.text(part.terms):
        yield f"{part.attribute} is not what the authority's terms say"
    if part.fact is not None:
        yield Fact(part.fact, text)


def check_general_names(
    names: asn1_x509.GeneralNames, stated: Iterable[AlternativeName], terms: AuthorityTerms
) -> Iterator[Remark]:
    """Hold alternative names against a profile: kinds, order, types and forms."""
    found = list(names)
    for name in stated:
        if isinstance(name, DNSNames):
            yield from _check_dns_names(found, name)
        elif found and found[0].name == _KINDS[name.kind]:
            yield from _check_general_name(found.pop(0), name, terms)
        elif not isinstance(name, RFC822Name) or name.required:
            yield f"a {name.kind} is not where the profile has it"
            return
    if found:
        yield "it has more names than the profile"


def _check_dns_names(found: list[asn1_x509.GeneralName], name: DNSNames) -> Iterator[Remark]:
    if not found or found[0].name != "dns_name":
        yield "a dNSName is not where the profile has it"
        return
    # The common name repeats the first of them (the fact first_dns_name).
    yield Fact("first_dns_name", str(found[0].native))
    while found and found[0].name == "dns_name":
        if "*" in str(found.pop(0).native):
            yield "a dNSName has a wildcard"


def _check_general_name(
    found: asn1_x509.GeneralName, name: DirectoryName | OtherName | RFC822Name, terms: AuthorityTerms
) -> Iterator[Remark]:
    if isinstance(name, DirectoryName):
        yield from check_directory_name(found.chosen, name.parts, terms)
    elif isinstance(name, RFC822Name):
        yield Fact(name.fact, str(found.native))
    else:
        yield from _check_other_name(found.chosen, name)


def _check_other_name(found: asn1_x509.AnotherName, name: OtherName) -> Iterator[Remark]:
    if found["type_id"].dotted != name.type_id:
        yield "an otherName has another type than the profile has at its place"
        return
    tagged = parser.parse(found["value"].dump(), strict=True)  # class, method, tag, header, content, trailer
    try:
        text = str(core.UTF8String.load(tagged[4], strict=True).native)
    except ValueError:
        yield f"the otherName {name.type_id} is not a UTF8String"
        return
    if name.pattern is not None and not re.fullmatch(name.pattern, text, re.ASCII):
        yield f"the otherName {name.type_id} does not have the form that the profile demands"
    yield Fact(name.fact, text)
