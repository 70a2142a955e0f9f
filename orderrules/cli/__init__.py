"""The command line: the only place that reads files and prints.

It asks the library and shows what it says; it holds no rule.
"""

from __future__ import annotations

import sys

try:
    from orderrules.cli.app import main
    from orderrules.cli.audit import audit
    from orderrules.cli.orders import check
    from orderrules.cli.rulebook import table
except ImportError as error:  # pragma: no cover - seen only where the extra is not installed.
    print(f"orderrules: the command line needs more: pip install 'orderrules[cli]' ({error})", file=sys.stderr)  # noqa: T201 - nothing else is there to print with.
    raise SystemExit(2) from error

__all__ = ["audit", "check", "main", "table"]
