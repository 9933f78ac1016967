"""What happens in a ceremony, step by step: derived from the script alone, so the printed script is what will be done.

The same script gives the same steps, in this program, on paper and at the audit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ca.ceremony.script import AuthorityPlan, Kind, Role, Script, Words
from ca.ceremony.wording import WORDING, filled
from ca.responders import responder_name

__all__ = ["ACTIONS", "Step", "steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `role` acts, the people in `confirm` confirm it in that order before it happens.

    `facts` are the step's parameters; `does` says what happens, `aloud` is what is read out.
    """

    number: int
    action: str
    role: Role
    confirm: tuple[str, ...]
    facts: Mapping[str, str]
    does: Words
    aloud: Words

    @property
    def code(self) -> str:
        """The step as it stands on paper: "S03"."""
        return f"S{self.number:02d}"

    def phrase(self, person: str) -> str:
        """What is typed when this person confirms the step: "sato S03"."""
        return f"{person} {self.code}"


_WATCHED: Final = (Role.WITNESS,)
_KEPT: Final = (Role.CUSTODIAN, Role.WITNESS)
_SIGNED: Final = (Role.ADMINISTRATOR, Role.WITNESS)
_ALL: Final = (Role.OPERATOR, Role.CUSTODIAN, Role.ADMINISTRATOR, Role.WITNESS)

ACTIONS: Final[Mapping[str, tuple[Role, tuple[Role, ...]]]] = MappingProxyType(
    {
        "software.verify": (Role.OPERATOR, _WATCHED),
        "people.present": (Role.OPERATOR, _ALL),
        "token.initialise": (Role.CUSTODIAN, _KEPT),
        "token.open": (Role.CUSTODIAN, _KEPT),
        "key.generate": (Role.OPERATOR, _KEPT),
        "authority.certify": (Role.OPERATOR, _WATCHED),
        "authority.record": (Role.ADMINISTRATOR, _SIGNED),
        "responder.certify": (Role.OPERATOR, _WATCHED),
        "responder.end": (Role.ADMINISTRATOR, _SIGNED),
        "link.certify": (Role.OPERATOR, _WATCHED),
        "cross.certify": (Role.OPERATOR, _WATCHED),
        "list.sign": (Role.OPERATOR, _WATCHED),
        "token.backup": (Role.CUSTODIAN, _KEPT),
        "token.restore": (Role.CUSTODIAN, _KEPT),
        "roster.sign": (Role.ADMINISTRATOR, _SIGNED),
        "retirement.sign": (Role.ADMINISTRATOR, _SIGNED),
        "key.destroy": (Role.CUSTODIAN, _KEPT),
        "token.close": (Role.OPERATOR, _WATCHED),
        "ceremony.close": (Role.OPERATOR, _ALL),
    }
)
"""Each action with the role that acts and the roles whose people confirm it."""

_Facts = Mapping[str, str]


def steps(script: Script) -> tuple[Step, ...]:
    """Return the steps of a script that `ca.ceremony.check` accepted, in order."""
    opening: list[tuple[str, _Facts]] = [("software.verify", {}), ("people.present", {})]
    closing = [("token.close", {"token": each.name}) for each in script.tokens if script.kind is not Kind.BACKUP]
    listed = [*opening, *_KINDS[script.kind](script), *closing, ("ceremony.close", {})]
    return tuple(_step(script, number, action, facts) for number, (action, facts) in enumerate(listed, 1))


def _step(script: Script, number: int, action: str, facts: _Facts) -> Step:
    role, confirming = ACTIONS[action]
    confirm = tuple(each.code for kind in confirming for each in script.with_role(kind))
    does, aloud = WORDING[action]
    return Step(number, action, role, confirm, MappingProxyType(dict(facts)), filled(does, facts), filled(aloud, facts))


def _tokens(script: Script) -> Iterator[tuple[str, _Facts]]:
    for token in script.tokens:
        action = "token.initialise" if token.new else "token.open"
        yield action, {"token": token.name, "label": token.label, "quorum": str(script.quorum)}


def _responder_key(plan: AuthorityPlan) -> Iterator[tuple[str, _Facts]]:
    if plan.responder_token is not None:
        facts = {"token": plan.responder_token, "label": plan.responder or responder_name(plan.name)}
        yield "key.generate", {**facts, "algorithm": plan.responder_algorithm}


def _made(plan: AuthorityPlan) -> Iterator[tuple[str, _Facts]]:
    yield from _responder_key(plan)
    yield "key.generate", {"token": str(plan.token), "label": plan.name, "algorithm": str(plan.algorithm)}
    yield "authority.certify", {"authority": plan.name, "profile": str(plan.profile), "certificate": plan.name}
    yield _record(plan.name)
    if plan.responder_token is not None:
        yield _responder_certificate(plan)


