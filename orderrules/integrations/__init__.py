"""Integrations: one module for each HTTP client, web framework, database library and dataframe library.

Each module is imported by its own name, such as ``orderrules.integrations.httpx``, and needs the extra of that name.
The integrations of HTTP clients share the ``Gate``, which is exported here.
"""

from __future__ import annotations

from orderrules.integrations.gate import (
    Attempt,
    Carrier,
    Gate,
    Held,
    OrderUnavailable,
    UpdateUncertain,
    exchange,
    run,
    run_async,
)
from orderrules.integrations.reports import Counts, Report, ReportKind

__all__ = [
    "Attempt",
    "Carrier",
    "Counts",
    "Gate",
    "Held",
    "OrderUnavailable",
    "Report",
    "ReportKind",
    "UpdateUncertain",
    "exchange",
    "run",
    "run_async",
]
