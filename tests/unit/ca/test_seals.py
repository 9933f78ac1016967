"""Seals of papers: who sealed is known, and no octet can change afterwards (ETSI EN 319 142-1, level B-B)."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ca.documents import render
from ca.paper_errors import PaperRefused, PaperUnreadable, SealBroken, SealKeyUnusable, SealOfStranger
from ca.seals import check_seals, seal
from ca.statement import PrivateKey
from hsm.generation import KeyAlgorithm
from hsm.token import Token

Keys = tuple[PrivateKey, ...]

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def certificate_of(key: PrivateKey) -> x509.Certificate:
    """A self-signed certificate for a key that seals."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Seal")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, AT, AT + timedelta(days=30))
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.add_extension(usage, critical=True).sign(key, digest)


@pytest.fixture(scope="module")
def paper() -> bytes:
    """An unsealed paper."""
    return render("<p>議事録 Minutes</p>", title="議事録", language="ja", at=AT)


@pytest.fixture(scope="module")
def keys() -> Keys:
    """Two people who seal."""
    return ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def sealed(paper: bytes, keys: Keys) -> bytes:
    """The paper with a seal of each, one after the other."""
    for number, key in enumerate(keys, 1):
        certificate = certificate_of(key)
        paper = seal(paper, key, certificate, field=f"seal-{number}", reason="議事録の確認", at=AT)
    return paper


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 3072),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["rsa-3072", "p-256", "p-384"],
)
def test_a_seal_tells_who_set_it_and_when(paper: bytes, key: PrivateKey) -> None:
    """Certificate, reason and time come back as they were given."""
    certificate = certificate_of(key)
    out = seal(paper, key, certificate, field="audit", reason="監査 audit", at=AT)
    (found,) = check_seals(out, [key.public_key()])
    assert (found.field, found.reason, found.at) == ("audit", "監査 audit", AT)
    assert found.certificate == certificate
    assert found.revision == len(out)


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256])
def test_a_key_in_a_token_seals(paper: bytes, token: Token, algorithm: KeyAlgorithm) -> None:
    """The audit key never leaves its token: the seal asks it for one signature, as any other signer does."""
    key = token.generate("audit", algorithm)
    out = seal(paper, key, certificate_of(key), field="audit", reason="minutes", at=AT)
    assert [each.field for each in check_seals(out, [key.public_key()])] == ["audit"]


def test_seals_follow_one_another_and_leave_what_was_before(paper: bytes, sealed: bytes, keys: Keys) -> None:
    """ISO 32000-1, 7.5.6: an incremental update; the first seal speaks for less of the file than the last."""
    first, second = check_seals(sealed, [key.public_key() for key in keys])
    assert sealed.startswith(paper)
    assert (first.field, second.field) == ("seal-1", "seal-2")
    assert len(paper) < first.revision < second.revision == len(sealed)


def test_the_same_paper_is_prepared_alike(paper: bytes) -> None:
    """Only the signature differs: an RSA key with PKCS#1 v1.5 gives the same octets twice."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = certificate_of(key)
    once, twice = (seal(paper, key, certificate, field="a", reason="b", at=AT) for _ in range(2))
    assert once == twice


def test_a_seal_leaves_the_metadata_of_pdf_a(paper: bytes, sealed: bytes) -> None:
    """ISO 19005-3, 6.6.4: the sealed paper still declares itself, in the very octets."""
    before, after = (PdfFileReader(BytesIO(each)) for each in (paper, sealed))
    assert after.root["/Metadata"].data == before.root["/Metadata"].data
    assert after.trailer["/Info"] == before.trailer["/Info"]
    assert after.trailer["/ID"][0] == before.trailer["/ID"][0]


def test_a_seal_is_invisible(sealed: bytes) -> None:
    """ISO 19005-3, 6.3.3: a widget without an appearance has an empty rectangle, and is printed."""
    for field in map(generic.IndirectObject.get_object, PdfFileReader(BytesIO(sealed)).root["/AcroForm"]["/Fields"]):
        assert [int(each) for each in field["/Rect"]] == [0, 0, 0, 0]
        assert int(field["/F"]) & 4


def test_poppler_finds_every_seal_valid(sealed: bytes, tmp_path: Path) -> None:
    """A reader that shares no code with this program."""
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    told = subprocess.run(["pdfsig", "-nocert", tmp_path / "sealed.pdf"], check=False, capture_output=True, text=True)
    assert told.stdout.count("Signature is Valid.") == 2
    assert told.stdout.count("ETSI.CAdES.detached") == 2
    assert told.stdout.count("Total document signed") == 1


def test_pyhanko_finds_every_seal_valid(sealed: bytes, keys: Keys) -> None:
    """Its whole validation, with a path to the certificate, agrees."""
    for embedded in PdfFileReader(BytesIO(sealed)).embedded_signatures:
        root = asn1_x509.Certificate.load(embedded.signer_cert.dump())
        status = validate_pdf_signature(embedded, ValidationContext(trust_roots=[root], moment=AT))
        assert status.bottom_line


def test_the_platforms_own_cryptography_is_never_loaded(sealed: bytes, keys: Keys) -> None:
    """Oscrypto binds to the system's OpenSSL when it is imported, and fails with a present one."""
    check_seals(sealed, [key.public_key() for key in keys])
    assert "oscrypto" not in sys.modules


