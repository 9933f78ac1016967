"""A datagram wakes the signer early, wherever its home lies (design section 3)."""

from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from cli.config import Config
from cli.waking import Wake, wake, wake_path


@pytest.mark.parametrize("name", ["home", "x" * 200])
def test_whoever_wakes_ends_the_wait(tmp_path: Path, name: str) -> None:
    """A socket's own name has 107 octets at most (unix(7)); a folder's path may be longer."""
    config = Config.model_construct(path=tmp_path / name / "ninsho.toml")
    config.home.mkdir()
    with closing(Wake(wake_path(config))) as waker:
        wake(config)
        begun = monotonic()
        waker.wait(30)
    assert monotonic() - begun < 10
