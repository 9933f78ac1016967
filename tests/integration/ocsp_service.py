"""The program the tests of the OCSP server start: `python -m tests.integration.ocsp_service FOLDER PORT WORKERS`.

FOLDER holds ca.pem, responder.pem, ninsho.db and token.json (how to open the token with the responder's key).
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hsm.token import Token, TokenConfig
from ocsp.delegate import Delegate
from ocsp.limit import TokenBucket
from ocsp.responder import Responder
from ocsp.server import serve
from ocsp.status import StatusReader
from ocsp.web import OCSPApplication
from store.database import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def application(folder: Path) -> "WSGIApplication":
    """The responder of one worker, with its own database connection and its own token session."""
    certificate = x509.load_pem_x509_certificate((folder / "responder.pem").read_bytes())
    token = json.loads((folder / "token.json").read_text())
    config = TokenConfig(
        module=Path(token["module"]), label=token["label"], lock=Path(token["lock"]), environment=token["environment"]
    )
    key = Token.open(config, token["pin"]).signing_key("responder", certificate=certificate)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("the responder's key is neither RSA nor elliptic curve")
    delegate = Delegate(
        authority="jpki-sign-g1",
        issuer="jpki-sign",
        ca_certificate=x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()),
        certificate=certificate,
        key=key,
        validity=timedelta(minutes=30),
        outage=timedelta(minutes=15),
    )
    reader = StatusReader(Database(f"sqlite:///{folder / 'ninsho.db'}", "ocsp"), 1000)
    responder = Responder([delegate], reader, 1000, TokenBucket(100, 100))
    return OCSPApplication(responder, lambda: datetime.now(UTC))


if __name__ == "__main__":
    root, port, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    serve(lambda: application(root), ("127.0.0.1", port), workers)
