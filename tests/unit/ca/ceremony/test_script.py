"""A script is read strictly, and what is refused is named and never quoted."""

from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.ceremony.errors import ScriptRefused
from ca.ceremony.script import LIMIT, Role, load_script
from tests.unit.ca.ceremony.examples import EXAMPLES, KINDS, changed, example

ONE_TIER = (EXAMPLES / "one-tier-ca.toml").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_read(kind: str) -> None:
    """There is an example of every kind, and its digest is that of the file's octets."""
    script = example(kind)
    assert script.kind == kind
    assert script.digest == sha256((EXAMPLES / f"{kind}.toml").read_bytes()).digest()


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("quorum = 2", "quorum = 2\nquorums = 2", "quorums"),
        ("quorum = 2", "quorum = 1", "quorum"),
        ("quorum = 2", 'quorum = "2x"', "quorum"),
        ("timeout = 900", "timeout = 0", "timeout"),
        ('kind = "one-tier-ca"', 'kind = "two-tier-ca"', "kind"),
        ('schema = "ninsho.ceremony.v1"', 'schema = "ninsho.ceremony.v2"', "schema"),
        ('schema = "ninsho.ceremony.v1"', "", "schema"),
        ('id = "jpki-sign-g1"', 'id = "../g1"', "id"),
        ("planned = 2026-12-06", "planned = 2026-13-06", "the file"),
        ('name = "jpki-sign-g1"', 'name = "jpki-sign"', "authorities.0.name"),
        ('algorithm = "rsa-2048"', 'algorithm = "rsa-1024"', "authorities.0.algorithm"),
        ('role = "operator"', 'role = "everything"', "people.0.role"),
        ('place = "', 'place = "\\u001b[2J', "place"),
        ('place = "', 'place = "\\u202e', "place"),
        ('name = "佐藤', 'name = "佐\\u200b藤', "people.1.name"),
        ('kind = "pkcs11"', 'kind = "fido2"', "people.0.credential"),
        ('kind = "pkcs11"', f'kind = "pkcs11"\nid = "{"00" * 16}"', "people.0.credential"),
        ("-----BEGIN PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----\nAAAA", "people.0.credential.public_key"),
        ("-----BEGIN PUBLIC KEY-----\n", "", "people.0.credential.public_key"),
        ('label = "issuing"', 'label = ""', "tokens.0.label"),
        ('issues = ["jpki-sign"', 'certificate = "PEM"\nissues = ["jpki-sign"', "authorities.0.certificate"),
        ('schema = "ninsho.ceremony.v1"', 'schema = "ninsho.ceremony.v1"\ndigest = "00"', "digest"),
    ],
)
def test_what_is_wrong_is_named(before: str, after: str, place: str) -> None:
    """An unknown key, a wrong type and a key that cannot be read are refused at their place."""
    with pytest.raises(ScriptRefused) as refusal:
        changed("one-tier-ca", (before, after))
    assert refusal.value.place == place


def test_a_moment_is_taken_in_utc_and_has_a_time_zone() -> None:
    """Midnight in Japan is 15:00 UTC the day before; a moment without an offset is refused."""
    assert example("renewal").authority("lgpki-org-g2").issuing_from == datetime(2026, 12, 31, 15, tzinfo=UTC)
    with pytest.raises(ScriptRefused, match="issuing_from"):
        changed("renewal", ("2027-01-01T00:00:00+09:00", "2027-01-01T00:00:00"))


def test_a_script_is_bounded() -> None:
    """Sizes are bounded before anything is parsed."""
    with pytest.raises(ScriptRefused, match="octets"):
        load_script(ONE_TIER + b"#" * (LIMIT + 1 - len(ONE_TIER)))


def test_what_is_no_text_is_refused() -> None:
    """A file that is no UTF-8 is no script."""
    with pytest.raises(ScriptRefused, match="UTF-8"):
        load_script(b"\xff" + ONE_TIER)


@given(st.binary(max_size=200), st.integers(0, len(ONE_TIER)))
def test_other_octets_raise_nothing_else(octets: bytes, at: int) -> None:
    """Whatever stands in the file, it is refused as a script, or read and known by its digest."""
    data = ONE_TIER[:at] + octets + ONE_TIER[at + len(octets) :]
    with suppress(ScriptRefused):
        assert load_script(data).digest == sha256(data).digest()


@pytest.mark.parametrize("text", [b"a = " + b"[" * 100_000, b"a = " + b"1" * 10_000], ids=["depth", "digits"])
def test_what_the_parser_gives_up_on_is_refused(text: bytes) -> None:
    """Nesting and numbers beyond what is taken apart are a refusal like any other."""
    with pytest.raises(ScriptRefused) as refusal:
        load_script(text)
    assert refusal.value.place == "the file"


def test_people_are_found_by_role_and_code() -> None:
    """The people of a role stand in the order of the file."""
    script = example("one-tier-ca")
    assert [each.code for each in script.with_role(Role.CUSTODIAN)] == ["sato", "suzuki", "tanaka"]
    assert script.person("abe").role is Role.WITNESS
