"""The sentences of a ceremony in both languages: what a step does, and what is read aloud."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ca.ceremony.script import Words

__all__ = ["WORDING", "filled"]


def filled(words: Words, facts: Mapping[str, str]) -> Words:
    """The words with a step's facts in their places."""
    return Words(ja=words.ja.format_map(facts), en=words.en.format_map(facts))


def _pair(does_en: str, does_ja: str, aloud_en: str, aloud_ja: str) -> tuple[Words, Words]:
    return Words(en=does_en, ja=does_ja), Words(en=aloud_en, ja=aloud_ja)


WORDING: Final[Mapping[str, tuple[Words, Words]]] = MappingProxyType(
    {
        "software.verify": _pair(
            "The program's digest is compared with the script.",
            "プログラムのハッシュ値を手順書と照合する。",
            "This program is the one named in the script.",
            "このプログラムは手順書に記載のものです。",
        ),
        "people.present": _pair(
            "Everybody confirms presence with a credential of their own.",
            "全員が各自の認証情報で立会いを確認する。",
            "Everybody named in the script is in the room.",
            "手順書に記載の全員が在室しています。",
        ),
        "token.initialise": _pair(
            "Token {token} is initialised; its PINs are drawn and split, {quorum} shares open it.",
            "トークン{token}を初期化する。PINは生成して分割し、{quorum}人分の分割片で開く。",
            "Token {label} is new. Each custodian writes the share down and shows it to nobody.",
            "トークン{label}は新規です。各保管者は分割片を書き取り、誰にも見せません。",
        ),
        "token.open": _pair(
            "Token {token} is opened with the shares of {quorum} custodians.",
            "トークン{token}を保管者{quorum}人の分割片で開く。",
            "Token {label} is opened by {quorum} custodians.",
            "トークン{label}を保管者{quorum}人で開きます。",
        ),
        "key.generate": _pair(
            "Key {label} ({algorithm}) is made in token {token}, read back and tried.",
            "鍵{label}({algorithm})をトークン{token}内で生成し、属性を読み戻して試す。",
            "The words of the new key's digest are read from the screen.",
            "新しい鍵のハッシュ値を表す単語を画面から読み上げます。",
        ),
        "authority.certify": _pair(
            "The certificate of {authority} is prepared by profile {profile}, linted, compared and signed.",
            "{authority}の証明書をプロファイル{profile}で作成し、検査・照合して署名する。",
            "The certificate of {authority} is the one that was reviewed.",
            "{authority}の証明書は審査済みの内容と一致しています。",
        ),
        "authority.record": _pair(
            "Two administrators sign the record of {authority}: key, profiles, responders, dates.",
            "管理者2人が{authority}の記録(鍵・プロファイル・応答者・期間)に署名する。",
            "The administrators sign the record of {authority}.",
            "管理者は{authority}の記録に署名します。",
        ),
        "responder.certify": _pair(
            "The certificate of the OCSP responder of {authority} is signed.",
            "{authority}のOCSPレスポンダ証明書に署名する。",
            "{authority} delegates its OCSP answers to the named key.",
            "{authority}はOCSP応答を記録された鍵に委任します。",
        ),
        "responder.end": _pair(
            "Two administrators sign that this key answers for {authority} no more ({reason}): {key}",
            "管理者2人が、次の鍵を{authority}のOCSP応答に今後使わないこと({reason_ja})に署名する: {key}",
            "The named key answers for {authority} no more.",
            "記載の鍵は、今後{authority}のOCSP応答に使いません。",
        ),
        "link.certify": _pair(
            "{signer} certifies the key of {subject} (RFC 4210 section 4.4).",
            "{signer}が{subject}の鍵をリンク証明書で認証する(RFC 4210 4.4節)。",
            "{signer} links to {subject}.",
            "{signer}から{subject}へのリンク証明書です。",
        ),
        "cross.certify": _pair(
            "{authority} cross-certifies {peer}.",
            "{authority}が{peer}を相互認証する。",
            "{authority} recognises {peer}.",
            "{authority}は{peer}を相互認証します。",
        ),
        "list.sign": _pair(
            "{authority} signs its revocation lists; they are valid: {life}.",
            "{authority}が失効リストに署名する(有効期間: {life_ja})。",
            "{authority} signs its lists.",
            "{authority}の失効リストに署名します。",
        ),
        "token.backup": _pair(
            "Token {token} is copied, under its own PIN, into {file}.",
            "トークン{token}を、そのPINで保護したまま{file}へ複製する。",
            "The backup's digest is read from the screen.",
            "バックアップのハッシュ値を画面から読み上げます。",
        ),
        "token.restore": _pair(
            "The backup {file} is restored into a throw-away token and its keys sign.",
            "バックアップ{file}を試験用トークンに復元し、鍵で署名を試す。",
            "The restored keys are the same as the originals.",
            "復元した鍵は元の鍵と同一です。",
        ),
        "roster.sign": _pair(
            "Two administrators sign the roster {file}.",
            "管理者2人が名簿{file}に署名する。",
            "The roster's digest is the one on paper.",
            "名簿のハッシュ値は書面と一致しています。",
        ),
        "retirement.sign": _pair(
            "Two administrators sign the end of {authority}: {reason}. It cannot be taken back.",
            "管理者2人が{authority}の終了({reason_ja})に署名する。取り消せない。",
            "{authority} ends: {reason}.",
            "{authority}は終了します({reason_ja})。",
        ),
        "key.destroy": _pair(
            "Key {label} in token {token} is destroyed, and the token is asked whether it is gone.",
            "トークン{token}の鍵{label}を消去し、消えたことをトークンに問い合わせる。",
            "The key {label} is destroyed for ever.",
            "鍵{label}を永久に消去します。",
        ),
        "token.close": _pair(
            "The objects of token {token} are listed once more and it is closed.",
            "トークン{token}のオブジェクトを再度一覧し、閉じる。",
            "Token {token} holds exactly the listed objects.",
            "トークン{token}の内容は一覧のとおりです。",
        ),
        "ceremony.close": _pair(
            "The transcript is closed; everybody confirms its digest.",
            "記録を閉じ、全員がそのハッシュ値を確認する。",
            "The words of the transcript's digest are read from the screen.",
            "記録のハッシュ値を表す単語を画面から読み上げます。",
        ),
    }
)
"""Each action with what it does and what is read aloud."""
