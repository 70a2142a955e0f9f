"""The same orders as a frame of each engine, and the values of expressions on it."""

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


# Keeps connections open: a relation of an older DuckDB does not keep its own.
_CONNECTIONS: Final[list[Any]] = []


def _statuses(table: pa.Table) -> list[str]:
    return sorted(status for status in set(table["status"].to_pylist()) if status is not None)


def _duckdb(table: pa.Table, status: str = "status") -> Any:
    connection = duckdb.connect()
    _CONNECTIONS.append(connection)
    labels = ", ".join(f"'{name}'" for name in _statuses(table))
    connection.execute(f"CREATE TYPE stage AS ENUM ({labels})")
    connection.register("given", table)
    others = ", ".join(name for name in table.column_names if name != "status")
    connection.execute(f"CREATE TABLE orders AS SELECT {others}, {status} AS status FROM given")  # noqa: S608 - our names.
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
    """Run Spark on this machine, and yield a function that turns a table into a frame."""
    # By default, Spark looks up the address of the host name, which not every machine can resolve.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as home:
        warnings.simplefilter("ignore")
        # Imported by name, because types are also checked without pyspark.
        builder: Any = importlib.import_module("pyspark.sql").SparkSession.builder
        settings: dict[str, Any] = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.log.level": "ERROR",
        }
        session = builder.master("local[2]").config(map=settings).getOrCreate()

        def to_frame(table: pa.Table) -> Any:
            path = Path(tempfile.mkdtemp(dir=home)) / "orders.parquet"
            pq.write_table(table, path)
            return session.read.parquet(str(path))

        yield to_frame
        session.stop()


def select_ids(frame: Any, condition: nw.Expr) -> list[int]:
    """Return the ids of the rows that an engine selects, sorted."""
    return sorted(_collect(nw.from_native(frame).filter(condition).select("id"))["id"].to_list())


def evaluate(frame: Any, expressions: dict[str, nw.Expr]) -> dict[str, list[Any]]:
    """Return the values of each expression on an engine, sorted by the id of the row."""
    columns = [expression.alias(name) for name, expression in expressions.items()]
    result = _collect(nw.from_native(frame).select("id", *columns)).sort("id")
    return {name: result[name].to_list() for name in expressions}


def _collect(frame: Any) -> nw.DataFrame[Any]:
    result: nw.DataFrame[Any] = frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame
    return result
