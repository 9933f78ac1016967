"""The seal of the counter's papers: a key in the front end's own token, and the certificate that tells it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ca.documents import render_tagged
from ca.seals import check_seals, seal
from cli.config import load_config
from cli.errors import ConfigRefused, FileRefused
from cli.front import office_of
from cli.seal import opened_seal, write_seal_certificate
from cli.wiring import open_database, open_token, utc_now
from hsm.generation import KeyAlgorithm
from ra.counter_texts import BranchTexts
from tests.fixtures.home import Home

SEAL = re.compile(r'seal_\w+ = "[^"]*"\n')


def edited(home: Home, old: str, new: str) -> Path:
    """A configuration beside the home's own, with one text replaced."""
    text = home.config.path.read_text("utf-8")
    assert old in text
    path = home.config.path.with_name("edited.toml")
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_the_front_ends_token_seals_a_paper(home: Home) -> None:
    """A demo home has token, key and certificate; the seal is the certificate's key's."""
    now = utc_now()
    paper = render_tagged("<h1>受付票</h1>", title="受付票", language="ja", at=now, most_pages=1)
    with opened_seal(home.config, now) as key:
        assert key is not None
        sealed = seal(paper, key.key, key.certificate, field="seal-receipt", reason="受付票", at=now)
        (found,) = check_seals(sealed, [key.key.public_key()])
    assert found.certificate == key.certificate


def test_the_seals_token_holds_no_other_key(home: Home) -> None:
    """Whoever takes over the front end can forge slips, and no certificate, list or status answer."""
    listed = home.ninsho("hsm", "ls", "seal").body["objects"]
    assert {each["label"] for each in listed if each["kind"] == "private key"} == {"seal"}


def test_a_front_end_without_a_seal_prints_unsealed(home: Home) -> None:
    """The three keys of the configuration are optional, together."""
    path = home.config.path.with_name("unsealed.toml")
    path.write_text(SEAL.sub("", home.config.path.read_text("utf-8")), "utf-8")
    config = load_config(path)
    with opened_seal(config, utc_now()) as key:
        assert key is None
    with pytest.raises(ConfigRefused, match="names no seal_token"):
        write_seal_certificate(config, utc_now(), bytes)


def test_a_seal_is_named_whole_or_not_at_all(home: Home) -> None:
    """A forgotten line is an error at the start, not papers without seals."""
    with pytest.raises(ConfigRefused, match="go together"):
        load_config(edited(home, 'seal_key = "seal"\n', ""))


@pytest.mark.parametrize("token", ["issuing", "responder", "audit"])
def test_the_front_end_never_opens_another_programs_token(home: Home, token: str) -> None:
    """Design section 3: one program, one token; the front end least of all has a CA's."""
    with pytest.raises(ConfigRefused, match=f"ra names token {token}, which belongs to program"):
        load_config(edited(home, 'seal_token = "seal"', f'seal_token = "{token}"'))


def test_a_certificate_of_another_key_is_refused(home: Home) -> None:
    """A seal that names a stranger's certificate would not verify; it is found before anything is sealed."""
    stranger = next(home.config.home.glob("public/ca/*.cer")).relative_to(home.config.home)
    config = load_config(edited(home, "public/seal.pem", str(stranger)))
    with pytest.raises(FileRefused, match="not the certificate of the key seal"), opened_seal(config, utc_now()):
        pass


def test_a_second_key_in_the_seals_token_is_refused(home: Home) -> None:
    """A key of another program would be in the front end's hands: it does not even start."""
    with open_token(home.config, "seal") as token:
        token.generate("stray", KeyAlgorithm.P_256)
    with pytest.raises(ConfigRefused, match="also holds keys stray"), opened_seal(home.config, utc_now()):
        pass
    with open_token(home.config, "seal") as token:
        token.destroy("stray")


def test_the_front_end_gets_its_seal(home: Home) -> None:
    """What a worker makes for its pages has the seal, with the token open."""
    database = open_database(home.config, "ra")
    with opened_seal(home.config, utc_now()) as key:
        office = office_of(home.config, database, key)
        assert office.seal is key
    database.close()


def test_the_front_end_gets_the_texts_of_its_papers(home: Home) -> None:
    """What papers say of the counters stands in the configuration; a branch may say something else."""
    ours = '[ra.counter.branches.branch-13103]\ntelephone = "03-0000-0001"\n\n[terminals]\n'
    config = load_config(edited(home, "[terminals]\n", ours))
    database = open_database(config, "ra")
    counter = office_of(config, database).counter
    database.close()
    assert counter is not None
    assert (counter.telephone, counter.loss_telephone) == ("03-0000-0000", "0120-000-000")
    assert counter.branches == {"branch-13103": BranchTexts(telephone="03-0000-0001")}


def test_a_telephone_that_nobody_can_dial_is_refused(home: Home) -> None:
    """It would be found on a paper by somebody who lost a card."""
    with pytest.raises(ConfigRefused, match=r"ra\.counter\.loss_telephone"):
        load_config(edited(home, '"0120-000-000"', '"call us"'))


def test_an_ended_certificate_is_refused(home: Home) -> None:
    """Readers would call every new paper expired."""
    later = datetime.now(UTC) + timedelta(days=365 * 31)
    with pytest.raises(FileRefused, match="not valid now"), opened_seal(home.config, later):
        pass


def test_a_missing_certificate_tells_the_command(home: Home) -> None:
    """The configuration is right; what is missing is the file, and the advice says how it is made."""
    config = load_config(edited(home, "public/seal.pem", "public/none.pem"))
    with pytest.raises(FileRefused, match=r"none\.pem") as refused, opened_seal(config, utc_now()):
        pass
    assert "ninsho ra seal-certificate" in refused.value.next


def test_a_certificate_is_never_written_over(home: Home) -> None:
    """Papers out there name the one that was."""
    with pytest.raises(FileRefused, match="never written over"):
        write_seal_certificate(home.config, utc_now(), bytes)
