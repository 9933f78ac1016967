"""Publication of lists: numbers, dates, both generations, the gate, and what happens when asked again (CRL-1 to 5)."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from crl.drafts import published_name
from crl.errors import (
    EntryLeft,
    MalformedCRL,
    NoFolderForDrafts,
    ScopeDiffers,
    ScopeShared,
    SignatureNotValid,
    SignerEnded,
    SizeOutOfBounds,
    StatusTampered,
    ThisUpdateNotNewer,
)
from crl.issuance import Publisher
from crl.signer import ListSigner
from store.audit import AuditChain
from store.partitions import Partition, partitions
from store.publication import Publication
from store.status import Compromise
from tests.fixtures.records import abandon
from tests.fixtures.register import Register
from tests.unit.crl.samples import CA_POINT, NOW, POINT, SampleAuthority, make_authority, name_bytes, names, profile

HOUR = timedelta(hours=1)
G1, G2 = "jpki-sign-g1", "jpki-sign-g2"


class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.now


class House:
    """A register, a folder for publication, and a publisher for two generations of one issuer."""

    def __init__(self, folder: Path, *authorities: SampleAuthority) -> None:
        self.database = folder / "database"
        self.database.mkdir()
        self.register = Register.make(self.database, name_bytes(POINT))
        self.publication = Publication(folder / "public")
        self.clock = Clock()
        self.compromised: tuple[Compromise, ...] = ()
        self.ended: frozenset[str] = frozenset()
        certificates = tuple(one.certificate for one in authorities)
        self.signers = [
            ListSigner(f"jpki-sign-g{n}", "jpki-sign", one.certificate, one.key, profile(), names, certificates)
            for n, one in enumerate(authorities, 1)
        ]
        self.publisher = self.make_publisher()

    def make_publisher(self, **bounds: int) -> Publisher:
        """Another publisher on the same register."""
        audit = AuditChain("signer-1", "signer", "test")
        return Publisher(
            self.register.signer,
            self.publication,
            audit,
            self.clock,
            compromised=lambda: self.compromised,
            ended=lambda: self.ended,
            **bounds,
        )

    @property
    def partition(self) -> Partition:
        """The one partition."""
        with self.register.signer.snapshot() as tx:
            return partitions(tx, "jpki-sign", NOW)[0]

    def issue(self, *serials: int, days: int = 1800) -> None:
        """Issue by the first generation."""
        for serial in serials:
            der = leaf(self.signers[0], serial, days)
            self.register.issue(G1, "jpki-sign", serial, NOW, days, der=der)

    def revoke(self, *serials: int) -> None:
        """Revoke for affiliation changed."""
        for serial in serials:
            self.register.revoke("jpki-sign", serial, 3, self.clock.now)

    def publish(self, *, after: timedelta = timedelta(0)) -> bool:
        """Publish after some time has passed; whether a list was made."""
        self.clock.now += after
        return self.publisher.publish(self.signers, self.partition).made

    def published(self, authority: str = G1) -> x509.CertificateRevocationList:
        """The list in force, as cryptography reads it."""
        return x509.load_der_x509_crl(self.publication.get(published_name(authority, "13103")))

    def listed(self, authority: str = G1) -> list[int]:
        """The serials in the list in force."""
        return [entry.serial_number for entry in self.published(authority)]

    def number(self, authority: str = G1) -> int:
        """The number of the list in force."""
        return self.published(authority).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    def events(self) -> list[str]:
        """The audit events so far."""
        with closing(sqlite3.connect(self.database / "ninsho.db")) as connection:
            return [row[0] for row in connection.execute("SELECT event FROM audit_entry ORDER BY sequence")]


def leaf(signer: ListSigner, serial: int, days: int) -> bytes:
    """A certificate that the authority signed, which ends after some days."""
    name = x509.Name([])
    builder = x509.CertificateBuilder(
        signer.certificate.subject, name, signer.key.public_key(), serial, NOW, NOW + timedelta(days=days)
    )
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def house(tmp_path: Path, rsa_authority: SampleAuthority, ec_authority: SampleAuthority) -> Iterator[House]:
    """Three certificates of the first generation, of which 2 and 3 are revoked; nothing published."""
    made = House(tmp_path, rsa_authority, ec_authority)
    made.issue(1, 2, 3)
    made.revoke(2, 3)
    yield made
    made.register.close()


def test_every_generation_lists_the_same_under_its_own_key(house: House) -> None:
    """RFC 5280 section 5: lists are scoped by issuer name, so each generation lists all entries under its key."""
    assert house.publish()
    for authority, signer in zip((G1, G2), house.signers, strict=True):
        found = house.published(authority)
        assert house.listed(authority) == [2, 3]
        assert found.is_signature_valid(signer.key.public_key())
        identifier = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        assert identifier == signer.key_identifier
        assert (found.last_update_utc, found.next_update_utc) == (NOW, NOW + 48 * HOUR)


def test_distribution_point_is_that_of_the_certificates(house: House) -> None:
    """CRL-5: the octets stored with the certificates stand in the critical issuingDistributionPoint."""
    house.publish()
    found = house.published().extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert found.critical
    assert name_bytes(POINT) in found.value.public_bytes()


def test_number_rises_over_all_generations(house: House) -> None:
    """CRL-1: one number for the lists of all generations, and a greater one each time."""
    house.publish()
    house.revoke(1)
    house.publish(after=HOUR)
    assert [house.number(G1), house.number(G2)] == [2, 2]


def test_asked_again_it_makes_nothing_new(house: House) -> None:
    """CRL-2: a young list that says what the database says stays; after half its life there is a new one."""
    assert house.publish()
    before = house.publication.get(published_name(G1, "13103"))
    assert not house.publish(after=HOUR)
    assert house.publication.get(published_name(G1, "13103")) == before
    assert house.publish(after=23 * HOUR)
    assert house.events() == ["crl.published"] * 4


def test_a_list_that_must_live_longer_is_made_anew(house: House) -> None:
    """The last list before a key is destroyed lives for years, however young the ordinary one before it is."""
    house.publish()
    for_years = replace(profile(), next_update_hours=24 * 3650)
    house.signers = [replace(one, profile=for_years) for one in house.signers]
    assert house.publish(after=HOUR)
    assert house.published().next_update_utc == NOW + HOUR + timedelta(days=3650)
    assert not house.publish(after=HOUR)


def test_revocation_makes_a_new_list(house: House) -> None:
    """REV-2: the next list after a revocation holds it, however young the one before."""
    house.publish()
    house.revoke(1)
    assert house.publish(after=timedelta(seconds=1))
    assert house.listed() == [1, 2, 3]


def test_due_are_missing_lists_and_those_of_half_their_life(house: House) -> None:
    """CRL-2: a list is due when there is none, and again 24 of its 48 hours later."""
    assert [one.code for one in house.publisher.due(house.signers)] == ["13103"]
    house.publish()
    house.clock.now = NOW + 23 * HOUR
    assert house.publisher.due(house.signers) == ()
    house.clock.now = NOW + 24 * HOUR
    assert [one.code for one in house.publisher.due(house.signers)] == ["13103"]


def test_new_generation_is_due_at_once(house: House) -> None:
    """CRL-2: a generation without a list needs one, though the others' are young."""
    both, house.signers = house.signers, house.signers[:1]
    house.publish()
    assert house.publisher.due(house.signers) == ()
    assert [one.code for one in house.publisher.due(both)] == ["13103"]


