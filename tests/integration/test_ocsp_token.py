"""The responder while its token goes away (OCSP-6), with a real SoftHSM key."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from hsm.generation import KeyAlgorithm
from hsm.token import Token
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from tests.fixtures.register import Register
from tests.unit.ocsp.samples import NOW, SampleAuthority, make_authority, make_delegate, question

SUCCESSFUL, TRY_LATER = ocsp.OCSPResponseStatus.SUCCESSFUL, ocsp.OCSPResponseStatus.TRY_LATER
G1 = "jpki-sign-g1"


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P_256, KeyAlgorithm.RSA_2048])
def test_token_that_went_away(token: Token, sqlite_url: str, algorithm: KeyAlgorithm) -> None:
    """Kept answers go on, past their half life too; new ones are refused with tryLater; nothing is guessed."""
    authority: SampleAuthority = make_authority(G1, "jpki-sign", ec.generate_private_key(ec.SECP256R1()))
    register = Register(sqlite_url)
    for serial in (5, 6):
        register.issue(G1, "jpki-sign", serial, NOW)
    key = token.generate("responder", algorithm)
    delegate = make_delegate(authority, key)  # type: ignore[arg-type]  # of the kinds asked for
    responder = Responder([delegate], StatusReader(register.reader, 10), 10, TokenBucket(1, 1))

    def status(serial: int, minutes: int) -> ocsp.OCSPResponseStatus:
        der = responder.answer(question(authority, serial), NOW + timedelta(minutes=minutes)).der
        return ocsp.load_der_ocsp_response(der).response_status

    assert status(5, 0) == SUCCESSFUL
    token.close()
    assert [status(5, 1), status(5, 20), status(5, 30), status(6, 1)] == [SUCCESSFUL, SUCCESSFUL, TRY_LATER, TRY_LATER]
    register.revoke("jpki-sign", 5, 1, NOW)
    assert status(5, 22) == TRY_LATER
    register.close()
