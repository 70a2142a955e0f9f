"""Guards in SQL on SQLite and PostgreSQL: they select the rows that the policy allows, even with many writers."""

from __future__ import annotations

import asyncio
import enum
import functools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from orderrules import Policy, awal, salla
from orderrules.authoring import ALWAYS, NEVER
from orderrules.engine.samples import order_at
from orderrules.integrations.sqlalchemy import UpdateResult, Verdict, guarded_update, to_sqlalchemy, verdicts
from orderrules.testing import OrderMachine
from orderrules.testing.state_machine import updates
from tests.kit.postgres import postgres
from tests.kit.rows import every_row
from tests.kit.service_process import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


DATABASES = ("sqlite", "postgres")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server for this module."""
    with postgres() as url:
        yield url


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[sa.Engine]:
    """Yield an engine with an empty database; each kind of database is tested in turn."""
    if request.param == "sqlite":
        created = sa.create_engine(f"sqlite:///{tmp_path}/orders.sqlite", connect_args={"timeout": 60}, pool_size=100)
    else:
        created = sa.create_engine(request.getfixturevalue("server"), pool_size=100)
    yield created
    with created.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)
    created.dispose()


class Base(DeclarativeBase):
    """The base of the tables that are declared as classes."""


class Row(Base):
    """An order of Salla as a class."""

    __tablename__ = "orders_of_a_class"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str | None]
    draft: Mapped[bool]
    customer: Mapped[salla.CustomerKind | None]
    coupon: Mapped[str | None]
    employees: Mapped[Any] = mapped_column(sa.JSON, nullable=True)


def table(*, nullable: bool = True, kinds: dict[str, Any] | None = None) -> sa.Table:
    """Return a table for orders of either platform."""
    kinds = {"status": sa.Text, "draft": sa.Boolean, "customer": sa.Text, **(kinds or {})}
    columns = [sa.Column(name, kind, nullable=nullable) for name, kind in kinds.items()]
    return sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_a_guard_selects_the_orders_that_the_policy_allows(engine: sa.Engine, policy: Policy[Any, Any]) -> None:
    """Its negation selects all others, for every update and every possible row, with nulls."""
    rows = every_row(policy)
    orders = table()
    orders.metadata.create_all(engine)
    facts = policy.order_type.__space__.facts
    points = [{fact: fact.from_database(row[fact.attribute]) for fact in facts} for row in rows]
    guards = {policy.guard(patch): patch for patch in updates(policy)}
    columns = {fact.attribute: orders.c[fact.attribute] for fact in facts}
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": number, **row} for number, row in enumerate(rows)])
        for guard, patch in guards.items():
            allowed = {
                number
                for number, point in enumerate(points)
                if policy.can_update(order_at(policy.order_type, point), patch)
            }
            condition = to_sqlalchemy(guard, columns)
            assert set(connection.scalars(sa.select(orders.c.id).where(condition))) == allowed
            others = set(connection.scalars(sa.select(orders.c.id).where(~condition)))
            assert others == set(range(len(rows))) - allowed
    assert len(guards) > 2


def test_columns_may_be_enumerations_classes_and_expressions(engine: sa.Engine) -> None:
    """No column is compared with a value that it cannot hold."""

    class Stage(enum.Enum):
        DONE = "completed"
        OPEN = "in_progress"

    orders = table(kinds={"status": sa.Enum(Stage), "customer": sa.Enum("none", "registered", name="kinds")})
    orders.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    guests = sa.case((Row.id > 2, "guest"), else_=Row.customer.cast(sa.Text))
    with Session(engine) as session:
        session.execute(
            orders.insert(),
            [
                {"id": 1, "status": Stage.DONE, "draft": False, "customer": "none"},
                {"id": 2, "status": Stage.OPEN, "draft": False, "customer": "registered"},
                {"id": 3, "status": None, "draft": None, "customer": None},
            ],
        )
        session.add_all(
            Row(id=number, status="completed", draft=False, customer=salla.CustomerKind.REGISTERED)
            for number in (1, 2, 3)
        )
        session.flush()
        for patch, selected in (
            (salla.Patch(coupon_code="E"), {2, 3}),
            (salla.Patch(payment=salla.Payment(method="bank")), set()),
            (salla.Patch(customer=salla.Customer(id=1)), {1, 3}),
            (salla.Patch(employees=(1,)), {1, 2, 3}),
        ):
            condition = to_sqlalchemy(salla.POLICY.guard(patch), orders.c)
            assert set(session.scalars(sa.select(orders.c.id).where(condition))) == selected
        columns = {"status": Row.status, "draft": Row.draft, "customer": Row.customer}
        guard = salla.POLICY.guard(salla.Patch(customer=salla.Customer(id=1)))
        assert set(session.scalars(sa.select(Row.id).where(to_sqlalchemy(guard, columns)))) == set()
        assert set(session.scalars(sa.select(Row.id).where(to_sqlalchemy(guard, {**columns, "customer": guests})))) == {
            3
        }
        result = guarded_update(
            session,
            sa.update(Row).where(Row.id == 1),
            salla.POLICY,
            salla.Patch(employees=(1, 2)),
            columns,
            keys={"employees": Row.employees},
        )
        assert result
        assert session.get_one(Row, 1).employees == [1, 2]


def test_the_condition_on_a_column_without_nulls_is_what_one_would_write_by_hand() -> None:
    """So the database plans it in the same way."""
    orders = table(nullable=False)
    guard = awal.POLICY.guard(awal.Patch(status=awal.Status.SHIPPED))
    by_hand = orders.c.status.in_(["accepted", "shipped"])
    assert literal_sql(to_sqlalchemy(guard, orders.c)) == literal_sql(by_hand)
    coupon = salla.POLICY.guard(salla.Patch(coupon_code="E"))
    assert literal_sql(to_sqlalchemy(coupon, orders.c)) == "orders.draft = true OR orders.status != 'completed'"
    nullable = table()
    assert literal_sql(to_sqlalchemy(guard, nullable.c)) == f"{literal_sql(by_hand)} AND orders.status IS NOT NULL"
    assert literal_sql(to_sqlalchemy(coupon, nullable.c)) == (
        "orders.draft = true AND orders.draft IS NOT NULL OR orders.status != 'completed' OR orders.status IS NULL"
    )


def literal_sql(expression: Any) -> str:
    """Return an expression as SQL with its values in it."""
    return str(expression.compile(compile_kwargs={"literal_binds": True}))


def test_an_enumeration_without_any_known_status_is_refused() -> None:
    """It would open what is closed, because none of its values is *completed*."""

    class Code(enum.Enum):
        COMPLETED = 1
        UNDER_REVIEW = 2

    orders = table(kinds={"status": sa.Enum(Code)})
    with pytest.raises(LookupError, match="the enumeration of the column has no value of the fact status"):
        to_sqlalchemy(salla.POLICY.guard(salla.Patch(coupon_code="E")), orders.c)


def test_an_enumeration_is_read_by_its_values(engine: sa.Engine) -> None:
    """The names of its members do not matter."""

    class Stage(enum.Enum):
        DONE = "completed"
        OPEN = "in_progress"

    class Whose(enum.Enum):
        NOBODY = "none"
        SOMEBODY = "registered"

    orders = table(kinds={"status": sa.Enum(Stage), "customer": sa.Enum(Whose)})
    orders.metadata.create_all(engine)
    patch = salla.Patch(coupon_code="E")
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1, "status": Stage.DONE, "draft": False, "customer": Whose.NOBODY}])
        statement = sa.update(orders).where(orders.c.id == 1)
        outcome = guarded_update(connection, statement, salla.POLICY, patch, orders.c, keys={"coupon_code": None})
        assert outcome.verdict is Verdict.REFUSED
        assert outcome.decision == salla.POLICY.can_update(salla.Order(status="completed"), patch)


def test_flags_may_be_numbers_and_comparisons(engine: sa.Engine) -> None:
    """Not every database accepts a comparison as a value, or a number as a boolean."""
    rows = sa.Table(
        "rows",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.Text),
        sa.Column("drafted", sa.Integer),
    )
    rows.metadata.create_all(engine)
    guard = salla.POLICY.guard(salla.Patch(coupon_code="E"))
    numbers = {"status": rows.c.slug, "draft": rows.c.drafted}
    comparisons = {"status": rows.c.slug, "draft": rows.c.drafted > 0}
    with engine.begin() as connection:
        values = [("completed", 1), ("completed", 0), ("completed", None), ("shipped", 0), (None, None)]
        connection.execute(rows.insert(), [{"id": n, "slug": slug, "drafted": d} for n, (slug, d) in enumerate(values)])
        for columns in (numbers, comparisons):
            condition = to_sqlalchemy(guard, columns)
            assert set(connection.scalars(sa.select(rows.c.id).where(condition))) == {0, 3, 4}
            assert set(connection.scalars(sa.select(rows.c.id).where(~condition))) == {1, 2}
    assert "CASE" in literal_sql(to_sqlalchemy(guard, comparisons))


@pytest.mark.parametrize("scoped", [False, True])
def test_the_objects_of_a_session_show_what_was_written(engine: sa.Engine, scoped: bool) -> None:
    """A session by itself would assume that the values in the statement were written."""
    Base.metadata.create_all(engine)
    make_session = sessionmaker(engine, expire_on_commit=False, autoflush=False)
    session: Any = scoped_session(make_session) if scoped else make_session()
    coupon = salla.Patch(coupon_code="E")
    columns = {"status": Row.status, "draft": Row.draft, "customer": Row.customer}
    session.add(Row(id=1, status="in_progress", draft=False, customer=None))
    session.commit()
    row = session.get(Row, 1)
    session.commit()
    with engine.begin() as other:
        other.execute(sa.update(Row).values(status="completed"))
    statement = sa.update(Row).where(Row.id == 1)
    order = salla.Order(status=row.status)
    keys = {"coupon_code": Row.coupon, "employees": Row.employees}
    result = guarded_update(session, statement, salla.POLICY, coupon, columns, order, keys=keys)
    assert (result.verdict, row.status, row.coupon) == (Verdict.MOVED, "completed", None)
    employees = salla.Patch(employees=(1,))
    assert guarded_update(session, statement, salla.POLICY, employees, columns, keys=keys)
    assert (row.status, row.employees) == ("completed", [1])
    row.customer = salla.CustomerKind.GUEST
    plain = sa.update(Row.__table__).where(Row.__table__.c.id == 1)  # type: ignore[arg-type]
    assert guarded_update(session, plain, salla.POLICY, salla.Patch(employees=()), Row.__table__.c)
    assert row.customer is salla.CustomerKind.GUEST
    session.commit()
    session.expire_all()
    assert (row.status, row.customer, row.employees) == ("completed", salla.CustomerKind.GUEST, [])
    session.close()


def test_a_statement_that_updates_several_orders_raises_value_error(engine: sa.Engine) -> None:
    """It is raised after the write, because only the database knows how many orders match."""
    orders = create_orders(engine, "accepted")
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 2, "status": "accepted"}])
        patch, columns = awal.Patch(status=awal.Status.SHIPPED), {"status": orders.c.status}
        several = sa.update(orders).where(orders.c.id < 3)
        with pytest.raises(ValueError, match="the statement updated more than one order: roll back"):
            guarded_update(connection, several, awal.POLICY, patch, columns)
        versioned = sa.update(orders).where(orders.c.id == 1, orders.c.writer == 9)
        assert guarded_update(connection, versioned, awal.POLICY, patch, columns).verdict is Verdict.GONE


def test_always_and_never_can_be_written(engine: sa.Engine) -> None:
    """They select every row and no row."""
    with engine.begin() as connection:
        assert connection.scalar(sa.select(to_sqlalchemy(ALWAYS, {})))
        assert not connection.scalar(sa.select(to_sqlalchemy(NEVER, {})))


def test_invalid_arguments_are_refused() -> None:
    """The message says what is missing or expected."""
    with pytest.raises(LookupError, match="there is no column for status; columns are given for id, draft"):
        to_sqlalchemy(salla.STATUS.is_("completed"), sa.table("orders", sa.column("id"), sa.column("draft")).c)
    with pytest.raises(TypeError, match=r"such as policy.guard\(patch\) returns, got TransitionTable"):
        to_sqlalchemy(awal.POLICY.rules[0].only_if, {"status": sa.column("status")})
    with pytest.raises(TypeError, match="for status, expected a column or an expression, got str"):
        to_sqlalchemy(salla.STATUS.is_("completed"), {"status": "slug"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="got str"):
        to_sqlalchemy("status = 1", {})  # type: ignore[arg-type]
    orders = table()
    arguments: Any = (awal.POLICY, awal.Patch(), {"status": orders.c.status})
    with pytest.raises(ValueError, match="the statement has no WHERE clause"):
        guarded_update(Session(), sa.update(orders).values(status="x"), *arguments)
    deleting: Any = sa.delete(orders).where(orders.c.id == 1)
    with pytest.raises(TypeError, match=r"expected an update, such as .*, got Delete"):
        guarded_update(Session(), deleting, *arguments)
    returning = sa.update(orders).where(orders.c.id == 1).values(status="x").returning(orders.c.id)
    with pytest.raises(ValueError, match="the statement has a RETURNING clause"):
        guarded_update(Session(), returning, *arguments)
    with pytest.raises(LookupError, match="there is no column for status, draft"):
        guarded_update(
            Session(),
            sa.update(orders).where(orders.c.id == 1),
            salla.POLICY,
            salla.Patch(),
            {"customer": orders.c.customer},
        )


def create_orders(engine: sa.Engine, status: str) -> sa.Table:
    """Create a table of Awal orders, with one order in it."""
    orders = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("writer", sa.Integer),
    )
    orders.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1, "status": status}])
    return orders


def ship(connection: Any, orders: sa.Table, number: int, order: awal.Order | None) -> UpdateResult:
    """Try to ship an order."""
    return guarded_update(
        connection,
        sa.update(orders).where(orders.c.id == number),
        awal.POLICY,
        awal.Patch(status=awal.Status.SHIPPED),
        {"status": orders.c.status},
        order,
    )


def test_refused_gone_and_moved_are_distinguished(engine: sa.Engine) -> None:
    """The order in the database is compared with the order that the caller knew."""
    orders = create_orders(engine, "pending")
    accepted, pending = awal.Order(status="accepted"), awal.Order(status="pending")
    with engine.begin() as connection:
        refused = ship(connection, orders, 1, pending)
        assert (refused.verdict, bool(refused)) == (Verdict.REFUSED, False)
        assert refused.decision is not None
        assert refused.decision.violations[0].actual == "the order is pending and the update asks for shipped"
        assert ship(connection, orders, 1, None) == refused
        moved = ship(connection, orders, 1, accepted)
        assert (moved.verdict, moved.decision) == (Verdict.MOVED, refused.decision)
        assert ship(connection, orders, 2, accepted) == UpdateResult(Verdict.GONE)
        connection.execute(orders.update().values(status="accepted"))
        result = ship(connection, orders, 1, accepted)
        assert result
        assert result == UpdateResult(Verdict.WRITTEN)
        assert connection.scalar(sa.select(orders.c.status)) == "shipped"


WRITERS = 100
STATUSES = list(awal.Status)


def choose_status(number: int, turn: int, present: awal.Status) -> awal.Status:
    """Choose the status that a writer asks for: the next one, the one after it, the present one, or the one before."""
    return STATUSES[min(max(STATUSES.index(present) + (number + turn) % 4 - 1, 0), 4)]


def race(engine: sa.Engine, orders: sa.Table, *, guarded: bool) -> list[tuple[str, str]]:
    """Let a hundred writers move one order at once, and return the steps that were written.

    Each writer asks for a step from the order that it has read. All of them read the order before the first one writes.
    """
    barrier = threading.Barrier(WRITERS)
    columns = {"status": orders.c.status}

    def write(number: int) -> list[bool]:
        written: list[bool] = []
        with engine.connect() as connection:
            for turn in range(4):
                with connection.begin():
                    order = awal.Order(status=str(connection.scalar(sa.select(orders.c.status))))
                if turn == 0:
                    barrier.wait()
                status = choose_status(number, turn, awal.Status(order.status))
                patch = awal.Patch(status=status)
                statement = sa.update(orders).where(orders.c.id == 1).values(writer=number)
                with connection.begin():
                    if guarded:
                        written.append(bool(guarded_update(connection, statement, awal.POLICY, patch, columns, order)))
                    elif awal.POLICY.can_update(order, patch):
                        connection.execute(statement.values(status=status.value))
                        written.append(True)
        return written

    with ThreadPoolExecutor(WRITERS) as pool:
        results = [result for written in pool.map(write, range(WRITERS)) for result in written]
    with engine.begin() as connection:
        steps = [(row[0], row[1]) for row in connection.execute(sa.text("SELECT before, after FROM steps"))]
    assert len(steps) == sum(results)
    return steps


def create_watched_order(engine: sa.Engine) -> sa.Table:
    """Create an order, and let the database record every step of it."""
    orders = create_orders(engine, "pending")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE steps (before TEXT, after TEXT)"))
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("PRAGMA journal_mode=WAL"))
            note = "BEGIN INSERT INTO steps VALUES (OLD.status, NEW.status); END"
            connection.execute(sa.text(f"CREATE TRIGGER watch AFTER UPDATE ON orders {note}"))
        else:
            note = "BEGIN INSERT INTO steps VALUES (OLD.status, NEW.status); RETURN NEW; END"
            connection.execute(
                sa.text(f"CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS '{note}'")
            )
            connection.execute(
                sa.text("CREATE TRIGGER watch AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note()")
            )
    return orders


def forbidden_steps(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the steps that the page does not allow, by its chain of statuses."""
    chain = ["pending", "accepted", "shipped", "delivered", "completed"]
    return [(before, after) for before, after in steps if chain.index(after) - chain.index(before) not in {0, 1}]


