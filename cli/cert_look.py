"""`ninsho cert find`, `cert show` and `cert export`: what this installation knows of its certificates."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.holder import holder_name
from ca.look import Look, State, by_serial, look_at
from ca.retirement import Retired
from cli.asking import issuer_of, rfc3339
from cli.cert_issue import summary
from cli.config import Config
from cli.errors import NotFound
from cli.installation import config_of
from cli.options import SERIAL, check_output, hexadecimal
from cli.output import document, table
from cli.preview import certificate_file
from cli.sentences import WORDS, Language, language, moment, reason_name, reason_words, sentence
from cli.wiring import known_retirements, open_database, profiles_of, utc_now
from policies.description import describe
from policies.profile import CertificateProfile
from store.authorities import authorities
from store.certificates import CertificateFilter, CertificateRecord, certificate, find
from store.database import Database, Transaction
from store.status import Act

PAGE = 500
MOST_READ = 20_000
"""Certificates that one search by state reads at most; the answer then says where to go on."""

STATES = ("good", "revoked", "held", "expired")


@dataclass(frozen=True, slots=True)
class Page:
    """Some certificates that were looked for, and the one after which the next page begins; None: there is no more."""

    looks: tuple[Look, ...]
    next: str | None


@click.command("find")
@click.option("--issuer", metavar="CODE", help="By issuer, e.g. jpki-sign: all its generations.")
@click.option("--authority", metavar="NAME", help="By one generation, e.g. jpki-sign-g1.")
@click.option("--profile", metavar="NAME", help="By profile.")
@click.option("--partition", metavar="CODE", help="By list, e.g. a municipality's code.")
@click.option("--state", type=click.Choice(STATES), help="By state now.")
@click.option("--holder", metavar="REFERENCE", help="By the holder's reference in the register.")
@click.option("--serial", type=SERIAL, help="By serial number, of whichever issuer.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--after", metavar="ISSUER:HEX", help="Go on after this certificate: 'next' of the page before.")
@click.pass_context
def cert_find(
    context: click.Context,
    issuer: str | None,
    authority: str | None,
    profile: str | None,
    partition: str | None,
    state: State | None,
    holder: str | None,
    serial: int | None,
    limit: int,
    after: str | None,
) -> None:
    """List certificates, newest first, page by page. Nothing found is an empty list, exit status 0.

    \b
    Examples:
      ninsho cert find --partition 13103 --state revoked
      ninsho cert find --holder R-20261123-0007
      ninsho --json cert find --issuer jpki-auth --limit 1000 --after jpki-auth:0a1b…
    """
    config = config_of(context)
    wanted = CertificateFilter(issuer=issuer, authority=authority, profile=profile, partition=partition)
    with closing(open_database(config, "ra")) as database, database.snapshot() as tx:
        if holder is not None:
            wanted = replace(wanted, holder=holder_of(config, database, holder))
        search = Search(tx, wanted, state, profiles_of(config), known_retirements(config).look(tx))
        page = search.of_serial(serial) if serial is not None else search.page(limit, place(tx, after))
    body = {"certificates": [brief(look) for look in page.looks], "next": page.next}
    rows = [
        (
            look.record.issuer,
            hexadecimal(look.record.serial),
            look.record.profile,
            look.state,
            moment(look.record.not_after, "en"),
        )
        for look in page.looks
    ]
    text = table(("issuer", "serial", "profile", "state", "until"), rows)
    document(context, "cert.find", body, text if page.next is None else f"{text}\nmore: --after {page.next}")


@dataclass(frozen=True, slots=True)
class Search:
    """One search: what is wanted of the records, and which state now, which no record holds."""

    tx: Transaction
    wanted: CertificateFilter
    state: State | None
    profiles: Mapping[str, CertificateProfile]
    retired: Retired

    def page(self, limit: int, after: CertificateRecord | None) -> Page:
        """At most `limit` after that one; it reads `MOST_READ` at most, so `next` may follow an empty page."""
        found: list[Look] = []
        last = after
        for read, record in enumerate(self.records(after)):
            if len(found) == limit or read == MOST_READ:
                return Page(tuple(found), None if last is None else key_of(last))
            last = record
            if self.fits(look := self.look(record)):
                found.append(look)
        return Page(tuple(found), None)

    def records(self, after: CertificateRecord | None) -> Iterator[CertificateRecord]:
        """Every record that is wanted, newest first."""
        while page := find(self.tx, self.wanted, after=after, limit=PAGE):
            yield from page
            after = page[-1]

    def of_serial(self, serial: int) -> Page:
        """The certificates of a serial number that are wanted."""
        given = [(name, getattr(self.wanted, name)) for name in CertificateFilter.__slots__]
        looks = [
            self.look(record)
            for record in by_serial(self.tx, serial)
            if all(value is None or getattr(record, name) == value for name, value in given)
        ]
        return Page(tuple(look for look in looks if self.fits(look)), None)

    def look(self, record: CertificateRecord) -> Look:
        """The certificate as it is now."""
        return look_at(self.tx, record, self.profiles, self.retired, utc_now())

    def fits(self, look: Look) -> bool:
        """Whether it is in the state wanted."""
        return self.state is None or look.state == self.state


def holder_of(config: Config, database: Database, reference: str) -> bytes:
    """The name under which this installation knows a holder."""
    salt = config.at(config.holder_salt).read_bytes()
    return holder_name(salt, reference)


def place(tx: Transaction, after: str | None) -> CertificateRecord | None:
    """The certificate that ISSUER:HEX names; raises click's UsageError, UnknownCertificate."""
    if after is None:
        return None
    issuer, colon, serial = after.partition(":")
    if not colon:
        raise click.UsageError("--after is ISSUER:HEX, as 'next' of the page before")
    return certificate(tx, issuer, SERIAL.convert(serial, None, None))


