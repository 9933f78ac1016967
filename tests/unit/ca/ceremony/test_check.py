"""What a script may not say, and what a check says of what it may: the same every time."""

import pytest

from ca.ceremony.check import check_script
from ca.ceremony.errors import PeopleRefused, ScriptRefused
from ca.ceremony.review import expected_digests
from ca.ceremony.script import load_script
from ca.ceremony.steps import steps
from ca.errors import ProfileNotListed
from ca.link_errors import LinkLeadsNowhere
from policies.profile import load_profiles
from tests.unit.ca.ceremony.examples import EXAMPLES, KINDS, changed, example, terms_in

PROFILES = load_profiles()
ISSUES = 'issues = ["jpki-sign", "jpki-sign-phone", "ocsp-responder"]'
TAKES_OVER = "issuing_from = 2027-01-01T00:00:00+09:00"
SUB = 'signed_by = "lgpki-root-g1"\nissues'
ENDED = f'ended_responder = {{ key = "{"0" * 64}" }}\n'
LINKS = '"lgpki-org-link", "ocsp-responder"]\nissuing_from'


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_accepted(kind: str) -> None:
    """The shipped examples pass their own check."""
    check_script(example(kind))


@pytest.mark.parametrize(
    ("kind", "before", "after", "place"),
    [
        ("one-tier-ca", "[[tokens]]", '[retirement]\nauthority = "x-g1"\nreason = "retired"\n[[tokens]]', "retirement"),
        ("one-tier-ca", 'kind = "one-tier-ca"', 'kind = "cross-certificate"', "peer"),
        ("one-tier-ca", 'kind = "one-tier-ca"', 'kind = "backup"', "authorities"),
        ("one-tier-ca", 'kind = "one-tier-ca"', 'kind = "root-and-subordinate"', "authorities"),
        ("one-tier-ca", 'kind = "one-tier-ca"', 'kind = "renewal"', "authorities"),
        ("one-tier-ca", 'kind = "one-tier-ca"', 'kind = "authorisation"', "authorities.jpki-sign-g1.certificate"),
        ("one-tier-ca", "new = true", "new = false", "tokens.issuing.serial"),
        ("one-tier-ca", "new = true", 'new = true\nserial = "1"', "tokens.issuing.serial"),
        ("one-tier-ca", 'name = "responder"', 'name = "issuing"', "tokens.issuing"),
        ("one-tier-ca", 'token = "issuing"', 'token = "other"', "authorities.jpki-sign-g1.token"),
        ("one-tier-ca", 'token = "issuing"\n', "", "authorities.jpki-sign-g1.token"),
        ("one-tier-ca", 'profile = "jpki-sign-ca"\n', "", "authorities.jpki-sign-g1.profile"),
        ("one-tier-ca", 'terms = "jpki"\n', "", "authorities.jpki-sign-g1.terms"),
        ("one-tier-ca", 'algorithm = "rsa-2048"\n', "", "authorities.jpki-sign-g1.algorithm"),
        ("one-tier-ca", ISSUES, "", "authorities.jpki-sign-g1.issues"),
        ("one-tier-ca", ISSUES, 'issues = ["jpki-sign"]', "authorities.jpki-sign-g1.issues"),
        ("one-tier-ca", ISSUES, ISSUES + '\nsigned_by = "x-g1"', "authorities.jpki-sign-g1.signed_by"),
        ("one-tier-ca", ISSUES, ISSUES + '\nreplaces = "jpki-sign-g1"', "authorities.jpki-sign-g1.replaces"),
        ("root-and-subordinate", '"lgpki-app-sub", ', "", "authorities.lgpki-sub-g1.signed_by"),
        ("root-and-subordinate", 'kind = "root-and-subordinate"', 'kind = "one-tier-ca"', "authorities"),
        ("root-list", "list = { days = 30 }\n", "", "authorities"),
        ("root-list", 'token = "root"\n', "", "authorities.lgpki-root-g1.token"),
        ("responder-key", 'responder_token = "responder"\n', "", "authorities.jpki-sign-g1.responder_token"),
        ("renewal", TAKES_OVER, "", "authorities.lgpki-org-g2.issuing_from"),
        ("renewal", TAKES_OVER, TAKES_OVER.replace("2027", "2026"), "authorities.lgpki-org-g2.issuing_from"),
        ("renewal", 'name = "lgpki-org-g2"', 'name = "lgpki-app-g2"', "authorities.lgpki-app-g2.replaces"),
        ("renewal", 'replaces = "lgpki-org-g1"\n', "", "authorities"),
        ("cross-certificate", '"lgpki-bridge-cross", ', "", "authorities.lgpki-org-g1.issues"),
        ("backup", 'token = "issuing"', 'token = "other"', "backup.token"),
        ("authorisation", 'issues = ["jpki-sign", "ocsp-responder"]\n', "", "authorities.jpki-sign-g1.issues"),
        ("root-list", "list = {", ENDED + "list = {", "authorities.lgpki-root-g1.ended_responder"),
        ("destruction", "list = {}\n", "", "authorities.lgpki-org-g1.list"),
        ("destruction", "list = {}\n", "list = { days = 30 }\n", "authorities.lgpki-org-g1.list"),
        ("destruction", 'reason = "key-destroyed"', 'reason = "retired"', "retirement.reason"),
        ("retirement", 'authority = "jpki-sign-g1"', 'authority = "jpki-auth-g1"', "retirement.authority"),
        (
            "retirement",
            'reason = "retired"',
            'reason = "retired"\ninvalid_since = 2027-01-01T00:00:00Z',
            "retirement.invalid_since",
        ),
        (
            "compromise",
            'signed_by = "lgpki-root-g1"',
            'signed_by = "lgpki-root-g1"\nlist = {}',
            "authorities.lgpki-sub-g1.list",
        ),
        ("roster", 'file = "', 'file = "../', "roster.file"),
        ("roster", 'file = "roster-1.json"', 'file = ".."', "roster.file"),
        ("backup", 'file = "', 'file = "/', "backup.file"),
    ],
)
def test_tables_that_contradict_each_other_are_refused(kind: str, before: str, after: str, place: str) -> None:
    """What could not be held to its end is refused before anybody enters the room."""
    script = changed(kind, (before, after))
    with pytest.raises(ScriptRefused) as refusal:
        check_script(script)
    assert refusal.value.place == place


