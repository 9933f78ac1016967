"""What this office verifies a case with before it saves one."""

from ca.lodging import Lodging
from ra.office import Office

__all__ = ["lodging"]


def lodging(office: Office) -> Lodging:
    """The signer's own checks, with what this office believes now."""
    return Lodging(
        database=office.database,
        deployment=office.deployment,
        roster=office.roster(),
        profiles=office.profiles,
        statement=office.statement,
        retired=office.retired,
        parties=office.parties,
        demo=office.demo,
        clock=office.clock,
    )
