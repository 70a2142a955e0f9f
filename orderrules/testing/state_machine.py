"""A Hypothesis state machine that tests a service against a policy, and the orders and bodies that it chooses from.

The machine sends allowed updates, refused updates, and bodies that cannot be read. If the service and the policy
disagree, the error shows a short script of requests. The machine chooses from few orders, updates and bodies, one for
each mistake that a service may make. So each step tests a different thing, and a failure shrinks quickly.
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
    """List one order for every combination of the facts' values, in groups that allow the same updates.

    The simplest orders come first. A machine draws a group, and then an order of the group. So a status with updates
    of its own is as likely as twelve statuses that allow the same updates.
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
    """List updates of every kind, sorted by the number of their keys."""
    return policy.keep(updates, functools.partial(_updates, policy))


def _updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    return sorted(dict.fromkeys(itertools.chain.from_iterable(_pairs(policy))), key=lambda patch: len(patch.keys))


def other_than(policy: Policy[OrderT, PatchT], patch: PatchT) -> PatchT | None:
    """Return the listed update with the same keys and other values; None if there is none."""
    others = policy.keep(other_than, functools.partial(_others, policy))
    return others.get(patch)


def _others(policy: Policy[OrderT, PatchT]) -> dict[PatchT, PatchT]:
    pairs = [(one, other) for one, other in _pairs(policy) if one != other]
    return dict(pairs) | {other: one for one, other in pairs}


def _pairs(policy: Policy[OrderT, PatchT]) -> Iterator[tuple[PatchT, PatchT]]:
    """Yield pairs of updates that have the same keys and different values.

    The sets of keys are: no key, each key, each two keys, all keys but one, and all keys. If no key of a set can have
    another value, the two updates of its pair are equal.
    """
    slots, free = slots_of(policy.patch_type), free_keys(policy.patch_type)
    first_values = {key: sample(slots[key].annotation) for key in free}
    second_values = {key: sample(slots[key].annotation, full=True) for key in free}
    key_sets: list[tuple[str, ...]] = [(), *((key,) for key in free)]
    key_sets += [(one, other) for index, one in enumerate(free) for other in free[index + 1 :]]
    key_sets += [tuple(key for key in free if key != left_out) for left_out in free] + [tuple(free)]
    for point in policy.patch_type.__space__.points():
        fact_values = asked_at(policy.patch_type, point)
        for keys in key_sets:
            one, other = (
                policy.patch_type(**fact_values, **{key: key_values[key] for key in keys})
                for key_values in (first_values, second_values)
            )
            yield one, other


_WRONG_TYPE_VALUES: Final[Mapping[type, object]] = {str: 7, int: "7", float: "7", bool: "yes", date: 7}
_INVALID_VALUES: Final[Mapping[Code, object]] = {
    Code.NULL: None,
    Code.NOT_A_CHOICE: "no such value",
    Code.NOT_A_DATE: "tomorrow",
}


def unreadable_bodies(policy: Policy[Any, Any], codes: tuple[Code, ...]) -> list[dict[str, object]]:
    """List bodies that cannot be read.

    For each code and each key that can have such a problem, there is a body with this key alone, and one body with
    this key and each valid key.

    Args:
        policy: the rules.
        codes: the codes of the problems.

    Raises:
        ValueError: there are no bodies for one of the codes.
    """
    return policy.keep((unreadable_bodies, codes), functools.partial(_unreadable_bodies, policy, codes))


def _unreadable_bodies(policy: Policy[Any, Any], codes: Iterable[Code]) -> list[dict[str, object]]:
    slots = slots_of(policy.patch_type)
    bodies: list[dict[str, object]] = []
    for code in codes:
        if code not in {*_INVALID_VALUES, Code.WRONG_TYPE, Code.UNKNOWN_KEY}:
            raise ValueError(f"a machine cannot send bodies with a problem of the code {code}")
        if code is Code.UNKNOWN_KEY:
            bodies.append({"no_such_key": 1})
            continue
        for key in sections_by_key(policy.patch_type):
            field_type: Any = members(slots[key].annotation)[0]
            if code is Code.WRONG_TYPE:
                bodies.append({key: _WRONG_TYPE_VALUES.get(field_type, 7)})
            elif code is Code.NULL or _rejects_text(field_type, code):
                bodies.append({key: _INVALID_VALUES[code]})
    valid: dict[str, Any] = {
        key: write_body(policy.patch_type(**{key: sample(slots[key].annotation)}))[key]
        for key in sections_by_key(policy.patch_type)
    }
    combined = [{other: valid[other], **body} for body in bodies for other in valid if other not in body]
    return [*bodies, *combined]


def _rejects_text(field_type: Any, code: Code) -> bool:  # noqa: ANN401 - an annotation can be any object.
    """Return whether the text of ``_INVALID_VALUES`` for a code is invalid for a type."""
    if code is Code.NOT_A_DATE:
        return field_type is date
    return isinstance(field_type, type) and issubclass(field_type, StrEnum)


