"""Seals of papers: PAdES baseline B-B signatures (ETSI EN 319 142-1) in invisible fields, one after another.

A seal is an incremental update (ISO 32000-1, 7.5.6), so it leaves every octet before it as it was. The CMS inside has
one form only, so that it can be built again from the certificate, the digest and the signature value and compared:
no octet of a sealed paper is outside both the signatures and that comparison.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import as_signing_certificate_v2
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from ca.documents import LIMIT
from ca.errors import TooLarge
from ca.paper_errors import PaperUnreadable, SealBroken, SealKeyUnusable, SealOfStranger
from ca.statement import PrivateKey, PublicKey, key_octets, octets_verify, sign_octets

__all__ = ["Seal", "SealKey", "check_seals", "seal", "unsealed"]

_FIELD: Final = re.compile(r"\A[a-z][a-z0-9-]{0,63}\Z")
_SPARE: Final = 64
_KINDS: Final = "it is neither RSA nor EC, and readers of PDF verify no other yet"


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that holds. `field` names it, `at` (aware) is when its maker says it was set.

    `certificate` is the one it names, `revision` the octets of the paper it speaks for, counted from the start.
    """

    field: str
    reason: str
    certificate: x509.Certificate
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key that sets seals, which may live in a token, and the certificate that its seals name."""

    key: PrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class _Form:
    """How a kind of key signs: the CMS names of its digest and of its signature, and the longest value in octets."""

    digest: str
    mechanism: str
    octets: int


def seal(pdf: bytes, key: PrivateKey, certificate: x509.Certificate, *, field: str, reason: str, at: datetime) -> bytes:
    """Return the paper with one more seal: `pdf`, followed by an update that `key` signed at `at` (aware UTC).

    `key` may live in a token. Raises SealKeyUnusable when it is not the certificate's or of another kind,
    PaperUnreadable when `pdf` cannot take a seal.
    """
    if key_octets(key.public_key()) != key_octets(_key(certificate)):
        raise SealKeyUnusable("the certificate is for another one")
    form = _form(certificate)
    taken = {each.field_name for each in _reader(pdf).embedded_signatures}
    if not _FIELD.match(field) or field in taken:
        raise PaperUnreadable("the seal's field has no usable name, or one that is taken")
    out = BytesIO(pdf)
    embedder: Any = PdfCMSEmbedder().write_cms(field, _Update(out))
    next(embedder)
    space = 2 * (len(_cms(certificate, form, bytes(64), bytes(form.octets))) + _SPARE)
    embedder.send(
        SigObjSetup(
            sig_placeholder=SignatureObject(
                timestamp=at, reason=reason, subfilter=SigSeedSubFilter.PADES, bytes_reserved=space
            )
        )
    )
    prepared, _ = embedder.send(SigIOSetup(md_algorithm=form.digest, in_place=True))
    digest = prepared.document_digest
    value = sign_octets(key, _signed_attributes(certificate, digest).dump())
    embedder.send(_cms(certificate, form, digest, value))
    return out.getvalue()


class _Update(IncrementalPdfFileWriter):
    """An update that depends on the paper alone: the library would write its own clock and randomness into it."""

    def _update_meta(self) -> None:
        """Leave the metadata: they say who made the pages, and PDF/A wants both forms of them alike."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> generic.ArrayObject:
        """Keep the permanent identifier, and derive the changing one (ISO 32000-1, 14.4) from the paper so far."""
        permanent = prev.trailer["/ID"][0]
        prev.stream.seek(0)
        changing = sha256(prev.stream.read()).digest()[:16]
        octets = (permanent.original_bytes, changing)
        return generic.ArrayObject([generic.ByteStringObject(each) for each in octets])


