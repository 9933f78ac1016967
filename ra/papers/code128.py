"""A receipt number as a Code 128 bar code (ISO/IEC 15417), drawn as one path that prints crisply at any size."""

from itertools import groupby
from typing import Final

from barcode.codex import Code128  # type: ignore[import-untyped]  # it publishes no types, and is met here only
from markupsafe import Markup, escape

__all__ = ["QUIET", "bars"]

QUIET: Final = 10
"""Modules of white on either side (ISO/IEC 15417, 4.4)."""


def bars(text: str, height: int = 40) -> Markup:
    """The bars of a text in ASCII as an SVG drawing, `height` modules high; its title, for who cannot see, is the text.

    The page says how wide it is: a scanner wants 0.19 mm and more for a module.
    """
    (modules,) = Code128(text).build()
    drawn, at = [], QUIET
    for bit, run in groupby(modules):
        width = len(list(run))
        if bit == "1":
            drawn.append(f"M{at} 0h{width}v{height}h-{width}z")
        at += width
    box = f'viewBox="0 0 {at + QUIET} {height}" preserveAspectRatio="none"'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" class="bars" {}><title>{}</title><path d="{}"/></svg>'
    return Markup(svg.format(box, escape(text), "".join(drawn)))  # noqa: S704 - drawn here, the text is escaped
