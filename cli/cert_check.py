"""`ninsho cert lint` and `cert verify`: whether a certificate keeps the rules, and whether it stands under a root."""

from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cli.asking import issuer_of, published_authorities
from cli.config import Config
from cli.errors import NotFound
from cli.exits import Exit
from cli.installation import config_of
from cli.lists import load_list
from cli.options import hexadecimal
from cli.output import document
from cli.preview import certificate_file
from cli.wiring import profiles_of, terms_of, utc_now
from policies.clauses import check_against_profile
from policies.finding import Finding, Severity
from policies.lint import lint_certificate

readable = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("lint")
@click.argument("file", type=readable)
@click.option("--profile", metavar="NAME", help="Hold it against this profile of the installation, too.")
@click.pass_context
def cert_lint(context: click.Context, file: Path, profile: str | None) -> None:
    """Hold a certificate against RFC 5280, and against a profile; exit status 5 on a warning or worse.

    \b
    Examples:
      ninsho cert lint leaf.pem
      ninsho --config demo-home/ninsho.toml cert lint leaf.pem --profile jpki-sign
    """
    given = certificate_file(file)
    findings = lint_certificate(given.public_bytes(Encoding.DER))
    if profile is not None:
        findings += against_profile(config_of(context), given, profile)
    listed = [
        {"code": one.code, "severity": one.severity.name.lower(), "source": one.source, "detail": one.detail}
        for one in findings
    ]
    text = "\n".join(in_words(one) for one in findings) or f"{file}: nothing found."
    document(context, "cert.lint", {"file": str(file), "profile": profile, "findings": listed}, text)
    if any(one.severity >= Severity.WARNING for one in findings):
        context.exit(Exit.FINDINGS)


def in_words(finding: Finding) -> str:
    """A finding in a line."""
    return f"{finding.severity.name.lower():8}{finding.code}: {finding.detail} [{finding.source}]"


def against_profile(config: Config, given: x509.Certificate, name: str) -> tuple[Finding, ...]:
    """The clauses of a profile that a certificate breaks; raises `NotFound` for a profile or issuer unknown here."""
    profiles = profiles_of(config)
    if name not in profiles:
        raise NotFound(f"Profile {name}", f"There are: {', '.join(sorted(profiles))}.")
    above = issuer_of(given, published_authorities(config))
    terms = terms_of(config, name_of(config, above))
    return check_against_profile(given, profiles[name], terms, None if above == given else above)


def name_of(config: Config, authority: x509.Certificate) -> str:
    """The name under which an authority's certificate is published."""
    files = sorted(Path(config.publication_root()).glob("ca/*.cer"))
    return next(file.stem for file in files if certificate_file(file) == authority)


@click.command("verify")
@click.argument("file", type=readable)
@click.option("--crl", "lists", type=readable, multiple=True, help="A list; with any, all must be covered.")
@click.pass_context
def cert_verify(context: click.Context, file: Path, lists: tuple[Path, ...]) -> None:
    """Find the path from a published root to a certificate and verify it now; exit status 5 when there is none.

    With --crl every certificate below the root must be covered by one of the lists and not be revoked.

    \b
    Examples:
      ninsho --config demo-home/ninsho.toml cert verify leaf.pem
      ninsho cert verify leaf.pem --crl 13103.crl
    """
    from ca.validation import validate_path  # half a second that no other command pays

    published = published_authorities(config_of(context))
    roots = [each for each in published if each.subject == each.issuer]
    path = validate_path(
        certificate_file(file),
        roots,
        utc_now(),
        intermediates=[each for each in published if each not in roots],
        crls=[load_list(each) for each in lists],
    )
    steps = [each.subject.rfc4514_string() for each in path[:-1]]
    body = {
        "file": str(file),
        "serial": hexadecimal(path[-1].serial_number),
        "authorities": steps,
        "revocation_checked": bool(lists),
    }
    checked = "it is on no list." if lists else "whether it is revoked was not asked."
    document(context, "cert.verify", body, f"{file} is valid now under {' > '.join(steps)}; {checked}")
