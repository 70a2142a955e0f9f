"""A conversation with a service, each answer of which is held against a policy, and the shortest script that fails.

A ``Session`` creates orders, sends updates and reads orders back. It raises a ``DisagreementError`` with the script so
far if the service and the policy disagree, and a ``HarnessError`` if the adapter of the service itself fails.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from traceback import walk_tb
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import attrs

from orderrules.grammar.orders import PatchBase
from orderrules.reading.bodies import read_body, write_body
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.problems import InvalidInput
from orderrules.testing.own_decisions import own_decisions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
    from types import TracebackType

    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderBase
    from orderrules.policy.policy import Policy

Body = dict[str, object]
AnswerStatus = int | bool
_ABSENT: Final = object()
_SECONDS: Final = 2.0
"""How long a script is shortened at most."""


class Service(Protocol):
    """What a session needs of a service; ``OrderMachine`` describes the three methods."""

    def create_order(self, order: Any, /) -> object:  # noqa: ANN401 - an order of the policy's platform.
        """Create an order like this one, and return its handle."""
        ...

    def send_update(self, handle: Any, body: Body, /) -> AnswerStatus:  # noqa: ANN401 - as create_order returns it.
        """Send an update, and return the HTTP status of the answer, or whether it was accepted."""
        ...

    def read_order(self, handle: Any, /) -> Any:  # noqa: ANN401 - an order of the policy's platform, or None.
        """Read an order back; return None if the service cannot show it."""
        ...


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


class HarnessError(Exception):
    """The adapter of the service failed, so nothing was learnt about the service."""


@attrs.define
class Tracked:
    """An order of the service, and the state that it should have.

    Attributes:
        handle: the order's handle in the service, as ``create_order`` returns it.
        name: the order's name in the script.
        number: its number among the orders of the session.
        expected: the order as it should be.
        sent: the updates that were sent for it, each with its body.
        shown: the body keys with their values as the service showed them last; None if it shows none.
    """

    handle: Any
    name: str
    number: int
    expected: Any
    sent: list[tuple[Any, Body]] = attrs.field(factory=list[tuple[Any, Body]])
    shown: dict[str, Any] | None = None


@attrs.frozen
class Step:
    """A step of a script: an order is created, or an update is sent for it.

    Attributes:
        number: the number of the order.
        order: the order to create; None if an update is sent.
        body: the body of the update.
    """

    number: int
    order: Any = None
    body: Body = attrs.field(factory=dict[str, object])


class Session:
    """A conversation with a service.

    Args:
        policy: the rules that the service must keep.
        service: the adapter of the service.
        write_only: the fields of the order, and the body keys or pointers such as ``receiver/notify``, that the service
            does not show when an order is read back.
        shown_keys: the body keys that the service is known to show; the session adds those that it sees.
        names: what the three functions of the adapter are called, and whether each is the adapter's own: a failure of a
            method of the service itself is the service's.
    """

    def __init__(
        self,
        policy: Policy[Any, Any],
        service: Service,
        write_only: Collection[str] = (),
        shown_keys: set[str] | None = None,
        names: Mapping[str, tuple[str, bool]] = MappingProxyType({}),
    ) -> None:
        self.policy = policy
        self.script: list[str] = []
        self.steps: list[Step] = []
        self._service = service
        self._write_only = frozenset(write_only)
        self._shown_keys: set[str] = set() if shown_keys is None else shown_keys
        self._count = 0
        self._names = names

    def create(self, order: Any) -> Tracked:  # noqa: ANN401 - an order of the policy's platform.
        """Create an order, read it back, and check that it is the same."""
        if getattr(order, "id", None) is not None:
            order = order.replace(id=None)  # The service assigns the id.
        tracked = Tracked(None, f"order {self._count + 1}", self._count, order)
        self._count += 1
        self.script.append(f"create {tracked.name}: {script_line(order)}")
        self.steps.append(Step(tracked.number, order))
        with self._tell_exceptions("create_order", "while creating the order"):
            tracked.handle = self._service.create_order(order)
        observed = self._read_back(tracked)
        if observed is not None:
            # A field that was not given has the value that the service chose.
            given = attrs.asdict(order, recurse=False)
            chosen = {name: getattr(observed, name) for name, value in given.items() if value is None}
            tracked.expected = order.replace(**chosen)
            self._compare(tracked, observed)
            tracked.shown = self._body_of(observed)
        return tracked

    def update(self, tracked: Tracked, patch: PatchBase, body: Body) -> bool:
        """Send an update that the policy allows or refuses, read the order back, and return whether it is allowed."""
        with own_decisions():
            decision = self.policy.can_update(tracked.expected, patch)
        status = self._send(tracked, body)
        if (patch, body) not in tracked.sent:
            tracked.sent.append((patch, body))
        if is_accepted(status) is not decision.allowed:
            said = self._why(patch, decision)
            raise self._disagreement(f"the service {_verb(status)} the update; by the policy it is {said}")
        if decision:
            with own_decisions():
                tracked.expected = self.policy.apply(tracked.expected, patch)
        self._check_after(tracked, body if decision else {})
        return decision.allowed

    def send_unreadable(self, tracked: Tracked, body: Body) -> None:
        """Send a body that cannot be read. The service must refuse it and change nothing."""
        status = self._send(tracked, body)
        if is_accepted(status) is not False:
            raise self._disagreement(f"the service {_verb(status)} a body that cannot be read: {self._problems(body)}")
        self._check_after(tracked, {})

    def send(self, tracked: Tracked, body: Body) -> None:
        """Send a body, whether it can be read or not."""
        try:
            patch = read_body(self.policy.patch_type, body)
        except InvalidInput:
            self.send_unreadable(tracked, body)
        else:
            self.update(tracked, patch, body)

    def _problems(self, body: Body) -> str:
        try:
            read_body(self.policy.patch_type, body)
        except InvalidInput as error:
            return "; ".join(map(str, error.problems))
        return ""

    def _why(self, patch: PatchBase, decision: Decision) -> str:
        """Return what the policy says, and if it allows an update that no rule governs, that nothing restricts it."""
        governed = {rule.section for rule in self.policy.rules}
        free = [str(section) for section in patch.sections if section not in governed]
        if decision and len(free) == len(patch.sections):
            return f"allowed: no restriction on {', '.join(free) or 'an empty update'} is documented"
        return decision.explain()

    def _send(self, tracked: Tracked, body: Body) -> AnswerStatus:
        self.script.append(f"PUT {tracked.name}: {_json(body)}")
        self.steps.append(Step(tracked.number, None, body))
        with self._tell_exceptions("send_update", "while updating the order"):
            status = self._service.send_update(tracked.handle, dict(body))
        if not isinstance(status, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"send_update must return an HTTP status or a bool, got {type(status).__name__}")
        self.script[-1] += f" -> {status_word(status)}"
        return status

    def _read_back(self, tracked: Tracked) -> OrderBase[Any] | None:
        with self._tell_exceptions("read_order", "while reading the order back"):
            observed: OrderBase[Any] | None = self._service.read_order(tracked.handle)
        if observed is not None and type(observed) is not self.policy.order_type:
            raise TypeError(
                f"read_order must return an order of {self.policy.name} or None, got {type(observed).__name__}"
            )
        return observed

    @contextlib.contextmanager
    def _tell_exceptions(self, method: str, action: str) -> Generator[None]:
        """Raise a ``DisagreementError`` if the service raises an exception, a ``HarnessError`` if its adapter does."""
        try:
            yield
        except (NotImplementedError, HarnessError):
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            name, is_adapter = self._names.get(method, (method, True))
            if is_adapter and not isinstance(error, InvalidInput) and _is_raised_in_adapter(error.__traceback__):
                raise HarnessError(
                    f"{name} itself failed {action}, and nothing is known about the service: {told}; the script so "
                    f"far:\n  " + "\n  ".join(self.script)
                ) from error
            raise self._disagreement(f"{action}, the service raised {told}") from error

    def _check_after(self, tracked: Tracked, sent: Body) -> None:
        """Read an order back, and check that it shows what was sent, and nothing else that is new."""
        observed = self._read_back(tracked)
        if observed is None:
            return
        self._compare(tracked, observed)
        shown = self._body_of(observed)
        if shown is None:
            return
        before = tracked.shown or {}
        sent = {key: value for key, value in sent.items() if value != {}}  # An empty object changes nothing.
        differences = [
            *(difference for key, value in sent.items() for difference in self._differences(key, value, shown)),
            *(
                f"{key} was {told(before.get(key, _ABSENT))} before, and is {told(shown.get(key, _ABSENT))} now"
                for key in dict.fromkeys((*before, *shown))
                if key not in sent
                and key not in self._write_only
                and not same(before.get(key, _ABSENT), shown.get(key, _ABSENT))
            ),
        ]
        if differences:
            raise self._disagreement(f"{tracked.name} was read back with other values: {'; '.join(differences)}")
        tracked.shown = shown

    def _body_of(self, observed: OrderBase[Any]) -> dict[str, Any] | None:
        """Return what an order shows of earlier updates, by body key; None if the service has never shown any."""
        written = getattr(observed, "written", UNSET)
        if "written" in self._write_only:
            return None
        shown = write_body(written) if isinstance(written, PatchBase) else {}
        self._shown_keys.update(shown)
        return shown if self._shown_keys else None

    def _differences(self, key: str, sent: object, shown: Mapping[str, Any]) -> Iterator[str]:
        if key not in self._shown_keys and key not in shown:
            return  # The service does not show this key.
        yield from read_otherwise(key, sent, shown, self._write_only)

    def _compare(self, tracked: Tracked, observed: OrderBase[Any]) -> None:
        """Check that the fields that the service shows have the expected values."""
        differences = [
            f"{name} is {told(getattr(observed, name))}, expected {told(getattr(tracked.expected, name))}"
            for name in slots_of(self.policy.order_type)
            if name not in {"id", "written"}
            and name not in self._write_only
            and getattr(observed, name) != getattr(tracked.expected, name)
        ]
        if differences:
            raise self._disagreement(f"{tracked.name} was read back with other values: {'; '.join(differences)}")

    def _disagreement(self, verdict: str) -> DisagreementError:
        return DisagreementError(self.script, verdict)


def _is_raised_in_adapter(traceback: TracebackType | None) -> bool:
    """Return whether an exception was raised by the method of an adapter, and not by the service that it calls.

    The method itself may have raised it, or code of this library that it calls, such as ``order.replace``.
    """
    frames = [frame for frame, _ in walk_tb(traceback)][_OWN_FRAMES:]
    while len(frames) > 1 and _is_ours(frames[-1].f_globals.get("__name__", "")):
        frames.pop()
    names = [frame.f_code.co_qualname for frame in frames]
    return all(name == names[0] or name.startswith(f"{names[0]}.<locals>") for name in names)


def _is_ours(module: str) -> bool:
    return module.startswith(("orderrules.", "attr.")) and not module.startswith("orderrules.testing")


_OWN_FRAMES: Final = 2
"""The frames of a session in the traceback of an exception: the context manager, and the block in it."""


def replay(session: Session, steps: list[Step]) -> None:
    """Take the steps of a script in a new session.

    Raises:
        DisagreementError: the service and the policy disagree.
    """
    tracked: dict[int, Tracked] = {}
    for step in steps:
        if step.order is not None:
            tracked[step.number] = session.create(step.order)
        else:
            session.send(tracked[step.number], step.body)


def shorten(error: DisagreementError, steps: list[Step], take: Callable[[list[Step]], None]) -> DisagreementError:
    """Return the error of a script with as few steps and keys as possible.

    Args:
        error: the error of the whole script.
        steps: the steps of the script.
        take: takes steps with a service that is as it was at the start; raises a ``DisagreementError``.
    """
    end = time.monotonic() + _SECONDS
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for fewer in _shorter(steps):
            if time.monotonic() > end:
                return error
            try:
                take(fewer)
            except DisagreementError as other:
                error, steps, is_shorter = other, fewer, True
                break
            except HarnessError:
                continue
    return error


def _shorter(steps: list[Step]) -> Iterator[list[Step]]:
    """Iterate over scripts without one step, and then without one key."""
    for index, step in enumerate(steps):
        if step.order is None or not any(other.number == step.number for other in steps[index + 1 :]):
            yield [*steps[:index], *steps[index + 1 :]]
    for index, step in enumerate(steps):
        for body in _fewer_keys(step.body):
            yield [*steps[:index], attrs.evolve(step, body=body), *steps[index + 1 :]]


def _fewer_keys(body: Mapping[str, Any]) -> Iterator[Body]:
    for key, value in body.items():
        yield {other: kept for other, kept in body.items() if other != key}
        if isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            for fewer in _fewer_keys(inner) if len(inner) > 1 else ():
                changed: Body = {**body, key: fewer}
                yield changed


def is_accepted(status: AnswerStatus) -> bool | None:
    """Return whether a status means that the update was accepted; None if it means neither accepted nor refused."""
    if isinstance(status, bool):
        return status
    return {2: True, 4: False}.get(status // 100)


def status_word(status: AnswerStatus) -> str:
    """Return the status of an answer as text."""
    return str(status) if not isinstance(status, bool) else "accepted" if status else "refused"


def _verb(status: AnswerStatus) -> str:
    return {True: "accepted", False: "refused", None: "failed on"}[is_accepted(status)]


def read_otherwise(
    key: str, sent: object, shown: Mapping[str, Any], write_only: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Iterate over what was sent for a key and is shown with another value, without the places in ``write_only``."""
    for pointer, value in _leaves(key, sent):
        if write_only.intersection(itertools.accumulate(pointer, "{}/{}".format)):
            continue
        read = _value_at(shown, pointer)
        if not same(value, read):
            yield f"/{'/'.join(pointer)} was sent as {told(value)}, and read as {told(read)}"


