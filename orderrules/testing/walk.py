"""A walk through a whole decision table: what to send to a service, and ``check_service``, which sends it.

A probe is an order and a body. The probes cover every kind of order with each key alone, with everything, and with each
two keys that the rules tell apart; values at the edge of each type; and bodies that cannot be read. The first probes
cover as much as possible, for a service that is too slow for all of them.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import time
import warnings
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast, get_args

import attrs

from orderrules.engine.samples import asked_at, orders_of, rank, sample
from orderrules.grammar.conditions import UNKNOWN
from orderrules.grammar.orders import free_keys, sections_by_key
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import is_array, is_model, slots_of
from orderrules.reading.hints import hint_close_to
from orderrules.reading.problems import Code, InvalidInput
from orderrules.reading.values import members
from orderrules.testing.own_decisions import own_decisions
from orderrules.testing.sessions import AnswerStatus, Body, DisagreementError, Session, Step, replay, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from orderrules.grammar.orders import OrderT, PatchBase, PatchT
    from orderrules.policy.policy import Policy
    from orderrules.reading.models import Model
    from orderrules.testing.sessions import Service

SECONDS: Final = 5.0
"""How long a walk takes at most, without the time to shorten a script."""
ALL_CODES: Final = (Code.WRONG_TYPE, Code.NULL, Code.NOT_A_CHOICE, Code.NOT_A_DATE, Code.UNKNOWN_KEY)
"""The codes of the problems of the bodies that cannot be read."""
_MOST: Final = 10
"""How many disagreements a report has at most."""
_EDGES: Final[Mapping[object, tuple[object, ...]]] = {
    # Empty; blanks at both ends; Arabic letters and digits; zeros in front; long. Numbers with many decimals.
    str: ("", "  x ", "رمضان ٢٤", "007", "x" * 300),
    int: (0, -1, 10**12),
    float: (0, -0.5, 24.774265, 10.999, 10**6),
    bool: (False, True),
    date: (date(2024, 2, 29), date(1999, 12, 31)),
}
_WRONG_TYPE_VALUES: Final[Mapping[type, tuple[object, ...]]] = {
    str: (7,),
    int: ("7", True, 7.5),
    float: ("7", True),
    bool: ("yes", 1),
    date: (7,),
}
_INVALID_VALUES: Final[Mapping[Code, tuple[object, ...]]] = {
    Code.NULL: (None,),
    Code.NOT_A_CHOICE: ("no such value",),
    Code.NOT_A_DATE: ("tomorrow", "2024-1-5", "2024-01-20T09:30:00"),
}


def kinds_of_orders(policy: Policy[OrderT, PatchT]) -> list[OrderT]:
    """List one order for every combination of the facts' values, the simplest first.

    A status that the page does not list is also spelled as a listed one in another case, which is not the same.
    """
    return policy.keep(kinds_of_orders, functools.partial(_kinds_of_orders, policy))


def _kinds_of_orders(policy: Policy[OrderT, PatchT]) -> list[OrderT]:
    facts = policy.order_type.__space__.facts
    kinds = [order for _, order in sorted(orders_of(policy.order_type), key=lambda pair: rank(facts, pair[0]))]
    return [*kinds, *_in_another_case(policy, kinds[0])]


def _in_another_case(policy: Policy[OrderT, PatchT], simplest: OrderT) -> Iterator[OrderT]:
    for fact in policy.order_type.__space__.facts:
        for value in fact.values:
            if UNKNOWN in fact.values and isinstance(value, str) and value.islower():
                order = simplest.replace(**{fact.attribute: value.capitalize()})
                if fact.of(order) is UNKNOWN:
                    yield order


def groups_of_orders(policy: Policy[OrderT, PatchT], orders: Iterable[OrderT]) -> list[list[OrderT]]:
    """Put orders into groups that allow the same updates."""
    units = single_updates(policy)
    groups: dict[tuple[bool, ...], list[OrderT]] = {}
    with own_decisions():
        for order in orders:
            verdicts = tuple(policy.can_update(order, patch).allowed for patch in units)
            groups.setdefault(verdicts, []).append(order)
    return list(groups.values())


def single_updates(policy: Policy[Any, PatchT]) -> list[PatchT]:
    """List the updates of one key, or of the keys that facts read: each choice, and one value of any other type."""
    return policy.keep(single_updates, functools.partial(_single_updates, policy))


def _single_updates(policy: Policy[Any, PatchT]) -> list[PatchT]:
    asked = (asked_at(policy.patch_type, point) for point in policy.patch_type.__space__.points())
    slots = slots_of(policy.patch_type)
    single = [policy.patch_type(**values) for values in asked if values]
    for key in free_keys(policy.patch_type):
        single += [policy.patch_type(**{key: value}) for value in _choices(slots[key].annotation)]
    return single


def _is_enumeration(option: Any) -> TypeGuard[type[StrEnum]]:  # noqa: ANN401 - an annotation can be any object.
    return isinstance(option, type) and issubclass(option, StrEnum)


def _choices(annotation: Any) -> Iterable[object]:  # noqa: ANN401 - as above.
    first = members(annotation)[0]
    return list(first) if _is_enumeration(first) else [sample(annotation)]


def _edges(annotation: Any) -> Iterator[object]:  # noqa: ANN401 - as above.
    """Iterate over values at the edge of a type: for an object, each key alone with each of its edges."""
    for option in members(annotation):
        if is_array(option):
            item = get_args(option)[0]
            yield from ((), (sample(item), sample(item, full=True)), *((edge,) for edge in _edges(item)))
        elif isinstance(option, type) and is_model(option):
            model = cast("type[Model]", option)
            slots = slots_of(model).values()
            needed = {slot.name: sample(slot.annotation) for slot in slots if not slot.optional}
            yield model(**needed)
            for slot in slots:
                yield from (
                    model(**{**needed, slot.name: edge}) for edge in (sample(slot.annotation), *_edges(slot.annotation))
                )
            yield sample(model, full=True)
        elif _is_enumeration(option):
            yield from option
        else:
            edges: tuple[object, ...] = _EDGES.get(option, ())  # pyright: ignore[reportUnknownArgumentType]
            yield from edges


def unreadable_bodies(policy: Policy[Any, Any], codes: tuple[Code, ...]) -> list[Body]:
    """List bodies that cannot be read: one for each code and each key that can have such a problem.

    Args:
        policy: the rules.
        codes: the codes of the problems.

    Raises:
        ValueError: there are no bodies for one of the codes.
    """
    return policy.keep((unreadable_bodies, codes), functools.partial(_unreadable_bodies, policy, codes))


def _unreadable_bodies(policy: Policy[Any, Any], codes: Iterable[Code]) -> list[Body]:
    bodies: list[Body] = []
    for code in codes:
        if code not in {*_INVALID_VALUES, Code.WRONG_TYPE, Code.UNKNOWN_KEY}:
            raise ValueError(f"a machine cannot send bodies with a problem of the code {code}")
        if code is Code.UNKNOWN_KEY:
            bodies.append({"no_such_key": 1})
        for key, slot in slots_of(policy.patch_type).items():
            bodies += [{key: value} for value in _invalid_values(slot.annotation, code)]
    return bodies


def _invalid_values(annotation: Any, code: Code) -> Iterator[object]:  # noqa: ANN401 - an annotation can be any object.
    """Iterate over values of a key that cannot be read, also in objects and lists."""
    options = members(annotation)
    first: Any = options[0]
    if code is Code.NULL:
        yield None
    elif code is Code.WRONG_TYPE:
        wrong = _WRONG_TYPE_VALUES.get(float if float in options else first, (7,))
        yield from wrong
    elif code is not Code.UNKNOWN_KEY and _rejects_text(first, code):
        yield from _INVALID_VALUES[code]
        if code is Code.NOT_A_CHOICE:
            words = [str(word) for word in first]
            yield from (other for word in words for other in (word.capitalize(), f" {word}") if other not in words)
    if is_array(first):
        yield from ([value] for value in _invalid_values(get_args(first)[0], code))
    elif isinstance(first, type) and is_model(first):
        if code is Code.UNKNOWN_KEY:
            yield {"no_such_key": 1}
        for name, slot in slots_of(first).items():
            yield from ({name: value} for value in _invalid_values(slot.annotation, code))


def combined_bodies(policy: Policy[Any, Any], bodies: list[Body]) -> list[Body]:
    """List bodies that cannot be read, each with a valid key as well."""
    slots = slots_of(policy.patch_type)
    valid: dict[str, Any] = {
        key: write_body(policy.patch_type(**{key: sample(slots[key].annotation)}))[key]
        for key in sections_by_key(policy.patch_type)
    }
    return [{other: valid[other], **body} for body in bodies for other in valid if other not in body]


def _rejects_text(field_type: Any, code: Code) -> bool:  # noqa: ANN401 - an annotation can be any object.
    """Return whether the text of ``_INVALID_VALUES`` for a code is invalid for a type."""
    if code is Code.NOT_A_DATE:
        return field_type is date
    return _is_enumeration(field_type)


@attrs.frozen
class Probe:
    """An order, and a body to send for it.

    Attributes:
        order: the order.
        body: the body.
        patch: the update that the body asks for; None if it cannot be read.
        before: the body of an update that is sent first, or an empty one if none is.
    """

    order: Any
    body: Body
    patch: Any
    before: Body = attrs.field(factory=dict[str, object])


def probes(policy: Policy[OrderT, PatchT], orders: Iterable[OrderT], codes: tuple[Code, ...]) -> Iterator[Probe]:
    """Iterate over everything that a walk sends, the most telling first.

    Args:
        policy: the rules.
        orders: the orders that the service can have.
        codes: the codes of the problems of the bodies that cannot be read.
    """
    groups = groups_of_orders(policy, orders)
    first = [group[0] for group in groups]
    # What the service shows is known from everything that is sent first.
    yield from (_probe(order, patch) for order in _most_different(policy, first)[:1] for patch in _everything(policy))
    for order in first:
        yield from _probes_of(policy, order)
    yield from _edge_probes(policy, first)
    yield from _later_probes(policy, _most_different(policy, first)[0])
    for body in unreadable_bodies(policy, codes):
        yield from (Probe(order, body, None) for order in _most_different(policy, first))
    for group in groups:
        for order in group[1:]:
            yield from _probes_of(policy, order)


def _probes_of(policy: Policy[OrderT, PatchT], order: OrderT) -> Iterator[Probe]:
    """Iterate over the probes of one order: each key, nothing, everything, and each two that the rules tell apart."""
    single = single_updates(policy)
    with own_decisions():
        verdicts = [policy.can_update(order, patch).allowed for patch in single]
    yield from (_probe(order, patch) for patch in (policy.patch_type(), *single))
    # Of the keys of a section, the first stands for all when two sections meet.
    units: dict[tuple[object, ...], tuple[PatchT, bool]] = {}
    for patch, verdict in zip(single, verdicts, strict=True):
        values = tuple(write_body(patch).values()) if len(patch.keys) == 1 and _is_choice(policy, patch) else ()
        units.setdefault((patch.sections, *map(repr, values)), (patch, verdict))
    for (one, is_open), (other, is_other_open) in itertools.combinations(units.values(), 2):
        if is_open is not is_other_open and not set(one.keys) & set(other.keys):
            both = one.replace(**{key: getattr(other, key) for key in other.keys})
            yield from (_probe(order, both), _probe(order, both, is_reversed=True))
    for patch in _everything(policy):
        yield from (_probe(order, patch), _probe(order, patch, is_reversed=True))


def _everything(policy: Policy[Any, PatchT]) -> Iterator[PatchT]:
    """Iterate over the updates of all keys, one for each choice that a fact reads."""
    everything = _all_free(policy)
    for point in policy.patch_type.__space__.points():
        yield policy.patch_type(**everything, **asked_at(policy.patch_type, point))


def _all_free(policy: Policy[Any, Any]) -> dict[str, Any]:
    """Return a full value of each key that no fact reads."""
    slots = slots_of(policy.patch_type)
    return {key: sample(slots[key].annotation, full=True) for key in free_keys(policy.patch_type)}


def _is_choice(policy: Policy[Any, Any], patch: PatchBase) -> bool:
    (key,) = patch.keys
    return _is_enumeration(members(slots_of(policy.patch_type)[key].annotation)[0])


def _probe(order: Any, patch: PatchBase, *, is_reversed: bool = False) -> Probe:  # noqa: ANN401 - an order of any platform.
    """Return the probe of an update; its keys may stand in the opposite order."""
    body = write_body(patch)
    return Probe(order, dict(reversed(body.items())) if is_reversed else body, patch)


def _later_probes(policy: Policy[OrderT, PatchT], order: OrderT) -> Iterator[Probe]:
    """Iterate over updates that are sent after others: each key after everything, two values of each two alike keys."""
    slots, everything = slots_of(policy.patch_type), _all_free(policy)
    stored = write_body(policy.patch_type(**everything))
    for key in everything:
        first = members(slots[key].annotation)[0]
        values = [sample(slots[key].annotation)]
        if (
            isinstance(first, type)
            and is_model(first)
            and not any(not slot.optional for slot in slots_of(first).values())
        ):
            values.append(first())
        for patch in (policy.patch_type(**{key: value}) for value in values):
            yield attrs.evolve(_probe(order, patch), before=stored)
    alike = [
        pair for pair in itertools.permutations(everything, 2) if slots[pair[0]].annotation == slots[pair[1]].annotation
    ]
    for one, other in alike:
        both = {one: sample(slots[one].annotation), other: everything[other]}
        patch = policy.patch_type(**both)
        yield from (_probe(order, patch), _probe(order, patch, is_reversed=True))


def _edge_probes(policy: Policy[OrderT, PatchT], orders: list[OrderT]) -> Iterator[Probe]:
    """Iterate over the edges of each key, for an order that allows it and for one that does not."""
    for key in free_keys(policy.patch_type):
        by_verdict: dict[bool, OrderT] = {}
        update = policy.patch_type(**{key: sample(slots_of(policy.patch_type)[key].annotation)})
        with own_decisions():
            for order in orders:
                by_verdict.setdefault(policy.can_update(order, update).allowed, order)
        for value in dict.fromkeys(_edges(slots_of(policy.patch_type)[key].annotation)):
            try:
                patch = policy.patch_type(**{key: value})
            except InvalidInput:
                continue
            yield from (_probe(order, patch) for order in by_verdict.values())


def _most_different(policy: Policy[OrderT, PatchT], orders: list[OrderT]) -> list[OrderT]:
    """Return the order that allows the most, and the one that allows the least."""
    with own_decisions():
        counted = [
            (sum(policy.can_update(order, patch).allowed for patch in single_updates(policy)), number)
            for number, order in enumerate(orders)
        ]
    return [orders[number] for number in dict.fromkeys((max(counted)[1], min(counted)[1]))]


class IncompleteWalkWarning(UserWarning):
    """A walk through the table, or a race, stopped early, because the service is slow."""


@attrs.frozen
class Report:
    """What a walk found. It is truthy if the service and the policy agreed on everything that was sent.

    Attributes:
        cells: how many cells of the decision table were put to the service: a section, and a kind of order and of
            update.
        total: how many cells the table has.
        probes: how many updates were sent.
        seconds: how long it took.
        disagreements: the shortest script for each thing on which they disagree; at most ten.
    """

    cells: int
    total: int
    probes: int
    seconds: float
    disagreements: tuple[DisagreementError, ...] = ()

    def __bool__(self) -> bool:
        return not self.disagreements

    @property
    def is_complete(self) -> bool:
        """Whether the whole table was put to the service."""
        return self.cells == self.total

    def warn(self, option: str) -> None:
        """Warn if the whole table was not put to the service; ``option`` gives it more time."""
        if not self.is_complete:
            warnings.warn(f"{self}; for more, set {option}", IncompleteWalkWarning, stacklevel=3)

    def __str__(self) -> str:
        put = f"{self.cells} of {self.total} cells of the table were put to the service"
        return "\n".join([f"{put}, with {self.probes} updates in {self.seconds:.1f} s", *map(str, self.disagreements)])


class Walk:
    """A walk through the table with one service; it can be continued after a disagreement.

    Args:
        policy: the rules.
        orders: the orders that the service can have; the walk covers their cells.
        codes: the codes of the problems of the bodies that cannot be read.
        seconds: how long it takes at most.
    """

    def __init__(
        self, policy: Policy[Any, Any], orders: Iterable[Any], codes: tuple[Code, ...], seconds: float
    ) -> None:
        self._policy = policy
        self._orders = list(orders)
        self._codes = codes
        self._seconds = seconds
        self.shown_keys: set[str] = set()
        self._cells: set[object] = set()
        self._sent = 0
        self._taken = 0.0
        if not self._orders:
            raise ValueError("a walk needs at least one order that the service can have")

    def run(
        self,
        service: Service,
        write_only: Collection[str],
        names: Mapping[str, tuple[str, bool]] = MappingProxyType({}),
    ) -> Iterator[tuple[DisagreementError, Session]]:
        """Send each probe for an order of its own, and yield each disagreement with its session.

        Raises:
            HarnessError: the adapter of the service failed.
        """
        start = time.monotonic()
        for probe in probes(self._policy, self._orders, self._codes):
            if time.monotonic() - start > self._seconds:
                break
            session = Session(self._policy, service, write_only, self.shown_keys, names)
            try:
                tracked = session.create(probe.order)
                self._sent += 1
                self._cells.update(_cells_of(self._policy, probe))
                if probe.before:
                    session.send(tracked, probe.before)
                if probe.patch is None:
                    session.send_unreadable(tracked, probe.body)
                else:
                    session.update(tracked, probe.patch, probe.body)
            except DisagreementError as error:
                yield error, session
        self._taken = time.monotonic() - start

    def report(self, disagreements: Iterable[DisagreementError] = ()) -> Report:
        """Return what was put to the service so far."""
        total = {
            cell
            for order in self._orders
            for patch in (self._policy.patch_type(), *single_updates(self._policy))
            for cell in _cells_of(self._policy, _probe(order, patch))
        }
        return Report(len(self._cells & total), len(total), self._sent, self._taken, tuple(disagreements))


def _cells_of(policy: Policy[Any, Any], probe: Probe) -> Iterator[object]:
    """Iterate over the cells that an update touches: a section, and the facts of the order and of the update."""
    if probe.patch is None:
        return
    order_facts, patch_facts = policy.order_type.__space__.facts, policy.patch_type.__space__.facts
    point = (*(fact.of(probe.order) for fact in order_facts), *(fact.of(probe.patch) for fact in patch_facts))
    yield from ((section, point) for section in probe.patch.sections)


@attrs.frozen
class _Functions:
    """A service that is given by functions."""

    create_order: Callable[[Any], object]
    send_update: Callable[[Any, Body], AnswerStatus]
    read_order: Callable[[Any], Any]


def check_service(  # noqa: PLR0913 - all but three have defaults.
    policy: Policy[OrderT, PatchT],
    send: Callable[[Any, Body], AnswerStatus],
    *,
    create: Callable[[OrderT], object],
    read: Callable[[Any], OrderT | None] | None = None,
    orders: Iterable[OrderT] | None = None,
    write_only: Collection[str] = (),
    invalid_body_codes: tuple[Code, ...] = ALL_CODES,
    seconds: float = SECONDS,
) -> Report:
    """Walk through the whole decision table of a policy with a service, without Hypothesis.

    Args:
        policy: the rules that the service must keep.
        send: sends an update: takes the handle of an order and the body, and returns the HTTP status of the answer, or
            whether the update was accepted.
        create: creates an order in the service, and returns its handle.
        read: reads an order back by its handle, or returns None if the service cannot show it.
        orders: the orders that the service can have; by default, one of every kind.
        write_only: what the service does not show: fields of the order, body keys, or places in a body such as
            ``receiver/notify``.
        invalid_body_codes: the codes of the problems of the bodies that the service must refuse because they cannot be
            read; ``()`` for a lenient service.
        seconds: how long it takes at most. Then it stops, and the report says how much of the table was covered.

    Returns:
        The report, which is truthy if the service and the policy agree. It has the shortest script that shows each
        disagreement.

    Raises:
        HarnessError: one of the functions failed itself, so nothing is known about the service.
    """
    check_names(policy, write_only)
    service = _Functions(create, send, read or _read_nothing)
    functions = {"create_order": create, "send_update": send, "read_order": read or _read_nothing}
    # A method of the service itself is no adapter.
    names = {method: (name, not inspect.ismethod(functions[method])) for method, name in _NAMES.items()}
    walk = Walk(policy, kinds_of_orders(policy) if orders is None else orders, invalid_body_codes, seconds)
    found: dict[object, DisagreementError] = {}

    def take(steps: list[Step]) -> None:
        replay(Session(policy, service, write_only, set(walk.shown_keys), names), steps)

    for error, session in walk.run(service, write_only, names):
        about = _about(error, session)
        if about not in found and len(found) < _MOST:
            found[about] = shorten(error, session.steps, take)
    report = walk.report(found.values())
    report.warn("seconds")
    return report


_NAMES: Final = {"create_order": "create", "send_update": "send", "read_order": "read"}


def _about(error: DisagreementError, session: Session) -> object:
    """Return what a disagreement is about: the keys that were sent, and the kind of verdict."""
    bodies = tuple(tuple(sorted(step.body)) for step in session.steps if step.order is None)
    return bodies, error.verdict.partition(":")[0]


def check_names(policy: Policy[Any, Any], write_only: Collection[str]) -> None:
    """Check that ``write_only`` names fields of an order, body keys, or places in a body.

    Raises:
        TypeError: it is a string.
        ValueError: there is no such field or key.
    """
    if isinstance(write_only, str):
        raise TypeError(f"expected a collection of names, got the string {write_only!r}")
    known = {*slots_of(policy.order_type), *sections_by_key(policy.patch_type)}
    for name in write_only:
        if name.partition("/")[0] not in known:
            hint = hint_close_to(name, dict.fromkeys(known))
            raise ValueError(
                f"write_only: {policy.name} has no field and no body key {name}" + (f" - {hint}" if hint else "")
            )


def _read_nothing(_: object) -> None:
    """Return None: the service cannot show its orders."""
