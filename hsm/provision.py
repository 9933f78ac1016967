"""Setting up tokens: what slots there are, a new token, a SoftHSM configuration. Importing keys is not offered."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pkcs11
from pkcs11 import Attribute, ObjectClass, TokenFlag, exceptions

from hsm.config import TokenConfig
from hsm.cryptoki import PinReturned, ReturnedError
from hsm.errors import LabelInUse, OperationRefused, PinRefused, TokenAlreadyOpen, TokenMissing, TokenUnavailable
from hsm.keys import PublicKey
from hsm.module import Module, started_alone
from hsm.objects import UnknownKind, public_key
from hsm.pool import PIN_REFUSALS

__all__ = [
    "SlotDescription",
    "closed_token",
    "described",
    "initialise",
    "public_key_shown",
    "set_user_pin",
    "slots",
    "softhsm_configuration",
]

_LABEL_OCTETS = 32
_NEW_PIN_REFUSALS = (
    exceptions.PinIncorrect,
    exceptions.PinInvalid,
    exceptions.PinLenRange,
    exceptions.PinTooWeak,
    PinReturned,
)
_NOT_AS_NEW = "the token does not accept it as a new PIN"
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SlotDescription:
    """A slot and the token in it. `label` is None for a token that was never initialised."""

    slot: int
    label: str | None
    serial: str
    manufacturer: str
    model: str
    user_pin_set: bool
    user_pin_locked: bool


def slots(module: Path, environment: Mapping[str, str] = _NO_ENVIRONMENT) -> tuple[SlotDescription, ...]:
    """The slots that hold a token, broken ones left out.

    Raises ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    with _attached(module, environment) as attached:
        return _slots(attached)


def initialise(config: TokenConfig, so_pin: str, user_pin: str) -> SlotDescription:
    """Make a new token of `config.label` in the first slot whose token was never initialised, and set both PINs.

    A token of that label that has no user PIN yet, left by an earlier call whose user PIN was refused, is taken up
    again. Raises LabelInUse, TokenMissing when no slot is free, PinRefused for a PIN the token does not accept as such,
    OperationRefused for a label over 32 octets, ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    label = config.label or ""
    if not 0 < len(label.encode()) <= _LABEL_OCTETS:
        raise OperationRefused(config.name, f"a token's label has 1 to {_LABEL_OCTETS} octets")
    with _reached(config) as attached:
        named = [each for each in _slots(attached) if each.label == label]
        if any(each.user_pin_set for each in named):
            raise LabelInUse(str(config.module), label)
        free = [each for each in _slots(attached) if each.label is None]
        if not named and not free:
            raise TokenMissing("the name of a free slot")
        try:
            if not named:
                attached.cryptoki.init_token(free[0].slot, label, so_pin)
            _set_first_pin(attached, (named or free)[0].slot, so_pin, user_pin)
        except _NEW_PIN_REFUSALS as error:
            raise PinRefused(label, _NOT_AS_NEW) from error
        return next(each for each in _slots(attached) if each.label == label)


def described(config: TokenConfig) -> SlotDescription:
    """The one token that `config` names by label and serial number. Needs no PIN.

    Raises TokenMissing for none or several, ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    with _reached(config) as attached:
        return _meant(attached, config)


