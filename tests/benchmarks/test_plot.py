"""Curves are drawn to scale."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.plot import lines


def test_a_curve_fills_the_frame_up_to_its_highest_value() -> None:
    root = ElementTree.fromstring(lines("T & t", {"a": [(0.0, 0.0), (1.0, 0.5)], "b": [(1.0, 0.25)]}, "x", "y"))  # noqa: S314  (our own text)
    points = [each.get("points") for each in root if each.tag.endswith("polyline")]
    assert points == ["70.0,350.0 490.0,50.0", "490.0,200.0"]
