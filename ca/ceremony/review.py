"""What a ceremony will certify, prepared before it with keys that cannot sign.

Each certificate is built, held against its profile and linted as in earnest; its bytes are digested with key, serial
number and times blanked, which is what people review and what is compared when the certificate is made.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.blank import blanked_digest
from ca.ceremony.errors import ScriptRefused
from ca.ceremony.fields import Algorithm
from ca.ceremony.script import AuthorityPlan, Kind, Script
from ca.ceremony.steps import Step, steps
from ca.holder import holder_of_body
from ca.links import check_usable, peer_shown
from ca.preparation import Plan, PreparedCertificate, prepare_plan
from ca.responders import LAST_RESPONDER_PROFILE, RESPONDER_PROFILE, responder_facts, responder_name
from ca.signature import certificate_der
from policies.facts import parse_facts
from policies.profile import CertificateProfile
from policies.tbs import IssuerKey, stub_key
from policies.terms import AuthorityTerms

__all__ = [
    "Terms",
    "authority_facts",
    "expected_digests",
    "link_profile",
    "responder_profile",
]

Terms = Callable[[AuthorityPlan], AuthorityTerms]
"""The terms of a planned authority, with the script's addresses filled in."""

_SERIAL: Final = int.from_bytes(b"\x01" * 16, "big")
_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {"p-256": ec.SECP256R1(), "p-384": ec.SECP384R1()}


def expected_digests(script: Script, profiles: Mapping[str, CertificateProfile], terms: Terms) -> Mapping[str, bytes]:
    """For each certificate that will be made, by its name in the steps, the SHA-256 of its blanked to-be-signed bytes.

    `script` is one that `ca.ceremony.check.check_script` accepted. Raises PolicyError and CAError where a certificate
    would be refused in the room, ScriptRefused for a profile that is not known.
    """
    desk = _Desk(script, profiles, terms, datetime.combine(script.planned, time(3), UTC))  # noon in Japan on that day
    return dict(desk.digests())


def authority_facts(plan: AuthorityPlan) -> dict[str, object]:
    """What an authority's certificate says beside its terms."""
    return {} if plan.common_name is None else {"common_name": plan.common_name}


def responder_profile(script: Script) -> str:
    """The profile of the responders that a ceremony certifies: the last one's before a key is destroyed."""
    return LAST_RESPONDER_PROFILE if script.kind is Kind.DESTRUCTION else RESPONDER_PROFILE


def link_profile(plan: AuthorityPlan, profiles: Mapping[str, CertificateProfile]) -> CertificateProfile:
    """The one profile of links that an authority's planned record authorises; ScriptRefused for none or two."""
    found = [profiles[name] for name in plan.issues if name in profiles and profiles[name].self_issued]
    if len(found) != 1:
        raise ScriptRefused(f"authorities.{plan.name}.issues", "for links it names exactly one profile of links")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Known:
    """An authority's certificate, real or only reviewed, and its key."""

    certificate: x509.Certificate
    key: IssuerKey


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where certificates are reviewed, in the order in which they will be made."""

    script: Script
    profiles: Mapping[str, CertificateProfile]
    terms: Terms
    now: datetime
    known: dict[str, _Known] = field(default_factory=dict)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        for plan in self.script.authorities:
            if plan.exists:
                certificate = plan.x509()
                self.known[plan.name] = _Known(certificate, _issuer_key(certificate))
        reviews: Mapping[str, Callable[[Step], PreparedCertificate]] = {
            "authority.certify": self._authority,
            "responder.certify": self._responder,
            "link.certify": self._link,
            "cross.certify": self._cross,
        }
        for step in steps(self.script):
            if step.action in reviews:
                yield step.facts["certificate"], blanked_digest(reviews[step.action](step).tbs)

    def _authority(self, step: Step) -> PreparedCertificate:
        plan = self.script.authority(step.facts["authority"])
        key = _placeholder(plan.algorithm)
        signer = self.script.authority(plan.signed_by) if plan.signed_by else plan
        prepared = self._prepared(signer, plan.name, str(plan.profile), authority_facts(plan), key)
        certificate = x509.load_der_x509_certificate(certificate_der(prepared.tbs, b""))
        self.known[plan.name] = _Known(certificate, key)
        return prepared

    def _responder(self, step: Step) -> PreparedCertificate:
        plan = self.script.authority(step.facts["authority"])
        key = _placeholder(plan.responder_algorithm)
        name = responder_name(plan.name)
        return self._prepared(plan, name, responder_profile(self.script), responder_facts(plan.name), key)

    def _link(self, step: Step) -> PreparedCertificate:
        signer, subject = (self.script.authority(step.facts[each]) for each in ("signer", "subject"))
        profile = link_profile(signer, self.profiles)
        for plan in (signer, subject):
            check_usable(subject.name, plan.issues, self.profiles)
        return self._of_peer(signer, subject.name, profile.name, self.known[subject.name].certificate)

    def _cross(self, step: Step) -> PreparedCertificate:
        peer = self.script.peer
        if peer is None:
            raise ScriptRefused("peer", "a cross-certificate needs it")
        shown = x509.load_pem_x509_certificate(peer.certificate.encode("ascii"))
        return self._of_peer(self.script.authority(step.facts["authority"]), peer.name, peer.profile, shown)

    def _of_peer(self, signer: AuthorityPlan, name: str, profile: str, shown: x509.Certificate) -> PreparedCertificate:
        facts = {"certificate": _pem(shown)}
        return self._prepared(signer, name, profile, facts, peer_shown(facts).public_key)

    def _prepared(
        self,
        signer: AuthorityPlan,
        name: str,
        profile: str,
        facts: Mapping[str, object],
        key: IssuerKey,
    ) -> PreparedCertificate:
        """The certificate that `signer` would issue; it is self-signed where the signer has no certificate yet."""
        if profile not in self.profiles:
            raise ScriptRefused(f"authorities.{signer.name}", f"no profile has the name {profile}")
        found, above = self.profiles[profile], self.known.get(signer.name)
        plan = Plan(
            authority=signer.name,
            issuer=signer.name.rpartition("-g")[0],
            issuer_certificate=above.certificate if above else None,
            key=stub_key(above.key if above else key),
            terms=self.terms(signer),
            profile=found,
            facts=parse_facts(found.facts, facts),
            subject_key=key,
            holder=holder_of_body(name),
            serial=_SERIAL,
        )
        return prepare_plan(plan, self.now)


def _placeholder(algorithm: Algorithm | None) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """A key of the kind, whose private half is forgotten at once; the digest does not depend on it."""
    if algorithm is not None and algorithm.startswith("rsa-"):
        return rsa.generate_private_key(65537, int(algorithm.removeprefix("rsa-"))).public_key()
    return ec.generate_private_key(_CURVES[str(algorithm)]).public_key()


def _issuer_key(certificate: x509.Certificate) -> IssuerKey:
    key = certificate.public_key()
    if not isinstance(key, IssuerKey):
        raise ScriptRefused("authorities.certificate", "its key is neither RSA, EC nor Ed25519")
    return key


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
