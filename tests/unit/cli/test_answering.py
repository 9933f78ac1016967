"""The responder's certificates are found by its key and renewed while it serves (RFC 6960 section 4.2.2.2)."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cli.answering import RenewedResponder, answering
from cli.chores import Chores
from cli.errors import NotFound
from cli.verifiers import responder_tokens
from cli.wiring import open_database, utc_now
from hsm.token import Token
from store.database import Database
from tests.fixtures.home import Home

NAME = "jpki-auth-g1"


class Service:
    """A worker's responder, and the clock it goes by."""

    def __init__(self, home: Home, database: Database, tokens: dict[str, Token]) -> None:
        self.start = self.now = utc_now()
        self.keys = answering(home.config, database, tokens)
        self.responder = RenewedResponder(home.config, database, self.keys, lambda: self.now)

    def asked(self, after: timedelta) -> tuple[str, datetime | None]:
        """What an answer says at a time: its outcome and the end of the responder's certificate in it."""
        self.now = self.start + after
        issuer = next(each.ca_certificate for each in self.keys if each.record.name == NAME)
        builder = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, hashes.SHA256())
        sent = builder.build().public_bytes(Encoding.DER)
        environ = {
            "PATH_INFO": "/ocsp",
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(sent)),
            "CONTENT_TYPE": "application/ocsp-request",
            "wsgi.input": io.BytesIO(sent),
        }
        answer = ocsp.load_der_ocsp_response(b"".join(self.responder(environ, lambda *given: lambda data: None)))
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return answer.response_status.name, None
        return "SUCCESSFUL", answer.certificates[0].not_valid_after_utc


def renew(home: Home, now: datetime) -> datetime:
    """Have the signer renew the responder's certificate; the end of the new one."""
    with home.signer() as signer:
        chores = Chores(home.config, signer.database, signer.authorities, signer.audit, signer.serials, lambda: now)
        authority = chores.authorities[NAME]
        chores.renew_responder(authority, authority.responders[0], now)
    return now + timedelta(days=30, seconds=-1)


@pytest.fixture
def database(spare_home: Home) -> Iterator[Database]:
    """The database in the responder's role."""
    opened = open_database(spare_home.config, "ocsp")
    yield opened
    opened.close()


@pytest.fixture
def tokens(spare_home: Home) -> Iterator[dict[str, Token]]:
    """The responder's token, opened once."""
    opened = responder_tokens(spare_home.config)
    yield opened
    for token in opened.values():
        token.close()


def test_a_renewal_comes_into_use_without_a_restart(
    spare_home: Home, database: Database, tokens: dict[str, Token]
) -> None:
    """RFC 6960 4.2.2.2: a worker that serves for months answers by the newest certificate within the hour."""
    service = Service(spare_home, database, tokens)
    outcome, first = service.asked(timedelta(minutes=1))
    assert (outcome, first is not None and first > service.start + timedelta(days=29)) == ("SUCCESSFUL", True)
    assert service.asked(timedelta(days=20)) == ("SUCCESSFUL", first)
    second = renew(spare_home, service.start + timedelta(days=21))
    assert service.asked(timedelta(days=20, minutes=59)) == ("SUCCESSFUL", first)
    assert service.asked(timedelta(days=21, minutes=1)) == ("SUCCESSFUL", second)
    third = renew(spare_home, service.start + timedelta(days=42))
    assert service.asked(timedelta(days=55)) == ("SUCCESSFUL", third)
    assert service.asked(timedelta(days=80)) == ("TRY_LATER", None)
    fourth = renew(spare_home, service.start + timedelta(days=80))
    assert service.asked(timedelta(days=80, minutes=2)) == ("SUCCESSFUL", fourth)


def test_a_failed_look_leaves_the_old_certificate(
    spare_home: Home, database: Database, tokens: dict[str, Token]
) -> None:
    """OCSP-6: rows that somebody spoilt end no answers; a minute later it looks again."""
    service = Service(spare_home, database, tokens)
    used = service.asked(timedelta(minutes=1))
    spare_home.tamper("UPDATE certificate SET profile = 'spoilt' WHERE profile = 'ocsp-responder'")
    assert service.asked(timedelta(hours=2)) == used
    with pytest.raises(NotFound):
        Service(spare_home, database, tokens)
    spare_home.tamper("UPDATE certificate SET profile = 'ocsp-responder' WHERE profile = 'spoilt'")
    new = renew(spare_home, service.start + timedelta(days=101))
    assert service.asked(timedelta(days=102)) == ("SUCCESSFUL", new)


def test_a_row_with_another_key_is_not_served(spare_home: Home, database: Database, tokens: dict[str, Token]) -> None:
    """The responder serves the certificate of the key in its token, whatever a row says whose certificate it is."""
    service = Service(spare_home, database, tokens)
    used = service.asked(timedelta(minutes=1))
    resident = spare_home.issued()
    changed = spare_home.tamper(
        "UPDATE certificate SET (holder, profile, key_hash, reserved_at) = (SELECT holder, profile, key_hash, "
        "reserved_at + 60000000 FROM certificate WHERE profile = 'ocsp-responder' AND authority = ? LIMIT 1) "
        "WHERE serial = ?",
        NAME,
        bytes.fromhex(resident["serial"]),
    )
    assert changed == 1
    assert Service(spare_home, database, tokens).asked(timedelta(minutes=1)) == used
