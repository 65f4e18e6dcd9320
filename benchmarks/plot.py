"""Bars and curves as SVG text: no plotting library for two pictures."""

from __future__ import annotations

from html import escape

BAR, GAP, LABEL, WIDTH = 22, 10, 230, 760
COLOURS = ("#2a6f77", "#b3541e", "#5b4a9f", "#7a7a2f", "#a3315b", "#444")


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


def lines(title: str, curves: dict[str, list[tuple[float, float]]], across: str, up: str) -> str:
    """Curves over 0 to 1 across; up to their highest value, named beside the picture."""
    left, top, width, height = 70, 50, 420, 300
    highest = max((y for points in curves.values() for _, y in points), default=0) or 1
    parts = [f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#888"/>']
    for step in range(6):
        share, at = step / 5, left + width * step / 5
        parts.append(f'<text x="{at}" y="{top + height + 18}" text-anchor="middle">{share:.0%}</text>')
        y = top + height * (1 - share)
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share * highest:.1%}</text>')
    for number, (name, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{left + width * x:.1f},{top + height * (1 - y / highest):.1f}" for x, y in points)
        label = top + 16 + 20 * number
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{left + width + 12}" y="{label}" fill="{colour}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{left + width / 2}" y="{top + height + 38}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="8" y="42">{escape(up)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top + height + 50}" '
        'font-family="sans-serif" font-size="13" role="img">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="8" y="22" font-size="16">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )
