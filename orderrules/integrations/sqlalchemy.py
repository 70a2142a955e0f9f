"""Guards as SQLAlchemy expressions, to check and write an update with one statement.

Another writer may change an order after it was read and before it is written. ``UPDATE … WHERE id = :id AND <guard>``
writes only if the order, as it is at that moment, allows the update.
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
    """A column, or an expression, that holds a fact."""
    Columns = Mapping[str, Column] | ReadOnlyColumnCollection[str, Any]
    """Columns by the names of the order's attributes, such as ``table.c``."""

__all__ = ["UpdateResult", "Verdict", "guarded_update", "to_sqlalchemy", "verdicts"]


def to_sqlalchemy(guard: Condition, columns: Columns) -> sa.ColumnElement[bool]:
    """Build the SQL expression of a condition on an order. It is true or false for every row, and never NULL.

    A NULL means the fact's ``absent`` value. For Salla, a NULL status is an unknown status, a NULL draft flag means no
    draft, and a NULL customer means no customer; for Awal, a NULL status is an unknown status. A value that the fact
    does not list counts as unknown. For a column with ``nullable=False``, the expression does not test for NULL,
    although an outer join can return NULL for such a column.

    Args:
        guard: the condition, such as ``policy.guard(patch)``.
        columns: for each fact that the guard reads, by the name of the order's attribute, a column or an expression.

    Raises:
        LookupError: a fact has no column, or the column's enumeration has none of the fact's values.
        TypeError: the guard is not a condition, or it reads what an update asks for.
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
        raise TypeError(f"for {guard.fact.attribute}, expected a column or an expression, got {type(column).__name__}")
    return _test(
        _columns.column_test(guard), _comparable(column if isinstance(column, sa.ColumnElement) else column.expression)
    )


def _comparable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a comparison as a number, because not every database can compare two booleans."""
    compares = isinstance(column, sa.BinaryExpression | sa.BooleanClauseList | sa.UnaryExpression)
    if not compares or not isinstance(column.type, sa.Boolean):
        return column
    return sa.case((column, 1), (sa.not_(column), 0))


