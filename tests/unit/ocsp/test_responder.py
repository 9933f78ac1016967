"""What the responder says of issued, unissued, revoked and held certificates, and when (RFC 6960 section 2.2)."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocsp.cache import Answer
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.status import StatusReader
from policies.finding import Severity
from store.journal import count_change
from store.status import Compromise
from tests.fixtures.register import Register
from tests.fixtures.response_lint import lint_ocsp_response
from tests.unit.ocsp.samples import NOW, SampleAuthority, make_authority, make_delegate, question, responder_certificate
from tests.unit.ocsp.test_request import request

SECOND = timedelta(seconds=1)
STATUS = ocsp.OCSPResponseStatus
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


def make_responder(register: Register, *authorities: SampleAuthority, unknown: int = 100) -> Responder:
    """A responder with a fresh key for each authority, which answers so many questions about unknown certificates."""
    delegates = [make_delegate(authority, ec.generate_private_key(ec.SECP256R1())) for authority in authorities]
    return Responder(delegates, StatusReader(register.reader, 100), 100, TokenBucket(0.001, unknown))


def read(answer: Answer) -> ocsp.OCSPResponse:
    """The answer as cryptography reads it."""
    return ocsp.load_der_ocsp_response(answer.der)


@pytest.fixture
def responder(register: Register, authority: SampleAuthority) -> Responder:
    """A responder for one authority."""
    return make_responder(register, authority)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])  # noqa: S303 - RFC 5019
def test_issued_certificate_is_good(
    register: Register, responder: Responder, authority: SampleAuthority, algorithm: hashes.SHA1 | hashes.SHA256
) -> None:
    """RFC 6960 section 2.2: good, with thisUpdate now and nextUpdate, asked by SHA-1 and by SHA-256."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    answer = read(responder.answer(question(authority, 5, algorithm), NOW))
    assert (answer.certificate_status, answer.serial_number) == (GOOD, 5)
    assert (answer.this_update_utc, answer.next_update_utc) == (NOW, NOW + timedelta(minutes=30))
    assert isinstance(answer.hash_algorithm, type(algorithm))
    assert answer.responder_key_hash is not None


def test_nonce_is_echoed(register: Register, responder: Responder, authority: SampleAuthority) -> None:
    """RFC 9654 section 2.1: the answer carries the request's nonce, and each such answer is signed anew."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    for nonce in (b"x", b"y" * 32, b"z" * 128):
        answer = responder.answer(question(authority, 5, nonce=nonce), NOW)
        assert read(answer).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
        assert answer.next_update is None


def test_unissued_certificate_is_unknown(responder: Responder, authority: SampleAuthority) -> None:
    """OCSP-1: never good for a serial that was not issued; nobody may keep such an answer."""
    answer = responder.answer(question(authority, 5), NOW)
    assert read(answer).certificate_status == UNKNOWN
    assert answer.next_update is None


def test_reserved_serial_is_unknown_until_its_certificate_is_recorded(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """OCSP-2: unknown before the recording transaction, good at once after it."""
    register.reserve("jpki-sign-g1", "jpki-sign", 5, NOW)
    assert read(responder.answer(question(authority, 5), NOW)).certificate_status == UNKNOWN
    register.issue("jpki-sign-g1", "jpki-sign", 6, NOW)
    assert read(responder.answer(question(authority, 6), NOW)).certificate_status == GOOD


def test_certificate_of_the_other_generation_is_unknown(register: Register, authority: SampleAuthority) -> None:
    """OCSP-1: an authority answers for what its own key signed, though serials are unique per name."""
    newer = make_authority("jpki-sign-g2", "jpki-sign", ec.generate_private_key(ec.SECP256R1()))
    responder = make_responder(register, authority, newer)
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    register.revoke("jpki-sign", 5, 1, NOW)
    assert read(responder.answer(question(newer, 5), NOW)).certificate_status == UNKNOWN
    assert read(responder.answer(question(authority, 5), NOW)).certificate_status == REVOKED


def test_revoked_certificate(register: Register, responder: Responder, authority: SampleAuthority) -> None:
    """RFC 6960 section 4.2.1: revoked carries time and reason; the status is final."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    register.revoke("jpki-sign", 5, 3, NOW)
    answer = responder.answer(question(authority, 5), NOW + SECOND)
    assert read(answer).certificate_status == REVOKED
    assert read(answer).revocation_time_utc == NOW
    assert read(answer).revocation_reason == x509.ReasonFlags.affiliation_changed
    assert answer.final


