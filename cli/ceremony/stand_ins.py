"""What a rehearsed script takes for granted: authorities made earlier, their tokens and responders, as stand-ins.

They are made by an earlier ceremony of the same people, derived from the script alone.
"""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca.ceremony.errors import ScriptRefused
from ca.ceremony.script import AuthorityPlan, Credential, KeyPlan, Kind, Person, Role, Script, TokenPlan
from ca.responders import RESPONDER_PROFILE
from policies.names import JST

__all__ = ["earlier_ceremony", "furnished", "held_tomorrow"]

ISSUING = "stand-in"
ANSWERING = "stand-in-ocsp"
_CERTIFYING = frozenset({Kind.ROOT_LIST, Kind.DESTRUCTION})
"""The kinds that certify a responder's key which exists."""


def held_tomorrow(script: Script, now: datetime) -> Script:
    """The script as if it were planned for tomorrow, with its times moved likewise; it keeps the file's digest."""
    planned = now.astimezone(JST).date() + timedelta(days=1)
    moved = planned - script.planned
    authorities = tuple(
        each.model_copy(update={"issuing_from": each.issuing_from + moved}) if each.issuing_from else each
        for each in script.authorities
    )
    end = script.retirement
    if end is not None and end.invalid_since is not None:
        end = end.model_copy(update={"invalid_since": end.invalid_since + moved})
    return script.model_copy(update={"planned": planned, "authorities": authorities, "retirement": end})


def furnished(script: Script, administrators: tuple[Credential, Credential]) -> Script:
    """The script with everything that its installation has beyond it: tokens of keys that it does not open, people.

    Two administrators of these credentials stand in where the script has none: somebody signed the earlier records.
    """
    authorities = tuple(_furnished(each, script.kind) for each in script.authorities)
    wanted = {each.token for each in authorities} | {each.responder_token for each in authorities}
    missing = wanted - {each.name for each in script.tokens} - {None}
    tokens = tuple(TokenPlan(name=name, label=name, serial="0") for name in sorted(map(str, missing)))
    people = () if script.with_role(Role.ADMINISTRATOR) else _administrators(administrators)
    return script.model_copy(
        update={
            "authorities": authorities,
            "tokens": (*script.tokens, *tokens),
            "people": (*script.people, *people),
        }
    )


def earlier_ceremony(script: Script) -> Script | None:
    """The ceremony that made what a furnished script takes for granted; None when it takes nothing for granted."""
    existing = [each for each in script.authorities if each.exists]
    made = tuple(_as_new(each, script) for each in sorted(existing, key=lambda each: each.signed_by is not None))
    tokens = tuple(each.model_copy(update={"new": True, "serial": None}) for each in script.tokens if not each.new)
    if not tokens:
        return None
    copied = script.backup
    keys = [KeyPlan(token=copied.token, label=label, algorithm="p-256") for label in copied.keys] if copied else []
    return script.model_copy(
        update={
            "kind": Kind.ROOT_AND_SUBORDINATE if any(each.signed_by for each in made) else Kind.ONE_TIER,
            "software": None,
            "authorities": made,
            "tokens": tokens,
            "keys": tuple(keys),
            "peer": None,
            "backup": None,
            "roster": None,
            "retirement": None,
        }
    )


def _furnished(plan: AuthorityPlan, kind: Kind) -> AuthorityPlan:
    if not plan.exists:
        return plan
    answering = kind in _CERTIFYING and plan.responder is not None
    responder = ANSWERING if plan.ended_responder else plan.responder_token or (ANSWERING if answering else None)
    return plan.model_copy(update={"token": plan.token or ISSUING, "responder_token": responder})


def _as_new(plan: AuthorityPlan, script: Script) -> AuthorityPlan:
    """The same authority as an earlier ceremony would have planned it.

    It may issue what stands below it in the script; whatever else the script authorises is new.
    """
    below = [str(each.profile) for each in script.authorities if each.signed_by == plan.name]
    certifying = script.kind in _CERTIFYING and plan.responder is not None
    answering = certifying or plan.ended_responder is not None
    return plan.model_copy(
        update={
            "certificate": None,
            "algorithm": _algorithm(plan),
            "issues": tuple(dict.fromkeys((*below, RESPONDER_PROFILE))),
            "issuing_from": None,
            "replaces": None,
            "links": False,
            "list": None,
            "responder": plan.responder if certifying else None,
            "responder_token": plan.responder_token if answering else None,
            "ended_responder": None,
        }
    )


def _algorithm(plan: AuthorityPlan) -> str:
    """That of the authority's own key, so that a stand-in signs what the authority will sign, but for the key."""
    key = plan.x509().public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {256: "p-256", 384: "p-384"}[key.curve.key_size]
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    raise ScriptRefused(f"authorities.{plan.name}.certificate", "its key is neither RSA nor on a curve")


def _administrators(credentials: tuple[Credential, Credential]) -> tuple[Person, ...]:
    return tuple(
        Person(code=f"stand-in-{number}", name=f"Stand-in {number}", role=Role.ADMINISTRATOR, credential=credential)
        for number, credential in enumerate(credentials, 1)
    )
