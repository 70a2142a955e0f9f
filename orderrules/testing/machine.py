"""The few orders, updates and bodies that a machine chooses from: one for each thing that a service may get wrong.

They are few so that a machine says much in a step, and shrinks to what matters; strategies draw all the others.

---

A state machine that walks a service through updates, legal and illegal, and holds it against a policy.

The module is longer than most because a disagreement is told as a script of requests.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from orderrules.engine.samples import asked_at, orders_of, rank, sample
from orderrules.grammar.orders import free_keys, sections_by_key
from orderrules.policy.policy import Policy
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.problems import Code
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from hypothesis.strategies import DataObject, SearchStrategy

    from orderrules.grammar.orders import OrderBase, OrderT, PatchBase, PatchT


def starting_orders(policy: Policy[OrderT, PatchT]) -> list[list[OrderT]]:
    """List an order for every point of the facts, those together that allow the same updates, the plainest first.

    A machine draws one of the groups, and then an order of it: a status of its own is as likely as twelve alike.
    """
    return policy.keep(starting_orders, functools.partial(_starting_orders, policy))


def _starting_orders(policy: Policy[OrderT, PatchT]) -> list[list[OrderT]]:
    facts = policy.order_type.__space__.facts
    groups: dict[tuple[PatchT, ...], list[OrderT]] = {}
    for _, order in sorted(orders_of(policy.order_type), key=lambda pair: rank(facts, pair[0])):
        allowed = tuple(patch for patch in updates(policy) if policy.can_update(order, patch))
        groups.setdefault(allowed, []).append(order)
    return list(groups.values())


def updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    """List updates of every kind, those of fewer keys first."""
    return policy.keep(updates, functools.partial(_updates, policy))


def _updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    return sorted(dict.fromkeys(itertools.chain.from_iterable(_pairs(policy))), key=lambda patch: len(patch.keys))


def other_than(policy: Policy[OrderT, PatchT], patch: PatchT) -> PatchT | None:
    """Give the update of the same keys with other values, where one is listed."""
    others = policy.keep(other_than, functools.partial(_others, policy))
    return others.get(patch)


def _others(policy: Policy[OrderT, PatchT]) -> dict[PatchT, PatchT]:
    pairs = [(one, other) for one, other in _pairs(policy) if one != other]
    return dict(pairs) | {other: one for one, other in pairs}


def _pairs(policy: Policy[OrderT, PatchT]) -> Iterator[tuple[PatchT, PatchT]]:
    """Walk the empty update, each key, each two keys, each key left out of the whole, and the whole.

    Each comes with two values, which are one where nothing is sent that could have another.
    """
    slots, free = slots_of(policy.patch_type), free_keys(policy.patch_type)
    few = {key: sample(slots[key].annotation) for key in free}
    full = {key: sample(slots[key].annotation, full=True) for key in free}
    chosen: list[tuple[str, ...]] = [(), *((key,) for key in free)]
    chosen += [(one, other) for place, one in enumerate(free) for other in free[place + 1 :]]
    chosen += [tuple(key for key in free if key != left_out) for left_out in free] + [tuple(free)]
    for point in policy.patch_type.__space__.points():
        asked = asked_at(policy.patch_type, point)
        for keys in chosen:
            one, other = (policy.patch_type(**asked, **{key: said[key] for key in keys}) for said in (few, full))
            yield one, other


_WRONG: Final[Mapping[type, object]] = {str: 7, int: "7", float: "7", bool: "yes", date: 7}

_FAULTS: Final[Mapping[Code, object]] = {
    Code.NULL: None,
    Code.NOT_A_CHOICE: "no such value",
    Code.NOT_A_DATE: "tomorrow",
}


def unreadable_bodies(policy: Policy[Any, Any], codes: tuple[Code, ...]) -> list[dict[str, object]]:
    """List bodies that cannot be read: a fault in each key that can have it, alone and beside a key that is well.

    Raises:
        ValueError: there are no such bodies for a code.
    """
    return policy.keep((unreadable_bodies, codes), functools.partial(_all_unreadable, policy, codes))


def _all_unreadable(policy: Policy[Any, Any], codes: Iterable[Code]) -> list[dict[str, object]]:
    slots = slots_of(policy.patch_type)
    bodies: list[dict[str, object]] = []
    for code in codes:
        if code not in {*_FAULTS, Code.WRONG_TYPE, Code.UNKNOWN_KEY}:
            raise ValueError(f"a machine has no bodies with problems of the code {code}")
        if code is Code.UNKNOWN_KEY:
            bodies.append({"no_such_key": 1})
            continue
        for key in sections_by_key(policy.patch_type):
            option: Any = members(slots[key].annotation)[0]
            if code is Code.WRONG_TYPE:
                bodies.append({key: _WRONG.get(option, 7)})
            elif code is Code.NULL or _takes(option, code):
                bodies.append({key: _FAULTS[code]})
    well: dict[str, Any] = {
        key: write_body(policy.patch_type(**{key: sample(slots[key].annotation)}))[key]
        for key in sections_by_key(policy.patch_type)
    }
    beside = [{other: well[other], **body} for body in bodies for other in well if other not in body]
    return [*bodies, *beside]


def _takes(option: Any, code: Code) -> bool:  # noqa: ANN401 - an annotation can be any object.
    """Say whether a text can be wrong in this way for a key."""
    if code is Code.NOT_A_DATE:
        return option is date
    return isinstance(option, type) and issubclass(option, StrEnum)


class DisagreementError(AssertionError):
    """A service and a policy disagree; the text is the script of requests that shows it.

    Attributes:
        script: the lines of the script, one for each order that was created and each update that was sent.
        verdict: what the service did, and what the policy says.
    """

    def __init__(self, script: list[str], verdict: str) -> None:
        self.script = tuple(script)
        self.verdict = verdict
        numbered = [f"  {number}. {line}" for number, line in enumerate(script, 1)]
        super().__init__("\n".join(["the service and the policy disagree", *numbered, verdict]))


@attrs.define
class _Tracked:
    """An order of the service, and what is known of it.

    Attributes:
        handle: what the service calls it.
        name: what the script calls it.
        expected: the order as it should be.
        sent: the bodies that were sent for it.
    """

    handle: Any
    name: str
    expected: Any
    sent: list[tuple[Any, dict[str, object]]]


_UNREADABLE: Final = (Code.WRONG_TYPE, Code.NULL, Code.NOT_A_CHOICE, Code.NOT_A_DATE, Code.UNKNOWN_KEY)


class OrderMachine(RuleBasedStateMachine):
    """A test of a service that updates orders, to be subclassed with how it is reached; run ``Subclass.TestCase``.

    It creates orders, sends updates that the policy allows and updates that it refuses, sends earlier ones again, and
    sends bodies that cannot be read. After each it holds the answer and the order read back against the policy.
    What disagrees is shrunk to the short script of requests, and raised as a ``DisagreementError``.

    Attributes:
        policy: the rules that the service must keep.
        not_shown: the fields of the order that the service does not show when it is read back; a subclass adds to
            them with ``OrderMachine.not_shown | {...}``.
        unreadable: the codes of problems with which bodies are sent that must be refused; none where a service
            is lenient. Of wrong types, nulls, unknown keys and values, and bad dates.
    """

    policy: ClassVar[Policy[Any, Any]]
    write_only: ClassVar[frozenset[str]] = frozenset({"written"})
    invalid_body_codes: ClassVar[tuple[Code, ...]] = _UNREADABLE

    _orders = Bundle("orders")

    def __init_subclass__(cls, **more: Any) -> None:  # noqa: ANN401 - what a class statement may say.
        """Run fewer steps than Hypothesis does, and leave out its phase of explaining: the script explains."""
        super().__init_subclass__(**more)
        phases = [phase for phase in settings().phases if phase is not Phase.explain]
        cls.TestCase.settings = settings(
            cls.TestCase.settings, stateful_step_count=20, phases=phases, report_multiple_bugs=False
        )

    def __init__(self) -> None:
        super().__init__()
        if not isinstance(getattr(self, "policy", None), Policy):
            raise TypeError("say which policy the service must keep, such as policy = salla.POLICY")
        self._script: list[str] = []
        self._count = 0
        self._unreadable = unreadable_bodies(self.policy, self.invalid_body_codes)

    def starting_orders(self) -> SearchStrategy[Any]:
        """Give the strategy of the orders that are created; one for every point of their facts, if not overridden."""
        return st.sampled_from(starting_orders(self.policy)).flatmap(st.sampled_from)

    def create_order(self, order: Any) -> object:  # noqa: ANN401 - of the policy's platform.
        """Create an order like this one in the service, and give what it is called there.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is created: override create_order")

    def send_update(self, handle: Any, body: dict[str, object]) -> int | bool:  # noqa: ANN401 - as create_order gives it.
        """Send an update, and give the HTTP status of the answer, or whether it was accepted.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an update is sent: override send_update")

    def read_order(self, handle: Any) -> Any:  # noqa: ANN401 - an order of the policy's platform.
        """Read an order back from the service; None where it cannot be read.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is read back: override read_order")

    @rule(target=_orders, data=st.data())
    def create(self, data: DataObject) -> _Tracked:
        """Create an order, and see that it is there as it was given."""
        order = data.draw(self.starting_orders(), label="order")
        if getattr(order, "id", None) is not None:
            order = attrs.evolve(order, id=None)  # The service gives it one.
        self._count += 1
        tracked = _Tracked(None, f"order {self._count}", order, [])
        told = {key: value for key, value in order.__payload__().items() if value is not None}
        self._script.append(f"create {tracked.name}: {_json(told)}{_aside(order)}")
        with self._told("creating it"):
            tracked.handle = self.create_order(order)
        observed = self._read_back(tracked)
        if observed is not None:
            # What was left to the service is as the service has it.
            given = {name: getattr(order, name) for name in slots_of(self.policy.order_type)}
            left = {name: getattr(observed, name) for name, value in given.items() if value is None}
            tracked.expected = attrs.evolve(order, **left)
            self._compare(tracked, observed)
        return tracked

    @rule(tracked=_orders, data=st.data())
    def update(self, tracked: _Tracked, data: DataObject) -> None:
        """Send an update, which the policy allows or refuses."""
        # The same list whatever the order, so that a step may be left out and the others still mean the same.
        patch = data.draw(st.sampled_from(updates(self.policy)), label="update")
        self._update(tracked, patch, write_body(patch))

    @rule(tracked=_orders, data=st.data())
    def update_again(self, tracked: _Tracked, data: DataObject) -> None:
        """Send an earlier update again, which is decided anew."""
        if tracked.sent:
            patch, body = data.draw(st.sampled_from(tracked.sent), label="again")
            self._update(tracked, patch, body)

    @rule(tracked=_orders, data=st.data())
    def update_and_back(self, tracked: _Tracked, data: DataObject) -> None:
        """Send other values than an earlier update did, and then that one again: it must not be taken for a retry."""
        if tracked.sent:
            patch, body = data.draw(st.sampled_from(tracked.sent), label="and back")
            other = other_than(self.policy, patch)
            if other is not None:
                self._update(tracked, other, write_body(other))
                self._update(tracked, patch, body)

    @rule(tracked=_orders, data=st.data())
    def update_that_cannot_be_read(self, tracked: _Tracked, data: DataObject) -> None:
        """Send a body that cannot be read: it must be refused, and change nothing."""
        if not self._unreadable:
            return
        body = data.draw(st.sampled_from(self._unreadable), label="body")
        status = self._send(tracked, body)
        if _is_accepted(status) is not False:
            raise self._disagreement(f"the service {_did(status)} a body that cannot be read")
        self._compare(tracked, self._read_back(tracked))

    def _send(self, tracked: _Tracked, body: dict[str, object]) -> int | bool:
        self._script.append(f"PUT {tracked.name}: {_json(body)}")
        with self._told("updating it"):
            status = self.send_update(tracked.handle, dict(body))
        if not isinstance(status, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"send_update gives an HTTP status or a boolean, and no {type(status).__name__}")
        self._script[-1] += f" -> {_status_word(status)}"
        return status

    def _read_back(self, tracked: _Tracked) -> OrderBase | None:
        with self._told("reading it back"):
            observed: OrderBase | None = self.read_order(tracked.handle)
        if observed is not None and type(observed) is not self.policy.order_type:
            raise TypeError(
                f"read_order gives an order of {self.policy.name} or None, and no {type(observed).__name__}"
            )
        return observed

    @contextlib.contextmanager
    def _told(self, doing: str) -> Generator[None]:
        """Tell the script with whatever the service raises."""
        try:
            yield
        except NotImplementedError:
            raise
        except Exception as error:
            raise self._disagreement(f"{doing}, the service raised {type(error).__name__}: {error}") from error

    def _update(self, tracked: _Tracked, patch: PatchBase, body: dict[str, object]) -> None:
        decision = self.policy.can_update(tracked.expected, patch)
        status = self._send(tracked, body)
        if (patch, body) not in tracked.sent:
            tracked.sent.append((patch, body))
        if _is_accepted(status) is not decision.allowed:
            raise self._disagreement(f"the service {_did(status)} the update; by the policy it is {decision.explain()}")
        if decision:
            tracked.expected = self.policy.apply(tracked.expected, patch)
        self._compare(tracked, self._read_back(tracked))

    def _compare(self, tracked: _Tracked, observed: OrderBase | None) -> None:
        """See that the order is as it should be, as far as the service shows it."""
        if observed is None:
            return
        wrong = [
            f"{name} is {_format(getattr(observed, name))}, and should be {_format(getattr(tracked.expected, name))}"
            for name in slots_of(self.policy.order_type)
            if name != "id"
            and name not in self.write_only
            and getattr(observed, name) != getattr(tracked.expected, name)
        ]
        if wrong:
            raise self._disagreement(f"read back, {tracked.name} is another: {'; '.join(wrong)}")

    def _disagreement(self, verdict: str) -> DisagreementError:
        return DisagreementError(self._script, verdict)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _aside(order: OrderBase) -> str:
    """Say those facts of an order that its payload may not tell."""
    facts = [fact.says([fact.of(order)]) for fact in order.__space__.facts]
    return f" ({', '.join(facts)})"


def _is_accepted(status: int | bool) -> bool | None:  # noqa: FBT001 - the answer of a service.
    """Say whether a status accepts or refuses; None where it does neither."""
    if isinstance(status, bool):
        return status
    return {2: True, 4: False}.get(status // 100)


def _status_word(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return str(status) if not isinstance(status, bool) else "accepted" if status else "refused"


def _did(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return {True: "accepted", False: "refused", None: "failed on"}[_is_accepted(status)]


def _format(value: object) -> str:
    return "not there" if value is None or value is UNSET else repr(value)
