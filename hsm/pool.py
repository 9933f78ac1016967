"""Sessions with one token: an anchor for the login, work sessions without a PIN, recovery of a lost token.

Closing a session that was opened with a PIN logs the whole process out (PKCS#11 2.40, 5.6: a login belongs to
application and token). So one session, the anchor, carries the login and does nothing else.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import TypeVar

import pkcs11
from pkcs11 import Mechanism, TokenFlag, exceptions

from hsm.config import TokenConfig
from hsm.cryptoki import ReturnedError
from hsm.errors import OperationRefused, PinRefused, TokenAlreadyOpen, TokenError, TokenMissing, TokenUnavailable
from hsm.module import Module, started_alone
from hsm.session import LoggedOut, WorkSession
from hsm.vendors import VENDORS

__all__ = ["PIN_REFUSALS", "Pool"]

Result = TypeVar("Result")

# A pooled session, a new session, then restarts. More than one restart, because sessions may be lost again meanwhile.
_ATTEMPTS = 5
_SIGNATURE_OCTETS = 512  # of RSA-4096, the longest
_NEW_SESSION_FROM = 1
_RESTART_FROM = 2

PIN_REFUSALS: Mapping[type[Exception], str] = {
    exceptions.PinIncorrect: "it is wrong",
    exceptions.PinInvalid: "it is wrong",
    exceptions.PinLenRange: "its length is wrong",
    exceptions.PinLocked: "the token is locked after too many wrong ones",
    exceptions.PinExpired: "it has expired",
    exceptions.UserPinNotInitialized: "the token has none yet",
}
"""Why a token refuses a PIN that it was given, in words."""

# The token works and says no; another session would hear the same.
_REFUSALS = (
    exceptions.ArgumentsBad,
    exceptions.AttributeReadOnly,
    exceptions.AttributeTypeInvalid,
    exceptions.AttributeValueInvalid,
    exceptions.DataInvalid,
    exceptions.DataLenRange,
    exceptions.DomainParamsInvalid,
    exceptions.FunctionNotSupported,
    exceptions.KeySizeRange,
    exceptions.KeyTypeInconsistent,
    exceptions.MechanismInvalid,
    exceptions.MechanismParamInvalid,
    exceptions.TemplateIncomplete,
    exceptions.TemplateInconsistent,
    exceptions.TokenWriteProtected,
)

# Everything else may heal: a session, a login or the token itself was lost.
_LOSSES = (exceptions.PKCS11Error, ReturnedError, LoggedOut)


class Pool:
    """Sessions with the token that `config` describes, at most `config.sessions` at work at once.

    The PIN is kept to log in again after a loss. Once refused it is never sent again: every later call raises
    PinRefused.
    """

    def __init__(self, config: TokenConfig, pin: str) -> None:
        self.config = config
        self.name = config.name
        self._pin = pin
        self._module = Module.at(config.module)
        self._generation = -1
        self._tries = 0
        self._closed = False
        self._failure: TokenError | None = None
        self._refusal: PinRefused | None = None
        self._token: pkcs11.Token
        self._idle: deque[WorkSession] = deque()
        self._places = BoundedSemaphore(config.sessions)

    def open(self) -> None:
        """Attach to the module and log in. Raises ModuleMissing, EnvironmentConflict and what `_connect` raises."""
        with self._module.alone():
            self._module.attach(self.config.environment)
        try:
            self._connect(self._tries, lost=None)
        except BaseException:
            self._leave()
            raise

    def close(self) -> None:
        """End all sessions and the login; the pool cannot be used again. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        with self._module.alone():
            if self._generation == self._module.generation:
                with suppress(ReturnedError):
                    self._module.cryptoki.close_all_sessions(self._token.slot.slot_id)
        self._leave()

    def sign(self, label: str, mechanism: Mechanism, data: bytes) -> bytes:
        """The raw signature by the key `label`: three PKCS#11 calls once the session knows the key."""

        def operate(work: WorkSession) -> bytes:
            signature: bytes = work.private_key(label).sign(data, mechanism=mechanism, buffer_size=_SIGNATURE_OCTETS)
            return signature

        return self.run(operate)

    def run(self, operate: Callable[[WorkSession], Result]) -> Result:
        """What `operate` returns on some session; it may be called again after a loss, so it must bear repetition.

        Raises TokenUnavailable when the ladder (another session, then a restart) is used up, OperationRefused,
        PinRefused.
        """
        loss: Exception | None = None
        tried, generation = self._tries, self._generation
        for attempt in range(_ATTEMPTS):
            try:
                if attempt >= _RESTART_FROM:
                    self._reconnect(tried, lost=generation)
                elif self._generation != self._module.generation:
                    self._reconnect(tried, lost=None)
                tried, generation = self._tries, self._generation
                with self._session(new=attempt >= _NEW_SESSION_FROM) as work:
                    return operate(work)
            except _REFUSALS as error:
                raise OperationRefused(self.name, type(error).__name__) from error
            except _LOSSES as error:
                loss = error
        raise TokenUnavailable(self.name, _reason(loss)) from loss

    @contextmanager
    def writing(self) -> Iterator[WorkSession]:
        """A session that may write, for one change of the token's objects, alone among the processes of this token.

        What happens inside is never repeated: after a loss nobody knows how far the token came (TokenUnavailable).
        """
        self.run(lambda work: work.objects({pkcs11.Attribute.LABEL: ""}))
        try:
            with self._module.shared(), started_alone(self.config.lock, self.name):
                if self._generation != self._module.generation:
                    raise LoggedOut
                session = self._token.open(rw=True)
                try:
                    yield WorkSession(session, self._module.cryptoki, self.name)
                finally:
                    with suppress(exceptions.PKCS11Error):
                        session.close()
        except _REFUSALS as error:
            raise OperationRefused(self.name, type(error).__name__) from error
        except _LOSSES as error:
            raise TokenUnavailable(self.name, _reason(error)) from error

    @contextmanager
    def _session(self, *, new: bool) -> Iterator[WorkSession]:
        with self._module.shared(), self._places:
            if self._generation != self._module.generation:
                raise LoggedOut
            work = self._idle_session()
            if new and work is not None:
                self._discard(work)
                work = None
            if work is None:
                work = WorkSession(self._token.open(), self._module.cryptoki, self.name)
            try:
                yield work
            except BaseException:
                # A token may leave the failed operation active, and then refuses the session's next one.
                self._discard(work)
                raise
            self._idle.append(work)

    def _idle_session(self) -> WorkSession | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _discard(self, work: WorkSession) -> None:
        with suppress(exceptions.PKCS11Error):
            work.session.close()

    def _reconnect(self, tried: int, *, lost: int | None) -> None:
        try:
            self._connect(tried, lost=lost)
        except TokenMissing as error:
            raise TokenUnavailable(self.name, "it is gone from its slot") from error

    def _connect(self, tried: int, *, lost: int | None) -> None:
        """Find the token and log in, with a restart of the module when the generation `lost` is still the current one.

        Another thread may have been faster. Its success is ours; so is its failure, if it began after our count
        `tried`, or else many threads would search for an absent token one after another.
        """
        with self._module.alone():
            if self._closed:
                raise TokenUnavailable(self.name, "this program has closed it")
            if self._refusal is not None:
                raise PinRefused(*self._refusal.args)
            connected = self._generation == self._module.generation
            if connected and self._generation != lost:
                return
            if self._tries != tried and self._failure is not None:
                raise type(self._failure)(*self._failure.args)
            self._tries += 1
            self._failure = None
            try:
                self._find_and_log_in(restart=connected)
            except TokenError as error:
                self._failure = error
                raise
            except (exceptions.PKCS11Error, ReturnedError) as error:
                self._failure = TokenUnavailable(self.name, _reason(error))
                raise self._failure from error

    def _find_and_log_in(self, *, restart: bool) -> None:
        self._generation = -1
        self._idle.clear()  # sessions of a dead generation must not be closed: their handles may have new owners
        with started_alone(self.config.lock, self.name):
            begun = self._module.running and not restart
            if not begun:
                self._module.start()
            found = self._answering()
            if not found and begun and VENDORS[self.config.vendor].restart_to_see:
                self._module.start()
                found = self._answering()
            if len(found) != 1:
                raise TokenMissing(self.name, len(found))
            self._token = found[0]
            self._log_in()
        self._generation = self._module.generation

    def _answering(self) -> list[pkcs11.Token]:
        found = []
        for slot in self._module.library.get_slots(token_present=True):
            # A broken slot must not hide the others.
            with suppress(exceptions.PKCS11Error):
                token = slot.get_token()
                if TokenFlag.TOKEN_INITIALIZED in token.flags and self.config.names(token.label, token.serial):
                    found.append(token)
        return found

    def _log_in(self) -> None:
        """Open the anchor. It needs no name: nothing works through it, and it ends with its generation."""
        try:
            self._token.open(user_pin=self._pin)
        except tuple(PIN_REFUSALS) as error:
            self._refusal = PinRefused(self.name, PIN_REFUSALS[type(error)])
            raise self._refusal from error
        except exceptions.UserAlreadyLoggedIn as error:
            raise TokenAlreadyOpen(self.name) from error

    def _leave(self) -> None:
        with self._module.alone():
            self._generation = -1
            self._idle.clear()
            self._module.detach()


def _reason(loss: Exception | None) -> str:
    return str(loss) or type(loss).__name__
