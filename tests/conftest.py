"""Fixtures that several packages share, one plugin per matter."""

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.home",
    "tests.fixtures.tokens",
    "tests.fixtures.cards",
    "tests.fixtures.vectors",
    "tests.fixtures.window",
]
