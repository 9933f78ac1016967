"""Fixtures of the front end's tests."""

from tests.fixtures.front import demo_front, front

__all__ = ["demo_front", "front"]
