"""A Hypothesis state machine that tests a service against a policy.

The machine first walks through the whole decision table with the service (``walk``), and then sends random sequences of
allowed updates, refused updates, and bodies that cannot be read. If the service and the policy disagree, the error
shows a short script of requests.
"""

from __future__ import annotations

import functools
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from orderrules.engine.samples import asked_at, sample
from orderrules.grammar.orders import free_keys
from orderrules.policy.policy import Policy
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import slots_of
from orderrules.testing.sessions import DisagreementError, Session, Tracked, replay, shorten
from orderrules.testing.walk import (
    ALL_CODES,
    SECONDS,
    Walk,
    check_names,
    combined_bodies,
    groups_of_orders,
    kinds_of_orders,
    unreadable_bodies,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DataObject, SearchStrategy

    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.reading.problems import Code
    from orderrules.testing.sessions import Body, Step
    from orderrules.testing.walk import Report


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


class OrderMachine(RuleBasedStateMachine):
    """A test of a service that updates orders.

    A subclass overrides ``create_order``, ``send_update`` and ``read_order``, and sets ``policy``; run
    ``Subclass.TestCase``. A run begins with a walk through the whole table: it puts every kind of order, with each key
    and with those that the rules tell apart, to the service. Then the machine walks at random: it creates orders, sends
    updates that the policy allows or refuses, repeats earlier updates, and sends bodies that cannot be read. After each
    request it compares the answer and the order read back with the policy. A disagreement is shortened to a script of
    the fewest requests and keys, and raised as a ``DisagreementError``.

    Attributes:
        policy: the rules that the service must keep.
        write_only: what the service does not show when an order is read back: fields of the order, body keys, or places
            in a body such as ``receiver/notify``.
        invalid_body_codes: the codes of the problems that are sent in bodies that the service must refuse: wrong
            types, nulls, unknown keys, unknown values and bad dates. For a lenient service, set it to ``()``.
        walk_seconds: how long the walk through the table takes at most. If a slow service needs longer, the walk stops
            early, and a warning says how much of the table was put to the service.
        walk_report: what the last walk put to the service.
    """

    policy: ClassVar[Policy[Any, Any]]
    write_only: ClassVar[frozenset[str]] = frozenset()
    invalid_body_codes: ClassVar[tuple[Code, ...]] = ALL_CODES
    walk_seconds: ClassVar[float] = SECONDS
    walk_report: ClassVar[Report | None] = None

    _orders = Bundle("orders")
    _walked_in: ClassVar[object] = None
    _walk_error: ClassVar[Exception | None] = None
    _shown_keys: ClassVar[set[str]] = set()

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
        self._sessions: list[Session] = []
        check_names(self.policy, self.write_only)
        alone = unreadable_bodies(self.policy, self.invalid_body_codes)
        self._unreadable = [*alone, *combined_bodies(self.policy, alone)]

    def starting_orders(self) -> Any:  # noqa: ANN401 - a strategy, or an iterable of orders.
        """Return the orders that the service can have: a strategy, or a list; by default, one order of every kind.

        The walk puts all orders of a list to the service, or those that a strategy draws in two thousand examples.
        """
        # A status with updates of its own is as likely as twelve that allow the same updates.
        return _strategy_of(groups_of_orders(self.policy, kinds_of_orders(self.policy)))

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

        What the service shows of the values that were sent, and the fields of the order do not have, may be in the
        order's ``written``.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override read_order: it reads an order back from the service")

    @rule(target=_orders, data=st.data())
    def create(self, data: DataObject) -> Tracked:
        """Walk through the table once in each run. Create an order, read it back, and check that it is the same."""
        self._walk_once()
        if not self._sessions:
            # What the service shows is known only after the walk, and another run shall not change it.
            self._sessions.append(Session(self.policy, self, self.write_only, set(type(self)._shown_keys)))
        return self._sessions[0].create(data.draw(self._starting_strategy(), label="order"))

    @rule(tracked=_orders, data=st.data())
    def update(self, tracked: Tracked, data: DataObject) -> None:
        """Send an update that the policy allows or refuses."""
        # The list is the same for every order, so Hypothesis can drop a step without changing the others.
        patch = data.draw(st.sampled_from(updates(self.policy)), label="update")
        self._send(tracked, write_body(patch))

    @rule(tracked=_orders, data=st.data())
    def update_again(self, tracked: Tracked, data: DataObject) -> None:
        """Send an earlier update again. The policy decides on it for the present order."""
        if tracked.sent:
            _, body = data.draw(st.sampled_from(tracked.sent), label="again")
            self._send(tracked, body)

    @rule(tracked=_orders, data=st.data())
    def update_and_back(self, tracked: Tracked, data: DataObject) -> None:
        """Send other values for the keys of an earlier update, then that update again, which is not a retry."""
        if tracked.sent:
            patch, body = data.draw(st.sampled_from(tracked.sent), label="and back")
            other = other_than(self.policy, patch)
            if other is not None:
                self._send(tracked, write_body(other))
                self._send(tracked, body)

    @rule(tracked=_orders, data=st.data())
    def update_that_cannot_be_read(self, tracked: Tracked, data: DataObject) -> None:
        """Send a body that cannot be read. The service must refuse it and change nothing."""
        if self._unreadable:
            self._send(tracked, data.draw(st.sampled_from(self._unreadable), label="body"))

    def _starting_strategy(self) -> SearchStrategy[Any]:
        orders: Any = self.starting_orders()
        if isinstance(orders, st.SearchStrategy):
            return orders  # pyright: ignore[reportUnknownVariableType]  # of any orders.
        return _strategy_of(groups_of_orders(self.policy, orders))

    def _listed_orders(self) -> list[Any]:
        if type(self).starting_orders is OrderMachine.starting_orders:
            return kinds_of_orders(self.policy)
        orders: Any = self.starting_orders()
        if isinstance(orders, st.SearchStrategy):
            return _drawn(orders)  # pyright: ignore[reportUnknownArgumentType]  # of any orders.
        return list(orders)

    def _send(self, tracked: Tracked, body: Body) -> None:
        try:
            self._sessions[0].send(tracked, body)
        except DisagreementError as error:
            if not current_build_context().is_final:
                raise
            # Hypothesis has shortened the script as far as it can; what is left are single keys.
            raise shorten(error, self._sessions[0].steps, self._take) from None

    def _take(self, steps: list[Step]) -> None:
        """Take the steps of a script with a service that is as it was at the start."""
        other = _fresh(type(self))
        try:
            replay(Session(self.policy, other, self.write_only, set(type(self)._shown_keys)), steps)
        finally:
            other.teardown()

    def _walk_once(self) -> None:
        """Walk through the table once in each run of Hypothesis; if it failed, fail in each example of the run.

        Raises:
            DisagreementError: the service and the policy disagree.
            HarnessError: the adapter of the service failed.
        """
        cls = type(self)
        run = getattr(current_build_context(), "wrapped_test", cls)
        if cls._walked_in is not run:
            cls._walked_in, cls._walk_error, cls._shown_keys = run, None, set()
            try:
                cls.walk_report = self._walk()
            except Exception as error:  # noqa: BLE001 - it is raised below, in each example.
                cls._walk_error = error
        if cls._walk_error is not None:
            raise cls._walk_error.with_traceback(None)
        event(f"walk: {self.walk_report}")

    def _walk(self) -> Report:
        """Walk through the table with a service of its own.

        Raises:
            DisagreementError: the service and the policy disagree.
        """
        walk = Walk(self.policy, self._listed_orders(), self.invalid_body_codes, self.walk_seconds)
        service = _fresh(type(self))
        try:
            for error, session in walk.run(service, self.write_only):
                type(self)._shown_keys = walk.shown_keys
                raise shorten(error, session.steps, self._take)
        finally:
            service.teardown()
        type(self)._shown_keys = walk.shown_keys
        report = walk.report()
        report.warn("walk_seconds")
        return report


def _fresh(machine: type[OrderMachine]) -> OrderMachine:
    """Return a machine of its own, after those of its initialize rules that take no arguments."""
    made = machine()
    for each in made._initialize_rules_to_run:  # pyright: ignore[reportPrivateUsage]  # there is no public way.
        if not each.arguments:
            each.function(made)
    return made


def _strategy_of(groups: list[list[OrderT]]) -> SearchStrategy[OrderT]:
    return st.sampled_from(groups).flatmap(st.sampled_from)


def _drawn(strategy: SearchStrategy[Any]) -> list[Any]:
    """Return the orders that a strategy draws."""
    # In a thread of its own, since Hypothesis nests no test in another one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_draw_all, strategy).result()


def _draw_all(strategy: SearchStrategy[Any]) -> list[Any]:
    drawn: dict[Any, None] = {}

    @settings(max_examples=2000, database=None, derandomize=True, deadline=None, phases=[Phase.generate])
    @given(strategy)
    def collect(order: Any) -> None:  # noqa: ANN401 - an order of any platform.
        drawn[order] = None

    collect()
    return list(drawn)
