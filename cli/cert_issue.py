"""`ninsho cert issue` and `cert hand-over`: from an application to the certificate in its holder's hands."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import JsonValue

from ca.application import Application
from ca.approvals import EvidenceRole
from ca.authority import check_issuing, newest_issuing
from ca.counter import Challenge, new_challenge
from ca.first_check import check_content, check_holder
from ca.lodging import Case, standing
from ca.request import LIMIT, check_possession
from cli.asking import rfc3339
from cli.cert_challenge import bounded, public_key_octets, read_challenge
from cli.counter import Officer, Possession, by_key, by_proof, by_request
from cli.desk import Desk, in_words, open_desk
from cli.errors import NotFound
from cli.installation import config_of
from cli.officers import PERSON_AND_KEY, Signature, password_for, signature_of, signed_by
from cli.options import SERIAL, check_output, hexadecimal, json_file
from cli.output import as_json, document, say
from cli.wiring import private_key_file, retirements, terms_of, utc_now
from policies.facts import parse_facts
from policies.profile import CertificateProfile
from store.authorities import AuthorityRecord
from store.certificates import CertificateFilter, CertificateRecord, certificate, find

readable = click.Path(exists=True, dir_okay=False, path_type=Path)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="How long to wait; without it 30 s when no signature is missing, else not at all.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A certificate that somebody applies for at the counter `branch`; `reference` names the holder in the register.

    `challenge` is what the holder's proof of possession answers when it was made before.
    """

    profile: str
    authority: str | None
    facts: Mapping[str, JsonValue]
    possession: Possession
    challenge: Challenge | None
    reference: str
    branch: str


@click.command("issue")
@click.option("--profile", required=True, metavar="NAME", help="What kind of certificate, e.g. jpki-auth.")
@click.option("--csr", type=readable, metavar="FILE", help="The certification request (PKCS#10) of the subject's key.")
@click.option("--key", type=readable, metavar="FILE", help="Or the subject's key, which signs as a card would.")
@click.option("--public-key", type=readable, metavar="FILE", help="Or its public key only, …")
@click.option("--challenge", type=readable, metavar="FILE", help="… the document of 'cert challenge' …")
@click.option("--proof", type=readable, metavar="FILE", help="… and the key's signature on its octets.")
@click.option("--facts", required=True, type=readable, metavar="FILE", help="The case's facts, a JSON object.")
@click.option("--holder", required=True, metavar="REFERENCE", help="The holder's reference in the register.")
@click.option("--branch", required=True, metavar="CODE", help="The branch where the case is filed.")
@click.option("--authority", metavar="NAME", help="Which authority; otherwise the newest that issues this profile.")
@signed_by
@click.option("--examine", "examiners", type=PERSON_AND_KEY, multiple=True, help="An examiner who is here, too.")
@click.option("--approve", "approvers", type=PERSON_AND_KEY, multiple=True, help="An approver who is here, too.")
@wait_option
@click.option("--hand-over", is_flag=True, help="Record that the holder has it; it replaces the old one.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the PEM goes.")
@click.pass_context
def cert_issue(
    context: click.Context,
    profile: str,
    csr: Path | None,
    key: Path | None,
    public_key: Path | None,
    challenge: Path | None,
    proof: Path | None,
    facts: Path,
    holder: str,
    branch: str,
    authority: str | None,
    examiners: tuple[Signature, ...],
    approvers: tuple[Signature, ...],
    wait: float | None,
    hand_over: bool,
    output: Path | None,
) -> None:
    """Apply for a certificate, and wait for it when nobody else has to sign first.

    Without all signatures the application is saved as "waiting" and its number is printed: others examine and
    approve it with 'ninsho application'. With --wait, signatures that do not come in time end in exit status 6.

    \b
    Examples:
      ninsho cert issue --profile jpki-auth --csr card.csr --facts case.json --holder R-20261123-0007 \\
          --branch branch-13103 --as reception-1 --with-key reception-1.key.pem
      ninsho cert issue --profile lgpki-server --csr www.csr --facts www.json --holder www.city.example.lg.jp \\
          --branch branch-13103 --as reception-1 --with-key r.pem --examine examiner-1=e.pem \\
          --approve approver-1=a.pem --hand-over -o www.pem
      ninsho cert issue --profile jpki-sign --public-key card.pem --challenge challenge.json --proof proof.bin \\
          --facts case.json --holder R-7 --branch branch-13103 --as reception-1 --with-key reception-1.key.pem
    """
    check_output(output)
    config = config_of(context)
    possession, answered = possession_of(config.deployment, csr, key, (public_key, challenge, proof))
    wish = Wish(profile, authority, json_file(facts), possession, answered, holder, branch)
    with ExitStack() as held:
        desk = held.enter_context(open_desk(config))
        submitter = held.enter_context(signature_of(context).officer(desk.config, desk.roster))
        others: dict[EvidenceRole, Sequence[Officer]] = {
            "examination": [held.enter_context(each.officer(desk.config, desk.roster)) for each in examiners],
            "approval": [held.enter_context(each.officer(desk.config, desk.roster)) for each in approvers],
        }
        case = desk.lodge(application_for(desk, wish, submitter.person), submitter, others)
        tell(context, case)
        record = desk.await_end(case, wait)
        issued = issued_for(desk, record.id) if record.state == "done" else None
        if issued is not None and hand_over:
            desk.await_end(lodge_hand_over(desk, issued, submitter, branch), wait)
        missing = desk.lodging.missing(record, case.evidence)
    body: dict[str, object] = {
        "application": str(record.id),
        "state": standing(record, missing, utc_now()),
        "missing": missing,
        "certificate": None if issued is None else summary(issued),
        "handed_over": issued is not None and hand_over,
        "file": write_pem(issued, output),
    }
    document(context, "cert.issue", body, outcome(body, missing, issued))


