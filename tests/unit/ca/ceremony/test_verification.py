"""The audit: one changed octet in script, transcript or minutes is found, and its place is named."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.ceremony import verification
from ca.ceremony.confirmations import done_steps
from ca.ceremony.errors import (
    CeremonyChanged,
    CeremonyRefused,
    ConfirmationRefused,
    MinutesRefused,
    ScriptRefused,
    TranscriptBroken,
    TranscriptTruncated,
)
from ca.ceremony.minutes import SCRIPT_NAME, TRANSCRIPT_NAME, minutes_pdf
from ca.ceremony.sealing import seal_minutes
from ca.ceremony.transcript import RESUMED, read_transcript
from ca.ceremony.verification import check_confirmations, check_minutes, verify
from ca.documents import edition
from ca.paper_errors import PaperRefused, SealBroken, SealOfStranger
from ca.seals import unsealed
from tests.unit.ca.ceremony.papers import SCRIPT, credential, rechained, script, transcript

AT = datetime(2026, 12, 1, 2, tzinfo=UTC)
AUDIT = ec.generate_private_key(ec.SECP256R1())
WITNESS = ec.generate_private_key(ec.SECP384R1())
KEYS = (AUDIT.public_key(), WITNESS.public_key())


def sealed_by(pdf: bytes, *people: tuple[str, ec.EllipticCurvePrivateKey]) -> bytes:
    """A paper with one more seal of each."""
    for number, (name, key) in enumerate(people, 1):
        pdf = seal_minutes(pdf, key, name, None, number, AT)
    return pdf


@pytest.fixture(scope="module")
def record() -> bytes:
    """A transcript with confirmations by everybody's own key."""
    return transcript(interrupted="S04")


@pytest.fixture(scope="module")
def paper(record: bytes) -> bytes:
    """Its minutes without a seal."""
    return minutes_pdf(SCRIPT, record)


@pytest.fixture(scope="module")
def minutes(paper: bytes) -> bytes:
    """Its minutes, sealed with the audit key and by the witness."""
    return sealed_by(paper, ("audit", AUDIT), ("yamada", WITNESS))


@pytest.fixture(autouse=True)
def _remade_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the minutes anew takes a second, and gives the same octets every time."""
    monkeypatch.setattr(verification, "minutes_pdf", _minutes_pdf)


_minutes_pdf = cache(minutes_pdf)


def test_a_ceremony_that_holds_together_is_verified(record: bytes, minutes: bytes) -> None:
    """Two files and public keys are all it needs; the answer says what was checked."""
    found = verify(record, minutes, KEYS)
    assert found.script == script()
    assert found.root == read_transcript(record)[-1].hash
    assert (found.entries, found.rehearsal) == (len(read_transcript(record)), False)
    assert [each.field for each in found.minutes.seals] == ["seal-audit", "seal-yamada"]
    assert found.minutes.remade
    assert found.minutes.edition == edition()


def test_the_reviewed_script_may_be_given(record: bytes, minutes: bytes) -> None:
    """Whoever kept the file does not rely on the copy inside."""
    assert verify(record, minutes, KEYS, SCRIPT).script.digest == script().digest


def test_minutes_without_a_seal_are_not_verified(record: bytes, paper: bytes) -> None:
    """Anybody can make minutes of a transcript; somebody must stand for them."""
    with pytest.raises(MinutesRefused) as refused:
        verify(record, paper, KEYS)
    assert refused.value.place == "the seals"


def test_a_seal_in_the_name_of_another_is_refused(record: bytes, paper: bytes) -> None:
    """Whoever reads a person's name on a seal may rely on it: another person's key does not set it."""
    borrowed = sealed_by(paper, ("audit", AUDIT), ("yamada", credential("tanaka")))
    with pytest.raises(MinutesRefused) as refused:
        verify(record, borrowed, (AUDIT.public_key(), credential("tanaka").public_key()))
    assert refused.value.place == "seal seal-yamada"
    own = sealed_by(paper, ("audit", AUDIT), ("tanaka", credential("tanaka")))
    assert len(verify(record, own, (AUDIT.public_key(), credential("tanaka").public_key())).minutes.seals) == 2


def test_a_seal_of_somebody_unknown_is_named(record: bytes, minutes: bytes) -> None:
    """Only keys that the auditor has from elsewhere count."""
    with pytest.raises(SealOfStranger) as refused:
        verify(record, minutes, KEYS[:1])
    assert refused.value.seal == "seal-yamada"


@pytest.mark.parametrize("place", range(0, 100, 6))
def test_one_changed_bit_in_the_minutes_is_found(record: bytes, minutes: bytes, place: int) -> None:
    """From the first octet to the last, the seals' own containers included."""
    changed = bytearray(minutes)
    changed[place * (len(minutes) - 1) // 99] ^= 0x01
    with pytest.raises((CeremonyRefused, PaperRefused)):
        verify(record, bytes(changed), KEYS, SCRIPT)


@pytest.mark.parametrize("place", range(0, 100, 8))
def test_one_changed_bit_in_the_transcript_is_found_with_its_line(record: bytes, minutes: bytes, place: int) -> None:
    """The line is named, counted from 1."""
    at = place * (len(record) - 1) // 99
    changed = bytearray(record)
    changed[at] ^= 0x01
    with pytest.raises(TranscriptBroken) as refused:
        verify(bytes(changed), minutes, KEYS, SCRIPT)
    assert abs(refused.value.line - (record[:at].count(b"\n") + 1)) <= 1


@pytest.mark.parametrize("place", range(0, 100, 8))
def test_one_changed_bit_in_the_script_is_found(record: bytes, minutes: bytes, place: int) -> None:
    """A script that still reads has another digest than the one that was held."""
    changed = bytearray(SCRIPT)
    changed[place * (len(SCRIPT) - 1) // 99] ^= 0x01
    with pytest.raises((ScriptRefused, CeremonyChanged)):
        verify(record, minutes, KEYS, bytes(changed))


def test_a_truncated_transcript_is_found(record: bytes, minutes: bytes) -> None:
    """Lines that are missing at the end leave a whole chain behind, and no closing entry."""
    shorter = b"".join(record.splitlines(keepends=True)[:-3])
    with pytest.raises(TranscriptTruncated):
        verify(shorter, minutes, KEYS, SCRIPT)


def test_the_minutes_of_another_transcript_are_named_by_the_file(minutes: bytes) -> None:
    """A whole transcript of the same ceremony, rewritten by somebody: the minutes hold the one that was sealed."""
    other = transcript()
    with pytest.raises(MinutesRefused) as refused:
        verify(other, minutes, KEYS, SCRIPT)
    assert refused.value.place == f"file {TRANSCRIPT_NAME}"


def _stream_of(paper: bytes, name: str) -> int:
    """An offset in the middle of a page's content or of a file inside."""
    reader = PdfFileReader(BytesIO(paper))
    if name.startswith("page "):
        holder, key = reader.root["/Pages"]["/Kids"][int(name[5:]) - 1].get_object(), "/Contents"
    else:
        files = {each.get_object()["/F"]: each.get_object() for each in reader.root["/AF"]}
        holder, key = files[name[5:]]["/EF"], "/F"
    reference = holder.raw_get(key)
    position = reader.xrefs[generic.Reference(reference.idnum)]
    assert isinstance(position, int)
    return position + len(holder[key].encoded_data) // 2 + 40


@pytest.mark.parametrize("place", ["page 1", "page 3", f"file {TRANSCRIPT_NAME}", f"file {SCRIPT_NAME}"])
def test_a_changed_octet_is_named_by_its_page_or_file(record: bytes, minutes: bytes, paper: bytes, place: str) -> None:
    """An auditor is told where to look."""
    changed = bytearray(minutes)
    changed[_stream_of(paper, place)] ^= 0x01
    with pytest.raises(MinutesRefused) as refused:
        check_minutes(bytes(changed), record, SCRIPT, KEYS)
    assert refused.value.place == place


def test_a_change_between_pages_and_seals_is_named_by_the_seal(record: bytes, minutes: bytes, paper: bytes) -> None:
    """What comes after the pages is covered by the seals, and the first that is broken is named."""
    changed = bytearray(minutes)
    changed[minutes.index(b"/Reason", len(paper)) + 10] ^= 0x01
    with pytest.raises(SealBroken) as refused:
        check_minutes(bytes(changed), record, SCRIPT, KEYS)
    assert refused.value.seal == "seal-audit"


def test_pages_replaced_by_an_update_are_found(record: bytes, paper: bytes) -> None:
    """Somebody with a key that counts cannot show other pages: an update to them is no seal."""
    out = BytesIO(paper)
    writer = IncrementalPdfFileWriter(out)
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    writer.write_in_place()
    with pytest.raises(PaperRefused):
        check_minutes(sealed_by(out.getvalue(), ("audit", AUDIT)), record, SCRIPT, KEYS)


def test_other_pages_behind_the_right_ones_are_found(record: bytes, paper: bytes) -> None:
    """A second document after the first is the one that readers show, although the file begins as it should."""
    other = minutes_pdf(SCRIPT, transcript(rehearsal=True))
    shifted = PdfFileReader(BytesIO(other))
    hidden = paper + b"%" + b"\n" * 7 + _moved(other, len(paper) + 8, shifted.xrefs.get_startxref_for_revision(0))
    with pytest.raises((MinutesRefused, PaperRefused)):
        check_minutes(hidden, record, SCRIPT, KEYS)
    with pytest.raises((MinutesRefused, PaperRefused)):
        check_minutes(sealed_by(hidden, ("audit", AUDIT)), record, SCRIPT, KEYS)


def _moved(pdf: bytes, by: int, start: int) -> bytes:
    """The same document for a place further on, with a classic table of its objects' new offsets."""
    reader = PdfFileReader(BytesIO(pdf))
    size = int(reader.trailer["/Size"])
    out = bytearray(pdf[:start])
    rows = [b"0000000000 65535 f \n"]
    for number in range(1, size):
        position = reader.xrefs[generic.Reference(number)]
        if not isinstance(position, int):
            position = len(out) - by + by
            body = BytesIO()
            reader.get_object(generic.Reference(number, pdf=reader)).write_to_stream(body)
            out += b"%d 0 obj\n" % number + body.getvalue() + b"\nendobj\n"
        rows.append(b"%010d 00000 n \n" % (position + by))
    table = len(out) + by
    root = reader.trailer.raw_get("/Root").idnum
    out += b"xref\n0 %d\n" % size + b"".join(rows) + b"trailer\n<</Size %d/Root %d 0 R/ID[(a)(b)]>>\n" % (size, root)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def test_the_pages_before_any_seal_are_found_again(paper: bytes, minutes: bytes) -> None:
    """The first revision is exactly what was rendered."""
    assert unsealed(minutes) == unsealed(paper) == paper


def test_pages_of_another_edition_are_vouched_for_by_the_seals(record: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries change in thirty years: files inside and seals are checked, and the answer says what was not."""
    monkeypatch.setattr("ca.documents.edition", lambda: "WeasyPrint 71.0")
    old = minutes_pdf(SCRIPT, record)
    found = check_minutes(sealed_by(old, ("audit", AUDIT)), record, SCRIPT, KEYS)
    assert not found.remade
    assert found.edition == "WeasyPrint 71.0"
    with pytest.raises(MinutesRefused) as refused:
        check_minutes(old, record, SCRIPT, KEYS)
    assert refused.value.place == "the pages"


def test_a_forged_confirmation_is_named(record: bytes) -> None:
    """Each confirmation is checked against the credential in the script."""
    entries = list(read_transcript(record))
    last = max(at for at, each in enumerate(entries) if each.event == "step.confirmed")
    facts = dict(entries[last].facts) | {"signature": "ab" * 70}
    entries[last] = replace(entries[last], facts=facts)
    with pytest.raises(ConfirmationRefused) as refused:
        check_confirmations(script(), read_transcript(rechained(entries)))
    assert (refused.value.person, refused.value.step) == ("yamada", "S08")


def test_a_confirmation_of_nobody_is_refused(record: bytes) -> None:
    """An actor whom the script does not name confirms nothing."""
    entries = list(read_transcript(record))
    last = max(at for at, each in enumerate(entries) if each.event == "step.confirmed")
    entries[last] = replace(entries[last], actor="nobody")
    with pytest.raises(ConfirmationRefused):
        check_confirmations(script(), read_transcript(rechained(entries)))


def test_a_step_without_a_confirmation_is_named_by_its_line(record: bytes) -> None:
    """Somebody who writes the whole chain anew cannot leave a person out."""
    entries = list(read_transcript(record))
    del entries[max(at for at, each in enumerate(entries) if each.event == "step.confirmed")]
    with pytest.raises(TranscriptBroken) as refused:
        check_confirmations(script(), read_transcript(rechained(entries)))
    assert refused.value.line == len(entries) - 1


def test_a_step_that_was_left_out_is_named(record: bytes) -> None:
    """A closed ceremony has done every step of its script."""
    entries = [each for each in read_transcript(record) if each.step != "S08"]
    with pytest.raises(TranscriptBroken, match="S08 was never done"):
        check_confirmations(script(), read_transcript(rechained(entries)))


def test_a_step_out_of_order_is_named(record: bytes) -> None:
    """The order of the script is part of what was reviewed."""
    entries = [each for each in read_transcript(record) if each.step != "S01"]
    kept = [each for each in entries if each.event != "step.confirmed"]
    with pytest.raises(TranscriptBroken, match="out of the script's order"):
        check_confirmations(script(), read_transcript(rechained(kept)))


def test_an_end_that_nobody_signed_counts_until_a_sitting_begins(record: bytes) -> None:
    """What was written after the last confirmation could be anybody's once the program has ended."""
    entries = list(read_transcript(record))
    (end,) = [at for at, each in enumerate(entries) if (each.step, each.event) == ("S03", "step.done")]
    resumed = replace(entries[end], event=RESUMED, step=None, facts={})
    assert list(done_steps(entries[: end + 1])) == ["S01", "S02", "S03"]
    assert list(done_steps([*entries[: end + 1], resumed])) == ["S01", "S02"]


def test_a_step_is_not_passed_over_after_an_end_that_nobody_signed(record: bytes) -> None:
    """A sitting that went on with the next step took somebody's word for the last one."""
    entries = list(read_transcript(record))
    (end,) = [at for at, each in enumerate(entries) if (each.step, each.event) == ("S03", "step.done")]
    entries.insert(end + 1, replace(entries[end], event=RESUMED, step=None, facts={}))
    kept = [each for each in entries if each.event != "step.confirmed" or each.number <= end]
    with pytest.raises(TranscriptBroken, match="S04 was done out of the script's order"):
        check_confirmations(script(), read_transcript(rechained(kept)))


def test_a_transcript_of_another_script_is_refused(record: bytes) -> None:
    """Its first entry names the digest of the script that was held."""
    other = script().model_copy(update={"digest": bytes(32)})
    with pytest.raises(CeremonyChanged):
        check_confirmations(other, read_transcript(record))
