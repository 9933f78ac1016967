"""The digest of the running program: what the script expects and the transcript keeps."""

from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["software_digest", "versions"]

PACKAGES = ("ca", "cli", "crl", "hsm", "ocsp", "policies", "ra", "store")
_LEFT_OUT = ("__pycache__",)
_BESIDE = ("cryptography", "python-pkcs11", "asn1crypto", "pyhanko", "shamir-mnemonic", "weasyprint")


def software_digest() -> bytes:
    """The SHA-256 over every file of the installed packages, by path: the same files give the same digest anywhere."""
    whole = sha256()
    for package in PACKAGES:
        for path, content in _content(package, files(package)):
            whole.update(sha256(path.encode()).digest() + sha256(content).digest())
    return whole.digest()


def versions() -> dict[str, str]:
    """The versions of the libraries that touch keys and papers, for the transcript."""
    return {name: version(name) for name in _BESIDE}


def _content(path: str, place: Traversable) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in sorted(place.iterdir(), key=lambda one: one.name):
        inside = f"{path}/{each.name}"
        if each.is_dir():
            found += [] if each.name in _LEFT_OUT else _content(inside, each)
        else:
            found.append((inside, each.read_bytes()))
    return found