def test_a_hundred_writers_write_no_forbidden_update(engine: sa.Engine) -> None:
    """The database records the steps; some updates are written, and some are not."""
    orders = create_watched_order(engine)
    steps = race(engine, orders, guarded=True)
    assert not forbidden_steps(steps)
    assert ("pending", "accepted") in steps
    assert len(steps) < WRITERS * 4


def test_a_hundred_writers_without_a_guard_write_forbidden_updates(engine: sa.Engine) -> None:
    """Each writer checks the same rules, but others move the order before it writes."""
    orders = create_watched_order(engine)
    assert forbidden_steps(race(engine, orders, guarded=False))


def plan(connection: sa.Connection, statement: Any) -> str:
    """Return the plan of the database for a statement."""
    sql = literal_sql_for(connection, statement)
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN (COSTS OFF)"
    return json.dumps([[str(cell) for cell in row] for row in connection.execute(sa.text(f"{explain} {sql}"))])


def literal_sql_for(connection: sa.Connection, statement: Any) -> str:
    """Return a statement as it is sent, with its values in it."""
    return str(statement.compile(connection, compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize("by_number", [True, False])
def test_the_plan_is_that_of_a_statement_written_by_hand(engine: sa.Engine, by_number: bool) -> None:
    """An index is used in the same way: on the id for one order, on the status for all."""
    orders = create_orders(engine, "accepted")
    with engine.begin() as connection:
        rows = [{"id": number, "status": STATUSES[number % 5].value} for number in range(2, 4000)]
        connection.execute(orders.insert(), rows)
        connection.execute(sa.text("ANALYZE"))
        statement = sa.update(orders).values(status="shipped")
        if by_number:
            statement = statement.where(orders.c.id == 1)
        guard = awal.POLICY.guard(awal.Patch(status=awal.Status.SHIPPED))
        ours = plan(connection, statement.where(to_sqlalchemy(guard, orders.c)))
        theirs = plan(connection, statement.where(orders.c.status.in_(["accepted", "shipped"])))
        assert ours == theirs
        assert "Index" in ours or "INDEX" in ours or "INTEGER PRIMARY KEY" in ours


@pytest.mark.any_python
def test_the_state_machine_agrees_with_a_service_on_a_database(engine: sa.Engine) -> None:
    """The service decides only by the guarded statement."""
    orders = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text) for name in awal.to_payload(awal.Order(status="pending")) if name != "id"),
    )
    orders.metadata.create_all(engine)

    class Service(OrderMachine):
        policy = awal.POLICY
        walk_seconds = 60.0
        write_only: ClassVar[frozenset[str]] = frozenset()
        invalid_body_codes = ()

        def create_order(self, order: Any) -> Any:
            row = {name: value for name, value in awal.to_payload(order).items() if name != "id"}
            with engine.begin() as connection:
                return connection.execute(orders.insert().values(**row)).inserted_primary_key[0]  # type: ignore[index]

        def send_update(self, handle: Any, body: dict[str, object]) -> bool:
            statement = sa.update(orders).where(orders.c.id == handle)
            patch = awal.read_patch(body)
            with engine.begin() as connection:
                return bool(guarded_update(connection, statement, awal.POLICY, patch, orders.c))

        def read_order(self, handle: Any) -> awal.Order:
            with engine.begin() as connection:
                row = connection.execute(sa.select(orders).where(orders.c.id == handle)).mappings().one()
            return awal.read_order(dict(row))

    run_settings = settings(Service.TestCase.settings, max_examples=15, database=None, derandomize=True)
    run_state_machine_as_test(Service, settings=run_settings)


