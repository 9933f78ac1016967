"""Certificates: reserved before the signature, recorded after it, unique in all that must be unique."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given, strategies

from store.bounds import serial_octets, serial_of
from store.certificate_errors import (
    DistributionPointChanged,
    HolderBusy,
    KeyBlocked,
    KeyOfAnotherHolder,
    NoPending,
    NotReserved,
    SerialInUse,
    UnknownCertificate,
)
from store.certificates import (
    CertificateFilter,
    CertificateRecord,
    block_key,
    find,
    hand_over,
    key_blocked,
    key_owner,
    live,
    pending,
    reserved,
)
from store.certificates import certificate as read_certificate
from store.crls import entries
from store.database import Database, Program
from store.errors import RecordRefused, StoreError
from store.reservations import record_many, reserve_many
from store.revocations import revoke
from store.status import change_counter, statuses
from tests.fixtures.records import abandon, record, reserve

Make = Callable[..., CertificateRecord]
ISSUER = "jpki-sign"


@given(strategies.integers(min_value=1, max_value=(1 << 159) - 1))
def test_serial_is_kept_as_its_fewest_octets(serial: int) -> None:
    """Design section 6: minimal big-endian octets, and back without loss."""
    octets = serial_octets(serial)
    assert serial_of(octets) == serial
    assert octets[0] != 0
    assert len(octets) <= 20


@pytest.mark.parametrize("serial", [0, -1, 1 << 159])
def test_serial_outside_rfc_5280_is_refused(serial: int) -> None:
    """RFC 5280 section 4.1.2.2: positive and at most 20 octets of DER."""
    with pytest.raises(RecordRefused):
        serial_octets(serial)


def test_reservation_holds_the_exact_bytes_and_is_not_yet_issued(
    database: Database, certificate: Make, now: datetime
) -> None:
    """ISS-1: serial and TBS are durable before the signature, and nobody is told of the serial yet."""
    made = certificate(7)
    with database.transaction() as tx:
        reserve(tx, made)
    with database.snapshot() as tx:
        assert read_certificate(tx, ISSUER, 7) == made
        assert reserved(tx, now + timedelta(seconds=1)) == (made,)
        assert statuses(tx, ISSUER, [7]) == {}


def test_recorded_certificate_is_good(database: Database, certificate: Make, now: datetime) -> None:
    """OCSP-2: from the transaction that records the certificate its status is good."""
    with database.transaction() as tx:
        reserve(tx, certificate(7))
        record(tx, ISSUER, 7, b"signed", now)
    with database.snapshot() as tx:
        found = read_certificate(tx, ISSUER, 7)
        assert (found.state, found.certificate, found.issued_at) == ("issued", b"signed", now)
        assert statuses(tx, ISSUER, [7])[7].state == "good"
        assert reserved(tx, now + timedelta(days=1)) == ()


def test_serial_is_unique_over_all_generations(database: Database, certificate: Make) -> None:
    """SER-2: the database refuses a serial its issuer already used, under whatever generation."""
    with database.transaction() as tx:
        reserve(tx, certificate(7))
    with pytest.raises(SerialInUse), database.transaction() as tx:
        reserve(tx, replace(certificate(7, holder="other", key="other"), authority=f"{ISSUER}-g2"))


def test_other_issuer_may_use_the_same_serial(database: Database, certificate: Make) -> None:
    """RFC 5280 section 4.1.2.2: serials are scoped by issuer."""
    one = certificate(7)
    other = certificate(7, issuer="jpki-auth", holder="other", key="other")
    with database.transaction() as tx:
        reserve(tx, one)
        reserve(tx, other)
    with database.snapshot() as tx:
        assert read_certificate(tx, ISSUER, 7) == one
        assert read_certificate(tx, "jpki-auth", 7) == other


def test_refused_serial_leaves_the_holder_free(database: Database, certificate: Make) -> None:
    """After SerialInUse the same holder gets another serial in the same transaction."""
    with database.transaction() as tx:
        reserve(tx, certificate(7))
        refused = reserve_many(tx, [certificate(7, holder="second", key="second")])
        assert [type(error) for error in refused.values()] == [SerialInUse]
        reserve(tx, certificate(8, holder="second", key="second"))


def test_serial_twice_in_one_batch_stops_the_batch(database: Database, certificate: Make) -> None:
    """SER-3: a random source that repeats itself stops issuance; nothing of the batch is reserved."""
    with pytest.raises(SerialInUse), database.transaction() as tx:
        reserve_many(tx, [certificate(7), certificate(7, holder="second", key="second")])
    with pytest.raises(UnknownCertificate), database.snapshot() as tx:
        read_certificate(tx, ISSUER, 7)


def test_holder_has_one_pending_certificate_of_a_kind(database: Database, certificate: Make) -> None:
    """Design section 4: at most one pending certificate for each holder and kind."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="one"))
        reserve(tx, certificate(2, holder="one", kind="auth"))
    with pytest.raises(HolderBusy), database.transaction() as tx:
        reserve(tx, certificate(3, holder="one"))