def key_of(record: CertificateRecord) -> str:
    """A certificate as ISSUER:HEX."""
    return f"{record.issuer}:{hexadecimal(record.serial)}"


def brief(look: Look) -> dict[str, object]:
    """A certificate and its state, as lists show it."""
    return {
        **summary(look.record),
        "state": look.state,
        "since": None if look.since is None else rfc3339(look.since),
        "reason": reason_name(look.reason) if look.state in ("revoked", "held", "abandoned") else None,
    }


@click.command("show")
@click.argument("which", nargs=-1, required=True, metavar="ISSUER SERIAL | FILE")
@click.option("--explain", is_flag=True, help="Tell its history instead of its fields.")
@click.option("--lang", type=click.Choice(["ja", "en"]), help="The language of the sentences; LANG otherwise.")
@click.pass_context
def cert_show(context: click.Context, which: tuple[str, ...], explain: bool, lang: Language | None) -> None:
    """Say in one line how a certificate stands and what can be done; then every field of it, or its history.

    \b
    Examples:
      ninsho cert show jpki-sign 0a1b…
      ninsho cert show leaf.pem --explain --lang ja
    """
    config, spoken = config_of(context), lang or language()
    with closing(open_database(config, "ra")) as database, database.snapshot() as tx:
        look = look_at(tx, named(tx, which), profiles_of(config), known_retirements(config).look(tx), utc_now())
    fields = describe(look.record.tbs)
    body = {
        **brief(look),
        "sentence": sentence(look, spoken),
        "kind": look.record.kind,
        "event": look.event,
        "handed_over": look.handed_over,
        "application": None if look.record.application_id is None else str(look.record.application_id),
        "issued_at": None if look.record.issued_at is None else rfc3339(look.record.issued_at),
        "history": [past(act) for act in look.history],
        "description": fields,
    }
    rest = history(look, spoken) if explain else fields
    document(context, "cert.show", body, f"{sentence(look, spoken)}\n\n{rest}".rstrip())


def named(tx: Transaction, which: tuple[str, ...]) -> CertificateRecord:
    """The record of the certificate that ISSUER SERIAL, or the certificate in FILE, names; raises `NotFound`."""
    if len(which) == 2:
        return certificate(tx, which[0], SERIAL.convert(which[1], None, None))
    if len(which) != 1:
        raise click.UsageError("name one certificate: ISSUER SERIAL, or FILE")
    given = certificate_file(Path(which[0]))
    known = authorities(tx)
    above = issuer_of(given, [x509.load_der_x509_certificate(each.certificate) for each in known])
    issuer = next(each.issuer for each in known if each.certificate == above.public_bytes(Encoding.DER))
    record = certificate(tx, issuer, given.serial_number)
    if record.certificate != given.public_bytes(Encoding.DER):
        raise NotFound("This very certificate", "Another one has its serial number; call the auditor.")
    return record


def past(act: Act) -> dict[str, object]:
    """One act on a certificate's status, for machines."""
    return {
        "act": act.act,
        "at": rfc3339(act.at),
        "reason": None if act.act == "release" else reason_name(act.reason),
        "application": None if act.application_id is None else str(act.application_id),
    }


def history(look: Look, lang: Language) -> str:
    """What happened to a certificate, a line for each act."""
    japanese = lang == "ja"
    record = look.record
    lines = [f"{moment(record.issued_at or record.reserved_at, lang)}  {'発行' if japanese else 'issued'}"]
    for act in look.history:
        event = look.event if act.act == "revoke" else None
        why = f" ({reason_words(act.reason, event, lang)})" if act.act == "revoke" else ""
        lines.append(f"{moment(act.at, lang)}  {WORDS[act.act][japanese]}{why}")
    if look.state == "expired":
        lines.append(f"{moment(record.not_after, lang)}  {'有効期間の満了' if japanese else 'end of validity'}")
    return "\n".join(lines)


@click.command("export")
@click.argument("serial", type=SERIAL)
@click.option("--issuer", metavar="CODE", help="Only needed when two issuers used the number.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where it goes.")
@click.option("--der", is_flag=True, help="DER instead of PEM.")
@click.pass_context
def cert_export(context: click.Context, serial: int, issuer: str | None, output: Path, der: bool) -> None:
    """Write an issued certificate to a file. Whether it is revoked does not matter here.

    \b
    Example:
      ninsho cert export 0a1b… -o leaf.pem
    """
    check_output(output)
    with closing(open_database(config_of(context), "ra")) as database, database.snapshot() as tx:
        found = [each for each in by_serial(tx, serial) if each.certificate and issuer in (None, each.issuer)]
    if len(found) > 1:
        raise click.UsageError(f"several issuers used this number: {', '.join(each.issuer for each in found)}")
    if not found:
        raise NotFound(f"An issued certificate {hexadecimal(serial)}", "Search with 'ninsho cert find'.")
    encoding = Encoding.DER if der else Encoding.PEM
    output.write_bytes(x509.load_der_x509_certificate(found[0].certificate or b"").public_bytes(encoding))
    body = {"issuer": found[0].issuer, "serial": hexadecimal(serial), "file": str(output)}
    document(context, "cert.export", body, f"Certificate {found[0].issuer} {body['serial']} is written to {output}.")
