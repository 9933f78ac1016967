"""What every response says to the browser: which content it may use, who may frame it, that it keeps no copy."""

from typing import Final

from flask import Flask, Response, request
from flask_talisman import Talisman

__all__ = ["CONTENT_SECURITY_POLICY", "set_headers"]

CONTENT_SECURITY_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
"""Everything from our own origin, nothing inline, nothing from elsewhere, in no frame."""

PERMISSIONS_POLICY: Final = {
    "publickey-credentials-get": "(self)",
    "camera": "()",
    "geolocation": "()",
    "microphone": "()",
    "payment": "()",
    "usb": "()",
    "browsing-topics": "()",
}

_ALWAYS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def set_headers(app: Flask, secure: bool) -> None:
    """Add the headers to every response of `app`, and the flags to its cookies; `secure` when served over https."""
    Talisman(
        app,
        content_security_policy=CONTENT_SECURITY_POLICY,
        permissions_policy=PERMISSIONS_POLICY,
        frame_options="DENY",
        # the form tokens' check wants the page's own address, which another site never gets
        referrer_policy="same-origin",
        # `ra.edge` answers one scheme and no other; the library would believe a header that anybody can send
        force_https=False,
        strict_transport_security=secure,
        session_cookie_secure=secure,
        session_cookie_samesite="Strict",
    )

    @app.after_request
    def complete(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers[name] = value
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response
