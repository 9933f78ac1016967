"""Two signers share the work on PostgreSQL, and one of them hangs (requirements SER-2, ISS-4, DBC-2).

2,000 certificates over distinct keys. One signer is frozen by the kernel past its lease while it holds signatures, and
then goes on: no serial twice, no second certificate for an application, and every certificate has the applicant and
the key of its own application.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ca.application import Application
from ca.statement import key_octets
from store.certificates import CertificateFilter, CertificateRecord, find
from store.status import statuses
from tests.fixtures.officers import NOW
from tests.fixtures.signing import ISSUER, LEASE, House
from tests.programs.signer_work import signer_process

BEGIN = NOW + timedelta(minutes=5)


def cases(house: House, count: int) -> list[Application]:
    """Applications of as many invented residents, each with a key and a reception window of its own."""
    windows = [f"{number % 1000:03}{chr(65 + number // 1000)}" for number in range(count)]
    made = [house.issue_case(f"resident at {window}", window=window) for window in windows]
    house.submit(*made)
    return made


def rows_of(house: House) -> tuple[CertificateRecord, ...]:
    """Every certificate row of the issuer but the authority's own."""
    with house.owner.snapshot() as tx:
        rows = find(tx, CertificateFilter(issuer=ISSUER), limit=10_000)
    return tuple(row for row in rows if row.application_id is not None)


def check_matches(one: Application, certificate: x509.Certificate) -> None:
    """The certificate holds the key and the window of this application, as its submitter signed them."""
    assert isinstance(key := certificate.public_key(), ec.EllipticCurvePublicKey)
    assert key_octets(key) == one.subject_key
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert str(name.value).endswith(f"{one.facts['municipality']}{one.facts['window']}")


def check_all(house: House, made: Sequence[Application]) -> None:
    """One issued certificate for each application, matching it; every other row abandoned and revoked."""
    rows = rows_of(house)
    issued = {row.application_id: row for row in rows if row.state == "issued"}
    assert Counter(row.application_id for row in rows if row.state == "issued") == Counter(one.id for one in made)
    assert len({row.serial for row in rows}) == len(rows)
    for one in made:
        row = issued[one.id]
        assert row.holder == one.holder
        certificate = x509.load_der_x509_certificate(row.certificate or b"")
        assert certificate.serial_number == row.serial
        check_matches(one, certificate)
    others = [row for row in rows if row.state != "issued"]
    with house.owner.snapshot() as tx:
        status = statuses(tx, ISSUER, [row.serial for row in others])
    assert all(row.state == "abandoned" and status[row.serial].state == "revoked" for row in others)


def events_of(house: House, instance: str) -> Counter[str]:
    """How often each event stands in the audit chain of one signer."""
    with psycopg.connect(house.url) as connection:
        found = connection.execute("SELECT event FROM audit_entry WHERE instance = %s", (instance,))
        return Counter(event for (event,) in found)


@pytest.mark.parametrize(
    ("point", "count", "event"),
    [
        ("reserved", 80, "signature.discarded"),
        ("signed", 2_000, "signature.discarded"),
        # Its transaction is open, so the database lets nobody take over, and it ends what it began.
        ("recording", 80, "certificate.issued"),
    ],
    ids=["reserved", "signed", "recording"],
)
def test_a_frozen_signer_spoils_nothing(postgres_house: House, point: str, count: int, event: str) -> None:
    """Design section 3: only an expired lease is taken over, and who lost the claim discards its signatures."""
    made = cases(postgres_house, count)
    frozen = signer_process(postgres_house, "frozen", [BEGIN] * 2, point=point, time=2, limit=count // 8)
    quick = signer_process(postgres_house, "quick", [BEGIN] * 8, limit=count // 8)
    frozen.reached()
    frozen.freeze()
    assert quick.end() == 0
    successor = signer_process(postgres_house, "successor", [BEGIN + LEASE + timedelta(seconds=1)] * 2)
    assert successor.end() == 0
    frozen.thaw()
    assert frozen.end() == 0
    check_all(postgres_house, made)
    assert events_of(postgres_house, "frozen")[event] > 0
    assert sum(events_of(postgres_house, name)["certificate.issued"] for name in ("quick", "successor")) >= count // 2
