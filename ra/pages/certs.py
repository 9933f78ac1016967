"""The page of a certificate (page 11): a sentence that says how it stands, and everything behind it."""

import re
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID
from flask import Blueprint, Response, current_app, render_template, url_for

from ca.roster import Role
from ca.trail import serial_text
from policies.description import describe, extensions_of
from ra.certificate_file import CertificateFile, load_certificate
from ra.errors import PageError
from ra.extension_words import EXTENSIONS, plain
from ra.languages import mark
from ra.names import names_of
from ra.office import office
from ra.scope import DECIDERS, DESK, roles, scope
from ra.sealed import seal
from ra.standing import kind_name, offered, word
from store.cases import CaseKind

__all__ = ["PAGES", "READERS"]

PAGES: Final = Blueprint("certs", __name__, url_prefix="/certs")

READERS: Final = (*DESK, *DECIDERS, Role.AUDIT)
"""Who reads what a branch has: everybody but the administrators, who decide no case."""

BUTTONS: Final[Mapping[CaseKind, str]] = {
    "issue": mark("Apply for a new one"),
    "renew": mark("Renew"),
    "hold": mark("Suspend"),
    "release": mark("Lift the suspension"),
    "revoke": mark("Revoke"),
}

HISTORY: Final[Mapping[str, str]] = {
    "submission": mark("%(action)s: application"),
    "examination": mark("%(action)s: examination"),
    "approval": mark("%(action)s: approval"),
    "issued": mark("Issued"),
    "revoke": mark("Revoked"),
    "hold": mark("Suspended"),
    "release": mark("Suspension lifted"),
    "expired": mark("End of validity"),
}

ACTIONS: Final[Mapping[str, str]] = {
    "issue": mark("Issue"),
    "revoke": mark("Revocation"),
    "hold": mark("Suspension"),
    "release": mark("Release"),
    "hand-over": mark("Hand-over"),
}

_SERIAL: Final = re.compile(r"(?:[0-9a-f]{2}){1,20}")
_ISSUER: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


@PAGES.get("/<issuer>/<serial>")
@roles(*READERS)
def show(issuer: str, serial: str) -> str:
    """A certificate of one of the officer's branches."""
    file = _file(issuer, serial)
    record, now = file.look.record, office().clock()
    return render_template(
        "certs/show.html",
        file=file,
        record=record,
        serial=serial_text(record.serial),
        name=kind_name(record.kind or record.profile),
        sign=word(file.standing.state),
        days_left=(record.not_after - now).days,
        buttons=_buttons(file),
        extensions=extensions_of(record.tbs),
        words=EXTENSIONS,
        plain=plain,
        history=HISTORY,
        actions=ACTIONS,
        text=describe(record.tbs),
        chain=[(_common_name(each), each) for each in file.chain],
        officers=names_of(office()),
        has_cases="cases.show" in current_app.view_functions,
        sha256=SHA256(),
        serial_text=serial_text,
        kind_name=kind_name,
        word=word,
    )


@PAGES.get("/<issuer>/<serial>.pem")
@roles(*READERS)
def download(issuer: str, serial: str) -> Response:
    """The certificate as a PEM file."""
    pem = _file(issuer, serial).certificate.public_bytes(Encoding.PEM)
    response = Response(pem, mimetype="application/x-pem-file")
    response.headers["Content-Disposition"] = f'attachment; filename="{issuer}-{serial}.pem"'
    return response


def _file(issuer: str, serial: str) -> CertificateFile:
    if not _ISSUER.fullmatch(issuer) or not _SERIAL.fullmatch(serial) or not 0 < int(serial, 16) < 1 << 159:
        raise PageError("E-5001")
    return load_certificate(office(), scope().branches, issuer, int(serial, 16))


def _buttons(file: CertificateFile) -> list[tuple[CaseKind, str, str]]:
    """What can be begun about the certificate as it stands: kind, message id, address. For the reception alone."""
    if not scope().may(Role.RECEPTION) or "cases.new" not in current_app.view_functions:
        return []
    card = seal("card", file.card) if file.card else None
    return [
        (kind, BUTTONS[kind], url_for("cases.new", kind=kind, card=card))
        for kind in offered(file.look, office().clock(), file.newer)
    ]


def _common_name(certificate: Certificate) -> str:
    """The name by which people speak of an authority: its common name, or the first unit it has."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        found = certificate.subject.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return certificate.subject.rfc4514_string()
