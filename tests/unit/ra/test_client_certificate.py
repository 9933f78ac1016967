"""Logging in with an officer's card: the proxy hands its certificate on, and the front end believes the certificate."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ra.edge import CERTIFICATE_HEADER, VERIFIED, VERIFY_HEADER, Edge
from store.database import Database
from tests.fixtures.front import MORNING, Browser, Front
from tests.fixtures.officers import software_key

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def issuer(key: str) -> x509.Certificate:
    """The certificate of an authority that issues officers' cards."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Officers' cards")])
    public = software_key(key).public_key()
    usage = {
        "digital_signature": False,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return (
        x509.CertificateBuilder(name, name, public, 1, MORNING - timedelta(days=9), MORNING + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(software_key(key), hashes.SHA256())
    )


def card(key: str, *, by: str = "cards", days: int = 30, use: x509.ObjectIdentifier = CLIENT) -> str:
    """The header of a card with that key, as nginx writes it."""
    signer = software_key(by)
    certificate = (
        x509.CertificateBuilder(
            issuer(by).subject,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "officer")]),
            software_key(key).public_key(),
            2,
            MORNING - timedelta(days=60),
            MORNING + timedelta(days=days),
        )
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return quote(certificate.public_bytes(Encoding.PEM).decode())


@pytest.fixture
def cards(sqlite_url: str) -> Front:
    """A front end whose officers may log in with cards."""
    return Front(Database(sqlite_url, "ra"), edge=Edge(proxied=True, officer_authorities=(issuer("cards"),)))


def enter(front: Front, header: str, found: str = VERIFIED) -> tuple[Browser, int]:
    """Send the form through the proxy, which says this certificate and what it found of it."""
    browser = front.stranger()
    browser.get("/login")
    answer = browser.post("/login/certificate", {}, **{CERTIFICATE_HEADER: header, VERIFY_HEADER: found})
    return browser, answer.status_code


def test_a_card_of_the_roster_opens_a_session(cards: Front) -> None:
    """The key in the certificate is that of a credential in the roster."""
    browser, status = enter(cards, card("reception-minato"))
    assert (status, "Officer reception-minato" in browser.get("/").text) == (303, True)


@pytest.mark.parametrize(
    "header",
    [
        card("stranger"),
        card("reception-minato", by="forger"),
        card("reception-minato", days=-1),
        card("reception-minato", use=SERVER),
        "",
        "x",
        "-----BEGIN%20CERTIFICATE-----",
        "A" * 20000,
    ],
    ids=["unknown-key", "other-authority", "ended", "server-certificate", "none", "text", "cut", "long"],
)
def test_any_other_certificate_is_refused(cards: Front, header: str) -> None:
    """Whatever the proxy verified is verified again; refused with a word, not with a fault."""
    browser, status = enter(cards, header)
    assert (status, browser.get("/").status_code) == (403, 303)


@pytest.mark.parametrize("found", ["NONE", "FAILED:certificate revoked", "FAILED:CRL has expired", "success", ""])
def test_what_the_proxy_did_not_verify_is_refused(cards: Front, found: str) -> None:
    """Only the proxy saw the list of revoked certificates and the proof that the client has the key."""
    browser, status = enter(cards, card("reception-minato"), found)
    assert (status, browser.get("/").status_code) == (403, 303)


def test_where_no_authority_is_configured_there_is_no_such_login(front: Front) -> None:
    """A header that nobody sets deliberately opens nothing."""
    browser, status = enter(front, card("reception-minato"))
    assert (status, browser.get("/").status_code) == (404, 303)
