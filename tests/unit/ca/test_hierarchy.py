"""The certificates that ceremonies make (design section 4; requirement ISS-1 holds for them too)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ca.authority import Authority, activate, key_hash
from ca.errors import ProfileNotListed, ResponderNotNamed
from ca.hierarchy import responder_certificate, self_signed_certificate, subordinate_certificate
from ca.issuance import Ledger
from ca.preparation import PreparedCertificate
from ca.refusals import ProfileUnfit, SignatureWrong, TargetDiffers
from ca.revocation import withdraw
from ca.signature import CertificateKey
from ca.trail import serial_text
from ca.validation import validate_path
from policies.errors import ValidityRefused
from policies.profile import load_profiles
from policies.terms import load_terms, terms_template
from store.audit import AuditChain
from store.certificate_errors import AlreadyRevoked
from store.certificates import CertificateFilter, find
from store.status import statuses
from tests.fixtures.logged_keys import LoggedKey
from tests.fixtures.officers import DEPLOYMENT, NOW, authority_statement
from tests.fixtures.renewal import serial
from tests.fixtures.signing import House

PROFILES = load_profiles()
TERMS = load_terms(terms_template("lgpki"), base_url="http://pki.example.jp", authority="lgpki-app-g1")
ROOT_KEY, SUB_KEY, RESPONDER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(3))


@pytest.fixture
def ledger(house: House) -> Ledger:
    """Where the ceremony writes."""
    return Ledger(house.signer().database, AuditChain("ceremony-2", "signer", DEPLOYMENT))


def root(ledger: Ledger, key: CertificateKey = ROOT_KEY, now: datetime = NOW) -> x509.Certificate:
    """The root of the application CAs."""
    facts = {"common_name": "Application CA T1 Root"}
    return self_signed_certificate(
        "lgpki-app-g1", PROFILES["lgpki-app-root"], TERMS, facts, key, serial=serial(), ledger=ledger, now=now
    )


def root_authority(ledger: Ledger, *names: str) -> Authority:
    """The root, ready to certify authorities and its responder, or under the profiles `names` only."""
    certificate = root(ledger)
    names = names or ("lgpki-app-sub", "ocsp-responder")
    statement = authority_statement(
        {name: PROFILES[name] for name in names},
        issuer="lgpki-app",
        certificate=certificate,
        terms_digest=TERMS.digest,
        responders=(key_hash(RESPONDER_KEY.public_key()),),
        now=NOW + timedelta(days=30),
    )
    return activate(statement, ROOT_KEY, TERMS)


def responder(
    authority: Authority, ledger: Ledger, key: CertificateKey = RESPONDER_KEY, now: datetime = NOW
) -> x509.Certificate:
    """The certificate of the authority's responder."""
    return responder_certificate(
        "ocsp-lgpki-app-g1",
        PROFILES["ocsp-responder"],
        {"common_name": "OCSP Responder lgpki-app-g1"},
        key.public_key(),
        under=authority,
        serial=serial(),
        ledger=ledger,
        now=now,
    )


def test_a_hierarchy_stands(ledger: Ledger) -> None:
    """A root certifies itself, an authority below it and a responder; both have valid paths to it."""
    authority = root_authority(ledger)
    sub = subordinate_certificate(
        "lgpki-sub-g1",
        PROFILES["lgpki-app-sub"],
        {"common_name": "Application CA T1 Sub"},
        SUB_KEY.public_key(),
        under=authority,
        serial=serial(),
        ledger=ledger,
        now=NOW,
    )
    for certificate in (sub, responder(authority, ledger)):
        path = validate_path(certificate, [authority.certificate], NOW + timedelta(hours=1))
        assert path == (authority.certificate, certificate)


def test_what_nobody_reviewed_is_not_signed(ledger: Ledger, house: House) -> None:
    """KEY-4: a certificate that its review refuses reserves no serial number, and no key signs it."""
    key = LoggedKey(ROOT_KEY)

    def refuse(prepared: PreparedCertificate) -> None:
        raise ProfileUnfit(prepared.plan.profile.name)

    with pytest.raises(ProfileUnfit):
        root(replace(ledger, review=refuse), key)
    with house.owner.snapshot() as tx:
        assert find(tx, CertificateFilter(profile="lgpki-app-root")) == ()
    assert key.signatures == 0


def test_a_key_outside_the_record_is_not_certified_as_a_responder(ledger: Ledger, house: House) -> None:
    """RFC 6960 4.2.2.2: who answers for an authority is what two administrators signed, not what a database says."""
    authority = root_authority(ledger)
    with pytest.raises(ResponderNotNamed):
        responder(authority, ledger, SUB_KEY)
    with house.owner.snapshot() as tx:
        assert find(tx, CertificateFilter(profile="ocsp-responder")) == ()


