"""Asking the signer for revocation lists and waiting for them. Whoever asks holds no key."""

import secrets
import time
from collections.abc import Mapping
from uuid import UUID

from cli.config import Config
from cli.errors import CommandError, NotFound, TimedOut
from cli.waking import wake
from cli.wiring import retirements, utc_now
from store.authorities import authorities
from store.crls import PublicationRequest, publication_request, request_publication
from store.database import Database
from store.identifiers import uuid7
from store.partitions import partitions

LOOK_SECONDS = 0.2


class ListRefused(CommandError):
    """The signer did not publish a list, and the one before stays in force. `code` is the signer's."""

    def __init__(self, issuer: str, answer: str) -> None:
        self.code = answer
        super().__init__(f"A list of {issuer} was not published: {answer}.")
        self.next = "See the signer's log and the audit trail; the list published before stays in force."


def publish_lists(config: Config, database: Database, issuer: str | None, seconds: float) -> int:
    """Ask for the lists of `issuer` (None: of every issuer this signer has) and wait: how many lists are current.

    Raises `NotFound` for an unknown issuer, `ListRefused`, and `TimedOut` after `seconds`.
    """
    now = utc_now()
    retired = retirements(config, database)
    with database.snapshot() as tx:
        signing = [each for each in authorities(tx) if not retired.signs_nothing(each.key_hash)]
        online = {each.issuer for each in signing if signed_online(config, each.name)}
        wanted = sorted(online if issuer is None else online & {issuer})
        count = sum(len(partitions(tx, each, now)) for each in wanted)
    if not wanted:
        raise NotFound(f"Issuer {issuer}", "See 'ninsho ca ls'; an offline root's list is made in a ceremony.")
    requests = {uuid7(now, secrets.token_bytes): each for each in wanted}
    with database.transaction() as tx:
        for id, name in requests.items():
            request_publication(tx, PublicationRequest(id, name, None, "cli", now))
    wake(config)
    wait_for(database, requests, seconds)
    return count


def signed_online(config: Config, authority: str) -> bool:
    """Whether the signer has the key of this authority, as opposed to an offline root."""
    section = config.authorities.get(authority)
    return section is not None and section.token in config.token_of("signer")


def wait_for(database: Database, requests: Mapping[UUID, str], seconds: float) -> None:
    """Return when the signer answered all `requests` with "published"."""
    deadline = time.monotonic() + seconds
    open_ids = dict(requests)
    while open_ids:
        with database.snapshot() as tx:
            found = [publication_request(tx, id) for id in open_ids]
        for request in found:
            if request is not None and request.answer is not None:
                if request.answer != "published":
                    raise ListRefused(request.issuer, request.answer)
                del open_ids[request.id]
        if open_ids and time.monotonic() > deadline:
            raise TimedOut("The publication of lists", seconds)
        if open_ids:
            time.sleep(LOOK_SECONDS)
