"""Documents that hold only when two administrators signed them: the roster and the authority records.

Who the administrators are is told by the configuration of the program that reads the document, never by the document
or the database, so whoever can write the database cannot appoint himself.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import rfc8785
from pydantic import Field, JsonValue, TypeAdapter
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Code, Octets, decode, encode
from ca.document_errors import DocumentSignatureInvalid, DocumentSignerUnknown, TooFewDocumentSigners
from ca.statement import Domain, PrivateKey, public_key, sign, verifies
from store.rosters import DocumentSignature

__all__ = ["SIGNERS_NEEDED", "Administrators", "check_signatures", "pack", "sign_document", "unpack"]

SIGNERS_NEEDED: Final = 2
"""Distinct administrators, so that no one person appoints officers or authorities (BR 6.1, NIAP FPT_SKY)."""

Administrators = Mapping[str, bytes]
"""Credential code of each administrator -> SubjectPublicKeyInfo in DER, from the reading program's configuration."""


def sign_document(domain: Domain, body: bytes, credential: str, key: PrivateKey) -> DocumentSignature:
    """Sign a document's canonical bytes as the administrator whose credential has that code."""
    return DocumentSignature(credential=credential, signature=sign(key, domain, body))


def check_signatures(
    domain: Domain, body: bytes, signatures: Iterable[DocumentSignature], administrators: Administrators
) -> frozenset[str]:
    """Return the codes of the administrators who signed these bytes, at least two with two different keys.

    Raises DocumentSignerUnknown or DocumentSignatureInvalid for the first signature that is not believed, even if
    enough others are, and TooFewDocumentSigners.
    """
    signers: dict[str, bytes] = {}
    for each in signatures:
        spki = administrators.get(each.credential)
        if spki is None:
            raise DocumentSignerUnknown(domain.value, each.credential)
        if not verifies(public_key(spki), domain, body, each.signature):
            raise DocumentSignatureInvalid(domain.value, each.credential)
        signers[each.credential] = spki
    distinct = len(set(signers.values()))
    if distinct < SIGNERS_NEEDED:
        raise TooFewDocumentSigners(domain.value, distinct, SIGNERS_NEEDED)
    return frozenset(signers)


@dataclass(frozen=True, slots=True, config=CONFIG)
class _Signature:
    credential: Code
    signature: Annotated[Octets, Field(min_length=1, max_length=1024)]


@dataclass(frozen=True, slots=True, config=CONFIG)
class _File:
    document: JsonValue
    signatures: Annotated[tuple[_Signature, ...], Field(max_length=16)]


_ADAPTER: Final = TypeAdapter(_File)


def pack(document: bytes, signatures: Iterable[DocumentSignature], *, limit: int) -> bytes:
    """Return the file that carries a document and its signatures from one administrator to the next: canonical JSON."""
    listed = tuple(_Signature(each.credential, each.signature) for each in signatures)
    file = _File(TypeAdapter(JsonValue).validate_json(document), listed)
    return encode(_ADAPTER, file, document="signed document", limit=limit)


def unpack(file: bytes, *, limit: int) -> tuple[bytes, tuple[DocumentSignature, ...]]:
    """Return the document's canonical bytes and its signatures from a file of `pack`; nothing is believed yet.

    Raises TooLarge and DocumentMalformed.
    """
    read = decode(_ADAPTER, file, document="signed document", limit=limit)
    return rfc8785.dumps(read.document), tuple(DocumentSignature(s.credential, s.signature) for s in read.signatures)
