"""What stands on each paper, in the words of the counter."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pydantic import ValidationError

from docs.data.example_papers import AT, AUTH, COUNTER, LOSS, NUMBER, PAPERS, SIGN, VISIBLE
from ra.papers.hand_over import HandOverReceipt, HandOverSheet, Substitute
from ra.papers.sheet import Paper, paper_pdf
from ra.papers.status_slips import Affected, ReleaseSlip, RevocationProof, SuspensionSlip
from ra.papers.words import CARE
from tests.unit.ra.papers.conftest import Made

Text = Callable[[bytes], str]


def test_a_receipt_says_what_when_where_and_what_to_bring(made: Made, text_of: Text) -> None:
    """The visitor's whole errand on one slip."""
    text = text_of(made("receipt", "ja"))
    for words in (
        "電子証明書の更新",
        "任意代理人",
        "令和8年11月23日(2026-11-23)10:02",
        "001A",
        "委任状",
        "照会書兼回答書",
    ):
        assert words in text


def test_a_hand_over_sheet_says_until_when_and_why(made: Made, text_of: Text) -> None:
    """The last day by the era and by ISO, and the rule that made it."""
    text = text_of(made("hand-over-sheet", "ja"))
    assert text.count("令和14年2月17日(2032-02-17)") == 2
    assert text.count("発行から6回目の誕生日までです。") == 2


def test_a_serial_number_is_shown_by_its_end(made: Made, text_of: Text) -> None:
    """Enough to compare, and nothing to look the holder up with."""
    text = text_of(made("hand-over-sheet", "ja"))
    assert f"{SIGN:X}"[-8:] in text
    assert f"{SIGN:X}" not in text


def test_a_hand_over_sheet_says_how_to_stop_a_lost_card(made: Made, text_of: Text) -> None:
    """The telephone and its hours."""
    text = text_of(made("hand-over-sheet", "en"))
    assert "0120-000-00024hours,everyday" in text


def test_the_rules_of_a_pin_are_of_the_certificates_handed_over(examples: dict[str, Paper], text_of: Text) -> None:
    """Who gets one certificate reads one rule (fact sheet c.5)."""
    sheet = examples["hand-over-sheet"]
    assert isinstance(sheet, HandOverSheet)
    only = dataclasses.replace(sheet, certificates=sheet.certificates[1:])
    text = text_of(paper_pdf(only, "en", None))
    assert CARE["auth"].en.replace(" ", "") in text
    assert CARE["sign"].en.replace(" ", "") not in text


def test_both_glyphs_of_a_substitute_stand_side_by_side(examples: dict[str, Paper], text_of: Text) -> None:
    """With their code points, so that nobody confounds them."""
    text = text_of(paper_pdf(dataclasses.replace(examples["hand-over-sheet"], name="髙橋"), "ja", None))  # type: ignore[type-var]
    assert "髙→高" in text
    assert "U+9AD9U+9AD8" in text.replace("→", "")


def test_a_glyph_that_the_font_lacks_stands_as_its_code_point(made: Made, text_of: Text) -> None:
    """Its substitute in its place would show the same character twice."""
    assert "U+20BB7→吉" in text_of(made("hand-over-sheet", "ja"))


def test_a_name_that_the_font_lacks_is_printed_by_its_substitute_and_says_so(
    examples: dict[str, Paper], text_of: Text
) -> None:
    """No empty box where a citizen's name should be, and no silent change of it."""
    paper = dataclasses.replace(examples["revocation-slip"], name="𠮷田　花子")  # type: ignore[type-var]
    text = text_of(paper_pdf(paper, "ja", None))
    assert "吉田花子様" in text
    assert "この用紙の書体にない文字を、代わりの文字で印字しました:U+20BB7→吉" in text


