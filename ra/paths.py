"""Addresses that a form may lead back to: pages of ours, on the same site."""

from urllib.parse import urlsplit

__all__ = ["local_path"]


def local_path(wanted: str | None) -> str:
    r"""`wanted` if it is the path of a page on this site, "/" for anything else.

    A browser reads a backslash as a slash and drops tabs and newlines, so "/\host" leads elsewhere as "//host" does.
    """
    if not wanted or len(wanted) > 2000 or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    if "\\" in wanted or any(ord(character) < 0x20 for character in wanted):
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted
