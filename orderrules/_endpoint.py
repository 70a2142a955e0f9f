"""An endpoint: where a platform's orders are updated over HTTP, and how its answers are laid out.

It is data for whoever carries requests; nothing here sends or serves one. It must never know a platform.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import attrs

from orderrules._limits import NO_HINTS, UPDATE_LIMITS, Hints, Limits
from orderrules._patch import read_body
from orderrules._rules import OrderT, PatchT, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules._conditions import Fact
    from orderrules._decision import Decision
    from orderrules._json import Document
    from orderrules._payload import Payload
    from orderrules.errors import InvalidInput

PatchT_co = TypeVar("PatchT_co", covariant=True)

UPDATE: Final = "PUT"
"""The method with which an order is updated."""


class Asked(Protocol[PatchT_co]):
    """What was read of a request: every platform's ``UpdateRequest`` is one."""

    @property
    def order_id(self) -> int:
        """The order's id, from the path."""
        ...

    @property
    def patch(self) -> PatchT_co:
        """What the body asks to change."""
        ...


@attrs.frozen(kw_only=True, repr=False)
class Endpoint(Generic[OrderT, PatchT]):
    """Where a platform's orders are updated over HTTP, and how its answers are laid out.

    ``ENDPOINT.under(policy)`` is the same by other rules.

    Attributes:
        policy: the rules that hold there.
        path: the end of the path, with the name of the order's id: ``/orders/{order_id}``.
        query: the names of what its query must hold.
        read_request: reads a request, of the id in its path, its query as text, and its body; raises ``InvalidInput``.
        read_order: reads the order from what a GET of the same path is answered; raises ``InvalidInput``.
        hints: what people send in a body that belongs elsewhere or is called otherwise.
        payload: where an order and its facts stand in that, and in webhooks; what ``read_order`` is made from.
        refusal: lays out the answer to an update that is refused by rule.
        refusal_status: the HTTP status of that answer.
        unreadable: lays out the answer to a request that cannot be read.
        unreadable_status: the HTTP status of that answer.
        code_of: gives the code of an answer, from its status and body, where it refuses by rule or as a whole;
            ``""`` where it has none that a machine can read, and None where it is no such answer.
        untold: the facts that no answer tells for certain.
        account: the headers that say on whose behalf a request is sent, in small letters.
    """

    policy: Policy[OrderT, PatchT]
    path: str
    query: tuple[str, ...] = ()
    read_request: Callable[[str, str, str | bytes], Asked[PatchT]]
    read_order: Callable[..., OrderT]
    hints: Hints = NO_HINTS
    payload: Payload | None = None
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

    def read_patch(self, body: Mapping[str, object] | Document, *, limits: Limits = UPDATE_LIMITS) -> PatchT:
        """Read the body of an update, strictly.

        Raises:
            InvalidInput: with every problem at once, each with a JSON pointer into the body.
        """
        what = f"{self.policy.name.capitalize()} update"
        return read_body(self.policy.patch_type, body, what=what, hints=self.hints, limits=limits)

    @property
    def tells_guests(self) -> bool:
        """Whether ``read_order`` takes ``guest``, by which a caller says what no payload tells."""
        return "guest" in inspect.signature(self.read_order).parameters

    def under(self, policy: Policy[OrderT, PatchT]) -> Endpoint[OrderT, PatchT]:
        """Return this endpoint under another policy of its platform, such as one of other readings.

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
