"""How requests reach the program, and which are turned away before anything else looks at them.

Two names are answered, those of the two sites. What nginx says of a request is believed when the request came by the
Unix socket, which nobody else may open (docs/decisions/0027). On a TCP port, a request that carries a proxy's headers
is forged and refused (GHSA-4w7q-wwx4-6973 is such a hole).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from ra.errors import PageError
from ra.office import Office, Party

__all__ = ["CERTIFICATE_HEADER", "EDGE", "VERIFIED", "VERIFY_HEADER", "Edge", "guard"]

EDGE: Final = "ninsho-edge"
"""Where an application keeps its edge, among Flask's extensions."""

CERTIFICATE_HEADER: Final = "X-Client-Certificate"
"""The officer's certificate as nginx's ``$ssl_client_escaped_cert``, set by deploy/nginx/officers.conf."""

VERIFY_HEADER: Final = "X-Client-Verify"
"""What nginx found of that certificate, as its ``$ssl_client_verify``."""

VERIFIED: Final = "SUCCESS"
"""The one word of `VERIFY_HEADER` that is none of FAILED:why and NONE: the chain holds, and no list revokes it."""

_PROXYS_OWN: Final = ("X-Forwarded-For", "X-Forwarded-Proto", VERIFY_HEADER, CERTIFICATE_HEADER)
_NOBODYS: Final = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server")


@dataclass(frozen=True, slots=True)
class Edge:
    """What stands before the program.

    `proxied`: it listens on a Unix socket and nginx in front of it, which says of each request who asks. Otherwise it
    listens on a TCP port and nothing stands before it. `officer_authorities` sign officers' client certificates, which
    nginx hands on; none means that nobody logs in with one.
    """

    proxied: bool = False
    officer_authorities: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if self.officer_authorities and not self.proxied:
            raise ValueError("client certificates come from a proxy by a socket, and there is none")


def guard(app: Flask, office: Office, edge: Edge) -> None:
    """Let only requests through that reached one of the two sites the configured way; raises PageError for others.

    Outside a demo home both origins must be https, which needs a proxy; raises ValueError.
    """
    hosts = _hosts(office, edge)
    app.extensions[EDGE] = edge
    if edge.proxied:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def check_edge() -> None:
        site = hosts.get((request.scheme, request.host))
        g.party = site or "working"  # an error page needs one
        _check_headers(edge)
        if site is None:
            raise PageError("E-5004")


def _hosts(office: Office, edge: Edge) -> dict[tuple[str, str], Party]:
    """Scheme and host of each site, as a request names them."""
    hosts: dict[tuple[str, str], Party] = {}
    sites: tuple[tuple[Party, str], ...] = (
        ("working", office.parties.working.origin),
        ("approval", office.parties.approval.origin),
    )
    for site, origin in sites:
        parts = urlsplit(origin)
        if parts.scheme != "https" and not office.demo:
            raise ValueError(f"{origin} is not https, which only a demo home may do without")
        if parts.scheme == "https" and not edge.proxied:
            raise ValueError(f"{origin} is https, and no socket is configured where a proxy speaks it")
        hosts[parts.scheme, parts.netloc.lower()] = site
    if len(hosts) != len(sites):
        raise ValueError("approvals need an origin of their own")
    return hosts


def _check_headers(edge: Edge) -> None:
    refused = _NOBODYS if edge.proxied else (*_NOBODYS, *_PROXYS_OWN)
    if any(name in request.headers for name in refused):
        raise PageError("E-5005")
    if edge.proxied:
        # who connects to a Unix socket has no address: whoever has one did not come through the proxy's door
        peer = request.environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]
        client = request.headers.get("X-Forwarded-For", "")
        if peer or not client or "," in client:
            raise PageError("E-5005")
