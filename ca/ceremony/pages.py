"""How the papers of a ceremony look: one style, its words in both languages, and how values are written.

What people wrote is shown as text and nothing else: characters without a visible form, among them those that turn the
direction of writing around, stand as their code points.
"""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ca.ceremony.script import Kind, Role, Words
from ca.ceremony.words import digest_words
from policies.names import JST

__all__ = ["CREDENTIALS", "KINDS", "ROLES", "Language", "grouped", "page", "qr", "visible"]

Language = Literal["ja", "en"]

ROLES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Role.OPERATOR: Words(ja="操作者", en="Operator"),
        Role.CUSTODIAN: Words(ja="保管者", en="Custodian"),
        Role.WITNESS: Words(ja="立会人", en="Witness"),
        Role.ADMINISTRATOR: Words(ja="管理者", en="Administrator"),
    }
)
"""What the roles of the room are called."""

KINDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Kind.ONE_TIER: Words(ja="一階層の認証局の鍵生成", en="Keys of a one-tier authority"),
        Kind.ROOT_AND_SUBORDINATE: Words(
            ja="ルート認証局と下位認証局の鍵生成", en="Keys of a root and its subordinate"
        ),
        Kind.ROOT_LIST: Words(ja="ルート認証局の失効リストの署名", en="Lists and responder of an offline root"),
        Kind.RESPONDER: Words(ja="OCSPレスポンダの鍵生成", en="Key of an OCSP responder"),
        Kind.RENEWAL: Words(ja="認証局の鍵更新", en="Renewal of an authority's key"),
        Kind.CROSS: Words(ja="相互認証", en="Cross-certification"),
        Kind.BACKUP: Words(ja="トークンのバックアップと復元試験", en="Backup of a token and test restore"),
        Kind.ROSTER: Words(ja="名簿への署名", en="Signing of the roster"),
        Kind.AUTHORISATION: Words(ja="プロファイルの承認", en="Authorisation of profiles"),
        Kind.DESTRUCTION: Words(ja="鍵の消去", en="Destruction of a key"),
        Kind.RETIREMENT: Words(ja="認証局の終了", en="Retirement of an authority"),
        Kind.COMPROMISE: Words(ja="鍵の危殆化への対応", en="Compromise of a key"),
    }
)
"""What the kinds of ceremony are called."""

CREDENTIALS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "key-file": Words(ja="鍵ファイル", en="key file"),
        "pkcs11": Words(ja="カード・トークン", en="card or token"),
        "fido2": Words(ja="FIDO2キー", en="FIDO2 key"),
    }
)
"""What the kinds of credential are called."""

_GROUP: Final = 4
_SILENT: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def grouped(digest: bytes | str) -> str:
    """Octets in lower-case hexadecimal, four digits and a space, as people read them aloud."""
    text = digest if isinstance(digest, str) else digest.hex()
    return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def visible(text: str, lacking: Collection[str] = ()) -> str:
    """The text with every character that has no visible form, or is among `lacking`, as "〓U+202E"."""
    return "".join(f"〓U+{ord(each):04X}" if each in lacking or _silent(each) else each for each in text)


def _silent(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in _SILENT


def qr(text: str) -> Markup:
    """A QR code (ISO/IEC 18004, level M) as a drawing inside the page."""
    drawing = segno.make(text, error="m", micro=False).svg_inline(scale=3, border=4, omitsize=True)
    return Markup(drawing)  # noqa: S704 - drawn by segno; the text is not in it


def _moment(at: datetime) -> str:
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M:%S}"


def _words(digest: bytes | str) -> str:
    return " ".join(digest_words(bytes.fromhex(digest) if isinstance(digest, str) else digest))


def _hexadecimal(text: str) -> bool:
    return not set(text) - set("0123456789abcdef")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ca.ceremony"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(grouped=grouped, moment=_moment, words=_words)
    environment.tests["hexadecimal"] = _hexadecimal
    environment.globals.update(roles=ROLES, kinds=KINDS, credentials=CREDENTIALS)
    return environment


def page(template: str, values: Mapping[str, object], lacking: Collection[str] = ()) -> str:
    """Fill a template of `ca/ceremony/templates`; every value is escaped and made visible, the style is inside."""

    def shown(value: object) -> object:
        return visible(value, lacking) if type(value) is str else value

    style = resources.files("ca.ceremony").joinpath("templates", "style.css").read_text("utf-8")
    environment = _environment().overlay(finalize=shown)
    return environment.get_template(template).render({**values, "style": Markup(style)})  # noqa: S704 - our own file
