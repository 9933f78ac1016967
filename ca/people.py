"""Whom an application is about, for the counter's search: from the very facts that the certificate is made from."""

from uuid import UUID

from ca.application import Application, parse
from policies.folding import fold_kana, fold_name
from store.database import Database
from store.people import PersonEntry, enter_people, nobody_entered

__all__ = ["enter_missing", "person_of"]

_NAMES = ("name", "user_ja", "post_ja", "department_ja", "user_id", "post", "email")


def person_of(
    application: Application, *, kana: str | None = None, card: bytes | None = None, case_id: UUID | None = None
) -> PersonEntry | None:
    """Give the entry by which a search finds an application for a certificate, or None: it names nobody.

    A resident is found by the name in the register, a post or a user by its Japanese name, a server by its first DNS
    name. `kana` is what the counter wrote down; no certificate holds it. `card` is the keyed hash of the card's number.
    """
    name = next((value for key in _NAMES if isinstance(value := application.facts.get(key), str)), None)
    servers = application.facts.get("dns_names")
    if name is None and isinstance(servers, list) and servers:
        name = str(servers[0])
    if application.action != "issue" or name is None:
        return None
    born = application.facts.get("birth_date")
    return PersonEntry(
        id=application.id,
        subject="application",
        branch=application.branch,
        name=name,
        name_key=fold_name(name),
        kana_key=None if kana is None else fold_kana(kana),
        birth_date=born if isinstance(born, str) else None,
        card=card,
        case_id=case_id,
    )


def enter_missing(database: Database) -> int:
    """Enter the people of applications that have no entry, those of an older release's time; tell how many."""
    entered, last = 0, None
    while True:
        with database.transaction() as tx:
            records = nobody_entered(tx, after=last)
            found = [person_of(parse(record.canonical)) for record in records]
            entries = [entry for entry in found if entry is not None]
            enter_people(tx, entries)
        if not records:
            return entered
        entered, last = entered + len(entries), records[-1].id
