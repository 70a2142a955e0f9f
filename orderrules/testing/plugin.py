"""The pytest plugin: which rules, cells and transitions a suite saw allowed and refused.

``--orderrules-cov=salla`` records every decision of that platform's policies while the tests run, and shows tables of
what was seen. ``--orderrules-fail-under`` fails the run if that is too little. With pytest-xdist, each worker sends
what it saw to the controller. Without these options the plugin loads and observes nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.policy import Policy

PLATFORMS: Final = ("salla", "awal")
Item = tuple[str, ...]
"""What may be seen: ``("rule", id, "refused")``, ``("cell", section, status, "open")``, …"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("orderrules", "rules of order APIs")
    group.addoption(
        "--orderrules-cov",
        action="append",
        default=[],
        choices=PLATFORMS,
        help="show which rules of a platform the tests saw refuse and allow; repeat it for several platforms",
    )
    group.addoption(
        "--orderrules-fail-under",
        type=_percentage,
        default=None,
        metavar="PERCENT",
        help="fail if less than this of the rules, waivers and transitions was seen",
    )


def _percentage(text: str) -> float:
    value = float(text)
    if not 0 <= value <= _WHOLE:
        raise ValueError(text)
    return value


_WHOLE: Final = 100


def pytest_configure(config: pytest.Config) -> None:
    """Check the options.

    Raises:
        pytest.UsageError: ``--orderrules-fail-under`` is used without ``--orderrules-cov``.
    """
    if config.getoption("--orderrules-fail-under") is not None and not config.getoption("--orderrules-cov"):
        raise pytest.UsageError("--orderrules-fail-under needs --orderrules-cov")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to record before a test module can keep a reference to a policy's ``can_update``."""
    asked = early_config.known_args_namespace
    if getattr(asked, "orderrules_cov", None):
        early_config.pluginmanager.register(Recorder(asked.orderrules_cov), "orderrules-recorder")