def test_a_seal_of_somebody_unknown_is_named(sealed: bytes, keys: Keys) -> None:
    """Whoever seals must be somebody the reader knows: the second key is not among those given."""
    with pytest.raises(SealOfStranger) as refused:
        check_seals(sealed, [keys[0].public_key()])
    assert refused.value.seal == "seal-2"


def test_a_paper_without_seals_has_none(paper: bytes) -> None:
    """An empty answer, so the caller sees that nobody sealed."""
    assert check_seals(paper, []) == ()


@pytest.mark.parametrize("place", range(0, 100, 3))
def test_one_changed_bit_anywhere_is_found(sealed: bytes, keys: Keys, place: int) -> None:
    """From the first octet to the last: the signatures cover everything but their own container."""
    changed = bytearray(sealed)
    changed[place * (len(sealed) - 1) // 99] ^= 0x20
    with pytest.raises(PaperRefused):
        check_seals(bytes(changed), [key.public_key() for key in keys])


def _container(sealed: bytes, number: int) -> tuple[int, int]:
    _, start, end, _ = PdfFileReader(BytesIO(sealed)).embedded_signatures[number].byte_range
    return int(start), int(end)


@pytest.mark.parametrize("place", range(12))
def test_one_changed_octet_in_the_last_container_is_found(sealed: bytes, keys: Keys, place: int) -> None:
    """Even where no signature reaches: unsigned parts of the CMS, the case of its digits, the zeros after it."""
    start, end = _container(sealed, 1)
    changed = bytearray(sealed)
    changed[start + place * (end - 1 - start) // 11] ^= 0x01
    with pytest.raises(PaperRefused):
        check_seals(bytes(changed), [key.public_key() for key in keys])


def test_the_digits_of_a_container_are_written_one_way(sealed: bytes, keys: Keys) -> None:
    """A small letter is the same number and another octet."""
    start, end = _container(sealed, 1)
    other = sealed[:start] + sealed[start:end].lower() + sealed[end:]
    assert other != sealed
    with pytest.raises(SealBroken) as refused:
        check_seals(other, [key.public_key() for key in keys])
    assert refused.value.seal == "seal-2"


def test_octets_after_the_last_seal_are_found(sealed: bytes, keys: Keys) -> None:
    """The last seal covers the file to its end."""
    with pytest.raises(PaperRefused):
        check_seals(sealed + b"\n", [key.public_key() for key in keys])


def _with_another_page(pdf: bytes) -> bytes:
    out = BytesIO(pdf)
    writer = IncrementalPdfFileWriter(out)
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    writer.write_in_place()
    return out.getvalue()


def test_a_page_changed_after_the_seals_is_found(sealed: bytes, keys: Keys) -> None:
    """An update that replaces a page leaves every signature valid and shows something else."""
    with pytest.raises(SealBroken):
        check_seals(_with_another_page(sealed), [key.public_key() for key in keys])


def test_a_page_changed_before_the_first_seal_is_found(paper: bytes, keys: Keys) -> None:
    """Even somebody who may seal cannot change a page by the update that the seal comes with."""
    changed = _with_another_page(paper)
    with pytest.raises(PaperUnreadable):
        check_seals(changed, [])
    out = seal(changed, keys[0], certificate_of(keys[0]), field="audit", reason="x", at=AT)
    with pytest.raises(SealBroken):
        check_seals(out, [keys[0].public_key()])


def test_a_page_changed_between_two_seals_is_found(sealed: bytes, keys: Keys) -> None:
    """The next seal covers the change, and the change is no seal."""
    key = keys[0]
    out = seal(_with_another_page(sealed), key, certificate_of(key), field="late", reason="x", at=AT)
    with pytest.raises(SealBroken):
        check_seals(out, [each.public_key() for each in keys])


def test_a_key_seals_only_under_its_own_certificate(paper: bytes, keys: Keys) -> None:
    """The certificate inside is what readers show."""
    with pytest.raises(SealKeyUnusable):
        seal(paper, keys[0], certificate_of(keys[1]), field="audit", reason="x", at=AT)


def test_a_kind_of_key_that_readers_cannot_verify_does_not_seal(paper: bytes) -> None:
    """Ed25519 in PDF is young (ISO/TS 32002): poppler calls such a signature corrupted."""
    key = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(SealKeyUnusable):
        seal(paper, key, certificate_of(key), field="audit", reason="x", at=AT)


@pytest.mark.parametrize("field", ["seal-1", "Sato", "", "a.b"])
def test_a_seal_has_a_name_of_its_own(sealed: bytes, keys: Keys, field: str) -> None:
    """Two seals of one name would be one."""
    with pytest.raises(PaperUnreadable):
        seal(sealed, keys[0], certificate_of(keys[0]), field=field, reason="x", at=AT)
