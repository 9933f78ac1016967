"""A town hall whose every page can be looked at: cases at every turn, certificates in every state, made once.

The demo's sample counter walks the cases; the signer takes a turn when it is told to.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from flask import Flask

from ca.roster import Role
from ca.signer import Signer
from ca.trail import serial_text
from ca.warrant_errors import CredentialNotValid
from cli.demo.cases import SECRET, SampleCounter, Window, of_branch, tomorrow
from cli.demo.home import MODULE
from cli.demo.people import WINDOW
from cli.demo.register import entries
from cli.demo.window import CARDS
from cli.front import office_of
from cli.wiring import open_database, private_key_file, utc_now
from hsm.soft_card import SoftReader
from ra.app import create_app
from ra.dates import JST
from ra.reception import receive
from ra.records import Deferral, Examined, Reception, Slot, Withdrawal
from ra.register import Entry
from ra.submission import Desk
from store.cases import CaseKind, CaseRecord, Step
from store.certificates import CertificateFilter, find
from store.claims import claim, finish_many
from store.heartbeat import beat
from store.self_checks import SelfCheck, add_self_check
from tests.browser.residents import people
from tests.fixtures.home import Home

__all__ = ["Hall", "hall_of"]

BRANCH: Final = "branch-01101"
"""Not the branch whose window other tests serve with a terminal."""

CARD: Final[tuple[Slot, ...]] = ("auth", "sign")
SOON: Final = timedelta(days=60)
LONG: Final[Mapping[str, str]] = {
    "name": "ＷＯＬＦＥＳＣＨＬＥＧＥＬＳＴＥＩＮＨＡＵＳＥＮＢＥＲＧＥＲＤＯＲＦＦ　ＨＵＢＥＲＴ　ＢＬＡＩＮＥ",
    "kana": "ウォルフェシュレーゲルシュタインハウゼンベルガードルフ　ヒューバート　ブレイン",
    "address": "北海道札幌市中央区見本町一丁目２３４番地の５６　架空ハイツ・グランドレジデンス公園東館　１２３４号室",
}
"""A resident whose name and address are as long as registers have them."""


@dataclass
class Hall:
    """A branch at work, the application of its pages, and the addresses of what was made.

    `residents` have no certificates yet. `phone` has one on a telephone; `soon` has a card that ends soon, with two;
    `long` will be the last to have any, and has a long name.
    """

    counter: SampleCounter
    signer: Signer
    app: Flask
    residents: Iterator[Entry]
    soon: Entry
    long: Entry
    phone: Entry
    objects: dict[str, str]

    def works(self, *, ago: timedelta = timedelta()) -> None:
        """Let the signer's last sign of life be so long ago."""
        with self.signer.database.transaction() as tx:
            tx.exec_driver_sql("DELETE FROM heartbeat")
            beat(tx, "signer", utc_now() - ago)

    def turn(self) -> None:
        """Let the signer do what it was asked for."""
        self.signer.turn(utc_now())

    def case(self, kind: CaseKind, until: Step, entry: Entry | None = None) -> CaseRecord:
        """A case of that kind at that step."""
        case = self.counter.opened(kind, CARD)
        for step in self.counter.walk(case, entry or next(self.residents)):
            if step == until:
                break
            if step == "issue":
                self.turn()
        self.turn()
        return self.counter.file(case).record

    def refused_hand_over(self, wishes: tuple[Slot, ...]) -> CaseRecord:
        """A closed case whose hand-over is refused, as the signer does of a credential that ended meanwhile."""
        case, token = self.counter.opened("issue", wishes), bytes(16)
        for step in self.counter.walk(case, next(self.residents)):
            if step == "issue":
                self.turn()
        with self.signer.database.transaction() as tx:
            asked = claim(tx, "hall", token, utc_now(), timedelta(minutes=1), 10)
            finish_many(tx, [each.id for each in asked], token, "refused", CredentialNotValid.code, utc_now())
        return case

    def certificate(self, entry: Entry, profile: str = "jpki-auth") -> str:
        """The address of a resident's newest certificate of that profile."""
        holder = CertificateFilter(holder=self.counter.holder(entry), state="issued")
        with self.counter.office.database.snapshot() as tx:
            found = next(each for each in find(tx, holder, limit=50) if each.profile == profile)
        return f"/certs/{found.issuer}/{serial_text(found.serial)}"


