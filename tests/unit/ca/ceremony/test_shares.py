"""SLIP-39 shares: any that are enough give the secret back, and nothing else does."""

import secrets
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shamir_mnemonic import Share
from shamir_mnemonic.wordlist import WORDLIST

from ca.ceremony.errors import SharesRefused
from ca.ceremony.shares import combine, so_pin, split, user_pin

SECRETS = st.binary(min_size=16, max_size=16)
QUORUMS = st.integers(2, 5).flatmap(lambda total: st.tuples(st.integers(2, total), st.just(total)))
SHARES = split(bytes(range(16)), 2, 3, secrets.token_bytes)


@settings(max_examples=20, deadline=None)
@given(SECRETS, QUORUMS)
def test_every_subset_that_is_large_enough_gives_the_secret(secret: bytes, quorum: tuple[int, int]) -> None:
    """Requirement KEY: any m of n custodians activate, in whatever order they come."""
    needed, total = quorum
    shares = split(secret, needed, total, secrets.token_bytes)
    assert len(shares) == total
    for some in combinations(reversed(shares), needed):
        assert combine(some) == secret


@settings(max_examples=20, deadline=None)
@given(SECRETS, QUORUMS)
def test_every_smaller_subset_fails(secret: bytes, quorum: tuple[int, int]) -> None:
    """Requirement KEY: m-1 custodians do not activate."""
    needed, total = quorum
    shares = split(secret, needed, total, secrets.token_bytes)
    for few in range(needed):
        for some in combinations(shares, few):
            with pytest.raises(SharesRefused, match=r"exactly|none"):
                combine(some)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1), st.integers(0, 19), st.sampled_from(WORDLIST))
def test_one_mistaken_word_is_found_and_its_share_named(which: int, place: int, word: str) -> None:
    """SLIP-39 checksum RS1024: a share with any one word changed is refused by itself, and none of its words told."""
    words = SHARES[which].split()
    assume(words[place] != word)
    words[place] = word
    entered = [*SHARES[:2]]
    entered[which] = " ".join(words)
    with pytest.raises(SharesRefused) as refusal:
        combine(entered)
    assert refusal.value.why == f"share {which + 1} has a word that is none of the list or not in its place"


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_a_share_forged_with_a_right_checksum_gives_no_secret(value: bytes) -> None:
    """SLIP-39 digest: whoever computes the checksum anew still does not know the digest inside the secret."""
    genuine = Share.from_mnemonic(SHARES[1])
    assume(genuine.value != value)
    forged = Share(*(getattr(genuine, name) for name in list(vars(genuine))[:-1]), value)
    with pytest.raises(SharesRefused, match="at least one of them is forged"):
        combine([SHARES[0], forged.mnemonic()])


@settings(max_examples=20, deadline=None)
@given(SECRETS)
def test_a_share_of_another_set_is_named(secret: bytes) -> None:
    """Two sets, of the user PIN and the SO PIN perhaps, do not mix; the identifiers here differ by their source."""
    one = split(secret, 2, 3, lambda octets: b"\x00" * octets)
    other = split(secret, 2, 3, lambda octets: b"\x01" * octets)
    with pytest.raises(SharesRefused, match="share 2 is not of the same set as share 1"):
        combine([one[0], other[1]])


def test_a_share_of_another_set_with_the_same_identifier_gives_no_secret() -> None:
    """15 bits of identifier may agree by chance; the digest inside the secret does not."""
    one, other = (split(secret * 16, 2, 3, bytes) for secret in (b"a", b"b"))
    with pytest.raises(SharesRefused, match="forged"):
        combine([one[0], other[1]])


def test_one_share_given_twice_is_not_two() -> None:
    """The same custodian does not stand in for another."""
    with pytest.raises(SharesRefused, match="share 2 is given a second time"):
        combine([SHARES[0], SHARES[0].upper()])


def test_more_shares_than_needed_are_refused() -> None:
    """A share that would not be looked at is not asked for, so none passes unchecked."""
    with pytest.raises(SharesRefused, match="3 are given, and exactly 2 are needed"):
        combine(SHARES)


@pytest.mark.parametrize("text", ["", "academic", " ".join(["academic"] * 19), "academic " * 5000, "十 " * 20])
def test_what_is_no_share_is_refused(text: str) -> None:
    """Bounded before it is parsed."""
    with pytest.raises(SharesRefused, match="share 1"):
        combine([text, SHARES[1]])


def test_a_single_share_of_one_needed_is_none_of_ours() -> None:
    """SLIP-39 allows 1 of 1; here one person alone never opens a token."""
    genuine = Share.from_mnemonic(SHARES[0])
    alone = Share(genuine.identifier, True, 1, 0, 1, 1, 0, 1, genuine.value)
    with pytest.raises(SharesRefused, match="share 1 was not made by this program"):
        combine([alone.mnemonic()])


@pytest.mark.parametrize(("needed", "total"), [(1, 3), (0, 3), (4, 3), (2, 17), (1, 1)])
def test_impossible_quorums_are_refused(needed: int, total: int) -> None:
    """Two of two to sixteen of sixteen."""
    with pytest.raises(SharesRefused, match="are asked for"):
        split(bytes(16), needed, total, secrets.token_bytes)


@pytest.mark.parametrize("octets", [0, 8, 15, 17, 32])
def test_a_secret_has_sixteen_octets(octets: int) -> None:
    """128 bits of entropy, more than the 80 that audits of ceremonies ask for."""
    with pytest.raises(ValueError, match="a secret has 16 octets"):
        split(bytes(octets), 2, 3, secrets.token_bytes)


def test_each_pin_has_128_bits_and_tells_nothing_of_the_other() -> None:
    """KEY-3: 32 characters that every token's PIN rules accept; the program that knows one PIN cannot reset it."""
    secret = bytes(range(16))
    assert {len(user_pin(secret)), len(so_pin(secret))} == {32}
    assert len({user_pin(secret), so_pin(secret), secret.hex()}) == 3
