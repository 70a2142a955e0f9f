"""Guards as SQLAlchemy expressions, so that an update is checked and written by one statement.

Between reading an order and writing it, another writer may move it. ``UPDATE … WHERE id = :id AND <guard>`` writes only
what may still be written. It must never know a platform, nor what a guard is about.

The module is longer than most because databases keep the same facts in many ways.
"""

from __future__ import annotations

import enum
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from orderrules._samples import order_at
from orderrules.integrations import _columns

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

    from orderrules._conditions import Condition, Fact, Is, Point
    from orderrules._decision import Decision
    from orderrules._rules import OrderT, PatchT, Policy
    from orderrules.integrations._columns import Asked

    Column = sa.ColumnElement[Any] | InstrumentedAttribute[Any]
    """A column, or any expression that tells what a fact is."""
    Columns = Mapping[str, Column] | ReadOnlyColumnCollection[str, Any]
    """Columns by the names of the order's attributes, as ``table.c`` has them too."""

__all__ = ["Outcome", "Verdict", "guarded_update", "to_sqlalchemy"]


def to_sqlalchemy(guard: Condition, columns: Columns) -> sa.ColumnElement[bool]:
    """Write a condition on an order as an SQL expression; it is true or false for every row, and never null.

    A null is read as the fact's ``absent`` value: Salla's as a status never seen, no draft, and no customer; Awal's as
    a status never seen. Whatever a fact does not list counts as unknown. Where a column may not be null, nothing is
    said about nulls; an outer join can bring some in all the same.

    Args:
        guard: such as ``policy.guard(patch)``.
        columns: for each fact that the guard reads, by the name of the order's attribute, a column or an expression.

    Raises:
        LookupError: a fact has no column, or one of an enumeration that has none of its values.
        TypeError: it is no condition, or one that reads what an update asks for.
    """
    return _columns.written(
        guard,
        lambda part: _asked(part, columns),
        lambda parts: sa.and_(sa.true(), *parts),
        lambda parts: sa.or_(sa.false(), *parts),
    )


def _asked(guard: Is, columns: Columns) -> sa.ColumnElement[bool]:
    if guard.fact.attribute not in columns:
        raise _columns.lacking(guard.fact, columns.keys())
    column: Column = columns[guard.fact.attribute]
    if not isinstance(column, sa.ColumnElement) and not hasattr(column, "expression"):
        raise TypeError(
            f"for {guard.fact.attribute}, expected a column or an expression, got a {type(column).__name__}"
        )
    return _written(
        _columns.asked(guard), _comparable(column if isinstance(column, sa.ColumnElement) else column.expression)
    )


def _comparable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Give a comparison as a number, since not every database compares its outcome with another."""
    compares = isinstance(column, sa.BinaryExpression | sa.BooleanClauseList | sa.UnaryExpression)
    if not compares or not isinstance(column.type, sa.Boolean):
        return column
    return sa.case((column, 1), (sa.not_(column), 0))


def _written(asked: Asked, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    fact = asked.fact
    if not _held(column.type, _columns.spellings(fact, fact.values)):
        raise LookupError(
            f"no member of the column's enumeration stands for a {fact.name}: give an expression that does"
        )
    among = _among(column, _held(column.type, asked.spellings))
    written = ~among if asked.negated else among
    if not getattr(column, "nullable", True):
        return written
    return written | column.is_(None) if asked.null else written & column.is_not(None)


def _among(column: sa.ColumnElement[Any], values: list[Hashable]) -> sa.ColumnElement[bool]:
    """Say that a column holds one of some values."""
    if not values:
        return sa.false()
    return column == values[0] if len(values) == 1 else column.in_(values)


def _held(kind: sa.types.TypeEngine[Any], values: Iterable[Hashable]) -> list[Hashable]:
    """Give those of some values that a column of a type may hold, as it does."""
    if not isinstance(kind, sa.Enum):
        as_numbers = isinstance(kind, sa.Integer | sa.Numeric)
        return [int(value) if as_numbers and isinstance(value, bool) else value for value in values]
    if kind.enum_class is None:
        return [value for value in values if value in kind.enums]
    return [member for value in values for member in kind.enum_class if value in (member, member.value)]


class Verdict(StrEnum):
    """What became of a guarded update."""

    WRITTEN = "written"
    """It was written."""
    REFUSED = "refused"
    """The rules refuse it for the order as it was seen, or as it is."""
    GONE = "gone"
    """There is no order that the statement's own conditions select."""
    MOVED = "moved"
    """Another writer moved the order meanwhile: read it and decide anew."""


