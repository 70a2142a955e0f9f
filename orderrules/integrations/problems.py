"""Problem documents (RFC 9457): how a service says that it cannot read an update, or refuses one.

``problem`` makes one, for whatever framework serves it, and ``SCHEMA`` describes it. They name rules, keys and places,
and hold no value of the order or the update. It must never know a platform, nor what serves the document.

The module is longer than most because a document is described as well as made.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import attrs

from orderrules.engine.decision import UpdateRefused
from orderrules.engine.table import table_of
from orderrules.reading.problems import InvalidInput, Part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Decision, Violation
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.endpoint import Endpoint, ParsedRequest
    from orderrules.policy.policy import Policy
    from orderrules.reading.problems import Problem

__all__ = ["MEDIA_TYPE", "SCHEMA", "TYPES", "apply", "problem"]

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:problem-type:orderrules:"
"""What the types of problems begin with, where a service has none of its own."""
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "a request that cannot be read or is refused (RFC 9457)",
    "type": "object",
    "properties": {
        "type": {**_TEXT, "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": dict.fromkeys(
                    ("pointer", "path", "query", "code", "rule", "section", "reason", "detail", "hint"), _TEXT
                ),
                "required": ["detail"],
            },
        },
        "more": {"type": "integer"},
        "rules": _TEXTS,
        "assumptions": _TEXTS,
        "allowed": {"type": "object", "properties": dict.fromkeys(("sections", "keys", "statuses"), _TEXTS)},
    },
    "required": ["type", "title", "status", "detail", "errors"],
}
"""The JSON Schema of a problem document."""
MOST: Final = (1 << 63) - 1
"""The largest id that a database keeps: of a larger one there is no order."""
_UNPROCESSABLE: Final = "Unprocessable Content"
"""What RFC 9110 calls 422; Python follows it since 3.13."""


@attrs.frozen
class Instead:
    """What may be changed instead of what is refused: names, in the order of the page.

    Attributes:
        sections: the sections that are open now.
        keys: the body keys that may be sent as they are.
        statuses: the statuses that may follow; None where the page documents no transitions.
    """

    sections: tuple[str, ...]
    keys: tuple[str, ...]
    statuses: tuple[str, ...] | None

    @classmethod
    def of(cls, policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> Instead:
        """See what a policy allows instead of an update."""
        following = policy.next_statuses(order)
        return cls(
            sections=tuple(section.value for section, decision in policy.editable(order).items() if decision),
            keys=policy.split(order, patch).allowed.keys,
            statuses=None if following is None else tuple(_in_order(policy, following)),
        )


class NoSuchOrder(Exception):  # noqa: N818 - it says what happened.
    """An order's id is larger than any that is kept."""


class NotJson(Exception):  # noqa: N818 - it says what happened.
    """A body is not JSON, by its content type."""


