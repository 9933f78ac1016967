"""A signer at work, for the tests of preparing, issuing, recovering and revoking."""

from tests.fixtures.signing import elliptic_house, house, houses, postgres_house

__all__ = ["elliptic_house", "house", "houses", "postgres_house"]
