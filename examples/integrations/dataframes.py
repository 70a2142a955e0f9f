"""One update asked about a frame of orders, on two engines: ``python examples/integrations/dataframes.py``."""

from __future__ import annotations

import duckdb
import narwhals as nw
import polars as pl

from orderrules import salla
from orderrules.integrations.narwhals import to_narwhals, verdicts

orders = pl.DataFrame(
    {
        "id": [1, 2, 3, 4, 5],
        "slug": ["completed", "in_progress", "completed", None, "out for a walk"],
        "draft": [False, False, True, None, False],
        "customer": ["registered", "guest", "none", None, "registered"],
    }
)
columns = {"status": "slug", "draft": "draft", "customer": "customer"}
patch = salla.Patch(courier_id=1433870001, customer=salla.Customer(id=1227534533))

print("the guard:", salla.POLICY.guard(patch))
for rule, guard in salla.POLICY.guards(patch).items():
    print(f"  {rule.id}: {guard}")

allowed = to_narwhals(salla.POLICY.guard(patch), columns)
print("Polars selects", nw.from_native(orders).filter(allowed)["id"].to_list())
for number, why in nw.from_native(orders).select("id", verdicts(salla.POLICY, patch, columns)).iter_rows():
    print(f"  order {number}: {why or 'allowed'}")

relation = nw.from_native(duckdb.sql("SELECT * FROM orders")).filter(allowed).select("id").to_native()
print("DuckDB selects", sorted(number for (number,) in relation.fetchall()))
