"""Profiles as data: what a certificate of each kind contains, read strictly from `policies/profiles/*.toml`.

A profile has no conditionals and no encoded bytes. It refers to what the authority decides by `terms = "..."`
(`policies.terms`) and to what the case says by `fact = "..."` (`policies.names`).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import TypeAdapter

from policies.errors import ProfileError
from policies.limits import check_ceilings, check_crl_ceilings
from policies.schema import CertificateProfile, CRLExtension, CRLProfile, hash_algorithm
from policies.strict import Fault, as_dataclass, read_toml

__all__ = [
    "CRLExtension",
    "CRLProfile",
    "CertificateProfile",
    "hash_algorithm",
    "load_crl_profiles",
    "load_profiles",
    "read_crl_profile",
    "read_profile",
]

_SHIPPED = Path(__file__).parent / "profiles"
_CERTIFICATE = TypeAdapter(CertificateProfile)
_CRL = TypeAdapter(CRLProfile)

P = TypeVar("P", CertificateProfile, CRLProfile)


def read_profile(file: Path) -> CertificateProfile:
    """Read one certificate profile.

    Raises ProfileError naming file and key, and its kind CeilingExceeded where the file allows too much.
    """
    profile = _read(_CERTIFICATE, file)
    check_ceilings(profile, file)
    return profile


def read_crl_profile(file: Path) -> CRLProfile:
    """Read one CRL profile; errors as for `read_profile`."""
    profile = _read(_CRL, file)
    check_crl_ceilings(profile, file)
    return profile


def load_profiles(directory: Path | None = None) -> Mapping[str, CertificateProfile]:
    """All certificate profiles of a directory by name (default: the shipped ones). One wrong file refuses them all."""
    files = sorted((directory or _SHIPPED).glob("*.toml"))
    profiles = [read_profile(file) for file in files if not file.name.startswith("crl-")]
    return MappingProxyType({profile.name: profile for profile in profiles})


def load_crl_profiles(directory: Path | None = None) -> Mapping[str, CRLProfile]:
    """All CRL profiles (`crl-*.toml`) of a directory by name, e.g. "crl-jpki"."""
    profiles = [read_crl_profile(file) for file in sorted((directory or _SHIPPED).glob("crl-*.toml"))]
    return MappingProxyType({profile.name: profile for profile in profiles})


def _read(adapter: TypeAdapter[P], file: Path) -> P:
    try:
        table, digest = read_toml(file)
        if "digest" in table:
            raise Fault("digest", "this key is not known")
        if table.get("name") != file.stem:
            raise Fault("name", "it is the name of the file")
        return replace(as_dataclass(adapter, table), digest=digest)
    except Fault as fault:
        raise ProfileError(file, fault.key, fault.reason) from None
