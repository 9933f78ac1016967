"""`ca ls` and `ca show`: what an authority is, may issue, and has published."""

from contextlib import closing

from ca.ceremony.script import EndedResponder
from cli.demo.home import AUTHORITIES
from cli.wiring import believed_statement
from store.authorities import authority
from store.database import Database
from tests.fixtures.home import Home


def test_every_generation_is_listed(home: Home) -> None:
    """In the order of issuer and generation, each with its key's hash."""
    listed = home.ninsho("ca", "ls").body["authorities"]
    assert [each["name"] for each in listed] == sorted(plan.name for plan in AUTHORITIES)
    assert len({each["key_hash"] for each in listed}) == len(listed)


def test_profiles_match_what_was_authorised(home: Home) -> None:
    """Each profile stands there with its digest and whether its file is still the authorised one."""
    body = home.ninsho("ca", "show", "jpki-sign-g1").body
    assert {each["name"] for each in body["profiles"]} == {"jpki-sign", "jpki-sign-phone", "ocsp-responder"}
    assert all(each["matches"] for each in body["profiles"])


def test_the_keys_that_answer_are_named_as_a_script_names_them(home: Home) -> None:
    """Whoever writes the script in which one ends copies its digest from here."""
    (responder,) = home.ninsho("ca", "show", "jpki-sign-g1").body["responders"]
    with closing(Database(home.config.database_url(), "owner")) as database, database.snapshot() as tx:
        (key,) = believed_statement(home.config, authority(tx, "jpki-sign-g1")).responders
    assert EndedResponder(key=responder["key"]).key == key.hex()
    assert key.hex() in home.spoken("ca", "show", "jpki-sign-g1").out


def test_an_edited_profile_is_named(home: Home) -> None:
    """A file that two administrators did not authorise is shown as changed: nothing is issued under it."""
    from policies.profile import load_profiles
    from policies.terms import terms_template

    folder = home.folder / "profiles"
    folder.mkdir()
    shipped = terms_template("jpki").parent.parent / "profiles"
    for file in shipped.glob("*.toml"):
        text = file.read_text("utf-8")
        (folder / file.name).write_text(f"# edited\n{text}" if file.name == "jpki-auth.toml" else text, "utf-8")
    assert load_profiles(folder).keys() == load_profiles().keys()
    edited = home.config.path.with_name("edited.toml")
    edited.write_text(f'profiles = "{folder}"\n{home.config.path.read_text("utf-8")}', "utf-8")
    answer = home.ninsho("--config", edited, "ca", "show", "jpki-auth-g1")
    matches = {each["name"]: each["matches"] for each in answer.body["profiles"]}
    assert matches == {"jpki-auth": False, "jpki-auth-phone": True, "ocsp-responder": True}
    refused = home.ninsho("--config", edited, "cert", "issue", *home.case(), *home.everybody)
    assert (refused.status, refused.error["code"]) == (4, "ca.profile-not-authorised")


def test_an_unknown_authority_is_not_found(home: Home) -> None:
    """Exit status 3."""
    answer = home.ninsho("ca", "show", "jpki-sign-g9")
    assert (answer.status, answer.error["code"]) == (3, "store.unknown-authority")
