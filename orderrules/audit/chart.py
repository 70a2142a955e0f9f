# pyright: standard, reportMissingTypeStubs=false
# Pygal has no type annotations.
"""The chart of an audit: a bar for each status, divided by the rules that refuse its orders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from orderrules.languages.sentences import group_thousands
from orderrules.reading.problems import escape_unprintable

if TYPE_CHECKING:
    from collections import Counter

# Pygal installs an import hook for its maps, with an interface that new versions of Python do not support.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

# Blue and the colours from orange to red can be told apart by people with colour blindness.
_ALLOWED: Final = "#2b7bba"
_REFUSED: Final = ("#f4a259", "#d1495b", "#8c2d5a", "#e3b505", "#9a6324", "#5c4d7d", "#b5838d", "#444444")
_MAX_LABEL: Final = 48
_SVG: Final = "http://www.w3.org/2000/svg"


def _format_count(count: float) -> str:
    return group_thousands(round(count))


def picture(title: str, bars: list[tuple[str, Counter[str]]]) -> bytes:
    """Draw the chart as an SVG.

    Args:
        title: the title.
        bars: for each status, from top to bottom, the number of orders by verdict. A verdict is the ids of the rules
            that refuse, joined with ``", "``; ``""`` means allowed.
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
        value_formatter=_format_count,
        pretty_print=True,
        no_data_text="no orders",
    )
    # Pygal draws from the bottom up.
    from_bottom = bars[::-1]
    chart.x_labels = [escape_unprintable(name)[:_MAX_LABEL] for name, _ in from_bottom]
    for verdict in verdicts:
        suffix = "" if ", " in verdict or len(refused) == 1 else " alone"
        chart.add(
            f"refused by {verdict}{suffix}" if verdict else "allowed", [counts[verdict] for _, counts in from_bottom]
        )
    # With a fixed id, equal numbers give an equal file. Scripts are removed, so that the file runs no code.
    chart.uuid = "audit"
    root = ET.fromstring(chart.render())  # noqa: S314 - pygal has just written it.
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag == f"{{{_SVG}}}script"]:
            parent.remove(child)
    ET.register_namespace("", _SVG)
    svg: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return svg
