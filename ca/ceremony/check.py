"""Checking a script before anybody enters the room: its tables against each other and against the ceremony's kind.

Offline and deterministic, without a token or a database. `expected_digests` then reviews every certificate that will
be made (`ca.ceremony.review`).
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone
from pathlib import PurePosixPath
from typing import Final

from ca.ceremony.errors import ScriptRefused
from ca.ceremony.presence import check_people
from ca.ceremony.review import Terms, expected_digests
from ca.ceremony.script import AuthorityPlan, Kind, Role, Script
from ca.ceremony.steps import steps
from ca.responders import RESPONDER_PROFILE

__all__ = ["Terms", "check_script", "expected_digests"]

_WITH_AUTHORITIES: Final = frozenset(Kind) - {Kind.BACKUP, Kind.ROSTER}
_MAKING: Final = frozenset({Kind.ONE_TIER, Kind.ROOT_AND_SUBORDINATE, Kind.RENEWAL})
_WITH_RETIREMENT: Final = frozenset({Kind.DESTRUCTION, Kind.RETIREMENT, Kind.COMPROMISE})
_ENDING_RESPONDERS: Final = frozenset({Kind.RESPONDER, Kind.AUTHORISATION})
_SIGNED: Final = frozenset(Kind) - {Kind.BACKUP, Kind.ROOT_LIST}
_REASONS: Final = {
    Kind.DESTRUCTION: "key-destroyed",
    Kind.RETIREMENT: "retired",
    Kind.COMPROMISE: "compromised",
}
_JAPAN: Final = timezone(timedelta(hours=9))


def check_script(script: Script) -> None:
    """Hold the script's tables against each other and its people against the rules of the room.

    Raises ScriptRefused, which names the table, and PeopleRefused.
    """
    check_people(script.people, script.quorum, records_signed=script.kind in _SIGNED)
    for person in script.with_role(Role.ADMINISTRATOR):
        if person.credential.kind == "fido2":
            raise ScriptRefused(f"people.{person.code}.credential", "a FIDO2 key confirms, but it signs no record")
    _refuse_doubles("tokens", [each.name for each in script.tokens])
    _refuse_doubles("authorities", [each.name for each in script.authorities])
    making = script.kind in _MAKING
    wanted = {
        "authorities": (script.kind in _WITH_AUTHORITIES, bool(script.authorities or (making and script.keys))),
        "peer": (script.kind is Kind.CROSS, script.peer is not None),
        "backup": (script.kind is Kind.BACKUP, script.backup is not None),
        "roster": (script.kind is Kind.ROSTER, script.roster is not None),
        "retirement": (script.kind in _WITH_RETIREMENT, script.retirement is not None),
    }
    for table, (needed, given) in wanted.items():
        if needed != given:
            raise ScriptRefused(table, f"a ceremony of kind {script.kind} {'needs it' if needed else 'has none'}")
    for token in script.tokens:
        if token.new == (token.serial is not None):
            raise ScriptRefused(f"tokens.{token.name}.serial", "it is given exactly for a token that is not new")
    _check_keys(script)
    _check_files(script)
    for plan in script.authorities:
        _check_names(script, plan)
    for plan in script.authorities:
        _check_making(script, plan)
    _check_kind(script)
    _check_end(script)
    for place in _without_token(script):
        raise ScriptRefused(place, "a step uses its key, and it names no token")


def _check_keys(script: Script) -> None:
    """The keys that belong to no authority, and the token of a backup."""
    if script.keys and script.kind not in _MAKING:
        raise ScriptRefused("keys", f"a ceremony of kind {script.kind} has none")
    _refuse_doubles("keys", [each.label for each in script.keys])
    tokens = {each.name for each in script.tokens}
    for key in script.keys:
        if key.token not in tokens:
            raise ScriptRefused(f"keys.{key.label}.token", f"the script has no such table: {key.token}")
    if script.backup is not None and script.backup.token not in tokens:
        raise ScriptRefused("backup.token", f"the script has no such table: {script.backup.token}")


def _check_files(script: Script) -> None:
    """A file lies beside the script, so what is named is a file there and no way to another place."""
    for place, plan in (("backup.file", script.backup), ("roster.file", script.roster)):
        if plan is not None and (plan.file == ".." or plan.file != PurePosixPath(plan.file).name):
            raise ScriptRefused(place, "it is the name of a file beside the script, without a folder")


def _check_names(script: Script, plan: AuthorityPlan) -> None:
    """What a table names is another table of the script."""
    tokens = {each.name for each in script.tokens}
    others = {each.name for each in script.authorities} - {plan.name}
    for key, named, known in (
        ("token", plan.token, tokens),
        ("responder_token", plan.responder_token, tokens),
        ("signed_by", plan.signed_by, others),
        ("replaces", plan.replaces, others),
    ):
        if named is not None and named not in known:
            raise ScriptRefused(f"authorities.{plan.name}.{key}", f"the script has no such table: {named}")


def _check_making(script: Script, plan: AuthorityPlan) -> None:
    """An authority that is made, or its stand-in in a rehearsal, has everything that it is made from."""
    place = f"authorities.{plan.name}"
    for key in ("profile", "terms"):
        if getattr(plan, key) is None:
            raise ScriptRefused(f"{place}.{key}", "every authority has it: by it a rehearsal makes one like it")
    if plan.exists:
        return
    if script.kind not in _MAKING:
        raise ScriptRefused(f"{place}.certificate", f"a ceremony of kind {script.kind} makes no authority")
    if plan.algorithm is None:
        raise ScriptRefused(f"{place}.algorithm", "a new authority needs it")
    if not plan.issues:
        raise ScriptRefused(f"{place}.issues", "its record authorises at least one profile")
    if plan.responder_token is not None and RESPONDER_PROFILE not in plan.issues:
        raise ScriptRefused(f"{place}.issues", f"it has a responder, so it names {RESPONDER_PROFILE}")
    if plan.signed_by is not None and not _may_sign(script.authority(plan.signed_by), plan):
        raise ScriptRefused(f"{place}.signed_by", f"the record of {plan.signed_by} does not name {plan.profile}")


def _may_sign(above: AuthorityPlan, plan: AuthorityPlan) -> bool:
    return above.exists or plan.profile in above.issues


def _check_kind(script: Script) -> None:
    """What only some kinds have: an authority below another, a generation that replaces another, a planned record."""
    new = [each for each in script.authorities if not each.exists]
    if script.kind is Kind.ONE_TIER and any(each.signed_by for each in new):
        raise ScriptRefused("authorities", "a one-tier authority certifies itself")
    if script.kind is Kind.ROOT_AND_SUBORDINATE and not any(each.signed_by for each in new):
        raise ScriptRefused("authorities", "one of them is signed by another")
    if script.kind is Kind.RENEWAL and not any(each.replaces for each in new):
        raise ScriptRefused("authorities", "a renewal has a generation that replaces another")
    if script.kind is Kind.ROOT_LIST and not any(each.list for each in script.authorities):
        raise ScriptRefused("authorities", "one of them has a list to sign")
    for plan in script.authorities:
        if plan.replaces is not None:
            _check_renewal(script, plan)
        _check_record(script, plan)


def _check_record(script: Script, plan: AuthorityPlan) -> None:
    """What an authority's next record says is what ceremonies of this kind are for."""
    place = f"authorities.{plan.name}"
    if script.kind is Kind.AUTHORISATION and not (plan.issues or plan.ended_responder):
        raise ScriptRefused(f"{place}.issues", "it says what the record authorises from now on")
    if plan.ended_responder is not None and script.kind not in _ENDING_RESPONDERS:
        raise ScriptRefused(f"{place}.ended_responder", f"a ceremony of kind {script.kind} ends no responder")
    if script.kind is Kind.RESPONDER and plan.responder_token is None:
        raise ScriptRefused(f"{place}.responder_token", "the new key is made in it")
    if script.kind is Kind.CROSS and plan.issues and script.peer and script.peer.profile not in plan.issues:
        raise ScriptRefused(f"{place}.issues", f"they do not name {script.peer.profile}")


