"""Proof of possession (RFC 2986 section 4.2; requirement ISS-9): by certification request or by signed challenge."""

import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from asn1crypto import algos, csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.application import Application, Proof
from ca.errors import (
    CAError,
    ChallengeSignatureInvalid,
    KeyUnusable,
    RequestHashRefused,
    RequestKeyDiffers,
    RequestMalformed,
    RequestSignatureInvalid,
    RequestTooLarge,
)
from ca.request import LIMIT, check_possession, load_request, possession_challenge, prove_possession, request_key
from ca.statement import PrivateKey, key_octets
from tests.fixtures.officers import authority_statement, issue_application, sample_profile, status_application

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
PROFILE = sample_profile()
AUTHORITY = authority_statement({PROFILE.name: PROFILE})
BUILDER = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))


SIGNED: dict[PrivateKey, bytes] = {
    key: BUILDER.sign(key, hashes.SHA256()).public_bytes(Encoding.DER) for key in (RSA, EC)
}


def application(key: PrivateKey = EC) -> Application:
    """An application for a certificate for `key`, with a signed challenge."""
    return issue_application(AUTHORITY, PROFILE, {"municipality": "13103"}, key)


def der(request: x509.CertificateSigningRequest) -> bytes:
    """The octets of a request."""
    return request.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSA, hashes.SHA256()),
        (RSA, hashes.SHA512()),
        (EC, hashes.SHA384()),
        (ed25519.Ed25519PrivateKey.generate(), None),
    ],
    ids=["rsa-sha256", "rsa-sha512", "ec-sha384", "ed25519"],
)
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM], ids=["der", "pem"])
def test_a_request_with_a_sound_signature_is_read(
    key: PrivateKey, algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None, encoding: Encoding
) -> None:
    """RFC 2986 4.2: the key of the request is returned once its own signature holds."""
    request = load_request(BUILDER.sign(key, algorithm).public_bytes(encoding))
    assert request_key(request) == key_octets(key.public_key())


def test_a_pss_signed_request_is_read() -> None:
    """RFC 4055 3: RSASSA-PSS with SHA-256 proves possession too."""
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    assert load_request(der(BUILDER.sign(RSA, hashes.SHA256(), rsa_padding=pss))).is_signature_valid


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224"])
def test_a_request_signed_with_a_weak_hash_is_refused(tmp_path: Path, algorithm: str) -> None:
    """Requirement ISS-9: MD5 and SHA-1 prove nothing, even with a signature that verifies."""
    key, request = tmp_path / "key.pem", tmp_path / "request.der"
    key.write_bytes(RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    subprocess.run(
        ["openssl", "req", "-new", "-key", key, f"-{algorithm}", "-subj", "/CN=x", "-outform", "DER", "-out", request],
        check=True,
        capture_output=True,
    )
    with pytest.raises(RequestHashRefused) as refusal:
        load_request(request.read_bytes())
    assert refusal.value.algorithm == algorithm


def test_a_request_of_an_algorithm_not_in_use_is_refused() -> None:
    """Requirement ISS-9: Ed448 verifies, and is no algorithm of ours."""
    with pytest.raises(RequestHashRefused):
        load_request(der(BUILDER.sign(ed448.Ed448PrivateKey.generate(), None)))


def test_a_request_with_a_wrong_signature_is_refused() -> None:
    """RFC 2986 4.2: one changed bit of the signature, and there is no proof."""
    octets = bytearray(der(BUILDER.sign(RSA, hashes.SHA256())))
    octets[-1] ^= 1
    with pytest.raises(RequestSignatureInvalid):
        load_request(bytes(octets))


def test_a_request_with_a_swapped_key_is_refused() -> None:
    """RFC 2986 4.2: another key in the request, with the old signature, is no proof for that key."""
    other = key_octets(ec.generate_private_key(ec.SECP256R1()).public_key())
    octets = der(BUILDER.sign(EC, hashes.SHA256())).replace(key_octets(EC.public_key()), other)
    with pytest.raises(RequestSignatureInvalid):
        load_request(octets)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"-----BEGIN CERTIFICATE REQUEST-----\nAA\n-----END CERTIFICATE REQUEST-----\n", id="empty-pem"),
        pytest.param(b"\x30\x80" * 8000, id="nested-indefinite-lengths"),
        pytest.param(der(BUILDER.sign(EC, hashes.SHA256()))[:-1], id="cut-short"),
        pytest.param(der(BUILDER.sign(EC, hashes.SHA256())) + b"\0", id="octets-after"),
    ],
)
def test_what_is_no_request_is_refused(octets: bytes) -> None:
    """RFC 2986 4.1 and requirement INP-1: broken DER is a clear error."""
    with pytest.raises(RequestMalformed):
        load_request(octets)