def _record(authority: str) -> tuple[str, _Facts]:
    return "authority.record", {"authority": authority}


def _responder_certificate(plan: AuthorityPlan) -> tuple[str, _Facts]:
    return "responder.certify", {"authority": plan.name, "certificate": responder_name(plan.name)}


def _ended_responder(plan: AuthorityPlan) -> Iterator[tuple[str, _Facts]]:
    if plan.ended_responder is not None:
        key, lost = plan.ended_responder.key, plan.ended_responder.compromised
        reason, reason_ja = ("compromised", "危殆化") if lost else ("replaced", "交替")
        yield "responder.end", {"authority": plan.name, "key": key, "reason": reason, "reason_ja": reason_ja}


def _hierarchy(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    for key in script.keys:
        yield "key.generate", {"token": key.token, "label": key.label, "algorithm": key.algorithm}
    for plan in script.authorities:
        if not plan.exists:
            yield from _made(plan)
    yield from _lists(script)


def _lists(script: Script) -> Iterator[tuple[str, _Facts]]:
    for plan in script.authorities:
        if plan.list is not None:
            days = plan.list.days
            until = (
                ("until its certificate ends", "証明書の有効期限まで")
                if days is None
                else (f"{days} days", f"{days}日間")
            )
            yield "list.sign", {"authority": plan.name, "life": until[0], "life_ja": until[1]}


def _root_list(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    yield from _lists(script)
    for plan in script.authorities:
        if plan.responder is not None:
            yield _responder_certificate(plan)


def _responder(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    for plan in script.authorities:
        yield from _responder_key(plan)
        yield _record(plan.name)
        yield _responder_certificate(plan)
        yield from _ended_responder(plan)


def _renewal(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _hierarchy(script)
    for plan in script.authorities:
        if plan.replaces is not None:
            yield _record(plan.replaces)
            if plan.links:
                yield _link(plan.name, plan.replaces)
                yield _link(plan.replaces, plan.name)


def _link(subject: str, signer: str) -> tuple[str, _Facts]:
    return "link.certify", {"subject": subject, "signer": signer, "certificate": f"{subject}-by-{signer}"}


def _cross(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    peer = script.peer.name if script.peer else ""
    for plan in script.authorities:
        if plan.issues:
            yield _record(plan.name)
        yield "cross.certify", {"authority": plan.name, "peer": peer, "certificate": f"{peer}-by-{plan.name}"}


def _backup(script: Script) -> Iterator[tuple[str, _Facts]]:
    if script.backup is not None:
        facts = {"token": script.backup.token, "file": script.backup.file, "quorum": str(script.quorum)}
        yield "token.backup", facts
        yield "token.restore", {**facts, "keys": " ".join(script.backup.keys)}


def _roster(script: Script) -> Iterator[tuple[str, _Facts]]:
    if script.roster is not None:
        yield "roster.sign", {"file": script.roster.file, "sha256": script.roster.sha256}


def _authorisation(script: Script) -> Iterator[tuple[str, _Facts]]:
    for plan in script.authorities:
        if plan.issues:
            yield _record(plan.name)
        yield from _ended_responder(plan)


_REASONS_JA: Final = {"retired": "発行終了", "key-destroyed": "鍵の廃棄", "compromised": "危殆化"}


def _retire(script: Script) -> Iterator[tuple[str, _Facts]]:
    if script.retirement is not None:
        reason = script.retirement.reason
        facts = {"authority": script.retirement.authority, "reason": reason, "reason_ja": _REASONS_JA[reason]}
        yield "retirement.sign", facts


def _destruction(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    for plan in script.authorities:
        if plan.issues:
            yield _record(plan.name)
    yield from _lists(script)
    for plan in script.authorities:
        if plan.responder is not None:
            yield _responder_certificate(plan)
    yield from _retire(script)
    for plan in script.authorities:
        if script.retirement is not None and plan.name == script.retirement.authority:
            yield "key.destroy", {"token": str(plan.token), "label": plan.name}


def _ended(script: Script) -> Iterator[tuple[str, _Facts]]:
    yield from _tokens(script)
    yield from _retire(script)
    yield from _lists(script)


_KINDS: Final = {
    Kind.ONE_TIER: _hierarchy,
    Kind.ROOT_AND_SUBORDINATE: _hierarchy,
    Kind.ROOT_LIST: _root_list,
    Kind.RESPONDER: _responder,
    Kind.RENEWAL: _renewal,
    Kind.CROSS: _cross,
    Kind.BACKUP: _backup,
    Kind.ROSTER: _roster,
    Kind.AUTHORISATION: _authorisation,
    Kind.DESTRUCTION: _destruction,
    Kind.RETIREMENT: _ended,
    Kind.COMPROMISE: _ended,
}
