"""Sessions, logins, tokens and keys that are lost and come back."""

import fcntl
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Mechanism

from hsm import module as hsm_module
from hsm.errors import KeyMissing, OperationRefused, PinRefused, TokenUnavailable
from hsm.generation import KeyAlgorithm
from hsm.keys import SigningKey
from hsm.token import Token, TokenConfig
from tests.fixtures.token_faults import close_all_sessions, close_idle_session, generation, leave_operation_active
from tests.fixtures.tokens import PIN, SoftHSM
from tests.programs.token_work import begin, finish

OTHER_PIN = "another-9876"


@pytest.fixture
def key(token: Token) -> ec.EllipticCurvePrivateKey:
    """A P-256 key "ca" on the test's token."""
    made = token.generate("ca", KeyAlgorithm.P_256)
    assert isinstance(made, ec.EllipticCurvePrivateKey)
    return made


@pytest.fixture
def away(softhsm: SoftHSM, token_config: TokenConfig) -> Iterator["Away"]:
    """The test's token can be taken away and brought back."""
    movable = Away(softhsm, token_config)
    yield movable
    movable.bring_back()


class Away:
    """A SoftHSM token is a folder; renaming it takes the token out of its slot."""

    def __init__(self, softhsm: SoftHSM, config: TokenConfig) -> None:
        self._place = softhsm.token_directory(config)
        self._gone = softhsm.directory / f"{self._place.name}.gone"

    def take(self) -> None:
        """Take the token away."""
        self._place.rename(self._gone)

    def bring_back(self) -> None:
        """Bring it back, if it is away."""
        if self._gone.exists():
            self._gone.rename(self._place)


def sign(key: SigningKey) -> bytes:
    """A signature by an EC key, which `hsm` has verified."""
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(b"to be signed", ec.ECDSA(hashes.SHA256()))


def test_a_lost_session_is_replaced(token: Token, key: SigningKey) -> None:
    """One session closed behind the pool costs a new session, not a restart."""
    before = generation(token)
    assert close_idle_session(token)
    assert sign(key)
    assert generation(token) == before


def test_a_session_with_an_operation_left_active_is_dropped(token: Token, key: SigningKey) -> None:
    """A session that answers CKR_OPERATION_ACTIVE is thrown away, since it would answer so for ever."""
    before = generation(token)
    sign(key)
    assert leave_operation_active(token)
    assert sign(key)
    assert sign(key)
    assert generation(token) == before


def test_a_session_is_used_no_more_after_an_error(token: Token, key: SigningKey) -> None:
    """Whatever the error was, nobody knows in which state the token left the session."""
    sign(key)
    (used,) = token._pool._idle
    with pytest.raises(OperationRefused):
        token._pool.sign("ca", Mechanism.ECDSA_SHA256, b"to be signed")
    sign(key)
    assert used not in token._pool._idle


def test_a_lost_login_is_renewed(token: Token, key: SigningKey) -> None:
    """With all sessions the login goes; the pool restarts the module and logs in."""
    before = generation(token)
    close_all_sessions(token)
    assert sign(key)
    assert generation(token) == before + 1


def test_every_operation_heals_from_a_lost_login(token: Token, key: SigningKey) -> None:
    """Listing, finding, health, generating and destroying recover as signing does."""
    for operate in (
        token.objects,
        lambda: token.signing_key("ca"),
        lambda: token.health("ca"),
        lambda: token.generate("new", KeyAlgorithm.P_256),
        lambda: token.destroy("new"),
    ):
        close_all_sessions(token)
        operate()
    assert sign(key)


def test_an_error_does_not_log_the_others_out(token: Token, key: SigningKey) -> None:
    """Work sessions are opened without a PIN: closing one after an error leaves the login of the anchor alone."""
    before = generation(token)
    sign(key)
    with pytest.raises(KeyMissing):
        token.signing_key("absent")
    assert sign(key)
    assert generation(token) == before


