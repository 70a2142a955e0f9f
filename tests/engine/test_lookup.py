"""The look-up is two subscripts, and asks whoever makes rows where it finds nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orderrules.engine.decision_table import lookup


def test_a_decision_is_found_by_two_numbers() -> None:
    """The row by the order's slot, the column by the patch's; whatever goes wrong is somebody else's question."""
    asked: list[tuple[Any, Any]] = []

    def decide(order: Any, patch: Any) -> str:
        asked.append((order, patch))
        return "made"

    rows: list[list[str] | None] = [["a", "b"], None]
    look_up = lookup("_box_index", "_box_mask", rows, decide)
    order, patch = SimpleNamespace(_box_index=0), SimpleNamespace(_box_mask=1)
    assert look_up(order, patch) == "b"
    assert asked == []
    strange = [
        (SimpleNamespace(_box_index=1), patch),
        (SimpleNamespace(_other_index=0), patch),
        (order, SimpleNamespace(_other_mask=0)),
        (order, SimpleNamespace(_box_mask=2)),
    ]
    assert [look_up(*pair) for pair in strange] == ["made"] * 4
    assert asked == strange
    rows[1] = ["c", "d"]
    assert look_up(*strange[0]) == "d"


def test_an_error_is_raised_from_text_that_says_whose_it_is() -> None:
    """In a traceback it is found by its name."""

    def decide(order: Any, patch: Any) -> None:
        raise ZeroDivisionError(order, patch)

    look_up = lookup("_box_index", "_box_mask", [], decide)
    assert look_up.__name__ == "can_update"
    assert look_up.__code__.co_filename == "<orderrules look-up>"
    assert "Decide whether an update may be made" in str(look_up.__doc__)
    with pytest.raises(ZeroDivisionError) as caught:
        look_up(1, 2)
    assert caught.value.__context__ is None
