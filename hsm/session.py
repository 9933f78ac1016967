"""A session without a PIN and the objects found through it."""

from typing import Any

from pkcs11 import Attribute, Object, ObjectClass, Session, SignMixin

from hsm.cryptoki import Cryptoki
from hsm.errors import KeyMissing, TwoKeys

__all__ = ["LoggedOut", "WorkSession"]


class LoggedOut(Exception):
    """The session sees no private keys, because the login of the process is gone."""


class WorkSession:
    """One session, used by one thread at a time, and the private keys it has found.

    A key is searched once per session and kept, since a search reads every object of the token. `token` names the token
    in errors.
    """

    def __init__(self, session: Session, cryptoki: Cryptoki, token: str) -> None:
        self.session = session
        self._cryptoki = cryptoki
        self._token = token
        self._keys: dict[str, SignMixin] = {}

    def private_key(self, label: str) -> SignMixin:
        """The one private key of this label. Raises KeyMissing, TwoKeys."""
        known = self._keys.get(label)
        if known is not None:
            return known
        found = self._one(label, ObjectClass.PRIVATE_KEY)
        if not isinstance(found, SignMixin):
            raise KeyMissing(self._token, label, "it may not sign")
        self._keys[label] = found
        return found

    def public_object(self, label: str) -> Object:
        """The one public key object of this label. Raises KeyMissing, TwoKeys."""
        return self._one(label, ObjectClass.PUBLIC_KEY)

    def objects(self, template: dict[Attribute, Any]) -> list[Object]:
        """All objects matching `template`. Raises LoggedOut instead of answering that there are none.

        A dead session must be noticed before the search: python-pkcs11 reports a search that could not begin a second
        time, from its destructor.
        """
        handle: int = self.session.handle  # type: ignore[attr-defined]  # the real class has it, its stub not
        if not self._cryptoki.session_state(handle).user:
            raise LoggedOut
        found = list(self.session.get_objects(template))
        if not found:
            self.session.token.slot.get_token()  # a token that is away finds nothing, and fails here
        return found

    def _one(self, label: str, object_class: ObjectClass) -> Object:
        found = self.objects({Attribute.CLASS: object_class, Attribute.LABEL: label})
        if not found:
            half = "private" if object_class is ObjectClass.PRIVATE_KEY else "public"
            raise KeyMissing(self._token, label, f"there is no {half} key of this label")
        if len(found) > 1:
            raise TwoKeys(self._token, label)
        return found[0]
