"""Anchors: signed, chained, written once outside the database; they know a restored old copy."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import text

from store import anchors
from store.anchors import AuditKey, check_newest, checkpoint, missing_retirements, verify_anchors
from store.audit import AuditChain
from store.database import Database, Program
from store.errors import AnchorRefused
from store.retired import RetirementRecord, add_retirement
from store.verification import verify

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


def write(database: Database, now: datetime, instance: str = "signer-1") -> None:
    """Append one entry."""
    with database.transaction() as tx:
        AuditChain(instance, "signer", "test").append(tx, "certificate.issued", {"serial": "07"}, now)


def anchor(database: Database, folder: Path, now: datetime, key: AuditKey = EC_KEY) -> None:
    """Write the next anchor."""
    with database.snapshot() as tx:
        checkpoint(tx, folder, key, "test", now)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an empty folder for anchors."""
    made = tmp_path / "anchors"
    made.mkdir()
    return made


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ec", "rsa"])
def test_anchors_are_believed_with_the_public_key_alone(
    database: Database, folder: Path, now: datetime, key: AuditKey
) -> None:
    """LOG-1: whoever has the public key and the folder can verify; each anchor joins all heads."""
    for minute in range(3):
        write(database, now + timedelta(minutes=minute))
        anchor(database, folder, now + timedelta(minutes=minute), key)
    anchors = verify_anchors(folder, key.public_key(), "test")
    assert [one.number for one in anchors] == [1, 2, 3]
    assert [one.heads[0].sequence for one in anchors] == [1, 2, 3]
    with database.snapshot() as tx:
        result = verify(tx, "test", anchors)
    assert (result.breaks, result.unanchored) == ((), 0)


def test_an_anchor_names_what_moved(database: Database, folder: Path, now: datetime) -> None:
    """Of thousands of chains a few move in a minute; the anchors before say where the others stood."""
    write(database, now)
    write(database, now, "signer-2")
    anchor(database, folder, now)
    write(database, now, "signer-2")
    anchor(database, folder, now)
    anchor(database, folder, now)
    found = verify_anchors(folder, EC_KEY.public_key(), "test")
    named = [{head.instance: head.sequence for head in each.heads} for each in found]
    assert named == [{"signer-1": 1, "signer-2": 1}, {"signer-2": 2}, {}]
    with database.snapshot() as tx:
        result = verify(tx, "test", found)
    assert (result.breaks, result.unanchored) == ((), 0)


