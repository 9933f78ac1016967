"""Authorities: each generation is recorded once, with the document that was signed for it."""

from dataclasses import replace
from datetime import datetime

import pytest

from store.authorities import AuthorityRecord, add_authority, authorities, authority
from store.database import Database
from store.errors import AuthorityExists, RecordRefused, UnknownAuthority
from store.rosters import DocumentSignature

SIGNATURES = (DocumentSignature("admin-1-key", b"one"), DocumentSignature("admin-2-key", b"two"))


def made(now: datetime, issuer: str = "jpki-sign", generation: int = 1) -> AuthorityRecord:
    """Make a record."""
    return AuthorityRecord(
        f"{issuer}-g{generation}", issuer, generation, b"0\0", b"certificate", bytes(32), b"document", SIGNATURES, now
    )


def test_record_reads_back_as_written(database: Database, now: datetime) -> None:
    """The signed document and its signatures come back byte for byte."""
    with database.transaction() as tx:
        add_authority(tx, made(now))
    with database.snapshot() as tx:
        assert authority(tx, "jpki-sign-g1") == made(now)


def test_generations_are_listed_in_order(database: Database, now: datetime) -> None:
    """A second generation stands beside the first; ten comes after two."""
    with database.transaction() as tx:
        for generation in (10, 2, 1):
            add_authority(tx, made(now, generation=generation))
        add_authority(tx, made(now, "jpki-auth"))
        assert [one.generation for one in authorities(tx, "jpki-sign")] == [1, 2, 10]
        assert [one.name for one in authorities(tx)][:1] == ["jpki-auth-g1"]


def test_generation_is_recorded_once(database: Database, now: datetime) -> None:
    """A record never changes: the same generation again is refused."""
    with database.transaction() as tx:
        add_authority(tx, made(now))
    with pytest.raises(AuthorityExists), database.transaction() as tx:
        add_authority(tx, replace(made(now), certificate=b"other"))


def test_unknown_authority_is_a_lookup_error(database: Database) -> None:
    """Asking for a name that is not there is UnknownAuthority."""
    with pytest.raises(UnknownAuthority), database.snapshot() as tx:
        authority(tx, "jpki-sign-g9")


@pytest.mark.parametrize("name", ["jpki-sign", "jpki-sign-g2", "jpki-sign-g01", "JPKI-g1"])
def test_name_is_issuer_and_generation(now: datetime, name: str) -> None:
    """The name is made of the two, so that no two spellings of one authority exist."""
    with pytest.raises(RecordRefused):
        replace(made(now), name=name)
