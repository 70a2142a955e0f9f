"""Problem documents (RFC 9457): the answer of a service that cannot read an update or refuses it.

``problem`` builds a document for any framework, and ``SCHEMA`` describes it. A document names rules, keys,
pointers, and the facts that a rule reads, such as the status. It must never contain another value of the order or the
update.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import attrs

from orderrules.analysis.answer_schemas import PROBLEM_DOCUMENT as SCHEMA
from orderrules.engine.decision import UpdateRefused
from orderrules.engine.decision_table import table_of
from orderrules.grammar.condition_json import condition_to_json, value_to_json
from orderrules.languages.sentences import ENGLISH, SHIPPED, AnyLanguage, join_words, language_of, render, translate
from orderrules.reading.problems import InvalidInput, Part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Decision, Violation
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.languages.sentences import Language
    from orderrules.policy.endpoint import Endpoint, ParsedRequest
    from orderrules.policy.policy import Policy
    from orderrules.reading.problems import Problem

__all__ = [
    "MEDIA_TYPE",
    "SCHEMA",
    "TYPES",
    "NoSuchOrder",
    "NotJson",
    "apply",
    "language_headers",
    "plain_problem",
    "preferred_language",
    "problem",
    "read_at",
    "require_json",
]

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:problem-type:orderrules:"
"""The default prefix of the URIs of the problem types."""
MOST: Final = (1 << 63) - 1
"""The largest id that a database can store. For a larger id, the answer is 404."""
_LONGEST_HEADER: Final = 1000
"""How much of an ``Accept-Language`` header is read."""
_UNPROCESSABLE: Final = "Unprocessable Content"
"""The phrase of 422 in RFC 9110. Python has it since 3.13."""


@attrs.frozen
class Instead:
    """The changes that are allowed instead of a refused update: names, in the order of the page.

    Attributes:
        sections: the sections that are open now.
        keys: the body keys of the refused update that are allowed.
        statuses: the statuses that may follow; None if the page documents no transitions.
    """

    sections: tuple[str, ...]
    keys: tuple[str, ...]
    statuses: tuple[str, ...] | None

    @classmethod
    def of(cls, policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> Instead:
        """Return the changes that a policy allows instead of an update."""
        following = policy.next_statuses(order)
        return cls(
            sections=tuple(section.value for section, decision in policy.editable(order).items() if decision),
            keys=policy.split(order, patch).allowed.keys,
            statuses=None if following is None else tuple(_in_page_order(policy, following)),
        )


class NoSuchOrder(Exception):  # noqa: N818 - it says what happened.
    """There is no such order, or its id is too large for a database."""


class NotJson(Exception):  # noqa: N818 - it says what happened.
    """The content type of a request is not JSON."""


def require_json(content_type: str) -> None:
    """Check that a content type is JSON. An empty content type is accepted.

    Raises:
        NotJson: the content type is another one.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise NotJson


def preferred_language(accepted: str | None) -> str:
    """Return the code of the shipped language that an ``Accept-Language`` header prefers; English if it names none.

    A region is ignored: ``ar-SA`` asks for Arabic. None, for no header, asks for English.
    """
    best, quality = SHIPPED[0], 0.0
    for each in (accepted or "")[:_LONGEST_HEADER].split(","):
        tag, _, weight = each.partition(";")
        code = tag.strip().lower().partition("-")[0]
        try:
            asked = float(weight.strip().lower().removeprefix("q=") or 1)
        except ValueError:
            continue
        if code in SHIPPED and quality < asked <= 1:
            best, quality = code, asked
    return best


def language_headers(language: str) -> dict[str, str]:
    """Return the headers of an answer in a language that was chosen by ``preferred_language``."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def plain_problem(
    error: NotJson | NoSuchOrder, types: str = TYPES, language: AnyLanguage = ENGLISH
) -> dict[str, object]:
    """Return the document of a request whose update was not read: 415 or 404.

    Raises:
        ValueError: the language is not known.
    """
    chosen = language_of(language)
    kind, status, title, code = "no-such-order", HTTPStatus.NOT_FOUND, "not_found", "no_such_order"
    if isinstance(error, NotJson):
        kind, status, title, code = "not-json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported", "not_json"
    detail = render(chosen, "ANSWERS", code)
    return {
        **_common_members(kind, render(chosen, "ANSWERS", title), status, types),
        "detail": detail,
        "errors": [{"detail": detail}],
    }


class UpdateRefusedHere(UpdateRefused):
    """An update is refused, and the error knows which changes are allowed instead.

    Attributes:
        instead: the changes that are allowed instead.
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
    """Read a request of a route. Problems with the order's id use the name that the id has in the route.

    Args:
        endpoint: the platform's endpoint.
        parameters: the path parameters of the route.
        parameter: the name of the order's id among them; by default the name on the platform's page.
        query: the query string.
        body: the body.

    Raises:
        InvalidInput: the request cannot be read; the error lists every problem.
        LookupError: the path of the route has no such parameter.
        NoSuchOrder: the order's id is too large for a database.
    """
    name = endpoint.parameter if parameter is None else parameter
    if name not in parameters:
        raise LookupError(
            f"the route has no parameter {name} in its path; give the name of the order's id: parameter = ..."
        )
    try:
        request = endpoint.read_request(str(parameters[name]), query, body)
    except InvalidInput as error:
        problems = (
            attrs.evolve(each, pointer=f"/{name}") if each.part is Part.PATH else each for each in error.problems
        )
        raise InvalidInput(problems, error.what, error.more, error.characters) from None
    if request.order_id > MOST:
        raise NoSuchOrder
    return request


