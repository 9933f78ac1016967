"""`cert preview`: what a certificate would contain, without a CA; what is left open comes from the profile's rule."""

from pathlib import Path

import pytest

from tests.fixtures.home import Home, in_process

pytestmark = pytest.mark.xdist_group("home")


def authority(home: Home) -> Path:
    """The published certificate of the authority that issues to residents."""
    return Path(home.config.publication_root()) / "ca" / "jpki-auth-g1.cer"


def test_a_residents_certificate_ends_by_the_profiles_rule(home: Home, tmp_path: Path) -> None:
    """Facts and issuer are enough: birthday, card and authority say when it ends (fact sheet c.2)."""
    issuer = authority(home)
    options = ("--profile", "jpki-auth", "--public-key", issuer, "--issuer", issuer, "--facts", home.facts())
    said = in_process("cert", "preview", *options, "--text")
    assert "2031-01-02 23:59:59 JST" in said.out
    body = in_process("--json", "cert", "preview", *options, "-o", tmp_path / "tbs.der").body
    assert (tmp_path / "tbs.der").read_bytes().hex() == body["tbs"]


def test_a_residents_certificate_needs_facts(home: Home) -> None:
    """Without them nobody knows when it would end; exit status 2."""
    issuer = authority(home)
    options = ("--profile", "jpki-auth", "--public-key", issuer, "--issuer", issuer)
    answer = in_process("--json", "cert", "preview", *options)
    assert (answer.status, answer.error["code"]) == (2, "cli.preview")


def test_an_unknown_profile_is_not_found(home: Home) -> None:
    """Exit status 3, and the profiles there are."""
    answer = in_process("--json", "cert", "preview", "--profile", "jpki", "--public-key", authority(home))
    assert (answer.status, answer.error["code"]) == (3, "cli.not-found-profile")
    assert "jpki-sign" in answer.error["next"]