def create_full_orders(engine: sa.Engine, **kinds: Any) -> sa.Table:
    """Create a table with all keys of Awal's orders, and one order in it."""
    kinds = {"shipping_date": sa.Date, "delivery_date": sa.DateTime, **kinds}
    names = ("status", "payment_status", "admin_notes", "shipping_date", "delivery_date", "branch_id")
    columns = [sa.Column(name, kinds.get(name, sa.Text)) for name in names]
    orders = sa.Table("whole", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)
    orders.append_column(sa.Column("version", sa.Integer))
    orders.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1, "status": "pending", "branch_id": "7", "version": 1}])
    return orders


def test_only_the_sent_keys_are_written(engine: sa.Engine) -> None:
    """Own columns may be set as well, and the result has the row as it is afterwards."""
    paid = sa.Enum(awal.PaymentStatus, values_callable=lambda kind: [member.value for member in kind], name="paid")
    orders = create_full_orders(engine, payment_status=paid)
    day, patch = date(2024, 1, 20), awal.Patch(status=awal.Status.ACCEPTED, payment_status=awal.PaymentStatus.PAID)
    patch = patch.replace(shipping_date=day, delivery_date=day)
    statement = sa.update(orders).where(orders.c.id == 1)
    with engine.begin() as connection:
        connection.execute(statement.values(branch_id="8"))  # Another writer's update.
        versioned = statement.values(version=orders.c.version + 1)
        outcome = guarded_update(connection, versioned, awal.POLICY, patch, orders.c)
        assert outcome.row == connection.execute(sa.select(orders)).mappings().one()
        assert outcome.row == {
            "id": 1,
            "status": "accepted",
            "payment_status": awal.PaymentStatus.PAID,
            "admin_notes": None,
            "shipping_date": day,
            "delivery_date": datetime(2024, 1, 20),  # noqa: DTZ001 - a column without a time zone.
            "branch_id": "8",
            "version": 2,
        }
        refused = guarded_update(connection, statement, awal.POLICY, awal.Patch(status=awal.Status.COMPLETED), orders.c)
        assert (refused.verdict, refused.row) == (Verdict.REFUSED, outcome.row)
        assert guarded_update(connection, statement.where(sa.false()), awal.POLICY, patch, orders.c).row is None
    orders.metadata.drop_all(engine)
    as_text = create_full_orders(engine, shipping_date=sa.Text)
    with engine.begin() as connection:
        result = guarded_update(
            connection,
            sa.update(as_text).where(as_text.c.id == 1),
            awal.POLICY,
            awal.Patch(shipping_date=day),
            as_text.c,
        )
        assert result.row is not None
        assert result.row["shipping_date"] == "2024-01-20"