def apply(policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> OrderT:
    """Return the order as it will be after the update.

    Raises:
        UpdateRefused: the update is refused. The problem document of this error says what is allowed instead.
    """
    try:
        return policy.apply(order, patch)
    except UpdateRefused as error:
        raise UpdateRefusedHere(error.decision, Instead.of(policy, order, patch)) from None


def problem(
    endpoint: Endpoint[OrderT, PatchT],
    error: InvalidInput | UpdateRefused,
    types: str = TYPES,
    language: AnyLanguage = ENGLISH,
) -> dict[str, object]:
    """Return the problem document of an error.

    Args:
        endpoint: the platform's endpoint, which has the HTTP statuses.
        error: the error that was raised.
        types: the prefix of the URIs of the problem types; ``unreadable`` or ``refused`` is added to it. If it is
            empty, the types are ``about:blank``.
        language: the language of the sentences; ``preferred_language`` chooses one by a header.

    Raises:
        ValueError: the language is not known.
    """
    chosen = language_of(language)
    if isinstance(error, InvalidInput):
        title = render(chosen, "ANSWERS", "unreadable")
        return {
            **_common_members("unreadable", title, endpoint.unreadable_status, types),
            "detail": render(chosen, "ANSWERS", "cannot", what=error.what),
            "errors": [_unreadable_entry(each, chosen) for each in error.problems],
            **({"more": error.more} if error.more else {}),
        }
    decision = error.decision
    document = {
        **_common_members("refused", render(chosen, "ANSWERS", "refused"), endpoint.refusal_status, types),
        "detail": join_words(decision.messages_in(chosen), "clauses", chosen),
        "rules": [violation.rule.id for violation in decision.violations],
        "assumptions": [assumption.id for assumption in decision.assumptions],
        "errors": [
            _refused_entry(violation, key, chosen) for violation in decision.violations for key in violation.keys
        ],
    }
    if isinstance(error, UpdateRefusedHere):
        instead = attrs.asdict(error.instead, filter=lambda _, value: value is not None)
        document["allowed"] = {name: list(names) for name, names in instead.items()}
    return document


def _in_page_order(policy: Policy[OrderT, PatchT], statuses: Collection[StrEnum]) -> Iterator[str]:
    """Return the values of statuses in the order of the page."""
    return (
        str(value)
        for _, next_status in table_of(policy).followed[:1]
        for value in next_status.values
        if value in statuses
    )


def _common_members(kind: str, title: str, status: int, types: str) -> dict[str, object]:
    if types:
        return {"type": types + kind, "title": title, "status": status}
    return {"type": "about:blank", "title": phrase_of(status), "status": status}


def phrase_of(status: int) -> str:
    """Return the phrase of an HTTP status."""
    return _UNPROCESSABLE if status == HTTPStatus.UNPROCESSABLE_ENTITY else HTTPStatus(status).phrase


def _unreadable_entry(input_problem: Problem, language: Language) -> dict[str, object]:
    entry: dict[str, object] = {
        "code": input_problem.code.value,
        "params": dict(input_problem.params),
        "detail": input_problem.message_in(language),
    }
    if input_problem.part is Part.BODY:
        entry["pointer"] = "#" + quote(input_problem.pointer, safe="/~")
    else:
        entry[input_problem.part.value] = input_problem.pointer.removeprefix("/")
    if input_problem.remedy:
        entry["hint"] = input_problem.hint_in(language)
        entry["remedy"] = input_problem.remedy.code
    return entry


def _refused_entry(violation: Violation, key: str, language: Language) -> dict[str, object]:
    return {
        "pointer": f"#/{key}",
        "detail": violation.message_in(language),
        "rule": violation.rule.id,
        "section": violation.section.value,
        "facts": [{"fact": fact.name, "value": value_to_json(fact, value)} for fact, value in violation.facts],
        "condition": condition_to_json(violation.condition),
        "reason": translate(violation.rule.reason, language),
    }