def _check_renewal(script: Script, plan: AuthorityPlan) -> None:
    place = f"authorities.{plan.name}"
    (issuer, _, number), (older, _, before) = (each.rpartition("-g") for each in (plan.name, str(plan.replaces)))
    if script.kind is not Kind.RENEWAL or plan.exists or not script.authority(str(plan.replaces)).exists:
        raise ScriptRefused(f"{place}.replaces", "a renewal has a new generation replace one that exists")
    if issuer != older or int(number) <= int(before):
        raise ScriptRefused(f"{place}.replaces", "a renewal keeps the issuer's name and counts its generations up")
    planned = datetime.combine(script.planned, time(0), _JAPAN)
    if plan.issuing_from is None or plan.issuing_from <= planned:
        raise ScriptRefused(
            f"{place}.issuing_from", "a new generation takes over at a time after the planned day began"
        )


def _check_end(script: Script) -> None:
    """The end of a key: the reason is the kind's, and whoever is about to lose a key signs the last lists with it."""
    retirement = script.retirement
    if retirement is None:
        return
    if retirement.reason != _REASONS[script.kind]:
        raise ScriptRefused("retirement.reason", f"a ceremony of kind {script.kind} ends by {_REASONS[script.kind]}")
    if retirement.authority not in {each.name for each in script.authorities}:
        raise ScriptRefused("retirement.authority", "the script has no such table in authorities")
    if retirement.invalid_since is not None and script.kind is not Kind.COMPROMISE:
        raise ScriptRefused("retirement.invalid_since", "only a compromised key was doubtful before its end")
    ending = script.authority(retirement.authority)
    place = f"authorities.{ending.name}.list"
    if script.kind is Kind.DESTRUCTION and (ending.list is None or ending.list.days is not None):
        raise ScriptRefused(place, "before its key is destroyed it signs lists for as long as its certificate lives")
    if script.kind is Kind.COMPROMISE and ending.list is not None:
        raise ScriptRefused(place, "a compromised key signs nothing more")


def _without_token(script: Script) -> Iterator[str]:
    """The authorities whose key a step uses though their table names no token."""
    signing = {"list.sign": "authority", "responder.certify": "authority", "cross.certify": "authority"}
    signing |= {"authority.certify": "authority", "link.certify": "signer", "key.destroy": "label"}
    used = [step.facts[signing[step.action]] for step in steps(script) if step.action in signing]
    used += [str(each.signed_by) for each in script.authorities if each.signed_by and not each.exists]
    for name in used:
        if script.authority(name).token is None:
            yield f"authorities.{name}.token"


def _refuse_doubles(place: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ScriptRefused(f"{place}.{name}", "it is there twice")
