"""The signer's chores: whom it certifies as responder, and that one failure stops nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca.authority import key_hash
from ca.hierarchy import responder_certificate
from ca.issuance import Ledger
from ca.responders import RESPONDER_PROFILE, responder_certificates, responder_facts, responder_name
from ca.revocation import withdraw
from cli.chores import Chores
from cli.wiring import utc_now
from store.audit import links
from store.bounds import serial_octets
from store.certificates import CertificateFilter, find
from store.crls import PublicationRequest
from store.revocations import revoke
from tests.fixtures.home import Home

START = utc_now()
DUE = START + timedelta(days=21)
"""When the responders' first certificates, of 30 days, are to be renewed."""


@contextmanager
def chores_at(home: Home, now: datetime) -> Iterator[Chores]:
    """The chores of a signer whose clock stands still."""
    with home.signer() as signer:
        yield Chores(home.config, signer.database, signer.authorities, signer.audit, signer.serials, lambda: now)


def renewed(chores: Chores, name: str, now: datetime) -> tuple[x509.Certificate, ...]:
    """Look after an authority's responder; its certificates afterwards, the one that ends last first."""
    authority = chores.authorities[name]
    (key,) = authority.responders
    chores.renew_responder(authority, key, now)
    with chores.database.snapshot() as tx:
        return responder_certificates(tx, name, authority.certificate, key)


def audited(chores: Chores, event: str) -> list[dict[str, str]]:
    """The facts of every entry of an event."""
    with chores.database.snapshot() as tx:
        return [json.loads(each.facts) for each in links(tx) if each.event == event]


def test_a_responder_is_renewed_once_and_until_its_authority_ends(spare_home: Home) -> None:
    """RFC 6960 4.2.2.2: a new certificate ten days before the end, for the same key; the last ends with the CA."""
    name = "jpki-sign-g1"
    with chores_at(spare_home, DUE) as chores:
        end = chores.authorities[name].certificate.not_valid_after_utc
        assert len(renewed(chores, name, START + timedelta(days=19))) == 1
        for _ in range(2):
            new, old = renewed(chores, name, DUE)
        assert new.not_valid_after_utc == DUE + timedelta(days=30, seconds=-1)
        assert new.public_key() == old.public_key()
        for days in (3, 2, 1):
            last = renewed(chores, name, end - timedelta(days=days))
            assert (len(last), last[0].not_valid_after_utc) == (3, end)


@pytest.mark.parametrize("name", ["jpki-auth-g1", "lgpki-sub-g1"])
def test_a_row_makes_nobody_a_responder(spare_home: Home, name: str) -> None:
    """RFC 6960 4.2.2.2: a resident's certificate whose row says "responder" in every column is passed over.

    What the signer certifies is the key that two administrators signed for.
    """
    resident = spare_home.issued()
    with chores_at(spare_home, DUE) as chores:
        (key,) = chores.authorities[name].responders
        with chores.database.snapshot() as tx:
            (true,) = find(tx, CertificateFilter(authority=name, profile=RESPONDER_PROFILE))
        changed = spare_home.tamper(
            "UPDATE certificate SET holder = ?, profile = ?, key_hash = ?, authority = ? WHERE serial = ?",
            *(true.holder, RESPONDER_PROFILE, key, name, bytes.fromhex(resident["serial"])),
        )
        assert changed == 1
        found = renewed(chores, name, DUE)
        assert len(found) == 2
        assert {key_hash(each.public_key()) for each in found} == {key}  # type: ignore[arg-type]  # EC keys


def test_the_holder_of_a_responder_is_no_special_value(spare_home: Home) -> None:
    """A resident's case that states the value under which responders are recorded changes nothing."""
    resident, name = spare_home.issued(), "lgpki-org-g1"
    with chores_at(spare_home, DUE) as chores:
        with chores.database.snapshot() as tx:
            (true,) = find(tx, CertificateFilter(authority=name, profile=RESPONDER_PROFILE))
        serial = bytes.fromhex(resident["serial"])
        assert spare_home.tamper("UPDATE certificate SET holder = ? WHERE serial = ?", true.holder, serial) == 1
        for each in renewed(chores, name, DUE):
            usage = each.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
            assert each.public_key() == x509.load_der_x509_certificate(true.certificate or b"").public_key()
        with chores.database.snapshot() as tx:
            assert len(find(tx, CertificateFilter(holder=true.holder, profile=RESPONDER_PROFILE))) == 2