def test_once_a_day_an_anchor_names_every_head(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signer that starts reads back to the newest of these, and no further."""
    monkeypatch.setattr("store.anchors._WHOLE_AFTER", 3)
    write(database, now)
    for _ in range(5):
        anchor(database, folder, now)
    found = verify_anchors(folder, EC_KEY.public_key(), "test")
    assert [(each.since, len(each.heads)) for each in found] == [(1, 1), (1, 0), (1, 0), (4, 1), (4, 0)]


def test_a_restored_old_copy_is_known_by_what_an_earlier_anchor_named(
    sqlite_url: str, open_as: Callable[..., Database], folder: Path, now: datetime, tmp_path: Path
) -> None:
    """BCK-1: the newest anchor names no head that the old copy lacks; the one before does."""
    database = open_as(sqlite_url, "signer")
    write(database, now)
    database.close()
    old = shutil.copy(Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "old.db")
    write(database, now)
    anchor(database, folder, now)
    anchor(database, folder, now)
    restored = open_as(f"sqlite:///{old}", "signer")
    with restored.snapshot() as tx, pytest.raises(AnchorRefused, match="does not have entry 2 of signer-1"):
        check_newest(tx, folder, EC_KEY.public_key(), "test")


def test_an_anchor_that_is_needed_and_gone_is_missed(database: Database, folder: Path, now: datetime) -> None:
    """Whoever removes the anchor that names all heads leaves nothing to hold the database against."""
    for _ in range(3):
        write(database, now)
        anchor(database, folder, now)
    (folder / "0000000001.json").unlink()
    with database.snapshot() as tx, pytest.raises(AnchorRefused, match="an anchor before it is missing"):
        check_newest(tx, folder, EC_KEY.public_key(), "test")


def test_an_anchor_that_was_exchanged_is_named(database: Database, folder: Path, now: datetime) -> None:
    """The signature of the newest vouches for those before it by their digests."""
    for _ in range(3):
        write(database, now)
        anchor(database, folder, now)
    _edit_head(folder / "0000000001.json")
    with database.snapshot() as tx, pytest.raises(AnchorRefused) as refused:
        check_newest(tx, folder, EC_KEY.public_key(), "test")
    assert refused.value.place == "0000000001.json"


def test_an_anchor_of_the_first_form_names_all_heads(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were written before anchors said how far back to read."""
    write(database, now)
    with monkeypatch.context() as first_form:
        whole = anchors._document
        first_form.setattr("store.anchors._document", lambda one: {k: v for k, v in whole(one).items() if k != "since"})
        anchor(database, folder, now)
    anchor(database, folder, now)
    found = verify_anchors(folder, EC_KEY.public_key(), "test")
    assert [(each.since, len(each.heads)) for each in found] == [(1, 1), (1, 0)]


def test_another_programs_user_reads_an_anchor(database: Database, folder: Path, now: datetime) -> None:
    """Design section 3: the signer, which is not the user of `audit`, holds the newest anchor against its database."""
    write(database, now)
    anchor(database, folder, now)
    (file,) = folder.iterdir()
    assert S_IMODE(file.stat().st_mode) == 0o644


def edited(name: str, change: Callable[[Path], None]) -> Callable[[Path], str]:
    """Name a defect's place and make it."""

    def make(folder: Path) -> str:
        change(folder / name)
        return name

    return make


def _edit_head(file: Path) -> None:
    content = json.loads(file.read_bytes())
    content["checkpoint"]["heads"][0]["sequence"] = 1
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "defect",
    [
        edited("0000000002.json", _edit_head),
        edited("0000000002.json", lambda file: file.write_bytes(b"{}")),
        edited("0000000002.json", lambda file: file.write_bytes(b"\xff")),
        edited("0000000002.json", lambda file: file.write_bytes(b"[" * 100_000)),
        edited("0000000003.json", lambda file: file.with_name("0000000002.json").unlink()),
        edited("0000000002.json", lambda file: file.with_name("0000000001.json").unlink()),
        edited("0000000004.json", lambda file: shutil.copy(file.with_name("0000000003.json"), file)),
    ],
    ids=["edited", "emptied", "garbage", "nested", "removed", "first removed", "copied"],
)
def test_defect_of_the_folder_is_named(
    sqlite_url: str,
    open_as: Callable[[str, Program], Database],
    folder: Path,
    now: datetime,
    defect: Callable[[Path], str],
) -> None:
    """LOG-1: an edited, damaged, removed or copied anchor is refused by its file's name."""
    database = open_as(sqlite_url, "signer")
    for minute in range(3):
        write(database, now + timedelta(minutes=minute))
        anchor(database, folder, now + timedelta(minutes=minute))
    place = defect(folder)
    with pytest.raises(AnchorRefused) as refused:
        verify_anchors(folder, EC_KEY.public_key(), "test")
    assert refused.value.place == place


def test_anchor_of_another_key_or_deployment_is_refused(database: Database, folder: Path, now: datetime) -> None:
    """Only the audit key of this deployment speaks."""
    write(database, now)
    anchor(database, folder, now)
    for key, deployment in ((ec.generate_private_key(ec.SECP256R1()), "test"), (EC_KEY, "elsewhere")):
        with pytest.raises(AnchorRefused):
            verify_anchors(folder, key.public_key(), deployment)
        with database.snapshot() as tx, pytest.raises(AnchorRefused):
            checkpoint(tx, folder, key, deployment, now)


