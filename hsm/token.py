"""A token: its keys, its objects and its health."""

from contextlib import suppress
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pkcs11 import Attribute, Object, ObjectClass, exceptions

from hsm.config import TokenConfig
from hsm.errors import KeyMissing, KeyRemains, LabelInUse, OperationRefused, TokenError, WrongKey
from hsm.generation import KeyAlgorithm, check_attributes, generate_pair
from hsm.keys import PublicKey, SigningKey, signing_key
from hsm.objects import ObjectDescription, UnknownKind, describe, public_key
from hsm.pool import Pool
from hsm.session import WorkSession
from hsm.vendors import VENDORS

__all__ = ["Token", "TokenConfig"]

_RANDOM_BITS = 256
_HEALTH = b"ninsho token health check\x00"


class Token:
    """One open token. Its methods may be called from many threads, and in a forked child, which logs in by itself."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    def open(cls, config: TokenConfig, pin: str) -> Self:
        """Load the module, find the token, log in.

        Raises ModuleMissing, EnvironmentConflict, TokenMissing, PinRefused (the PIN is not tried again),
        TokenAlreadyOpen and TokenUnavailable.
        """
        pool = Pool(config, pin)
        pool.open()
        return cls(pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The token's name in messages."""
        return self._pool.name

    def signing_key(self, label: str, *, certificate: x509.Certificate | None = None) -> SigningKey:
        """The key of this label, which signs through the token from now on.

        With `certificate`, the key must be the one it certifies. Raises KeyMissing, TwoKeys, WrongKey, OperationRefused
        for a key of a kind not used here, and TokenUnavailable.
        """
        found = self._pool.run(lambda work: self._public_half(work, label))
        if certificate is not None and certificate.public_key() != found:
            raise WrongKey(self.name, label)
        return signing_key(self._pool, label, found)

    def generate(self, label: str, algorithm: KeyAlgorithm) -> SigningKey:
        """Make a key pair that signs and never leaves, read its attributes back and try it.

        Raises LabelInUse, AttributeRefused (the pair is destroyed again), OperationRefused when the token cannot make
        such keys, TokenUnavailable (look at `objects` before trying again). Never repeated by itself.
        """
        vendor = VENDORS[self._pool.config.vendor]
        with self._pool.writing() as work:
            if work.objects({Attribute.LABEL: label}):
                raise LabelInUse(self.name, label)
            public_half, private_half = generate_pair(work.session, label, algorithm, vendor)
            try:
                check_attributes(private_half, vendor, self.name, label)
            except TokenError:
                private_half.destroy()
                public_half.destroy()
                raise
        self.health(label)
        return self.signing_key(label)

    def destroy(self, label: str) -> None:
        """Destroy both halves of the key of this label and ask the token again; there is no way back.

        Backups of the token keep their copy. Raises KeyMissing, KeyRemains when the token still shows a half,
        TokenUnavailable (look at `objects` to learn how far it came).
        """
        with self._pool.writing() as work:
            halves = _halves(work, label)
            if not halves:
                raise KeyMissing(self.name, label, "there is no key of this label")
            for half in halves:
                half.destroy()
        if self._pool.run(lambda work: _halves(work, label)):
            raise KeyRemains(self.name, label)

    def objects(self) -> tuple[ObjectDescription, ...]:
        """All objects the token shows, by label and kind. Raises TokenUnavailable."""
        found = self._pool.run(lambda work: [describe(each) for each in work.objects({})])
        return tuple(sorted(found, key=lambda each: (each.label, each.kind)))

    def health(self, label: str) -> None:
        """Let the key sign a digest of 32 octets of the token's own randomness and verify the signature.

        Opening a session proves nothing: it succeeds on a token whose files are gone. Raises what signing raises.
        """
        message = _HEALTH + self._pool.run(_randomness)
        key = self.signing_key(label)
        if isinstance(key, rsa.RSAPrivateKey):
            key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            key.sign(message, ec.ECDSA(hashes.SHA256()))
        else:
            key.sign(message)

    def close(self) -> None:
        """End the sessions and the login. Keys of this token raise TokenUnavailable from now on."""
        self._pool.close()

    def _public_half(self, work: WorkSession, label: str) -> PublicKey:
        work.private_key(label)
        try:
            return public_key(work.public_object(label))
        except UnknownKind as error:
            raise OperationRefused(self.name, str(error)) from error


def _halves(work: WorkSession, label: str) -> list[Object]:
    halves = work.objects({Attribute.LABEL: label, Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    return halves + work.objects({Attribute.LABEL: label, Attribute.CLASS: ObjectClass.PUBLIC_KEY})


def _randomness(work: WorkSession) -> bytes:
    # A token without a generator of its own still signs; its health check then signs the same text again.
    with suppress(exceptions.RandomNoRNG):
        return work.session.generate_random(_RANDOM_BITS)
    return b""
