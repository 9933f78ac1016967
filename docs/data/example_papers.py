"""One example of every paper of the counter, of invented people, for its pictures and its tests."""

from datetime import UTC, date, datetime, timedelta

from policies.characters import replaced
from ra.papers.department import ExaminationSheet, Examined, Examiner, IssueNotice, Staff
from ra.papers.deposit import DepositSlip
from ra.papers.hand_over import HandOverReceipt, HandOverSheet, Issued, LossDesk, Substitute
from ra.papers.receipt import Receipt
from ra.papers.sheet import Counter, Paper
from ra.papers.status_slips import Affected, ReleaseSlip, RevocationProof, RevocationSlip, SuspensionSlip, Visible
from ra.papers.substitutes import SubstituteNote
from ra.papers.words import CHECKS

__all__ = ["AT", "NAME", "PAPERS"]

AT = datetime(2026, 11, 23, 1, 2, 5, tzinfo=UTC)
NAME = "髙𫝶　花子"
ADDRESS = "東京都港区見本１丁目２番３－４０５号　𠮷田ハイツ"

COUNTER = Counter("港区役所 住民戸籍窓口", "Minato City Office, resident counter", "03-0000-0000", sample=True)
LOSS = LossDesk("0120-000-000", "24時間・年中無休", "24 hours, every day")
NUMBER = "R13103-261123-0001"
SIGN, AUTH, PHONE = 0x91F3_77AA_0C4B_12D4_55E0_90AB_3C1D_7F02, 0xA0_3381_77E1_C4D2_9B6A_5511_0E4F, 0x5C_0FFE_E123
ENDS = datetime(2032, 2, 17, 14, 59, 59, tzinfo=UTC)
ISSUED = (
    Issued(
        "sign", SIGN, ENDS, "発行から6回目の誕生日までです。", "It ends on the sixth birthday after the day of issue."
    ),
    Issued(
        "auth", AUTH, ENDS, "発行から6回目の誕生日までです。", "It ends on the sixth birthday after the day of issue."
    ),
)
PAIRS = tuple(Substitute(each.written, each.shown) for text in (NAME, ADDRESS) for each in replaced(text, limit=200))
VISIBLE = Visible(AT + timedelta(minutes=15), datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
STAFF = Staff("港区", "13103", "総務部 総務課", "総務課長", "")
APPLICATION = "01935a5e-7c11-7b3a-9d57-2f6d3a1c8e90"
SUBJECT = "CN=Director of General Affairs,OU=General Affairs Division,O=Minato-ku,C=JP"

PAPERS: tuple[Paper, ...] = (
    Receipt(COUNTER, NUMBER, AT, "renew", "agent", "001A", ("card", "attorney", "answer", "agent-document")),
    HandOverReceipt(COUNTER, NUMBER, AT, "self", ISSUED, ("card", "sheet"), 0, "受付 一子"),
    HandOverSheet(COUNTER, NUMBER, AT, NAME, ISSUED, PAIRS, LOSS),
    RevocationSlip(
        COUNTER,
        NUMBER,
        AT,
        NAME,
        "request",
        (Affected("sign", SIGN, "revoke", "good"), Affected("auth", AUTH, "revoke", "good")),
        VISIBLE,
    ),
    RevocationProof(
        COUNTER,
        NUMBER,
        AT,
        NAME,
        "record-change",
        (Affected("sign", SIGN, "revoke", "good"), Affected("auth", AUTH, "nothing", "good")),
        VISIBLE,
        AT,
    ),
    SuspensionSlip(
        COUNTER,
        NUMBER,
        AT,
        NAME,
        "card-lost",
        (
            Affected("sign", SIGN, "hold", "good"),
            Affected("auth", AUTH, "hold", "good"),
            Affected("auth-phone", PHONE, "nothing", "good"),
        ),
        VISIBLE,
        AT,
        LOSS,
    ),
    ReleaseSlip(
        COUNTER,
        NUMBER,
        AT,
        NAME,
        "phone-found",
        (Affected("auth-phone", PHONE, "release", "held"), Affected("auth", AUTH, "nothing", "good")),
        VISIBLE,
        AT,
    ),
    DepositSlip(
        COUNTER,
        NUMBER,
        AT,
        NAME,
        "renew",
        ("card", "application"),
        "7F02",
        date(2026, 11, 27),
        "telephone",
        "受付 一子",
    ),
    SubstituteNote(COUNTER, NUMBER, AT, NAME, "高〓　花子", ADDRESS, ADDRESS.replace("𠮷", "吉"), PAIRS),
    ExaminationSheet(
        COUNTER,
        NUMBER,
        AT,
        APPLICATION,
        False,
        "post",
        STAFF,
        SUBJECT,
        bytes(range(32)),
        "承認 三郎",
        tuple(Examined(each, "none" if each == "domain" else "pass", "") for each in CHECKS),
        (Examiner("審査 二郎", AT), Examiner("審査 四子", AT + timedelta(minutes=20))),
        "pass",
        "",
    ),
    IssueNotice(
        COUNTER,
        NUMBER,
        AT,
        APPLICATION,
        "post",
        STAFF,
        SUBJECT,
        SIGN,
        bytes(range(32, 64)),
        AT,
        datetime(2031, 11, 22, 14, 59, 59, tzinfo=UTC),
        "IC-2026-0417",
        "鍵情報等管理者 管理 太郎",
    ),
)
"""In the order in which a counter uses them."""