def test_an_empty_update_sends_no_update_statement(engine: sa.Engine) -> None:
    """If the order exists, the update counts as written."""
    orders = create_full_orders(engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    with engine.begin() as connection:
        statement = sa.update(orders).where(orders.c.id == 1).values(version=9)
        outcome = guarded_update(connection, statement, awal.POLICY, awal.Patch(), orders.c)
        assert outcome
        assert outcome.row is not None
        assert outcome.row["version"] == 1
        gone = guarded_update(
            connection, sa.update(orders).where(orders.c.id == 2), awal.POLICY, awal.Patch(), orders.c
        )
        assert gone.verdict is Verdict.GONE
    assert not [line for line in statements if line.startswith("UPDATE")]


def test_a_statement_that_sets_columns_of_the_order_is_refused(engine: sa.Engine) -> None:
    """It could overwrite what another writer has written since the order was read."""
    orders = create_full_orders(engine)
    statement = sa.update(orders).where(orders.c.id == 1)
    notes = awal.Patch(admin_notes="x")
    with engine.begin() as connection:
        for own in ({"status": "pending"}, {"admin_notes": "y"}, {"version": 2, "branch_id": "7"}):
            with pytest.raises(ValueError, match=r"the statement sets \w+: columns of the order are set only from"):
                guarded_update(connection, statement.values(own), awal.POLICY, notes, orders.c)
        with pytest.raises(LookupError, match="the column of the sent key admin_notes is not given"):
            guarded_update(connection, statement, awal.POLICY, notes, {"status": orders.c.status})
        assert guarded_update(
            connection, statement, awal.POLICY, notes, {"status": orders.c.status}, keys={"admin_notes": None}
        )


def test_a_customer_is_stored_as_json_and_its_kind_in_another_column(engine: sa.Engine) -> None:
    """After the update the order has a registered customer, so a second one is refused."""
    orders = table(kinds={"details": sa.JSON, "employees": sa.JSON, "coupon_code": sa.Text})
    orders.metadata.create_all(engine)
    columns = {name: orders.c[name] for name in ("status", "draft", "customer")}
    statement = sa.update(orders).where(orders.c.id == 1)
    patch = salla.Patch(customer=salla.Customer(id=7, name="Huda"), employees=(1, 2))
    keys = {"customer": orders.c.details, "employees": orders.c.employees}
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1, "status": "in_progress", "draft": False}])
        with pytest.raises(
            LookupError,
            match="the column of the sent key customer holds a fact",
        ):
            guarded_update(connection, statement, salla.POLICY, patch, orders.c)
        text_keys = {**keys, "customer": orders.c.coupon_code}
        with pytest.raises(TypeError, match="the column of customer cannot store objects and lists"):
            guarded_update(connection, statement, salla.POLICY, patch, columns, keys=text_keys)
        first = guarded_update(connection, statement, salla.POLICY, patch, columns, keys=keys)
        assert first.row is not None
        assert (first.row["customer"], first.row["details"], first.row["employees"]) == (
            "registered",
            {"id": 7, "name": "Huda"},
            [1, 2],
        )
        second = guarded_update(connection, statement, salla.POLICY, patch, columns, keys=keys)
        assert second.verdict is Verdict.REFUSED