def _test(test: ColumnTest, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    fact = test.fact
    if not fact.bands and not _stored_values(column.type, _columns.spellings(fact, fact.values)):
        raise LookupError(
            f"the enumeration of the column has no value of the fact {fact.name}: give an expression instead"
        )
    matches = _is_one_of(column, _stored_values(column.type, test.spellings))
    if test.bands:
        matches = sa.or_(
            *([matches] if test.spellings else []), *(sa.and_(*_columns.bounds(column, band)) for band in test.bands)
        )
    result = ~matches if test.negated else matches
    if not getattr(column, "nullable", True):
        return result
    return result | column.is_(None) if test.null else result & column.is_not(None)


def _is_one_of(column: sa.ColumnElement[Any], values: list[Hashable]) -> sa.ColumnElement[bool]:
    """Return the expression that a column holds one of the values."""
    if not values:
        return sa.false()
    return column == values[0] if len(values) == 1 else column.in_(values)


def _stored_values(column_type: sa.types.TypeEngine[Any], values: Iterable[Hashable]) -> list[Hashable]:
    """Return the values that a column of a type can hold, as the column stores them."""
    if not isinstance(column_type, sa.Enum):
        as_numbers = isinstance(column_type, sa.Integer | sa.Numeric)
        return [int(value) if as_numbers and isinstance(value, bool) else value for value in values]
    if column_type.enum_class is None:
        return [value for value in values if value in column_type.enums]
    return [member for value in values for member in column_type.enum_class if value in (member, member.value)]


class Verdict(StrEnum):
    """The outcome of a guarded update."""

    WRITTEN = "written"
    """The update was written."""
    REFUSED = "refused"
    """The rules refuse the update for the order as it was seen, or as it is now."""
    GONE = "gone"
    """The statement's own conditions select no order."""
    MOVED = "moved"
    """Another writer changed the order in the meantime: read it and decide again."""


@attrs.frozen
class UpdateResult:
    """The result of a guarded update. It is truthy if the update was written.

    Attributes:
        verdict: the outcome.
        decision: the decision on the order as it is now; None if the update was written, if there is no such order, or
            if no order can have the facts of the row.
        row: the row as it is now, by the names of its columns; None if there is none. A database without
            ``UPDATE … RETURNING``, such as MySQL, returns the row of a written update only if the statement still
            selects it.
    """

    verdict: Verdict
    decision: Decision | None = None
    row: Mapping[str, Any] | None = attrs.field(default=None, eq=False)

    def __bool__(self) -> bool:
        return self.verdict is Verdict.WRITTEN


def guarded_update(  # noqa: PLR0913, PLR0917 - each argument is needed to decide or to write.
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
    """Write an update with one statement, if the rules allow it for the order as it is at that moment.

    Only the keys that the patch sends are written, so the changes of another writer to other columns stay. If nothing
    is written, the order's facts are read, to find the reason.

    If the patch sends no key, nothing is written, not even columns of your own, and the verdict is ``written``. An
    object without a value in it changes nothing. If no key has a column and the statement sets no column, the order is
    only read and decided on.

    The function does not commit. With a session, pending changes are flushed first, and the session's objects of the
    selected row are refreshed at the end. With an asynchronous connection or session, use
    ``await session.run_sync(guarded_update, statement, …)``.

    Args:
        connection: a connection or a session.
        statement: selects the order: ``update(orders).where(orders.c.id == 7)``. It may set columns of your own, such
            as the time of the update, but none of the columns that are given here.
        policy: the rules.
        patch: what the update asks to change.
        columns: for each fact of the platform's orders, by the name of the attribute, a column or an expression.
        seen: the order that was decided on, if one was read before.
        keys: for each body key that may be sent, the column it is written to, or None if you write it yourself, for
            example to another table. By default, a key is written to the column of its name in ``columns``. Values
            are converted to the type of the column: a date, a member of an enumeration, a JSON object or a list.

    Raises:
        LookupError: a fact or a key has no column, or a column's enumeration lacks the value.
        TypeError: the patch or the order is of another platform, the statement is not an update, the connection is
            asynchronous, or the column of a key is not a column or cannot store an object or a list.
        ValueError: the statement has no condition, so it would write every order; it has a RETURNING clause, sets a
            column that is written here, or uses ``ordered_values``; two keys have the same column; a row that was not
            written holds a value that its fact cannot have; or more than one order was written (roll back then).
    """
    _check_statement(connection, statement, policy, columns)
    guard = policy.guard(patch)
    keys = {**_own_columns(policy, columns), **(keys or {})}
    values = _values_by_column(policy, patch, columns, keys)
    facts = [columns[fact.attribute] for fact in policy.order_type.__space__.facts]
    sets = _check_set_columns(statement, [*facts, *keys.values()])
    # Without an order seen, there is no earlier decision that another writer could have overtaken.
    was_allowed = seen is not None and bool(policy.can_update(seen, patch))
    session = connection() if isinstance(connection, scoped_session) else connection
    if isinstance(session, Session):
        session.flush()
    writes = bool(values or (patch.keys and sets))
    if writes:
        guarded = statement.where(to_sqlalchemy(guard, columns))
        row = _write(session, guarded.values(values) if values else guarded)
        if row is not None:
            return _refresh(
                session, statement, UpdateResult(Verdict.WRITTEN, row=row or _select_row(session, statement))
            )
    selected = _select_row_and_facts(session, statement, policy, columns)
    if selected is None:
        return UpdateResult(Verdict.GONE)
    row, point = selected
    if not writes and guard.holds(point):
        return UpdateResult(Verdict.WRITTEN, row=row)
    order = order_at(policy.order_type, point)
    moved = was_allowed or guard.holds(point)
    decision = None if order is None else policy.can_update(order, patch)
    return _refresh(session, statement, UpdateResult(Verdict.MOVED if moved else Verdict.REFUSED, decision, row))


def _own_columns(policy: Policy[Any, Any], columns: Columns) -> dict[str, Column]:
    """Return the default columns of body keys: the columns of the same names."""
    # Such a column holds a fact that the update changes, and not the value that was sent.
    outcomes = {outcome.key for outcome in policy.effects}
    return {key: columns[key] for key in sections_by_key(policy.patch_type) if key in columns and key not in outcomes}


def _check_statement(connection: object, statement: sa.Update, policy: Policy[Any, Any], columns: Columns) -> None:
    """Check that a statement can be guarded, and raise the errors that ``guarded_update`` documents."""
    if hasattr(connection, "run_sync"):
        kind = type(connection).__name__
        name = "session" if "session" in kind.lower() else "connection"
        raise TypeError(f"with an {kind}, use await {name}.run_sync(guarded_update, statement, ...)")
    if not isinstance(statement, sa.Update):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected an update, such as sqlalchemy.update(orders), got {type(statement).__name__}")
    if statement.whereclause is None:
        raise ValueError("the statement has no WHERE clause: it would update every order")
    if getattr(statement, "_maintain_values_ordering", False):
        raise ValueError("the statement sets its columns in a fixed order: use values, not ordered_values")
    if len(statement.exported_columns):
        raise ValueError(
            "the statement has a RETURNING clause, so the number of written orders is not known: remove the clause"
        )
    missing = [fact.attribute for fact in policy.order_type.__space__.facts if fact.attribute not in columns]
    if missing:
        raise LookupError(f"there is no column for {', '.join(missing)}")


def verdicts(policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns) -> sa.ColumnElement[str]:
    """Build the expression that lists, for each row, the rules that refuse an update.

    A value is text such as ``SALLA-RECEIVER-1, SALLA-COUPON-1``. The ids have the order of a decision's violations,
    separated by a comma and a space. If the update is allowed, the text is empty. Use it in a select:
    ``select(orders.c.id, verdicts(policy, patch, orders.c).label("violations"))``.

    Args:
        policy: the rules.
        patch: what the update asks to change.
        columns: as for ``to_sqlalchemy``.

    Raises:
        LookupError: a fact has no column, or the column's enumeration has none of the fact's values.
        TypeError: the patch is of another platform.
    """
    cases = [
        sa.case((to_sqlalchemy(guard, columns), ""), else_=f"{_columns.BETWEEN}{rule.id}")
        for rule, guard in policy.guards(patch).items()
    ]
    if not cases:
        return sa.literal("", sa.Text)
    parts: list[Any] = [sa.cast(part, sa.Text) for part in cases]
    text: sa.ColumnElement[str] = functools.reduce(operator.add, parts)
    return sa.func.substr(text, len(_columns.BETWEEN) + 1, type_=sa.Text)


def _values_by_column(
    policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns, keys: Mapping[str, Column | None]
) -> dict[Any, object]:
    """Return the value for each column to write: the sent keys, and the facts of the order that they change."""
    outcomes = {outcome.key: outcome for outcome in policy.effects}
    sent: dict[str, object] = {key: getattr(patch, key) for key in patch.keys}
    if sent:
        sent.update({key: value for key, value in policy.defaults if key not in sent})
    values: dict[Any, object] = {}
    keys_by_column: dict[str | None, str] = {}
    for key, value in sent.items():
        if isinstance(value, Model) and is_empty(value):
            continue
        if key not in keys:
            reason = "holds a fact and not the value that is sent" if key in columns else "is not given"
            raise LookupError(f"the column of the sent key {key} {reason}; give its column, or None, in keys")
        if key in outcomes and _name(fact := columns[outcomes[key].attribute]):
            values[fact] = _to_stored(key, fact, outcomes[key].value)
        if (column := keys[key]) is not None:
            if (name := _name(column)) is None:
                raise TypeError(f"for {key}, expected a column, got {type(column).__name__}")
            if keys_by_column.setdefault(name, key) != key:
                raise ValueError(f"{keys_by_column[name]} and {key} are both written to the column {name}")
            values[column] = _to_stored(key, column, value)
    return values


def _name(column: object) -> str | None:
    """Return the name of a column in the database; None if it is not a column but, for example, an expression."""
    expression = getattr(column, "expression", column)
    return expression.name if isinstance(expression, sa.ColumnClause) else None


def _to_stored(key: str, column: Column, value: object) -> object:
    """Return a value as a column of its type stores it."""
    column_type = column.type
    if isinstance(value, Model | tuple):
        if not isinstance(column_type, sa.JSON | sa.ARRAY | sa.TypeDecorator):
            raise TypeError(
                f"the column of {key} cannot store objects and lists: give it a type that can, such as JSON"
            )
        return write_body(value) if isinstance(value, Model) else list(cast("tuple[object, ...]", value))
    if isinstance(column_type, sa.Enum):
        members = _stored_values(column_type, [value.value if isinstance(value, StrEnum) else value])
        if not members:
            raise LookupError(f"the enumeration of the column of {key} has no member for {value}")
        return members[0]
    if isinstance(value, date) and isinstance(column_type, sa.DateTime):
        return datetime.combine(value, time())
    if isinstance(value, date) and isinstance(column_type, sa.String):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _check_set_columns(statement: sa.Update, given: Iterable[object]) -> bool:
    """Check that a statement sets none of the given columns, and return whether it sets others."""
    names = {name for column in given if (name := _name(column))}
    # For an ORM class the keys are columns; for a table they are columns or names of columns.
    own: list[Any] = list(getattr(statement, "_values", None) or ())
    columns: Any = statement.table.c
    set_here = [_name(columns.get(key) if isinstance(key, str) else key) for key in own]
    conflicts = [name for name in set_here if name is not None and name in names]
    if conflicts:
        raise ValueError(f"the statement sets {', '.join(conflicts)}: columns of the order are set only from the patch")
    return bool(own)


def _write(connection: Connection | Session, statement: sa.Update) -> Mapping[str, Any] | None:
    """Execute an update. Return the new row, {} if the database does not return it, or None if no row matched."""
    table: Any = statement.table
    bind = connection.get_bind(clause=table) if isinstance(connection, Session) else connection
    # Otherwise the session would evaluate the condition in Python, on old values, to find the written objects.
    statement = statement.execution_options(synchronize_session=False)
    if bind.dialect.update_returning and table.implicit_returning:
        own = list(table.c)
        returning_statement: Any = statement  # The types of returning do not allow a list of columns.
        result: Any = connection.execute(returning_statement.returning(*own))
        rows = result.fetchmany(2)
        result.close()
        count = len(rows)
        row = {column.key: value for returned in rows for column, value in zip(own, returned, strict=True)}
    else:
        result = connection.execute(statement)
        count = result.rowcount
        row = {}
    if count > 1:
        raise ValueError("the statement updated more than one order: roll back the transaction")
    return row if count else None


def _condition_of(statement: sa.Update) -> sa.ColumnElement[bool]:
    return cast("sa.ColumnElement[bool]", statement.whereclause)


def _select_row(connection: Connection | Session, statement: sa.Update) -> Mapping[str, Any] | None:
    """Return the row that a statement still selects; None if there is none."""
    own: list[Any] = list(statement.table.c)
    selected = connection.execute(sa.select(*own).where(_condition_of(statement))).first()
    return None if selected is None else {column.key: value for column, value in zip(own, selected, strict=True)}


def _select_row_and_facts(
    connection: Connection | Session,
    statement: sa.Update,
    policy: Policy[OrderT, PatchT],
    columns: Columns,
) -> tuple[Mapping[str, Any], Point] | None:
    """Return the row that a statement selects, and its facts; None if there is no row."""
    facts = policy.order_type.__space__.facts
    table: Any = statement.table
    own = list(table.c)
    fact_columns = [columns[fact.attribute] for fact in facts]
    selected = connection.execute(
        sa.select(*(column.label(None) for column in (*own, *fact_columns))).where(_condition_of(statement))
    ).first()
    if selected is None:
        return None
    row = {column.key: value for column, value in zip(own, selected, strict=False)}
    point = {fact: _fact_value(fact, value) for fact, value in zip(facts, selected[len(own) :], strict=True)}
    return row, point


def _refresh(connection: Connection | Session, statement: sa.Update, result: UpdateResult) -> UpdateResult:
    """Refresh the session's object of the row, or of each row of the table if it is unknown; return the result."""
    if isinstance(connection, Session):
        table: Any = statement.table  # For an ORM class it is an annotated copy, so the names are compared.
        for instance in list(connection.identity_map.values()):
            state: Any = sa.inspect(instance)
            if getattr(state.mapper.local_table, "fullname", None) != table.fullname:
                continue
            identity = [result.row and result.row.get(column.key) for column in state.mapper.primary_key]
            if result.row is None or tuple(identity) == state.identity:
                connection.refresh(instance)
    return result


def _fact_value(fact: Fact, value: object) -> Hashable:
    return fact.from_database(value.value if isinstance(value, enum.Enum) else value)
