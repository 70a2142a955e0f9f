"""The pytest plugin: which rules, cells and transitions a suite saw allowed and refused.

``--orderrules-cov=salla`` records every decision of that platform's policies while the tests run, and shows tables of
what was seen. What the test kit decided for itself, to know what a service should answer, is told apart and does not
count. ``--orderrules-fail-under`` fails the run if too little was seen. With pytest-xdist, each worker sends what it
saw to the controller. Without these options the plugin loads and observes nothing.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.grammar.rules import Rule
    from orderrules.policy.policy import Policy

PLATFORMS: Final = ("salla", "awal")
ONLY: Final = ("updates", "actions")
Item = tuple[str, ...]
"""What may be seen: ``("rule", id, "refused")``, ``("cell", section, "completed, not draft, …", "open")``, …"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("orderrules", "rules of order APIs")
    group.addoption(
        "--orderrules-cov",
        action="append",
        default=[],
        metavar="NAME",
        help="show which rules of a platform, salla or awal, or of a policy of your own, MODULE:NAME, the tests saw "
        "refuse and allow; repeat it for several",
    )
    group.addoption(
        "--orderrules-cov-only",
        choices=ONLY,
        default=None,
        help="count only the rules on updates, or only those on actions such as cancel",
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
        pytest.UsageError: one of the other options is used without ``--orderrules-cov``.
    """
    for option in ("--orderrules-fail-under", "--orderrules-cov-only"):
        if config.getoption(option) is not None and not config.getoption("--orderrules-cov"):
            raise pytest.UsageError(f"{option} needs --orderrules-cov")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to record before a test module can keep a reference to a policy's ``can_update``."""
    asked = early_config.known_args_namespace
    if getattr(asked, "orderrules_cov", None):
        recorder = Recorder(asked.orderrules_cov, getattr(asked, "orderrules_cov_only", None))
        early_config.pluginmanager.register(recorder, "orderrules-recorder")


def _import_policy(place: str) -> Policy[Any, Any]:
    """Return a shipped policy by the name of its platform, or the policy at ``MODULE:NAME``.

    Raises:
        pytest.UsageError: there is no such policy.
    """
    from orderrules.platforms import awal, salla
    from orderrules.policy.policy import Policy

    shipped: dict[str, Policy[Any, Any]] = {"salla": salla.POLICY, "awal": awal.POLICY}
    if place in shipped:
        return shipped[place]
    module, _, name = place.partition(":")
    sys.path.insert(0, "")  # As ``python -m pytest`` does.
    try:
        found: Any = getattr(importlib.import_module(module), name) if name else None
    except Exception as error:  # The user's module may raise anything.
        raise pytest.UsageError(f"--orderrules-cov={place}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    if not isinstance(found, Policy):
        raise pytest.UsageError(f"--orderrules-cov={place}: expected salla, awal or the MODULE:NAME of a policy")
    return found  # pyright: ignore[reportUnknownVariableType]  # its order and patch types are unknown.


class Recorder:
    """Records decisions while tests run, and reports on them at the end.

    Attributes:
        policies: the policies, by the names that were given.
        seen: what the suite's own code saw, by name.
        seen_by_kit: what the test kit saw when it decided for itself, by name.
        only: ``updates`` or ``actions``, if only the rules on these count.
    """

    def __init__(self, places: Iterable[str], only: str | None = None) -> None:
        from orderrules.policy.policy import observe

        self.policies: dict[str, Policy[Any, Any]] = {place: _import_policy(place) for place in dict.fromkeys(places)}
        self.seen: dict[str, set[Item]] = {name: set() for name in self.policies}
        self.seen_by_kit: dict[str, set[Item]] = {name: set() for name in self.policies}
        self.only = only
        observe(self._record)

    def _record(self, deciding: Policy[Any, Any], order: Any, asked: Any, decision: Decision) -> None:  # noqa: ANN401 - of any platform.
        """Record one decision: on an update, or on an action."""
        from orderrules.testing.own_decisions import is_own_decision

        # A policy of the suite's own may lack a rule of the shipped one, or have others.
        ids = {rule.id for rule in deciding.rules}
        for name, policy in self.policies.items():
            if policy.order_type is not deciding.order_type:
                continue
            seen = (self.seen_by_kit if is_own_decision() else self.seen)[name]
            if isinstance(asked, policy.patch_type):
                _record_update(policy, seen, ids, (order, asked), decision)
            else:
                _record_action(policy, seen, ids, str(asked), decision)

    def expected_items(self, name: str) -> list[Item]:
        """List what a suite should see: each rule refuse and allow, each waiver apply, each transition made."""
        policy = self.policies[name]
        rules = [rule for rule in policy.rules if self._counts(policy, rule)]
        items: list[Item] = [("rule", rule.id, verdict) for rule in rules for verdict in ("refused", "allowed")]
        items += [("waiver", waiver.id, "waived") for waiver in policy.waivers if self.only != "actions"]
        items += [
            ("transition", table.current.label(value), table.asked.label(other), "allowed")
            for rule in rules
            for table in rule.only_if.transitions()
            for value, following in table.table
            for other in table.asked.values
            if other in following
        ]
        return items

    def _counts(self, policy: Policy[Any, Any], rule: Rule) -> bool:
        is_action = not isinstance(rule.section, policy.sections)
        return self.only is None or is_action is (self.only == "actions")

    def percentage(self) -> float:
        """Return how much of what should be seen was seen, over all platforms."""
        expected = [(name, item) for name in self.policies for item in self.expected_items(name)]
        return 100 * sum(item in self.seen[name] for name, item in expected) / len(expected) if expected else 100

    def cells(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Iterate over the possible cells: a section, a kind of order, and whether the section is open or closed."""
        from orderrules.engine.decision_table import table_of

        policy = self.policies[name]
        found = {
            (str(cell.section), _kind_of(policy, cell.point), "open" if cell.decision else "closed"): None
            for cell in table_of(policy).cells()
            if isinstance(cell.section, policy.sections)
        }
        yield from found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a worker of pytest-xdist.
        """Add what a worker of pytest-xdist saw."""
        told = json.loads(getattr(node, "workeroutput", {}).get("orderrules", "{}"))
        for name, (seen, seen_by_kit) in told.items():
            self.seen[name].update(map(tuple, seen))
            self.seen_by_kit[name].update(map(tuple, seen_by_kit))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send what was seen to the controller of pytest-xdist, or fail the run if it is too little."""
        output: dict[str, str] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            told = {name: (sorted(seen), sorted(self.seen_by_kit[name])) for name, seen in self.seen.items()}
            output["orderrules"] = json.dumps(told)
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


def _kind_of(policy: Policy[Any, Any], point: Mapping[Fact, Hashable]) -> str:
    """Return a kind of order as text: the values of all facts that an order has."""
    first, *others = policy.order_type.__space__.facts
    return ", ".join([first.label(point[first]), *(fact.describe([point[fact]]) for fact in others)])


def _record_update(
    policy: Policy[Any, Any],
    seen: set[Item],
    ids: set[str],
    question: tuple[OrderBase[Any], PatchBase],
    decision: Decision,
) -> None:
    """Record a decision on an update.

    Args:
        policy: the policy whose items are counted.
        seen: the items that were seen.
        ids: the ids of the rules of the policy that decided.
        question: the order and the update.
        decision: the decision.
    """
    order, patch = question
    kind = _kind_of(policy, {fact: fact.of(order) for fact in policy.order_type.__space__.facts})
    refusing = {violation.rule.id for violation in decision.violations}
    closed = {violation.section for violation in decision.violations}
    for section in patch.sections:
        seen.add(("cell", str(section), kind, "closed" if section in closed else "open"))
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


def _record_action(policy: Policy[Any, Any], seen: set[Item], ids: set[str], action: str, decision: Decision) -> None:
    """Record a decision on an action; see ``_record_update``."""
    refusing = {violation.rule.id for violation in decision.violations}
    for rule in policy.rules:
        if str(rule.section) == action and rule.id in ids:
            seen.add(("rule", rule.id, "refused" if rule.id in refusing else "allowed"))


def _draw_tables(recorder: Recorder, name: str) -> Iterator[Any]:
    """Draw what was seen of a platform: rules and waivers, transitions, and cells."""
    from rich.table import Table

    seen, policy = recorder.seen[name], recorder.policies[name]

    def mark(*item: str) -> str:
        return "seen" if item in seen else "only by the kit" if item in recorder.seen_by_kit[name] else "MISSED"

    rules = Table("rule", "governs", "refused", "allowed", title=name, title_justify="left")
    shown = {item[1] for item in recorder.expected_items(name)}
    for rule in policy.rules:
        if rule.id not in shown:
            continue
        rules.add_row(rule.id, str(rule.section), mark("rule", rule.id, "refused"), mark("rule", rule.id, "allowed"))
    for waiver in policy.waivers if recorder.only != "actions" else ():
        rules.add_row(waiver.id, "(waiver)", "", mark("waiver", waiver.id, "waived"))
    yield rules
    moves = [item for item in recorder.expected_items(name) if item[0] == "transition"]
    if moves:
        transitions = Table("from", "to", "made", "refusals seen from here", title_justify="left")
        for _, one, other, verdict in moves:
            refused = sorted({item[2] for item in seen if item[:2] == ("transition", one) and item[3] == "refused"})
            transitions.add_row(one, other, mark("transition", one, other, verdict), ", ".join(refused) or "none")
        yield transitions
    if recorder.only != "actions":
        yield _draw_cells(recorder, name)


def _draw_cells(recorder: Recorder, name: str) -> Any:  # noqa: ANN401 - rich's own, or a line of text.
    """Draw which cells were missed: kinds of order in which a section was never seen open or closed, as it is."""
    from rich.table import Table

    seen, every = recorder.seen[name], list(recorder.cells(name))
    missed: dict[str, list[str]] = {}
    for section, kind, state in every:
        if ("cell", section, kind, state) not in seen:
            missed.setdefault(section, []).append(f"{kind}: {state}")
    cells = Table(
        "section",
        "cells missed",
        title=f"{len(every) - sum(map(len, missed.values()))} of {len(every)} cells seen",
        title_justify="left",
    )
    for section, found in missed.items():
        listed = found[:_FEW] + [f"and {len(found) - _FEW} more"] * (len(found) > _FEW)
        cells.add_row(section, "\n".join(listed))
    return cells if missed else cells.title


_FEW: Final = 4
