"""The acceptance test of the token layer: load, with sessions lost all the time."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.generation import KeyAlgorithm
from hsm.token import Token, TokenConfig
from tests.fixtures.tokens import PIN, SoftHSM
from tests.programs.token_work import begin, finish

SIGNATURES = 20_000
THREADS = 8
PROCESSES = 4
FAULT_SECONDS = 0.2


@pytest.fixture
def busy_token(softhsm: SoftHSM) -> tuple[TokenConfig, list[tuple[str, str]]]:
    """A token with a P-256 and an RSA key, closed; the keys' labels and public keys as hexadecimal DER."""
    config = softhsm.make("busy", sessions=THREADS)
    keys = []
    with Token.open(config, PIN) as token:
        for label, algorithm in (("p-256", KeyAlgorithm.P_256), ("rsa-2048", KeyAlgorithm.RSA_2048)):
            public_key = token.generate(label, algorithm).public_key()
            keys.append((label, public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()))
    return config, keys


@pytest.mark.timeout(180)
def test_token_under_load(busy_token: tuple[TokenConfig, list[tuple[str, str]]]) -> None:
    """8 threads and 4 processes make 20,000 verified signatures while their sessions and logins are taken away.

    One signature in twenty is by the RSA key. Every fifth of a second each process loses a session, or finds one with
    an operation still active, or loses all sessions and its login. Nothing crashes, no signature fails, none is wrong.
    """
    config, keys = busy_token
    half = SIGNATURES // 2
    shares = [(THREADS, half // THREADS)] + [(1, half // PROCESSES)] * PROCESSES
    programs = [
        begin("sign", config, PIN, keys=keys, threads=threads, signatures=signatures, fault_seconds=FAULT_SECONDS)
        for threads, signatures in shares
    ]
    outcomes = [finish(each) for each in programs]
    assert sum(each["verified"] for each in outcomes) == SIGNATURES
    assert all(min(each["faults"]) >= 1 for each in outcomes)
    assert all(each["generation"] > each["faults"][-1] > 0 for each in outcomes)
