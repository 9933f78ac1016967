"""Preview: what a certificate of a shipped profile would contain, as unsigned bytes or as text.

The real names of JPKI and LGPKI stand in it, and a signature never does.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from policies.content import certificate_builder_for
from policies.errors import ContentRefused, NameRefused, PreviewRefused
from policies.extensions import Circumstances
from policies.facts import Facts, parse_facts
from policies.names import ATTRIBUTE_OIDS, JST, attribute, name_from
from policies.peer import Peer, peer_of
from policies.profile import CertificateProfile, hash_algorithm, load_profiles
from policies.tbs import IssuerKey, to_be_signed
from policies.terms import AuthorityTerms, shipped_terms
from policies.validity import Validity

__all__ = ["preview", "read_public_key"]

_LARGEST_KEY = 65_536
_READERS: tuple[Callable[[bytes], object], ...] = (
    serialization.load_pem_public_key,
    serialization.load_der_public_key,
    lambda data: x509.load_pem_x509_certificate(data).public_key(),
    lambda data: x509.load_der_x509_certificate(data).public_key(),
)


def preview(
    profile: str,
    public_key: IssuerKey,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    subject: str | None = None,
    facts: Mapping[str, object] | None = None,
    issuer: x509.Certificate | None = None,
) -> bytes:
    """The DER of the TBSCertificate that a shipped profile makes under the real names of JPKI or LGPKI.

    `subject` is an RFC 4514 string, so its last RDN stands first in it; it sets values only, string types come from
    the profile. Without it the subject comes from `facts`, as `policies.facts.parse_facts` takes them. `issuer` is
    needed unless the profile is self-signed. Times are aware and taken to the second.
    Raises PolicyError of the kinds that `policies.content.certificate_builder` raises, and PreviewRefused.
    """
    chosen = load_profiles().get(profile)
    if chosen is None:
        raise PreviewRefused("no shipped profile has this name")
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise PreviewRefused("a time has no time zone")
    terms = _terms(chosen, issuer)
    known = _facts(chosen, facts)
    on = not_before.astimezone(JST).date()
    peer = peer_of(known)
    if peer is not None:
        name = _name_of(peer, subject)
    else:
        name = name_from(chosen.subject, terms, known, on) if subject is None else _subject(chosen, subject)
    case = Circumstances(chosen, terms, known, on, name, public_key, issuer, peer)
    builder = certificate_builder_for(case, serial=serial, validity=Validity(not_before, not_after, "", ""))
    signer = public_key if issuer is None else issuer.public_key()
    if not isinstance(signer, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise ContentRefused(profile, "issuer", "its key is neither RSA nor EC nor Ed25519")
    return to_be_signed(builder, signer, hash_algorithm(chosen, signer))


def read_public_key(data: bytes) -> IssuerKey:
    """The public key in a SubjectPublicKeyInfo or in a certificate, each as PEM or DER, of at most 65,536 octets.

    Raises PreviewRefused when there is none of a kind that can be certified.
    """
    key: object = None
    if len(data) <= _LARGEST_KEY:
        for read in _READERS:
            try:
                key = key or read(data)
            except (ValueError, UnsupportedAlgorithm):
                continue
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return key
    raise PreviewRefused("the key file holds no RSA, EC or Ed25519 public key")


def _terms(profile: CertificateProfile, issuer: x509.Certificate | None) -> AuthorityTerms:
    """The real terms the profile belongs to; a responder belongs to the organisation that issues to it."""
    name: Literal["jpki", "lgpki"] = "lgpki" if profile.name.startswith("lgpki-") else "jpki"
    if profile.facts == "responder" and issuer is not None:
        stated = [str(part.value) for part in issuer.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)]
        name = "lgpki" if shipped_terms("lgpki").text("organisation") in stated else "jpki"
    return shipped_terms(name)


def _facts(profile: CertificateProfile, facts: Mapping[str, object] | None) -> Facts:
    """The facts given. An authority may have none, and then all else of its certificate is said by its terms."""
    return parse_facts(profile.facts, facts or {})


def _name_of(peer: Peer, subject: str | None) -> x509.Name:
    if subject is not None:
        raise PreviewRefused("a peer's name is the one it shows, so no subject is given")
    return peer.name


def _subject(profile: CertificateProfile, text: str) -> x509.Name:
    try:
        stated = list(x509.Name.from_rfc4514_string(text).rdns)
    except ValueError:
        raise NameRefused("subject", "it is no RFC 4514 string") from None
    made = []
    for part in profile.subject:
        matches = stated and [each.oid for each in stated[0]] == [ATTRIBUTE_OIDS[part.attribute]]
        if matches:
            (value,) = stated.pop(0)
            made.append(attribute(part, str(value.value)))
        elif part.required:
            raise NameRefused(part.attribute, "it is not where the profile has it; the last part comes first")
    if stated:
        raise NameRefused(stated[0].rfc4514_string().split("=")[0], "the profile has no such part")
    return x509.Name(made)
