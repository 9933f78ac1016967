"""A document holds when two administrators, known from the configuration, signed these bytes (requirement ROL-2)."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ca.document_errors import DocumentSignatureInvalid, DocumentSignerUnknown, TooFewDocumentSigners
from ca.errors import DocumentMalformed, TooLarge
from ca.signed_document import check_signatures, pack, sign_document, unpack
from ca.statement import Domain, PrivateKey, key_octets
from store.rosters import DocumentSignature

BODY = b'{"version":1}'
KEYS: dict[str, PrivateKey] = {
    "adm-1": ec.generate_private_key(ec.SECP256R1()),
    "adm-2": rsa.generate_private_key(65537, 2048),
    "adm-3": ed25519.Ed25519PrivateKey.generate(),
}
ADMINISTRATORS = {name: key_octets(key.public_key()) for name, key in KEYS.items()}


def signed(*names: str, body: bytes = BODY) -> tuple[DocumentSignature, ...]:
    """Signatures of these administrators on the body as a roster."""
    return tuple(sign_document(Domain.ROSTER, body, name, KEYS[name]) for name in names)


def test_two_administrators_suffice() -> None:
    """Requirement ROL-2: two different people, whatever kind of key they have."""
    assert check_signatures(Domain.ROSTER, BODY, signed("adm-1", "adm-2"), ADMINISTRATORS) == {"adm-1", "adm-2"}


@pytest.mark.parametrize("names", [(), ("adm-1",), ("adm-1", "adm-1")], ids=["nobody", "one", "one-twice"])
def test_fewer_than_two_do_not(names: tuple[str, ...]) -> None:
    """Requirement ROL-2: one person signing twice is one person."""
    with pytest.raises(TooFewDocumentSigners) as refusal:
        check_signatures(Domain.ROSTER, BODY, signed(*names), ADMINISTRATORS)
    assert refusal.value.signers == len(set(names))


def test_one_key_under_two_names_is_one_administrator() -> None:
    """Requirement ROL-2: a configuration that lists one key twice does not make two people of its owner."""
    configuration = {"adm-1": ADMINISTRATORS["adm-1"], "alias": ADMINISTRATORS["adm-1"]}
    alias = sign_document(Domain.ROSTER, BODY, "alias", KEYS["adm-1"])
    with pytest.raises(TooFewDocumentSigners):
        check_signatures(Domain.ROSTER, BODY, (*signed("adm-1"), alias), configuration)


def test_an_unknown_signer_is_refused_even_beside_two_known_ones() -> None:
    """Design section 3: nobody outside the configuration signs documents; a stray signature is a sign of trouble."""
    with pytest.raises(DocumentSignerUnknown) as refusal:
        check_signatures(
            Domain.ROSTER, BODY, signed("adm-1", "adm-2", "adm-3"), {n: ADMINISTRATORS[n] for n in ("adm-1", "adm-2")}
        )
    assert refusal.value.credential == "adm-3"


@pytest.mark.parametrize("body", [b'{"version":2}', b'{"version":1 }', b""])
def test_an_edited_document_is_refused(body: bytes) -> None:
    """Design section 3: the signatures are over these bytes."""
    with pytest.raises(DocumentSignatureInvalid):
        check_signatures(Domain.ROSTER, body, signed("adm-1", "adm-2"), ADMINISTRATORS)


def test_a_signature_under_anothers_name_is_refused() -> None:
    """Requirement ROL-2: one administrator cannot sign for the other."""
    forged = sign_document(Domain.ROSTER, BODY, "adm-2", KEYS["adm-1"])
    with pytest.raises(DocumentSignatureInvalid) as refusal:
        check_signatures(Domain.ROSTER, BODY, (*signed("adm-1"), forged), ADMINISTRATORS)
    assert refusal.value.credential == "adm-2"


def test_a_document_of_one_kind_is_none_of_another() -> None:
    """Domain separation: a signed roster is no authority record."""
    with pytest.raises(DocumentSignatureInvalid):
        check_signatures(Domain.AUTHORITY, BODY, signed("adm-1", "adm-2"), ADMINISTRATORS)


def test_a_file_carries_document_and_signatures() -> None:
    """The file one administrator hands to the next yields the very bytes that were signed."""
    signatures = signed("adm-1")
    assert unpack(pack(BODY, signatures, limit=4096), limit=4096) == (BODY, signatures)


@pytest.mark.parametrize(
    "file", [b"", b"{}", b'{"document":1,"signatures":[],"more":1}', b'{"document":1, "signatures":[]}']
)
def test_a_broken_file_is_refused(file: bytes) -> None:
    """Unknown, missing or non-canonical parts are a clear error."""
    with pytest.raises(DocumentMalformed):
        unpack(file, limit=4096)


def test_a_large_file_is_refused() -> None:
    """Requirement INP-1: size is looked at before anything is parsed."""
    with pytest.raises(TooLarge):
        unpack(b" " * 11, limit=10)
