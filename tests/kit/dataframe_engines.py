"""The same orders as a frame of each engine, and what an expression makes of them there."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# A relation of an older DuckDB does not keep its connection.
_OPEN: Final[list[Any]] = []


def _statuses(table: pa.Table) -> list[str]:
    return sorted(status for status in set(table["status"].to_pylist()) if status is not None)


def _duckdb(table: pa.Table, status: str = "status") -> Any:
    connection = duckdb.connect()
    _OPEN.append(connection)
    named = ", ".join(f"'{name}'" for name in _statuses(table))
    connection.execute(f"CREATE TYPE stage AS ENUM ({named})")
    connection.register("given", table)
    others = ", ".join(name for name in table.column_names if name != "status")
    connection.execute(f"CREATE TABLE orders AS SELECT {others}, {status} AS status FROM given")  # noqa: S608 - ours.
    return connection.table("orders")


def _polars(table: pa.Table, kind: Any = pl.String) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame.with_columns(pl.col("status").cast(kind))


ENGINES: Final[dict[str, Callable[[pa.Table], Any]]] = {
    "polars": _polars,
    "polars, lazy": lambda table: _polars(table).lazy(),
    "polars, enumeration": lambda table: _polars(table, pl.Enum(_statuses(table))),
    "polars, categories": lambda table: _polars(table, pl.Categorical),
    "pandas": lambda table: table.to_pandas(),
    "pandas, objects": lambda table: pd.DataFrame(table.to_pydict(), dtype=object),
    "pandas, nullable": lambda table: table.to_pandas().convert_dtypes(),
    "pandas, arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, categories": lambda table: table.to_pandas().astype({"status": "category"}),
    "duckdb": _duckdb,
    "duckdb, enumeration": lambda table: _duckdb(table, "status::stage"),
    "pyarrow": lambda table: table,
}


def spark() -> Iterator[Callable[[pa.Table], Any]]:
    """Run a Spark on this machine, and give what makes a frame of it."""
    # It speaks by an address, and looks for one of a name that not every machine has.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as home:
        warnings.simplefilter("ignore")
        # Not all who check the types have it.
        built: Any = importlib.import_module("pyspark.sql").SparkSession.builder
        settings: dict[str, Any] = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.log.level": "ERROR",
        }
        session = built.master("local[2]").config(map=settings).getOrCreate()

        def framed(table: pa.Table) -> Any:
            path = Path(tempfile.mkdtemp(dir=home)) / "orders.parquet"
            pq.write_table(table, path)
            return session.read.parquet(str(path))

        yield framed
        session.stop()


def selected(frame: Any, condition: nw.Expr) -> list[int]:
    """List the numbers of the rows that an engine selects, in their order."""
    return sorted(_collected(nw.from_native(frame).filter(condition).select("id"))["id"].to_list())


def told(frame: Any, expressions: dict[str, nw.Expr]) -> dict[str, list[Any]]:
    """Give what an engine makes of expressions, row by row."""
    asked = [expression.alias(name) for name, expression in expressions.items()]
    found = _collected(nw.from_native(frame).select("id", *asked)).sort("id")
    return {name: found[name].to_list() for name in expressions}


def _collected(frame: Any) -> nw.DataFrame[Any]:
    found: nw.DataFrame[Any] = frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame
    return found
