"""`cert find`, `cert show`, `cert export`: what is known of a certificate, told first in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from policies.folding import fold_name
from store.certificate_search import CertificateSearch, count_certificates
from store.people import PersonFilter
from tests.fixtures.home import Home


@pytest.fixture(scope="module")
def good(home: Home) -> dict[str, Any]:
    """A certificate that is good and handed over."""
    return home.issued()


@pytest.fixture(scope="module")
def revoked(home: Home) -> dict[str, Any]:
    """A certificate that the register's report of a death revoked."""
    issued = home.issued()
    with home.signing():
        home.ninsho(
            *("revoke", "cert", issued["issuer"], issued["serial"], "--event", "death", "--yes"),
            *home.signs("register-1"),
        )
    return issued


def serials(home: Home, *options: object) -> list[str]:
    """The serial numbers that a search finds."""
    return [each["serial"] for each in home.ninsho("cert", "find", *options).body["certificates"]]


def test_the_counter_finds_what_the_command_line_issued(home: Home) -> None:
    """Section 4.2, page 10: by the holder's name, in the branch of the case; after an upgrade, older ones too."""
    issued = home.issued()
    name = fold_name(json.loads(home.facts().read_text())["name"])
    found = CertificateSearch(int(issued["serial"], 16), person=PersonFilter(name_key=name[:1]))

    def hits(branch: str) -> int:
        with home.signer() as signer, signer.database.snapshot() as tx:
            return count_certificates(tx, frozenset({branch}), found)

    assert (hits("branch-13103"), hits("branch-13101")) == (1, 0)
    home.tamper("DELETE FROM person_entry")
    assert hits("branch-13103") == 0
    home.ninsho("db", "upgrade")
    assert hits("branch-13103") == 1


def test_a_serial_number_finds_one_certificate(home: Home, good: dict[str, Any]) -> None:
    """Whoever has only a number needs no issuer; colons and upper case do not matter."""
    upper = good["serial"].upper()
    colons = ":".join(upper[place : place + 2] for place in range(0, len(upper), 2))
    assert serials(home, "--serial", colons) == [good["serial"]]


def test_a_holders_reference_finds_the_holders_certificates(home: Home) -> None:
    """The reference is hashed with this installation's salt and never stored."""
    holder = home.holder()
    issued = home.issued(holder=holder)
    assert serials(home, "--holder", holder) == [issued["serial"]]
    assert serials(home, "--holder", f"{holder}-other") == []


def test_a_state_is_the_state_now(home: Home, good: dict[str, Any], revoked: dict[str, Any]) -> None:
    """Searching by state looks at the status, which no certificate's record holds."""
    found = serials(home, "--state", "revoked", "--limit", 1000)
    assert revoked["serial"] in found
    assert good["serial"] not in found


@pytest.mark.parametrize(
    ("option", "right", "wrong"),
    [
        ("--issuer", "jpki-auth", "jpki-sign"),
        ("--authority", "jpki-auth-g1", "jpki-auth-g2"),
        ("--profile", "jpki-auth", "jpki-sign"),
        ("--partition", "13103", "01101"),
    ],
)
def test_each_filter_restricts(home: Home, good: dict[str, Any], option: str, right: str, wrong: str) -> None:
    """Filters are joined: what does not fit one of them is not found, by number neither."""
    assert serials(home, "--serial", good["serial"], option, right) == [good["serial"]]
    assert serials(home, "--serial", good["serial"], option, wrong) == []


def test_pages_hold_every_certificate_once(home: Home, good: dict[str, Any], revoked: dict[str, Any]) -> None:
    """The next page begins after the last certificate of this one, however many are issued meanwhile."""
    everything = serials(home, "--limit", 1000)
    paged: list[str] = []
    after: tuple[object, ...] = ()
    while True:
        body = home.ninsho("cert", "find", "--limit", 3, *after).body
        paged += [each["serial"] for each in body["certificates"]]
        if body["next"] is None:
            break
        after = ("--after", body["next"])
    assert paged == everything


def test_a_search_by_state_says_where_it_stopped(
    home: Home, good: dict[str, Any], revoked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rare state is not looked for without end: the page is short and tells where to go on."""
    monkeypatch.setattr("cli.cert_look.MOST_READ", 2)
    first = home.ninsho("cert", "find", "--state", "expired").body
    assert first["certificates"] == []
    assert first["next"] is not None
    assert home.ninsho("cert", "find", "--state", "expired", "--after", first["next"]).body["next"] != first["next"]


def test_the_first_line_says_state_cause_and_next_step(home: Home, revoked: dict[str, Any]) -> None:
    """A person reads which certificate, what state, since when, why, and what can be done, in one line."""
    said = home.spoken("cert", "show", revoked["issuer"], revoked["serial"], "--lang", "ja").out.splitlines()[0]
    for part in ("利用者証明用電子証明書", revoked["serial"], "失効済み", "死亡", "新規発行"):
        assert part in said
    assert "無効" not in said
    assert "取り消" not in said


def test_a_good_card_certificate_can_be_held_or_revoked(home: Home, good: dict[str, Any]) -> None:
    """What can be done comes from the profile."""
    said = home.spoken("cert", "show", good["issuer"], good["serial"], "--lang", "en").out.splitlines()[0]
    assert said.endswith("It can be held or revoked.")


def test_every_field_follows_the_sentence(home: Home, good: dict[str, Any]) -> None:
    """After the sentence comes the certificate in words, extension by extension."""
    out = home.spoken("cert", "show", good["issuer"], good["serial"]).out
    assert "cRLDistributionPoints" in out


def test_explain_tells_the_history(home: Home, revoked: dict[str, Any]) -> None:
    """With --explain each act on the certificate is a line, in order of time."""
    out = home.spoken("cert", "show", revoked["issuer"], revoked["serial"], "--explain", "--lang", "en").out
    assert [line.split("JST  ")[1] for line in out.splitlines()[2:]] == [
        "issued",
        "revoked (the holder has died, cessationOfOperation)",
    ]


def test_a_file_is_found_by_its_issuers_key(home: Home, good: dict[str, Any], tmp_path: Path) -> None:
    """Show takes a certificate's file; its issuer is matched by key, never by name."""
    home.ninsho("cert", "export", good["serial"], "-o", tmp_path / "leaf.pem")
    assert home.ninsho("cert", "show", tmp_path / "leaf.pem").body["serial"] == good["serial"]


@pytest.mark.parametrize(
    ("options", "load"), [((), x509.load_pem_x509_certificate), (("--der",), x509.load_der_x509_certificate)]
)
def test_export_writes_the_certificate(
    home: Home,
    good: dict[str, Any],
    tmp_path: Path,
    options: tuple[str, ...],
    load: Callable[[bytes], x509.Certificate],
) -> None:
    """PEM by default, DER when asked."""
    target = tmp_path / "leaf"
    home.ninsho("cert", "export", good["serial"], "-o", target, *options)
    assert f"{load(target.read_bytes()).serial_number:x}".zfill(len(good["serial"])) == good["serial"]


def test_a_number_that_was_never_used_is_not_found(home: Home, tmp_path: Path) -> None:
    """Exit status 3, and no file is written."""
    target = tmp_path / "leaf.pem"
    answer = home.ninsho("cert", "export", "0badcafe", "-o", target)
    assert (answer.status, answer.error["code"], target.exists()) == (3, "cli.not-found", False)
    shown = home.ninsho("cert", "show", "jpki-auth", "0badcafe")
    assert (shown.status, shown.error["code"]) == (3, "store.unknown-certificate")
