"""A FIDO2 key at the terminal: what is told where there is none. With a device nothing was tried."""

import pytest

from cli.ceremony.fido2_key import SecurityKey
from cli.errors import NotFound


def test_without_a_key_nobody_is_asked_for_its_pin() -> None:
    """No device, no confirmation: the person is told what to plug in, and no PIN is typed in vain."""
    key = SecurityKey(bytes(16), lambda: pytest.fail("the PIN was asked for"))
    with pytest.raises(NotFound, match="sato"):
        key.confirm(bytes(32), "S01", "sato", bytes(32))
