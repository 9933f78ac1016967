"""Who signs revocation lists: every living generation of an issuer, with the certificates of all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import groupby

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from ca.authority import Authority
from cli.config import Config
from cli.wiring import believed_statement
from crl.errors import KeyNotUsable
from crl.signer import ListSigner
from policies.lists import list_name
from policies.profile import CertificateProfile, load_crl_profiles
from store.authorities import authorities
from store.database import Database

__all__ = ["generations", "list_signer", "list_signers", "living"]


def living(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether an authority's certificate has not ended: nobody believes what it signs afterwards."""
    return now < certificate.not_valid_after_utc


def generations(config: Config, database: Database) -> Mapping[str, Sequence[x509.Certificate]]:
    """The certificates of all generations of each issuer, whoever has their keys, as their signed records hold them."""
    with database.snapshot() as tx:
        records = authorities(tx)
    found = {issuer: tuple(each) for issuer, each in groupby(records, key=lambda each: each.issuer)}
    return {issuer: [believed_statement(config, one).x509() for one in every] for issuer, every in found.items()}


def list_signers(
    authorities: Mapping[str, Authority],
    profiles: Mapping[str, CertificateProfile],
    generations: Mapping[str, Sequence[x509.Certificate]],
) -> Mapping[str, Sequence[ListSigner]]:
    """For each issuer the generations that sign its lists, in order.

    `profiles` are what they issue under, `generations` the certificates of all generations of each issuer.
    """
    ordered = sorted(authorities.values(), key=lambda each: (each.issuer, each.statement.generation))
    return {
        issuer: [list_signer(each, generations[issuer], profiles) for each in every]
        for issuer, every in groupby(ordered, key=lambda each: each.issuer)
    }


def list_signer(
    authority: Authority, generations: Sequence[x509.Certificate], profiles: Mapping[str, CertificateProfile]
) -> ListSigner:
    """The authority as the signer of its lists; its family's CRL profile is named like its terms.

    `generations` are the certificates of all generations of its issuer, itself and those whose keys ended included.
    """
    issues = [profiles[name] for name in authority.profiles if name in profiles]
    if isinstance(authority.key, ed25519.Ed25519PrivateKey):
        raise KeyNotUsable("Ed25519")
    return ListSigner(
        authority=authority.name,
        issuer=authority.issuer,
        certificate=authority.certificate,
        key=authority.key,
        profile=load_crl_profiles()[f"crl-{authority.terms.name.removesuffix('-test')}"],
        names=cache(partial(list_name, issues, authority.terms, authority.certificate)),
        generations=tuple(generations),
    )
