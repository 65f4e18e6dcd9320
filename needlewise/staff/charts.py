"""Small pictures as SVG: every bar is a link, words stand beside the picture as HTML, colours in the style sheet.

The same links and numbers stand in the table below, so the picture itself is left out for screen readers and keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 200
COLUMN = 20
SHADES = 4


@dataclass(frozen=True)
class Bar:
    """A part of a picture: what it says when pointed at, where it leads, how much it is."""

    title: str
    link: str
    count: int


def columns(stacks: Sequence[Sequence[Bar]]) -> Markup:
    """Stacked columns from left to right; the parts of a column are coloured s0, s1 ... from the bottom."""
    highest = max((sum(bar.count for bar in stack) for stack in stacks), default=0) or 1
    parts = []
    for number, stack in enumerate(stacks):
        floor = float(HEIGHT)
        for shade, bar in enumerate(stack):
            tall = HEIGHT * bar.count / highest
            floor -= tall
            if bar.count:
                parts.append(_linked(bar, number * COLUMN + 2, floor, COLUMN - 4, tall, f"s{shade}"))
    return _picture("columns", COLUMN * max(len(stacks), 1), HEIGHT, parts)


def row(bar: Bar, most: int, shade: str = "s0") -> Markup:
    """One horizontal bar; the longest of its table is as wide as the cell."""
    wide = 100 * bar.count / (most or 1)
    return _picture("bar", 100, 10, [_linked(bar, 0, 0, wide, 10, shade)] if bar.count else [])


def heat(cells: Sequence[Sequence[Bar]]) -> Markup:
    """A field per cell, the more the stronger; rows from the top."""
    most = max((cell.count for line in cells for cell in line), default=0) or 1
    parts = []
    for down, line in enumerate(cells):
        for across, cell in enumerate(line):
            shade = -(-cell.count * SHADES // most)
            parts.append(_linked(cell, across * 40 + 1, down * 12 + 1, 38, 10, f"h{shade}"))
    return _picture("heat", 40 * len(cells[0]), 12 * len(cells), parts)


def _linked(bar: Bar, x: float, y: float, wide: float, tall: float, shade: str) -> Markup:
    box = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, wide, tall, shade
    )
    link = Markup('<a href="{}" tabindex="-1"><title>{}</title>{}</a>')
    return link.format(bar.link, bar.title, box) if bar.count and bar.link else box


def _picture(kind: str, wide: int, tall: int, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">')
    return head.format(escape(kind), wide, tall) + Markup("").join(parts) + Markup("</svg>")
