"""A token's PINs in shares: SLIP-39 (Shamir's scheme over GF(256)), by the library of its authors.

A token's PINs are derived from one secret of 16 random octets (128 bits). Any `needed` of its shares give it back and
fewer tell nothing about it; a checksum finds mistaken words, a digest inside the secret finds forged shares.
The coefficients of the polynomial are drawn by the library from the operating system (`secrets`); it takes no source
of randomness as an argument, so two splits of one secret differ.
"""

from collections.abc import Callable, Sequence
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from shamir_mnemonic import (
    EncryptedMasterSecret,
    MnemonicError,
    Share,
    decode_mnemonics,
    recover_ems,
    split_ems,
)

from ca.ceremony.errors import SharesRefused

__all__ = ["FEWEST_NEEDED", "MOST_SHARES", "SECRET_OCTETS", "combine", "reads_as_share", "so_pin", "split", "user_pin"]

SECRET_OCTETS: Final = 16
"""Octets of a secret: 128 bits, the least that SLIP-39 splits, and over the 80 that audits of ceremonies ask for."""

FEWEST_NEEDED: Final = 2
"""One person alone never opens a token."""

MOST_SHARES: Final = 16
"""The most shares that SLIP-39 makes of one secret."""

_WORDS: Final = 20
_MOST_CHARACTERS: Final = 400
_IDENTIFIER_BITS: Final = 15


def user_pin(secret: bytes) -> str:
    """Return the user PIN of a secret of 16 octets: 32 lower-case hexadecimal digits."""
    return _derived(secret, b"ninsho user PIN")


def so_pin(secret: bytes) -> str:
    """Return the SO PIN of the same secret; whoever knows only one of the two PINs cannot tell the other."""
    return _derived(secret, b"ninsho SO PIN")


def split(secret: bytes, needed: int, total: int, random: Callable[[int], bytes]) -> tuple[str, ...]:
    """Return `total` shares of a secret of 16 octets, 20 words each, of which any `needed` give it back.

    `random` gives the identifier by which the shares of one set are told from others; what makes the shares secret
    the library draws itself. Raises SharesRefused unless 2 <= needed <= total <= 16, ValueError for another secret.
    """
    _check_secret(secret)
    if not FEWEST_NEEDED <= needed <= total <= MOST_SHARES:
        raise SharesRefused(f"{needed} of {total} are asked for, and 2 of 2 to 16 of 16 are possible")
    identifier = int.from_bytes(random(2), "big") % (1 << _IDENTIFIER_BITS)
    encrypted = EncryptedMasterSecret.from_master_secret(secret, b"", identifier, True, 1)
    ((*shares,),) = split_ems(1, [(needed, total)], encrypted)
    return tuple(share.mnemonic() for share in shares)


def combine(mnemonics: Sequence[str]) -> bytes:
    """Return the secret of 16 octets of which these are shares: as many as are needed, in any order, none twice.

    Raises SharesRefused for a word that is none or mistaken, for too few, too many, forged shares, and shares of
    different sets. The refusal names shares by their place in the order given, from 1, and never a word of them.
    """
    shares = [_share(mnemonic, place) for place, mnemonic in enumerate(mnemonics, start=1)]
    if not shares:
        raise SharesRefused("none is given")
    first = shares[0]
    for place, share in enumerate(shares, start=1):
        if share.group_parameters() != first.group_parameters():
            raise SharesRefused(f"share {place} is not of the same set as share 1")
        if share.index in {before.index for before in shares[: place - 1]}:
            raise SharesRefused(f"share {place} is given a second time")
    if len(shares) != first.member_threshold:
        raise SharesRefused(f"{len(shares)} are given, and exactly {first.member_threshold} are needed")
    try:
        secret: bytes = recover_ems(decode_mnemonics(mnemonics)).decrypt(b"")
    except MnemonicError:
        # its message may quote words, and says no more than this
        raise SharesRefused("together they give no secret: at least one of them is forged") from None
    return secret


def reads_as_share(mnemonic: str) -> bool:
    """Tell whether these are the 20 words of one share: the checksum finds up to three mistaken words."""
    try:
        _share(mnemonic, 1)
    except SharesRefused:
        return False
    return True


def _share(mnemonic: str, place: int) -> Share:
    words = mnemonic.split() if len(mnemonic) <= _MOST_CHARACTERS else []
    if len(words) != _WORDS:
        raise SharesRefused(f"share {place} does not have {_WORDS} words")
    try:
        share = Share.from_mnemonic(mnemonic)
    except MnemonicError:
        # its message quotes the words
        raise SharesRefused(f"share {place} has a word that is none of the list or not in its place") from None
    if share.group_count != 1 or share.member_threshold < FEWEST_NEEDED:
        raise SharesRefused(f"share {place} was not made by this program")
    return share


def _derived(secret: bytes, use: bytes) -> str:
    """Derive 16 octets for one use (RFC 5869), as hexadecimal digits."""
    _check_secret(secret)
    return HKDF(SHA256(), SECRET_OCTETS, None, use).derive(secret).hex()


def _check_secret(secret: bytes) -> None:
    if len(secret) != SECRET_OCTETS:
        raise ValueError(f"a secret has {SECRET_OCTETS} octets")
