"""Lists and answers on PostgreSQL, each program in its own role; two publishers at once (CRL-1, OCSP-7)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from crl.drafts import published_name
from crl.errors import GateClosed
from crl.issuance import Publisher
from crl.signer import ListSigner
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from policies.profile import load_crl_profiles
from store.audit import AuditChain
from store.partitions import Partition, partitions
from store.publication import Publication
from tests.fixtures.register import Register
from tests.unit.crl.samples import POINT, name_bytes, names
from tests.unit.ocsp.samples import SampleAuthority, make_authority, make_delegate, question

NAME = published_name("jpki-sign-g1", "13103")
ISSUED = range(1, 21)


@pytest.fixture
def register(postgres_url: str) -> Iterator[Register]:
    """Twenty certificates, of which the first ten are revoked."""
    register, now = Register(postgres_url, name_bytes(POINT)), datetime.now(UTC)
    for serial in ISSUED:
        register.issue("jpki-sign-g1", "jpki-sign", serial, now)
    for serial in ISSUED[:10]:
        register.revoke("jpki-sign", serial, 4, now)
    yield register
    register.close()


@pytest.fixture
def authority() -> SampleAuthority:
    """The one generation."""
    return make_authority("jpki-sign-g1", "jpki-sign", ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC))


def signers(authority: SampleAuthority) -> list[ListSigner]:
    """The authority as the signer of its lists."""
    profile = load_crl_profiles()["crl-jpki"]
    return [ListSigner(authority.name, authority.issuer, authority.certificate, authority.key, profile, names, ())]


def partition(register: Register) -> Partition:
    """The one partition."""
    with register.signer.snapshot() as tx:
        return partitions(tx, "jpki-sign", datetime.now(UTC))[0]


def test_list_and_answers_agree(register: Register, authority: SampleAuthority, tmp_path: Path) -> None:
    """OCSP-7: for every serial issued, list and responder say the same."""
    publication = Publication(tmp_path)
    audit = AuditChain("signer-1", "signer", "test")
    Publisher(register.signer, publication, audit, lambda: datetime.now(UTC)).publish(
        signers(authority), partition(register)
    )
    listed = {entry.serial_number for entry in x509.load_der_x509_crl(publication.get(NAME))}
    now = datetime.now(UTC)
    delegate = make_delegate(authority, ec.generate_private_key(ec.SECP256R1()), now=now)
    responder = Responder([delegate], StatusReader(register.reader, 100), 100, TokenBucket(1, 1))
    said = {
        serial: ocsp.load_der_ocsp_response(responder.answer(question(authority, serial), now).der).certificate_status
        for serial in ISSUED
    }
    assert {serial for serial, status in said.items() if status == ocsp.OCSPCertStatus.REVOKED} == listed
    assert {serial for serial, status in said.items() if status == ocsp.OCSPCertStatus.GOOD} == set(ISSUED) - listed


def test_two_publishers_at_once(register: Register, authority: SampleAuthority, tmp_path: Path) -> None:
    """CRL-1: whoever runs beside another waits at the number: numbers and dates only rise, nothing is overwritten."""
    publication = Publication(tmp_path)
    wanted = partition(register)

    def run(instance: int) -> list[int]:
        numbers = []
        for turn in range(4):
            now = datetime.now(UTC) + timedelta(days=2 * turn, seconds=instance)
            audit = AuditChain(f"signer-{instance}", "signer", "test")
            try:
                outcome = Publisher(register.signer, publication, audit, lambda now=now: now).publish(  # type: ignore[misc]  # bound to this turn
                    signers(authority), wanted
                )
            except GateClosed:
                continue  # the other one's list was newer
            numbers += [record.number for record in outcome.records if outcome.made]
        return numbers

    with ThreadPoolExecutor(2) as pool:
        numbers = sorted(number for numbers in pool.map(run, (1, 2)) for number in numbers)
    current = x509.load_der_x509_crl(publication.get(NAME))
    assert len(set(numbers)) == len(numbers) >= 4
    assert current.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == numbers[-1]
    assert publication.versions(NAME) == tuple(f"{number:012d}" for number in numbers)
    dates = [x509.load_der_x509_crl(publication.get(NAME, one)).last_update_utc for one in publication.versions(NAME)]
    assert dates == sorted(set(dates))
