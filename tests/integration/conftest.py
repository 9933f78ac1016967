"""A signer at work, for the tests with several processes."""

from tests.fixtures.signing import elliptic_house, house, houses, postgres_house

__all__ = ["elliptic_house", "house", "houses", "postgres_house"]