def _leaves(key: str, value: Any) -> Iterator[tuple[tuple[str, ...], object]]:  # noqa: ANN401 - a value of JSON.
    """Iterate over the values in a body, each with its place. An empty object has none: it changes nothing."""
    if not isinstance(value, dict):
        yield (key,), value
        return
    for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
        for pointer, leaf in _leaves(str(name), inner):  # pyright: ignore[reportUnknownArgumentType]
            yield (key, *pointer), leaf


def _value_at(body: Any, pointer: Iterable[str]) -> Any:  # noqa: ANN401 - a value of JSON.
    """Return the value at a place in a body; if there is none, a value that is the same as no other."""
    for token in pointer:
        if not isinstance(body, dict) or token not in body:
            return _ABSENT
        body = cast("dict[str, Any]", body)[token]
    return body


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - a value of JSON.
    """Return whether two values of JSON are equal; a boolean equals no number."""
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def told(value: object) -> str:
    """Return a value of a body or of an order's field as JSON; a value that is not there is *nothing*."""
    if value is None or value is UNSET or value is _ABSENT:
        return "nothing"
    return json.dumps(value, ensure_ascii=False, default=str)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def script_line(order: OrderBase[Any]) -> str:
    """Return an order as a script has it: its payload, and its facts, since a payload may not show all of them."""
    content = {key: value for key, value in order.__payload__().items() if value is not None}
    facts = [fact.describe([fact.of(order)]) for fact in order.__space__.facts]
    return f"{_json(content)} ({', '.join(facts)})"
