"""What came of an update: reports, where that is news, and counts. Names, numbers and ids, and no other value.

It must never know how an update is sent.

The module is longer than most because each kind of news and each count is documented where it stands.
"""

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
    """What a report is about."""

    ACCEPTED = "accepted"
    """The platform accepted what the rules refuse: a disagreement."""
    REFUSED = "refused"
    """The platform refused what the rules allow: a disagreement."""
    STALE = "stale"
    """The platform refused what the rules allow for the order as it was kept; somebody else may have moved it."""
    CONFIRMED = "confirmed"
    """The platform refused what was sent although the rules refuse it."""
    UNJUDGED = "unjudged"
    """It was sent without a decision, for the reason that the report gives."""
    UNAVAILABLE = "unavailable"
    """It was held back without a decision, because its order was not to be had and the gate needs it."""
    UNANSWERED = "unanswered"
    """What was sent although the rules refuse it was answered in a way that tells nothing, or not at all."""

    @property
    def is_disagreement(self) -> bool:
        """Whether the platform and the rules disagree."""
        return self in {ReportKind.ACCEPTED, ReportKind.REFUSED}


@attrs.frozen(kw_only=True)
class Report:
    """What came of an update, where that is news. It holds names and the order's id, and no other value.

    Attributes:
        kind: what it is about.
        platform: the policy's name.
        order_id: the order's id; None where the request could not be read.
        rules: the ids of the rules that refuse; of those that govern what it touches, where none does.
        assumptions: the ids of the assumptions on which the decision rests.
        facts: what the rules read of the order and the update: ``status is completed``. A status that no page
            names is *unknown*.
        keys: the body keys.
        problems: what could not be read, if that is why it is refused: the codes, each with its place, in which
            a key that is documented nowhere is an ellipsis.
        status: the HTTP status of the answer; None where there was none.
        code: the code in it, if it has one.
        why: why nothing was decided, where that is so.
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
        did = {
            ReportKind.ACCEPTED: "accepted what is refused",
            ReportKind.REFUSED: "refused what is allowed",
            ReportKind.STALE: "refused what is allowed for the order as it was kept",
            ReportKind.CONFIRMED: "refused what is refused, and was sent",
            ReportKind.UNJUDGED: "was sent what could not be judged",
            ReportKind.UNAVAILABLE: "was not sent what could not be judged",
            ReportKind.UNANSWERED: "said nothing to what is refused, and was sent",
        }[self.kind]
        answer = "" if self.status is None else f" ({' '.join(filter(None, (str(self.status), self.code)))})"
        parts = {
            "keys": self.keys,
            "rules": self.rules,
            "rests on": self.assumptions,
            "saw": self.facts,
            "problems": self.problems,
            "because": (self.why,) if self.why else (),
        }
        told = "; ".join(f"{name} {', '.join(part)}" for name, part in parts.items() if part)
        order = "" if self.order_id is None else f", order {self.order_id}"
        return f"{self.platform} {did}{answer}{order}: {told}"


@attrs.frozen(kw_only=True)
class Counts:
    """How many updates went which way.

    Each is one of the first five, and one more of those behind ``asked`` where its answer is news.

    Attributes:
        allowed: sent, and allowed by the rules.
        held_back: not sent: refused, or not to be read.
        unavailable: not sent, because the order was not to be had and the gate needs it.
        sent_refused: sent although the rules refuse it, because that rests on an assumption, or nothing is held back.
        unjudged: sent without a decision: the order was not to be had, or the body was none that is read here.
        asked: how often an order was asked for.
        accepted: what was sent although the rules refuse it, and was accepted.
        refused: what the rules allow, and was refused.
        stale: what the rules allow for an order that was kept, and was refused.
        confirmed: what was sent although the rules refuse it, and was refused.
        unanswered: what was sent although the rules refuse it, and was answered in a way that tells nothing.
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
    """Write a report to the log, as a warning where it is a disagreement, or nothing was decided."""
    warns = report.kind.is_disagreement or report.kind in {ReportKind.UNJUDGED, ReportKind.UNAVAILABLE}
    log.log(logging.WARNING if warns else logging.INFO, "%s", report)


class ReportCounter:
    """What is counted, and whom reports are handed to. Threads may share it."""

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
        """Count one more of something."""
        with self._lock:
            self._counted[what] += 1

    def tell(self, kind: ReportKind, make: Callable[[], Report]) -> None:
        """Count a report, make it and hand it on; whatever goes wrong there is no trouble of the request's."""
        self.count(kind)
        try:
            self._report(make())
        except Exception:
            log.exception("what is called with reports failed")


def rules_of(policy: Policy[Any, Any], patch: PatchBase | None, decision: Decision | None) -> tuple[str, ...]:
    """Give the ids of the rules that refuse; of those that govern what is touched, where none does."""
    if patch is None or decision is None:
        return ()
    if decision.violations:
        return tuple(violation.rule.id for violation in decision.violations)
    section_of = sections_by_key(type(patch))
    touched = {section_of[key] for key in patch.keys}
    return tuple(rule.id for rule in policy.rules if rule.section in touched)


def facts_of(*things: OrderBase | PatchBase | None, without: Collection[Fact] = ()) -> tuple[str, ...]:
    """Say what the rules read of an order and an update; whatever no page names is *unknown*."""
    told = ((fact, thing) for thing in things if thing is not None for fact in _facts(type(thing)))
    return tuple(fact.says([fact.of(thing)]) for fact, thing in told if fact not in without)


def _facts(kind: type[OrderBase | PatchBase]) -> tuple[Fact, ...]:
    return kind.__space__.facts


def places_of(endpoint: Endpoint[Any, Any], error: InvalidInput) -> tuple[str, ...]:
    """Say what could not be read, and where, by the names that are documented."""
    names = {endpoint.parameter, *endpoint.query, *_names_in(endpoint.policy.schema())}
    return tuple(dict.fromkeys(_place(problem, names) for problem in error.problems))


def _names_in(schema: object) -> Iterator[str]:
    """Walk the names of properties in a schema."""
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
    """Give a code as it stands where it is one word, and else as if there were none."""
    return code if code is None or _CODE.fullmatch(code) else ""


def object_in(body: bytes) -> Mapping[str, object]:
    """Give the object that an answer holds, an empty one where it holds none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", told) if isinstance(told, dict) else {}