def test_a_chosen_variant_is_said(examples: dict[str, Paper], text_of: Text) -> None:
    """A variation selector asks for a shape that the font may not have (Unicode Ideographic Variation Database)."""
    paper = dataclasses.replace(examples["revocation-slip"], name="葛\U000e0100城　花子")  # type: ignore[type-var]
    assert "異体字の指定" in text_of(paper_pdf(paper, "ja", None))


def test_hidden_characters_become_visible(examples: dict[str, Paper], text_of: Text) -> None:
    """A sign that turns the direction of writing around does nothing on paper."""
    paper = dataclasses.replace(examples["revocation-slip"], name="花\u202e子")  # type: ignore[type-var]
    assert "花〓U+202E子" in text_of(paper_pdf(paper, "ja", None))


def test_what_people_wrote_is_text(examples: dict[str, Paper], text_of: Text) -> None:
    """Nothing written at the counter becomes part of the page."""
    paper = dataclasses.replace(examples["revocation-slip"], name="<b>{{ 7*7 }}</b>")  # type: ignore[type-var]
    assert "<b>{{7*7}}</b>" in text_of(paper_pdf(paper, "ja", None))


@pytest.mark.parametrize(("fee", "written"), [(0, "手数料Fee無料"), (1000, "手数料Fee1,000円")])
def test_the_fee_is_told(examples: dict[str, Paper], text_of: Text, fee: int, written: str) -> None:
    """None, or so many yen."""
    receipt = examples["hand-over-receipt"]
    assert isinstance(receipt, HandOverReceipt)
    assert written in text_of(paper_pdf(dataclasses.replace(receipt, fee=fee), "ja", None))


def test_what_is_handed_over_is_signed_for(made: Made, text_of: Text) -> None:
    """Every item, and a line for the receiver's own hand."""
    text = text_of(made("hand-over-receipt", "ja"))
    for words in ("署名用電子証明書", "利用者証明用電子証明書", "マイナンバーカード", "受け取った方の氏名(自署)"):
        assert words in text


def test_a_request_for_revocation_does_not_claim_the_revocation(made: Made, text_of: Text) -> None:
    """Nobody shows a slip around as if it were done."""
    text = text_of(made("revocation-slip", "ja"))
    assert "失効の処理はまだ終わっていません。" in text
    assert "これから失効させます" in text
    assert "失効しました" not in text


def test_a_proof_of_revocation_tells_the_sibling_apart(made: Made, text_of: Text) -> None:
    """A move revokes the signing certificate and leaves the other alone (fact sheet c.3)."""
    text = text_of(made("revocation-proof", "en"))
    assert "validRevoked" in text
    assert "validNotaffected" in text


def test_it_is_told_when_verifiers_see_it(made: Made, text_of: Text) -> None:
    """By the responder within its minutes, by the list with its next issue."""
    text = text_of(made("revocation-proof", "ja"))
    assert "令和8年11月23日(2026-11-23)10:17まで" in text
    assert "令和8年11月24日(2026-11-24)01:00発行分まで" in text


def test_a_suspension_says_what_comes_next(made: Made, text_of: Text) -> None:
    """Found or not found, and whom to call."""
    text = text_of(made("suspension-slip", "ja"))
    for words in ("一時停止しました", "見つかったとき", "見つからないとき", LOSS.telephone):
        assert words in text


def test_a_suspension_that_waits_says_so() -> None:
    """The centre is away: the report is taken, and nothing has happened yet."""
    waiting = SuspensionSlip(
        COUNTER, NUMBER, AT, "見本", "card-lost", (Affected("auth", AUTH, "hold", "good"),), VISIBLE, None, LOSS
    )
    assert b"%PDF-1.7" in paper_pdf(waiting, "ja", None)[:10]


def test_a_release_says_since_when_it_is_valid_again(made: Made, text_of: Text) -> None:
    """The one suspension that can be lifted (fact sheet c.4)."""
    text = text_of(made("release-slip", "ja"))
    assert "一時停止を解除しました" in text
    assert "処理の日時Carriedout令和8年11月23日(2026-11-23)10:02" in text