@pytest.mark.parametrize(
    ("algorithm", "error"),
    [
        pytest.param("sha256_ecdsa", RequestSignatureInvalid, id="of-another-kind-of-key"),
        pytest.param("rsassa_pss", RequestHashRefused, id="without-its-parameters"),
    ],
)
def test_an_algorithm_that_does_not_fit_is_refused(algorithm: str, error: type[Exception]) -> None:
    """RFC 2986 4.2: the algorithm stands beside the signature, unsigned, so anybody can change it."""
    request = csr.CertificationRequest.load(der(BUILDER.sign(RSA, hashes.SHA256())))
    request["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": algorithm})
    with pytest.raises(error):
        load_request(request.dump(force=True))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        pytest.param("2a8648ce3d040302", "2a8648ce3d04037f", RequestHashRefused, id="unknown-signature-algorithm"),
        pytest.param("2a8648ce3d0201", "2a8648ce3d027f", RequestMalformed, id="unknown-key-algorithm"),
        pytest.param("2a8648ce3d030107", "2a8648ce3d03017f", RequestMalformed, id="unknown-curve"),
        pytest.param("020100", "020101", RequestMalformed, id="unknown-version"),
    ],
)
def test_what_names_something_unknown_is_refused(old: str, new: str, error: type[Exception]) -> None:
    """Requirement ISS-9: what cannot be verified proves nothing."""
    octets = der(BUILDER.sign(EC, hashes.SHA256()))
    with pytest.raises(error):
        load_request(octets.replace(bytes.fromhex(old), bytes.fromhex(new), 1))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([RSA, EC]), st.integers(0, 2**16), st.integers(1, 255))
def test_one_changed_octet_never_changes_what_is_proved(key: PrivateKey, place: int, change: int) -> None:
    """Requirement INP-1: damage is refused by an error of ours, or lies outside what the signature is over."""
    octets = bytearray(SIGNED[key])
    octets[place % len(octets)] ^= change
    try:
        proved = load_request(bytes(octets)).tbs_certrequest_bytes
    except CAError:
        return
    assert proved == x509.load_der_x509_csr(SIGNED[key]).tbs_certrequest_bytes


def test_a_large_request_is_refused_before_parsing() -> None:
    """Requirement INP-1: 16 KiB at most are read."""
    with pytest.raises(RequestTooLarge) as refusal:
        load_request(b"\x30" * (LIMIT + 1))
    assert (refusal.value.size, refusal.value.limit) == (16385, 16384)


def test_a_request_for_a_weak_key_is_refused() -> None:
    """Requirement ISS-10: RSA under 2048 bits."""
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the weak key is the point of the test
    with pytest.raises(KeyUnusable):
        load_request(der(BUILDER.sign(weak, hashes.SHA256())))


def test_extensions_asked_for_do_not_matter() -> None:
    """Requirement ISS-5: extensions of a request are never copied, since only its key is taken."""
    asking = BUILDER.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    assert request_key(load_request(der(asking.sign(EC, hashes.SHA256())))) == key_octets(EC.public_key())


@pytest.mark.parametrize("key", [RSA, EC, ed25519.Ed25519PrivateKey.generate()], ids=["rsa", "ec", "ed25519"])
def test_a_signed_challenge_proves_possession(key: PrivateKey) -> None:
    """Requirement ISS-9: the card at the counter signs a challenge of this application instead of a request."""
    assert key_octets(check_possession(application(key))) == key_octets(key.public_key())


def test_a_request_proves_possession() -> None:
    """RFC 2986: the request is for the very key that the application names."""
    proof = Proof("pkcs10", der(BUILDER.sign(EC, hashes.SHA256())))
    assert key_octets(check_possession(replace(application(), proof=proof))) == key_octets(EC.public_key())


def test_a_card_signs_the_challenge_by_rsa_pkcs1_and_sha_256() -> None:
    """Fact sheet c.5: a resident's card makes RSASSA-PKCS1-v1_5 signatures over the octets of the challenge."""
    case = application(RSA)
    octets = possession_challenge(case.deployment, case.id, case.salt, key_octets(RSA.public_key()))
    by_the_card = Proof("challenge", RSA.sign(octets, padding.PKCS1v15(), hashes.SHA256()))
    assert check_possession(replace(case, proof=by_the_card)).key_size == 2048  # type: ignore[union-attr]  # an RSA key


def test_a_request_for_another_key_is_refused() -> None:
    """Requirement ISS-9: a sound request, but not for the key of the application."""
    with pytest.raises(RequestKeyDiffers):
        check_possession(replace(application(), proof=Proof("pkcs10", der(BUILDER.sign(RSA, hashes.SHA256())))))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"id": UUID(int=7)}, id="other-application"),
        pytest.param({"salt": b"\0" * 16}, id="other-salt"),
        pytest.param({"deployment": "production"}, id="other-deployment"),
        pytest.param({"subject_key": key_octets(RSA.public_key())}, id="other-key"),
        pytest.param({"proof": Proof("challenge", b"x" * 70)}, id="junk"),
        pytest.param({"proof": prove_possession(RSA, "test", UUID(int=1), b"s" * 16)}, id="another's-proof"),
    ],
)
def test_a_challenge_proves_possession_for_one_application_only(changes: dict[str, object]) -> None:
    """Requirement ISS-9: a proof kept from another case, deployment or key is none."""
    with pytest.raises(ChallengeSignatureInvalid):
        check_possession(replace(application(), **changes))  # type: ignore[arg-type]  # by its name


def test_only_an_issue_has_a_key() -> None:
    """Design section 4: asking for the key of a revocation is a mistake of the program, not of the officer."""
    with pytest.raises(ValueError, match="issue"):
        check_possession(status_application(application(), "hold", 1))
