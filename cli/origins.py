"""Web origins of the front end as a configuration spells them (RFC 6454 section 6.2)."""

from ipaddress import ip_address
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def origin(text: str) -> str:
    """`text`, once it is an origin on which browsers offer passkeys; raises ValueError.

    That is `scheme://host` or `scheme://host:port` in the one spelling that browsers use: the host a domain in lower
    case, since an IP address is no RP ID (WebAuthn Level 2 section 5.1.2); `https`, or `http` for localhost and below
    (W3C Secure Contexts section 3.1).
    """
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not host or _spelt(parts.scheme, host, parts.port) != text:
        raise ValueError("an origin is written scheme://host or scheme://host:port, and nothing after it")
    if _is_address(host):
        raise ValueError("an origin of passkeys has a domain, not an IP address")
    if parts.scheme == "http" and not (host == "localhost" or host.endswith(".localhost")):
        raise ValueError("browsers offer passkeys on https only, localhost aside")
    return text


def host_of(origin: str) -> str:
    """The host of an origin: the RP ID of the passkeys that are used there."""
    return urlsplit(origin).hostname or ""


def apart(working: str, approval: str) -> bool:
    """Whether no page of the origin `working` can use a passkey of `approval`: it is neither there nor below it."""
    return not f".{host_of(working)}".endswith(f".{host_of(approval)}")


def _spelt(scheme: str, host: str, port: int | None) -> str:
    return f"{scheme}://{host}" if port in (None, PORTS[scheme]) else f"{scheme}://{host}:{port}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