def see_that_it_is_json(content_type: str) -> None:
    """See that a body is JSON, by its content type; one without any is taken for it.

    Raises:
        NotJson: it is something else.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise NotJson


def plain_problem(error: NotJson | NoSuchOrder, types: str = TYPES) -> dict[str, object]:
    """Make the document of what is wrong before anything is read: 415 or 404."""
    kind, status, detail = "no-such-order", HTTPStatus.NOT_FOUND, "there is no such order"
    if isinstance(error, NotJson):
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        kind, detail = "not-json", "the body of an update is JSON: application/json"
    return {**_head(kind, phrase_of(status), status, types), "detail": detail, "errors": [{"detail": detail}]}


class UpdateRefusedHere(UpdateRefused):
    """An update is refused where it arrived, and what may be changed instead is known.

    Attributes:
        instead: what may be changed instead.
    """

    def __init__(self, decision: Decision, instead: Instead) -> None:
        super().__init__(decision)
        self.instead = instead


def read_at(
    endpoint: Endpoint[OrderT, PatchT],
    parameters: Mapping[str, object],
    parameter: str | None,
    query: str,
    body: bytes,
) -> ParsedRequest[PatchT]:
    """Read a request of a route, and call the order's id in its problems what the route calls it.

    Raises:
        InvalidInput: with every problem at once.
        LookupError: the path of the route has no such parameter.
        NoSuchOrder: the order's id is too large for any database.
    """
    name = endpoint.parameter if parameter is None else parameter
    if name not in parameters:
        raise LookupError(f"the route has no {name} in its path; say what it calls the order's id: parameter = ...")
    try:
        asked = endpoint.read_request(str(parameters[name]), query, body)
    except InvalidInput as error:
        problems = (
            attrs.evolve(found, pointer=f"/{name}") if found.part is Part.PATH else found for found in error.problems
        )
        raise InvalidInput(problems, error.what, error.more, error.characters) from None
    if asked.order_id > MOST:
        raise NoSuchOrder
    return asked


def apply(policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> OrderT:
    """Return the order as it will be after the update.

    Raises:
        UpdateRefused: the update is refused; a problem document made of the error says what is allowed instead.
    """
    decision = policy.can_update(order, patch)
    if not decision:
        raise UpdateRefusedHere(decision, Instead.of(policy, order, patch))
    return policy.apply(order, patch)


def problem(
    endpoint: Endpoint[OrderT, PatchT], error: InvalidInput | UpdateRefused, types: str = TYPES
) -> dict[str, object]:
    """Make the document of an error.

    Args:
        endpoint: says which HTTP status it is.
        error: what was raised.
        types: what the URIs of the types of problems begin with: *unreadable* and *refused* are added;
            where it is empty, they are ``about:blank``.
    """
    if isinstance(error, InvalidInput):
        return {
            **_head("unreadable", "The request cannot be read", endpoint.unreadable_status, types),
            "detail": f"cannot {error.what}",
            "errors": [_unreadable_error(found) for found in error.problems],
            **({"more": error.more} if error.more else {}),
        }
    decision = error.decision
    told = {
        **_head("refused", "The update is refused", endpoint.refusal_status, types),
        "detail": "; ".join(decision.messages),
        "rules": [violation.rule.id for violation in decision.violations],
        "assumptions": [assumption.id for assumption in decision.assumptions],
        "errors": [_refused_error(violation, key) for violation in decision.violations for key in violation.keys],
    }
    if isinstance(error, UpdateRefusedHere):
        instead = attrs.asdict(error.instead, filter=lambda _, value: value is not None)
        told["allowed"] = {name: list(names) for name, names in instead.items()}
    return told


def _in_order(policy: Policy[OrderT, PatchT], statuses: Collection[StrEnum]) -> Iterator[str]:
    """Give the values of statuses in the order in which the page has them."""
    return (str(value) for _, asked in table_of(policy).followed[:1] for value in asked.values if value in statuses)


def _head(kind: str, title: str, status: int, types: str) -> dict[str, object]:
    if types:
        return {"type": types + kind, "title": title, "status": status}
    return {"type": "about:blank", "title": phrase_of(status), "status": status}


def phrase_of(status: int) -> str:
    """Give the phrase of an HTTP status."""
    return _UNPROCESSABLE if status == HTTPStatus.UNPROCESSABLE_ENTITY else HTTPStatus(status).phrase


def _unreadable_error(found: Problem) -> dict[str, object]:
    told: dict[str, object] = {"code": found.code.value, "detail": found.message}
    if found.part is Part.BODY:
        told["pointer"] = "#" + quote(found.pointer, safe="/~")
    else:
        told[found.part.value] = found.pointer.removeprefix("/")
    if found.hint:
        told["hint"] = found.hint
    return told


def _refused_error(violation: Violation, key: str) -> dict[str, object]:
    return {
        "pointer": f"#/{key}",
        "detail": violation.message,
        "rule": violation.rule.id,
        "section": violation.section.value,
        "reason": violation.rule.reason,
    }
