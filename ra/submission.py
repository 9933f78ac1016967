"""What officers sign in a case: submission, examination, approval and hand-over; and what the signer made of it.

Everything is verified before it is saved, by the function that the signer uses. The page that shows applications and
the form that comes back build them anew from the case, so nobody signs what is not saved.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import gettext

from ca.application import Application, digest, parse
from ca.approvals import EvidenceRole
from ca.errors import CAError
from ca.lodging_errors import CaseEnded, OwnCase
from ra.case_file import CaseFile
from ra.drafting import about, hand_overs, issues, new_draft
from ra.errors import PageError
from ra.events import demand, enter
from ra.lodging import lodging
from ra.office import Office
from ra.records import Approved, Draft, Examined, Finish, Notification, Particulars, Selection, Submission
from ra.refusals import refusal_of
from ra.scope import Scope
from ra.taps import Offer, Taps
from ra.workflow import ACTIONS
from store.application_errors import EvidenceExists
from store.applications import Evidence
from store.cases import CaseKind, CaseRecord, Step, link_applications
from store.database import Transaction

__all__ = ["Desk"]

_BACK: Mapping[CaseKind, Step] = {
    "issue": "register",
    "renew": "register",
    "revoke": "select",
    "hold": "select",
    "release": "select",
}
"""Where a case goes on that was sent back: new applications need a new key, or a new choice."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The officer who is logged in, in front of one case; `secret` is the program's, for offers."""

    office: Office
    scope: Scope
    file: CaseFile
    secret: bytes

    @property
    def taps(self) -> Taps:
        """The officer's signatures."""
        return Taps(self.office, self.scope, self.secret)

    def drafted(self) -> tuple[Application, ...]:
        """The applications of this case as this officer would submit them; nothing of them is saved."""
        action, person = ACTIONS[self.file.record.kind], self.scope.person
        if action == "issue":
            particulars, notified = self.file.needed(Particulars), self.file.needed(Notification)
            return issues(self.office, self.file.record, particulars, notified, person)
        if action is None:
            raise PageError("E-1002", {"receipt": self.file.record.receipt})
        return about(self.office, self.file.record, self.file.needed(Selection), action, person)

    def saved(self) -> tuple[Application, ...]:
        """The applications of the newest submission; those of one that was sent back are never signed again."""
        ids = self.file.needed(Submission).applications
        return tuple(parse(each.canonical) for each in self.file.applications if each.id in ids)

    def offer(self, role: EvidenceRole) -> Offer:
        """What this officer is asked to sign: a submission of what was drafted, or the others of what was saved."""
        return self.taps.offer(self.drafted() if role == "submission" else self.saved(), role)

    def submit(self, form: Mapping[str, str]) -> CaseRecord:
        """Save the applications with the officer's signature (申請). What does not hold leaves no trace.

        PageError E-1301 with the signer's word for what it would refuse.
        """
        demand(self.file.record, "confirm")
        applications = self.drafted()
        done = Submission(
            applications=tuple(each.id for each in applications), digests=tuple(_hex(each) for each in applications)
        )
        return self._lodge(applications, self.taps.evidence(applications, form["offer"], form), done)

    def hand_over_offer(self) -> Offer | None:
        """What is signed when issued certificates reach their holder; None for a case that issued none."""
        drafts = self._hand_over_drafts()
        applications = hand_overs(self.office, self.file.record, self.file.certificates, drafts, self.scope.person)
        return self.taps.offer(applications, "submission", drafts) if applications else None

    def hand_over(self, form: Mapping[str, str], fee: int) -> CaseRecord:
        """Write down that everything was handed over (交付); certificates become the valid ones by it.

        PageError E-1601 when the receipt was not signed.
        """
        demand(self.file.record, "hand-over")
        if not form.get("received"):
            raise PageError("E-1601")
        if not self.file.certificates:
            return self._lodge((), (), Finish(fee=fee, received=True))
        drafts = self.taps.drafts(form["offer"])
        applications = hand_overs(self.office, self.file.record, self.file.certificates, drafts, self.scope.person)
        evidence = self.taps.evidence(applications, form["offer"], form)
        return self._lodge(applications, evidence, Finish(fee=fee, received=True, drafts=drafts))

    def _lodge(
        self, applications: Sequence[Application], evidence: Sequence[Evidence], done: Submission | Finish
    ) -> CaseRecord:
        """Verify and save applications with their submissions, and bring the case on, in one transaction."""
        desk = lodging(self.office)
        cases = [desk.case(each, [signed]) for each, signed in zip(applications, evidence, strict=True)]
        moved: list[CaseRecord] = []

        def bring_on(tx: Transaction) -> None:
            link_applications(tx, self.scope.branches, self.file.record.id, [each.id for each in applications])
            moved.append(enter(tx, self.scope, self.file.record, done, self.office.clock()))

        with self._asked():
            desk.lodge(cases, bring_on)
        self.office.wake()
        return moved[0]

    def _hand_over_drafts(self) -> tuple[Draft, ...]:
        now = self.office.clock()
        return tuple(new_draft(self.office, each.profile, each.authority, None, now) for each in self.file.certificates)

    def examine(self, form: Mapping[str, str]) -> CaseRecord:
        """Sign that the applications were examined (審査)."""
        demand(self.file.record, "examine")
        return self._sign("examination", form, Examined)

    def approve(self, form: Mapping[str, str]) -> CaseRecord:
        """Sign the approval of the applications (承認)."""
        demand(self.file.record, "approve")
        return self._sign("approval", form, Approved)

    def send_back(self, kind: type[Examined], comment: str) -> CaseRecord:
        """Send the case back to the counter (差戻し), with the reason.

        An application is never edited: the counter begins new ones, and nobody signs the old ones again.
        """
        if kind.step is not None:
            demand(self.file.record, kind.step)
        if not comment.strip():
            raise PageError("E-1404")
        record = kind(sent_back=True, comment=comment.strip()[:200])
        with self.office.database.transaction() as tx:
            return enter(tx, self.scope, self.file.record, record, self.office.clock(), to=_BACK[self.file.record.kind])

    def _sign(self, role: EvidenceRole, form: Mapping[str, str], kind: type[Examined]) -> CaseRecord:
        applications = self.saved()
        evidence = self.taps.evidence(applications, form["offer"], form)
        done = kind(digests=tuple(_hex(each) for each in applications))
        moved: list[CaseRecord] = []

        def bring_on(tx: Transaction) -> None:
            moved.append(enter(tx, self.scope, self.file.record, done, self.office.clock()))

        with self._asked():
            lodging(self.office).add(evidence, bring_on)
        self.office.wake()
        return moved[0]

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Ask what the signer would say. PageError E-1301 with its word, others for what has a code of its own."""
        try:
            yield
        except OwnCase:
            raise PageError("E-1401") from None
        except (EvidenceExists, CaseEnded):
            raise PageError("E-1003", {"receipt": self.file.record.receipt}) from None
        except CAError as error:
            why = gettext(refusal_of(error.code).why, word=error.code)
            raise PageError("E-1301", {"word": error.code, "why": why}) from None


def _hex(application: Application) -> str:
    return digest(application).hex()