def test_a_table_without_types_is_written_too() -> None:
    """``sqlalchemy.table`` has columns by name only."""
    rows = sa.table("orders", sa.column("id"), sa.column("status"))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id INTEGER, status TEXT)"))
        connection.execute(sa.insert(rows).values(id=1, status="pending"))
        statement, patch = sa.update(rows).where(rows.c.id == 1), awal.Patch(status=awal.Status.ACCEPTED)
        assert guarded_update(connection, statement, awal.POLICY, patch, rows.c)
        assert connection.scalar(sa.select(rows.c.status)) == "accepted"
    engine.dispose()


def test_an_asynchronous_connection_raises_type_error() -> None:
    """The message suggests ``run_sync``, which works."""
    orders = sa.Table(
        "orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("status", sa.Text)
    )
    arguments: Any = (
        sa.update(orders).where(orders.c.id == 1),
        awal.POLICY,
        awal.Patch(status=awal.Status.ACCEPTED),
        orders.c,
    )

    async def update_orders() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(orders.metadata.create_all)
            await connection.execute(orders.insert(), [{"id": 1, "status": "pending"}])
            with pytest.raises(TypeError, match=r"with an AsyncConnection, use await connection\.run_sync\("):
                guarded_update(connection, *arguments)  # type: ignore[arg-type]
            assert await connection.run_sync(lambda plain: guarded_update(plain, *arguments))
        async with AsyncSession(engine) as session:
            with pytest.raises(TypeError, match=r"with an AsyncSession, use await session\.run_sync\("):
                guarded_update(session, *arguments)  # type: ignore[arg-type]
            assert await session.run_sync(lambda plain: guarded_update(plain, *arguments))
        await engine.dispose()

    asyncio.run(update_orders())


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_verdicts_select_the_ids_of_the_refusing_rules(engine: sa.Engine, policy: Policy[Any, Any]) -> None:
    """They are compared with the policy for every update and every possible row."""
    rows, orders = every_row(policy), table()
    orders.metadata.create_all(engine)
    facts = policy.order_type.__space__.facts
    points = [{fact: fact.from_database(row[fact.attribute]) for fact in facts} for row in rows]
    columns = {fact.attribute: orders.c[fact.attribute] for fact in facts}
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": number, **row} for number, row in enumerate(rows)])
        for patch in {policy.guard(patch): patch for patch in updates(policy)}.values():
            column = verdicts(policy, patch, columns).label("violations")
            selected = connection.execute(sa.select(orders.c.id, column).order_by(orders.c.id))
            decisions = [policy.can_update(order_at(policy.order_type, point), patch) for point in points]
            assert [row.violations for row in selected] == [
                ", ".join(violation.rule.id for violation in decision.violations) for decision in decisions
            ]


