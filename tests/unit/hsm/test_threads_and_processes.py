"""Many threads, many processes, forked processes. Each runs in other processes, where a crash is an exit status."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.generation import KeyAlgorithm
from hsm.token import Token, TokenConfig
from tests.fixtures.tokens import PIN, SoftHSM
from tests.programs.token_work import begin, finish


@pytest.fixture
def spki(token_config: TokenConfig) -> str:
    """The public key, as hexadecimal DER, of a P-256 key "ca" on the test's token, which is closed again."""
    with Token.open(token_config, PIN) as token:
        public_key = token.generate("ca", KeyAlgorithm.P_256).public_key()
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def test_eight_threads_sign_on_their_own_sessions(token_config: TokenConfig, spki: str) -> None:
    """The module is initialised with CKF_OS_LOCKING_OK (PKCS#11 2.40, 5.4); without it threads crash in SoftHSM."""
    program = begin("sign", token_config, PIN, keys=[("ca", spki)], threads=8, signatures=250, fault_seconds=0)
    assert finish(program)["verified"] == 8 * 250


def test_threads_wait_for_the_only_session(token_config: TokenConfig, spki: str) -> None:
    """With fewer sessions than threads, signatures take turns."""
    narrow = replace(token_config, sessions=1)
    program = begin("sign", narrow, PIN, keys=[("ca", spki)], threads=4, signatures=50, fault_seconds=0)
    assert finish(program)["verified"] == 4 * 50


def test_processes_that_start_together_all_find_the_token(token_config: TokenConfig, spki: str) -> None:
    """Start, search and login are taken in turns: SoftHSM hides a token while another process logs in."""
    programs = [begin("start", token_config, PIN, label="ca", times=10) for _ in range(4)]
    assert [finish(each)["starts"] for each in programs] == [10] * 4


def test_a_forked_child_starts_over(token_config: TokenConfig, spki: str) -> None:
    """A child logs in by itself (PKCS#11 2.40, 6.6.1), and its parent goes on."""
    program = begin("fork", token_config, PIN, label="ca", threads=0, children=3)
    assert finish(program)["statuses"] == [0, 0, 0]


def test_a_forked_child_does_not_use_inherited_sessions(
    softhsm: SoftHSM, token_config: TokenConfig, spki: str, tmp_path: Path
) -> None:
    """A module that forgets everything at a fork, as PKCS#11 modules may, serves the child all the same."""
    forgetful = tmp_path / "softhsm2.conf"
    forgetful.write_text(softhsm.configuration.read_text() + "library.reset_on_fork = true\n")
    config = replace(token_config, environment={"SOFTHSM2_CONF": str(forgetful)})
    assert finish(begin("fork", config, PIN, label="ca", threads=0, children=2))["statuses"] == [0, 0]


def test_a_fork_waits_for_the_calls_of_other_threads(token_config: TokenConfig, spki: str) -> None:
    """No child inherits a lock inside the library that a thread of its parent held."""
    outcome = finish(begin("fork", token_config, PIN, label="ca", threads=4, children=6))
    assert outcome["statuses"] == [0] * 6
    assert outcome["signed"] > 0
