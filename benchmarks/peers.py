"""The same question put to other tools, each used as its own documentation says.

A peer gets what it needs ready made: facts as a dict of plain values, and its rules parsed. What it caches between
questions stays cached. Only the question is timed. Policy engines are asked about Salla's rules, and state machines
about Awal's chain. ``verify`` compares each peer with the shipped policy on every question.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import attrs
import casbin
import cedarpy
import cel
import jsonschema_rs
import pydantic
import pydantic_core
import regopy
import rule_engine
import statemachine
import transitions
import zen

from orderrules import awal, salla

Facts = dict[str, Any]

SAMPLES: dict[str, tuple[str, Any]] = {
    "customer": ("customer", salla.Customer(name="x")),
    "receiver": ("receiver", salla.Receiver(name="x")),
    "shipping": ("courier_id", 1),
    "payment": ("payment", salla.Payment(status="paid")),
    "coupon": ("coupon_code", "x"),
    "employees": ("employees", (1,)),
}
SETTLED = ("receiver", "shipping", "coupon")


@attrs.frozen
class Peer:
    """One tool, and how it is asked.

    Attributes:
        name: the name of its distribution.
        prepare: converts facts to the tool's input; not timed.
        allows: returns a bare bool.
        closed: returns the closed sections, if the tool can name them.
    """

    name: str
    prepare: Callable[[Facts], Any]
    allows: Callable[[Any], bool]
    closed: Callable[[Any], Any] | None


def same(facts: Facts) -> Facts:
    """Return the facts unchanged."""
    return facts


def by_cel() -> Peer:
    """Ask a compiled expression of the Common Expression Language."""
    closed = (
        "draft ? [] : sections.filter(s, (s == 'customer' && customer == 'registered')"
        " || (s == 'payment' && status != 'payment_pending')"
        " || (s in ['receiver', 'shipping', 'coupon'] && status == 'completed'))"
    )
    allows = (
        "draft || (!('customer' in sections && customer == 'registered')"
        " && !('payment' in sections && status != 'payment_pending')"
        " && !(status == 'completed' && sections.exists(s, s in ['receiver', 'shipping', 'coupon'])))"
    )
    return Peer("common-expression-language", same, cel.compile(allows).execute, cel.compile(closed).execute)


def by_rule_engine() -> Peer:
    """Ask one rule for all sections, and one rule for each section."""
    closing = {
        "customer": '"customer" in sections and customer == "registered"',
        "payment": '"payment" in sections and status != "payment_pending"',
        **{section: f'"{section}" in sections and status == "completed"' for section in SETTLED},
    }
    rules = {section: rule_engine.Rule(f"not draft and {text}") for section, text in closing.items()}
    every = rule_engine.Rule("draft or not (" + " or ".join(f"({text})" for text in closing.values()) + ")")
    return Peer(
        "rule-engine",
        same,
        every.matches,
        lambda facts: [section for section, rule in rules.items() if rule.matches(facts)],
    )


def by_casbin() -> Peer:
    """Ask an enforcer with a policy for each section, one section at a time."""
    model = casbin.Model()
    model.load_model_from_text(
        """
        [request_definition]
        r = order, section
        [policy_definition]
        p = section, rule, eft
        [policy_effect]
        e = !some(where (p.eft == deny))
        [matchers]
        m = r.section == p.section && eval(p.rule)
        """
    )
    enforcer = casbin.Enforcer(model)
    enforcer.add_policy("customer", "r.order.draft == False && r.order.customer == 'registered'", "deny")
    enforcer.add_policy("payment", "r.order.draft == False && r.order.status != 'payment_pending'", "deny")
    for section in SETTLED:
        enforcer.add_policy(section, "r.order.draft == False && r.order.status == 'completed'", "deny")

    @attrs.define
    class OrderFacts:
        status: str
        draft: bool
        customer: str

    def prepare(facts: Facts) -> tuple[OrderFacts, list[str]]:
        return OrderFacts(facts["status"], facts["draft"], facts["customer"]), facts["sections"]

    def closed(question: tuple[OrderFacts, list[str]]) -> list[str]:
        return [section for section in question[1] if not enforcer.enforce(question[0], section)]

    return Peer(
        "pycasbin",
        prepare,
        lambda question: all(enforcer.enforce(question[0], section) for section in question[1]),
        closed,
    )


def by_rego() -> Peer:
    """Ask a Rego module."""
    interpreter = regopy.Interpreter()
    interpreter.add_module(
        "orders",
        """
        package orders
        import rego.v1
        closed contains "customer" if { not input.draft; "customer" in input.sections; input.customer == "registered" }
        closed contains "payment" if { not input.draft; "payment" in input.sections; input.status != "payment_pending" }
        closed contains section if {
            not input.draft
            input.status == "completed"
            some section in input.sections
            section in {"receiver", "shipping", "coupon"}
        }
        """,
    )
    bundle = interpreter.build("data.orders.closed")

    def closed(facts: Facts) -> Any:
        interpreter.set_input(facts)
        return interpreter.query_bundle(bundle).results[0].expressions[0]

    return Peer("regopy", same, lambda facts: not closed(facts), closed)


def by_zen() -> Peer:
    """Ask a decision of one expression node."""
    closed = (
        "draft ? [] : filter(sections, (# == 'customer' and customer == 'registered')"
        " or (# == 'payment' and status != 'payment_pending')"
        " or (# in ['receiver', 'shipping', 'coupon'] and status == 'completed'))"
    )
    content = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {
                "id": "rules",
                "name": "rules",
                "type": "expressionNode",
                "content": {
                    "expressions": [
                        {"id": "a", "key": "closed", "value": closed},
                        {"id": "b", "key": "allowed", "value": "len($.closed) == 0"},
                    ]
                },
            },
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "rules", "type": "edge"},
            {"id": "2", "sourceId": "rules", "targetId": "out", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(content))
    return Peer(
        "zen-engine",
        same,
        lambda facts: decision.evaluate(facts)["result"]["allowed"],
        lambda facts: decision.evaluate(facts)["result"]["closed"],
    )


def by_cedar() -> Peer:
    """Ask about an action for each section, all in one batch."""
    policies = cedarpy.PolicySet.from_str(
        """
        permit (principal, action, resource);
        @id("customer") forbid (principal, action == Action::"customer", resource)
            when { !context.draft && context.customer == "registered" };
        @id("payment") forbid (principal, action == Action::"payment", resource)
            when { !context.draft && context.status != "payment_pending" };
        @id("settled") forbid (
            principal, action in [Action::"receiver", Action::"shipping", Action::"coupon"], resource
        ) when { !context.draft && context.status == "completed" };
        """
    )
    entities = cedarpy.Entities.from_json_str("[]")

    def prepare(facts: Facts) -> list[dict[str, Any]]:
        context = {key: facts[key] for key in ("status", "draft", "customer")}
        return [
            {
                "principal": {"type": "App", "id": "a"},
                "action": {"type": "Action", "id": section},
                "resource": {"type": "Order", "id": "1"},
                "context": context,
            }
            for section in facts["sections"]
        ]

    def allows(requests: list[dict[str, Any]]) -> bool:
        return all(result.allowed for result in cedarpy.is_authorized_batch(requests, policies, entities))

    def closed(requests: list[dict[str, Any]]) -> list[str]:
        results = cedarpy.is_authorized_batch(requests, policies, entities)
        return [
            request["action"]["id"] for request, result in zip(requests, results, strict=True) if not result.allowed
        ]

    return Peer("cedarpy", prepare, allows, closed)


def by_json_schema() -> Peer:
    """Ask a schema that forbids a section under a condition."""

    def forbid(section: str, **order: Any) -> dict[str, Any]:
        return {
            "if": {"properties": {"draft": {"const": False}, **order}},
            "then": {"properties": {"sections": {"not": {"contains": {"const": section}}}}},
        }

    completed = {"status": {"const": "completed"}}
    closing = {
        "customer": forbid("customer", customer={"const": "registered"}),
        "payment": forbid("payment", status={"not": {"const": "payment_pending"}}),
        **{section: forbid(section, **completed) for section in SETTLED},
    }
    validator = jsonschema_rs.Draft202012Validator({"allOf": list(closing.values())})
    names = list(closing)

    def closed(facts: Facts) -> list[str]:
        return [names[error.schema_path[1]] for error in validator.iter_errors(facts)]

    return Peer("jsonschema-rs", same, validator.is_valid, closed)


def by_pydantic() -> Peer:
    """Ask a model with a validator for the whole model."""

    class Question(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True, extra="forbid", frozen=True)
        status: str
        draft: bool
        customer: str
        sections: list[str]

        @pydantic.model_validator(mode="after")
        def check(self) -> Question:
            if self.draft:
                return self
            closed = [
                section
                for section in self.sections
                if (section == "customer" and self.customer == "registered")
                or (section == "payment" and self.status != "payment_pending")
                or (section in SETTLED and self.status == "completed")
            ]
            if closed:
                raise pydantic_core.PydanticCustomError("closed", "some sections are closed", {"sections": closed})
            return self

    def allows(facts: Facts) -> bool:
        try:
            Question.model_validate(facts)
        except pydantic.ValidationError:
            return False
        return True

    def closed(facts: Facts) -> list[str]:
        try:
            Question.model_validate(facts)
        except pydantic.ValidationError as error:
            sections: list[str] = error.errors()[0]["ctx"]["sections"]
            return sections
        return []

    return Peer("pydantic", same, allows, closed)


def by_transitions() -> Peer:
    """Ask a machine whether it may move to the requested status."""
    order = transitions.Machine(
        states=[status.value for status in awal.Status],
        transitions=[
            {"trigger": "move_to_" + after.value, "source": before.value, "dest": after.value}
            for before, after in itertools.pairwise(awal.Status)
        ],
        initial="pending",
        auto_transitions=False,
    )

    def allows(question: tuple[str, str]) -> bool:
        order.state = question[0]
        answer: bool = order.may_trigger("move_to_" + question[1])
        return answer

    return Peer("transitions", lambda facts: (facts["status"], facts["asked"]), allows, None)


def by_statemachine() -> Peer:
    """Ask a machine for the events that it allows."""

    class Chain(statemachine.StateMachine):
        pending = statemachine.State(initial=True)
        accepted = statemachine.State()
        shipped = statemachine.State()
        delivered = statemachine.State()
        completed = statemachine.State(final=True)
        accept = pending.to(accepted)
        ship = accepted.to(shipped)
        deliver = shipped.to(delivered)
        complete = delivered.to(completed)

    chain = Chain()
    event = {"accepted": "accept", "shipped": "ship", "delivered": "deliver", "completed": "complete"}

    def allows(question: tuple[str, str]) -> bool:
        chain.current_state_value = question[0]
        return any(allowed.id == question[1] for allowed in chain.allowed_events)

    return Peer("python-statemachine", lambda facts: (facts["status"], event.get(facts["asked"], "")), allows, None)


POLICY_PEERS = (
    by_json_schema,
    by_pydantic,
    by_cedar,
    by_zen,
    by_casbin,
    by_rego,
    by_rule_engine,
    by_cel,
)
MACHINE_PEERS = (by_transitions, by_statemachine)


def salla_questions() -> list[tuple[Facts, salla.Order, salla.Patch]]:
    """Return every question about a status, a draft, a customer and some sections."""
    questions: list[tuple[Facts, salla.Order, salla.Patch]] = []
    selections = [selection for size in range(len(SAMPLES) + 1) for selection in itertools.combinations(SAMPLES, size)]
    statuses = (*salla.Status, "seen_by_none")
    for status, draft, customer in itertools.product(statuses, (False, True), salla.CustomerKind):
        order = salla.Order(status=status, draft=draft, customer=customer)
        for sections in selections:
            facts = {"status": str(status), "draft": draft, "customer": customer.value, "sections": list(sections)}
            keys: dict[str, Any] = dict(SAMPLES[section] for section in sections)
            questions.append((facts, order, salla.Patch(**keys)))
    return questions


def awal_questions() -> list[tuple[Facts, awal.Order, awal.Patch]]:
    """Return every step from one status to another; machines have no step to the same status (assumption A2)."""
    return [
        ({"status": before.value, "asked": after.value}, awal.Order(status=before), awal.Patch(status=after))
        for before, after in itertools.product(awal.Status, repeat=2)
        if before is not after
    ]


def verify(peer: Peer, questions: list[tuple[Facts, Any, Any]], policy: Any) -> None:
    """Check that a peer answers all questions like the policy."""
    for facts, order, patch in questions:
        decision, question = policy.can_update(order, patch), peer.prepare(facts)
        closed = {violation.section.value for violation in decision.violations}
        answer = closed if peer.closed is None else set(peer.closed(question))
        if peer.allows(question) is not decision.allowed or answer != closed:
            raise ValueError(f"{peer.name} does not answer like the policy: {facts}")