def test_hold_is_revoked_with_certificate_hold_and_can_end(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """RFC 5280 section 5.3.1: on hold means revoked/certificateHold, which is not final; released means good again."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    register.hold("jpki-sign", 5, NOW)
    held = responder.answer(question(authority, 5), NOW)
    assert (read(held).revocation_reason, held.final) == (x509.ReasonFlags.certificate_hold, False)
    register.release("jpki-sign", 5, NOW)
    assert read(responder.answer(question(authority, 5), NOW + SECOND)).certificate_status == GOOD


def test_revocation_shows_in_answers_asked_a_second_later(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """REV-2: a kept answer does not outlive the next look at the change counter, which is under a second away."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    assert read(responder.answer(question(authority, 5), NOW)).certificate_status == GOOD
    register.revoke("jpki-sign", 5, 1, NOW)
    assert read(responder.answer(question(authority, 5), NOW + SECOND)).certificate_status == REVOKED


def test_kept_answer_is_given_again(register: Register, responder: Responder, authority: SampleAuthority) -> None:
    """RFC 5019 section 2.2.4: equal questions get equal octets until half of their time has passed, then newer."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    first = responder.answer(question(authority, 5), NOW)
    assert responder.answer(question(authority, 5), NOW + timedelta(minutes=14)) == first
    assert read(responder.answer(question(authority, 5), NOW + timedelta(minutes=15))).this_update_utc > NOW


def test_kept_answer_survives_changes_to_other_certificates(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """A raised counter costs a look-up; only a changed status costs a signature."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    register.issue("jpki-sign-g1", "jpki-sign", 6, NOW)
    first = responder.answer(question(authority, 5), NOW)
    register.revoke("jpki-sign", 6, 1, NOW)
    assert responder.answer(question(authority, 5), NOW + SECOND) == first


def test_clock_set_back_yields_no_answer_from_the_future(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """OCSP-6: thisUpdate is never after the time of the question."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    responder.answer(question(authority, 5), NOW)
    earlier = NOW - timedelta(hours=1)
    assert read(responder.answer(question(authority, 5), earlier)).this_update_utc == earlier


def test_another_issuer_is_unauthorized(responder: Responder) -> None:
    """RFC 5019 section 2.2.3: a responder that does not answer for the issuer says unauthorized."""
    stranger = make_authority("other-g1", "other", ec.generate_private_key(ec.SECP256R1()))
    assert read(responder.answer(question(stranger, 5), NOW)).response_status == STATUS.UNAUTHORIZED


def test_issuer_with_this_name_and_another_key_is_unauthorized(responder: Responder) -> None:
    """RFC 6960 section 4.1.1: the issuer is matched by the hash of its key, not by its name alone."""
    namesake = make_authority("jpki-sign-g9", "jpki-sign", ec.generate_private_key(ec.SECP256R1()))
    assert read(responder.answer(question(namesake, 5), NOW)).response_status == STATUS.UNAUTHORIZED


def test_several_certificates_of_two_authorities_are_unauthorized(
    register: Register, authority: SampleAuthority
) -> None:
    """RFC 6960 section 4.2.2.2: one signer cannot answer for two issuers."""
    newer = make_authority("jpki-sign-g2", "jpki-sign", ec.generate_private_key(ec.SECP256R1()))
    responder = make_responder(register, authority, newer)
    both = request(*[_single(question(one, 5)) for one in (authority, newer)])
    assert read(responder.answer(both, NOW)).response_status == STATUS.UNAUTHORIZED


def test_several_certificates_get_one_answer(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """RFC 6960 section 4.2.1: one SingleResponse for each certificate asked about, in order."""
    for serial in (5, 6):
        register.issue("jpki-sign-g1", "jpki-sign", serial, NOW)
    register.revoke("jpki-sign", 6, 1, NOW)
    asked = request(*[_single(question(authority, serial)) for serial in (5, 6, 7)])
    answer = ocsp.load_der_ocsp_response(responder.answer(asked, NOW).der)
    said = [(one.serial_number, one.certificate_status) for one in answer.responses]
    assert said == [(5, GOOD), (6, REVOKED), (7, UNKNOWN)]


def test_serial_outside_rfc_5280_is_unknown(responder: Responder, authority: SampleAuthority) -> None:
    """RFC 5280 section 4.1.2.2: nothing was issued under zero, a negative number or more than 20 octets."""
    template = question(authority, 5)
    for number in (b"\x02\x01\x00", b"\x02\x01\xfb"):
        answer = read(responder.answer(template.replace(b"\x02\x01\x05", number), NOW))
        assert answer.certificate_status == UNKNOWN


def test_questions_about_unknown_certificates_are_bounded(register: Register, authority: SampleAuthority) -> None:
    """Each costs a signature and helps nobody: beyond the bound comes tryLater; issued ones are still answered."""
    responder = make_responder(register, authority, unknown=3)
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    said = [read(responder.answer(question(authority, serial), NOW)).response_status for serial in range(10, 15)]
    assert said == [STATUS.SUCCESSFUL] * 3 + [STATUS.TRY_LATER] * 2
    assert read(responder.answer(question(authority, 5), NOW)).certificate_status == GOOD


def test_expired_responder_certificate_says_try_later(
    register: Register, authority: SampleAuthority, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    """OCSP-3: nothing is signed under a certificate outside its dates, and no answer outlives it."""
    certificate = responder_certificate(authority, ec_key, days=1)
    delegate = make_delegate(authority, ec_key, certificate)
    responder = Responder([delegate], StatusReader(register.reader, 9), 9, TokenBucket(1, 1))
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    last = certificate.not_valid_after_utc
    shortly_before = responder.answer(question(authority, 5), last - timedelta(minutes=1))
    assert read(shortly_before).next_update_utc == last
    assert read(responder.answer(question(authority, 5), last)).response_status == STATUS.TRY_LATER


def test_answer_about_two_certificates_is_not_kept(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """Only the plain question about one certificate has an answer that may be kept."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    twice = request(*[_single(question(authority, 5))] * 2)
    assert responder.answer(twice, NOW).next_update is None


def test_a_compromised_authority_has_only_revoked_certificates(register: Register, authority: SampleAuthority) -> None:
    """RFC 5280 5.3.1, RFC 6960 2.2: revoked by cACompromise within a second; what was not issued stays unknown."""
    known: list[Compromise] = []
    reader = StatusReader(register.reader, 100, lambda tx: tuple(known))
    delegate = make_delegate(authority, ec.generate_private_key(ec.SECP256R1()))
    responder = Responder([delegate], reader, 100, TokenBucket(1, 100))
    for serial in (5, 6, 7):
        register.issue("jpki-sign-g1", "jpki-sign", serial, NOW)
    register.issue("jpki-sign-g2", "jpki-sign", 8, NOW)
    register.revoke("jpki-sign", 6, 4, NOW - SECOND)
    register.hold("jpki-sign", 7, NOW)
    assert read(responder.answer(question(authority, 5), NOW)).certificate_status == GOOD
    known.append(Compromise("jpki-sign-g1", NOW, None))
    with register.signer.transaction() as tx:
        count_change(tx, "jpki-sign")
    said = [read(responder.answer(question(authority, serial), NOW + SECOND)) for serial in (5, 6, 7)]
    assert [one.certificate_status for one in said] == [REVOKED] * 3
    reasons = [x509.ReasonFlags.ca_compromise, x509.ReasonFlags.superseded, x509.ReasonFlags.ca_compromise]
    assert [one.revocation_reason for one in said] == reasons
    assert [one.revocation_time_utc for one in said] == [NOW, NOW - SECOND, NOW]
    for serial in (8, 9):
        assert read(responder.answer(question(authority, serial), NOW + SECOND)).certificate_status == UNKNOWN


def test_a_compromise_of_another_authority_changes_nothing(register: Register, authority: SampleAuthority) -> None:
    """The other generation goes on."""
    reader = StatusReader(register.reader, 100, lambda tx: (Compromise("jpki-sign-g2", NOW, None),))
    delegate = make_delegate(authority, ec.generate_private_key(ec.SECP256R1()))
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    answer = Responder([delegate], reader, 100, TokenBucket(1, 100)).answer(question(authority, 5), NOW)
    assert read(answer).certificate_status == GOOD


@given(octets=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_malformed(responder: Responder, octets: bytes) -> None:
    """OCSP-5: whatever is sent gets an OCSPResponse; a responder has no state that garbage could change."""
    assert read(responder.answer(octets, NOW)).response_status == STATUS.MALFORMED_REQUEST


def test_pkilint_finds_nothing(register: Register, responder: Responder, authority: SampleAuthority) -> None:
    """RFC 6960: no finding of the weight of a warning in good, revoked, held, unknown and nonce answers."""
    for serial in (5, 6, 7):
        register.issue("jpki-sign-g1", "jpki-sign", serial, NOW)
    register.revoke("jpki-sign", 6, 1, NOW)
    register.hold("jpki-sign", 7, NOW)
    asked = [question(authority, serial) for serial in (5, 6, 7, 8)] + [question(authority, 5, nonce=b"x" * 32)]
    for one in asked:
        findings = lint_ocsp_response(responder.answer(one, NOW).der)
        assert [finding for finding in findings if finding.severity >= Severity.WARNING] == []


def test_pkilint_finds_a_response_that_ends_before_it_begins(
    register: Register, responder: Responder, authority: SampleAuthority
) -> None:
    """RFC 6960 4.2.2.1: the linter's silence says something; thisUpdate and nextUpdate are exchanged in the octets."""
    register.issue("jpki-sign-g1", "jpki-sign", 5, NOW)
    der = responder.answer(question(authority, 5), NOW).der
    begins, ends = (f"{at:%Y%m%d%H%M%SZ}".encode() for at in (NOW, NOW + timedelta(minutes=30)))
    exchanged = der.replace(begins, b"<the later one>").replace(ends, begins).replace(b"<the later one>", ends)
    assert [(finding.code, finding.severity) for finding in lint_ocsp_response(exchanged)] == [
        ("pkix.ocsp_negative_validity_period", Severity.ERROR)
    ]


def _single(octets: bytes) -> bytes:
    """The one Request in a request by cryptography's builder."""
    return octets[_start(octets) :]


def _start(octets: bytes) -> int:
    """Where the list's first element begins: after OCSPRequest, TBSRequest and requestList."""
    position = 0
    for _ in range(3):
        position += 2 if octets[position + 1] < 0x80 else 2 + (octets[position + 1] & 0x7F)
    return position
