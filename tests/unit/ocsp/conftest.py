"""Authorities and responder keys, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.fixtures.register import Register
from tests.unit.ocsp.samples import SampleAuthority, make_authority


@pytest.fixture(scope="session")
def authority() -> SampleAuthority:
    """The first generation of an issuer."""
    return make_authority("jpki-sign-g1", "jpki-sign", ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """An RSA-2048 key."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """An empty register of certificates."""
    made = Register.make(tmp_path)
    yield made
    made.close()
