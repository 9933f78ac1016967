"""The demo's roster: an officer of each role, who serve all its branches, and the people who hold its ceremonies."""

from collections.abc import Mapping
from datetime import datetime

from ca.ceremony.script import Role as Part
from ca.roster import Branch, Person, Role, Roster
from cli.config import Config
from cli.demo.enrolment import credentials, terminals
from cli.demo.home import PEOPLE
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

HOLDERS: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    code: (name, (Role.ADMIN,)) for code, (name, part) in PEOPLE.items() if part is not Part.WITNESS
}
"""Who holds the ceremonies, of no branch; the witness comes from outside."""


def demo_roster(config: Config, now: datetime) -> Roster:
    """The roster of the home's people with the public keys that lie in it, valid for a year."""
    branches = tuple(
        Branch(
            code=branch_of(code),
            name=municipality(code, now.date()).name,
            serves=(code,),
        )
        for code, _, _ in PLACES
    )
    served = tuple(branch.code for branch in branches)
    persons = tuple(
        Person(code=code, name=name, roles=roles, branches=serving, credentials=credentials(config, code, now))
        for listed, serving in ((ROLES, served), (HOLDERS, ()))
        for code, (name, roles) in listed.items()
    )
    return Roster(
        deployment=config.deployment,
        version=1,
        made_at=now,
        branches=branches,
        persons=persons,
        terminals=terminals(config, now),
    )
