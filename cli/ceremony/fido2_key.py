"""A person's FIDO2 key at the ceremony's terminal (CTAP 2.1 section 6.2). Untested with a device.

The key verifies its holder by PIN and touch and signs the confirmation. It never signs a document, since what it signs
is an assertion.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ca.ceremony.fido2 import RELYING_PARTY, client_data_hash
from ca.ceremony.presence import Confirmation, statement
from ca.statement import Domain, message
from cli.errors import CommandError, NotFound

__all__ = ["SecurityKey"]


class SecurityKeyRefused(CommandError):
    """The key did not confirm: its PIN, its holder's touch, or the credential is not what it wants."""

    code = "cli.refused-credential"

    def __init__(self, person: str, why: str) -> None:
        super().__init__(f"The FIDO2 key of {person} did not confirm: {why}.")
        self.next = "See that it is this person's key, and resume; a key locks itself after a few wrong PINs."


@dataclass(frozen=True, slots=True)
class SecurityKey:
    """The credential that the script names, on whichever key is plugged in. `pin` asks for the key's PIN."""

    credential: bytes
    pin: Callable[[], str]

    def confirm(self, script_digest: bytes, step: str, person: str, head: bytes) -> Confirmation:
        """Have the key sign a confirmation, its PIN tried once. Raises NotFound without a key, SecurityKeyRefused."""
        from fido2.ctap import CtapError
        from fido2.ctap2.base import Ctap2
        from fido2.ctap2.pin import ClientPin
        from fido2.hid import CtapHidDevice

        device = next(iter(CtapHidDevice.list_devices()), None)
        if device is None:
            raise NotFound(f"A FIDO2 key for {person}", "Plug it in and resume the ceremony.")
        hashed = client_data_hash(message(Domain.CEREMONY, statement(script_digest, step, person, head)))
        try:
            key = Ctap2(device)
            client = ClientPin(key)
            token = client.get_pin_token(self.pin(), ClientPin.PERMISSION.GET_ASSERTION, RELYING_PARTY)
            asserted = key.get_assertion(
                RELYING_PARTY,
                hashed,
                [{"type": "public-key", "id": self.credential}],
                pin_uv_param=client.protocol.authenticate(token, hashed),
                pin_uv_protocol=client.protocol.VERSION,
            )
        except (CtapError, ValueError, OSError) as error:
            raise SecurityKeyRefused(person, str(error) or type(error).__name__) from None
        data = bytes(asserted.auth_data)
        return Confirmation(person=person, head=head, signature=asserted.signature, authenticator_data=data)