def test_a_release_that_waits_is_not_one_yet(examples: dict[str, Paper], text_of: Text) -> None:
    """Until it is carried out it will be."""
    slip = examples["release-slip"]
    assert isinstance(slip, ReleaseSlip)
    text = text_of(paper_pdf(dataclasses.replace(slip, done_at=None), "en", None))
    assert "Willbereleased" in text
    assert "Notyet" in text


def test_an_event_that_nobody_knows_is_no_reason() -> None:
    """The table of life events has the words."""
    with pytest.raises(ValidationError):
        RevocationProof(COUNTER, NUMBER, AT, "見本", "whim", (Affected("auth", AUTH, "revoke", "good"),), VISIBLE, AT)


def test_a_deposit_slip_says_what_until_when_and_what_was_promised(made: Made, text_of: Text) -> None:
    """What the counter owes to whom it sent home."""
    text = text_of(made("deposit-slip", "ja"))
    for words in (
        "マイナンバーカード",
        "番号の末尾7F02",
        "令和8年11月27日(2026-11-27)",
        "電話でお知らせします",
        "暗証番号はお預かりしていません",
    ):
        assert words in text


def test_a_note_of_substitutes_shows_name_and_address_in_both_forms(made: Made, text_of: Text) -> None:
    """As registered, and as the certificate has it."""
    text = text_of(made("substitute-note", "ja"))
    assert "氏名(証明書)Name,certificate高〓花子" in text
    assert "住所(証明書)Address,certificate東京都港区見本" in text


def test_what_is_compared_is_never_substituted(made: Made, text_of: Text) -> None:
    """The register's form would otherwise look like the certificate's, which is what the note is about."""
    assert "住所(登録)Address,register東京都港区見本１丁目２番３－４０５号〓U+20BB7田ハイツ" in text_of(
        made("substitute-note", "ja")
    )


def test_a_substitute_is_one_character() -> None:
    """A certificate has one for one, since its map counts characters."""
    with pytest.raises(ValidationError):
        Substitute("㈱", "(株)")


def test_an_examination_sheet_has_every_item_and_both_examiners(made: Made, text_of: Text) -> None:
    """Fact sheet d.3 and d.4: ten items, two people, one decision."""
    text = text_of(made("examination-sheet", "ja"))
    for words in (
        "申請者は所属の職員で、当該職にある",
        "(lg.jp)",
        "対象外",
        "1.審査二郎",
        "2.審査四子",
        "適(認証局へ申請する)",
    ):
        assert words in text


def test_an_issue_notice_has_what_the_department_compares(made: Made, text_of: Text) -> None:
    """Serial number and digest in full, medium and receiver, and the slip to send back (fact sheet d.3)."""
    text = text_of(made("issue-notice", "ja"))
    for words in (
        f"{SIGN:X}",
        bytes(range(32, 64)).hex(),
        "IC-2026-0417",
        "鍵情報等管理者管理太郎",
        "受領者の署名・日付",
    ):
        assert words in text


FORBIDDEN = ("pin", "password", "passwd", "passcode", "secret", "puk", "暗証")


def _fields(kind: type) -> Iterator[str]:
    for each in dataclasses.fields(kind):
        yield each.name
        for part in (each.type, *getattr(each.type, "__args__", ())):
            if dataclasses.is_dataclass(part) and isinstance(part, type):
                yield from _fields(part)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.form.name)
def test_no_paper_has_a_field_for_a_pin(paper: Paper) -> None:
    """Canary: whoever adds one has to take this sentence away first."""
    names = list(_fields(type(paper)))
    assert {"counter", "receipt", "at", "telephone"} <= set(names)
    assert not [name for name in names if any(word in name.lower() for word in FORBIDDEN)]


def test_every_moment_is_to_the_second_in_utc() -> None:
    """The canonical form of the digest knows no other."""
    with pytest.raises(ValidationError):
        dataclasses.replace(PAPERS[0], at=AT + timedelta(microseconds=1))  # type: ignore[type-var]
