"""A compromised key stays ended on a database restored from before (KEY-2): for signer, answers, lists and files.

A home is made, a certificate issued, a second case approved; the database is copied; two authorities' keys are
compromised, one of them below a root; the copy is put back. No anchor saw the compromise: this is the blind window.
"""

import io
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca.authority import AuthorityStatement
from ca.responders import RESPONDER_PROFILE
from ca.retirement import open_retirement
from ca.retiring import FILE_LIMIT, retire
from ca.signed_document import unpack
from cli.answering import RenewedResponder, answering
from cli.chores import Chores
from cli.list_signers import generations, list_signers
from cli.verifiers import responder_tokens
from cli.wiring import (
    administrators,
    believed_statement,
    known_retirements,
    open_authorities,
    open_database,
    open_token,
    private_key_file,
    profiles_of,
    utc_now,
)
from crl.issuance import Publisher
from store.audit import AuditChain, links
from store.authorities import authority
from store.certificates import CertificateFilter, certificate, find
from store.database import Database
from store.partitions import partitions
from store.publication import Publication
from store.retired import retirement_digests
from tests.fixtures.home import Answer, Home, as_program, make_installation
from tests.fixtures.retirement import ended, signed

SELF_SIGNED, SUBORDINATE, ROOT = "jpki-auth-g1", "lgpki-sub-g1", "lgpki-root-g1"


@dataclass(frozen=True)
class Scene:
    """The home after the restore, the certificate that was good before, the case that waits, the signer's run."""

    home: Home
    issued: x509.Certificate
    case: str
    before_the_signer: ocsp.OCSPResponse
    ran: Answer

    def file(self, name: str) -> bytes:
        """A published file."""
        return Publication(self.home.config.publication_root()).get(name)


def statement(home: Home, name: str) -> AuthorityStatement:
    """An authority's believed record."""
    with closing(open_database(home.config, "ocsp")) as database, database.snapshot() as tx:
        return believed_statement(home.config, authority(tx, name))


def compromise(home: Home, *names: str) -> None:
    """Hold the ceremony of a compromise for these authorities."""
    config, now = home.config, utc_now()
    keys = {name: private_key_file(home.key(name)) for name in administrators(config)}
    audit = AuditChain("ceremony-compromise", "ceremony", config.deployment)
    with closing(Database(config.database_url(), "owner")) as database:
        for name in names:
            record = signed(ended(statement(home, name), "compromised", at=now), keys, now)
            retire(known_retirements(config), database, record, audit, now)


def copied(source: Path, target: Path) -> None:
    """Copy a database file whole, whatever its journal holds."""
    for rest in target.parent.glob(f"{target.name}*"):
        rest.unlink()
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def asked(home: Home, certificate: x509.Certificate, name: str) -> ocsp.OCSPResponse:
    """What a verifiers' worker that starts now answers about a certificate of an authority."""
    with closing(open_database(home.config, "ocsp")) as database:
        tokens = responder_tokens(home.config)
        try:
            responder = RenewedResponder(home.config, database, answering(home.config, database, tokens), utc_now)
            request = ocsp.OCSPRequestBuilder().add_certificate(
                certificate, statement(home, name).x509(), hashes.SHA256()
            )
            return posted(responder, request.build().public_bytes(Encoding.DER))
        finally:
            for token in tokens.values():
                token.close()


def posted(responder: RenewedResponder, question: bytes) -> ocsp.OCSPResponse:
    """One question by POST."""
    environ = {
        "PATH_INFO": "/ocsp",
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(question)),
        "CONTENT_TYPE": "application/ocsp-request",
        "wsgi.input": io.BytesIO(question),
    }
    return ocsp.load_der_ocsp_response(b"".join(responder(environ, lambda *given: lambda data: None)))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The story of this module, up to one run of the signer on the restored database."""
    folder = tmp_path_factory.mktemp("compromise")
    home = make_installation(folder)
    serial = home.issued()["serial"]
    home.ninsho("cert", "issue", *home.case(), *home.everybody, "--wait", "0")
    (case,) = home.ninsho("application", "list", "--state", "open").body["applications"]
    database, copy = home.config.home / "ninsho.db", folder / "before.db"
    copied(database, copy)
    compromise(home, SELF_SIGNED, SUBORDINATE)
    copied(copy, database)
    with closing(open_database(home.config, "ra")) as opened, opened.snapshot() as tx:
        assert retirement_digests(tx) == ()
        row = certificate(tx, "jpki-auth", int(serial, 16))
    issued = x509.load_der_x509_certificate(row.certificate or b"")
    answer = asked(home, issued, SELF_SIGNED)
    ran = as_program("--config", home.config.path, "--json", "signer", "run", "--once")
    return Scene(home, issued, case["id"], answer, ran)


def is_compromised(answer: ocsp.OCSPResponse) -> bool:
    """Whether an answer says revoked by cACompromise."""
    status = answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    return status and answer.revocation_reason is x509.ReasonFlags.ca_compromise


def test_the_signer_refuses_on_the_restored_database(scene: Scene) -> None:
    """KEY-2: approved before, and not signed: refused, audited by its code; the key is not even opened."""
    assert scene.ran.status == 0, scene.ran.err
    shown = scene.home.ninsho("application", "show", scene.case).body
    assert (shown["state"], shown["outcome"]) == ("refused", "ca.authority-compromised")
    with closing(open_database(scene.home.config, "audit")) as database, database.snapshot() as tx:
        codes = [json.loads(each.facts).get("code") for each in links(tx) if each.event == "application.refused"]
    assert codes == ["ca.authority-compromised"]
    with scene.home.signer() as signer:
        assert set(signer.authorities) == {"jpki-sign-g1", "lgpki-org-g1"}


def test_no_list_and_no_responder_is_signed(scene: Scene) -> None:
    """A compromised generation signs nothing at all; the others' lists were made in the same run."""
    public = Path(scene.home.config.publication_root()) / "crl"
    assert sorted(each.name for each in public.iterdir()) == ["jpki-sign-g1", "lgpki-org-g1", ROOT]
    with scene.home.signer() as signer:
        later = utc_now() + timedelta(days=25)
        chores = Chores(
            scene.home.config, signer.database, signer.authorities, signer.audit, signer.serials, clock(later)
        )
        chores.do()
        with signer.database.snapshot() as tx:
            renewed = find(tx, CertificateFilter(profile=RESPONDER_PROFILE))
    assert {each.authority for each in renewed if each.reserved_at >= later} == {"jpki-sign-g1", "lgpki-org-g1"}


