"""Certificates and CRLs held against RFC 5280 by pkilint, inside the process.

A certificate takes a few milliseconds. pkilint takes most of a second to import, so the first call imports it. What is
found is told by rule and place only: pkilint's own messages may quote a name or an address.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from policies.finding import Finding, Severity
from policies.lint_walk import Rules

__all__ = ["lint_certificate", "lint_crl"]

_LARGEST = 65_536  # octets of a certificate; a leaf of ours has about 1,600
_LARGEST_CRL = 262_144  # octets; pkilint reads some 1,500 entries in a second, so longer lists are for builder and gate

_EMPTY_SIGNATURE = b"\x03\x01\x00"
_IDENTIFIER_ABSENT = "pkix.authority_key_identifier_extension_absent"

# pkilint publishes no types: a document, and what loads one and judges it.
_Document: TypeAlias = Any
_Judged: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class _Linter:
    """pkilint for one kind of document: how it is read, and the rules, which keep no state."""

    load: Callable[[bytes], _Document]
    validate: Callable[[_Document], list[_Judged]]


def lint_certificate(der: bytes) -> tuple[Finding, ...]:
    """Lint a certificate by RFC 5280; findings of no weight are left out, what cannot be read is fatal.

    A certificate with an empty signature is linted as if it were signed. Whether it signs itself cannot be seen then,
    so the absence of an authority key identifier, which RFC 5280 4.2.1.1 allows there, is not held against a
    self-issued one; its profile says whether it needs one.
    """
    findings, document = _lint(_certificates(), der, _LARGEST)
    if document is None or not der.endswith(_EMPTY_SIGNATURE) or not document.is_self_issued:
        return findings
    return tuple(finding for finding in findings if finding.code != _IDENTIFIER_ABSENT)


def lint_crl(der: bytes) -> tuple[Finding, ...]:
    """Lint a CRL by RFC 5280 section 5; over 262,144 octets the one finding is lint.too-large, fatal."""
    return _lint(_crls(), der, _LARGEST_CRL)[0]


def _lint(linter: _Linter, der: bytes, largest: int) -> tuple[tuple[Finding, ...], _Document | None]:
    """Give the findings, and the document where it could be read."""
    if len(der) > largest:
        return (Finding("lint.too-large", Severity.FATAL, "pkilint", f"It has more than {largest} octets."),), None
    try:
        document = linter.load(der)
    except ValueError:
        detail = "It is not one DER structure of its kind."
        return (Finding("itu.invalid_asn1_syntax", Severity.FATAL, "ITU-T X.690", detail),), None
    return tuple(_weighty(linter, document)), document


def _weighty(linter: _Linter, document: _Document) -> Iterator[Finding]:
    """Translate what has at least the weight of a notice."""
    sources = {"pkix": "RFC 5280", "itu": "ITU-T X.690"}
    for result in linter.validate(document.root):
        for described in result.finding_descriptions:
            name, code = described.finding.severity.name, described.finding.code
            if name in Severity.__members__:
                source = sources.get(code.split(".")[0], "pkilint")
                yield Finding(code, Severity[name], source, f"pkilint finds this at {result.node.path}.")


@cache
def _certificates() -> _Linter:
    from pkilint import loader
    from pkilint.pkix import certificate, extension, name

    rules = certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )
    return _Linter(loader.load_der_certificate, Rules(rules).validate)


@cache
def _crls() -> _Linter:
    from pkilint import loader, pkix
    from pkilint.pkix import crl, extension, name

    rules = crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )
    return _Linter(loader.load_der_crl, Rules(rules).validate)
