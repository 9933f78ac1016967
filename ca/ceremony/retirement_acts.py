"""Acts at the end of a key: two administrators sign that it ends; before, it signs its last lists.

The signed statement is written down outside the database before it is entered there, and published; the key is
destroyed only after it (`ca.retiring`).
"""

from ca.ceremony.certificate_acts import active_authority
from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.record_acts import signed_by_administrators
from ca.ceremony.room import Attempt, Facts, Room
from ca.ceremony.script import RetirementPlan
from ca.retirement import RetirementStatement, retirement_digest, retirement_document
from ca.retiring import enter_missing, publish_retirements, retire, retirement_record
from ca.statement import Domain

__all__ = ["sign_lists", "sign_retirement_statement"]


def sign_retirement_statement(room: Room, attempt: Attempt) -> Facts:
    """Have the end of an authority's key signed, written down, entered and published. It cannot be taken back.

    Taken again, it signs nothing that is written down already.
    """
    plan = room.script.retirement
    if plan is None:
        raise CeremonyStopped("the script ends no authority")
    audit, database = room.ledger.audit, room.ledger.database
    enter_missing(room.ended, database, audit, room.clock())
    statement = _written(room, plan) if attempt.again else None
    if statement is None:
        statement = _statement(room, plan)
        document = retirement_document(statement)
        signatures = signed_by_administrators(room, Domain.RETIREMENT, document)
        attempt.reached("signed")
        retire(room.ended, database, retirement_record(document, signatures, room.clock()), audit, room.clock())
        attempt.reached("entered")
    publish_retirements(room.ended, room.publication)
    attempt.reached("published")
    return _facts(statement)


def sign_lists(room: Room, attempt: Attempt) -> Facts:
    """Sign an authority's lists, which the publisher holds against the database before they leave."""
    plan = room.script.authority(attempt.fact("authority"))
    signed = room.lists.sign(active_authority(room, plan), plan.list.days if plan.list else None)
    attempt.reached("published")
    return {"lists": {each.name: each.sha256.hex() for each in signed}}


def _statement(room: Room, plan: RetirementPlan) -> RetirementStatement:
    record = room.statement(plan.authority)
    if record is None:
        raise CeremonyStopped(f"{plan.authority} has no record")
    now = room.clock()
    return RetirementStatement(
        deployment=room.script.deployment,
        authority=plan.authority,
        key_hash=record.key_hash,
        reason=plan.reason,
        at=now,
        invalidity_at=plan.invalid_since,
        made_at=now,
    )


def _written(room: Room, plan: RetirementPlan) -> RetirementStatement | None:
    """The statement that an interrupted attempt has written down."""
    known = (each for each in room.ended.retired.statements if each.authority == plan.authority)
    return next((each for each in known if each.reason == plan.reason), None)


def _facts(statement: RetirementStatement) -> Facts:
    return {
        "authority": statement.authority,
        "key": statement.key_hash.hex(),
        "reason": statement.reason,
        "at": statement.at.isoformat(),
        "sha256": retirement_digest(retirement_document(statement)).hex(),
    }