def test_writers_of_different_keys_do_not_overwrite_each_other(engine: sa.Engine) -> None:
    """Each value that the example service answered with 200 is stored at the end, unless a later 200 replaced it."""
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.execute(sa.text("PRAGMA journal_mode=WAL"))
    url = engine.url.render_as_string(hide_password=False)
    numbers = range(1, 9)
    accepted: dict[tuple[int, str], list[str]] = {}
    lock = threading.Lock()

    def write(writer: int, client: httpx.Client) -> None:
        key = ("status", "admin_notes", "branch_id")[writer % 3]
        for number in numbers:
            for turn in range(4):
                value = STATUSES[turn + 1].value if key == "status" else f"{writer}.{turn}"
                answer = client.put(f"/orders/{number}", params={"phone_number_id": "1"}, json={key: value})
                if answer.is_success:
                    assert answer.json()["data"][key] == value
                    with lock:
                        accepted.setdefault((number, key), []).append(value)

    with serving("service", ORDERS=url) as place, httpx.Client(base_url=place, timeout=60) as client:
        for _ in numbers:
            assert client.post("/orders", json={"status": "pending"}).status_code == 201
        with ThreadPoolExecutor(9) as pool:
            list(pool.map(functools.partial(write, client=client), range(9)))
        orders = [client.get(f"/orders/{number}").json()["data"] for number in numbers]
    for number, order in zip(numbers, orders, strict=True):
        assert order["status"] == max(accepted[number, "status"], key=[*map(str, STATUSES)].index)
        assert order["admin_notes"] in accepted[number, "admin_notes"]
        assert order["branch_id"] in accepted[number, "branch_id"]


