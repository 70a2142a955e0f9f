"""Guards as SQLAlchemy expressions, so that an update is checked and written by one statement.

Between reading an order and writing it, another writer may move it. ``UPDATE … WHERE id = :id AND <guard>`` writes only
what may still be written. It must never know a platform, nor what a guard is about.

The module is longer than most because databases keep the same facts in many ways.
"""

from __future__ import annotations

import enum
import functools
import operator
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

import attrs

from orderrules.integrations.extras import extra

with extra("sqlalchemy"):
    import sqlalchemy as sa
    from sqlalchemy.orm import Session, scoped_session

from orderrules.engine.samples import order_at
from orderrules.grammar.advice import is_empty
from orderrules.grammar.orders import sections_by_key
from orderrules.integrations import columns as _columns
from orderrules.reading.bodies import write_body
from orderrules.reading.models import Model

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Condition, Fact, Is, Point
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.integrations.columns import ColumnTest
    from orderrules.policy.policy import Policy

    Column = sa.ColumnElement[Any] | InstrumentedAttribute[Any]
    """A column, or any expression that tells what a fact is."""
    Columns = Mapping[str, Column] | ReadOnlyColumnCollection[str, Any]
    """Columns by the names of the order's attributes, as ``table.c`` has them too."""

__all__ = ["UpdateResult", "Verdict", "guarded_update", "to_sqlalchemy", "verdicts"]


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
    return _columns.build_expression(
        guard,
        lambda part: _compare(part, columns),
        lambda parts: sa.and_(sa.true(), *parts),
        lambda parts: sa.or_(sa.false(), *parts),
    )


def _compare(guard: Is, columns: Columns) -> sa.ColumnElement[bool]:
    if guard.fact.attribute not in columns:
        raise _columns.missing_column(guard.fact, columns.keys())
    column: Column = columns[guard.fact.attribute]
    if not isinstance(column, sa.ColumnElement) and not hasattr(column, "expression"):
        raise TypeError(
            f"for {guard.fact.attribute}, expected a column or an expression, got a {type(column).__name__}"
        )
    return _test(
        _columns.column_test(guard), _comparable(column if isinstance(column, sa.ColumnElement) else column.expression)
    )