def clock(now: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: now


def test_answers_say_revoked_before_anybody_entered_it_again(scene: Scene) -> None:
    """RFC 5280 5.3.1: the folder beside the database knew, so the first answer after the restore is right."""
    assert is_compromised(scene.before_the_signer)


def test_answers_say_revoked_afterwards(scene: Scene) -> None:
    """The responder's own certificate is one of that generation too: all of it is revoked."""
    assert is_compromised(asked(scene.home, scene.issued, SELF_SIGNED))


def test_the_parents_next_list_holds_the_subordinate(scene: Scene) -> None:
    """RFC 5280 5.3.1: the signer entered the compromise again, and with it the revocation in the parent's journal."""
    config = scene.home.config
    publication = Publication(config.publication_root())
    with closing(Database(config.database_url(), "owner")) as database, open_token(config, "root") as token:
        roots = {each.name: each for each in open_authorities(config, database, {"root": token})}
        (signers,) = list_signers(roots, profiles_of(config), generations(config, database)).values()
        audit = AuditChain("ceremony-list", "ceremony", config.deployment)
        with database.snapshot() as tx:
            (partition,) = partitions(tx, "lgpki-root", utc_now())
        time.sleep(1.1)  # a list is never dated like the one before it
        Publisher(database, publication, audit, utc_now).publish(signers, partition)
    found = x509.load_der_x509_crl(scene.file(f"crl/{ROOT}/ca.crl"))
    entry = found.get_revoked_certificate_by_serial_number(statement(scene.home, SUBORDINATE).x509().serial_number)
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.ca_compromise


@pytest.mark.parametrize("name", [SELF_SIGNED, SUBORDINATE])
def test_the_signed_statement_is_published(scene: Scene, name: str) -> None:
    """A self-signed key is in nobody's list, so relying parties have the administrators' own word."""
    document, signatures = unpack(scene.file(f"ca/{name}.retired"), limit=FILE_LIMIT)
    trusted, deployment = administrators(scene.home.config), scene.home.config.deployment
    opened = open_retirement(document, signatures, trusted, deployment=deployment)
    assert (opened.authority, opened.reason) == (name, "compromised")


def test_commands_say_so(scene: Scene) -> None:
    """`ca ls` and `ca show` say since when; `cert show` says revoked; `status` asks for no list of it."""
    listed = {each["name"]: each for each in scene.home.ninsho("ca", "ls").body["authorities"]}
    assert listed[SELF_SIGNED]["ended"].startswith("compromised since 20")
    assert (listed[SELF_SIGNED]["issues"], listed["jpki-sign-g1"]["ended"]) == (False, None)
    assert scene.home.ninsho("ca", "show", SELF_SIGNED).body["ended"] == listed[SELF_SIGNED]["ended"]
    shown = scene.home.ninsho("cert", "show", "jpki-auth", f"{scene.issued.serial_number:x}").body
    assert (shown["state"], shown["reason"]) == ("revoked", "cACompromise")
    assert "compromised since" in scene.home.spoken("ca", "ls").out
    status = scene.home.ninsho("status")
    stale = {each["name"]: each["stale"] for each in json.loads(status.out)["authorities"]}
    assert (stale[SELF_SIGNED], stale[SUBORDINATE]) == (False, False)


def test_the_counter_is_told_at_once(scene: Scene) -> None:
    """KEY-2: a case for the compromised authority is refused while the applicant still stands there."""
    answer = scene.home.ninsho("cert", "issue", *scene.home.case(), *scene.home.everybody)
    assert (answer.status, answer.error["code"]) == (4, "ca.authority-compromised")


def test_the_trail_holds_what_was_done_again(scene: Scene) -> None:
    """LOG-1: status and journal agree with the trail after the statement was entered a second time."""
    verified = scene.home.ninsho("audit", "verify").body
    assert (verified["breaks"], verified["differences"], verified["retirements_missing"]) == ([], [], [])
    with closing(open_database(scene.home.config, "audit")) as database, database.snapshot() as tx:
        entered = [json.loads(each.facts)["authority"] for each in links(tx) if each.event == "authority.ended"]
        assert len(retirement_digests(tx)) == 2
    assert sorted(entered) == [SELF_SIGNED, SUBORDINATE]


def test_a_statement_that_was_deleted_is_missed(scene: Scene) -> None:
    """KEY-2: the newest anchor lists it, so `audit verify` finds it gone and no signer starts."""
    assert scene.home.ninsho("audit", "checkpoint").status == 0
    assert scene.home.tamper("DELETE FROM retirement WHERE authority = ?", SELF_SIGNED) == 1
    verified = scene.home.ninsho("audit", "verify")
    assert (verified.status, verified.error["code"]) == (1, "cli.disagreement")
    assert len(json.loads(verified.out)["retirements_missing"]) == 1
    ran = as_program("--config", scene.home.config.path, "--json", "signer", "run", "--once")
    assert (ran.status, ran.error["code"]) == (8, "store.anchor-refused")
