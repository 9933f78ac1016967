"""The four PKCS#11 functions that python-pkcs11 does not offer, called through the module's own function list.

python-pkcs11 initialises a module with no arguments, which promises a single-threaded application, and yet releases the
interpreter lock in every call: a module that believes the promise races and crashes. So the module is initialised here,
with CKF_OS_LOCKING_OK (PKCS#11 2.40, 5.4).
"""

import ctypes
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

__all__ = ["Cryptoki", "PinReturned", "ReturnedError", "SessionState"]

_OK = 0
_NOT_INITIALIZED = 0x190
_ALREADY_INITIALIZED = 0x191
_PIN_ERRORS = (0xA0, 0xA1, 0xA2)
_OS_LOCKING_OK = 2

# Positions in CK_FUNCTION_LIST after its version field (pkcs11f.h). The list is used rather than the exported symbols,
# because a symbol may be found in another PKCS#11 module of the same process.
_INITIALIZE, _FINALIZE, _INIT_TOKEN, _CLOSE_ALL_SESSIONS, _GET_SESSION_INFO = 0, 1, 9, 14, 15


class ReturnedError(Exception):
    """A PKCS#11 function returned an error: `function` by name, `value` as in pkcs11t.h."""

    def __init__(self, function: str, value: int) -> None:
        super().__init__(function, value)
        self.function = function
        self.value = value

    def __str__(self) -> str:
        return f"{self.function} returned 0x{self.value:x}"


class PinReturned(ReturnedError):
    """CKR_PIN_INCORRECT, CKR_PIN_INVALID or CKR_PIN_LEN_RANGE."""


class SessionState(IntEnum):
    """CK_STATE (PKCS#11 2.40, 3.4): what a session may do at the moment."""

    READ_ONLY_PUBLIC = 0
    READ_ONLY_USER = 1
    READ_WRITE_PUBLIC = 2
    READ_WRITE_USER = 3
    READ_WRITE_SECURITY_OFFICER = 4

    @property
    def user(self) -> bool:
        """Whether the user is logged in, so that private keys are visible."""
        return self in (SessionState.READ_ONLY_USER, SessionState.READ_WRITE_USER)


class _InitializeArguments(ctypes.Structure):
    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _SessionInfo(ctypes.Structure):
    _fields_ = (
        ("slot", ctypes.c_ulong),
        ("state", ctypes.c_ulong),
        ("flags", ctypes.c_ulong),
        ("device_error", ctypes.c_ulong),
    )


class Cryptoki:
    """The function list of the module at `path`, which python-pkcs11 must have loaded before.

    Loading it twice counts references: both speak to the same copy. Raises OSError when it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        functions = ctypes.c_void_p()
        library.C_GetFunctionList.restype = ctypes.c_ulong
        _check("C_GetFunctionList", library.C_GetFunctionList(ctypes.byref(functions)))
        if functions.value is None:
            raise OSError("the module has no function list")
        self._functions = functions.value

    def initialize(self) -> None:
        """Initialise for many threads. A state inherited through fork is thrown away first."""
        arguments = _InitializeArguments(flags=_OS_LOCKING_OK)
        call = self._function(_INITIALIZE, ctypes.c_void_p)
        value = call(ctypes.addressof(arguments))
        if value == _ALREADY_INITIALIZED:
            self.finalize()
            value = call(ctypes.addressof(arguments))
        _check("C_Initialize", value)

    def finalize(self) -> None:
        """End every session, login and handle of this process. No other call may be under way."""
        value = self._function(_FINALIZE, ctypes.c_void_p)(None)
        if value != _NOT_INITIALIZED:
            _check("C_Finalize", value)

    def init_token(self, slot: int, label: str, so_pin: str) -> None:
        """Initialise the token in `slot` under `label` (at most 32 octets); what it held is gone."""
        padded = ctypes.create_string_buffer(label.encode().ljust(32), 32)
        pin = so_pin.encode()
        call = self._function(_INIT_TOKEN, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_void_p)
        _check("C_InitToken", call(slot, pin, len(pin), ctypes.addressof(padded)))

    def session_state(self, session: int) -> SessionState:
        """What the session with this handle may do now; ReturnedError when there is no such session any more."""
        info = _SessionInfo()
        call = self._function(_GET_SESSION_INFO, ctypes.c_ulong, ctypes.c_void_p)
        _check("C_GetSessionInfo", call(session, ctypes.addressof(info)))
        return SessionState(info.state)

    def close_all_sessions(self, slot: int) -> None:
        """End every session of this process with the token in `slot`, and its login."""
        _check("C_CloseAllSessions", self._function(_CLOSE_ALL_SESSIONS, ctypes.c_ulong)(slot))

    def _function(self, position: int, *arguments: type) -> Callable[..., int]:
        pointer = ctypes.sizeof(ctypes.c_void_p)
        address = ctypes.c_size_t.from_address(self._functions + pointer * (position + 1)).value
        return ctypes.CFUNCTYPE(ctypes.c_ulong, *arguments)(address)


def _check(function: str, value: int) -> None:
    if value in _PIN_ERRORS:
        raise PinReturned(function, value)
    if value != _OK:
        raise ReturnedError(function, value)