def _comparable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Give a comparison as a number, since not every database compares its outcome with another."""
    compares = isinstance(column, sa.BinaryExpression | sa.BooleanClauseList | sa.UnaryExpression)
    if not compares or not isinstance(column.type, sa.Boolean):
        return column
    return sa.case((column, 1), (sa.not_(column), 0))


def _test(asked: ColumnTest, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    fact = asked.fact
    if not _storable(column.type, _columns.spellings(fact, fact.values)):
        raise LookupError(
            f"no member of the column's enumeration stands for a {fact.name}: give an expression that does"
        )
    among = _among(column, _storable(column.type, asked.spellings))
    written = ~among if asked.negated else among
    if not getattr(column, "nullable", True):
        return written
    return written | column.is_(None) if asked.null else written & column.is_not(None)


def _among(column: sa.ColumnElement[Any], values: list[Hashable]) -> sa.ColumnElement[bool]:
    """Say that a column holds one of some values."""
    if not values:
        return sa.false()
    return column == values[0] if len(values) == 1 else column.in_(values)


def _storable(kind: sa.types.TypeEngine[Any], values: Iterable[Hashable]) -> list[Hashable]:
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
class UpdateResult:
    """What became of a guarded update: truthy when it was written.

    Attributes:
        verdict: which it was.
        decision: the decision on the order as it is now; None where it was written, or there is no such order.
        row: the row as it is now, by the names of its columns; None where there is none. A database that does not
            give back what it writes, as MySQL, has the row of a written one only if the statement still selects it.
    """

    verdict: Verdict
    decision: Decision | None = None
    row: Mapping[str, Any] | None = attrs.field(default=None, eq=False)

    def __bool__(self) -> bool:
        return self.verdict is Verdict.WRITTEN


def guarded_update(  # noqa: PLR0913, PLR0917 - what decides, what is written, and where.
    connection: Connection | Session | scoped_session[Any],
    /,
    statement: sa.Update,
    policy: Policy[OrderT, PatchT],
    patch: PatchT,
    columns: Columns,
    seen: OrderT | None = None,
    *,
    keys: Mapping[str, Column | None] | None = None,
) -> UpdateResult:
    """Write an update where the rules allow it for the order as it is at that moment, by one statement.

    What is written are the keys that the patch sends, and nothing else of the order: what another writer wrote
    meanwhile stays. An update that sends nothing is no statement, not even for columns of your own, and counts as
    written; objects with nothing in them change nothing. Where no key is written here and the statement sets nothing
    itself, the order is only read and decided on. Where nothing is written, the order's facts are read to say why. It
    commits nothing. What is pending in a session is flushed first, and its
    objects of those that the statement selects are read anew. An asynchronous connection or session takes it as
    ``await session.run_sync(guarded_update, statement, …)``.

    Args:
        connection: a connection or a session.
        statement: which order it is: ``update(orders).where(orders.c.id == 7)``. It may set columns of your own, such
            as the time of the update, but none of those that are given here.
        policy: the rules.
        patch: what the update asks to change.
        columns: for each fact of the platform's orders, by the name of the attribute, a column or an expression.
        seen: the order that was decided on, if one was read before.
        keys: for each body key that may be sent, the column it is written to, or None where you write it yourself,
            as to another table; for a key that is left out, the one of its name in ``columns``. A column of an
            enumeration or of dates gets such values, and one that keeps JSON or lists gets objects.

    Raises:
        LookupError: a fact or a key has no column, or a column's enumeration lacks the value.
        TypeError: the patch or the order is of another platform, the statement is no update, the connection is an
            asynchronous one, or a column is none or keeps no objects.
        ValueError: the statement has no condition, and would write every order; it returns or sets what is written
            here, or sets its columns in an order of its own; two keys have one column; a row that was not written
            holds what no fact can be; or more than one order was written, which is then to be taken back.
    """
    _see(connection, statement, policy, columns)
    guard = policy.guard(patch)
    keys = {**_own_columns(policy, columns), **(keys or {})}
    values = _values(policy, patch, columns, keys)
    facts = [columns[fact.attribute] for fact in policy.order_type.__space__.facts]
    sets = _see_that_none_is_set(statement, [*facts, *keys.values()])
    # What the caller decided: without an order seen, that is nothing that could have been overtaken.
    was_allowed = seen is not None and bool(policy.can_update(seen, patch))
    session = connection() if isinstance(connection, scoped_session) else connection
    if isinstance(session, Session):
        session.flush()
    writes = bool(values or (patch.keys and sets))
    if writes:
        guarded = statement.where(to_sqlalchemy(guard, columns))
        row = _write(session, guarded.values(values) if values else guarded)
        if row is not None:
            return _finish(
                session, statement, UpdateResult(Verdict.WRITTEN, row=row or _select_row(session, statement))
            )
    found = _row(session, statement, policy, columns)
    if found is None:
        return UpdateResult(Verdict.GONE)
    row, point = found
    if not writes and guard.holds(point):
        return UpdateResult(Verdict.WRITTEN, row=row)
    order = order_at(policy.order_type, point)
    moved = was_allowed or guard.holds(point)
    decision = None if order is None else policy.can_update(order, patch)
    return _finish(session, statement, UpdateResult(Verdict.MOVED if moved else Verdict.REFUSED, decision, row))


def _own_columns(policy: Policy[Any, Any], columns: Columns) -> dict[str, Column]:
    """Give the columns that body keys are written to where nothing else is said: those of their names."""
    # What tells a fact that an update makes another does not keep what is sent.
    outcomes = {outcome.key for outcome in policy.effects}
    return {key: columns[key] for key in sections_by_key(policy.patch_type) if key in columns and key not in outcomes}


def _see(connection: object, statement: sa.Update, policy: Policy[Any, Any], columns: Columns) -> None:
    """See that a statement is one that can be guarded; raise what ``guarded_update`` documents."""
    if hasattr(connection, "run_sync"):
        kind = type(connection).__name__
        raise TypeError(f"an {kind} takes it so: await connection.run_sync(guarded_update, statement, ...)")
    if not isinstance(statement, sa.Update):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected an update, such as sqlalchemy.update(orders), got a {type(statement).__name__}")
    if statement.whereclause is None:
        raise ValueError("the statement says not which order it updates")
    if getattr(statement, "_maintain_values_ordering", False):
        raise ValueError("the statement sets its columns in an order of its own: use values, not ordered_values")
    if len(statement.exported_columns):
        raise ValueError("the statement returns what it writes, so it is not known how many orders that are")
    missing = [fact.attribute for fact in policy.order_type.__space__.facts if fact.attribute not in columns]
    if missing:
        raise LookupError(f"there is no column for {', '.join(missing)}")


def verdicts(policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns) -> sa.ColumnElement[str]:
    """Say for every row which rules refuse an update, as an expression: ``SALLA-RECEIVER-1, SALLA-COUPON-1``.

    The ids stand in the order of a decision's violations, with a comma and a space between them; the text is empty
    where the update is allowed: ``select(orders.c.id, verdicts(policy, patch, orders.c).label("violations"))``.

    Args:
        policy: the rules.
        patch: what the update asks to change.
        columns: as for ``to_sqlalchemy``.

    Raises:
        LookupError: a fact has no column, or one of an enumeration that has none of its values.
        TypeError: the patch is of another platform.
    """
    said = [
        sa.case((to_sqlalchemy(guard, columns), ""), else_=f"{_columns.BETWEEN}{rule.id}")
        for rule, guard in policy.guards(patch).items()
    ]
    if not said:
        return sa.literal("", sa.Text)
    parts: list[Any] = [sa.cast(part, sa.Text) for part in said]
    together: sa.ColumnElement[str] = functools.reduce(operator.add, parts)
    return sa.func.substr(together, len(_columns.BETWEEN) + 1, type_=sa.Text)


def _values(
    policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns, keys: Mapping[str, Column | None]
) -> dict[Any, object]:
    """Say what is written to which column: the keys that are sent, and what they make of the order's facts."""
    outcomes = {outcome.key: outcome for outcome in policy.effects}
    said: dict[str, object] = {key: getattr(patch, key) for key in patch.keys}
    if said:
        said.update({key: value for key, value in policy.defaults if key not in said})
    values: dict[Any, object] = {}
    keys_by_column: dict[str | None, str] = {}
    for key, value in said.items():
        if isinstance(value, Model) and is_empty(value):
            continue
        if key not in keys:
            told = "tells a fact, and does not keep what is sent" if key in columns else "is not given"
            raise LookupError(f"the column of {key}, which is sent, {told}; keys may say one, or None")
        if key in outcomes and _name(fact := columns[outcomes[key].attribute]):
            values[fact] = _as_stored(key, fact, outcomes[key].value)
        if (column := keys[key]) is not None:
            if (name := _name(column)) is None:
                raise TypeError(f"for {key}, expected a column, got a {type(column).__name__}")
            if keys_by_column.setdefault(name, key) != key:
                raise ValueError(f"{keys_by_column[name]} and {key} are both written to the column {name}")
            values[column] = _as_stored(key, column, value)
    return values


