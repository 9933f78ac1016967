"""Every kind of ceremony, rehearsed at a terminal and held in earnest on SoftHSM2, by the shipped example of each."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from ca.authority import AuthorityStatement
from ca.ceremony.confirmations import check_confirmations
from ca.ceremony.entry import Entry
from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.record_acts import end_responder
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.run import Run
from ca.ceremony.script import load_script
from ca.ceremony.steps import steps
from ca.ceremony.token_acts import reopen
from ca.ceremony.transcript import Transcript, read_transcript
from ca.errors import AuthorityKeyDestroyed, AuthorityRetired
from ca.responders import current_certificate
from ca.roster import parse_roster
from ca.trail import serial_text
from cli.ceremony.hall import filled_room
from cli.ceremony.people import SilentPeople, TerminalPeople, ThrowAwayKeys, WrittenPapers
from cli.ceremony.rehearsal import prepare_rehearsal
from cli.ceremony.screen import Screen
from cli.wiring import believed_roster, elapsed_seconds, retirements, utc_now
from store.certificates import CertificateFilter, find
from store.database import Database
from store.status import CA_COMPROMISE, KEY_COMPROMISE, statuses
from tests.fixtures.ceremonies import EXAMPLES, Hall, make_hall
from tests.fixtures.home import in_process

if TYPE_CHECKING:
    from ca.ceremony.room import ObjectView

KILLED = frozenset({"software.verify", "people.present", "token.initialise", "token.open", "token.close"})
KILLED |= {"key.generate", "ceremony.close"}
"""The actions of every kind, at whose points test_ceremony_crash kills the process."""

KINDS = sorted(file.stem for file in EXAMPLES.glob("*.toml"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_needs_no_home(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, on any machine, in any folder (test_check has it twice alike)."""
    script = EXAMPLES / f"{kind}.toml"
    monkeypatch.chdir(tmp_path)
    body = in_process("--json", "ceremony", "check", script).body
    assert body["kind"] == kind
    assert body["script"] == sha256(script.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_a_rehearsal_is_whole_and_every_line_of_it_says_so(kind: str, tmp_path: Path) -> None:
    """The same steps on throw-away tokens; what is typed is what the script lists, and nothing else."""
    script = load_script((EXAMPLES / f"{kind}.toml").read_bytes())
    rehearsal = prepare_rehearsal(script, tmp_path, EXAMPLES)
    typed = io.StringIO("".join(f"{step.phrase(who)}\n" for step in steps(script) for who in step.confirm))
    shown = io.StringIO()
    screen = Screen(shown, typed, 60, rehearsal=True)
    people = TerminalPeople(rehearsal.script, screen, ThrowAwayKeys(rehearsal.credentials), rehearsal.papers)
    written = tmp_path / "transcript.jsonl"
    with (
        filled_room(rehearsal.config, rehearsal.script, people, rehearsal.beside, tmp_path) as room,
        Transcript.create(written, rehearsal=True) as lines,
    ):
        root = Run(room, lines, elapsed_seconds).hold()
    entries = read_transcript(written.read_bytes())
    check_confirmations(script, entries)
    reviewed = in_process("--json", "ceremony", "check", EXAMPLES / f"{kind}.toml").body
    assert entries[0].facts["certificates"] == reviewed["certificates"]
    assert (entries[-1].event, entries[-1].hash) == ("ceremony.closed", root)
    assert all(each.rehearsal for each in entries)
    assert all(line.startswith("REHEARSAL") for line in shown.getvalue().splitlines())
    assert typed.read() == ""


@dataclass(frozen=True)
class Held:
    """A ceremony that was held in earnest, and what it left."""

    hall: Hall
    entries: Sequence[Entry]

    def done(self, action: str, of: str = "") -> Facts:
        """What the transcript says the one step of that action has done, `of` being one of its parameters."""
        listed = [each for each in steps(self.hall.script) if each.action == action]
        (code,) = [each.code for each in listed if not of or of in each.facts.values()]
        return next(each.facts for each in self.entries if each.step == code and each.event == "step.done")

    def published(self, name: str) -> x509.Certificate:
        """A certificate in the place of publication."""
        return x509.load_der_x509_certificate((self.hall.folder / "public" / "ca" / f"{name}.cer").read_bytes())

    def list(self, authority: str, partition: str = "ca") -> x509.CertificateRevocationList:
        """A revocation list in the place of publication."""
        file = self.hall.folder / "public" / "crl" / authority / f"{partition}.crl"
        return x509.load_der_x509_crl(file.read_bytes())

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The installation's database."""
        with closing(Database(self.hall.config.database_url(), "owner")) as database:
            yield database

    def certificates(self, profile: str, authority: str | None = None) -> tuple[x509.Certificate, ...]:
        """The issued certificates of a profile that the database has, the oldest first."""
        with self.database() as database, database.snapshot() as tx:
            rows = find(tx, CertificateFilter(state="issued", profile=profile, authority=authority), limit=100)
        ordered = sorted(rows, key=lambda row: row.not_before)
        return tuple(x509.load_der_x509_certificate(row.certificate or b"") for row in ordered)

    def record(self, authority: str) -> AuthorityStatement:
        """The newest record of an authority, which its administrators' signatures make believed."""
        with self.room() as room:
            found = room.statement(authority)
        assert found is not None
        return found

    def objects(self, token: str) -> Mapping[str, "ObjectView"]:
        """The private keys that a token shows, once a quorum has opened it again."""
        with self.room() as room, room.closed_at_the_end():
            shown = reopen(room, self.hall.script.token(token)).objects()
        return {each.label: each for each in shown if each.kind == "private key"}

    @contextmanager
    def room(self) -> Iterator[Room]:
        """The room as it is after the ceremony."""
        with room_of(self.hall) as room:
            yield room


@contextmanager
def room_of(hall: Hall) -> Iterator[Room]:
    """The room of a hall, with everybody in agreement."""
    people = SilentPeople(hall.script, hall.credentials(), WrittenPapers(hall.papers), lambda line: None)
    with filled_room(hall.config, hall.script, people, hall.script_file.parent, hall.folder) as room:
        yield room


class Interrupted(Exception):
    """Somebody pulled the plug."""


def sittings(room: Room, hall: Hall) -> int:
    """Hold a ceremony that is interrupted once at every point at which an act has done something; how many it took."""
    seen: set[str] = set()
    acting = {each.code for each in steps(hall.script) if each.action not in KILLED}

    def interrupt(point: str) -> None:
        code, _, what = point.partition(".")
        if code in acting and what not in ("begun", "confirmed", "done") and point not in seen:
            seen.add(point)
            raise Interrupted(point)

    for number in count(1):
        with (
            Transcript.reopen(hall.transcript)
            if number > 1
            else Transcript.create(hall.transcript, rehearsal=False) as lines
        ):
            try:
                Run(room, lines, elapsed_seconds, interrupt).hold()
            except Interrupted:
                continue
            return number
    raise AssertionError


@pytest.fixture
def hold(tmp_path: Path) -> Callable[[str], Held]:
    """Hold the example of a kind in earnest, interrupted as often as can be, where all that it takes for granted is."""

    def held(kind: str) -> Held:
        hall = make_hall(kind, tmp_path / "hall")
        with room_of(hall) as room:
            assert sittings(room, hall) > len([each for each in steps(hall.script) if each.action not in KILLED])
        entries = hall.entries()
        check_confirmations(hall.script, entries)
        assert not any(each.rehearsal for each in entries)
        return Held(hall, entries)

    return held


def test_one_tier(hold: Callable[[str], Held]) -> None:
    """A key that never left its token certifies itself and the responder; two administrators answer for its record."""
    held = hold("one-tier-ca")
    own, (responder,) = held.published("jpki-sign-g1"), held.certificates("ocsp-responder")
    own.verify_directly_issued_by(own)
    responder.verify_directly_issued_by(own)
    assert held.record("jpki-sign-g1").version == 1
    assert held.done("token.close", "issuing") == {"objects": ["jpki-sign-g1"]}
    (key,) = held.objects("issuing").values()
    assert (key.sign, key.sensitive, key.extractable, key.local) == (True, True, False, True)


def test_root_and_subordinate(hold: Callable[[str], Held]) -> None:
    """The root certifies the subordinate and signs a list of thirty days; the keys lie in two tokens."""
    held = hold("root-and-subordinate")
    root, below, signed = held.published("lgpki-root-g1"), held.published("lgpki-sub-g1"), held.list("lgpki-root-g1")
    below.verify_directly_issued_by(root)
    assert signed.is_signature_valid(root.public_key())  # type: ignore[arg-type]  # RSA
    assert signed.next_update_utc == signed.last_update_utc + timedelta(days=30)
    assert set(held.objects("root")) == {"lgpki-root-g1"}
    assert set(held.objects("issuing")) == {"lgpki-sub-g1"}


def test_root_list(hold: Callable[[str], Held]) -> None:
    """The root's responder keeps its key and gets another certificate; the list is the root's own."""
    held = hold("root-list")
    root = held.published("lgpki-root-g1")
    first, second = held.certificates("ocsp-responder", "lgpki-root-g1")
    assert first.public_key() == second.public_key()
    assert first.serial_number != second.serial_number
    second.verify_directly_issued_by(root)
    signed = held.list("lgpki-root-g1")
    assert signed.is_signature_valid(root.public_key())  # type: ignore[arg-type]  # RSA
    assert signed.next_update_utc == signed.last_update_utc + timedelta(days=30)


def test_responder_key(hold: Callable[[str], Held]) -> None:
    """RFC 6960 section 4.2.2.2: the record names the new key alone; the lost one's certificate is revoked."""
    held = hold("responder-key")
    record = held.record("jpki-sign-g1")
    lost, responder = held.certificates("ocsp-responder")
    assert record.version == 3
    assert [each.hex() for each in record.responders] == [held.done("key.generate")["key"]]
    assert serial_text(responder.serial_number) == held.done("responder.certify")["serial"]
    assert set(held.objects("responder")) == {"ocsp-jpki-sign-g1-2"}
    with held.database() as database, database.snapshot() as tx:
        found = statuses(tx, "jpki-sign", [lost.serial_number, responder.serial_number])
    assert [(found[each.serial_number].state, found[each.serial_number].reason) for each in (lost, responder)] == [
        ("revoked", KEY_COMPROMISE),
        ("good", None),
    ]


def test_a_replaced_responder_is_certified_no_more(tmp_path: Path) -> None:
    """Its key was not lost, so what it signed holds: its certificate runs out."""
    hall = replaced_without_loss(tmp_path)
    with room_of(hall) as room, Transcript.create(hall.transcript, rehearsal=False) as lines:
        Run(room, lines, elapsed_seconds).hold()
    held = Held(hall, hall.entries())
    assert len(held.record("jpki-sign-g1").responders) == 1
    before, _ = held.certificates("ocsp-responder")
    with held.database() as database, database.snapshot() as tx:
        assert statuses(tx, "jpki-sign", [before.serial_number])[before.serial_number].state == "good"


def test_the_last_responder_ends_only_when_it_was_lost(tmp_path: Path) -> None:
    """Nobody would answer for the authority any more, which nobody wants but whoever has no other choice."""
    hall = replaced_without_loss(tmp_path)
    (step,) = [each for each in steps(hall.script) if each.action == "responder.end"]
    attempt = Attempt(step, (), lambda event, facts: None, lambda point: None)
    with room_of(hall) as room, pytest.raises(CeremonyStopped, match="no key would answer"):
        end_responder(room, attempt)


def replaced_without_loss(folder: Path) -> Hall:
    """The hall of a responder's second key, whose first one nobody lost."""
    hall = make_hall("responder-key", folder / "hall")
    text = hall.script_file.read_text("utf-8")
    hall.script_file.write_text(text.replace(", compromised = true", ""), "utf-8")
    return hall


def test_renewal(hold: Callable[[str], Held]) -> None:
    """One name, two keys: the new one takes over when the old one stops, and each certifies the other."""
    held = hold("renewal")
    old, new = held.record("lgpki-org-g1"), held.record("lgpki-org-g2")
    assert old.issuing_until == new.issuing_from == held.hall.script.authority("lgpki-org-g2").issuing_from
    assert old.x509().subject == new.x509().subject
    new_with_old, old_with_new = (
        held.published(f"lgpki-org-{name}") for name in ("g2-by-lgpki-org-g1", "g1-by-lgpki-org-g2")
    )
    new_with_old.verify_directly_issued_by(old.x509())
    old_with_new.verify_directly_issued_by(new.x509())
    assert new_with_old.public_key() == new.x509().public_key()
    assert old_with_new.public_key() == old.x509().public_key()
    assert set(held.objects("organisation")) == {"lgpki-org-g1", "lgpki-org-g2"}


def test_cross_certificate(hold: Callable[[str], Held]) -> None:
    """RFC 5280 section 3.2: the bridge's key under the bridge's name, by an authority whose record permits it."""
    held = hold("cross-certificate")
    certificate, record = held.published("bridge-by-lgpki-org-g1"), held.record("lgpki-org-g1")
    assert held.hall.script.peer is not None
    peer = x509.load_pem_x509_certificate(held.hall.script.peer.certificate.encode())
    assert (certificate.subject, certificate.public_key()) == (peer.subject, peer.public_key())
    certificate.verify_directly_issued_by(record.x509())
    assert (record.version, "lgpki-bridge-cross" in record.profiles) == (2, True)


def test_backup(hold: Callable[[str], Held]) -> None:
    """KEY: the copy is the file whose digest was read aloud, and its keys signed in a token that is gone again."""
    held = hold("backup")
    copy = held.hall.script_file.parent / "issuing-1.backup"
    assert sha256(copy.read_bytes()).hexdigest() == held.done("token.backup")["sha256"]
    assert list(held.done("token.restore")["keys"]) == ["jpki-sign-g1"]  # type: ignore[arg-type]  # a table
    assert not (held.hall.folder / "restored").exists()


def test_roster(hold: Callable[[str], Held]) -> None:
    """ROL-2: what two administrators signed is the roster that programs believe from now on."""
    held = hold("roster")
    with held.database() as database:
        roster = believed_roster(held.hall.config, database)
    assert roster == parse_roster((held.hall.script_file.parent / "roster-1.json").read_bytes())


def test_authorisation(hold: Callable[[str], Held]) -> None:
    """The next version of the record authorises the script's profiles and no others; nothing else changes."""
    held = hold("authorisation")
    record = held.record("jpki-sign-g1")
    assert (record.version, set(record.profiles)) == (2, {"jpki-sign", "ocsp-responder"})
    assert record.issuing_until == record.x509().not_valid_after_utc


def test_destruction(hold: Callable[[str], Held]) -> None:
    """What verifiers need lives as long as the authority's certificate, and the key is gone."""
    held = hold("destruction")
    record = held.record("lgpki-org-g1")
    end, last = record.x509().not_valid_after_utc, held.list("lgpki-org-g1")
    (responder,) = held.certificates("ocsp-responder-last")
    assert last.next_update_utc is not None
    assert last.next_update_utc >= end
    assert responder.not_valid_after_utc == end
    assert held.objects("organisation") == {}
    assert (held.hall.folder / "public" / "ca" / "lgpki-org-g1.retired").is_file()
    with held.database() as database, database.snapshot() as tx:
        (key,) = record.responders
        assert current_certificate(tx, "lgpki-org-g1", record.x509(), key, utc_now()) == responder
    with held.database() as database, pytest.raises(AuthorityKeyDestroyed):
        retirements(held.hall.config, database).check_signing(record.key_hash, utc_now())


def test_retirement(hold: Callable[[str], Held]) -> None:
    """A retired authority issues nothing; its lists and answers go on."""
    held = hold("retirement")
    key = held.record("jpki-sign-g1").key_hash
    with held.database() as database:
        known = retirements(held.hall.config, database)
    known.check_signing(key, utc_now())
    with pytest.raises(AuthorityRetired):
        known.check_issuing(key, utc_now())


def test_compromise(hold: Callable[[str], Held]) -> None:
    """The parent's list and the database say cACompromise, and the signed statement is published."""
    held = hold("compromise")
    below, signed = held.published("lgpki-sub-g1"), held.list("lgpki-root-g1")
    entry = signed.get_revoked_certificate_by_serial_number(below.serial_number)
    assert entry is not None
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.ca_compromise
    with held.database() as database, database.snapshot() as tx:
        (status,) = statuses(tx, "lgpki-root", [below.serial_number]).values()
    assert (status.state, status.reason) == ("revoked", CA_COMPROMISE)
    assert status.invalidity_at == held.hall.script.retirement.invalid_since  # type: ignore[union-attr]  # it has one
    assert (held.hall.folder / "public" / "ca" / "lgpki-sub-g1.retired").is_file()