@pytest.mark.parametrize("returns", [True, False])
def test_a_condition_on_a_written_column_does_not_mean_gone(engine: sa.Engine, returns: bool) -> None:
    """A statement may select by the version and write the next version."""
    orders = create_full_orders(engine)
    orders.implicit_returning = returns
    first = sa.update(orders).where(orders.c.id == 1, orders.c.version == 1, orders.c.status == "pending")
    statement = first.values(version=orders.c.version + 1)
    patch = awal.Patch(status=awal.Status.ACCEPTED)
    with engine.begin() as connection:
        result = guarded_update(connection, statement, awal.POLICY, patch, orders.c)
        assert result.verdict is Verdict.WRITTEN
        assert (None if result.row is None else result.row["version"]) == (2 if returns else None)
        second = guarded_update(connection, statement, awal.POLICY, patch, orders.c)
        assert (second.verdict, second.row) == (Verdict.GONE, None)
        assert connection.execute(sa.select(orders.c.status, orders.c.version)).one() == ("accepted", 2)


@pytest.mark.parametrize("returns", [True, False])
def test_an_object_of_a_session_is_updated_although_the_condition_no_longer_holds(
    engine: sa.Engine, returns: bool
) -> None:
    """This also works if the database does not return the row."""
    Base.metadata.create_all(engine)
    rows: Any = Row.__table__
    with Session(engine) as session:
        session.add(Row(id=1, status="in_progress", draft=False, customer=None))
        session.commit()
        row = session.get_one(Row, 1)
        statement = sa.update(Row).where(Row.id == 1, Row.coupon.is_(None))
        columns = {"status": Row.status, "draft": Row.draft, "customer": Row.customer}
        rows.implicit_returning = returns
        try:
            patch = salla.Patch(coupon_code="E")
            outcome = guarded_update(session, statement, salla.POLICY, patch, columns, keys={"coupon_code": Row.coupon})
        finally:
            rows.implicit_returning = True
        assert (outcome.verdict, row.coupon) == (Verdict.WRITTEN, "E")