def _name(column: object) -> str | None:
    """Give the name of a column in the database; None where it is no column, such as an expression."""
    expression = getattr(column, "expression", column)
    return expression.name if isinstance(expression, sa.Column) else None


def _as_stored(key: str, column: Column, value: object) -> object:
    """Give a value as a column of its type keeps it."""
    kind = column.type
    if isinstance(value, Model | tuple):
        if not isinstance(kind, sa.JSON | sa.ARRAY | sa.TypeDecorator):
            raise TypeError(f"the column of {key} keeps no objects and lists: give it a type that does, such as JSON")
        return write_body(value) if isinstance(value, Model) else list(cast("tuple[object, ...]", value))
    if isinstance(kind, sa.Enum):
        held = _storable(kind, [value.value if isinstance(value, StrEnum) else value])
        if not held:
            raise LookupError(f"no member of the enumeration of {key} stands for {value}")
        return held[0]
    if isinstance(value, date) and isinstance(kind, sa.DateTime):
        return datetime.combine(value, time())
    if isinstance(value, date) and isinstance(kind, sa.String):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _see_that_none_is_set(statement: sa.Update, given: Iterable[object]) -> bool:
    """See that a statement sets none of the order's columns, as they were read; say whether it sets others."""
    names = {name for column in given if (name := _name(column))}
    # Of a class they are columns, and of a table columns or their names.
    own: list[Any] = list(getattr(statement, "_values", None) or ())
    columns: Any = statement.table.c
    set_here = [_name(columns.get(key) if isinstance(key, str) else key) for key in own]
    astray = [name for name in set_here if name is not None and name in names]
    if astray:
        raise ValueError(f"the statement sets {', '.join(astray)}: only what the patch sends is written of an order")
    return bool(own)