@contextmanager
def hall_of(home: Home) -> Iterator[Hall]:
    """The hall of an installation, with everything made."""
    config = home.config
    terminal = f"terminal-{BRANCH}"
    with ExitStack() as held:
        office = office_of(config, held.enter_context(closing(open_database(config, "ra"))))
        key = private_key_file(config.home / "officers" / f"{terminal}.key.pem")
        reader = SoftReader(config.home / CARDS, MODULE)
        *residents, phone, soon, long = of_branch(entries(people()), BRANCH)
        ends = (utc_now().astimezone(JST) + SOON).date()
        soon, long = soon.model_copy(update={"card_expiry": ends}), long.model_copy(update=LONG)
        counter = SampleCounter(office, Window(BRANCH, terminal, key), reader)
        app = create_app(office, bytes(32))
        issue_to_telephone(home, phone)
        hall = Hall(counter, held.enter_context(home.signer()), app, iter(residents), soon, long, phone, {})
        hall.works()
        hall.objects.update(cases_of(hall) | certificates_of(hall))
        hall.objects["undone"] = hall.refused_hand_over(("auth",)).receipt
        yield hall


def issue_to_telephone(home: Home, entry: Entry) -> None:
    """Give a resident a certificate on a telephone, by the command line."""
    own = entry.model_dump(mode="json", include={"name", "address", "sex", "birth_date", "municipality"})
    case = home.case(profile="jpki-auth-phone", holder=entry.reference, facts=home.facts(**own), branch=BRANCH)
    with home.signing():
        home.ninsho("cert", "issue", *case, *home.everybody, "--wait", "60", "--hand-over").body  # noqa: B018 - ends the test unless it went well


def cases_of(hall: Hall) -> dict[str, str]:
    """Cases that took an unusual turn."""
    counter = hall.counter
    visitor = Reception(visitor="agent", wishes=CARD)
    agent = receive(counter.office, counter.desk, "issue", WINDOW, visitor, uuid4())
    back = hall.case("issue", "examine")
    examiner = counter.scope("examiner-1", Role.EXAMINE)
    comment = "申請書の住所が住民票と異なります。番地を確かめてください。"
    Desk(counter.office, examiner, counter.file(back), SECRET).send_back(Examined, comment)
    first, refused = next(hall.residents), counter.opened("issue", CARD)
    for step in counter.walk(refused, first):
        if step == "confirm":
            hall.case("issue", "write", first)  # nobody is issued two certificates of a kind at a time
        if step == "issue":
            hall.turn()
    deferred, withdrawn = counter.opened("renew", CARD), counter.opened("issue", ("sign",))
    counter.stopped(deferred, Deferral(consent=True, until=tomorrow(counter.office), told="復旧後に電話します"))
    counter.stopped(withdrawn, Withdrawal(reason="書類を取りに戻るとのこと"))
    found = {
        "agent": agent,
        "sent_back": back,
        "refused": refused,
        "deferred": deferred,
        "withdrawn": withdrawn,
        "waits": hall.case("issue", "approve"),
    }
    check = SelfCheck(uuid4(), BRANCH, "head-1", utc_now(), {})
    with counter.office.database.transaction() as tx:
        add_self_check(tx, frozenset({BRANCH}), check)
    ends = {"check": str(check.id), "before": str(UUID(int=0)), "after": str(UUID(int=(1 << 128) - 1))}
    return {name: case.receipt for name, case in found.items()} | ends


def certificates_of(hall: Hall) -> dict[str, str]:
    """Certificates of a card that ends soon, and of a telephone; the week in which the former end."""
    ends = hall.soon.card_expiry
    other = next(hall.residents).model_copy(update={"card_expiry": ends})
    for each in (hall.soon, other):
        hall.case("issue", "closed", each)
    return {
        "soon": hall.certificate(other),
        "phone": hall.certificate(hall.phone, "jpki-auth-phone"),
        "week": (ends - timedelta(days=ends.weekday())).isoformat(),
    }
