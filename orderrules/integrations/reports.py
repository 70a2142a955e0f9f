"""Reports and counts of what came of updates. They hold names, numbers and ids, and no other value."""

from __future__ import annotations

import json
import logging
import re
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from orderrules.grammar.orders import sections_by_key
from orderrules.reading.problems import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.endpoint import Endpoint
    from orderrules.policy.policy import Policy
    from orderrules.reading.problems import InvalidInput, Problem

log: Final = logging.getLogger("orderrules.integrations")
_INDEX: Final = re.compile(r"[0-9]{1,4}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class ReportKind(StrEnum):
    """The kind of news that a report is."""

    ACCEPTED = "accepted"
    """The platform accepted an update that the rules refuse: a disagreement."""
    REFUSED = "refused"
    """The platform refused an update that the rules allow: a disagreement."""
    STALE = "stale"
    """The platform refused an update that the rules allow for the cached order; someone else may have changed it."""
    CONFIRMED = "confirmed"
    """The platform refused an update that was sent although the rules refuse it."""
    UNJUDGED = "unjudged"
    """The update was sent without a decision; the report says why."""
    UNAVAILABLE = "unavailable"
    """The update was held back without a decision, because its order is not known and the gate needs it."""
    UNANSWERED = "unanswered"
    """An update that was sent although the rules refuse it got no answer, or one that says nothing about the rules."""

    @property
    def is_disagreement(self) -> bool:
        """Whether the platform and the rules disagree."""
        return self in {ReportKind.ACCEPTED, ReportKind.REFUSED}


@attrs.frozen(kw_only=True)
class Report:
    """What came of an update, if that is news. It holds names and the order's id, and no other value.

    Attributes:
        kind: the kind of news.
        platform: the policy's name.
        order_id: the order's id; None if the request could not be read.
        rules: the ids of the rules that refuse; if none does, of those on the sections that the update touches.
        assumptions: the ids of the assumptions on which the decision rests.
        facts: the facts of the order and the update: ``status is completed``. A status that the page does not name is
            *unknown*.
        keys: the body keys.
        problems: what could not be read, if that is why the update is refused: each code with its place, in which an
            undocumented key is an ellipsis.
        status: the HTTP status of the answer; None if there was no answer.
        code: the code in the answer, if it has one.
        why: the reason why nothing was decided, or ``""``.
    """

    kind: ReportKind
    platform: str
    order_id: int | None = None
    rules: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    status: int | None = None
    code: str = ""
    why: str = ""

    def __str__(self) -> str:
        news = {
            ReportKind.ACCEPTED: "accepted an update that the rules refuse",
            ReportKind.REFUSED: "refused an update that the rules allow",
            ReportKind.STALE: "refused an update that the rules allow for the cached order",
            ReportKind.CONFIRMED: "refused an update that the rules refuse",
            ReportKind.UNJUDGED: "got an update that could not be judged",
            ReportKind.UNAVAILABLE: "was not sent an update, because it could not be judged",
            ReportKind.UNANSWERED: "gave no clear answer to an update that the rules refuse",
        }[self.kind]
        answer = "" if self.status is None else f" ({' '.join(filter(None, (str(self.status), self.code)))})"
        parts = {
            "keys": self.keys,
            "rules": self.rules,
            "assumptions": self.assumptions,
            "facts": self.facts,
            "problems": self.problems,
            "because": (self.why,) if self.why else (),
        }
        details = "; ".join(f"{name} {', '.join(part)}" for name, part in parts.items() if part)
        order = "" if self.order_id is None else f", order {self.order_id}"
        return f"{self.platform} {news}{answer}{order}: {details}"


@attrs.frozen(kw_only=True)
class Counts:
    """How many updates had which outcome.

    Each update counts once among the first five, and once more among those after ``asked`` if its answer is news.

    Attributes:
        allowed: sent, and allowed by the rules.
        held_back: not sent: refused, or not readable.
        unavailable: not sent, because the order is not known and the gate needs it.
        sent_refused: sent although the rules refuse it, because that rests on an assumption, or the gate only reports.
        unjudged: sent without a decision: the order is not known, or the body is not read.
        asked: how often the platform was asked for an order.
        accepted: sent although the rules refuse it, and accepted.
        refused: allowed by the rules, and refused by the platform.
        stale: allowed by the rules for a cached order, and refused by the platform.
        confirmed: sent although the rules refuse it, and refused.
        unanswered: sent although the rules refuse it, without a clear answer.
    """

    allowed: int = 0
    held_back: int = 0
    unavailable: int = 0
    sent_refused: int = 0
    unjudged: int = 0
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    stale: int = 0
    confirmed: int = 0
    unanswered: int = 0


def _log(report: Report) -> None:
    """Write a report to the log: as a warning if it is a disagreement, or nothing was decided."""
    warns = report.kind.is_disagreement or report.kind in {ReportKind.UNJUDGED, ReportKind.UNAVAILABLE}
    log.log(logging.WARNING if warns else logging.INFO, "%s", report)


class ReportCounter:
    """Counts updates, and passes reports on. Threads may share it."""

    def __init__(self, report: Callable[[Report], object] | None) -> None:
        self._report = report or _log
        self._lock = threading.Lock()
        self._counted = dict.fromkeys((field.name for field in attrs.fields(Counts)), 0)

    @property
    def counts(self) -> Counts:
        """The counts so far."""
        with self._lock:
            return Counts(**self._counted)

    def count(self, what: str) -> None:
        """Add one to a count."""
        with self._lock:
            self._counted[what] += 1

    def report(self, kind: ReportKind, make: Callable[[], Report]) -> None:
        """Count a report, make it and pass it on. An error in that does not concern the request, and is logged."""
        self.count(kind)
        try:
            self._report(make())
        except Exception:
            log.exception("the report function failed")


def rules_of(policy: Policy[Any, Any], patch: PatchBase | None, decision: Decision | None) -> tuple[str, ...]:
    """Return the ids of the rules that refuse; if none does, of those on the sections that the update touches."""
    if patch is None or decision is None:
        return ()
    if decision.violations:
        return tuple(violation.rule.id for violation in decision.violations)
    section_of = sections_by_key(type(patch))
    touched = {section_of[key] for key in patch.keys}
    return tuple(rule.id for rule in policy.rules if rule.section in touched)


def facts_of(*things: OrderBase[Any] | PatchBase | None, without: Collection[Fact] = ()) -> tuple[str, ...]:
    """Describe the facts of an order and an update; a value that the page does not name is *unknown*."""
    told = ((fact, thing) for thing in things if thing is not None for fact in _facts(type(thing)))
    return tuple(fact.describe([fact.of(thing)]) for fact, thing in told if fact not in without)


def _facts(kind: type[OrderBase[Any] | PatchBase]) -> tuple[Fact, ...]:
    return kind.__space__.facts


def places_of(endpoint: Endpoint[Any, Any], error: InvalidInput) -> tuple[str, ...]:
    """Return what could not be read, and where, by documented names."""
    names = {endpoint.parameter, *endpoint.query, *_names_in(endpoint.policy.schema())}
    return tuple(dict.fromkeys(_place(problem, names) for problem in error.problems))


def _names_in(schema: object) -> Iterator[str]:
    """Iterate over the names of properties in a schema."""
    if isinstance(schema, dict):
        found = cast("dict[str, object]", schema)
        properties = found.get("properties")
        if isinstance(properties, dict):
            yield from cast("dict[str, object]", properties)
        for part in found.values():
            yield from _names_in(part)


def _place(problem: Problem, names: Collection[str]) -> str:
    tokens = problem.pointer.split("/")[1:]
    shown = "".join(f"/{token if token in names or _INDEX.fullmatch(token) else '…'}" for token in tokens)
    part = "" if problem.part is Part.BODY else f"{problem.part} "
    return f"{problem.code} at {part}{shown}" if shown else problem.code.value


def code_in(code: str | None) -> str | None:
    """Return a code if it is one word, and otherwise ``""``."""
    return code if code is None or _CODE.fullmatch(code) else ""


def object_in(body: bytes) -> Mapping[str, object]:
    """Return the object that an answer holds, or an empty one."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", told) if isinstance(told, dict) else {}
