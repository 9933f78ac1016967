"""Certificates to ask about: recorded as issued, some revoked, and the questions about them.

They are recorded through the store like any other, but nobody signed them: a responder never looks at their bytes.
"""

import hashlib
import secrets
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cli.config import Config
from cli.wiring import open_database, utc_now
from store.authorities import authority
from store.certificates import CertificateRecord
from store.reservations import record_many, reserve_many
from store.revocations import Revocation, revoke_many

AUTHORITY = "jpki-auth-g1"
ISSUER = "jpki-auth"
AT_ONCE = 1000
REVOKED_OF = 10  # one of so many is revoked
CERTIFICATE_OCTETS = 1300


@dataclass(frozen=True, slots=True)
class Population:
    """The authority's certificate, serial numbers, those revoked, and the questions about them."""

    ca_certificate: x509.Certificate
    serials: tuple[int, ...]
    revoked: frozenset[int]

    def write_bodies(self, path: Path, part: slice) -> Path:
        """Write the questions about some of the serials as POST bodies, one in a line, in hexadecimal."""
        path.write_text(
            "".join(f"{question(self.ca_certificate, each).hex()}\n" for each in self.serials[part]), "ascii"
        )
        return path

    def write_paths(self, path: Path, part: slice) -> Path:
        """Write the same questions as paths of GET requests (RFC 6960 appendix A.1), one in a line."""
        questions = (b64encode(question(self.ca_certificate, each)) for each in self.serials[part])
        path.write_text("".join(f"/ocsp/{quote(each, safe='')}\n" for each in questions), "ascii")
        return path


def populate(config: Config, count: int) -> Population:
    """Record `count` certificates and revoke some."""
    serials = tuple(int.from_bytes(b"\x40" + secrets.token_bytes(15), "big") for _ in range(count))
    revoked = serials[::REVOKED_OF]
    with closing(open_database(config, "signer")) as database:
        for start in range(0, count, AT_ONCE):
            with database.transaction() as tx:
                part = serials[start : start + AT_ONCE]
                reserve_many(tx, [certificate(serial) for serial in part])
                der = secrets.token_bytes(CERTIFICATE_OCTETS)
                record_many(tx, [(ISSUER, serial, der) for serial in part], utc_now())
        with database.transaction() as tx:
            revoke_many(tx, [Revocation(ISSUER, serial, 4, None, None) for serial in revoked], utc_now())
        with database.snapshot() as tx:
            ca_certificate = x509.load_der_x509_certificate(authority(tx, AUTHORITY).certificate)
    return Population(ca_certificate, serials, frozenset(revoked))


def certificate(serial: int) -> CertificateRecord:
    """The row of a certificate that is about to be signed."""
    now = utc_now()
    return CertificateRecord(
        issuer=ISSUER,
        serial=serial,
        authority=AUTHORITY,
        profile="jpki-auth",
        profile_digest=bytes(32),
        application_id=None,
        holder=secrets.token_bytes(32),
        kind=None,
        partition="13103",
        distribution_point=b"",
        key_hash=secrets.token_bytes(32),
        tbs=secrets.token_bytes(CERTIFICATE_OCTETS),
        certificate=None,
        state="reserved",
        not_before=now,
        not_after=now + timedelta(days=1800),
        reserved_at=now,
        issued_at=None,
    )


def question(ca_certificate: x509.Certificate, serial: int) -> bytes:
    """The DER of an OCSPRequest (RFC 6960 section 4.1) without a nonce, its CertID by SHA-1 as most verifiers ask."""
    name = hashlib.sha1(ca_certificate.subject.public_bytes(), usedforsecurity=False).digest()
    key = x509.SubjectKeyIdentifier.from_public_key(ca_certificate.public_key()).digest
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, hashes.SHA1())  # noqa: S303 - RFC 5019's CertID
    return builder.build().public_bytes(Encoding.DER)
