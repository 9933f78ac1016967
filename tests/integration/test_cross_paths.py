"""A cross-certificate seen by those who verify: what the bridge certifies counts by the policy it is mapped to.

RFC 5280 sections 4.2.1.5, 4.2.1.11 and 6.1. The verifier trusts our root alone.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.links import cross_certificate
from ca.refusals import PathInvalid
from ca.validation import validate_path
from tests.fixtures.bridge import NOW, bridge, bridged
from tests.fixtures.renewal import PROFILES, Renewal, serial


@pytest.fixture
def renewal(tmp_path: Path) -> Iterator[Renewal]:
    """The Organisation CA; its new generation certifies the bridge."""
    keys = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    made = Renewal.make(tmp_path, "lgpki-org", *keys, NOW)
    yield made
    made.close()


@pytest.fixture
def cross(renewal: Renewal) -> x509.Certificate:
    """The cross-certificate."""
    return cross_certificate(
        "gpki-bridge",
        PROFILES["lgpki-bridge-cross"],
        bridge(),
        under=renewal.new,
        serial=serial(),
        ledger=renewal.ledger,
        now=NOW,
    )


def openssl(
    folder: Path, root: x509.Certificate, cross: x509.Certificate, leaf: x509.Certificate, *options: str
) -> str:
    """What `openssl verify` says."""
    for name, one in (("root", root), ("cross", cross), ("leaf", leaf)):
        (folder / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    files = ["-trusted", "root.pem", "-untrusted", "cross.pem", "leaf.pem"]
    # The bridge's leaf is not ours, so that -x509_strict would judge what somebody else made.
    command = ["openssl", "verify", "-attime", f"{NOW.timestamp():.0f}", *options, *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_a_mapped_policy_is_accepted(renewal: Renewal, cross: x509.Certificate, tmp_path: Path) -> None:
    """RFC 5280 6.1.4 (b): who demands the post's policy gets it from a certificate with the bridge's."""
    root, terms = renewal.new.certificate, renewal.new.terms
    leaf = bridged(terms.policy("bridge"))
    assert "leaf.pem: OK" in openssl(tmp_path, root, cross, leaf, "-policy", terms.policy("post"), "-explicit_policy")
    assert validate_path(leaf, [root], NOW, intermediates=[cross]) == (root, cross, leaf)


def test_a_policy_that_is_not_mapped_is_refused(renewal: Renewal, cross: x509.Certificate, tmp_path: Path) -> None:
    """RFC 5280 4.2.1.11: requireExplicitPolicy refuses it even to those who demand no policy."""
    root = renewal.new.certificate
    leaf = bridged(f"{renewal.new.terms.policy('bridge')}.1")
    assert "no explicit policy" in openssl(tmp_path, root, cross, leaf, "-policy_check")
    with pytest.raises(PathInvalid):
        validate_path(leaf, [root], NOW, intermediates=[cross])


def test_the_other_generation_does_not_vouch_for_the_bridge(
    renewal: Renewal, cross: x509.Certificate, tmp_path: Path
) -> None:
    """Design section 7: a cross-certificate belongs to the key that signed it, and not to the name."""
    root = renewal.old.certificate
    leaf = bridged(renewal.old.terms.policy("bridge"))
    assert "OK" not in openssl(tmp_path, root, cross, leaf)
    with pytest.raises(PathInvalid):
        validate_path(leaf, [root], NOW, intermediates=[cross])
