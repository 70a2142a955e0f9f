"""An update that is checked and written by one statement: ``python examples/integrations/guarded_update.py``."""

from __future__ import annotations

import sqlalchemy as sa

from orderrules import awal
from orderrules.integrations.sqlalchemy import guarded_update, to_sqlalchemy

orders = sa.Table(
    "orders",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
)
engine = sa.create_engine("sqlite://")
orders.metadata.create_all(engine)

ship = awal.Patch(status=awal.Status.SHIPPED)
print("the guard:", awal.POLICY.guard(ship))
print("in SQL:", to_sqlalchemy(awal.POLICY.guard(ship), orders.c).compile(compile_kwargs={"literal_binds": True}))

with engine.begin() as connection:
    connection.execute(orders.insert(), [{"id": 1, "status": "accepted"}, {"id": 2, "status": "pending"}])
    seen = awal.Order(status=awal.Status.ACCEPTED)
    for number in (1, 2, 3):
        statement = sa.update(orders).where(orders.c.id == number)
        outcome = guarded_update(connection, statement, awal.POLICY, ship, orders.c, seen)
        print(f"order {number}:", outcome.verdict)
        if outcome.decision is not None:
            print(outcome.decision.explain())
