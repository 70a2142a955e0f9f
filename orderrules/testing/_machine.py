"""A state machine that walks a service through updates, legal and illegal, and holds it against a policy.

The module is longer than most because a disagreement is told as a script of requests.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from orderrules._models import UNSET, slots_of
from orderrules._patch import write_body
from orderrules._rules import Policy
from orderrules.errors import Code
from orderrules.testing._repertoire import other_than, starting_orders, unreadable_bodies, updates

if TYPE_CHECKING:
    from collections.abc import Generator

    from hypothesis.strategies import DataObject, SearchStrategy

    from orderrules._order import OrderBase
    from orderrules._patch import PatchBase


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
    not_shown: ClassVar[frozenset[str]] = frozenset({"written"})
    unreadable: ClassVar[tuple[Code, ...]] = _UNREADABLE

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
        self._unreadable = unreadable_bodies(self.policy, self.unreadable)

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
        if _accepted(status) is not False:
            raise self._disagreement(f"the service {_did(status)} a body that cannot be read")
        self._compare(tracked, self._read_back(tracked))

    def _send(self, tracked: _Tracked, body: dict[str, object]) -> int | bool:
        self._script.append(f"PUT {tracked.name}: {_json(body)}")
        with self._told("updating it"):
            status = self.send_update(tracked.handle, dict(body))
        if not isinstance(status, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"send_update gives an HTTP status or a boolean, and no {type(status).__name__}")
        self._script[-1] += f" -> {_told(status)}"
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
        if _accepted(status) is not decision.allowed:
            raise self._disagreement(f"the service {_did(status)} the update; by the policy it is {decision.explain()}")
        if decision:
            tracked.expected = self.policy.apply(tracked.expected, patch)
        self._compare(tracked, self._read_back(tracked))

    def _compare(self, tracked: _Tracked, observed: OrderBase | None) -> None:
        """See that the order is as it should be, as far as the service shows it."""
        if observed is None:
            return
        wrong = [
            f"{name} is {_shown(getattr(observed, name))}, and should be {_shown(getattr(tracked.expected, name))}"
            for name in slots_of(self.policy.order_type)
            if name != "id"
            and name not in self.not_shown
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


def _accepted(status: int | bool) -> bool | None:  # noqa: FBT001 - the answer of a service.
    """Say whether a status accepts or refuses; None where it does neither."""
    if isinstance(status, bool):
        return status
    return {2: True, 4: False}.get(status // 100)


def _told(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return str(status) if not isinstance(status, bool) else "accepted" if status else "refused"


def _did(status: int | bool) -> str:  # noqa: FBT001 - as above.
    return {True: "accepted", False: "refused", None: "failed on"}[_accepted(status)]


def _shown(value: object) -> str:
    return "not there" if value is None or value is UNSET else repr(value)