class Recorder:
    """Records decisions while tests run, and reports on them at the end."""

    def __init__(self, platforms: Iterable[str]) -> None:
        from orderrules.platforms import awal, salla
        from orderrules.policy.policy import observe

        modules = {"salla": salla, "awal": awal}
        self.policies: dict[str, Policy[Any, Any]] = {name: modules[name].POLICY for name in dict.fromkeys(platforms)}
        self.seen: dict[str, set[Item]] = {name: set() for name in self.policies}
        self._names: dict[object, str] = {policy.order_type: name for name, policy in self.policies.items()}
        observe(self._record)

    def _record(self, deciding: Policy[Any, Any], order: Any, asked: Any, decision: Decision) -> None:  # noqa: ANN401 - of any platform.
        """Record one decision: on an update, or on an action."""
        name = self._names.get(deciding.order_type)
        if name is None:
            return
        # A policy of the suite's own may lack a rule of the shipped one, or have others.
        ids = {rule.id for rule in deciding.rules}
        if isinstance(asked, self.policies[name].patch_type):
            self._record_update(name, ids, (order, asked), decision)
        else:
            self._record_action(name, ids, str(asked), decision)

    def _record_update(
        self, name: str, ids: set[str], question: tuple[OrderBase[Any], PatchBase], decision: Decision
    ) -> None:
        seen, policy = self.seen[name], self.policies[name]
        order, patch = question
        by = policy.order_type.__space__.facts[0]
        status = by.label(by.of(order))
        refusing = {violation.rule.id for violation in decision.violations}
        closed = {violation.section for violation in decision.violations}
        for section in patch.sections:
            seen.add(("cell", str(section), status, "closed" if section in closed else "open"))
        for rule in policy.rules:
            if rule.section not in patch.sections or rule.id not in ids:
                continue
            if rule.id in refusing:
                seen.add(("rule", rule.id, "refused"))
            elif not decision.waivers:
                seen.add(("rule", rule.id, "allowed"))
            for table in rule.only_if.transitions():
                pair = (table.current.label(table.current.of(order)), table.asked.label(table.asked.of(patch)))
                seen.add(("transition", *pair, "refused" if rule.id in refusing else "allowed"))
        for waiver in decision.waivers:
            seen.add(("waiver", waiver.id, "waived"))

    def _record_action(self, name: str, ids: set[str], action: str, decision: Decision) -> None:
        refusing = {violation.rule.id for violation in decision.violations}
        for rule in self.policies[name].rules:
            if str(rule.section) == action and rule.id in ids:
                self.seen[name].add(("rule", rule.id, "refused" if rule.id in refusing else "allowed"))

    def expected_items(self, name: str) -> list[Item]:
        """List what a suite should see: each rule refuse and allow, each waiver apply, each transition made."""
        policy = self.policies[name]
        items: list[Item] = [("rule", rule.id, verdict) for rule in policy.rules for verdict in ("refused", "allowed")]
        items += [("waiver", waiver.id, "waived") for waiver in policy.waivers]
        items += [
            ("transition", table.current.label(value), table.asked.label(other), "allowed")
            for rule in policy.rules
            for table in rule.only_if.transitions()
            for value, following in table.table
            for other in table.asked.values
            if other in following
        ]
        return items

    def percentage(self) -> float:
        """Return how much of what should be seen was seen, over all platforms."""
        expected = [(name, item) for name in self.policies for item in self.expected_items(name)]
        return 100 * sum(item in self.seen[name] for name, item in expected) / len(expected)

    def cells(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Iterate over the possible cells: a section, a status, and whether the section is open or closed."""
        from orderrules.engine.decision_table import table_of

        policy = self.policies[name]
        by = policy.order_type.__space__.facts[0]
        found = {
            (str(cell.section), by.label(cell.point[by]), "open" if cell.decision else "closed"): None
            for cell in table_of(policy).cells()
            if isinstance(cell.section, policy.sections)
        }
        yield from found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a worker of pytest-xdist.
        """Add what a worker of pytest-xdist saw."""
        for name, items in json.loads(getattr(node, "workeroutput", {}).get("orderrules", "{}")).items():
            self.seen[name].update(map(tuple, items))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send what was seen to the controller of pytest-xdist, or fail the run if it is too little."""
        output: dict[str, str] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["orderrules"] = json.dumps({name: sorted(seen) for name, seen in self.seen.items()})
            return
        least = None if session.config.option.collectonly else session.config.getoption("--orderrules-fail-under")
        if least is not None and self.percentage() < least and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:  # noqa: ANN401 - pytest's own.
        """Print what was seen."""
        from rich.console import Console

        if config.option.collectonly:
            return
        least = config.getoption("--orderrules-fail-under")
        terminalreporter.section("coverage of rules")
        console = Console(
            width=min(100, terminalreporter._tw.fullwidth), highlight=False, emoji=False, color_system=None
        )
        for name in self.policies:
            with console.capture() as written:
                for table in _draw_tables(self, name):
                    console.print(table)
            terminalreporter.write(written.get())
        verdict = f"{self.percentage():.0f} % of the rules, waivers and transitions seen"
        short = least is not None and self.percentage() < least
        terminalreporter.write_line(f"FAIL {verdict}; {least:g} % is asked for" if short else verdict, red=short)


def _draw_tables(recorder: Recorder, name: str) -> Iterator[Any]:
    """Draw what was seen of a platform: rules and waivers, transitions, and cells."""
    from rich.table import Table

    seen, policy = recorder.seen[name], recorder.policies[name]

    def mark(*item: str) -> str:
        return "seen" if item in seen else "MISSED"

    rules = Table("rule", "governs", "refused", "allowed", title=name, title_justify="left")
    for rule in policy.rules:
        rules.add_row(rule.id, str(rule.section), mark("rule", rule.id, "refused"), mark("rule", rule.id, "allowed"))
    for waiver in policy.waivers:
        rules.add_row(waiver.id, "(waiver)", "", mark("waiver", waiver.id, "waived"))
    yield rules
    moves = [item for item in recorder.expected_items(name) if item[0] == "transition"]
    if moves:
        transitions = Table("from", "to", "made", "refusals seen from here", title_justify="left")
        for _, one, other, verdict in moves:
            refused = sorted({item[2] for item in seen if item[:2] == ("transition", one) and item[3] == "refused"})
            transitions.add_row(one, other, mark("transition", one, other, verdict), ", ".join(refused) or "none")
        yield transitions
    every = list(recorder.cells(name))
    missed: dict[str, list[str]] = {}
    for section, status, state in every:
        if ("cell", section, status, state) not in seen:
            missed.setdefault(section, []).append(f"{status} {state}")
    cells = Table(
        "section",
        "cells missed",
        title=f"{len(every) - sum(map(len, missed.values()))} of {len(every)} cells seen",
        title_justify="left",
    )
    for section, found in missed.items():
        shown = found[:_FEW] + [f"and {len(found) - _FEW} more"] * (len(found) > _FEW)
        cells.add_row(section, ", ".join(shown))
    yield cells if missed else cells.title


_FEW: Final = 6