def public_key_shown(config: TokenConfig, label: str) -> PublicKey | None:
    """The public key of this label that the token shows without a PIN; None where it shows none, or several.

    Raises TokenMissing, ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    sought = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: label}
    with _reached(config) as attached, _token(attached, _meant(attached, config).slot).open() as session:
        found = list(session.get_objects(sought))
        with suppress(UnknownKind):
            return public_key(found[0]) if len(found) == 1 else None
    return None


def set_user_pin(config: TokenConfig, so_pin: str, user_pin: str) -> None:
    """Give the token another user PIN by its SO PIN, which is tried once; the old user PIN ends.

    Raises PinRefused for either PIN, TokenAlreadyOpen when this process has the token open, TokenMissing,
    ModuleMissing, EnvironmentConflict, TokenUnavailable.
    """
    with closed_token(config) as token:
        session = _logged_in_as_officer(token, config.name, so_pin)
        try:
            session.init_pin(user_pin)
        except _NEW_PIN_REFUSALS as error:
            raise PinRefused(config.name, _NOT_AS_NEW) from error
        finally:
            session.close()


def softhsm_configuration(directory: Path) -> Path:
    """Make `directory` a home of SoftHSM tokens and return its softhsm2.conf, to be named by SOFTHSM2_CONF.

    Both it and the tokens are readable by their owner only. FileExistsError when the configuration exists.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    tokens = directory / "tokens"
    tokens.mkdir(mode=0o700)
    configuration = directory / "softhsm2.conf"
    configuration.touch(mode=0o600, exist_ok=False)
    configuration.write_text(
        f"directories.tokendir = {tokens.resolve()}\n"
        "objectstore.backend = file\n"
        "log.level = ERROR\n"
        "slots.removable = false\n",
        encoding="utf-8",
    )
    return configuration


@contextmanager
def _reached(config: TokenConfig) -> Iterator[Module]:
    """The token's module while no other program starts at it, since a token may be unseen in that instant."""
    with _attached(config.module, config.environment, started_alone(config.lock, config.name)) as module:
        yield module


@contextmanager
def _attached(
    path: Path, environment: Mapping[str, str], turn: AbstractContextManager[None] | None = None
) -> Iterator[Module]:
    module = Module.at(path)
    with module.alone(), turn or nullcontext():
        module.attach(environment)
        try:
            if not module.running:
                module.start()
            yield module
        except (exceptions.PKCS11Error, ReturnedError) as error:
            raise TokenUnavailable(str(path), str(error) or type(error).__name__) from error
        finally:
            module.detach()


def _slots(module: Module) -> tuple[SlotDescription, ...]:
    found = []
    for slot in module.library.get_slots(token_present=True):
        with suppress(exceptions.PKCS11Error):
            token = slot.get_token()
            known = TokenFlag.TOKEN_INITIALIZED in token.flags
            found.append(
                SlotDescription(
                    slot=slot.slot_id,
                    label=token.label if known else None,
                    serial=token.serial.decode("ascii", "replace"),
                    manufacturer=token.manufacturer_id,
                    model=token.model,
                    user_pin_set=TokenFlag.USER_PIN_INITIALIZED in token.flags,
                    user_pin_locked=TokenFlag.USER_PIN_LOCKED in token.flags,
                )
            )
    return tuple(found)


def _meant(module: Module, config: TokenConfig) -> SlotDescription:
    found = [each for each in _slots(module) if each.label and config.names(each.label, each.serial.encode())]
    if len(found) != 1:
        raise TokenMissing(config.name, len(found))
    return found[0]


@contextmanager
def closed_token(config: TokenConfig) -> Iterator[pkcs11.Token]:
    """The token that `config` names, while no program starts or writes it; TokenAlreadyOpen when this one is in it."""
    with _reached(config) as attached:
        token = _token(attached, _meant(attached, config).slot)
        with token.open(rw=True) as session:
            handle: int = session.handle  # type: ignore[attr-defined]  # the real class has it, its stub not
            if attached.cryptoki.session_state(handle).user:
                raise TokenAlreadyOpen(config.name)
        yield token


def _logged_in_as_officer(token: pkcs11.Token, name: str, so_pin: str) -> pkcs11.Session:
    try:
        return token.open(rw=True, so_pin=so_pin)
    except tuple(PIN_REFUSALS) as error:
        raise PinRefused(name, PIN_REFUSALS[type(error)]) from error


def _token(module: Module, slot: int) -> pkcs11.Token:
    return next(each for each in module.library.get_slots() if each.slot_id == slot).get_token()


def _set_first_pin(module: Module, slot: int, so_pin: str, user_pin: str) -> None:
    session = _token(module, slot).open(rw=True, so_pin=so_pin)
    try:
        session.init_pin(user_pin)
    finally:
        session.close()
