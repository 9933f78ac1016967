"""Fixtures of the front end's tests."""

from tests.fixtures.front import demo_front, front
from tests.fixtures.papers import seal_key, text_of
from tests.fixtures.shelf import shelf
from tests.fixtures.signing import houses
from tests.fixtures.walk import walk

__all__ = ["demo_front", "front", "houses", "seal_key", "shelf", "text_of", "walk"]
