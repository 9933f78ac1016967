"""How requests reach the program, and which are turned away before anything else looks at them.

Two names are answered, those of the two sites. What a proxy may say is believed from the configured one only: without
a proxy, a request that carries a proxy's headers is forged and refused (GHSA-4w7q-wwx4-6973 is such a hole).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from ra.errors import PageError
from ra.office import Office, Party

__all__ = ["CERTIFICATE_HEADER", "EDGE", "Edge", "guard"]

EDGE: Final = "ninsho-edge"
"""Where an application keeps its edge, among Flask's extensions."""

CERTIFICATE_HEADER: Final = "X-Client-Certificate"
"""The officer's certificate as nginx's ``$ssl_client_escaped_cert``; deploy/nginx.conf sets it in every request."""

_PROXYS_OWN: Final = ("X-Forwarded-For", "X-Forwarded-Proto")
_NOBODYS: Final = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server")


@dataclass(frozen=True, slots=True)
class Edge:
    """What stands before the program.

    `proxies` is how many proxies a request passes, each adding one address; the last of them connects from an address
    in `peers`, and nobody else may connect then. `officer_authorities` sign officers' client certificates, which the
    proxy hands on; none means that nobody logs in with one.
    """

    proxies: int = 0
    peers: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    officer_authorities: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if self.officer_authorities and not self.proxies:
            raise ValueError("client certificates come from a proxy, and there is none")


def guard(app: Flask, office: Office, edge: Edge) -> None:
    """Let only requests through that reached one of the two sites the configured way; raises PageError for others.

    Outside a demo home both origins must be https, which needs a proxy; raises ValueError.
    """
    hosts = _hosts(office, edge)
    app.extensions[EDGE] = edge
    if edge.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=edge.proxies)  # type: ignore[method-assign]

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
        if parts.scheme == "https" and not edge.proxies:
            raise ValueError(f"{origin} is https, and no proxy is configured that speaks it")
        hosts[parts.scheme, parts.netloc.lower()] = site
    if len(hosts) != len(sites):
        raise ValueError("approvals need an origin of their own")
    return hosts


def _check_headers(edge: Edge) -> None:
    refused = _NOBODYS if edge.proxies else (*_NOBODYS, *_PROXYS_OWN, CERTIFICATE_HEADER)
    if any(name in request.headers for name in refused):
        raise PageError("E-5005")
    if edge.proxies:
        peer = request.environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if peer not in edge.peers or not all(hops) or len(hops) != edge.proxies:
            raise PageError("E-5005")
