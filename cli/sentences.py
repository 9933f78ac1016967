"""What commands say of a certificate in words, Japanese or English: states, reasons, life events, what can be done.

Revoked is 失効, never 無効; to revoke is 失効させる, never 取り消す.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from ca.look import Look
from cli.options import hexadecimal
from policies.life_events import LifeEvent, holder_kinds, life_events
from policies.names import JST

Language: TypeAlias = Literal["ja", "en"]

REASONS: Mapping[int, tuple[str, str]] = {
    0: ("unspecified", "事由の記載なし"),
    1: ("keyCompromise", "秘密鍵の漏えい等"),
    2: ("cACompromise", "認証局の秘密鍵の漏えい等"),
    3: ("affiliationChanged", "異動等"),
    4: ("superseded", "更新・交換"),
    5: ("cessationOfOperation", "利用の終了"),
    6: ("certificateHold", "一時停止"),
    9: ("privilegeWithdrawn", "資格の喪失"),
    10: ("aACompromise", "属性認証局の秘密鍵の漏えい等"),
}
"""CRLReason codes (RFC 5280 section 5.3.1): the standard's name and the word on Japanese screens."""

WORDS: Mapping[str, tuple[str, str]] = {
    "revoke": ("revoked", "失効"),
    "hold": ("put on hold", "一時停止"),
    "release": ("released", "一時停止の解除"),
    "nothing": ("nothing", "影響なし"),
}
"""Acts on a certificate, in English and Japanese."""


def language() -> Language:
    """The language of the environment: Japanese when LC_ALL, LC_MESSAGES or LANG begins with "ja"."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].startswith("ja") else "en"
    return "en"


def reason_name(code: int | None) -> str:
    """The standard's name of a reason; None is unspecified."""
    return REASONS.get(code or 0, (f"reason {code}", ""))[0]


def reason_words(code: int | None, event: str | None, lang: Language) -> str:
    """Why, for a person: the life event when one was named, and the reason."""
    name, japanese = REASONS.get(code or 0, (f"reason {code}", f"事由{code}"))
    known = life_events().get(event or "")
    if lang == "ja":
        return japanese if known is None else f"{known.ja}、{japanese}"
    return name if known is None else f"{known.en[:1].lower()}{known.en[1:]}, {name}"


def moment(at: datetime | None, lang: Language) -> str:
    """A time in Japan to the minute, and in UTC for whoever reads English."""
    if at is None:
        return "不明" if lang == "ja" else "an unknown time"
    japan = at.astimezone(JST)
    return f"{japan:%Y-%m-%d %H:%M}" if lang == "ja" else f"{japan:%Y-%m-%d %H:%M} JST"


def kind_name(kind: str | None, lang: Language) -> str:
    """The kind of a certificate in words."""
    known = holder_kinds().get(kind or "")
    if lang == "ja":
        return "電子証明書" if known is None else known.ja
    return "Certificate"


def sentence(look: Look, lang: Language) -> str:
    """Which certificate, what state, since when, why, and what can be done: one line."""
    record = look.record
    state = "pending" if look.state == "good" and look.handed_over is False else look.state
    return SENTENCES[state][lang == "ja"].format(
        which=f"{kind_name(record.kind, lang)} {record.issuer} {hexadecimal(record.serial)}",
        since=moment(look.since, lang),
        end=moment(record.not_after, lang),
        why=reason_words(look.reason, look.event, lang),
        may=next_steps(look)[lang == "ja"],
    )


SENTENCES: Mapping[str, tuple[str, str]] = {
    "good": ("{which} is good until {end}. {may}", "{which} は有効です(有効期限 {end})。{may}"),
    "pending": (
        "{which} is good until {end} and was not handed over yet. Hand it over, or revoke it.",
        "{which} は有効です(有効期限 {end})が、未交付です。交付するか、失効させてください。",
    ),
    "held": ("{which} is on hold since {since}. {may}", "{which} は一時停止中です({since} から)。{may}"),
    "revoked": (
        "{which} is revoked since {since} ({why}). That is for ever; the holder may apply for a new one.",
        "{which} は失効済みです。理由: {why}。{since}。元には戻せません。新規発行として受け付けてください。",
    ),
    "expired": (
        "{which} has expired on {since}. Nothing is left to do; the holder may apply for a new one.",
        "{which} は有効期間が満了しました({since})。新規発行として受け付けてください。",
    ),
    "reserved": (
        "{which} is being signed: its serial number is reserved. Wait for the signer.",
        "{which} は発行処理中です(シリアル番号を確保済み)。署名の完了をお待ちください。",
    ),
    "abandoned": (
        "{which} was never given out: its signing was interrupted, so its number counts as revoked since {since}.",
        "{which} は交付されていません。署名が中断したため、シリアル番号は {since} から失効として扱います。",
    ),
}
"""The status sentence of each state, in English and Japanese."""


def next_steps(look: Look) -> tuple[str, str]:
    """What may be done to a good or held certificate, as its profile says, in English and Japanese."""
    if look.state == "held" and allows_release(look):
        return "It can be released or revoked.", "解除または失効させることができます。"
    if look.state == "held":
        return "It is never released, only revoked.", "解除はできません。失効させることだけができます。"
    if allows_hold(look):
        return "It can be held or revoked.", "一時停止または失効させることができます。"
    return "It can be revoked.", "失効させることができます。"


def allows_hold(look: Look) -> bool:
    """Whether the profile lets such a certificate be held."""
    return look.profile is not None and look.profile.hold


def allows_release(look: Look) -> bool:
    """Whether the profile lets a hold be lifted."""
    return look.profile is not None and look.profile.release


def event_name(event: LifeEvent, lang: Language) -> str:
    """A life event in words."""
    return event.ja if lang == "ja" else event.en
