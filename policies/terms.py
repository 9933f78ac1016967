"""The terms of an authority: what belongs to the authority and not to the profile.

Organisation, names, policy OIDs, CPS and the URLs of OCSP and CRLs. A terms file is TOML with exactly these tables:

    name = "jpki"                 # which family of authorities; [a-z][a-z0-9-]{0,31}
    cps = "http://..."            # the CPS URI of every policy
    [names]                       # texts that profiles name by `terms = "..."`
    [policies]                    # policy OIDs that profiles name by `policy = "..."`
    [ocsp]                        # one URL for each key that profiles name by `ocsp = "..."`
    [crl]                         # a list of URLs for each key that profiles name by `urls = "..."`

URLs may hold the placeholders {base} (scheme, host and port of this deployment), {authority} (the issuing authority,
e.g. "lgpki-org-g1") and, in [crl], {partition}. The shipped jpki.toml and lgpki.toml carry the real names: they serve
previews and the comparison with real certificates, and a demonstration refuses them (`real_names`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from policies.errors import TermsError
from policies.extension import OID, Key
from policies.strict import STRICT, Fault, as_dataclass, read_toml

__all__ = ["AuthorityTerms", "load_terms", "real_names", "shipped_terms", "terms_template"]

_SHIPPED = Path(__file__).parent / "terms"
V = TypeVar("V")

_PLACEHOLDERS = ("{base}", "{authority}", "{partition}")

NameKey: TypeAlias = Literal[
    "country",
    "organisation",
    "agency",
    "signing_service",
    "authentication_service",
    "distribution_points",
    "organisation_ca",
    "organisation_ja",
    "agency_ja",
    "signing_service_ja",
    "authentication_service_ja",
]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64)]
URL: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(http://|\{base\}/?)[!-~]*$", max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityTerms:
    """The terms of one authority. `digest` is the SHA-256 of the file's bytes, before placeholders are filled."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    cps: URL
    names: Mapping[NameKey, Text]
    policies: Annotated[Mapping[Key, OID], Field(min_length=1)]
    ocsp: Mapping[Key, URL]
    crl: Mapping[Key, Annotated[tuple[URL, ...], Field(min_length=1, max_length=4)]]
    digest: bytes = b""

    def text(self, key: str) -> str:
        """The name under `key`. Raises TermsError when these terms have none."""
        return _entry(self, "names", cast("Mapping[str, str]", self.names), key)

    def policy(self, key: str) -> str:
        """The policy OID, dotted, under `key`. Raises TermsError when these terms have none."""
        return _entry(self, "policies", self.policies, key)

    def cps_uri(self) -> str:
        """The CPS URI of every policy. Raises TermsError when a placeholder is left open."""
        return _closed(self, "cps", self.cps)

    def ocsp_url(self, key: str) -> str:
        """The OCSP URL under `key`. Raises TermsError when these terms have none or a placeholder is left open."""
        return _closed(self, f"ocsp.{key}", _entry(self, "ocsp", self.ocsp, key))

    def crl_urls(self, key: str, partition: str) -> tuple[str, ...]:
        """The URLs of a partition's list, in encoding order. Raises TermsError as `ocsp_url` does."""
        urls = _entry(self, "crl", self.crl, key)
        return tuple(_closed(self, f"crl.{key}", url.replace("{partition}", partition)) for url in urls)

    def for_deployment(self, *, base_url: str, authority: str) -> "AuthorityTerms":
        """These terms with {base} and {authority} filled; `base_url` is like "http://localhost:8080", no slash."""
        split = urlsplit(base_url)
        if split.scheme != "http" or not split.hostname or split.path or split.query or split.fragment:
            # RFC 5280 8: CRLs and OCSP are fetched over plain HTTP, for what they carry is signed.
            raise TermsError(self.name, "base", "a base URL is http://host:port without a path")

        def fill(url: str) -> str:
            return url.replace("{base}", base_url).replace("{authority}", authority)

        return replace(
            self,
            cps=fill(self.cps),
            ocsp=MappingProxyType({key: fill(url) for key, url in self.ocsp.items()}),
            crl=MappingProxyType({key: tuple(map(fill, urls)) for key, urls in self.crl.items()}),
        )


def _entry(terms: AuthorityTerms, table: str, entries: Mapping[str, V], key: str) -> V:
    if key not in entries:
        raise TermsError(terms.name, f"{table}.{key}", "the profile names it and the terms do not have it")
    return entries[key]


def _closed(terms: AuthorityTerms, key: str, url: str) -> str:
    if any(placeholder in url for placeholder in _PLACEHOLDERS):
        raise TermsError(terms.name, key, "a placeholder is left open; fill it with for_deployment")
    return url


_TERMS = TypeAdapter(AuthorityTerms)


def load_terms(path: Path, *, base_url: str | None = None, authority: str | None = None) -> AuthorityTerms:
    """Read a terms file strictly; with `base_url` and `authority` its placeholders are filled (`for_deployment`).

    Raises TermsError naming file and key: an unknown or missing key, a text too long, an OID or URL that is none.
    """
    try:
        table, digest = read_toml(path)
        if "digest" in table:
            raise Fault("digest", "this key is not known")
        terms = replace(as_dataclass(_TERMS, table), digest=digest)
    except Fault as fault:
        raise TermsError(path.name, fault.key, fault.reason) from None
    if base_url is None and authority is None:
        return terms
    return terms.for_deployment(base_url=base_url or "", authority=authority or "")


def shipped_terms(name: Literal["jpki", "lgpki"]) -> AuthorityTerms:
    """The real names of JPKI or LGPKI, for previews and byte comparisons only."""
    return load_terms(_SHIPPED / f"{name}.toml")


def terms_template(name: Literal["jpki", "lgpki"]) -> Path:
    """The shipped template of the terms of a test hierarchy (O=JPKI-TEST, O=LGPKI-TEST), placeholders open."""
    return _SHIPPED / f"{name}-test.toml"


def real_names(terms: AuthorityTerms) -> tuple[str, ...]:
    """What in `terms` belongs to a real authority: organisation names and policy OIDs. Empty for a test hierarchy.

    Names are compared without regard to case and spaces around them. A demonstration refuses terms that have any.
    """
    keys: tuple[NameKey, ...] = ("organisation", "organisation_ja")
    real = [shipped_terms("jpki"), shipped_terms("lgpki")]
    organisations = {other.text(key).casefold() for other in real for key in keys}
    policies = {policy for other in real for policy in other.policies.values()}
    stated = [terms.names[key] for key in keys if key in terms.names]
    found = [name for name in stated if name.strip().casefold() in organisations]
    return tuple(found + [policy for policy in terms.policies.values() if policy in policies])