def test_own_columns_are_written_with_a_key_that_is_stored_elsewhere(engine: sa.Engine) -> None:
    """The statement is sent if the update asks for anything and the rules allow it."""
    orders = create_full_orders(engine)
    statement = sa.update(orders).where(orders.c.id == 1)
    keys = {"branch_id": None}
    with engine.begin() as connection:

        def write(patch: awal.Patch, **own: Any) -> Any:
            update = statement.values(**own) if own else statement
            return guarded_update(connection, update, awal.POLICY, patch, orders.c, keys=keys)

        assert write(awal.Patch(branch_id="7"), branch_id="mine", version=5).row["version"] == 5
        assert connection.execute(sa.select(orders.c.branch_id)).scalar() == "mine"
        assert write(awal.Patch(), version=6).row["version"] == 5
        assert write(awal.Patch(branch_id="7")).row["version"] == 5
        assert write(awal.Patch(status=awal.Status.ACCEPTED)).row["status"] == "accepted"


def test_columns_that_cannot_be_written_are_refused(engine: sa.Engine) -> None:
    """They are refused before anything is written."""
    Base.metadata.create_all(engine)
    statement = sa.update(Row).where(Row.id == 2)
    columns = {"status": Row.status, "draft": Row.draft, "customer": Row.customer}
    two_keys = salla.Patch(coupon_code="E", employees=(3,))
    not_a_column: Any = "coupon"
    with Session(engine) as session:
        session.add(Row(id=2, status="completed", draft=False, customer=None))

        def write(statement: Any, patch: salla.Patch, **keys: Any) -> None:
            guarded_update(session, statement, salla.POLICY, patch, columns, keys=keys)

        with pytest.raises(ValueError, match="the statement sets "):
            write(
                statement.values(coupon="z"),
                salla.Patch(employees=(3,)),
                coupon_code=Row.coupon,
                employees=Row.employees,
            )
        with pytest.raises(ValueError, match="coupon_code and employees are both written to the column"):
            write(statement, two_keys, coupon_code=Row.employees, employees=Row.employees)
        with pytest.raises(TypeError, match="for coupon_code, expected a column, got str"):
            write(statement, two_keys, coupon_code=not_a_column, employees=Row.employees)
        with pytest.raises(LookupError, match="the column of the sent key coupon_code is not given"):
            write(statement, two_keys, employees=Row.employees)
        ordered = sa.update(Row).where(Row.id == 2).ordered_values((Row.id, 3))
        with pytest.raises(ValueError, match="use values, not ordered_values"):
            write(ordered, two_keys, coupon_code=Row.coupon, employees=Row.employees)
        assert session.get_one(Row, 2).coupon is None


def test_an_empty_customer_leaves_the_customer_unchanged(engine: sa.Engine) -> None:
    """``Policy.apply`` does the same."""
    orders = table()
    orders.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{"id": 1, "status": "in_progress", "draft": False, "customer": "guest"}])
        statement = sa.update(orders).where(orders.c.id == 1)
        empty = salla.Patch(customer=salla.Customer())
        outcome = guarded_update(connection, statement, salla.POLICY, empty, orders.c, keys={"customer": None})
        assert outcome.row is not None
        assert (outcome.verdict, outcome.row["customer"]) == (Verdict.WRITTEN, "guest")


def test_an_impossible_value_of_a_fact_raises_value_error_when_it_is_read(engine: sa.Engine) -> None:
    """A row that was written is not read, and the message does not show the value."""
    orders = table(kinds={"coupon_code": sa.Text, "customer": sa.JSON})
    orders.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            orders.insert(), [{"id": 1, "status": "in_progress", "draft": False, "customer": {"name": "Huda"}}]
        )
        statement = sa.update(orders).where(orders.c.id == 1)
        coupon = salla.Patch(coupon_code="E")
        assert guarded_update(connection, statement, salla.POLICY, coupon, orders.c)
        with pytest.raises(ValueError, match="customer cannot be a dict"):
            guarded_update(connection, statement, salla.POLICY, salla.Patch(), orders.c)
