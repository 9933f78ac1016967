"""A digest read aloud: eight words of ten bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from ca.ceremony.words import DIGEST_WORDS, digest_words

DIGESTS = st.binary(min_size=32, max_size=32)


def test_the_first_and_last_words_stand_for_zeros_and_ones() -> None:
    """SLIP-39 word list: "academic" is 0 and "zero" is 1023."""
    assert digest_words(bytes(32)) == ("academic",) * DIGEST_WORDS
    assert digest_words(b"\xff" * 32) == ("zero",) * DIGEST_WORDS


@given(DIGESTS, st.integers(1, 25))
def test_the_words_hold_the_first_bits_of_the_digest(digest: bytes, count: int) -> None:
    """The words are the digest: ten bits a word, so nothing of those bits is lost."""
    number = 0
    for word in digest_words(digest, count):
        number = number << 10 | WORD_INDEX_MAP[word]
    assert number == int.from_bytes(digest, "big") >> 256 - 10 * count


@given(DIGESTS)
def test_more_words_begin_with_the_fewer(digest: bytes) -> None:
    """Whoever reads on does not begin anew."""
    assert digest_words(digest, 12)[:DIGEST_WORDS] == digest_words(digest)


@pytest.mark.parametrize(("octets", "count"), [(31, 8), (33, 8), (32, 0), (32, 26)])
def test_only_a_sha256_value_is_told(octets: int, count: int) -> None:
    """A shorter value, or more words than it has bits, would be told wrongly."""
    with pytest.raises(ValueError, match="a digest has 32 octets"):
        digest_words(bytes(octets), count)