def _write(connection: Connection | Session, statement: sa.Update) -> Mapping[str, Any] | None:
    """Write, and give the row as it is then, or nothing of it where the database does not say; None for no row."""
    table: Any = statement.table
    bind = connection.get_bind(clause=table) if isinstance(connection, Session) else connection
    # A session would decide in Python, on what it read before, which of its objects were written.
    statement = statement.execution_options(synchronize_session=False)
    if bind.dialect.update_returning and table.implicit_returning:
        own = list(table.c)
        changing: Any = statement  # Its types do not tell of a list of columns.
        result: Any = connection.execute(changing.returning(*own))
        rows = result.fetchmany(2)
        result.close()
        number = len(rows)
        told = {column.key: value for row in rows for column, value in zip(own, row, strict=True)}
    else:
        result = connection.execute(statement)
        number = result.rowcount
        told = {}
    if number > 1:
        raise ValueError("the statement updated more than one order: take it back")
    return told if number else None


def _where(statement: sa.Update) -> sa.ColumnElement[bool]:
    return cast("sa.ColumnElement[bool]", statement.whereclause)


def _select_row(connection: Connection | Session, statement: sa.Update) -> Mapping[str, Any] | None:
    """Read the row that a statement still selects."""
    own: list[Any] = list(statement.table.c)
    found = connection.execute(sa.select(*own).where(_where(statement))).first()
    return None if found is None else {column.key: value for column, value in zip(own, found, strict=True)}


def _row(
    connection: Connection | Session,
    statement: sa.Update,
    policy: Policy[OrderT, PatchT],
    columns: Columns,
) -> tuple[Mapping[str, Any], Point] | None:
    """Read the row that a statement selects, and its facts; None where there is none."""
    facts = policy.order_type.__space__.facts
    table: Any = statement.table
    own = list(table.c)
    told = [columns[fact.attribute] for fact in facts]
    found = connection.execute(
        sa.select(*(column.label(None) for column in (*own, *told))).where(_where(statement))
    ).first()
    if found is None:
        return None
    row = {column.key: value for column, value in zip(own, found, strict=False)}
    point = {fact: _from_row(fact, value) for fact, value in zip(facts, found[len(own) :], strict=True)}
    return row, point


def _finish(connection: Connection | Session, statement: sa.Update, outcome: UpdateResult) -> UpdateResult:
    """Give an outcome, once a session's object of the row, or each of its table where no row is known, is read anew."""
    if isinstance(connection, Session):
        table: Any = statement.table  # With notes, where it is a class's: not the very same.
        for thing in list(connection.identity_map.values()):
            state: Any = sa.inspect(thing)
            if getattr(state.mapper.local_table, "fullname", None) != table.fullname:
                continue
            own = [outcome.row and outcome.row.get(column.key) for column in state.mapper.primary_key]
            if outcome.row is None or tuple(own) == state.identity:
                connection.refresh(thing)
    return outcome


def _from_row(fact: Fact, value: object) -> Hashable:
    return fact.from_database(value.value if isinstance(value, enum.Enum) else value)
