"""The command line: it reads files, asks the library, and prints the answers."""

from __future__ import annotations

import sys

try:
    from orderrules.cli.app import main
    from orderrules.cli.audit_command import audit
    from orderrules.cli.export_command import export
    from orderrules.cli.fake_command import fake
    from orderrules.cli.order_commands import check
    from orderrules.cli.replay_command import replay
    from orderrules.cli.rule_commands import table
except ImportError as error:  # pragma: no cover - reached only if the extra is not installed.
    print(  # noqa: T201 - click is not available here.
        f"orderrules: the command line needs extra dependencies: pip install 'orderrules[cli]' ({error})",
        file=sys.stderr,
    )
    raise SystemExit(2) from error

__all__ = ["audit", "check", "export", "fake", "main", "replay", "table"]
