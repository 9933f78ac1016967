"""The demo's officers: one of each role, who serve all its branches."""

from collections.abc import Mapping
from datetime import datetime

from ca.roster import Branch, Person, Role, Roster
from cli.config import Config
from cli.demo.enrolment import credentials, terminals
from cli.demo.people import PLACES, branch_of
from policies.municipalities import municipality

ROLES: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    "reception-1": ("受付 一子", (Role.RECEPTION,)),
    "examiner-1": ("審査 二郎", (Role.EXAMINE,)),
    "approver-1": ("承認 三子", (Role.APPROVE,)),
    "head-1": ("分局 四郎", (Role.HEAD,)),
    "register-1": ("住民基本台帳 異動情報", (Role.REGISTER,)),
    "auditor-1": ("監査 十一郎", (Role.AUDIT,)),
}


def demo_roster(config: Config, now: datetime) -> Roster:
    """The roster of the home's officers with the public keys that lie in it, valid for a year."""
    branches = tuple(
        Branch(
            code=branch_of(code),
            name=municipality(code, now.date()).name,
            serves=(code,),
        )
        for code, _, _ in PLACES
    )
    persons = tuple(
        Person(
            code=code,
            name=name,
            roles=roles,
            branches=tuple(branch.code for branch in branches),
            credentials=credentials(config, code, now),
        )
        for code, (name, roles) in ROLES.items()
    )
    return Roster(
        deployment=config.deployment,
        version=1,
        made_at=now,
        branches=branches,
        persons=persons,
        terminals=terminals(config, now),
    )