def _form(certificate: x509.Certificate) -> _Form:
    key = certificate.public_key()
    match key:
        case rsa.RSAPublicKey():
            return _Form("sha256", "sha256_rsa", key.key_size // 8)
        case ec.EllipticCurvePublicKey():
            digest = "sha384" if isinstance(key.curve, ec.SECP384R1) else "sha256"
            return _Form(digest, f"{digest}_ecdsa", 2 * ((key.key_size + 7) // 8) + 16)
        case _:
            raise SealKeyUnusable(_KINDS)


def _signed_attributes(certificate: x509.Certificate, digest: bytes) -> Any:  # noqa: ANN401  # asn1crypto has no types
    """The signed attributes of PAdES B-B (ETSI EN 319 142-1, 6.3): type, digest, and which certificate it is."""
    values = {
        "content_type": "data",
        "message_digest": digest,
        "signing_certificate_v2": as_signing_certificate_v2(_converted(certificate)),
    }
    return cms.CMSAttributes([cms.CMSAttribute({"type": name, "values": [value]}) for name, value in values.items()])


def _cms(certificate: x509.Certificate, form: _Form, digest: bytes, value: bytes) -> bytes:
    """The DER of the one form of CMS SignedData that a seal has (RFC 5652): one certificate, one signer, no more."""
    signer = ExternalSigner(
        signing_cert=_converted(certificate),
        cert_registry=None,
        signature_value=value,
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": form.mechanism}),
    )
    attributes = _signed_attributes(certificate, digest)
    content = asyncio.run(signer.async_sign_prescribed_attributes(form.digest, attributes, cms_version="v1"))
    return bytes(content.dump())


def _converted(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise SealKeyUnusable(_KINDS)
    return key


def _reader(pdf: bytes) -> PdfFileReader:
    if len(pdf) > LIMIT:
        raise TooLarge(len(pdf), LIMIT)
    try:
        reader = PdfFileReader(BytesIO(pdf))
        reader.embedded_signatures  # noqa: B018  # the library reads them here, or says why it cannot
    except Exception as error:  # it meets octets that nobody wrote with whatever it stumbles over
        raise PaperUnreadable(type(error).__name__) from None
    return reader


def check_seals(pdf: bytes, keys: Sequence[PublicKey]) -> tuple[Seal, ...]:
    """Return the seals in the order they were set, once each holds and nothing but seals came after the pages.

    Each must be set with one of `keys`; a paper without seals has none to return, so the caller counts. Raises
    SealBroken or SealOfStranger with the seal's name, PaperUnreadable when `pdf` cannot be taken apart.
    """
    reader = _reader(pdf)
    found = [_checked(pdf, each) for each in reader.embedded_signatures]
    trusted = {key_octets(key) for key in keys}
    for each in found:
        if key_octets(_key(each.certificate)) not in trusted:
            raise SealOfStranger(each.field)
    _check_order(reader)
    return tuple(found)


def unsealed(pdf: bytes) -> bytes:
    """Return the octets of the paper before any seal: its first revision. Raises PaperUnreadable."""
    start = _reader(pdf).xrefs.get_startxref_for_revision(0)
    end = b"startxref\n%d\n%%%%EOF\n" % start
    found = pdf.find(end, start)
    if found < 0:
        raise PaperUnreadable("its first revision has no end")
    return pdf[: found + len(end)]


def _checked(pdf: bytes, embedded: EmbeddedPdfSignature) -> Seal:
    field = str(embedded.field_name)
    try:
        certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
        form = _form(certificate)
        digest = embedded.compute_digest(form.digest)
        value = embedded.signer_info["signature"].native
        if not octets_verify(_key(certificate), _signed_attributes(certificate, digest).dump(), value):
            raise InvalidSignature
        expected = _cms(certificate, form, digest, value)
        at = embedded.self_reported_timestamp
        reason = str(embedded.sig_object.get("/Reason", ""))
    except InvalidSignature:
        raise SealBroken(field, "what it covers is not what was signed") from None
    except Exception as error:  # the same: octets that nobody wrote
        raise SealBroken(field, f"it cannot be read ({type(error).__name__})") from None
    start, end = int(embedded.byte_range[1]), int(embedded.byte_range[2])
    if pdf[start:end] != b"<" + expected.hex().upper().encode().ljust(end - start - 2, b"0") + b">":
        raise SealBroken(field, "its container is not as it was written")
    if at is None:
        raise SealBroken(field, "it does not say when it was set")
    return Seal(field, reason, certificate, at, end + int(embedded.byte_range[3]))


def _check_order(reader: PdfFileReader) -> None:
    """One revision for the pages and one for each seal, each covering all before it, and nothing to be seen in any."""
    seals = reader.embedded_signatures
    if not seals:
        if reader.xrefs.total_revisions != 1:
            raise PaperUnreadable("it was changed after it was made")
        return
    for number, each in enumerate(seals, 1):
        field = str(each.field_name)
        last = number == len(seals)
        whole = SignatureCoverageLevel.ENTIRE_FILE if last else SignatureCoverageLevel.ENTIRE_REVISION
        if each.signed_revision != number or each.evaluate_signature_coverage() is not whole:
            raise SealBroken(field, "something was added that is no seal")
        if any(float(corner) for corner in each.sig_field["/Rect"]) or "/AP" in each.sig_field:
            raise SealBroken(field, "it covers a part of the page")
    if reader.xrefs.total_revisions != len(seals) + 1 or not _only_filled(reader):
        raise SealBroken(str(seals[-1].field_name), "something was added that is no seal")


def _only_filled(reader: PdfFileReader) -> bool:
    """Whether every revision only filled the form that the pages left empty."""
    pages = reader.get_historical_resolver(0)
    try:
        for revision in range(1, reader.xrefs.total_revisions):
            outcome = DEFAULT_DIFF_POLICY.apply(old=pages, new=reader.get_historical_resolver(revision))
            if outcome.modification_level > ModificationLevel.FORM_FILLING:
                return False
    except (PdfError, SuspiciousModification):
        return False
    return True
