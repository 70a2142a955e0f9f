"""The lookup is two subscripts; if one of them fails, it calls the function that builds rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orderrules.engine.decision_table import lookup


def test_a_decision_is_found_by_two_numbers() -> None:
    """The order's slot gives the row, the patch's slot the column; ``decide`` handles every other case."""
    calls: list[tuple[Any, Any]] = []

    def decide(order: Any, patch: Any) -> str:
        calls.append((order, patch))
        return "made"

    rows: list[list[str] | None] = [["a", "b"], None]
    look_up = lookup("_box_index", "_box_mask", rows, decide)
    order, patch = SimpleNamespace(_box_index=0), SimpleNamespace(_box_mask=1)
    assert look_up(order, patch) == "b"
    assert calls == []
    unusual = [
        (SimpleNamespace(_box_index=1), patch),
        (SimpleNamespace(_other_index=0), patch),
        (order, SimpleNamespace(_other_mask=0)),
        (order, SimpleNamespace(_box_mask=2)),
    ]
    assert [look_up(*pair) for pair in unusual] == ["made"] * 4
    assert calls == unusual
    rows[1] = ["c", "d"]
    assert look_up(*unusual[0]) == "d"


def test_the_generated_lookup_is_named_in_a_traceback() -> None:
    """An error of ``decide`` has no context."""

    def decide(order: Any, patch: Any) -> None:
        raise ZeroDivisionError(order, patch)

    look_up = lookup("_box_index", "_box_mask", [], decide)
    assert look_up.__name__ == "can_update"
    assert look_up.__code__.co_filename == "<orderrules look-up>"
    assert "Decide whether an update may be made" in str(look_up.__doc__)
    with pytest.raises(ZeroDivisionError) as caught:
        look_up(1, 2)
    assert caught.value.__context__ is None
