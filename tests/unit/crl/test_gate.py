"""One defect, one refusal: lists that the gate must not let pass (CRL-4), and the reading of lists from files."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crl.builder import Heading, spool_entries, write_list
from crl.errors import (
    GateClosed,
    MalformedCRL,
    NumberNotGreater,
    SignatureNotValid,
    SnapshotDiffers,
    WrongExtensions,
    WrongIssuer,
    WrongUpdateTimes,
)
from crl.gate import Ordered, check, check_origin, left
from crl.reader import ListFile, open_list
from policies.finding import Severity
from policies.lint import lint_crl
from store.crls import Entry, entries
from tests.fixtures.register import Register
from tests.unit.crl.samples import NOW, POINT, SampleAuthority, heading, make_authority, name_bytes, profile
from tests.unit.crl.test_builder import SECONDS, entry_lists

KEY = ec.generate_private_key(ec.SECP256R1())


def made(head: Heading, listed: list[Entry], key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> ListFile:
    """A list, read back."""
    out = io.BytesIO()
    write_list(head, spool_entries(listed, head.profile, io.BytesIO()), key, out)
    return open_list(out)


@given(listed=entry_lists)
@settings(max_examples=40, deadline=None)
def test_reads_what_cryptography_reads(ec_authority: SampleAuthority, listed: list[Entry]) -> None:
    """RFC 5280 section 5.1: entries, number and dates of a list from a file are those an independent reader finds."""
    out = io.BytesIO()
    head = heading(ec_authority, number=77)
    write_list(head, spool_entries(listed, head.profile, io.BytesIO()), ec_authority.key, out)
    judge, own = x509.load_der_x509_crl(out.getvalue()), open_list(out)
    assert [int.from_bytes(serial, "big") for serial in own.serials()] == [one.serial_number for one in judge]
    assert (own.number(), own.size) == (77, len(out.getvalue()))
    assert own.heading.last_update_utc == judge.last_update_utc
    assert own.is_signed_by(ec_authority.certificate.public_key())  # type: ignore[arg-type]  # an elliptic curve key
    assert not own.is_signed_by(KEY.public_key())


@given(at=st.integers(0, 1 << 16), flip=st.integers(0, 255))
@example(at=1957, flip=1)  # an issuing distribution point with a kind of name cryptography does not read
@settings(max_examples=150, deadline=None)
def test_damaged_list_never_passes(rsa_authority: SampleAuthority, at: int, flip: int) -> None:
    """CRL-4: with any octet changed or any part cut off, a list is malformed or not signed."""
    out = io.BytesIO()
    head = heading(rsa_authority)
    listed = [Entry(bytes((n,)), SECONDS, 1, None) for n in range(1, 20)]
    write_list(head, spool_entries(listed, head.profile, io.BytesIO()), rsa_authority.key, out)
    octets = bytearray(out.getvalue())
    place = at % len(octets)
    if flip:
        octets[place] ^= flip
    else:
        del octets[place:]
    try:
        own = open_list(io.BytesIO(octets))
        whole = own.is_signed_by(rsa_authority.certificate.public_key())  # type: ignore[arg-type]  # an RSA key
    except MalformedCRL:
        return
    assert not whole


@given(earlier=entry_lists, kept=st.integers(0, 2**12 - 1), added=entry_lists)
@settings(max_examples=40, deadline=None)
def test_what_left_is_the_difference(
    ec_authority: SampleAuthority, earlier: list[Entry], kept: int, added: list[Entry]
) -> None:
    """CRL-3: every serial of the earlier list that the later one lacks is found, and no other."""
    stayed = [one for n, one in enumerate(earlier) if kept >> n & 1]
    later = sorted({one.serial: one for one in stayed + added}.values())
    before, after = (made(heading(ec_authority), listed, ec_authority.key) for listed in (earlier, later))
    expected = {one.serial for one in earlier} - {one.serial for one in later}
    assert list(left(before, after)) == sorted(expected)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """A register in which serials 1 to 3 of the authority are revoked."""
    register = Register.make(tmp_path, name_bytes(POINT))
    for serial in (1, 2, 3):
        register.issue("jpki-sign-g1", "jpki-sign", serial, NOW)
        register.revoke("jpki-sign", serial, 1, NOW)
    yield register
    register.close()


def pass_gate(
    register: Register,
    authority: SampleAuthority,
    head: Heading,
    *,
    ordered: Heading | None = None,
    listed: list[Entry] | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    previous: ListFile | None = None,
) -> None:
    """Make a list of `head`, of the register's entries unless others are given, and check it against the order."""
    with register.signer.snapshot() as snapshot:
        found = list(entries(snapshot, "jpki-sign", "13103", None))
        finished = made(head, found if listed is None else listed, key or authority.key)
        spool = spool_entries(found, head.profile, io.BytesIO())
        wanted = Ordered("jpki-sign-g1", authority.certificate, ordered or head, "jpki-sign", spool, None, 1 << 20, ())
        check(finished, wanted, previous, snapshot)


def test_right_list_passes(register: Register, ec_authority: SampleAuthority) -> None:
    """CRL-4: what is as ordered passes, also after an earlier list."""
    earlier = made(replace(heading(ec_authority), this_update=NOW - timedelta(hours=1), number=6), [], ec_authority.key)
    pass_gate(register, ec_authority, heading(ec_authority))
    pass_gate(register, ec_authority, heading(ec_authority), previous=earlier)