def test_restored_old_copy_is_not_anchored(
    sqlite_url: str, open_as: Callable[..., Database], folder: Path, now: datetime, tmp_path: Path
) -> None:
    """BCK-1: a database older than the newest anchor is refused by the next checkpoint and named by verification."""
    database = open_as(sqlite_url, "signer")
    write(database, now)
    database.close()
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    old = shutil.copy(file, tmp_path / "old.db")
    write(database, now)
    anchor(database, folder, now)
    restored = open_as(f"sqlite:///{old}", "signer")
    with pytest.raises(AnchorRefused, match="does not have entry 2 of signer-1"):
        anchor(restored, folder, now)
    with restored.snapshot() as tx:
        result = verify(tx, "test", verify_anchors(folder, EC_KEY.public_key(), "test"))
    assert [(one.sequence, one.defect) for one in result.breaks] == [(2, "truncated")]


def test_clock_that_went_back_is_refused(database: Database, folder: Path, now: datetime) -> None:
    """TIM-1: an anchor is never dated before the one before it."""
    anchor(database, folder, now)
    with pytest.raises(AnchorRefused, match="clock"):
        anchor(database, folder, now - timedelta(seconds=1))


def test_file_that_is_there_is_never_overwritten(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Create-once: of two checkpoints at the same time one fails, and the folder holds no half-written file."""
    anchor(database, folder, now)
    first = (folder / "0000000001.json").read_bytes()
    monkeypatch.setattr("store.anchors._files", lambda _: ())  # what the slower process saw before the first wrote
    with pytest.raises(AnchorRefused, match="another process"):
        anchor(database, folder, now)
    assert (folder / "0000000001.json").read_bytes() == first
    assert [file.name for file in folder.iterdir()] == ["0000000001.json"]


RETIREMENT = RetirementRecord(bytes(32), "jpki-sign-g1", b"{}", (), datetime(2026, 11, 23, tzinfo=UTC))


def remove_retirements(database: Database) -> None:
    """Delete every retirement, as whoever owns the database can."""
    on = " ON retirement" if database.dialect == "postgresql" else ""
    with database.transaction() as tx:
        tx.execute(text(f"DROP TRIGGER retirement_delete{on}"))
        tx.execute(text("DELETE FROM retirement"))


def test_a_retirement_that_is_anchored_and_gone_is_found(database: Database, folder: Path, now: datetime) -> None:
    """KEY-2: an anchor lists every retirement on record, and a database without one of them is refused."""
    with database.transaction() as tx:
        add_retirement(tx, RETIREMENT)
    anchor(database, folder, now)
    (read,) = verify_anchors(folder, EC_KEY.public_key(), "test")
    assert read.retirements == (RETIREMENT.digest,)
    remove_retirements(database)
    with database.snapshot() as tx:
        assert missing_retirements(tx, read) == (RETIREMENT.digest,)
        with pytest.raises(AnchorRefused, match="retirement"):
            check_newest(tx, folder, EC_KEY.public_key(), "test")
        with pytest.raises(AnchorRefused, match="retirement"):
            checkpoint(tx, folder, EC_KEY, "test", now)


def test_an_anchor_that_takes_a_retirement_back_is_refused(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KEY-2: a retirement is for ever, so no anchor holds fewer of them than the one before it, whoever signed it."""
    with database.transaction() as tx:
        add_retirement(tx, RETIREMENT)
    anchor(database, folder, now)
    remove_retirements(database)
    monkeypatch.setattr("store.anchors.missing_retirements", lambda tx, newest: ())  # a program that does not look
    anchor(database, folder, now)
    with pytest.raises(AnchorRefused, match=r"0000000002\.json"):
        verify_anchors(folder, EC_KEY.public_key(), "test")


def test_an_anchor_from_before_retirements_is_read(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anchor that lists no retirements, as all did once, is believed and holds none."""
    whole = anchors._document
    monkeypatch.setattr(
        "store.anchors._document",
        lambda made: {name: value for name, value in whole(made).items() if name != "retirements"},
    )
    anchor(database, folder, now)
    assert "retirements" not in json.loads((folder / "0000000001.json").read_bytes())["checkpoint"]
    monkeypatch.undo()
    anchor(database, folder, now)
    assert [one.retirements for one in verify_anchors(folder, EC_KEY.public_key(), "test")] == [(), ()]