def test_an_unauthorised_profile_certifies_nothing(ledger: Ledger) -> None:
    """Requirement ROL-2: renewals and ceremonies too use only profile files that two administrators signed for."""
    with pytest.raises(ProfileNotListed):
        responder(root_authority(ledger, "lgpki-app-sub"), ledger)


def test_a_responder_is_cut_short_by_its_authority(ledger: Ledger) -> None:
    """RFC 5280 6.1.3: nothing outlives its issuer; a responder, whom nobody asked for a life in days, ends with it."""
    authority = root_authority(ledger)
    end = authority.certificate.not_valid_after_utc
    certificate = responder(authority, ledger, now=end - timedelta(days=3))
    assert certificate.not_valid_after_utc == end


def test_an_ended_authority_has_no_new_responder(ledger: Ledger) -> None:
    """RFC 5280 6.1.3: past its authority's end a responder's certificate would be valid at no time."""
    authority = root_authority(ledger)
    with pytest.raises(ValidityRefused):
        responder(authority, ledger, now=authority.certificate.not_valid_after_utc)


def test_a_ceremonys_certificate_is_recorded_like_any_other(house: House, ledger: Ledger) -> None:
    """ISS-1: serial, bytes and audit entry before the signature, certificate and status after it."""
    certificate = root(ledger)
    with house.owner.snapshot() as tx:
        (row,) = find(tx, CertificateFilter(issuer="lgpki-app"))
        status = statuses(tx, "lgpki-app", [row.serial])
    assert (row.state, row.tbs, row.application_id) == ("issued", certificate.tbs_certificate_bytes, None)
    assert status[certificate.serial_number].state == "good"
    assert house.audited("certificate.reserved")[-1] == house.audited("certificate.issued")[-1]
    assert house.audited("certificate.issued")[-1]["serial"] == serial_text(row.serial)


def test_a_key_that_signs_wrongly_certifies_nothing(house: House, ledger: Ledger) -> None:
    """HSM-1: the self-signed certificate is verified by itself; a wrong one is abandoned and not returned."""

    class Liar(LoggedKey):
        def public_key(self) -> rsa.RSAPublicKey:
            return SUB_KEY.public_key()

    with pytest.raises(SignatureWrong):
        root(ledger, Liar(ROOT_KEY))
    with house.owner.snapshot() as tx:
        (row,) = find(tx, CertificateFilter(issuer="lgpki-app"))
    assert row.state == "abandoned"


@pytest.mark.parametrize("name", ["jpki-auth", "lgpki-app-sub", "ocsp-responder"])
def test_only_a_fitting_profile_makes_a_root(ledger: Ledger, name: str) -> None:
    """TURKTRUST 2012: a profile of another kind never makes an authority, nor an authority's profile a customer's."""
    with pytest.raises(ProfileUnfit):
        self_signed_certificate(
            "lgpki-app-g1", PROFILES[name], TERMS, {}, ROOT_KEY, serial=serial(), ledger=ledger, now=NOW
        )


def test_an_authority_below_never_outlives_its_issuer(ledger: Ledger) -> None:
    """RFC 5280 6.1.3: what outlives its issuer has no valid path in its last years, so it is not made."""
    authority = root_authority(ledger)
    with pytest.raises(Exception, match="authority") as refused:
        subordinate_certificate(
            "lgpki-sub-g1",
            PROFILES["lgpki-app-sub"],
            {"common_name": "Application CA T1 Sub"},
            SUB_KEY.public_key(),
            under=authority,
            serial=serial(),
            ledger=ledger,
            now=NOW + timedelta(days=365 * 19),
        )
    assert "validity" in refused.value.code  # type: ignore[attr-defined]  # a PolicyError


def test_a_ceremony_revokes_what_a_ceremony_issued(house: House, ledger: Ledger) -> None:
    """REV-4, RFC 5280 5.3.1: an authority's certificate is revoked with its reason, once."""
    certificate = root(ledger)
    with house.owner.transaction() as tx:
        withdraw(tx, "lgpki-app", certificate.serial_number, 2, ledger.audit, NOW + timedelta(days=1))
    with house.owner.snapshot() as tx:
        status = statuses(tx, "lgpki-app", [certificate.serial_number])[certificate.serial_number]
    assert (status.state, status.reason) == ("revoked", 2)
    with pytest.raises(AlreadyRevoked), house.owner.transaction() as tx:
        withdraw(tx, "lgpki-app", certificate.serial_number, 2, ledger.audit, NOW + timedelta(days=2))


def test_a_ceremony_does_not_revoke_a_residents_certificate(house: House, ledger: Ledger) -> None:
    """REV-5: what officers asked for, officers revoke."""
    case = house.issue_case("one")
    house.submit(case)
    house.signer("next").turn(NOW + timedelta(minutes=5))
    serial_number = house.issued(case).serial_number
    with pytest.raises(TargetDiffers), house.owner.transaction() as tx:
        withdraw(tx, "jpki-auth", serial_number, 5, ledger.audit, NOW + timedelta(minutes=6))