def test_holder_without_kind_may_have_any_number(database: Database, certificate: Make) -> None:
    """Profiles without a holder kind, such as servers', are not counted."""
    with database.transaction() as tx:
        assert reserve_many(tx, [certificate(serial, holder="host", kind=None) for serial in (1, 2, 3)]) == {}


def test_key_of_another_holder_is_refused(database: Database, certificate: Make) -> None:
    """ISS-11: the same subject key for two residents is refused, within a batch and later."""
    with database.transaction() as tx:
        refused = reserve_many(tx, [certificate(1, key="same"), certificate(2, key="same")])
    assert {key[1]: type(error) for key, error in refused.items()} in (
        {1: KeyOfAnotherHolder},
        {2: KeyOfAnotherHolder},
    )
    with pytest.raises(KeyOfAnotherHolder), database.transaction() as tx:
        reserve(tx, certificate(3, key="same"))


def test_same_holder_may_use_the_key_again(database: Database, certificate: Make, now: datetime) -> None:
    """A key belongs to its holder, not to one certificate."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="one", key="same"))
        reserve(tx, certificate(2, holder="one", key="same", kind="auth"))
        assert key_owner(tx, certificate(1, key="same").key_hash) == certificate(1, holder="one").holder


def test_blocked_key_is_refused_for_ever(database: Database, certificate: Make, now: datetime) -> None:
    """ISS-11: a key once reported compromised never gets a certificate again, not even for its own holder."""
    made = certificate(1, holder="one", key="leaked")
    with database.transaction() as tx:
        reserve(tx, made)
        record(tx, ISSUER, 1, b"signed", now)
        revoke(tx, ISSUER, 1, 1, now, None, None)
        assert key_blocked(tx, made.key_hash)
    with pytest.raises(KeyBlocked), database.transaction() as tx:
        reserve(tx, certificate(2, holder="one", key="leaked"))
    with database.transaction() as tx:
        block_key(tx, made.key_hash, now)


def test_partition_is_bound_to_one_distribution_point(database: Database, certificate: Make) -> None:
    """CRL-5: a certificate that names other bytes than its partition's list would carry is refused."""
    with database.transaction() as tx:
        reserve(tx, certificate(1))
    with pytest.raises(DistributionPointChanged), database.transaction() as tx:
        reserve(tx, certificate(2, distribution_point=b"renamed CRLDP"))