def test_a_token_that_is_away_is_unavailable(token: Token, key: SigningKey, away: Away) -> None:
    """A lost token raises a ConnectionError, for a key object in use and for every other operation."""
    away.take()
    for operate in (lambda: sign(key), token.objects, lambda: token.signing_key("ca"), lambda: token.health("ca")):
        with pytest.raises(TokenUnavailable) as caught:
            operate()
        assert isinstance(caught.value, ConnectionError)


def test_a_returned_token_heals(token: Token, key: SigningKey, away: Away) -> None:
    """A token that comes back serves the same key objects again, without help."""
    away.take()
    with pytest.raises(TokenUnavailable):
        sign(key)
    away.bring_back()
    assert sign(key)
    token.health("ca")


def test_a_token_that_was_away_for_a_moment_was_never_missed(token: Token, key: SigningKey, away: Away) -> None:
    """A token that is back before the next signature costs at most a restart."""
    away.take()
    away.bring_back()
    assert sign(key)


def test_a_restart_for_one_token_spares_the_others(
    token: Token, key: SigningKey, softhsm: SoftHSM, request: pytest.FixtureRequest
) -> None:
    """A restart ends the sessions of every token of the process; the others log in again when next used."""
    label = f"neighbour-{request.node.name[:10]}"
    with Token.open(softhsm.make(label), PIN) as neighbour:
        theirs = neighbour.generate("theirs", KeyAlgorithm.P_256)
        close_all_sessions(token)
        assert sign(key)
        assert sign(theirs)
        close_all_sessions(neighbour)
        assert sign(theirs)
    assert sign(key)


def test_a_pin_refused_on_the_way_back_is_never_sent_again(
    token: Token, key: SigningKey, token_config: TokenConfig
) -> None:
    """When the PIN was changed meanwhile, one login fails and no other is tried, not even when it would succeed."""
    _change_pin(token, PIN, OTHER_PIN)
    close_all_sessions(token)
    with pytest.raises(PinRefused):
        sign(key)
    with Token.open(token_config, OTHER_PIN) as reopened:
        _change_pin(reopened, OTHER_PIN, PIN)
    with pytest.raises(PinRefused):
        sign(key)


def test_a_key_destroyed_by_another_process_is_missing(
    token: Token, key: SigningKey, token_config: TokenConfig
) -> None:
    """A key that is gone while its token is there raises KeyMissing, not TokenUnavailable."""
    sign(key)
    finish(begin("destroy", token_config, PIN, label="ca"))
    with pytest.raises(KeyMissing):
        sign(key)


def test_a_key_made_by_another_process_is_found(token: Token, token_config: TokenConfig) -> None:
    """New keys are seen without reopening the token."""
    finish(begin("generate", token_config, PIN, label="new"))
    assert sign(token.signing_key("new"))


def test_a_start_lock_held_for_ever_is_reported(
    token: Token, key: SigningKey, token_config: TokenConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that hangs at its start does not hang the others: they report the token as unavailable."""
    monkeypatch.setattr(hsm_module, "_START_SECONDS", 0.05)
    close_all_sessions(token)
    with token_config.lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(TokenUnavailable, match="another process holds"):
            sign(key)
    assert sign(key)


def test_a_closed_token_stays_closed(token: Token, key: SigningKey) -> None:
    """The keys of a token that the program closed do not log in again."""
    token.close()
    with pytest.raises(TokenUnavailable, match="this program has closed it"):
        sign(key)
    token.close()


def test_what_the_token_cannot_do_is_not_retried(token: Token) -> None:
    """A mechanism the token lacks is the caller's error: no restart, OperationRefused."""
    token.generate("ca", KeyAlgorithm.P_256)
    before = generation(token)
    with pytest.raises(OperationRefused, match="MechanismInvalid"):
        token._pool.sign("ca", Mechanism.ECDSA_SHA256, b"to be signed")
    assert generation(token) == before


def _change_pin(token: Token, old: str, new: str) -> None:
    with token._pool.writing() as work:
        work.session.set_pin(old, new)
