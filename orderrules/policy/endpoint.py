"""Endpoints: the URL of a platform's updates, how requests and orders are read, and how answers are laid out.

An endpoint is data for the integrations and the command line, which send or serve the requests.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import attrs

from orderrules.grammar.orders import OrderT, PatchT
from orderrules.languages.sentences import Phrase
from orderrules.reading.bodies import gather, identifier, read_body, read_query, read_quickly, write_body
from orderrules.reading.fields import slots_of
from orderrules.reading.hints import NO_HINTS, Hints
from orderrules.reading.limits import ORDER_LIMITS, UPDATE_LIMITS, Limits
from orderrules.reading.problems import InvalidInput, read_with, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.policy.policy import Policy
    from orderrules.reading.models import Model
    from orderrules.reading.order_reader import ReadOrder
    from orderrules.reading.payloads import Payload
    from orderrules.reading.strict_json import Document

PatchT_co = TypeVar("PatchT_co", covariant=True)
_SHORT_ID: Final = 18
"""Digits of an id that is plainly valid."""
UPDATE: Final = "PUT"
"""The HTTP method of an update."""


class ParsedRequest(Protocol[PatchT_co]):
    """A request that has been read; the ``UpdateRequest`` of every platform has this form."""

    @property
    def order_id(self) -> int:
        """The order's id, from the path."""
        ...

    @property
    def patch(self) -> PatchT_co:
        """The changes that the body asks for."""
        ...


@attrs.frozen(kw_only=True)
class Choice:
    """A question that the page leaves open and the caller can answer with a keyword of the platform's ``policy``.

    Attributes:
        keyword: the keyword.
        assumption: the id of the assumption that it changes.
        about: the question, in a few words.
        answers: the values of the keyword, by the names of the answers. If they are True and False, the option of the
            command line is a flag.
        members: if the value is a set, the values that it may contain; None otherwise.
    """

    keyword: str
    assumption: str
    about: str
    answers: Mapping[str, object]
    members: type[StrEnum] | None = None


@attrs.frozen(eq=False)
class _Completing(Generic[OrderT]):
    """Builds an order of the attributes that a payload shows, and of those that they imply."""

    payload: Payload
    make: Callable[..., OrderT]

    def __call__(self, *, guest: bool = False, **attributes: object) -> OrderT:
        return self.make(**self.payload.complete(attributes, guest=guest))

    # Endpoints that differ only in their policy share the code that reads an order.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Completing) and (self.payload is other.payload and self.make is other.make)  # pyright: ignore[reportUnknownMemberType]

    def __hash__(self) -> int:
        return hash((id(self.payload), self.make))