def test_batch_reserves_all_but_the_refused(database: Database, certificate: Make, now: datetime) -> None:
    """ISS-4: one applicant's refusal does not touch the others of the batch, each with its own data."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="busy"))
        block_key(tx, certificate(2).key_hash, now)
        made = [
            certificate(2),
            certificate(3, holder="busy"),
            certificate(4, distribution_point=b"other"),
            certificate(1, holder="late", key="late"),
            *[certificate(serial) for serial in range(5, 205)],
        ]
        refused = reserve_many(tx, made)
        assert {key[1]: type(error) for key, error in refused.items()} == {
            2: KeyBlocked,
            3: HolderBusy,
            4: DistributionPointChanged,
            1: SerialInUse,
        }
        record_many(tx, [(ISSUER, serial, b"signed %d" % serial) for serial in range(5, 205)], now)
        for serial in (5, 100, 204):
            found = read_certificate(tx, ISSUER, serial)
            assert (found.holder, found.tbs, found.certificate) == (
                certificate(serial).holder,
                certificate(serial).tbs,
                b"signed %d" % serial,
            )


def test_serial_is_signed_once(database: Database, certificate: Make, now: datetime) -> None:
    """A second certificate under a serial, or one under a serial never reserved, is refused; nothing is written."""
    with database.transaction() as tx:
        reserve(tx, certificate(1))
        reserve(tx, certificate(2))
        record(tx, ISSUER, 1, b"signed", now)
    for many in ([(ISSUER, 2, b"a"), (ISSUER, 1, b"b")], [(ISSUER, 9, b"c")], [(ISSUER, 2, b"d"), (ISSUER, 2, b"e")]):
        with pytest.raises(NotReserved), database.transaction() as tx:
            record_many(tx, many, now)
    with database.snapshot() as tx:
        assert read_certificate(tx, ISSUER, 2).state == "reserved"


def test_abandoned_serial_is_revoked_and_listed_and_its_holder_free(
    database: Database, certificate: Make, now: datetime
) -> None:
    """ISS-2: a signature may exist, so the serial is revoked and listed; the holder gets a new serial."""
    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="one"))
        abandon(tx, ISSUER, 1, now)
        reserve(tx, certificate(2, holder="one", key="key 1"))
    with database.snapshot() as tx:
        assert read_certificate(tx, ISSUER, 1).state == "abandoned"
        assert statuses(tx, ISSUER, [1])[1].state == "revoked"
        assert [serial_of(entry.serial) for entry in entries(tx, ISSUER, "13101", None)] == [1]
        assert change_counter(tx) == 1
    with pytest.raises(NotReserved), database.transaction() as tx:
        record(tx, ISSUER, 1, b"signed", now)
    with pytest.raises(NotReserved), database.transaction() as tx:
        abandon(tx, ISSUER, 1, now)


def test_hand_over_makes_the_pending_certificate_live_and_names_the_superseded(
    database: Database, certificate: Make, now: datetime
) -> None:
    """Design section 4: a renewal supersedes the old certificate at hand-over."""
    holder = certificate(1, holder="one").holder
    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="one"))
        record(tx, ISSUER, 1, b"signed", now)
        assert hand_over(tx, holder, "sign", now) is None
        reserve(tx, certificate(2, holder="one"))
        record(tx, ISSUER, 2, b"signed", now)
        assert (live(tx, holder, "sign"), pending(tx, holder, "sign")) == ((ISSUER, 1), (ISSUER, 2))
        assert hand_over(tx, holder, "sign", now) == (ISSUER, 1)
        assert (live(tx, holder, "sign"), pending(tx, holder, "sign")) == ((ISSUER, 2), None)


def test_nothing_is_handed_over_before_it_is_signed(database: Database, certificate: Make, now: datetime) -> None:
    """A reserved serial is no certificate yet."""
    made = certificate(1)
    with pytest.raises(NoPending), database.transaction() as tx:
        hand_over(tx, made.holder, "sign", now)
    with database.transaction() as tx:
        reserve(tx, made)
    with pytest.raises(NoPending), database.transaction() as tx:
        hand_over(tx, made.holder, "sign", now)


def test_revoked_certificate_leaves_its_place(database: Database, certificate: Make, now: datetime) -> None:
    """A revoked certificate is not live, and a new one finds no old one to supersede."""
    made = certificate(1)
    with database.transaction() as tx:
        reserve(tx, made)
        record(tx, ISSUER, 1, b"signed", now)
        hand_over(tx, made.holder, "sign", now)
        revoke(tx, ISSUER, 1, 4, now, None, None)
        assert live(tx, made.holder, "sign") is None


@pytest.mark.parametrize("rival", ["revoked", "handed over"])
def test_nothing_is_handed_over_that_another_signer_took_first(
    database: Database, certificate: Make, now: datetime, rival: str
) -> None:
    """REV-1 and DBC-2: who comes second finds nothing pending, and leaves the holder's old certificate alone."""
    holder = certificate(1, holder="one").holder

    def late() -> None:
        with database.transaction() as tx:
            hand_over(tx, holder, "sign", now)

    with database.transaction() as tx:
        reserve(tx, certificate(1, holder="one"))
        record(tx, ISSUER, 1, b"signed", now)
        hand_over(tx, holder, "sign", now)
        reserve(tx, certificate(2, holder="one"))
        record(tx, ISSUER, 2, b"signed", now)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as tx:
            if rival == "revoked":
                revoke(tx, ISSUER, 2, None, now, None, None)
            else:
                hand_over(tx, holder, "sign", now)
            second = pool.submit(late)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
        with pytest.raises(NoPending):
            second.result()
    with database.transaction() as tx:
        assert live(tx, holder, "sign") == (ISSUER, 1 if rival == "revoked" else 2)


