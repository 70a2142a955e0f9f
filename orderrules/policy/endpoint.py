"""Endpoints: where a platform's orders are updated over HTTP, how requests are read, and how answers are laid out.

An endpoint is data for what sends or serves requests. It sends and serves none itself.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import attrs

from orderrules.grammar.orders import OrderT, PatchT
from orderrules.reading.bodies import gather, identifier, read_body, read_query, write_body
from orderrules.reading.fields import slots_of
from orderrules.reading.limits import NO_HINTS, ORDER_LIMITS, UPDATE_LIMITS, Hints, Limits
from orderrules.reading.problems import read_with

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.policy.policy import Policy
    from orderrules.reading.models import Model
    from orderrules.reading.payloads import Payload
    from orderrules.reading.problems import InvalidInput
    from orderrules.reading.strict_json import Document

PatchT_co = TypeVar("PatchT_co", covariant=True)

UPDATE: Final = "PUT"
"""The method with which an order is updated."""


class ParsedRequest(Protocol[PatchT_co]):
    """What was read of a request: every platform's ``UpdateRequest`` is one."""

    @property
    def order_id(self) -> int:
        """The order's id, from the path."""
        ...

    @property
    def patch(self) -> PatchT_co:
        """What the body asks to change."""
        ...


@attrs.frozen(kw_only=True)
class Choice:
    """A question that the page leaves open, and that the caller may answer: a keyword of the platform's ``policy``.

    Attributes:
        keyword: the keyword.
        assumption: the id of the assumption that it changes.
        about: what is chosen, in a few words.
        answers: the named answers, each with its value; two booleans are answered by saying the keyword or not.
        members: the values of which an answer may be made up as well, if it is a set.
    """

    keyword: str
    assumption: str
    about: str
    answers: Mapping[str, object]
    members: type[StrEnum] | None = None