class DisagreementError(AssertionError):
    """A service and a policy disagree. The message is the script of requests that shows it.

    Attributes:
        script: the lines of the script, one for each order created and each update sent.
        verdict: what the service did, and what the policy says.
    """

    def __init__(self, script: list[str], verdict: str) -> None:
        self.script = tuple(script)
        self.verdict = verdict
        numbered = [f"  {number}. {line}" for number, line in enumerate(script, 1)]
        super().__init__("\n".join(["the service and the policy disagree", *numbered, verdict]))


@attrs.define
class _Tracked:
    """An order of the service, and the state that it should have.

    Attributes:
        handle: the order's handle in the service, as ``create_order`` returns it.
        name: the order's name in the script.
        expected: the order as it should be.
        sent: the updates that were sent for it, each with its body.
    """

    handle: Any
    name: str
    expected: Any
    sent: list[tuple[Any, dict[str, object]]]


_ALL_CODES: Final = (Code.WRONG_TYPE, Code.NULL, Code.NOT_A_CHOICE, Code.NOT_A_DATE, Code.UNKNOWN_KEY)


class OrderMachine(RuleBasedStateMachine):
    """A test of a service that updates orders.

    A subclass overrides ``create_order``, ``send_update`` and ``read_order``, and sets ``policy``; run
    ``Subclass.TestCase``. The machine creates orders, sends updates that the policy allows or refuses, repeats earlier
    updates, and sends bodies that cannot be read. After each request it compares the answer and the order read back
    with the policy. A disagreement is shrunk to a short script of requests and raised as a ``DisagreementError``.

    Attributes:
        policy: the rules that the service must keep.
        write_only: the fields of the order that the service does not show when the order is read back; a subclass
            adds to them with ``OrderMachine.write_only | {...}``.
        invalid_body_codes: the codes of the problems that are sent in bodies that the service must refuse: wrong
            types, nulls, unknown keys, unknown values and bad dates. For a lenient service, set it to ``()``.
    """

    policy: ClassVar[Policy[Any, Any]]
    write_only: ClassVar[frozenset[str]] = frozenset({"written"})
    invalid_body_codes: ClassVar[tuple[Code, ...]] = _ALL_CODES

    _orders = Bundle("orders")

    def __init_subclass__(cls, **more: Any) -> None:  # noqa: ANN401 - the keywords of a class statement.
        """Run fewer steps than Hypothesis does by default, and skip its phase "explain": the script explains."""
        super().__init_subclass__(**more)
        phases = [phase for phase in settings().phases if phase is not Phase.explain]
        cls.TestCase.settings = settings(
            cls.TestCase.settings, stateful_step_count=20, phases=phases, report_multiple_bugs=False
        )

    def __init__(self) -> None:
        super().__init__()
        if not isinstance(getattr(self, "policy", None), Policy):
            raise TypeError("the machine has no policy: set the class attribute policy, such as policy = salla.POLICY")
        self._script: list[str] = []
        self._count = 0
        self._unreadable = unreadable_bodies(self.policy, self.invalid_body_codes)

    def starting_orders(self) -> SearchStrategy[Any]:
        """Return the strategy of the orders that are created; by default, one for every combination of facts."""
        return st.sampled_from(starting_orders(self.policy)).flatmap(st.sampled_from)

    def create_order(self, order: Any) -> object:  # noqa: ANN401 - an order of the policy's platform.
        """Create an order like this one in the service, and return its handle there, such as its id.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override create_order: it creates an order in the service")

    def send_update(self, handle: Any, body: dict[str, object]) -> int | bool:  # noqa: ANN401 - as create_order returns it.
        """Send an update, and return the HTTP status of the answer, or whether the update was accepted.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override send_update: it sends an update to the service")

    def read_order(self, handle: Any) -> Any:  # noqa: ANN401 - an order of the policy's platform.
        """Read an order back from the service, and return it; return None if the service cannot show it.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override read_order: it reads an order back from the service")

    @rule(target=_orders, data=st.data())
    def create(self, data: DataObject) -> _Tracked:
        """Create an order, read it back, and check that it is the same."""
        order = data.draw(self.starting_orders(), label="order")
        if getattr(order, "id", None) is not None:
            order = order.replace(id=None)  # The service assigns the id.
        self._count += 1
        tracked = _Tracked(None, f"order {self._count}", order, [])
        content = {key: value for key, value in order.__payload__().items() if value is not None}
        self._script.append(f"create {tracked.name}: {_json(content)}{_facts_text(order)}")
        with self._report_exceptions("while creating the order"):
            tracked.handle = self.create_order(order)
        observed = self._read_back(tracked)
        if observed is not None:
            # A field that was not given has the value that the service chose.
            given = attrs.asdict(order, recurse=False)
            chosen = {name: getattr(observed, name) for name, value in given.items() if value is None}
            tracked.expected = order.replace(**chosen)
            self._compare(tracked, observed)
        return tracked

    @rule(tracked=_orders, data=st.data())
    def update(self, tracked: _Tracked, data: DataObject) -> None:
        """Send an update that the policy allows or refuses."""
        # The list is the same for every order, so Hypothesis can drop a step without changing the others.
        patch = data.draw(st.sampled_from(updates(self.policy)), label="update")
        self._update(tracked, patch, write_body(patch))

    @rule(tracked=_orders, data=st.data())
    def update_again(self, tracked: _Tracked, data: DataObject) -> None:
        """Send an earlier update again. The policy decides on it for the present order."""
        if tracked.sent:
            patch, body = data.draw(st.sampled_from(tracked.sent), label="again")
            self._update(tracked, patch, body)

    @rule(tracked=_orders, data=st.data())
    def update_and_back(self, tracked: _Tracked, data: DataObject) -> None:
        """Send other values for the keys of an earlier update, then that update again, which is not a retry."""
        if tracked.sent:
            patch, body = data.draw(st.sampled_from(tracked.sent), label="and back")
            other = other_than(self.policy, patch)
            if other is not None:
                self._update(tracked, other, write_body(other))
                self._update(tracked, patch, body)

    @rule(tracked=_orders, data=st.data())
    def update_that_cannot_be_read(self, tracked: _Tracked, data: DataObject) -> None:
        """Send a body that cannot be read. The service must refuse it and change nothing."""
        if not self._unreadable:
            return
        body = data.draw(st.sampled_from(self._unreadable), label="body")
        status = self._send(tracked, body)
        if _is_accepted(status) is not False:
            raise self._disagreement(f"the service {_status_verb(status)} a body that cannot be read")
        self._compare(tracked, self._read_back(tracked))

    def _send(self, tracked: _Tracked, body: dict[str, object]) -> int | bool:
        self._script.append(f"PUT {tracked.name}: {_json(body)}")
        with self._report_exceptions("while updating the order"):
            status = self.send_update(tracked.handle, dict(body))
        if not isinstance(status, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"send_update must return an HTTP status or a bool, got {type(status).__name__}")
        self._script[-1] += f" -> {_status_word(status)}"
        return status

    def _read_back(self, tracked: _Tracked) -> OrderBase[Any] | None:
        with self._report_exceptions("while reading the order back"):
            observed: OrderBase[Any] | None = self.read_order(tracked.handle)
        if observed is not None and type(observed) is not self.policy.order_type:
            raise TypeError(
                f"read_order must return an order of {self.policy.name} or None, got {type(observed).__name__}"
            )
        return observed

    @contextlib.contextmanager
    def _report_exceptions(self, action: str) -> Generator[None]:
        """Raise a ``DisagreementError`` if the service raises an exception."""
        try:
            yield
        except NotImplementedError:
            raise
        except Exception as error:
            raise self._disagreement(f"{action}, the service raised {type(error).__name__}: {error}") from error

    def _update(self, tracked: _Tracked, patch: PatchBase, body: dict[str, object]) -> None:
        decision = self.policy.can_update(tracked.expected, patch)
        status = self._send(tracked, body)
        if (patch, body) not in tracked.sent:
            tracked.sent.append((patch, body))
        if _is_accepted(status) is not decision.allowed:
            raise self._disagreement(
                f"the service {_status_verb(status)} the update; by the policy it is {decision.explain()}"
            )
        if decision:
            tracked.expected = self.policy.apply(tracked.expected, patch)
        self._compare(tracked, self._read_back(tracked))

    def _compare(self, tracked: _Tracked, observed: OrderBase[Any] | None) -> None:
        """Check that the fields that the service shows have the expected values."""
        if observed is None:
            return
        differences = [
            f"{name} is {_format(getattr(observed, name))}, expected {_format(getattr(tracked.expected, name))}"
            for name in slots_of(self.policy.order_type)
            if name != "id"
            and name not in self.write_only
            and getattr(observed, name) != getattr(tracked.expected, name)
        ]
        if differences:
            raise self._disagreement(f"{tracked.name} was read back with other values: {'; '.join(differences)}")

    def _disagreement(self, verdict: str) -> DisagreementError:
        return DisagreementError(self._script, verdict)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _facts_text(order: OrderBase[Any]) -> str:
    """Return the facts of an order as text. Its payload may not show all of them."""
    facts = [fact.describe([fact.of(order)]) for fact in order.__space__.facts]
    return f" ({', '.join(facts)})"


def _is_accepted(status: int | bool) -> bool | None:  # noqa: FBT001 - the answer of a service.
    """Return whether a status means that the update was accepted; None if it means neither accepted nor refused."""
    if isinstance(status, bool):
        return status
    return {2: True, 4: False}.get(status // 100)


def _status_word(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return str(status) if not isinstance(status, bool) else "accepted" if status else "refused"


def _status_verb(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return {True: "accepted", False: "refused", None: "failed on"}[_is_accepted(status)]


def _format(value: object) -> str:
    return "absent" if value is None or value is UNSET else repr(value)
