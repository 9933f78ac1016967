"""One resident's turn after another: which page the screen shows, and what the terminal does meanwhile.

Two threads meet here. The screen's requests act for the resident; `turn`, called over and over, speaks with the front
end. A PIN exists in `enter` alone, for as long as the card works with it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import Final

from ca.terminal_messages import Job, KeysJob, PinJob, Slot, WriteJob, WriteReport
from cli.terminal.errors import CertificateUntrusted, FrontEndAway, FrontEndRefused
from cli.terminal.front_end import FrontEnd
from cli.terminal.station import Station
from cli.terminal.turn import (
    CONFLICT,
    Phase,
    Turn,
    next_slot,
    plain,
    refused,
    report_of,
    slots_of,
    trouble_of,
    troubled,
)
from hsm.card import Card, Reader, check_pin
from hsm.card_errors import CardAway, PinUnfit
from hsm.errors import TokenError
from ra.resident.visit import Language, Page, View

__all__ = ["LINGER_SECONDS", "TerminalVisit"]

LINGER_SECONDS: Final = 180.0
"""How long the last page of a turn stays; nobody is hurried within two minutes."""


class TerminalVisit:
    """See `ra.resident.visit.Visit` for the screen's side. `elapsed` counts seconds by a clock that nobody sets."""

    def __init__(self, station: Station, front: FrontEnd, reader: Reader, elapsed: Callable[[], float]) -> None:
        self._station = station
        self._front = front
        self._reader = reader
        self._elapsed = elapsed
        self._lock = Lock()
        self._card_lock = Lock()
        self._turn = Turn()
        self._busy = False
        self._away: str | None = None
        self._written: WriteJob | None = None
        self._told: Turn | None = None
        self._shown = View(page="waiting", stamp=station.random(16).hex())

    # --- what the screen asks -----------------------------------------------------------------------------------------

    def view(self) -> View:
        """The page of this moment; another page has another stamp."""
        with self._lock:
            view = replace(self._view(self._turn), stamp=self._shown.stamp)
            if view != self._shown:
                self._shown = replace(view, stamp=self._station.random(16).hex())
            return self._shown

    def choose(self, language: Language) -> None:
        """Go on in that language."""
        self._move("language", phase="consent", language=language)

    def agree(self) -> None:
        """Go on to the first PIN."""
        self._move("consent", phase="pin")

    def again(self) -> None:
        """Go back to what failed; what was made stays made."""
        with self._lock:
            turn = self._turn
            if turn.phase != "error":
                return
            phase: Phase = "idle"
            if turn.report is not None:
                phase = "sending"
            elif turn.job is not None:
                phase = "writing" if isinstance(turn.job, WriteJob) else "pin"
            self._turn = replace(turn, phase=phase, trouble=None, code=None)

    def enter(self, stamp: str, first: str, second: str) -> None:
        """Set a PIN that was typed twice, and have the card make its key if the case is about one."""
        with self._card_lock:
            # asked again here: what was typed for one page must not reach the next one
            view, turn = self.view(), self._turn
            card = self._right_card(turn)
            if (view.page, view.stamp) != ("pin", stamp) or view.slot is None or card is None or turn.job is None:
                return
            self._busy = True
            try:
                pins = plain(view.slot, first), plain(view.slot, second)
                self._turn = self._entered(turn, turn.job, view.slot, card, *pins)
            finally:
                self._busy = False

    # --- what happens by itself ---------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Tell the front end what was done, ask it what is to be done, and do what needs no resident."""
        try:
            self._send()
            self._tell()
            self._settle()
            self._follow(self._front.jobs())
            self._away = None
        except (FrontEndAway, FrontEndRefused) as error:
            self._away = error.word if isinstance(error, FrontEndRefused) else error.code
        self._write()
        self._end()

    def _send(self) -> None:
        """Send the report that waits. One that was perhaps received before is not taken for refused."""
        turn = self._turn
        if turn.phase != "sending" or turn.report is None or turn.job is None:
            return
        try:
            self._front.report(turn.job.case, turn.report)
        except FrontEndAway:
            self._turn = replace(turn, told=True)
            raise
        except FrontEndRefused as error:
            if error.status != CONFLICT or not turn.told:
                self._turn = refused(turn, error)
                return
        self._written = turn.job if isinstance(turn.job, WriteJob) else None
        pages: dict[type, Page] = {KeysJob: "seat", WriteJob: "written", PinJob: "done"}
        self._finish(pages[type(turn.job)])

    def _tell(self) -> None:
        """Tell the counter once that the turn cannot go on. Nothing hangs on whether it is taken."""
        turn = self._turn
        trouble = None if turn == self._told else trouble_of(turn)
        if trouble is not None:
            with suppress(FrontEndRefused):
                self._front.report(*trouble)
            self._told = turn

    def _settle(self) -> None:
        """Once the certificates are handed over, only the new keys stay in the card; if that failed, only the old."""
        job = self._written
        if job is None:
            return
        state = self._front.standing(job.case).state
        if state == "open":
            return
        self._written = None
        with self._card_lock, suppress(TokenError):  # without it both keys stay, and the revoked one is worth nothing
            card = self._reader.card()
            if card is not None and card.number == job.card:
                for each in job.certificates:
                    if state == "handed-over":
                        card.settle(each.slot)
                    else:
                        card.give_up(each.slot)
        if self._turn.phase == "after":
            self._finish("done")

    def _follow(self, jobs: tuple[Job, ...]) -> None:
        """Take up the job of this moment; a case that was cancelled or moved on ends its turn."""
        with self._card_lock, self._lock:
            turn, job = self._turn, self._chosen(jobs)
            if turn.phase == "sending" or (turn.job in jobs and turn.phase != "after" and self._stays(turn, job)):
                return
            if job is not None:
                same = turn.job is not None and turn.job.case == job.case
                phase: Phase = "writing" if isinstance(job, WriteJob) else "language"
                self._turn = Turn(phase, job, turn.language if same else "ja")
                if not same:
                    self._written = None
            elif turn.job is not None and turn.phase != "after":
                self._turn = Turn()

    def _write(self) -> None:
        """Write the certificates of the case, when its card lies there."""
        with self._card_lock:
            turn = self._turn
            card = self._right_card(turn)
            if turn.phase != "writing" or card is None or not isinstance(turn.job, WriteJob):
                return
            job = turn.job
            try:
                read_back = tuple(self._station.write(card, each) for each in job.certificates)
            except (TokenError, CertificateUntrusted) as error:
                self._turn = troubled(turn, error)
                return
            report = WriteReport(event=job.event, card=card.number, read_back=read_back)
            self._turn = replace(turn, phase="sending", report=report)

    def _end(self) -> None:
        with self._lock:
            if self._turn.phase == "after" and self._elapsed() > self._turn.until:
                self._turn = Turn()

    # --- parts --------------------------------------------------------------------------------------------------------

    def _entered(self, turn: Turn, job: Job, slot: Slot, card: Card, pin: str, repeated: str) -> Turn:
        """What becomes of the turn by a PIN that was entered."""
        if pin != repeated:
            return replace(turn, defect="differ")
        try:
            check_pin(slot, pin, None if isinstance(job, WriteJob) else job.birth_date)
            if isinstance(job, KeysJob):
                draft = next(each for each in job.drafts if each.slot == slot)
                turn = replace(turn, made=(*turn.made, self._station.make_key(card, draft, pin)))
            else:
                card.set_pin(slot, pin)
        except PinUnfit as error:
            return replace(turn, defect=error.defect)
        except CardAway:
            return replace(turn, defect=None)
        except TokenError as error:
            return troubled(turn, error)
        turn = replace(turn, set=(*turn.set, slot), defect=None)
        if next_slot(turn) is not None:
            return turn
        return replace(turn, phase="sending", report=report_of(turn, job, card.number))

    def _view(self, turn: Turn) -> View:
        job = turn.job
        view = View(
            page="waiting",
            stamp="",
            language=turn.language,
            receipt=None if job is None else job.receipt,
            task="pin" if isinstance(job, PinJob) else "keys",
            code=turn.code,
            trouble=turn.trouble,
        )
        match turn.phase:
            case "idle":
                return replace(view, away=self._away is not None, code=self._away)
            case "after":
                return replace(view, page=turn.after)
            case "pin" | "writing":
                return self._card_view(turn, view)
            case phase:
                return replace(view, page=phase)

    def _card_view(self, turn: Turn, view: View) -> View:
        """A page for which the case's card must lie on the reader."""
        job, slot = turn.job, next_slot(turn)
        if self._right_card(turn) is None:
            lying = self._reader.card()
            tail = None if job is None or job.card is None else job.card[-4:]
            return replace(view, page="card", card=tail, wrong=lying is not None)
        if turn.phase == "writing":
            return replace(view, page="writing")
        if self._busy or slot is None:
            return replace(view, page="working")
        place = (len(turn.set) + 1, len(slots_of(turn)))
        return replace(view, page="pin", slot=slot, place=place, defect=turn.defect)

    def _right_card(self, turn: Turn) -> Card | None:
        card = self._reader.card()
        if card is None or turn.job is None or turn.job.card not in (None, card.number):
            return None
        return card

    def _chosen(self, jobs: tuple[Job, ...]) -> Job | None:
        """The job of the card on the reader; otherwise that of the case that was moved last."""
        card = self._reader.card()
        for job in jobs:
            if card is not None and job.card == card.number:
                return job
        return jobs[0] if jobs else None

    def _stays(self, turn: Turn, chosen: Job | None) -> bool:
        """Whether a turn whose job still waits goes on; one that was forgotten must not block the window.

        What the card has done already is never given up. Before that, another case's turn comes with its card, or with
        a card that is not this case's where the other names none; at the first page it comes by being moved last.
        """
        card = self._reader.card()
        if turn.set or turn.report is not None or chosen is None or chosen == turn.job:
            return True
        if turn.phase == "language":
            return False
        if card is None:
            return True
        return chosen.card != card.number and (chosen.card is not None or self._right_card(turn) is not None)

    def _finish(self, page: Page) -> None:
        turn = self._turn
        self._turn = Turn("after", turn.job, turn.language, after=page, until=self._elapsed() + LINGER_SECONDS)

    def _move(self, before: Phase, *, phase: Phase, language: Language | None = None) -> None:
        with self._lock:
            if self._turn.phase == before:
                self._turn = replace(self._turn, phase=phase, language=language or self._turn.language)
