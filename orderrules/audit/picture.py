# pyright: standard, reportMissingTypeStubs=false
# Pygal brings no types.
"""A picture of an audit: for each status a bar of its orders, parted by what refuses them.

It must never know how they were counted.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from orderrules.reading.problems import escape_unprintable, group_thousands

if TYPE_CHECKING:
    from collections import Counter

# Pygal leaves a finder of modules behind, of a kind that Python has given up; it is for its maps.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

# Allowed is blue and refused from orange to red, which those who see few colours tell apart.
_ALLOWED: Final = "#2b7bba"
_REFUSED: Final = ("#f4a259", "#d1495b", "#8c2d5a", "#e3b505", "#9a6324", "#5c4d7d", "#b5838d", "#444444")
_LONGEST: Final = 48
_SVG: Final = "http://www.w3.org/2000/svg"


def _number(count: float) -> str:
    return group_thousands(round(count))


def picture(title: str, bars: list[tuple[str, Counter[str]]]) -> bytes:
    """Draw an SVG.

    Args:
        title: what stands above it.
        bars: for each status, from top to bottom, how many orders had each verdict; ``""`` allows.
    """
    verdicts = sorted(
        {verdict for _, counts in bars for verdict in counts}, key=lambda verdict: (verdict != "", verdict)
    )
    refused = [verdict for verdict in verdicts if verdict]
    colours = [_ALLOWED] * ("" in verdicts) + [_REFUSED[place % len(_REFUSED)] for place in range(len(refused))]
    chart = pygal.HorizontalStackedBar(
        title=title,
        style=Style(
            colors=tuple(colours),
            background="white",
            plot_background="white",
            font_family="sans-serif",
            opacity="1",
            stroke_opacity="0",
        ),
        js=(),
        width=1000,
        height=160 + 34 * len(bars) + 22 * len(verdicts),
        x_title="orders",
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
        truncate_legend=-1,
        truncate_label=-1,
        value_formatter=_number,
        pretty_print=True,
        no_data_text="no orders",
    )
    # It draws from the bottom up.
    upwards = bars[::-1]
    chart.x_labels = [escape_unprintable(name)[:_LONGEST] for name, _ in upwards]
    for verdict in verdicts:
        alone = "" if ", " in verdict or len(refused) == 1 else " alone"
        chart.add(f"refused by {verdict}{alone}" if verdict else "allowed", [counts[verdict] for _, counts in upwards])
    # The same numbers give the same picture, and a picture runs nothing.
    chart.uuid = "audit"
    root = ET.fromstring(chart.render())  # noqa: S314 - it was written a moment ago.
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag == f"{{{_SVG}}}script"]:
            parent.remove(child)
    ET.register_namespace("", _SVG)
    drawn: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return drawn
