"""Bars as SVG text: no plotting library for one picture."""

from __future__ import annotations

from html import escape

BAR, GAP, LABEL, WIDTH = 22, 10, 230, 760


def bars(title: str, values: dict[str, float], unit: str) -> str:
    """A horizontal bar per value; the longest fills the width."""
    longest = max(values.values())
    rows = []
    for number, (name, value) in enumerate(values.items()):
        top = 44 + number * (BAR + GAP)
        length = (WIDTH - LABEL - 110) * value / longest
        rows.append(
            f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{LABEL}" y="{top}" width="{length:.1f}" height="{BAR}" fill="#2a6f77"/>'
            f'<text x="{LABEL + length + 6:.1f}" y="{top + 16}">{value:g} {escape(unit)}</text>'
        )
    height = 54 + len(values) * (BAR + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="24" font-size="16">{escape(title)}</text>'
        f"{''.join(rows)}</svg>\n"
    )
