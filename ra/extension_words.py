"""A certificate's extensions in plain words: what each is for, and the codes in its content as people call them."""

import re
from collections.abc import Mapping
from typing import Final

from flask_babel import gettext

from ra.languages import mark

__all__ = ["EXTENSIONS", "plain"]

EXTENSIONS: Final[Mapping[str, str]] = {
    "authorityKeyIdentifier": mark("Which key of the authority signed it"),
    "subjectKeyIdentifier": mark("Fingerprint of its own key"),
    "keyUsage": mark("What the key may be used for"),
    "extKeyUsage": mark("For which purposes"),
    "certificatePolicies": mark("Under which policy it was issued"),
    "subjectAltName": mark("The holder, as verifiers read it"),
    "issuerAltName": mark("The authority, as verifiers read it"),
    "basicConstraints": mark("Whether it may issue certificates"),
    "cRLDistributionPoints": mark("In which revocation list it would stand"),
    "authorityInfoAccess": mark("Where verifiers ask whether it is valid"),
}
"""What each extension is for, in plain words: message ids."""

_CONTENT: Final[Mapping[str, str]] = {
    "digitalSignature": mark("Electronic signature"),
    "nonRepudiation": mark("Proof that the signer cannot deny it"),
    "keyEncipherment": mark("Exchange of keys"),
    "dataEncipherment": mark("Encryption of data"),
    "keyAgreement": mark("Agreement on keys"),
    "keyCertSign": mark("Signing certificates"),
    "cRLSign": mark("Signing revocation lists"),
    "serverAuth": mark("Showing which server it is"),
    "clientAuth": mark("Showing who logs in"),
    "emailProtection": mark("Mail"),
    "otherName 1.2.392.200149.8.5.5.1": mark("Name:"),
    "otherName 1.2.392.200149.8.5.5.2": mark("Substituted characters of the name (1 = substituted):"),
    "otherName 1.2.392.200149.8.5.5.3": mark("Sex (1 male, 2 female, 3 unknown):"),
    "otherName 1.2.392.200149.8.5.5.4": mark("Date of birth (first digit: era):"),
    "otherName 1.2.392.200149.8.5.5.5": mark("Address:"),
    "otherName 1.2.392.200149.8.5.5.6": mark("Substituted characters of the address (1 = substituted):"),
    "ocsp URI": mark("OCSP:"),
    "ca_issuers URI": mark("Certificate of the authority:"),
    "directoryName": mark("Directory name:"),
    "dNSName": mark("Server name:"),
    "rfc822Name": mark("Mail address:"),
    "URI": mark("Web address:"),
}
"""Codes at the beginning of a line of content, or between commas: message ids."""

_STRING_TYPE: Final = re.compile(r" \[(?:utf8|printable|ia5|teletex|bmp|other)\]")


def plain(line: str) -> str:
    """A line of an extension's content with its codes in words, in the language of this request."""
    text = _STRING_TYPE.sub("", line)
    for code, message in _CONTENT.items():
        if text == code or text.startswith(f"{code} "):
            return f"{gettext(message)}{text.removeprefix(code)}"
    parts = text.split(", ")
    if all(part in _CONTENT for part in parts):
        return ", ".join(gettext(_CONTENT[part]) for part in parts)
    return text
