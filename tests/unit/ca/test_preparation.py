"""What is checked before a serial number is recorded and a key used (design: one certificate, step 3)."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca import preparation
from ca.application import Application, Proof
from ca.evidence import Grounds
from ca.preparation import Case, PreparedCertificate, Refusal, prepare, prepare_all
from ca.refusals import FindingsRefused, ProgramFault
from ca.request import prove_possession
from ca.retirement import Retired
from ca.rules import RULES
from ca.signature import certificate_der
from ca.statement import key_octets
from ca.warrant import record_of, verify
from policies.errors import FactsRefused, PolicyError
from policies.finding import Finding, Severity
from policies.terms import load_terms, terms_template
from tests.fixtures.officers import NOW, software_key
from tests.fixtures.signing import AUTHORITY, House

LATER = NOW + timedelta(minutes=5)
SERIAL = 0x4F00_0000_0000_0000_0000_0000_0000_0001


def case_of(house: House, application: Application, serial: int = SERIAL) -> Case:
    """The application with a warrant, ready to be prepared."""
    profile = house.profiles[application.profile]
    warrant = verify(
        record_of(application, RULES["issue"], profile),
        house.office.evidence(application, profile),
        Grounds(roster=house.office.roster, parties=None, demo=False, now=LATER),
        authority=house.authority.statement,
        profile=profile,
        deployment="test",
        retired=Retired(),
    )
    return Case(warrant, house.authority, profile, serial)


def content(prepared: PreparedCertificate) -> x509.Certificate:
    """The prepared certificate, read back with its empty signature."""
    return x509.load_der_x509_certificate(certificate_der(prepared.tbs, b""))


def test_a_prepared_certificate_cannot_be_made_elsewhere(house: House) -> None:
    """Design section 4: what was not checked cannot be signed."""
    prepared = prepare(case_of(house, house.issue_case("one")), LATER)
    with pytest.raises(TypeError, match=r"ca\.preparation"):
        PreparedCertificate(
            plan=prepared.plan,
            tbs=b"anything",
            partition="13103",
            distribution_point=b"",
            validity=prepared.validity,
            seal=object(),
        )
    with pytest.raises(ValueError, match="seal"):
        replace(prepared, tbs=b"anything")  # type: ignore[call-arg]  # which is the point


def test_the_certificate_is_the_applicants(house: House) -> None:
    """ISS-4: key, serial, partition and validity are those of this application and this authority."""
    application = house.issue_case("one")
    prepared = prepare(case_of(house, application), LATER)
    certificate = content(prepared)
    assert certificate.signature == b""
    assert key_octets(certificate.public_key()) == application.subject_key  # type: ignore[arg-type]  # an EC key
    assert certificate.serial_number == SERIAL
    assert certificate.issuer == house.authority.certificate.subject
    assert certificate.not_valid_before_utc == LATER
    assert prepared.partition == "13103"
    assert prepared.key == ("jpki-auth", SERIAL)


def test_the_same_case_gives_the_same_bytes(house: House) -> None:
    """Recovery compares what it is about to sign with what was recorded, so nothing is drawn anew."""
    case = case_of(house, house.issue_case("one"))
    assert prepare(case, LATER).tbs == prepare(case, LATER).tbs


def test_the_random_characters_of_the_name_differ_with_the_serial(house: House) -> None:
    """Fact sheet b.3: the common name says nothing about the holder, and no two are alike."""
    application = house.issue_case("one")
    names = {content(prepare(case_of(house, application, SERIAL + number), LATER)).subject for number in range(20)}
    assert len(names) == 20


def test_extensions_of_the_request_never_enter(house: House) -> None:
    """ISS-5: a request that asks for CA:TRUE and for other names gets what the profile says."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root of Everything")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.jp")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = house.issue_case("one", key=key)
    application = replace(plain, proof=Proof("pkcs10", request.public_bytes(Encoding.DER)))
    certificate = content(prepare(case_of(house, application), LATER))
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert "Root" not in certificate.subject.rfc4514_string()


def test_possession_is_proved_again(house: House) -> None:
    """Design section 3: whoever swaps the proof after examination is found when the certificate is prepared."""
    application = house.issue_case("one")
    proof = prove_possession(software_key("somebody else"), "test", application.id, application.salt)
    with pytest.raises(Exception, match="possession") as refused:
        prepare(case_of(house, replace(application, proof=proof)), LATER)
    assert refused.value.code == "ca.challenge-signature-invalid"  # type: ignore[attr-defined]  # a CAError