def test_an_administrator_needs_a_key_that_signs_records() -> None:
    """A FIDO2 key signs assertions only (WebAuthn Level 2 section 6.3.3), and two administrators sign documents."""
    text = (EXAMPLES / "one-tier-ca.toml").read_text("utf-8")
    _, told = text.split('code = "administrator-1"')
    script = load_script(text.replace(told, told.replace('"pkcs11"', f'"fido2"\nid = "{"00" * 16}"', 1)).encode())
    with pytest.raises(ScriptRefused) as refusal:
        check_script(script)
    assert refusal.value.place == "people.administrator-1.credential"


def test_nothing_is_held_without_a_witness() -> None:
    """The people of the room are checked with the tables (test_presence has their rules)."""
    with pytest.raises(PeopleRefused):
        check_script(changed("one-tier-ca", ('role = "witness"', 'role = "custodian"')))


@pytest.mark.parametrize("kind", KINDS)
def test_every_certificate_is_reviewed_and_always_alike(kind: str) -> None:
    """One digest for each certificate that a step makes, the same whatever keys stand in."""
    script = example(kind)
    first, second = (expected_digests(script, PROFILES, terms_in(script)) for _ in range(2))
    assert first == second
    assert list(first) == [each.facts["certificate"] for each in steps(script) if "certificate" in each.facts]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('common_name = "Application CA Root"', 'common_name = "Application CA Roots"'),
        ('base_url = "http://127.0.0.1:8560"', 'base_url = "http://127.0.0.1:8561"'),
    ],
)
def test_another_content_has_another_digest(before: str, after: str) -> None:
    """What people compare changes with a name and an address in it."""
    script, other = example("root-and-subordinate"), changed("root-and-subordinate", (before, after))
    one, two = (expected_digests(each, PROFILES, terms_in(each))["lgpki-sub-g1"] for each in (script, other))
    assert one != two


def test_a_profile_that_is_not_there_is_refused() -> None:
    """A script for profiles of another installation is not held."""
    script = changed("one-tier-ca", ('profile = "jpki-sign-ca"', 'profile = "jpki-sign-root"'))
    with pytest.raises(ScriptRefused, match="jpki-sign-root"):
        expected_digests(script, PROFILES, terms_in(script))


def test_links_need_a_profile_of_links_in_the_record() -> None:
    """Whoever signs a link is authorised to, by exactly one profile."""
    script = changed("renewal", (LINKS, LINKS.replace('"lgpki-org-link", ', "")))
    with pytest.raises(ScriptRefused, match="exactly one profile of links"):
        expected_digests(script, PROFILES, terms_in(script))


def test_links_between_generations_that_are_named_by_serial_number_lead_nowhere() -> None:
    """With JPKI's authority key identifier no path leads over a link, and the check says so."""
    script = changed("renewal", ('"lgpki-org-link", "ocsp', '"jpki-sign", "lgpki-org-link", "ocsp'))
    with pytest.raises(LinkLeadsNowhere) as refusal:
        expected_digests(script, PROFILES, terms_in(script))
    assert refusal.value.profile == "jpki-sign"


def test_links_over_unknown_profiles_are_refused() -> None:
    """What an unknown profile's certificates would accept as their issuer's cannot be known."""
    script = changed("renewal", ('"lgpki-org-link", "ocsp', '"lgpki-unknown", "lgpki-org-link", "ocsp'))
    with pytest.raises(ProfileNotListed):
        expected_digests(script, PROFILES, terms_in(script))
