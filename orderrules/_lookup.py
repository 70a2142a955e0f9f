"""The look-up itself: two subscripts, written out for each platform; and the same for many orders.

The slots of a platform's orders and patches carry its name, so that a mixed pair finds no slot, which costs
the fast way no check; hence the texts below, compiled once for each policy. It must never know how a row is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SOURCE = """\
def can_update(order, patch):
    \"\"\"Decide whether an update may be made to an order.

    Raises:
        TypeError: the order or the patch is of another platform.
    \"\"\"
    try:
        return rows[order.{index}][patch.{mask}]
    except (AttributeError, IndexError, TypeError):
        pass
    return decide(order, patch)
"""
# A row that is not made yet is None, and a TypeError here; a mixed pair is an AttributeError,
# and a subclass of a patch, which has more keys than were asked about, an IndexError.

_MANY = """\
def number(orders):
    return [order.{index} for order in orders]


def decide(orders, column):
    return [column[order.{index}] for order in orders]
"""


def written(
    index: str, mask: str, rows: Sequence[Sequence[Any] | None], decide: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """Write the function that looks a decision up.

    Args:
        index: the slot of the order that numbers its row.
        mask: the slot of the patch that numbers its column.
        rows: the rows, None where one is not made yet.
        decide: decides where nothing is found.
    """
    names: dict[str, Any] = {"rows": rows, "decide": decide}
    source = _SOURCE.format(index=index, mask=mask)
    exec(compile(source, "<orderrules look-up>", "exec"), names)  # noqa: S102 - our own text; Space checks the names.
    found: Callable[[Any, Any], Any] = names["can_update"]
    return found


def written_for_many(
    index: str,
) -> tuple[Callable[[list[Any]], list[int]], Callable[[list[Any], Sequence[Any]], list[Any]]]:
    """Write the functions that number orders, and that look each up in a column of decisions.

    They raise ``AttributeError`` where one is of another platform.

    Args:
        index: the slot of an order that numbers its row.
    """
    names: dict[str, Any] = {}
    exec(compile(_MANY.format(index=index), "<orderrules look-up of many>", "exec"), names)  # noqa: S102 - as above.
    return names["number"], names["decide"]
