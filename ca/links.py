"""Ceremony steps that certify a key which has a name of its own: of another generation, of another authority.

RFC 4210 section 4.4: a link joins two generations of one name, `under` the old one it is NewWithOld, under the new one
OldWithNew. RFC 5280 section 3.2: a cross-certificate joins two names. The steps are those of `ca.hierarchy`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from ca.authority import Authority, AuthorityStatement
from ca.errors import ProfileNotListed
from ca.hierarchy import check_listed, issued, plan_under
from ca.issuance import Ledger
from ca.link_errors import KeyItsOwn, LinkLeadsNowhere, NameItsOwn, NamesDiffer, PeerRefused
from ca.refusals import ProfileUnfit
from ca.request import load_request
from policies.extension import AuthorityKeyIdentifier
from policies.facts import parse_facts
from policies.peer import Peer, peer_of
from policies.profile import CertificateProfile

__all__ = ["check_usable", "cross_certificate", "link_certificate", "peer_shown"]


def link_certificate(
    other: AuthorityStatement,
    profile: CertificateProfile,
    *,
    profiles: Mapping[str, CertificateProfile],
    under: Authority,
    serial: int,
    ledger: Ledger,
    now: datetime,
) -> x509.Certificate:
    """Certify the key of the generation `other` by the generation `under`, under the one name of both.

    `profiles` are the loaded ones, by name; every one that either generation issues under must be among them. The link
    begins with the other's own certificate and ends with the first of the two (RFC 4210 section 4.4.1).

    Raises ProfileUnfit, ProfileNotListed, NamesDiffer, KeyItsOwn; LinkLeadsNowhere where a verifier could not use it;
    PeerRefused for a generation that is no root; then as `ca.hierarchy.subordinate_certificate`.
    """
    _fit(profile, self_issued=True)
    check_listed(profile, under)
    own = other.x509()
    if own.subject.public_bytes() != under.certificate.subject.public_bytes() or other.issuer != under.issuer:
        raise NamesDiffer(under.name, other.name)
    if other.key_hash == under.key_hash:
        raise KeyItsOwn(under.name)
    check_usable(other.name, other.profiles, profiles)
    check_usable(other.name, under.profiles, profiles)
    _check_own(own, now)
    facts = {"certificate": _pem(own)}
    peer = peer_shown(facts)
    return issued(plan_under(under, other.name, profile, facts, peer.public_key, serial), ledger, now)


def cross_certificate(
    name: str,
    profile: CertificateProfile,
    shown: x509.Certificate | x509.CertificateSigningRequest,
    *,
    under: Authority,
    serial: int,
    ledger: Ledger,
    now: datetime,
) -> x509.Certificate:
    """Certify the key of another authority, the bridge's say, under that authority's own name.

    `name` is the code by which the records call it; `shown` is its self-signed certificate, or a PKCS#10 request whose
    extensions are ignored. From a certificate alone come the key identifier, to which the peer's certificates point
    (RFC 5280 section 4.2.1.2), and the end that the cross-certificate does not pass: it is to be preferred.

    Raises ProfileUnfit, ProfileNotListed, PeerRefused, RequestRefused, NameItsOwn, KeyItsOwn; then as
    `ca.hierarchy.subordinate_certificate`.
    """
    _fit(profile, self_issued=False)
    check_listed(profile, under)
    if isinstance(shown, x509.Certificate):
        _check_own(shown, now)
        facts = {"certificate": _pem(shown)}
    else:
        load_request(shown.public_bytes(Encoding.DER))
        facts = {"request": _pem(shown)}
    peer = peer_shown(facts)
    if not list(peer.name):
        raise PeerRefused("it shows no name")
    # Names are one name whatever string types they have (RFC 5280 section 7.1).
    if peer.name == under.certificate.subject:
        raise NameItsOwn(under.name)
    if peer.public_key == under.certificate.public_key():
        raise KeyItsOwn(under.name)
    return issued(plan_under(under, name, profile, facts, peer.public_key, serial), ledger, now)


def _fit(profile: CertificateProfile, *, self_issued: bool) -> None:
    if profile.facts != "peer" or profile.self_issued is not self_issued:
        raise ProfileUnfit(profile.name)


def check_usable(authority: str, listed: Iterable[str], profiles: Mapping[str, CertificateProfile]) -> None:
    """Refuse a link to `authority` that certificates of the `listed` profiles would not accept as their issuer's.

    Raises LinkLeadsNowhere; ProfileNotListed for a profile that is not among the loaded `profiles`.
    """
    for name in sorted(listed):
        if name not in profiles:
            raise ProfileNotListed(authority, name)
        key_identifier = profiles[name].extension(AuthorityKeyIdentifier)
        if key_identifier is not None and key_identifier.issuer_and_serial:
            raise LinkLeadsNowhere(authority, name)


def _check_own(own: x509.Certificate, now: datetime) -> None:
    """Refuse what is not the self-signed certificate of an authority, in force at `now`: its proof of possession."""
    try:
        own.verify_directly_issued_by(own)
        constraints = own.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise PeerRefused("its certificate does not say that it is an authority's") from None
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        raise PeerRefused("its certificate is not self-signed") from None
    if not constraints.ca or not usage.key_cert_sign:
        raise PeerRefused("its certificate is not an authority's")
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise PeerRefused("its certificate is not in force")


def _pem(shown: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return shown.public_bytes(Encoding.PEM).decode("ascii")


def peer_shown(facts: Mapping[str, object]) -> Peer:
    """The authority that facts of the kind "peer" show by its certificate or request. Raises FactsRefused."""
    peer = peer_of(parse_facts("peer", facts))
    if peer is None:
        raise TypeError("facts of this kind always name a peer")
    return peer
