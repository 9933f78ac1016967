"""The quicker walk over a document finds what pkilint's own walk finds, in the same order."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pkilint import loader
from pkilint.pkix import certificate, extension, name

from policies.lint_walk import Rules

SAMPLES = sorted((Path(__file__).parents[2] / "vectors" / "samples").glob("*.cer"))


def container() -> Any:  # noqa: ANN401 - pkilint publishes no types
    """The rules for certificates as pkilint makes them."""
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def told(results: Iterable[Any]) -> list[tuple[str, str, list[str]]]:
    """Which rule was asked of which node, and what it found."""
    return [
        (each.validator.name, each.node.path, [found.finding.code for found in each.finding_descriptions])
        for each in results
    ]


def damaged(der: bytes) -> list[bytes]:
    """The certificate as it is, and with one octet changed in a place of each region."""
    return [der, *[der[:at] + bytes([der[at] ^ 0x01]) + der[at + 1 :] for at in range(40, len(der) - 260, 61)]]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_same_rules_are_asked_of_the_same_nodes(path: Path) -> None:
    """For real certificates and damaged copies, the results equal pkilint's, one by one."""
    rules, compared = Rules(container()), 0
    for der in damaged(path.read_bytes()):
        try:
            ours, theirs = loader.load_der_certificate(der), loader.load_der_certificate(der)
        except ValueError:
            continue
        assert told(rules.validate(ours.root)) == told(container().validate(theirs.root))
        compared += 1
    assert compared > 1