def test_released_hold_leaves_the_list(house: House) -> None:
    """RFC 5280 section 5.3.1: only a recorded release takes an entry off before its certificate's end."""
    house.register.hold("jpki-sign", 1, NOW)
    house.publish()
    assert house.listed() == [1, 2, 3]
    house.register.release("jpki-sign", 1, NOW + HOUR)
    house.publish(after=2 * HOUR)
    assert house.listed() == [2, 3]


def test_entry_leaves_after_one_list_dated_past_its_end(house: House) -> None:
    """RFC 5280 section 3.3: an expired entry stands in one list dated after its certificate's end, then it is gone."""
    house.issue(9, days=1)
    house.revoke(9)
    house.publish()
    held = []
    for _ in range(3):
        house.publish(after=24 * HOUR + HOUR)
        held.append(9 in house.listed())
    assert held == [True, False, False]


def damaged(house: House, statement: str, *values: object) -> None:
    """Change the database behind the programs' back."""
    with closing(sqlite3.connect(house.database / "ninsho.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
        connection.commit()


def test_entry_that_vanished_from_the_database_stops_the_list(house: House) -> None:
    """CRL-3: a status table that lost a revocation yields no list; the one published before stays; it is audited."""
    house.publish()
    damaged(house, "UPDATE status SET state = 0, revoked_at = NULL, reason = NULL WHERE serial = x'02'")
    with pytest.raises(EntryLeft) as refused:
        house.publish(after=25 * HOUR)
    assert refused.value.serial == 2
    assert house.listed() == [2, 3]
    assert house.events()[-1] == "crl.refused"


def test_edited_end_does_not_take_an_entry_off(house: House) -> None:
    """CRL-3: a revoked certificate whose rows were edited to end earlier stays: its own octets say when it ends."""
    house.publish()
    earlier = int((NOW - timedelta(days=1)).timestamp() * 1_000_000)
    damaged(house, "UPDATE status SET not_after = ? WHERE serial = x'02'", earlier)
    damaged(house, "UPDATE certificate SET not_after = ? WHERE serial = x'02'", earlier)
    with pytest.raises(EntryLeft):
        house.publish(after=25 * HOUR)


def test_certificate_of_another_key_does_not_take_an_entry_off(house: House) -> None:
    """CRL-3: nor does a certificate that somebody made, with an early end, in place of the one that was issued."""
    house.publish()
    stranger = replace(house.signers[0], key=ec.generate_private_key(ec.SECP256R1()))
    damaged(house, "UPDATE certificate SET certificate = ? WHERE serial = x'02'", leaf(stranger, 2, 0))
    damaged(house, "UPDATE status SET not_after = 0 WHERE serial = x'02'")
    with pytest.raises(EntryLeft):
        house.publish(after=25 * HOUR)


def test_abandoned_serial_stays_listed(house: House) -> None:
    """Decision 0005: no signed certificate shows when it would end, so it never leaves its list."""
    house.register.reserve(G1, "jpki-sign", 9, NOW, days=1)
    with house.register.signer.transaction() as tx:
        abandon(tx, "jpki-sign", 9, NOW)
    for _ in range(4):
        house.publish(after=25 * HOUR)
    assert house.listed() == [2, 3, 9]


def opened(house: House, code: str) -> None:
    """A partition that nobody issued in, under the stored name of another."""
    damaged(house, "INSERT INTO partition SELECT issuer, ?, last_not_after FROM partition", code)
    damaged(
        house,
        "INSERT INTO distribution_point (issuer, partition, authority, name) "
        "SELECT issuer, ?, authority, name FROM distribution_point",
        code,
    )


@pytest.mark.parametrize("code", ["99999", "ca"])
def test_list_under_another_list_s_name_is_refused(house: House, code: str) -> None:
    """RFC 5280 section 6.3.3: two rows inserted do not make an empty list that passes for the municipality's."""
    opened(house, code)
    assert code in [one.code for one in house.publisher.due(house.signers)]
    with house.register.signer.snapshot() as tx:
        (partition,) = [one for one in partitions(tx, "jpki-sign", NOW) if one.code == code]
    with pytest.raises(ScopeDiffers):
        house.publisher.publish(house.signers, partition)
    assert house.publication.versions(published_name(G1, code)) == ()
    assert house.events()[-1] == "crl.refused"
    assert house.publish()  # the municipality's own list is made all the same


def test_partition_that_can_have_no_list_leaves_the_others_theirs(house: House) -> None:
    """CRL-2: where the living generations have no list of a kind that an ended one issued in, that alone is refused."""
    opened(house, "99999")
    damaged(house, "UPDATE distribution_point SET authority = 'jpki-sign-g0' WHERE partition = '99999'")
    assert [one.code for one in house.publisher.due(house.signers)] == ["13103", "99999"]


def test_stored_name_that_is_not_the_code_s_is_refused(house: House) -> None:
    """CRL-5: the name is made from the code; bytes in the database that differ are somebody's edit."""
    damaged(house, "UPDATE distribution_point SET name = x'a000'")
    with pytest.raises(ScopeDiffers):
        house.publish()


def test_two_partitions_of_one_name_are_refused(house: House) -> None:
    """RFC 5280 section 5.2.5: profiles that name two municipalities' lists alike would let each pass for the other."""
    house.signers = [replace(one, names=lambda code: name_bytes(POINT)) for one in house.signers]
    opened(house, "13104")
    with pytest.raises(ScopeShared):
        house.publish()


def test_restored_database_that_lacks_a_revocation_stops_the_list(house: House, tmp_path: Path) -> None:
    """CRL-3: yesterday's backup knows neither status nor journal of a newer revocation; what is published does."""
    with (
        closing(sqlite3.connect(tmp_path / "backup.db")) as backup,
        closing(sqlite3.connect(house.database / "ninsho.db")) as current,
    ):
        current.backup(backup)
        house.revoke(1)
        house.publish()
        backup.backup(current)
    with pytest.raises(EntryLeft):
        house.publish(after=HOUR)


def test_restored_database_still_numbers_upwards(house: House) -> None:
    """CRL-1: the number is above the newest one published, whatever the database remembers."""
    for _ in range(3):
        house.publish(after=25 * HOUR)
    damaged(house, "UPDATE crl_number SET number = 1")
    damaged(house, "DELETE FROM crl WHERE number > 1")
    house.publish(after=25 * HOUR)
    assert house.number() == 4


def test_clock_set_back_stops_the_list(house: House) -> None:
    """CRL-1: thisUpdate never goes back."""
    house.publish()
    with pytest.raises(ThisUpdateNotNewer):
        house.publish(after=-24 * HOUR)


def test_tampered_status_is_found_before_any_list(house: House) -> None:
    """A status row better than its journal row stops the run before anything is signed."""
    damaged(house, "UPDATE status SET state = 0, revoked_at = NULL, reason = NULL WHERE serial = x'02'")
    with pytest.raises(StatusTampered):
        house.publisher.due(house.signers)
    with pytest.raises(StatusTampered):
        house.publisher.wanted("jpki-sign")


def test_the_journal_is_read_where_a_list_is_to_be_made(house: House) -> None:
    """DBC-4: looking for what is due each minute costs no walk through years of acts; no list is made without one."""
    house.publish()
    damaged(house, "UPDATE status SET state = 0, revoked_at = NULL, reason = NULL WHERE serial = x'02'")
    assert house.publisher.due(house.signers) == ()
    house.clock.now += 24 * HOUR
    with pytest.raises(StatusTampered):
        house.publisher.due(house.signers)


def test_key_of_another_generation_stops_the_list(house: House) -> None:
    """CRL-4: a list that its authority's certificate does not verify is not published."""
    house.signers[0] = replace(house.signers[0], key=ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SignatureNotValid):
        house.publish()
    assert house.publication.versions(published_name(G1, "13103")) == ()
    assert house.publication.versions(published_name(G2, "13103")) == ()


def test_list_larger_than_its_bound_is_not_published(house: House) -> None:
    """CRL-4: a list that outgrew its bound waits for a person."""
    with pytest.raises(SizeOutOfBounds):
        house.make_publisher(size_bound=400).publish(house.signers, house.partition)


def test_foreign_list_under_the_published_name_is_replaced(house: House, tmp_path: Path) -> None:
    """CRL-4: another CA's list copied over ours is healed by the next publication, and its number does not count."""
    house.publish()
    stranger = House(_fresh(tmp_path / "other"), make_authority(ec.generate_private_key(ec.SECP256R1())))
    stranger.issue(7)
    stranger.revoke(7)
    stranger.publish()
    foreign = stranger.publication.get(published_name(G1, "13103"))
    (tmp_path / "public" / published_name(G1, "13103")).unlink()
    (tmp_path / "public" / published_name(G1, "13103")).write_bytes(foreign)
    house.publish(after=25 * HOUR)
    assert house.listed() == [2, 3]
    stranger.register.close()


@pytest.mark.parametrize("left", [None, b"another list"], ids=["gone", "another's"])
def test_whoever_asks_gets_a_list_where_verifiers_look(house: House, tmp_path: Path, left: bytes | None) -> None:
    """CRL-2: a young list is in force only if it stands under its published name; otherwise asking makes a new one."""
    house.publish()
    place = tmp_path / "public" / published_name(G2, "13103")
    place.unlink()
    if left is not None:
        place.write_bytes(left)
    assert house.publish(after=HOUR)
    assert [house.number(one) for one in (G1, G2)] == [2, 2]
    assert not house.publish(after=HOUR)


def test_folder_brought_back_from_a_backup_is_not_in_force(house: House, tmp_path: Path) -> None:
    """CRL-2: a list of last week that says the same is another list than the recorded one, and past its nextUpdate."""
    house.publish()
    shutil.copytree(tmp_path / "public", tmp_path / "backup")
    house.publish(after=100 * HOUR)
    shutil.rmtree(tmp_path / "public")
    (tmp_path / "backup").rename(tmp_path / "public")
    assert house.publish(after=HOUR)
    assert house.published().next_update_utc == house.clock.now + 48 * HOUR


def test_foreign_list_among_the_versions_stops_the_list(house: House, tmp_path: Path) -> None:
    """CRL-4: a version that the authority did not sign is no predecessor; a person must look."""
    house.publish()
    (version,) = house.publication.versions(published_name(G1, "13103"))
    place = tmp_path / "public" / "versions" / published_name(G1, "13103") / version
    other = house.publication.get(published_name(G2, "13103"))
    place.unlink()
    place.write_bytes(other)
    with pytest.raises(SignatureNotValid):
        house.publish(after=25 * HOUR)
    place.write_bytes(other[:-1])
    with pytest.raises(MalformedCRL):
        house.publish(after=25 * HOUR)


def test_list_of_ca_certificates(house: House) -> None:
    """RFC 5280 section 5.2.5: the partition "ca" is published with onlyContainsCACerts."""
    house.register.point = name_bytes(CA_POINT)
    house.register.issue(G1, "jpki-sign", 50, NOW, partition="ca")
    with house.register.signer.snapshot() as tx:
        (partition,) = [one for one in partitions(tx, "jpki-sign", NOW) if one.code == "ca"]
    house.publisher.publish(house.signers, partition)
    found = x509.load_der_x509_crl(house.publication.get(published_name(G1, "ca")))
    scope = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert scope.only_contains_ca_certs
    assert scope.full_name is None  # the authority's own certificate names no point (fact sheet b.7)


def _fresh(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_compromised_generation_is_listed_whole_by_the_others(house: House) -> None:
    """Decision 0015: all its certificates are revoked by cACompromise in the list that the other generation signs."""
    house.publish()
    at = house.clock.now
    house.compromised = (Compromise(G1, at, None),)
    house.register.issue(G2, "jpki-sign", 4, NOW, der=leaf(house.signers[1], 4, 1800))
    house.signers = house.signers[1:]
    assert house.publish(after=HOUR)
    assert house.listed(G2) == [1, 2, 3]
    one = house.published(G2).get_revoked_certificate_by_serial_number(1)
    assert one is not None
    assert one.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.ca_compromise
    assert one.revocation_date_utc == at
    assert house.listed(G1) == [2, 3]
    assert not house.publish(after=HOUR)


@pytest.mark.parametrize("compromised", [(Compromise(G1, NOW, None),), ()], ids=["compromised", "destroyed"])
def test_a_key_that_ended_signs_no_list(house: House, compromised: tuple[Compromise, ...]) -> None:
    """KEY-2: the publisher refuses whoever still has the key open, or a copy of it from a restored token."""
    house.compromised, house.ended = compromised, frozenset({G1})
    with pytest.raises(SignerEnded):
        house.publish()
    assert house.events()[-1] == "crl.refused"


def test_without_a_folder_for_drafts_it_is_said_which_one_is_wanted(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor may close every folder for temporary files; once there is one again, the list is made."""
    with monkeypatch.context() as closed:
        closed.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(NoFolderForDrafts) as refused:
            house.publish()
    assert "PrivateTmp" in refused.value.next
    assert house.publish()


def test_certificates_of_a_compromised_generation_leave_when_they_end(house: House) -> None:
    """RFC 5280 section 3.3: each stands in one list dated past its end, then it goes, whoever signs the list."""
    house.issue(5, days=2)
    house.compromised = (Compromise(G1, NOW, None),)
    house.signers = house.signers[1:]
    house.publish()
    assert house.listed(G2) == [1, 2, 3, 5]
    house.publish(after=49 * HOUR)
    assert house.listed(G2) == [1, 2, 3, 5]
    house.publish(after=HOUR * 25)
    assert house.listed(G2) == [1, 2, 3]
