"""What the papers call things, in both languages: kinds of case, of certificate, of thing, and what happens to them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from policies.life_events import holder_kinds, life_events
from store.cases import CaseKind, Visitor

__all__ = [
    "CARE",
    "CASES",
    "CHECKS",
    "CHECK_RESULTS",
    "OUTCOMES",
    "PROMISES",
    "STATES",
    "THINGS",
    "VISITORS",
    "CaseKind",
    "CertificateKind",
    "Check",
    "CheckResult",
    "Language",
    "Promise",
    "State",
    "Thing",
    "Visitor",
    "Words",
    "certificate_words",
    "event_words",
]

Language: TypeAlias = Literal["ja", "en"]
CertificateKind: TypeAlias = Literal["sign", "auth", "sign-phone", "auth-phone", "post", "user", "server", "web"]
State: TypeAlias = Literal["good", "held", "revoked"]
Promise: TypeAlias = Literal["telephone", "visit", "post"]
CheckResult: TypeAlias = Literal["pass", "fail", "none"]
Thing: TypeAlias = Literal[
    "card", "application", "photo-document", "two-documents", "attorney", "answer", "agent-document", "fee", "police",
    "sheet", "slip", "medium", "notice",
]  # fmt: skip
Check: TypeAlias = Literal[
    "belongs", "approver", "complete", "name", "signature", "strength", "fresh", "subject", "single", "domain"
]


class Words(NamedTuple):
    """The same words in both languages of the house."""

    ja: str
    en: str


CASES: Final[Mapping[CaseKind, Words]] = MappingProxyType(
    {
        "issue": Words("電子証明書の新規発行", "New certificates"),
        "renew": Words("電子証明書の更新", "Renewal of certificates"),
        "revoke": Words("電子証明書の失効", "Revocation of certificates"),
        "hold": Words("電子証明書の一時停止", "Suspension of certificates"),
        "release": Words("一時停止の解除", "Release of a suspension"),
        "pin-reset": Words("暗証番号の初期化・再設定", "Reset of a PIN or password"),
    }
)
VISITORS: Final[Mapping[Visitor, Words]] = MappingProxyType(
    {
        "self": Words("本人", "The holder"),
        "legal-agent": Words("法定代理人", "Legal representative"),
        "agent": Words("任意代理人", "Agent by mandate"),
    }
)
THINGS: Final[Mapping[Thing, Words]] = MappingProxyType(
    {
        "card": Words("マイナンバーカード", "Individual Number Card"),
        "application": Words("申請書", "Application form"),
        "photo-document": Words("顔写真付きの本人確認書類 1点", "One identity document with a photograph"),
        "two-documents": Words("本人確認書類 2点", "Two identity documents"),
        "attorney": Words("委任状", "Letter of attorney"),
        "answer": Words("照会書兼回答書(封をしたもの)", "Inquiry-and-answer form, sealed"),
        "agent-document": Words("代理人の本人確認書類", "Identity document of the agent"),
        "fee": Words("手数料", "Fee"),
        "police": Words("警察への届出の受理番号", "Reference number of the police report"),
        "sheet": Words("交付書(写し)", "Hand-over sheet (copy)"),
        "slip": Words("手続の結果の通知", "Paper that tells the outcome"),
        "medium": Words("鍵格納媒体", "Key medium"),
        "notice": Words("発行通知", "Issue notice"),
    }
)
PROMISES: Final[Mapping[Promise, Words]] = MappingProxyType(
    {
        "telephone": Words(
            "準備ができしだい、電話でお知らせします。カードの受取りに再度お越しください。",
            "We telephone you as soon as it is ready. Please come again for the card.",
        ),
        "visit": Words(
            "上の日までに処理を終えます。その日以降に、カードの受取りにお越しください。",
            "We finish by the day above. Please come for the card on that day or later.",
        ),
        "post": Words(
            "処理を終えたら、カードを本人限定受取郵便でお送りします。",
            "When it is done, we send the card by post that only you can receive.",
        ),
    }
)
STATES: Final[Mapping[State, Words]] = MappingProxyType(
    {
        "good": Words("有効", "valid"),
        "held": Words("一時停止中", "suspended"),
        "revoked": Words("失効済み", "revoked"),
    }
)
OUTCOMES: Final[Mapping[tuple[str, bool], Words]] = MappingProxyType(
    {
        ("revoke", True): Words("失効しました", "Revoked"),
        ("revoke", False): Words("これから失効させます", "Will be revoked"),
        ("hold", True): Words("一時停止しました", "Suspended"),
        ("hold", False): Words("これから一時停止します", "Will be suspended"),
        ("release", True): Words("一時停止を解除しました", "Released: valid again"),
        ("release", False): Words("これから一時停止を解除します", "Will be released"),
        ("nothing", True): Words("変わりません", "Not affected"),
        ("nothing", False): Words("変わりません", "Not affected"),
    }
)
"""By what happens to a certificate, and whether it has happened yet."""

CHECKS: Final[Mapping[Check, Words]] = MappingProxyType(
    {
        "belongs": Words(
            "申請者は所属の職員で、当該職にある", "The applicant belongs to the department, holds the post"
        ),
        "approver": Words("申請承認者は正当な者である", "The approver is the right one"),
        "complete": Words("申請書の記載に漏れがない", "The form is complete"),
        "name": Words("識別名は名称の表に従っている", "The name follows the naming table"),
        "signature": Words("CSRの署名は正しい", "The signature of the request is valid"),
        "strength": Words("鍵はRSA 2048ビット以上である", "The key is RSA of 2048 bits or more"),
        "fresh": Words("鍵は使われたことがない", "The key was not used before"),
        "subject": Words("CSRの主体者は申請書と同じである", "The subject of the request is that of the form"),
        "single": Words("同じ名前・種別の有効な証明書がない(更新を除く)", "No live certificate of that name and kind"),
        "domain": Words("サーバ名は団体のものである(lg.jp)", "The server name belongs to the body (lg.jp)"),
    }
)
"""What a branch examines (fact sheet d.4), in the order of the sheet."""

CHECK_RESULTS: Final[Mapping[CheckResult, Words]] = MappingProxyType(
    {"pass": Words("適", "pass"), "fail": Words("否", "fail"), "none": Words("対象外", "does not apply")}
)

CARE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "sign": Words(
            "署名用パスワード(英数字6〜16文字、英字は大文字): 5回続けて間違えるとロックされます。",
            "Signing password (6 to 16 capital letters and digits): locked after 5 wrong entries in a row.",
        ),
        "auth": Words(
            "利用者証明用暗証番号(数字4桁): 3回続けて間違えるとロックされます。",
            "Authentication PIN (4 digits): locked after 3 wrong entries in a row.",
        ),
    }
)
"""The rules of what the holder chose (fact sheet c.5), by kind of certificate on a card."""

_ENGLISH: Final[Mapping[CertificateKind, str]] = MappingProxyType(
    {
        "sign": "Signing certificate",
        "auth": "User authentication certificate",
        "sign-phone": "Signing certificate for a smartphone",
        "auth-phone": "User authentication certificate for a smartphone",
        "post": "Post certificate",
        "user": "Staff certificate",
        "server": "Server certificate (encrypted communication)",
        "web": "Web server certificate",
    }
)


def certificate_words(kind: CertificateKind) -> Words:
    """What a kind of certificate is called; the Japanese stands in the table of life events."""
    return Words(holder_kinds()[kind].ja, _ENGLISH[kind])


def event_words(event: str) -> Words:
    """What a life event is called. Raises KeyError for one that the table does not have."""
    known = life_events()[event]
    return Words(known.ja, known.en)
