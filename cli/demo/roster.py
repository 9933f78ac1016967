"""The demo's officers: one of each role, who serve all its branches."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ca.roster import Branch, Credential, Person, Role, Roster
from ca.statement import key_octets
from cli.config import Config
from cli.demo.people import PLACES, branch_of
from cli.wiring import public_key_file
from policies.municipalities import municipality

ROLES: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    "reception-1": ("受付 一子", (Role.RECEPTION,)),
    "examiner-1": ("審査 二郎", (Role.EXAMINE,)),
    "approver-1": ("承認 三子", (Role.APPROVE,)),
    "head-1": ("分局 四郎", (Role.HEAD,)),
    "register-1": ("住民基本台帳 異動情報", (Role.REGISTER,)),
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
            credentials=(
                Credential(
                    code=f"key-{code}",
                    spki=key_octets(public_key_file(config.home / "officers" / f"{code}.pem")),
                    valid_from=now - timedelta(hours=1),
                    valid_until=now + timedelta(days=365),
                ),
            ),
        )
        for code, (name, roles) in ROLES.items()
    )
    return Roster(deployment=config.deployment, version=1, made_at=now, branches=branches, persons=persons)
