"""Test vectors: the decisions of a rulebook as JSON, for services and interpreters in any language.

They cover every cell of the decision table: for every point of an order, there is an update of each key alone, of each
value of a fact alone, of each value with all other keys, and a vector for each action. If an endpoint is given, they
also say how orders and bodies are read, and what an answer says in each language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules.analysis.answer_schemas import FLAG, TEXT, array, closed
from orderrules.analysis.readings import body_readings, order_readings, read_as
from orderrules.analysis.schema import DIALECT
from orderrules.engine.decision_table import table_of
from orderrules.engine.samples import orders_of, patch_at
from orderrules.grammar.condition_json import point_to_json, value_to_json
from orderrules.grammar.orders import free_keys
from orderrules.grammar.rulebook import assignments
from orderrules.languages.sentences import SHIPPED
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET

__all__ = ["SCHEMA", "suite"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from enum import StrEnum

    from orderrules.analysis.readings import ReadsRequests
    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Point
    from orderrules.grammar.orders import OrderBase, OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.reading.payloads import Guest

_TEXTS: Final = {**array(TEXT), "uniqueItems": True}
_FACTS: Final = {"type": "object", "additionalProperties": {"type": ["string", "boolean", "number", "null", "object"]}}
_VERDICT: Final[dict[str, Any]] = {
    "allowed": FLAG,
    "violated": {"description": "the ids of the rules that refuse", **_TEXTS},
    "waived": {"description": "the ids of the waivers that were needed to allow it", **_TEXTS},
    "rests_on": {
        "description": "the ids of the assumptions that change the verdict if an alternative is chosen",
        **_TEXTS,
    },
}
_PROBLEMS: Final[dict[str, Any]] = {
    "description": "the pointer and the code of each problem; empty if it can be read",
    **array({"type": "array", "prefixItems": [TEXT, TEXT], "minItems": 2, "maxItems": 2}),
}


def _entries_schema(**own: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    return array(
        closed(
            facts={
                "description": "the facts of the order, by name; those that it does not show are left out",
                **_FACTS,
            },
            order={"description": "the order as in the API's answers", "type": "object"},
            guest={"description": "whether the caller says that the customer is a guest", **FLAG},
            given={"description": "the parameters that are known, by keyword", **_FACTS},
            **own,
            **_VERDICT,
        )
    )


SCHEMA: Final[dict[str, object]] = {
    "$schema": DIALECT,
    "title": "orderrules vectors",
    **closed(
        version={"description": "the version of this format", "const": 2},
        platform=TEXT,
        edition={"description": "the edition of the platform's rulebook", **TEXT},
        digest={"description": "the digest of the rulebook's decisions", **TEXT, "pattern": "^[0-9a-f]{64}$"},
        sections={
            "description": "the body keys of each section",
            "type": "object",
            "additionalProperties": array(TEXT),
        },
        updates=_entries_schema(
            body={"description": "the body of the update", "type": "object"},
            closed={"description": "the sections that are refused", **_TEXTS},
        ),
        actions=_entries_schema(action=TEXT),
        orders=array(closed(order={"description": "a document"}, guest=FLAG, facts=_FACTS, problems=_PROBLEMS)),
        bodies=array(closed(body={"description": "a body, or a JSON text"}, keys=_TEXTS, problems=_PROBLEMS)),
        answers={
            "description": "whole answers, which together have every sentence of the updates and actions above",
            **array(
                closed(
                    order={"description": "a document that can be read"},
                    guest=FLAG,
                    given=_FACTS,
                    chosen={
                        "description": "the alternatives that are chosen, by the ids of assumptions",
                        "type": "object",
                        "additionalProperties": TEXT,
                    },
                    body_={"type": "object"},
                    action_=TEXT,
                    answers={
                        "description": "the answer in each language, with the digest of the rulebook without settings",
                        "type": "object",
                        "additionalProperties": {"type": "object"},
                    },
                )
            ),
        },
    ),
}
"""The JSON Schema of a suite."""


def suite(rulebook: Rulebook[OrderT, PatchT], endpoint: ReadsRequests | None = None) -> dict[str, object]:
    """Return the vectors of a rulebook as JSON-ready dicts, lists, strings, numbers and booleans.

    An unknown status appears as an example of one. ``guest`` says what no payload shows. Facts that the payload of an
    order cannot show are given in ``facts``.

    Args:
        rulebook: the rulebook.
        endpoint: reads orders and bodies; without one, there are no vectors about these.
    """
    orders = list(orders_of(rulebook.order_type))
    patches = [
        patch for point, keys in _updates(rulebook) if (patch := patch_at(rulebook.patch_type, point, keys)) is not None
    ]
    guest = None if endpoint is None else endpoint.payload.guest
    updates = [
        (order, patch, given, _order_vector(point, order, given, guest))
        for point, order in orders
        for patch in patches
        for given in _under_settings(rulebook, patch.sections)
    ]
    actions = [
        (order, action, given, _order_vector(point, order, given, guest))
        for point, order in orders
        for action in rulebook.actions or ()
        for given in _under_settings(rulebook, [action])
    ]
    return {
        "version": 2,
        "platform": rulebook.name,
        "edition": rulebook.edition,
        "digest": table_of(rulebook).digest(),
        "sections": {section.value: list(rulebook.keys_of(section)) for section in rulebook.sections},
        "updates": [
            {
                **vector,
                "body": write_body(patch),
                "closed": list(dict.fromkeys(violation.section.value for violation in decision.violations)),
                **_verdict_vector(decision),
            }
            for order, patch, given, vector in updates
            for decision in [table_of(given).decide(order, patch)]
        ],
        "actions": [
            {**vector, "action": action.value, **_verdict_vector(table_of(given).decide_action(order, action))}
            for order, action, given, vector in actions
        ],
        "orders": [] if endpoint is None else list(order_readings(rulebook, endpoint)),
        "bodies": [] if endpoint is None else list(body_readings(rulebook, endpoint)),
        "answers": [] if endpoint is None else list(_answers(rulebook, [*updates, *actions], endpoint)),
    }


def _answers(
    rulebook: Rulebook[OrderT, PatchT], asked: Iterable[tuple[Any, Any, Any, Any]], endpoint: ReadsRequests
) -> Iterator[dict[str, object]]:
    """Iterate over answers that have a sentence which no answer before them has."""
    said: set[str] = set()
    digest = table_of(rulebook).digest()
    for order, question, given, vector, chosen in _questions(rulebook, list(asked), endpoint):
        is_update = isinstance(question, rulebook.patch_type)
        decision = (
            table_of(given).decide(order, question) if is_update else table_of(given).decide_action(order, question)
        )
        sentences = set(_sentences(decision.to_dict(order, question)))
        if sentences <= said:
            continue
        said |= sentences
        answers: dict[str, Any] = {
            language: decision.to_dict(order, question, language=language) for language in SHIPPED
        }
        for each in answers.values():
            # Which rulebook the answers to assumptions make of it is nothing that another language can compute.
            del each["rulebook"]["digest"]
            each["rulebook"].update({"assumptions": chosen} if chosen else {"digest": digest})
        own = {"body": write_body(question)} if is_update else {"action": str(question)}
        shown = {name: vector[name] for name in ("order", "guest", "given")}
        yield {**shown, "chosen": chosen, **own, "answers": answers}


def _questions(
    rulebook: Rulebook[OrderT, PatchT], asked: list[tuple[Any, Any, Any, Any]], endpoint: ReadsRequests
) -> Iterator[tuple[Any, Any, Any, Any, dict[str, str]]]:
    """Iterate over orders of payloads: with an update or an action, a rulebook, the vector, and what is chosen."""
    shown = [
        (order, question, given, vector)
        for order, question, given, vector in asked
        if _has_facts_of(rulebook, read_as(endpoint, vector["order"], guest=vector["guest"]), order)
    ]
    yield from ((*each, {}) for each in shown)
    for reading in order_readings(rulebook, endpoint):
        if not reading["problems"]:
            order = read_as(endpoint, reading["order"], guest=reading["guest"])
            yield order, rulebook.patch_type(), rulebook, {**reading, "given": {}}, {}
    for assumption in rulebook.assumptions:
        for alternative in assumption.alternatives:
            if alternative.rules:
                chosen = {assumption.id: alternative.name}
                other = rulebook.assuming(**chosen)
                yield from (
                    (order, question, other, vector, chosen)
                    for order, question, given, vector in shown
                    if given is rulebook
                )


def _has_facts_of(rulebook: Rulebook[Any, Any], one: object, other: object) -> bool:
    return all(fact.of(one) == fact.of(other) for fact in rulebook.order_type.__space__.facts)


def _sentences(answer: Any) -> Iterator[str]:  # noqa: ANN401 - a part of an answer.
    if isinstance(answer, dict):
        for name, value in answer.items():  # pyright: ignore[reportUnknownVariableType]
            if name in {"actual", "expected", "message", "reason", "when", "question", "answer"}:
                yield str(value)  # pyright: ignore[reportUnknownArgumentType]
            yield from _sentences(value)
    elif isinstance(answer, list):
        for each in answer:  # pyright: ignore[reportUnknownVariableType]
            yield from _sentences(each)


def _updates(rulebook: Rulebook[OrderT, PatchT]) -> Iterator[tuple[Point, tuple[str, ...]]]:
    """Iterate over the updates: each key alone, and the values of each point, alone and with all other keys."""
    space = rulebook.patch_type.__space__
    others = free_keys(rulebook.patch_type)
    for point in space.points():
        is_empty = all(value is UNSET for value in point.values())
        for keys in [(), *([(key,) for key in others] if is_empty else []), *([others] if others else [])]:
            yield point, keys


def _under_settings(
    rulebook: Rulebook[OrderT, PatchT], sections: Iterable[StrEnum]
) -> Iterator[Rulebook[OrderT, PatchT]]:
    """Iterate over a rulebook as it is, and with all values of the parameters that some sections depend on."""
    yield rulebook
    parameters = rulebook.parameters_of(*sections)
    if parameters:
        yield from map(rulebook.settled, assignments(parameters))


def _order_vector(
    point: Point, order: OrderBase[Any], given: Rulebook[Any, Any], guest: Guest | None
) -> dict[str, object]:
    shown = {fact: value for fact, value in point.items() if value is not UNSET}
    return {
        "facts": point_to_json(shown),
        "order": order.__payload__(),
        "guest": guest is not None and getattr(order, guest.attribute) == guest.value,
        "given": {each.attribute: value_to_json(each, value) for each, value in given.settings},
    }


def _verdict_vector(decision: Decision) -> dict[str, object]:
    return {
        "allowed": decision.allowed,
        "violated": [violation.rule.id for violation in decision.violations],
        "waived": [waiver.id for waiver in decision.waivers],
        "rests_on": [assumption.id for assumption in decision.assumptions],
    }
