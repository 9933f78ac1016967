"""A signer follows its authorities' records and the ends of their keys while it runs (KEY-2, ROL-2)."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ca.authority import AuthorityStatement, authority_document
from ca.errors import AuthorityRetired
from ca.retirement import Reason
from ca.retiring import retire
from ca.signed_document import sign_document
from ca.statement import Domain, PrivateKey
from cli.cert_issue import issuing_authority
from cli.chores import Chores
from cli.desk import open_desk
from cli.open_authorities import OpenAuthorities
from cli.signing import made_signer
from cli.wiring import administrators, known_retirements, private_key_file, utc_now
from store.audit import AuditChain
from store.authorities import AuthorityRecord, add_version, authority
from store.crls import latest_crl
from store.database import Database
from tests.fixtures.home import Home
from tests.fixtures.retirement import ended, signed

NAME = "jpki-sign-g1"


def keys(home: Home) -> Mapping[str, PrivateKey]:
    """Both administrators' keys."""
    return {name: private_key_file(home.key(name)) for name in administrators(home.config)}


def enter_version(home: Home, statement: AuthorityStatement, signers: Mapping[str, PrivateKey]) -> None:
    """Hold the ceremony that authorises or withdraws a profile."""
    with closing(Database(home.config.database_url(), "owner")) as database, database.transaction() as tx:
        newest = authority(tx, statement.name)
        document = authority_document(statement)
        signatures = tuple(sign_document(Domain.AUTHORITY, document, name, key) for name, key in signers.items())
        record: AuthorityRecord = replace(newest, document=document, signatures=signatures, version=statement.version)
        add_version(tx, record)


def end(home: Home, statement: AuthorityStatement, reason: Reason) -> None:
    """Hold the ceremony that ends a key."""
    now, audit = utc_now(), AuditChain("ceremony-end", "ceremony", home.config.deployment)
    with closing(Database(home.config.database_url(), "owner")) as database:
        record = signed(ended(statement, reason, at=now), keys(home), now)
        retire(known_retirements(home.config), database, record, audit, now)


def test_a_withdrawn_profile_counts_from_the_next_turn_on(spare_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """ROL-2: the newest record that two administrators signed counts without a restart; no other does."""
    with spare_home.signer() as signer:
        opened = signer.authorities
        assert isinstance(opened, OpenAuthorities)
        first = opened[NAME].statement
        assert "jpki-sign-phone" in first.profiles
        profiles = {name: digest for name, digest in first.profiles.items() if name != "jpki-sign-phone"}
        second = replace(first, version=2, profiles=profiles)
        enter_version(spare_home, second, keys(spare_home))
        assert opened[NAME].statement == first
        opened.look()
        assert opened[NAME].statement == second
        assert opened[NAME].key is not None
        one_signer = dict(list(keys(spare_home).items())[:1])
        enter_version(spare_home, replace(first, version=3), one_signer)
        for _ in range(2):
            opened.look()
        assert opened[NAME].statement == second
    assert capsys.readouterr().err.count("version 3") == 1
    assert spare_home.tamper("DELETE FROM authority_version WHERE version = 3") == 1


def test_the_signer_asks_the_token_whether_a_key_signs(spare_home: Home) -> None:
    """HSM-1: what serial numbers are spent on is known before; a token that is away is an outage."""
    with spare_home.signer() as signer, ProcessPoolExecutor(1) as linters:
        opened = signer.authorities
        assert isinstance(opened, OpenAuthorities)
        made = made_signer(spare_home.config, signer.database, opened, signer.audit, os.urandom, linters, utc_now())
        made.check_key(NAME)
    with pytest.raises(ConnectionError):
        made.check_key(NAME)


def test_lists_go_on_while_an_authority_is_retired(spare_home: Home) -> None:
    """A retired key issues no more; its lists and responder go on to its certificate's end."""
    name = "lgpki-org-g1"
    with spare_home.signer() as signer:
        end(spare_home, signer.authorities[name].statement, "retired")
        now = utc_now() + timedelta(days=21)
        chores = Chores(
            spare_home.config, signer.database, signer.authorities, signer.audit, signer.serials, lambda: now
        )
        assert chores.do()
        assert [one.authority for one in chores.signing("lgpki-org", now)] == [name]
        with signer.database.snapshot() as tx:
            newest = latest_crl(tx, name, "ca")
        assert newest is not None
        assert newest.this_update == now
        assert spare_home.ninsho("ca", "show", name).body["ended"].startswith("retired since")


def test_no_case_is_made_for_a_retired_authority(spare_home: Home) -> None:
    """KEY-2: its window is open, and yet the officer's command does not choose it, and says why."""
    with open_desk(spare_home.config) as desk:
        profile = desk.profile("jpki-auth")
        chosen = issuing_authority(desk, profile, None)
        end(spare_home, desk.statement(chosen.name), "retired")
        with pytest.raises(AuthorityRetired, match=chosen.name):
            issuing_authority(desk, profile, None)


def test_a_compromise_is_followed_while_the_signer_runs(spare_home: Home) -> None:
    """KEY-2: from the next turn on the key is let go of, no list is due of it, and the statement is published."""
    with spare_home.signer() as signer:
        opened = signer.authorities
        assert isinstance(opened, OpenAuthorities)
        statement = opened[NAME].statement
        chores = Chores(spare_home.config, signer.database, opened, signer.audit, signer.serials, utc_now)
        assert [one.authority for one in chores.signing("jpki-sign", utc_now())] == [NAME]
        end(spare_home, statement, "compromised")
        assert chores.signing("jpki-sign", utc_now()) == []
        opened.look()
        assert NAME not in opened
        assert opened.ended == {NAME: statement}
        chores.do()
        assert "jpki-sign" not in chores.signers
    assert (spare_home.config.home / "public" / "ca" / f"{NAME}.retired").is_file()
    listed = {each["name"]: each["ended"] for each in spare_home.ninsho("ca", "ls").body["authorities"]}
    assert listed[NAME].startswith("compromised since")