DEFECTS: dict[str, tuple[dict[str, object], type[GateClosed]]] = {
    "issuer": ({"issuer": x509.Name([]).public_bytes()}, WrongIssuer),
    "this-update": ({"this_update": NOW + timedelta(seconds=1)}, WrongUpdateTimes),
    "next-update": ({"profile": replace(profile(), next_update_hours=49)}, WrongUpdateTimes),
    "number": ({"number": 8}, WrongExtensions),
    "authority-key-identifier": ({"key_identifier": bytes(20)}, WrongExtensions),
    "distribution-point": ({"distribution_point": b""}, WrongExtensions),
    "scope": ({"partition": "ca"}, WrongExtensions),
    "extension-order": ({"profile": replace(profile(), extensions=profile().extensions[::-1])}, WrongExtensions),
}


@pytest.mark.parametrize(("change", "refusal"), DEFECTS.values(), ids=DEFECTS)
def test_wrong_heading(
    register: Register, ec_authority: SampleAuthority, change: dict[str, object], refusal: type[GateClosed]
) -> None:
    """CRL-4 and CRL-5: issuer, dates and extensions are those ordered, octet for octet."""
    ordered = heading(ec_authority)
    with pytest.raises(refusal):
        pass_gate(register, ec_authority, replace(ordered, **change), ordered=ordered)  # type: ignore[arg-type]  # one field


def test_list_without_a_scope(register: Register, ec_authority: SampleAuthority) -> None:
    """RFC 5280 section 5.2.5: a list of one partition that does not say so would pass for the list of all."""
    with pytest.raises(WrongExtensions):
        pass_gate(register, ec_authority, heading(ec_authority, point=None))


def test_number_not_greater(register: Register, ec_authority: SampleAuthority) -> None:
    """CRL-1: the number of a new list is greater than the published one's."""
    earlier = made(replace(heading(ec_authority), this_update=NOW - timedelta(hours=1)), [], ec_authority.key)
    with pytest.raises(NumberNotGreater, match="CRL number 7 is not greater than 7"):
        pass_gate(register, ec_authority, heading(ec_authority), previous=earlier)


def test_signature_of_another_key(register: Register, ec_authority: SampleAuthority) -> None:
    """CRL-4: the list verifies with the public key of the authority's certificate."""
    with pytest.raises(SignatureNotValid):
        pass_gate(register, ec_authority, heading(ec_authority), key=KEY)


ONE, TWO, THREE = (Entry(bytes((n,)), SECONDS, 1, None) for n in (1, 2, 3))


@pytest.mark.parametrize(
    "listed",
    [[ONE, TWO], [ONE, TWO, THREE, Entry(b"\x04", SECONDS, 1, None)], [ONE, TWO, Entry(b"\x03", SECONDS, 4, None)]],
    ids=["lacks-one", "adds-one", "alters-one"],
)
def test_entries_other_than_the_snapshot_s(
    register: Register, ec_authority: SampleAuthority, listed: list[Entry]
) -> None:
    """CRL-3: the list holds what the snapshot holds, no more, no less, nothing else."""
    with pytest.raises(SnapshotDiffers):
        pass_gate(register, ec_authority, heading(ec_authority), listed=listed)


def test_published_list_of_another_authority(ec_authority: SampleAuthority) -> None:
    """CRL-4: a predecessor of another name or key is none."""
    stranger = make_authority(KEY)
    spool = spool_entries([], profile(), io.BytesIO())
    head = heading(ec_authority)
    ordered = Ordered("jpki-sign-g1", ec_authority.certificate, head, "jpki-sign", spool, None, 1 << 20, ())
    check_origin(made(heading(ec_authority), [], ec_authority.key), ordered)
    with pytest.raises(SignatureNotValid):
        check_origin(made(heading(stranger), [], KEY), ordered)
    with pytest.raises(WrongIssuer):
        check_origin(made(replace(heading(ec_authority), issuer=x509.Name([]).public_bytes()), [], KEY), ordered)


def test_snapshot_with_more_than_was_spooled(register: Register, ec_authority: SampleAuthority) -> None:
    """CRL-3: entries are counted by another statement than they are read by; a reading cut short shows."""
    head = heading(ec_authority)
    short = spool_entries([ONE, TWO], head.profile, io.BytesIO())
    ordered = Ordered("jpki-sign-g1", ec_authority.certificate, head, "jpki-sign", short, None, 1 << 20, ())
    with register.signer.snapshot() as snapshot, pytest.raises(SnapshotDiffers):
        check(made(head, [ONE, TWO], ec_authority.key), ordered, None, snapshot)


@pytest.mark.parametrize("partition", ["13103", "ca"])
def test_pkilint_finds_nothing(rsa_authority: SampleAuthority, partition: str) -> None:
    """RFC 5280 section 5: no finding of the weight of a warning, with every kind of entry we write."""
    out = io.BytesIO()
    head = heading(rsa_authority, partition=partition)
    kinds = [(1, None), (3, SECONDS), (4, None), (5, None), (6, None), (9, None), (None, None), (None, SECONDS)]
    listed = [Entry(bytes((n,)), SECONDS, *kind) for n, kind in enumerate(kinds, 1)]
    write_list(head, spool_entries(listed, head.profile, io.BytesIO()), rsa_authority.key, out)
    assert [one for one in lint_crl(out.getvalue()) if one.severity >= Severity.WARNING] == []