def test_a_list_that_stays_refused_is_told_once(spare_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """CRL-4: a refusal that lasts is a chore that fails: said and audited once, however often the list is tried.

    It is told again when it is refused otherwise, and forgotten once the list is published.
    """
    issuer = spare_home.issued()["issuer"]
    with spare_home.signer() as signer:
        parts = signer.database, signer.authorities, signer.audit, signer.serials
        now = utc_now()
        chores = Chores(spare_home.config, *parts, lambda: now)
        for one in (issuer, "lgpki-org"):
            chores.publish_lists(one, now)
        ours, other = newest_version(spare_home, issuer), newest_version(spare_home, "lgpki-org")
        name = f"list.{issuer}/{ours.parent.stem}"
        kept, before = ours.read_bytes(), len(audited(chores, "crl.refused"))
        capsys.readouterr()
        ours.write_bytes(other.read_bytes())
        for _ in range(3):
            now += timedelta(days=2)
            chores.publish_lists(issuer, now)
            assert chores.failing[name] == "crl.wrong-issuer"
        assert len(audited(chores, "crl.refused")) == before + 1
        assert capsys.readouterr().err.count("was not published") == 1
        ours.write_bytes(kept)
        now += timedelta(days=2)
        chores.publish_lists(issuer, now)
        assert name not in chores.failing
        newest_version(spare_home, issuer).write_bytes(other.read_bytes())
        now += timedelta(days=2)
        chores.publish_lists(issuer, now)
        assert len(audited(chores, "crl.refused")) == before + 2


def newest_version(home: Home, issuer: str) -> Path:
    """The file of the newest list of an issuer's first partition."""
    lists = Path(home.config.publication_root()) / "versions" / "crl" / f"{issuer}-g1"
    return max(min(lists.iterdir()).iterdir())


def test_a_chore_that_fails_stops_no_other(spare_home: Home) -> None:
    """One responder's blocked key (its compromise was reported) leaves all lists and all other responders as they are.

    It is audited once, however often it is tried.
    """
    later = DUE + timedelta(days=200)
    with chores_at(spare_home, later) as chores:
        blocked, others = "lgpki-org-g1", ("jpki-auth-g1", "lgpki-sub-g1")
        authority = chores.authorities[blocked]
        with chores.database.snapshot() as tx:
            *_, first = responder_certificates(tx, blocked, authority.certificate, authority.responders[0])
        with chores.database.transaction() as tx:
            withdraw(tx, authority.issuer, first.serial_number, 1, chores.ledger.audit, DUE)
        for minutes in (0, 2):
            chores.clock = lambda minutes=minutes: later + timedelta(minutes=minutes)  # type: ignore[misc]
            assert chores.do() is False
        (failure,) = audited(chores, "chore.failed")
        assert (failure["code"], failure["chore"].split(".")[:2]) == ("store.key-blocked", ["responder", blocked])
        for name in others:
            assert renewed(chores, name, later)[0].not_valid_before_utc == later
        assert audited(chores, "crl.published")


def test_ended_authorities_are_left_alone(spare_home: Home) -> None:
    """RFC 5280 6.1.3: nobody believes an ended authority, so it certifies and lists nothing, and nothing fails."""
    with chores_at(spare_home, START + timedelta(days=365 * 40)) as chores:
        with chores.database.snapshot() as tx:
            before = len(list(links(tx)))
        assert chores.do() is True
        with chores.database.snapshot() as tx:
            assert len(list(links(tx))) == before


def test_a_key_of_nobodys_record_is_never_certified(spare_home: Home) -> None:
    """The last line stands in the certification authority itself, whatever a chore asks of it."""
    from ca.errors import ResponderNotNamed
    from policies.profile import load_profiles

    with chores_at(spare_home, DUE) as chores, pytest.raises(ResponderNotNamed):
        responder_certificate(
            responder_name("jpki-sign-g1"),
            load_profiles()[RESPONDER_PROFILE],
            responder_facts("jpki-sign-g1"),
            ec.generate_private_key(ec.SECP256R1()).public_key(),
            under=chores.authorities["jpki-sign-g1"],
            serial=chores.serials.draw(),
            ledger=Ledger(chores.database, chores.ledger.audit),
            now=DUE,
        )


def test_no_list_is_signed_for_the_asking_over_a_status_that_was_tampered_with(spare_home: Home) -> None:
    """DBC-4: what an operator asks for is held against the journal too, and the answer says what was found."""
    made = spare_home.issued()
    serial = int(made["serial"], 16)
    with chores_at(spare_home, utc_now()) as chores:
        now = chores.clock()
        with chores.database.transaction() as tx:
            revoke(tx, made["issuer"], serial, 4, now, None, None)
        spare_home.tamper(
            "UPDATE status SET state = 0, revoked_at = NULL, reason = NULL WHERE serial = ?", serial_octets(serial)
        )
        request = PublicationRequest(uuid4(), made["issuer"], None, "cli", now)
        assert list(chores.asked(request, now)) == ["crl.status-tampered"]
        assert audited(chores, "chore.failed")[-1]["code"] == "crl.status-tampered"