def possession_of(
    deployment: str, csr: Path | None, key: Path | None, answer: tuple[Path | None, Path | None, Path | None]
) -> tuple[Possession, Challenge | None]:
    """How the applicant shows to hold the key, and the challenge that was answered before, if one was.

    `answer`: public key, challenge and proof. Raises click's UsageError unless exactly one way is given whole.
    """
    match csr, key, answer:
        case Path() as request, None, (None, None, None):
            with request.open("rb") as file:
                return by_request(file.read(LIMIT + 1)), None
        case None, Path() as own, (None, None, None):
            return by_key(private_key_file(own, password_for(own))), None
        case None, None, (Path() as public_key, Path() as challenge, Path() as proof):
            subject_key = public_key_octets(public_key)
            return by_proof(subject_key, bounded(proof, LIMIT)), read_challenge(challenge, deployment, subject_key)
    raise click.UsageError("give --csr FILE, or --key FILE, or --public-key, --challenge and --proof")


def application_for(desk: Desk, wish: Wish, requester: str) -> Application:
    """The application of a wish, after the first look at it; raises what that finds."""
    profile, now = desk.profile(wish.profile), utc_now()
    authority = issuing_authority(desk, profile, wish.authority)
    counter = desk.counter(wish.branch, requester)
    holder = counter.holder(wish.reference)
    parse_facts(profile.facts, wish.facts)
    terminal = desk.terminal(wish.branch, wish.facts.get("window"))
    possession = wish.possession if terminal is None else terminal.notified(wish.possession)
    challenge = wish.challenge or new_challenge(now, counter.random)
    made = counter.issue(
        authority,
        profile,
        wish.facts,
        possession(desk.config.deployment, challenge.application, challenge.salt),
        challenge=challenge,
        holder=holder,
        requester=requester,
        now=now,
    )
    check_possession(made)
    issuer, key = x509.load_der_x509_certificate(authority.certificate), made.subject_key or b""
    check_content(profile, terms_of(desk.config, authority.name), issuer, wish.facts, key, now)
    with desk.database.snapshot() as tx:
        check_holder(tx, holder, made.kind, key)
    return made