@attrs.frozen(kw_only=True, repr=False)
class Endpoint(Generic[OrderT, PatchT]):
    """The HTTP endpoint that updates a platform's orders: how it is called and how it answers.

    ``ENDPOINT.under(policy)`` is the same endpoint with other rules.

    Attributes:
        policy: the rules.
        make_policy: returns a policy with other answers to the questions that the page leaves open, by keyword.
        choices: those keywords.
        path: the end of the path, with the name of the order's id: ``/orders/{order_id}``.
        request_type: the class of a whole request: ``order_id``, ``patch``, and the fields of its query.
        query_type: the model of the query; None if the page documents no query. Then the query is ignored.
        hints: hints for keys and values that are often sent here but belong elsewhere or have another name.
        payload: where an order and its facts are in answers and webhooks.
        build_order: builds an order from the attributes that a payload shows, and from nothing else; None for the order
            class itself.
        refusal: returns the body of the answer to an update that a rule refuses.
        refusal_status: the HTTP status of that answer.
        unreadable: returns the body of the answer to a request that cannot be read.
        unreadable_status: the HTTP status of that answer.
        code_of: returns the error code of an answer, from its status and body, if a rule refused the update: ``""`` if
            the answer has no machine-readable code, and None if it is not a refusal by rule.
        hidden_facts: the facts that the API's answers do not show reliably.
        account: the headers that identify the account of a request, in lower case.

    Raises:
        ValueError: the path does not look like ``/orders/{order_id}``.
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
    hidden_facts: tuple[Fact, ...] = ()
    account: tuple[str, ...] = ("authorization",)
    # The subjects of errors, written once: reading a small body takes two microseconds.
    _update_name: str = attrs.field(init=False, eq=False)
    _order_name: str = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not self.path.endswith("}") or not self._prefix.startswith("/"):
            raise ValueError(f"the path of an endpoint must look like /orders/{{order_id}}, got {self.path!r}")
        object.__setattr__(self, "_update_name", Phrase.of("INPUTS", "update_of", platform=self._name))
        object.__setattr__(self, "_order_name", Phrase.of("INPUTS", "order_of", platform=self._name))

    def __repr__(self) -> str:
        return f"<Endpoint {self.policy.name}: {UPDATE} {self.path}>"

    @property
    def _prefix(self) -> str:
        return self.path.partition("{")[0]

    @property
    def parameter(self) -> str:
        """The name of the order's id in the path, as on the page."""
        return self.path.partition("{")[2].removesuffix("}")

    @property
    def query(self) -> tuple[str, ...]:
        """The names of the parameters that the query must have."""
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
            limits: the limits of this read, such as the size of a document.
            show_values: whether messages show the invalid values, shortened. They may be personal data.

        Raises:
            InvalidInput: lists every problem, each with a JSON pointer into the body.
        """
        return read_body(
            self.policy.patch_type,
            body,
            what=self._update_name,
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
            query: the query, as a mapping or as the text after the question mark.
            body: the body: a mapping, or a JSON document as text or bytes.
            limits: the limits of this read, such as the size of a document.
            show_values: whether messages show the invalid values, shortened. They may be personal data.

        Raises:
            InvalidInput: lists every problem of all three.
        """
        request = self._read_request_quickly(order_id, query, body) if limits is UPDATE_LIMITS else None
        if request is not None:
            return request
        with read_with(
            reading(Phrase.of("INPUTS", "request_of", platform=self._name)), limits, show_values=show_values
        ):
            number, query_fields, patch = gather(
                functools.partial(identifier, order_id, self.parameter),
                lambda: {} if self.query_type is None else write_body(read_query(self.query_type, query)),
                lambda: self.read_patch(body, limits=limits, show_values=show_values),
            )
            return self.request_type(order_id=number, patch=patch, **query_fields)

    def _read_request_quickly(
        self, order_id: object, query: Mapping[str, object] | str, body: object
    ) -> ParsedRequest[PatchT] | None:
        """Read a request that is plainly valid; return None if ``read_request`` has to find out."""
        if type(order_id) is str and len(order_id) <= _SHORT_ID and order_id.isascii() and order_id.isdigit():
            number = int(order_id)
        elif type(order_id) is int and abs(order_id) < 10**_SHORT_ID:
            number = order_id
        else:
            return None
        patch = read_quickly(self.policy.patch_type, body, UPDATE_LIMITS)
        if patch is None:
            return None
        fields: dict[str, object] = {}
        if self.query_type is not None:
            slots = slots_of(self.query_type)
            if any(slot.annotation is not str or slot.optional for slot in slots.values()):
                return None  # The request may hold another value than the query.
            try:
                asked = read_query(self.query_type, query)
            except InvalidInput:
                return None
            fields = {name: getattr(asked, name) for name in slots}
        return self.request_type(order_id=number, patch=patch, **fields)

    def read_order(
        self,
        payload: Mapping[str, object] | Document,
        *,
        guest: bool = False,
        limits: Limits = ORDER_LIMITS,
        show_values: bool = False,
    ) -> OrderT:
        """Read an order from an answer of the API or a webhook; a bare order is accepted too.

        Attributes that the rules do not need are ignored if they cannot be read.

        Args:
            payload: the order, or the envelope or webhook around it: a mapping, or a JSON document as text or bytes.
            guest: whether the customer is a guest, on platforms whose payloads do not show that.
            limits: the limits of this read, such as the size of a document.
            show_values: whether messages show the invalid values, shortened. They may be personal data.

        Raises:
            InvalidInput: the payload is not an order, or a fact that a rule needs cannot be read.
            TypeError: ``guest`` is not a boolean, or the platform has no guests.
        """
        if type(guest) is not bool:
            raise TypeError(f"guest must be True or False, got {type(guest).__name__}")
        if guest and not self.tells_guests:
            raise TypeError(f"{self._name} has no guest customers: leave guest out")
        if limits is ORDER_LIMITS:
            try:
                order: OrderT = self._read_quickly(payload, guest)
            except Exception:  # noqa: BLE001, S110 - the payload is not ours, and may raise anything; read it carefully.
                pass
            else:
                return order
        attributes = self.payload.read(payload, self._order_name, limits, show_values=show_values)
        return self._build(**attributes, **({"guest": True} if guest else {}))

    @functools.cached_property
    def _read_quickly(self) -> ReadOrder:
        from orderrules.reading.order_reader import order_reader

        return order_reader(self.payload, self.policy.order_type, self._build)

    @functools.cached_property
    def _build(self) -> Callable[..., OrderT]:
        make = self.policy.order_type if self.build_order is None else self.build_order
        is_plain = not self.payload.implied and self.payload.guest is None
        return make if is_plain else _Completing(self.payload, make)

    @property
    def tells_guests(self) -> bool:
        """Whether ``read_order`` accepts ``guest=True``."""
        return self.payload.guest is not None

    def to_body(self, patch: PatchT) -> dict[str, object]:
        """Write a patch as a JSON-ready body; ``read_patch`` of that body returns an equal patch.

        Raises:
            TypeError: the argument is not a patch of this platform.
        """
        if type(patch) is not self.policy.patch_type:
            raise TypeError(f"expected a patch of {self._name}, got {type(patch).__name__}")
        return write_body(patch)

    def under(self, policy: Policy[OrderT, PatchT]) -> Endpoint[OrderT, PatchT]:
        """Return this endpoint with another policy of its platform, such as one with other assumptions.

        Raises:
            TypeError: the policy is of another platform.
        """
        if policy.order_type is not self.policy.order_type:
            raise TypeError(f"expected a policy of the platform {self.policy.name}, got one of {policy.name}")
        return attrs.evolve(self, policy=policy)

    def order_id(self, path: str) -> str | None:
        """Return the digits of the order's id if a path leads to an order, and None otherwise.

        Percent escapes in the path must be decoded already.
        """
        parts = self.place(path.removesuffix("/"))
        return parts[1] if parts is not None and not parts[2] else None

    def place(self, path: str) -> tuple[str, str, str] | None:
        """Split a path that leads to an order, or below one, at the order's id; return None for any other path.

        The three parts are the text before the endpoint's own path, the digits of the id, and the text after them.
        """
        before, prefix, rest = f"/{path}".rpartition(self._prefix)
        digits, slash, after = rest.partition("/")
        return (before, digits, slash + after) if prefix and digits.isascii() and digits.isdigit() else None