def test_certificates_are_found_newest_first_page_by_page(database: Database, certificate: Make, now: datetime) -> None:
    """REV-4: certificates are found by field, in pages that neither repeat nor skip one."""
    with database.transaction() as tx:
        reserve_many(
            tx, [certificate(serial, reserved_at=now + timedelta(seconds=serial // 2)) for serial in range(1, 8)]
        )
        reserve(tx, certificate(20, partition="27100", distribution_point=b"Osaka"))
        wanted = CertificateFilter(issuer=ISSUER, partition="13101")
        pages, last = [], None
        while page := find(tx, wanted, after=last, limit=3):
            pages.append([one.serial for one in page])
            last = page[-1]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]


def test_racing_processes_with_one_random_source_never_share_a_serial(database: Database, certificate: Make) -> None:
    """SER-2, DBC-2: four writers try the same 25 serials; each serial is reserved exactly once."""
    together = Barrier(4)

    def work(number: int) -> int:
        together.wait()
        won = 0
        for serial in range(1, 26):
            with database.transaction() as tx:
                made = certificate(serial, holder=f"{number} {serial}", key=f"{number} {serial}")
                won += not reserve_many(tx, [made])
        return won

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 25
    with database.snapshot() as tx:
        assert len(find(tx, CertificateFilter(issuer=ISSUER), limit=1000)) == 25


def test_racing_batches_of_the_same_partitions_do_not_wait_in_a_ring(
    postgres_url: str, open_as: Callable[[str, Program], Database], certificate: Make, now: datetime
) -> None:
    """Two signers that reserve in the same partitions at once both finish, whatever the order of their batches."""
    signers = [open_as(postgres_url, "signer") for _ in range(2)]
    together = Barrier(2)

    def work(number: int) -> None:
        together.wait()
        for turn in range(8):
            batch = [
                certificate(
                    number * 1000 + turn * 20 + place + 1,
                    partition=f"1310{(place * (1 if number else -1)) % 5}",
                    not_after=now + timedelta(days=turn + place),
                )
                for place in range(10)
            ]
            with signers[number].transaction() as tx:
                assert reserve_many(tx, batch) == {}

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def test_record_refuses_what_is_already_signed(certificate: Make, database: Database, now: datetime) -> None:
    """A reservation that pretends to be issued is refused."""
    made = replace(certificate(1), state="issued", certificate=b"x", issued_at=now)
    with pytest.raises(StoreError), database.transaction() as tx:
        reserve(tx, made)