@attrs.frozen(kw_only=True, repr=False)
class Endpoint(Generic[OrderT, PatchT]):
    """Where a platform's orders are updated over HTTP, and how its answers are laid out.

    ``ENDPOINT.under(policy)`` is the same by other rules.

    Attributes:
        policy: the rules.
        make_policy: makes the rules under other answers to what the page leaves open, by keyword.
        choices: those keywords.
        path: the end of the path, with the name of the order's id: ``/orders/{order_id}``.
        request_type: the class of a whole request: ``order_id``, ``patch``, and the fields of its query.
        query_type: the model of the query; None if the page has none, and what is sent is ignored.
        hints: what people send in a body that belongs elsewhere or has another name.
        payload: where an order and its facts stand in answers and webhooks.
        build_order: builds an order from the attributes that a payload shows; the order class if left out. If it takes
            ``guest``, the caller of ``read_order`` may say that the customer is a guest.
        refusal: lays out the answer to an update that a rule refuses.
        refusal_status: the HTTP status of that answer.
        unreadable: lays out the answer to a request that cannot be read.
        unreadable_status: the HTTP status of that answer.
        code_of: returns the code of an answer, from its status and body, if it is a refusal by rule: ``""`` if it has
            no machine-readable code, and None if it is another answer.
        untold: the facts that no answer shows for certain.
        account: the headers that say on whose behalf a request is sent, in small letters.

    Raises:
        ValueError: the path is not like ``/orders/{order_id}``.
    """

    policy: Policy[OrderT, PatchT]
    make_policy: Callable[..., Policy[OrderT, PatchT]] | None = None
    choices: tuple[Choice, ...] = ()
    path: str
    request_type: Callable[..., ParsedRequest[PatchT]]
    query_type: type[Model] | None = None
    hints: Hints = NO_HINTS
    payload: Payload
    build_order: Callable[..., OrderT] | None = None
    refusal: Callable[[Decision], dict[str, object]]
    refusal_status: int = 422
    unreadable: Callable[[InvalidInput], dict[str, object]]
    unreadable_status: int = 422
    code_of: Callable[[int, Mapping[str, object]], str | None]
    untold: tuple[Fact, ...] = ()
    account: tuple[str, ...] = ("authorization",)

    def __attrs_post_init__(self) -> None:
        if not self.path.endswith("}") or not self._prefix.startswith("/"):
            raise ValueError(f"an endpoint's path is like /orders/{{order_id}}, and not {self.path!r}")

    def __repr__(self) -> str:
        return f"<Endpoint {self.policy.name}: {UPDATE} {self.path}>"

    @property
    def _prefix(self) -> str:
        return self.path.partition("{")[0]

    @property
    def parameter(self) -> str:
        """What the page calls the order's id in the path."""
        return self.path.partition("{")[2].removesuffix("}")

    @property
    def query(self) -> tuple[str, ...]:
        """The names of what the query must hold."""
        return () if self.query_type is None else tuple(slots_of(self.query_type))

    @property
    def _name(self) -> str:
        return self.policy.name.capitalize()

    def read_patch(
        self,
        body: Mapping[str, object] | Document,
        *,
        limits: Limits = UPDATE_LIMITS,
        show_values: bool = False,
    ) -> PatchT:
        """Read the body of an update, strictly.

        Args:
            body: a mapping, or a JSON document as text or bytes.
            limits: how far reading goes.
            show_values: whether messages show the values that cannot be read, shortened; they may be personal.

        Raises:
            InvalidInput: with every problem at once, each with a JSON pointer into the body.
        """
        return read_body(
            self.policy.patch_type,
            body,
            what=f"{self._name} update",
            hints=self.hints,
            limits=limits,
            show_values=show_values,
        )

    def read_request(
        self,
        order_id: int | str,
        query: Mapping[str, object] | str,
        body: Mapping[str, object] | Document,
        *,
        limits: Limits = UPDATE_LIMITS,
        show_values: bool = False,
    ) -> ParsedRequest[PatchT]:
        """Read a whole request: the id in its path, its query and its body.

        Args:
            order_id: the id in the path: an integer, or its ASCII digits.
            query: the query, as a mapping or as it stands behind the question mark.
            body: the body: a mapping, or a JSON document as text or bytes.
            limits: how far reading goes.
            show_values: whether messages show the values that cannot be read, shortened; they may be personal.

        Raises:
            InvalidInput: with every problem of all three at once.
        """
        with read_with(f"read the {self._name} request", limits, show_values=show_values):
            number, asked, patch = gather(
                functools.partial(identifier, order_id, self.parameter),
                lambda: {} if self.query_type is None else write_body(read_query(self.query_type, query)),
                lambda: self.read_patch(body, limits=limits, show_values=show_values),
            )
            return self.request_type(order_id=number, patch=patch, **asked)

    def read_order(
        self,
        payload: Mapping[str, object] | Document,
        *,
        guest: bool = False,
        limits: Limits = ORDER_LIMITS,
        show_values: bool = False,
    ) -> OrderT:
        """Read an order from what the API answers or sends: bare, in its envelope, or in a webhook.

        What the rules do not need is taken if it can be read, and ignored if not.

        Args:
            payload: the order, or the envelope or webhook around it: a mapping, or a JSON document as text or bytes.
            guest: say that its customer is a guest, if no payload shows that.
            limits: how far reading goes.
            show_values: whether messages show the values that cannot be read, shortened; they may be personal.

        Raises:
            InvalidInput: the payload is not an order, or a fact that a rule needs cannot be read.
            TypeError: ``guest`` is not a boolean, or the platform has no guests.
        """
        if type(guest) is not bool:
            raise TypeError(f"guest is True or False, not a {type(guest).__name__}")
        if guest and not self.tells_guests:
            raise TypeError(f"{self._name} has no guests")
        shown = self.payload.read(payload, f"{self._name} order", limits, show_values=show_values)
        build: Callable[..., OrderT] = self.policy.order_type if self.build_order is None else self.build_order
        return build(**shown, **({"guest": True} if guest else {}))

    @property
    def tells_guests(self) -> bool:
        """Whether ``read_order`` takes ``guest``, by which a caller says what no payload shows."""
        return self.build_order is not None and "guest" in inspect.signature(self.build_order).parameters

    def to_body(self, patch: PatchT) -> dict[str, object]:
        """Write a patch as the JSON-ready body that it stands for; read again, it is the same patch.

        Raises:
            TypeError: it is not a patch of this platform.
        """
        if type(patch) is not self.policy.patch_type:
            raise TypeError(f"expected a patch of {self._name}, got a {type(patch).__name__}")
        return write_body(patch)

    def under(self, policy: Policy[OrderT, PatchT]) -> Endpoint[OrderT, PatchT]:
        """Return this endpoint under another policy of its platform, such as one of other assumptions.

        Raises:
            TypeError: the policy is of another platform.
        """
        if policy.order_type is not self.policy.order_type:
            raise TypeError(f"the endpoint is of {self.policy.name}, and the policy of {policy.name}")
        return attrs.evolve(self, policy=policy)

    def order_id(self, path: str) -> str | None:
        """Give the digits of the order's id where a path, without its escapes, leads to an order; None where not."""
        place = self.place(path.removesuffix("/"))
        return place[1] if place is not None and not place[2] else None

    def place(self, path: str) -> tuple[str, str, str] | None:
        """Part a path that leads to an order or below it: what stands before the id, its digits, and what is behind."""
        before, prefix, found = f"/{path}".rpartition(self._prefix)
        digits, slash, behind = found.partition("/")
        return (before, digits, slash + behind) if prefix and digits.isascii() and digits.isdigit() else None
