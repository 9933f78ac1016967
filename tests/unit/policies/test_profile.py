"""Profiles are read strictly, and no file exceeds the ceilings."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from policies.errors import CeilingExceeded, ProfileError
from policies.profile import load_crl_profiles, load_profiles, read_crl_profile, read_profile
from policies.schema import CertificateProfile, CRLProfile
from tests.fixtures.vectors import VECTORS

SHIPPED = VECTORS.parent.parent / "policies" / "profiles"
FILES = sorted((VECTORS / "profiles").glob("*.toml"))
DEFECTS = [file for file in FILES if "accepted" not in file.stem]
REFUSAL = re.compile(r"# rule: .+\n# refused by (?P<code>\S+) at (?P<key>\S+)\n")
NAMES = {
    "jpki-sign-ca",
    "jpki-auth-ca",
    "jpki-sign",
    "jpki-auth",
    "jpki-sign-phone",
    "jpki-auth-phone",
    "lgpki-app-root",
    "lgpki-app-sub",
    "lgpki-app-link",
    "lgpki-org-ca",
    "lgpki-org-link",
    "lgpki-bridge-cross",
    "lgpki-post",
    "lgpki-user",
    "lgpki-server",
    "lgpki-web",
    "ocsp-responder",
    "ocsp-responder-last",
}


def read(file: Path) -> CertificateProfile | CRLProfile:
    """Read a file as what its name says it is."""
    return read_crl_profile(file) if file.name.startswith("crl-") else read_profile(file)


@pytest.mark.parametrize("file", DEFECTS, ids=[file.stem for file in DEFECTS])
def test_the_defect_is_refused_at_its_key(file: Path) -> None:
    """One defect, one vector file: refused with the code and at the key that its second line names."""
    stated = REFUSAL.match(file.read_text(encoding="utf-8"))
    assert stated is not None
    with pytest.raises(ProfileError) as refusal:
        read(file)
    assert (refusal.value.code, refusal.value.key) == (stated["code"], stated["key"])
    assert file.name in str(refusal.value)


@pytest.mark.parametrize("file", [file for file in FILES if "accepted" in file.stem], ids=lambda file: file.stem)
def test_without_its_defect_the_file_is_accepted(file: Path) -> None:
    """The files with one defect are refused for that defect alone."""
    assert read(file).name == file.stem


def test_the_shipped_profiles_are_these() -> None:
    """Fact sheet b.1 to b.8: each kind of certificate has one file."""
    assert set(load_profiles()) == NAMES
    assert set(load_crl_profiles()) == {"crl-jpki", "crl-lgpki"}


def test_the_digest_is_that_of_the_file() -> None:
    """Design section 5: an issued row keeps the digest of the file it was issued by."""
    for name, profile in {**load_profiles(), **load_crl_profiles()}.items():
        assert profile.digest == sha256((SHIPPED / f"{name}.toml").read_bytes()).digest()


def test_every_file_names_its_source_table() -> None:
    """A profile can be checked against the table it was written from."""
    for file in SHIPPED.glob("*.toml"):
        assert re.search(r"^# Source: fact sheet [bc]\.[0-9]", file.read_text(encoding="utf-8"), re.MULTILINE), (
            file.name
        )


def test_only_a_phone_s_authentication_certificate_can_be_released() -> None:
    """Fact sheet c.4: a card's hold ends with revocation, and LGPKI knows no suspension (c.9)."""
    profiles = load_profiles().values()
    assert {profile.name for profile in profiles if profile.release} == {"jpki-auth-phone"}
    assert {profile.name for profile in profiles if profile.hold} == {
        "jpki-sign",
        "jpki-auth",
        "jpki-sign-phone",
        "jpki-auth-phone",
    }


def test_lists_live_for_48_hours() -> None:
    """Fact sheet b.5: made daily, and one missed day is tolerated."""
    assert {profile.next_update_hours for profile in load_crl_profiles().values()} == {48}


def test_one_wrong_file_refuses_the_directory(tmp_path: Path) -> None:
    """A directory of profiles is used as a whole or not at all."""
    for file in (SHIPPED / "jpki-auth.toml", VECTORS / "profiles" / "rsa-1024.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(CeilingExceeded):
        load_profiles(tmp_path)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Sizes are bounded before parsing."""
    file = tmp_path / "long.toml"
    file.write_bytes(b"#" * 65_537)
    with pytest.raises(ProfileError, match="65536"):
        read_profile(file)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A missing file is an error of the profile, not a traceback."""
    with pytest.raises(ProfileError) as refusal:
        read_profile(tmp_path / "none.toml")
    assert refusal.value.key == "file"