def test_the_key_is_judged_again(house: House) -> None:
    """ISS-10: a key the profile does not list is refused, whatever the front end thought of it."""
    application = house.issue_case("one", key=ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(PolicyError) as refused:
        prepare(case_of(house, application), LATER)
    assert refused.value.code == "keys.curve-not-permitted"


@pytest.mark.parametrize(
    ("fact", "value"),
    [("name", "見" * 300), ("nationality", "JP"), ("sex", 1), ("birth_date", "yesterday")],
    ids=["too long", "unknown", "wrong type", "no date"],
)
def test_facts_outside_the_model_are_refused(house: House, fact: str, value: str | int) -> None:
    """ISS-8: an unknown fact, a wrong type or a name of 300 characters stops the case and is not quoted."""
    application = house.issue_case("one", **{fact: value})
    with pytest.raises(FactsRefused) as refused:
        prepare(case_of(house, application), LATER)
    assert str(value) not in str(refused.value) or fact == "sex"


def test_a_certificate_never_outlives_its_authority(house: House) -> None:
    """ISS-7: nine years and nine months after its ceremony the authority has no five years to give."""
    case = case_of(house, house.issue_case("one"))
    with pytest.raises(PolicyError) as refused:
        prepare(case, LATER + timedelta(days=9 * 365))
    assert "validity" in refused.value.code


def test_a_finding_of_the_linter_stops_the_case(house: House) -> None:
    """ISS-6: an address that is no URL would stand in every certificate; the linter sees it and nothing is signed."""
    terms = load_terms(terms_template("jpki"), base_url="http://no-domain", authority=AUTHORITY)
    case = replace(case_of(house, house.issue_case("one")), authority=replace(house.authority, terms=terms))
    with pytest.raises(FindingsRefused, match=r"pkix\.invalid_uri_syntax"):
        prepare(case, LATER)


def test_many_are_prepared_in_order_with_refusals_in_their_places(house: House) -> None:
    """One bad case of a batch stops nobody else's, and results are never moved to a neighbour."""
    applications = [house.issue_case(f"resident {number}") for number in range(4)]
    applications[2] = house.issue_case("resident 2", sex=1)
    cases = [case_of(house, application, SERIAL + place) for place, application in enumerate(applications)]
    results = list(prepare_all(cases, LATER))
    assert [type(result) for result in results] == [
        PreparedCertificate,
        PreparedCertificate,
        Refusal,
        PreparedCertificate,
    ]
    for place in (0, 1, 3):
        result = results[place]
        assert isinstance(result, PreparedCertificate)
        assert result.application_id == applications[place].id
        assert content(result).serial_number == SERIAL + place


def test_a_certificate_that_trips_the_linter_stops_nobody_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """ISS-6: what cannot be linted is not signed; its own case ends with a finding, its neighbours are prepared."""
    cases = [case_of(house, house.issue_case(f"resident {number}"), SERIAL + number) for number in range(3)]
    lint = preparation.lint_certificate

    def tripping(der: bytes) -> tuple[Finding, ...]:
        if x509.load_der_x509_certificate(der).serial_number == SERIAL + 1:
            raise KeyError("見本　太郎")
        return lint(der)

    monkeypatch.setattr(preparation, "lint_certificate", tripping)
    first, refusal, last = prepare_all(cases, LATER)
    assert isinstance(first, PreparedCertificate)
    assert isinstance(last, PreparedCertificate)
    assert isinstance(refusal, Refusal)
    assert isinstance(refusal.error, FindingsRefused)
    (finding,) = refusal.error.findings
    assert (finding.code, finding.severity, finding.detail) == (
        "lint.fault",
        Severity.FATAL,
        "The linter failed with KeyError on it.",
    )


def test_a_certificate_that_trips_our_own_checks_stops_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 4: a fault of ours on one case is charged to that case alone."""
    cases = [case_of(house, house.issue_case(f"resident {number}"), SERIAL + number) for number in range(3)]
    check = preparation.check_against_profile

    def tripping(certificate: x509.Certificate, *others: Any) -> tuple[Finding, ...]:  # noqa: ANN401  # as the function it stands for
        if certificate.serial_number == SERIAL + 1:
            raise ZeroDivisionError
        return check(certificate, *others)

    monkeypatch.setattr(preparation, "check_against_profile", tripping)
    first, refusal, last = prepare_all(cases, LATER)
    assert isinstance(first, PreparedCertificate)
    assert isinstance(last, PreparedCertificate)
    assert isinstance(refusal, Refusal)
    assert isinstance(refusal.error, ProgramFault)
    assert refusal.error.kind == "ZeroDivisionError"


def test_a_token_that_is_away_is_no_fault_of_a_case(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """HSM-1: the signer must see it as what it is, so that no attempt is counted."""

    def away(*stated: Any) -> None:  # noqa: ANN401  # as the function it stands for
        raise ConnectionError("the token does not answer")

    monkeypatch.setattr(preparation, "to_be_signed", away)
    with pytest.raises(ConnectionError, match="does not answer"):
        list(prepare_all([case_of(house, house.issue_case("one"))], LATER))


def test_linting_in_other_processes_gives_the_same(house: House) -> None:
    """Where the lint runs decides nothing: the same certificates, and the same refusals."""
    cases = [case_of(house, house.issue_case(f"resident {number}"), SERIAL + number) for number in range(20)]
    terms = load_terms(terms_template("jpki"), base_url="http://no-domain", authority=AUTHORITY)
    cases[7] = replace(cases[7], authority=replace(house.authority, terms=terms))
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as linters:
        elsewhere = list(prepare_all(cases, LATER, linters))
    here = list(prepare_all(cases, LATER))
    assert isinstance(elsewhere[7], Refusal)
    assert [type(result) for result in elsewhere] == [type(result) for result in here]
    tbs = [
        [result.tbs for result in results if isinstance(result, PreparedCertificate)] for results in (here, elsewhere)
    ]
    assert tbs[0] == tbs[1]
