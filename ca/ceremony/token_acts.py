"""Acts on tokens and keys: initialise, open, make a key, back up, restore, destroy, close.

A PIN exists in this process only, between the custodians' shares and the token; a token's PINs are both derived from
one secret that is split among the custodians, so neither is anywhere outside a quorum.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from pydantic import JsonValue

from ca.authority import key_hash
from ca.ceremony.errors import CeremonyStopped
from ca.ceremony.room import Attempt, CeremonyToken, Facts, ObjectView, Room
from ca.ceremony.script import Person, Role, TokenPlan
from ca.ceremony.shares import SECRET_OCTETS, combine, reads_as_share, so_pin, split, user_pin
from ca.ceremony.words import digest_words
from ca.statement import PublicKey, key_octets
from store.certificates import CertificateFilter, find

__all__ = [
    "back_up_token",
    "close_token",
    "destroy_key",
    "generate_key",
    "initialise_token",
    "key_facts",
    "open_token",
    "restore_token",
]

SHARES_KEPT: Final = "shares.kept"
"""The event after every custodian has a share of one secret and before the token learns of it."""

BACKUP_BEGUN: Final = "backup.begun"
"""The event before a backup is written, when no file of its name is there."""

TRIES: Final = 3
"""How often a custodian may type a share, whether it was just written down or opens a token."""


def initialise_token(room: Room, attempt: Attempt) -> Facts:
    """Draw a secret, hand its shares out, have them read back, make the token with PINs derived from it, open it.

    Taken again after all shares were kept, it asks for those: the token may be made with their secret, wholly or half.
    """
    plan = room.script.token(attempt.fact("token"))
    kept = attempt.noted(SHARES_KEPT)
    made = room.tokens.present(plan.name)
    if made and not kept:
        raise CeremonyStopped(f"token {plan.label} exists already, and the script calls it new")
    secret = _asked_secret(room, plan) if kept else _shared_secret(room, plan, attempt)
    if not made:
        serial = room.tokens.initialise(plan.name, so_pin(secret), user_pin(secret))
        attempt.note("token.initialised", {"token": plan.name, "serial": serial})
    token = room.open(plan.name, user_pin(secret))
    attempt.reached("opened")
    listed = _labels(token)
    if listed:
        raise CeremonyStopped(f"the new token {plan.label} holds objects: {', '.join(map(str, listed))}")
    return {"serial": token.serial, "objects": listed, "secret_bits": SECRET_OCTETS * 8, "quorum": room.script.quorum}


def open_token(room: Room, attempt: Attempt) -> Facts:
    """Open a token with the shares of a quorum and list what it holds."""
    plan = room.script.token(attempt.fact("token"))
    token = reopen(room, plan)
    return {"serial": token.serial, "objects": _labels(token), "quorum": room.script.quorum}


def reopen(room: Room, plan: TokenPlan) -> CeremonyToken:
    """Open a token with the shares of a quorum; raises SharesRefused, PermissionError, CeremonyStopped."""
    return room.open(plan.name, user_pin(_asked_secret(room, plan)))


def generate_key(room: Room, attempt: Attempt) -> Facts:
    """Make a key, read its attributes back, let it sign, and give its digest as words to read aloud.

    Taken again, it destroys what the interrupted attempt left under the label, unless that is certified.
    """
    token, label = room.token(attempt.fact("token")), attempt.fact("label")
    before = _labels(token)
    if attempt.again and _shown(token, label):
        _refuse_certified(room, token, label)
        token.destroy(label)
        attempt.note("key.discarded", {"label": label})
    key = token.generate(label, attempt.fact("algorithm")).public_key()
    attempt.reached("generated")
    token.health(label)
    facts = {**key_facts(key), **_attributes(token, label), "objects_before": before, "objects_after": _labels(token)}
    room.people.tell(f"{label}: {' '.join(digest_words(sha256(key_octets(key)).digest()))}")
    return facts


def key_facts(key: PublicKey) -> dict[str, JsonValue]:
    """A public key's digest (SHA-256 of its SubjectPublicKeyInfo) in hexadecimal and as words."""
    digest = sha256(key_octets(key)).digest()
    return {"key": digest.hex(), "words": list(digest_words(digest))}


def back_up_token(room: Room, attempt: Attempt) -> Facts:
    """Copy a closed token into a file, protected by its own PIN.

    A file that is there before the act begins stays, however often the step is taken.
    """
    name, file = attempt.fact("token"), attempt.fact("file")
    target, begun = room.beside / file, attempt.noted(BACKUP_BEGUN)
    if not begun and not target.exists():
        attempt.note(BACKUP_BEGUN, {"file": file})
    digest = room.tokens.back_up(name, target, again=begun)
    room.people.tell(f"{file}: {' '.join(digest_words(digest))}")
    return {"file": file, "sha256": digest.hex(), "words": list(digest_words(digest))}


