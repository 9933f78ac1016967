"""Authorities: each generation is recorded once, with the document that was signed for it."""

from dataclasses import replace
from datetime import datetime

import pytest

from store.authorities import AuthorityRecord, add_authority, add_version, authorities, authority
from store.database import Database
from store.errors import AuthorityExists, RecordRefused, UnknownAuthority, VersionNotNewer
from store.rosters import DocumentSignature

SIGNATURES = (DocumentSignature("admin-1-key", b"one"), DocumentSignature("admin-2-key", b"two"))


def made(now: datetime, issuer: str = "jpki-sign", generation: int = 1) -> AuthorityRecord:
    """Make a record."""
    return AuthorityRecord(
        f"{issuer}-g{generation}",
        issuer,
        generation,
        b"0\0",
        b"certificate",
        bytes(32),
        b"document",
        SIGNATURES,
        now,
        1,
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


def newer(now: datetime, version: int, document: bytes = b"newer") -> AuthorityRecord:
    """The record with another document."""
    return replace(made(now), version=version, document=document)


def test_newest_version_is_what_counts(database: Database, now: datetime) -> None:
    """A newer signed document replaces the one before; neither is ever removed, and a lower one never comes back."""
    with database.transaction() as tx:
        add_authority(tx, made(now))
        add_authority(tx, made(now, generation=2))
        add_version(tx, newer(now, 3, b"three"))
        add_version(tx, newer(now, 10, b"ten"))
    with database.snapshot() as tx:
        assert authority(tx, "jpki-sign-g1") == newer(now, 10, b"ten")
        assert authorities(tx) == (newer(now, 10, b"ten"), made(now, generation=2))
    for version in (9, 10):
        with pytest.raises(VersionNotNewer), database.transaction() as tx:
            add_version(tx, newer(now, version))


@pytest.mark.parametrize("field", ["subject_der", "certificate", "key_hash"])
def test_a_version_changes_the_document_alone(database: Database, now: datetime, field: str) -> None:
    """A generation is its key: no version gives it another key, certificate or name."""
    with database.transaction() as tx:
        add_authority(tx, made(now))
    with pytest.raises(VersionNotNewer, match=field), database.transaction() as tx:
        add_version(tx, replace(newer(now, 2), **{field: b"1" * 32}))


def test_a_version_of_an_unknown_authority_is_refused(database: Database, now: datetime) -> None:
    """There is nothing that it could be a version of."""
    with pytest.raises(UnknownAuthority), database.transaction() as tx:
        add_version(tx, newer(now, 2))


def test_unknown_authority_is_a_lookup_error(database: Database) -> None:
    """Asking for a name that is not there is UnknownAuthority."""
    with pytest.raises(UnknownAuthority), database.snapshot() as tx:
        authority(tx, "jpki-sign-g9")


@pytest.mark.parametrize("name", ["jpki-sign", "jpki-sign-g2", "jpki-sign-g01", "JPKI-g1"])
def test_name_is_issuer_and_generation(now: datetime, name: str) -> None:
    """The name is made of the two, so that no two spellings of one authority exist."""
    with pytest.raises(RecordRefused):
        replace(made(now), name=name)
