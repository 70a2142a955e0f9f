"""Where the question is asked: one small module for each tool that carries, serves or stores updates of orders.

Each is imported by its own name (``orderrules.integrations.httpx``), needs the extra of that name, and is imported by
nothing else. None holds a rule. What those share that send requests, the gate, stands here.
"""

from __future__ import annotations

from orderrules.integrations.gate import Attempt, Gate, OrderUnavailable, UpdateUncertain
from orderrules.integrations.reports import Counts, Report, ReportKind

__all__ = ["Attempt", "Counts", "Gate", "OrderUnavailable", "Report", "ReportKind", "UpdateUncertain"]