def restore_token(room: Room, attempt: Attempt) -> Facts:
    """Restore a backup into a throw-away token; its keys sign and are the ones in the original."""
    plan = room.script.token(attempt.fact("token"))
    pin = user_pin(_asked_secret(room, plan))
    labels = attempt.fact("keys").split()
    with room.tokens.open(plan.name, pin) as original:
        known = {label: original.signing_key(label).public_key() for label in labels}
    with room.tokens.restored(plan.name, room.beside / attempt.fact("file"), pin) as copy:
        for label in labels:
            if copy.signing_key(label).public_key() != known[label]:
                raise CeremonyStopped(f"the restored key {label} is another one")
            copy.health(label)
    return {"keys": {label: sha256(key_octets(key)).hexdigest() for label, key in known.items()}}


def destroy_key(room: Room, attempt: Attempt) -> Facts:
    """Destroy an authority's key for ever and ask the token whether it is gone.

    Only a key whose end administrators have signed is destroyed: what it cannot sign any more, nothing waits for.
    """
    token, label = room.token(attempt.fact("token")), attempt.fact("label")
    record = room.statement(label)
    if record is None or not room.ledger.retired().signs_nothing(record.key_hash):
        raise CeremonyStopped(f"nobody has signed that the key {label} ends")
    before = _labels(token)
    if _shown(token, label):
        token.destroy(label)
        attempt.reached("destroyed")
    elif not attempt.again:
        raise CeremonyStopped(f"there is no key {label} to destroy")
    after = _labels(token)
    if _shown(token, label):
        raise CeremonyStopped(f"the token still shows the key {label}")
    return {"label": label, "objects_before": before, "objects_after": after}


def close_token(room: Room, attempt: Attempt) -> Facts:
    """List a token's objects for the last time and log out."""
    name = attempt.fact("token")
    listed = _labels(room.token(name))
    room.close(name)
    attempt.reached("closed")
    return {"objects": listed}


def _shared_secret(room: Room, plan: TokenPlan, attempt: Attempt) -> bytes:
    """A fresh secret whose shares every custodian has written down and typed once from the paper."""
    custodians = room.script.with_role(Role.CUSTODIAN)
    secret = room.random(SECRET_OCTETS)
    shares = split(secret, room.script.quorum, len(custodians), room.random)
    for person, share in zip(custodians, shares, strict=True):
        room.people.hand_share(person, plan, share)
        _prove_paper(room, person, plan, share)
        attempt.note("share.handed", {"token": plan.name, "person": person.code})
    attempt.note(SHARES_KEPT, {"token": plan.name, "people": [each.code for each in custodians]})
    return secret


def _prove_paper(room: Room, person: Person, plan: TokenPlan, share: str) -> None:
    """Have a custodian type the share that was just written down; raises CeremonyStopped after the last try.

    A mistake of typing costs no sitting; what is typed is neither shown nor written down.
    """
    for left in reversed(range(TRIES)):
        if room.people.ask_share(person, plan) == share:
            return
        room.people.tell(f"That is not the share that was shown to {person.code}; tries left: {left}.")
    raise CeremonyStopped(f"the share that {person.code} wrote down is not the one that was shown")


def _asked_secret(room: Room, plan: TokenPlan) -> bytes:
    """The secret, put together from the shares of the first custodians that make a quorum."""
    custodians = room.script.with_role(Role.CUSTODIAN)[: room.script.quorum]
    return combine([_asked_share(room, person, plan) for person in custodians])


def _asked_share(room: Room, person: Person, plan: TokenPlan) -> str:
    """The share that a custodian types from the paper; CeremonyStopped after the last try that the checksum refuses."""
    for left in reversed(range(TRIES)):
        share = room.people.ask_share(person, plan)
        if reads_as_share(share):
            return share
        room.people.tell(f"A word of {person.code}'s share is mistyped; tries left: {left}.")
    raise CeremonyStopped(f"the share that {person.code} types has a word that is none of the list or not in its place")


def _labels(token: CeremonyToken) -> list[JsonValue]:
    """The labels of the private keys and of anything else that is no public half of one."""
    return [each.label for each in _private(token)]


def _shown(token: CeremonyToken, label: str) -> bool:
    """Whether the token shows anything of the label: an interruption may have left half of a key."""
    return any(each.label == label for each in token.objects())


def _refuse_certified(room: Room, token: CeremonyToken, label: str) -> None:
    """Keep a key that has a certificate, whatever a transcript that was cut short says. Half a key has none."""
    try:
        key = token.signing_key(label).public_key()
    except LookupError:
        return
    with room.ledger.database.snapshot() as tx:
        if find(tx, CertificateFilter(key_hash=key_hash(key)), limit=1):
            raise CeremonyStopped(f"the key {label} has a certificate and is not made a second time")


def _private(token: CeremonyToken) -> Sequence[ObjectView]:
    return [each for each in token.objects() if each.kind != "public key"]


def _attributes(token: CeremonyToken, label: str) -> dict[str, JsonValue]:
    """What the token shows of the new private key (PKCS#11 2.40, 4.9); anything else was refused when it was made."""
    shown = next(each for each in token.objects() if each.kind == "private key" and each.label == label)
    names = ("algorithm", "sign", "sensitive", "extractable", "local", "always_sensitive", "never_extractable")
    return {"attributes": {name: getattr(shown, name) for name in names}}
