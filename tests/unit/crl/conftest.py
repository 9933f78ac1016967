"""Two authorities with plain keys, made once."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.unit.crl.samples import SampleAuthority, make_authority


@pytest.fixture(scope="session")
def rsa_authority() -> SampleAuthority:
    """An authority with an RSA-2048 key."""
    return make_authority(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def ec_authority() -> SampleAuthority:
    """An authority with a P-256 key."""
    return make_authority(ec.generate_private_key(ec.SECP256R1()))
