"""A signer at work, a counter and a ceremony's hall, for the tests with several parts of the system."""

from tests.fixtures.ceremonies import hall, prepared
from tests.fixtures.signing import elliptic_house, house, houses, postgres_house
from tests.fixtures.walk import walk

__all__ = ["elliptic_house", "hall", "house", "houses", "postgres_house", "prepared", "walk"]
