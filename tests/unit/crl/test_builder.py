"""The streaming writer against cryptography's builder, octet for octet (RFC 5280 section 5)."""

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from crl.builder import Heading, WrittenList, spool_entries, write_list
from crl.errors import EntriesNotInOrder, KeyNotUsable
from crl.signature import PrivateKey
from store.crls import Entry
from tests.unit.crl.samples import NOW, POINT, SampleAuthority, heading, name_bytes, profile

FLAGS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    6: x509.ReasonFlags.certificate_hold,
}
moments = st.integers(0, 2**32)
SECONDS = int(NOW.timestamp())
entries = st.builds(
    Entry,
    st.integers(1, 2**159 - 1).map(lambda n: n.to_bytes((n.bit_length() + 7) // 8, "big")),
    moments,
    st.sampled_from([None, 0, *FLAGS]),
    st.none() | moments,
)
entry_lists = st.lists(entries, max_size=12, unique_by=lambda e: e.serial).map(
    lambda found: sorted(found, key=lambda e: e.serial)
)


def written(head: Heading, revoked: list[Entry], key: PrivateKey) -> tuple[bytes, WrittenList]:
    """The finished file and what the writer says of it."""
    out = io.BytesIO()
    result = write_list(head, spool_entries(iter(revoked), head.profile, io.BytesIO()), key, out)
    return out.getvalue(), result


def by_cryptography(
    authority: SampleAuthority,
    revoked: list[Entry],
    *,
    number: int = 7,
    point: x509.Name | None = POINT,
    only_ca: bool = False,
) -> bytes:
    """The same list by cryptography's builder."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(hours=48))
        .add_extension(x509.AuthorityKeyIdentifier(authority.key_identifier, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    if point is not None or only_ca:
        names = None if point is None else [x509.DirectoryName(point)]
        builder = builder.add_extension(
            x509.IssuingDistributionPoint(names, None, False, only_ca, None, False, False), critical=True
        )
    for entry in revoked:
        item = x509.RevokedCertificateBuilder().serial_number(int.from_bytes(entry.serial, "big"))
        item = item.revocation_date(datetime.fromtimestamp(entry.revoked_at, UTC))
        if entry.reason:
            item = item.add_extension(x509.CRLReason(FLAGS[entry.reason]), critical=False)
        if entry.invalidity_at is not None:
            item = item.add_extension(
                x509.InvalidityDate(datetime.fromtimestamp(entry.invalidity_at, UTC)), critical=False
            )
        builder = builder.add_revoked_certificate(item.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


@given(revoked=entry_lists, number=st.integers(1, 2**150), only_ca=st.booleans(), point=st.sampled_from([POINT, None]))
@settings(max_examples=60, deadline=None)
def test_file_is_the_one_cryptography_would_make(
    rsa_authority: SampleAuthority, revoked: list[Entry], number: int, only_ca: bool, point: x509.Name | None
) -> None:
    """RFC 5280 section 5.1: PKCS#1 v1.5 is deterministic, so the whole file equals that of an independent encoder."""
    ours, _ = written(
        heading(rsa_authority, number=number, point=point, partition="ca" if only_ca else "13103"),
        revoked,
        rsa_authority.key,
    )
    assert ours == by_cryptography(rsa_authority, revoked, number=number, point=point, only_ca=only_ca)


@given(revoked=entry_lists)
@settings(max_examples=25, deadline=None)
def test_ecdsa_list_is_signed_over_the_same_octets(ec_authority: SampleAuthority, revoked: list[Entry]) -> None:
    """RFC 5280 section 5.1.1: ECDSA signs the independent encoder's TBSCertList."""
    ours = x509.load_der_x509_crl(written(heading(ec_authority), revoked, ec_authority.key)[0])
    theirs = x509.load_der_x509_crl(by_cryptography(ec_authority, revoked))
    assert ours.tbs_certlist_bytes == theirs.tbs_certlist_bytes
    assert ours.is_signature_valid(ec_authority.key.public_key())


def test_issuing_distribution_point_is_critical_and_holds_the_stored_bytes(rsa_authority: SampleAuthority) -> None:
    """RFC 5280 section 5.2.5: the extension is critical; the name is the certificates' own, octet for octet."""
    der, _ = written(heading(rsa_authority), [], rsa_authority.key)
    found = x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert found.critical
    assert name_bytes(POINT) in der
    assert [name.value for name in found.value.full_name] == [POINT]


def test_list_of_ca_certificates_says_so(rsa_authority: SampleAuthority) -> None:
    """RFC 5280 section 5.2.5: onlyContainsCACerts is true in the list for CA certificates and in no other."""
    for only_ca in (True, False):
        der, _ = written(heading(rsa_authority, partition="ca" if only_ca else "13103"), [], rsa_authority.key)
        found = x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
        assert found.only_contains_ca_certs is only_ca


def test_unspecified_reason_is_left_out(rsa_authority: SampleAuthority) -> None:
    """RFC 5280 section 5.3.1: unspecified (0) is expressed by leaving the extension out."""
    der, _ = written(heading(rsa_authority), [Entry(b"\x05", SECONDS, 0, None)], rsa_authority.key)
    (entry,) = x509.load_der_x509_crl(der)
    assert len(entry.extensions) == 0


def test_writer_reports_what_it_wrote(rsa_authority: SampleAuthority) -> None:
    """Size, number of entries and SHA-256 are those of the file."""
    der, result = written(
        heading(rsa_authority), [Entry(bytes((n,)), SECONDS, 1, None) for n in range(1, 9)], rsa_authority.key
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    assert result == WrittenList(size=len(der), entries=8, sha256=digest.finalize())


@pytest.mark.parametrize("serials", [[b"\x05", b"\x05"], [b"\x06", b"\x05"]], ids=["twice", "descending"])
def test_serial_twice_or_out_of_order_is_refused(serials: list[bytes]) -> None:
    """No serial is listed twice: the order is strict, so a second one cannot pass (CRL-3)."""
    with pytest.raises(EntriesNotInOrder):
        spool_entries([Entry(serial, SECONDS, 1, None) for serial in serials], profile(), io.BytesIO())


def test_one_spool_serves_two_generations(rsa_authority: SampleAuthority, ec_authority: SampleAuthority) -> None:
    """Generations of one name list the same entries, each under its own key (design: section 7)."""
    spool = spool_entries([Entry(bytes((n,)), SECONDS, 4, None) for n in range(1, 9)], profile(), io.BytesIO())
    for authority in (rsa_authority, ec_authority):
        out = io.BytesIO()
        write_list(heading(authority), spool, authority.key, out)
        found = x509.load_der_x509_crl(out.getvalue())
        assert found.is_signature_valid(authority.key.public_key())
        assert [entry.serial_number for entry in found] == list(range(1, 9))


def test_key_that_cannot_take_a_digest_is_refused(rsa_authority: SampleAuthority) -> None:
    """Ed25519 signs no digest made before, and lists are hashed as they stream."""
    with pytest.raises(KeyNotUsable):
        written(heading(rsa_authority), [], ed25519.Ed25519PrivateKey.generate())


def test_hash_is_the_profile_s(rsa_authority: SampleAuthority) -> None:
    """RFC 5758 section 3.2: the algorithm identifier follows the key and the profile's hash."""
    key = ec.generate_private_key(ec.SECP384R1())
    der, _ = written(heading(rsa_authority, of=replace(profile(), signature_hash="sha384")), [], key)
    found = x509.load_der_x509_crl(der)
    assert isinstance(found.signature_hash_algorithm, hashes.SHA384)
    assert found.is_signature_valid(key.public_key())


def test_entry_extensions_are_the_profile_s(rsa_authority: SampleAuthority) -> None:
    """RFC 5280 section 5.3: reasonCode and invalidityDate are optional, and the profile opts."""
    for reason_code, invalidity_date in ((True, False), (False, True), (False, False)):
        chosen = profile(reason_code=reason_code, invalidity_date=invalidity_date)
        der, _ = written(heading(rsa_authority, of=chosen), [Entry(b"\x05", SECONDS, 1, SECONDS)], rsa_authority.key)
        (entry,) = x509.load_der_x509_crl(der)
        kinds = {type(extension.value) for extension in entry.extensions}
        assert kinds == {x509.CRLReason for _ in range(reason_code)} | {
            x509.InvalidityDate for _ in range(invalidity_date)
        }


MEASURE = """
import resource, tempfile
from cryptography.hazmat.primitives.asymmetric import ec
from crl.builder import spool_entries, write_list
from store.crls import Entry
from tests.unit.crl.samples import heading, make_authority, profile

authority = make_authority(ec.generate_private_key(ec.SECP256R1()))
for count in (10_000, 100_000):
    rows = (Entry((2**127 + n).to_bytes(16, "big"), 1_700_000_000 + n, 1 + n % 5, None) for n in range(count))
    with tempfile.TemporaryFile() as spool, tempfile.TemporaryFile() as out:
        result = write_list(heading(authority), spool_entries(rows, profile(), spool), authority.key, out)
    assert result.entries == count
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_list() -> None:
    """A list of 100,000 entries (5 MB) needs no more memory than one of 10,000, within 3 MiB (CRL-6)."""
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert large - small < 3 * 1024