@attrs.frozen
class Outcome:
    """What became of a guarded update: truthy when it was written.

    Attributes:
        verdict: which it was.
        decision: the decision on the order as it is now; None where it was written, or there is no such order.
    """

    verdict: Verdict
    decision: Decision | None = None

    def __bool__(self) -> bool:
        return self.verdict is Verdict.WRITTEN


def guarded_update(  # noqa: PLR0913, PLR0917 - what decides, what is written, and where.
    connection: Connection | Session | scoped_session[Any],
    statement: sa.Update,
    policy: Policy[OrderT, PatchT],
    patch: PatchT,
    columns: Columns,
    seen: OrderT | None = None,
) -> Outcome:
    """Write an update where the rules allow it for the order as it is at that moment, by one statement.

    Where nothing is written, the order's facts are read to say why. It commits nothing. What is pending in a session is
    flushed first, and its objects of those that the statement selects are read anew. An asynchronous session takes it
    as ``await session.run_sync(guarded_update, statement, …)``.

    Args:
        connection: a connection or a session.
        statement: the update of one order: ``update(orders).where(orders.c.id == 7).values(…)``.
        policy: the rules.
        patch: what the update asks to change.
        columns: for each fact of the platform's orders, by the name of the attribute, a column or an expression.
        seen: the order that was decided on, if one was read before.

    Raises:
        LookupError: a fact has no column.
        TypeError: the patch or the order is of another platform, or the statement is no update.
        ValueError: the statement has no condition, and would write every order; it returns what it writes; it wrote
            more than one order, which is then to be taken back; or a row holds what no fact can be.
    """
    if not isinstance(statement, sa.Update):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected an update, such as sqlalchemy.update(orders), got a {type(statement).__name__}")
    if statement.whereclause is None:
        raise ValueError("the statement says not which order it updates")
    if len(statement.exported_columns):
        raise ValueError("the statement returns what it writes, so it is not known how many orders that are")
    missing = [fact.attribute for fact in policy.order_type.__space__.facts if fact.attribute not in columns]
    if missing:
        raise LookupError(f"there is no column for {', '.join(missing)}")
    guard = policy.guard(patch)
    # What the caller decided: without an order seen, that is nothing that could have been overtaken.
    was_allowed = seen is not None and bool(policy.can_update(seen, patch))
    guarded = statement.where(to_sqlalchemy(guard, columns))
    session = connection() if isinstance(connection, scoped_session) else connection
    if isinstance(session, Session):
        session.flush()
    # A session would decide in Python, on what it read before, which of its objects were written.
    written: Any = connection.execute(guarded.execution_options(synchronize_session=False))
    if isinstance(session, Session):
        _refresh(session, statement.entity_description.get("entity"), statement.whereclause)
    if written.rowcount > 1:
        raise ValueError(f"the statement updated {written.rowcount} orders, and not one: take it back")
    if written.rowcount == 1:
        return Outcome(Verdict.WRITTEN)
    point = _point(connection, statement.whereclause, policy, columns)
    if point is None:
        return Outcome(Verdict.GONE)
    order = order_at(policy.order_type, point)
    moved = was_allowed or guard.holds(point)
    return Outcome(
        Verdict.MOVED if moved else Verdict.REFUSED, None if order is None else policy.can_update(order, patch)
    )


def _refresh(session: Session, kind: Any, where: sa.ColumnElement[bool]) -> None:  # noqa: ANN401 - a class, or a table.
    """Read the order's object anew, where a session has one."""
    if any(type(thing) is kind for thing in session.identity_map.values()):
        session.execute(sa.select(kind).where(where).execution_options(populate_existing=True)).all()


def _point(
    connection: Connection | Session | scoped_session[Any],
    where: sa.ColumnElement[bool],
    policy: Policy[OrderT, PatchT],
    columns: Columns,
) -> Point | None:
    """Read the facts of an order; None where there is none."""
    facts = policy.order_type.__space__.facts
    row = connection.execute(sa.select(*(columns[fact.attribute] for fact in facts)).where(where)).first()
    return None if row is None else {fact: _stored(fact, value) for fact, value in zip(facts, row, strict=True)}


def _stored(fact: Fact, value: object) -> Hashable:
    return fact.stored(value.value if isinstance(value, enum.Enum) else value)
