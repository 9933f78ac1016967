"""One tap of a passkey under everything a page shows: what is offered to be signed, and the evidence that comes back.

The offer travels in the form, sealed with the program's secret, so that what was shown is what is verified: the
statement with its moment, and the drafts of applications that exist nowhere else yet. What the seal protects is the
officer's own page; the signer believes the signature only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import TypeAdapter

from ca.application import Application, digest
from ca.approvals import EvidenceRole, PasskeyKind, Statement, challenge, passkey_evidence, statement_of
from ca.passkey_errors import PasskeyRefused
from ca.passkeys import Assertion, RelyingParty, check_assertion, sign_assertion
from ca.roster import Credential
from ca.statement import public_key
from ra.errors import PageError
from ra.office import Office
from ra.passkey_form import Prompt, read_answer
from ra.records import Draft
from ra.scope import Scope
from store.applications import Evidence

__all__ = ["Offer", "Taps"]

LIFE: Final = timedelta(minutes=30)
"""How long a page may stand open before it asks anew for a signature."""

_STATEMENT: Final = TypeAdapter(Statement)
_DRAFTS: Final = TypeAdapter(tuple[Draft, ...])


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page asks the officer to sign: `token` goes back with the form, the prompt is for the browser.

    `by_software` says that this demo home's software key may sign.
    """

    token: str
    prompt: Prompt
    by_software: bool


@dataclass(frozen=True, slots=True)
class Taps:
    """Signatures of the officer who is logged in as `scope`; `secret` seals the offers."""

    office: Office
    scope: Scope
    secret: bytes

    def offer(self, applications: Sequence[Application], role: EvidenceRole, drafts: Sequence[Draft] = ()) -> Offer:
        """Offer these applications for one signature in that role; `drafts` are kept in the offer until then."""
        credential = self._credential()
        statement = statement_of(
            applications, role, person=self.scope.person, credential=credential.code, signed_at=self.office.clock()
        )
        sealed = {
            "statement": _STATEMENT.dump_json(statement).decode(),
            "drafts": _DRAFTS.dump_json(tuple(drafts)).decode(),
        }
        return Offer(
            token=self._serializer().dumps(sealed),
            prompt=Prompt(challenge(statement), self._party().id, (credential.id,)),
            by_software=credential.kind == "demo-passkey" and self.office.demo_keys is not None,
        )

    def drafts(self, token: str) -> tuple[Draft, ...]:
        """The drafts in an offer that came back. PageError E-4106 for one that is not ours or too old."""
        return _DRAFTS.validate_json(self._opened(token)["drafts"])

    def evidence(
        self, applications: Sequence[Application], token: str, form: Mapping[str, str]
    ) -> tuple[Evidence, ...]:
        """The officer's signature under each of these applications, verified; one for each, in their order.

        PageError E-4106 for an old offer, E-4107 when the applications are not those that were shown, E-4104 for an
        assertion that does not hold.
        """
        statement = _STATEMENT.validate_json(self._opened(token)["statement"])
        credential = self._credential()
        if (statement.person, statement.credential) != (self.scope.person, credential.code):
            raise PageError("E-4106")
        if statement.applications != tuple(sorted(digest(each) for each in applications)):
            raise PageError("E-4107")
        kind: PasskeyKind = "demo-passkey" if credential.kind == "demo-passkey" else "passkey"
        assertion = self._assertion(challenge(statement), credential, form)
        return passkey_evidence(applications, statement, assertion, kind)

    def _assertion(self, asked: bytes, credential: Credential, form: Mapping[str, str]) -> Assertion:
        keys = self.office.demo_keys
        if form.get("by_software") and credential.kind == "demo-passkey" and keys is not None:
            return sign_assertion(keys(self.scope.person, self.scope.party), asked, self._party())
        answer = read_answer(form.get("assertion"))
        try:
            check_assertion(public_key(credential.spki), answer.assertion, challenge=asked, party=self._party())
        except PasskeyRefused as error:
            raise PageError("E-4104", {"why": str(error)}) from None
        return answer.assertion

    def _credential(self) -> Credential:
        """The passkey of this site that the officer is logged in with, or, after a card, their first that is valid."""
        person = self.office.roster().person(self.scope.person)
        now, party = self.office.clock(), self._party()
        mine = [] if person is None else [each for each in person.credentials if each.rp_id == party.id]
        valid = sorted((each for each in mine if each.valid(now)), key=lambda each: each.code != self.scope.credential)
        if not valid:
            raise PageError("E-4108", {"site": party.id})
        return valid[0]

    def _party(self) -> RelyingParty:
        parties = self.office.parties
        return parties.approval if self.scope.party == "approval" else parties.working

    def _opened(self, token: str) -> dict[str, str]:
        try:
            opened: dict[str, str] = self._serializer().loads(token, max_age=int(LIFE.total_seconds()))
        except BadSignature:
            raise PageError("E-4106") from None
        return opened

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="ninsho-tap")