def issuing_authority(desk: Desk, profile: CertificateProfile, name: str | None) -> AuthorityRecord:
    """The authority of that name, or the newest generation that issues `profile` now.

    Raises NotFound where none ever did, and why the newest that did does not any more: AuthorityError.
    """
    if name is not None:
        desk.statement(name)
        return desk.records[name]
    retired, now = retirements(desk.config, desk.database), utc_now()
    able = [each for each in map(desk.statement, desk.records) if profile.name in each.profiles]
    if not able:
        raise NotFound(f"An authority that issues {profile.name}", "See 'ninsho ca ls'.")
    found = [*newest_issuing(able, profile.name, retired, now).values()]
    if not found:
        check_issuing(max(able, key=lambda each: each.generation), retired, now)
    if len(found) > 1:
        raise click.UsageError(f"several issuers have {profile.name}; name one with --authority")
    return desk.records[found[0].name]


def tell(context: click.Context, case: Case) -> None:
    """Say a saved case's number at once, so that it is known whatever happens next."""
    if not as_json(context):
        say(f"application {case.record.id} is saved")


def lodge_hand_over(desk: Desk, issued: CertificateRecord, submitter: Officer, branch: str) -> Case:
    """The case that says that the holder has the certificate."""
    profile = desk.profile(issued.profile)
    counter = desk.counter(branch, submitter.person)
    made = counter.act("hand-over", issued, desk.records[issued.authority], profile, submitter.person, utc_now())
    return desk.lodge(made, submitter, {})


def issued_for(desk: Desk, application: UUID) -> CertificateRecord:
    """The certificate that an application led to."""
    with desk.database.snapshot() as tx:
        return find(tx, CertificateFilter(application_id=application, state="issued"), limit=1)[0]


def summary(issued: CertificateRecord) -> dict[str, object]:
    """A certificate in the words of every JSON document."""
    return {
        "issuer": issued.issuer,
        "serial": hexadecimal(issued.serial),
        "authority": issued.authority,
        "profile": issued.profile,
        "partition": issued.partition,
        "not_before": rfc3339(issued.not_before),
        "not_after": rfc3339(issued.not_after),
    }


def write_pem(issued: CertificateRecord | None, output: Path | None) -> str | None:
    """Write the certificate where it was wanted; the path, or None when there was nothing to write."""
    if issued is None or issued.certificate is None or output is None:
        return None
    output.write_bytes(x509.load_der_x509_certificate(issued.certificate).public_bytes(Encoding.PEM))
    return str(output)


def outcome(body: Mapping[str, object], missing: Mapping[EvidenceRole, int], issued: CertificateRecord | None) -> str:
    """What became of an application, in a sentence."""
    if issued is None:
        return f"Application {body['application']} is {body['state']}: it needs {in_words(missing)}."
    what = f"Certificate {issued.issuer} {hexadecimal(issued.serial)} is issued"
    done = " and handed over" if body["handed_over"] else ""
    where = f", written to {body['file']}" if body["file"] else ""
    return f"{what}{done}; it ends on {rfc3339(issued.not_after)}{where}."


@click.command("hand-over")
@click.argument("issuer")
@click.argument("serial", type=SERIAL)
@click.option("--branch", metavar="CODE", help="The branch; otherwise the one where the case was filed.")
@signed_by
@wait_option
@click.pass_context
def cert_hand_over(context: click.Context, issuer: str, serial: int, branch: str | None, wait: float | None) -> None:
    """Record that a certificate reached its holder; the holder's old one of the same kind is superseded.

    \b
    Example:
      ninsho cert hand-over jpki-auth 0a1b… --as reception-1 --with-key reception-1.key.pem
    """
    with open_desk(config_of(context)) as desk, signature_of(context).officer(desk.config, desk.roster) as submitter:
        with desk.database.snapshot() as tx:
            issued = certificate(tx, issuer, serial)
        filed = branch or desk.branch_of(issued)
        case = lodge_hand_over(desk, issued, submitter, filed)
        tell(context, case)
        record = desk.await_end(case, wait)
    body = {"application": str(record.id), "state": standing(record, {}, utc_now()), "certificate": summary(issued)}
    text = f"Certificate {issuer} {hexadecimal(serial)} is handed over." if record.state == "done" else "It is saved."
    document(context, "cert.hand-over", body, text)
