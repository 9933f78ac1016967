"""Answers against cryptography's builder and reader (RFC 6960 section 4.2)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ocsp.errors import ResponderRefused, WrongResponderKey
from ocsp.request import parse_request
from ocsp.response import INTERNAL_ERROR, MALFORMED_REQUEST, TRY_LATER, UNAUTHORIZED, Revoked, single_response
from ocsp.status import Standing
from tests.unit.ocsp.samples import NOW, SampleAuthority, issue, make_delegate, question, responder_certificate

REASONS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    6: x509.ReasonFlags.certificate_hold,
    9: x509.ReasonFlags.privilege_withdrawn,
}
moments = st.integers(0, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
standings = st.booleans() | st.builds(Revoked, moments, st.sampled_from([None, 0, *REASONS]))
LATER = timedelta(minutes=30)


def ours(
    authority: SampleAuthority,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    asked: bytes,
    standing: Standing,
    certificate: x509.Certificate,
) -> bytes:
    """Our answer to a request by cryptography."""
    request = parse_request(asked)
    singles = [single_response(asked, standing, NOW, NOW + LATER, None) for asked in request.certificates]
    return make_delegate(authority, key, certificate).sign(singles, NOW, request.nonce)


def theirs(
    authority: SampleAuthority, key: rsa.RSAPrivateKey, asked: bytes, standing: Standing, certificate: x509.Certificate
) -> bytes:
    """The same answer by cryptography's builder."""
    request = ocsp.load_der_ocsp_request(asked)
    revoked = standing if isinstance(standing, Revoked) else None
    status = (
        ocsp.OCSPCertStatus.REVOKED
        if revoked
        else ocsp.OCSPCertStatus.GOOD
        if standing
        else ocsp.OCSPCertStatus.UNKNOWN
    )
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.serial_number,
            request.hash_algorithm,
            status,
            NOW,
            NOW + LATER,
            revoked.at if revoked else None,
            REASONS.get(revoked.reason or 0) if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
        .certificates([certificate])
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def certificate(authority: SampleAuthority, rsa_key: rsa.RSAPrivateKey) -> x509.Certificate:
    """The RSA responder's certificate."""
    return responder_certificate(authority, rsa_key)


@given(serial=st.integers(1, 2**159 - 1), standing=standings, nonce=st.none() | st.binary(min_size=1, max_size=128))
@settings(max_examples=60, deadline=None)
def test_octets_are_those_of_cryptography(
    authority: SampleAuthority,
    rsa_key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    serial: int,
    standing: Standing,
    nonce: bytes | None,
) -> None:
    """RFC 6960 section 4.2.1: the clock on producedAt apart, the signed octets are those of an independent encoder."""
    asked = question(authority, serial, hashes.SHA256(), nonce)
    own = ocsp.load_der_ocsp_response(ours(authority, rsa_key, asked, standing, certificate))
    judge = ocsp.load_der_ocsp_response(theirs(authority, rsa_key, asked, standing, certificate))
    produced = judge.produced_at_utc.strftime("%Y%m%d%H%M%SZ").encode()
    expected = judge.tbs_response_bytes.replace(b"\x18\x0f" + produced, b"\x18\x0f20261123030000Z", 1)
    assert own.tbs_response_bytes == expected
    assert own.certificates == judge.certificates
    assert own.signature_algorithm_oid == judge.signature_algorithm_oid
    rsa_key.public_key().verify(own.signature, own.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(("curve", "digest"), [(ec.SECP256R1(), hashes.SHA256()), (ec.SECP384R1(), hashes.SHA384())])
def test_ecdsa_answer(authority: SampleAuthority, curve: ec.EllipticCurve, digest: hashes.HashAlgorithm) -> None:
    """RFC 5758 section 3.2: an elliptic curve key signs with the hash that fits its curve."""
    key = ec.generate_private_key(curve)
    answer = ocsp.load_der_ocsp_response(
        ours(authority, key, question(authority, 5), True, responder_certificate(authority, key))
    )
    key.public_key().verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
    assert answer.signature_hash_algorithm is not None
    assert answer.signature_hash_algorithm.name == digest.name


def test_archive_cutoff_is_a_single_extension(authority: SampleAuthority) -> None:
    """RFC 6960 section 4.4.4: the cutoff stands in the SingleResponse, as a GeneralizedTime."""
    (asked,) = parse_request(question(authority, 5)).certificates
    encoded = single_response(asked, True, NOW, NOW + LATER, NOW - timedelta(days=365))
    assert encoded.endswith(bytes.fromhex("06092b06010505073001060411180f") + b"20251123030000Z")


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (MALFORMED_REQUEST, ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (INTERNAL_ERROR, ocsp.OCSPResponseStatus.INTERNAL_ERROR),
        (TRY_LATER, ocsp.OCSPResponseStatus.TRY_LATER),
        (UNAUTHORIZED, ocsp.OCSPResponseStatus.UNAUTHORIZED),
    ],
)
def test_unsuccessful_answers(octets: bytes, status: ocsp.OCSPResponseStatus) -> None:
    """RFC 6960 section 4.2.1: an answer without a status is the response status alone."""
    assert octets == ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def test_responder_with_another_key_does_not_start(authority: SampleAuthority, certificate: x509.Certificate) -> None:
    """OCSP-3: a key that is not the certificate's is found out at the start."""
    with pytest.raises(WrongResponderKey):
        make_delegate(authority, ec.generate_private_key(ec.SECP256R1()), certificate)


PURPOSE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
UNFIT = {
    "without-purpose": (x509.OCSPNoCheck(),),
    "with-another-purpose": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), x509.OCSPNoCheck()),
    "without-nocheck": (PURPOSE,),
    "as-a-ca": (PURPOSE, x509.OCSPNoCheck(), x509.BasicConstraints(ca=True, path_length=None)),
}


@pytest.mark.parametrize("extensions", UNFIT.values(), ids=UNFIT)
def test_unfit_responder_certificate_does_not_start(
    authority: SampleAuthority, ec_key: ec.EllipticCurvePrivateKey, extensions: tuple[x509.ExtensionType, ...]
) -> None:
    """RFC 6960 section 4.2.2.2: what a verifier would not accept as a delegate is refused at the start."""
    with pytest.raises(ResponderRefused):
        make_delegate(authority, ec_key, issue("OCSP", ec_key, *extensions, issuer=authority))


def test_responder_of_another_authority_does_not_start(
    authority: SampleAuthority, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    """RFC 6960 section 4.2.2.2: the delegate's certificate is signed by the key it answers for."""
    stranger = issue("OCSP", ec_key, PURPOSE, x509.OCSPNoCheck())
    with pytest.raises(ResponderRefused):
        make_delegate(authority, ec_key, stranger)
