"""The names that the author of a platform needs. The shipped platforms import them from here too."""

from orderrules.grammar.advice import AdviceRule
from orderrules.grammar.condition_json import condition_to_json, read_condition, read_facts
from orderrules.grammar.conditions import (
    ALWAYS,
    NEVER,
    UNKNOWN,
    AllOf,
    AnyOf,
    Condition,
    Fact,
    Is,
    Parameter,
    TransitionTable,
)
from orderrules.grammar.orders import OrderBase, PatchBase, Space
from orderrules.grammar.rulebook import Effect, Rulebook
from orderrules.grammar.rules import Alternative, Assumption, Rule, Waiver, offer
from orderrules.policy.endpoint import Choice, Endpoint, ParsedRequest
from orderrules.policy.policy import Policy, register
from orderrules.reading.bodies import read_body, write_body
from orderrules.reading.fields import UNSET, Unset
from orderrules.reading.hints import Hint, Hints, Shape, send_in, suggest, use_endpoint
from orderrules.reading.limits import ORDER_LIMITS, UPDATE_LIMITS, Limits
from orderrules.reading.models import Model, field, model
from orderrules.reading.payloads import Empty, Guest, Implied, Payload, Place

__all__ = [
    "ALWAYS",
    "NEVER",
    "ORDER_LIMITS",
    "UNKNOWN",
    "UNSET",
    "UPDATE_LIMITS",
    "AdviceRule",
    "AllOf",
    "Alternative",
    "AnyOf",
    "Assumption",
    "Choice",
    "Condition",
    "Effect",
    "Empty",
    "Endpoint",
    "Fact",
    "Guest",
    "Hint",
    "Hints",
    "Implied",
    "Is",
    "Limits",
    "Model",
    "OrderBase",
    "Parameter",
    "ParsedRequest",
    "PatchBase",
    "Payload",
    "Place",
    "Policy",
    "Rule",
    "Rulebook",
    "Shape",
    "Space",
    "TransitionTable",
    "Unset",
    "Waiver",
    "condition_to_json",
    "field",
    "model",
    "offer",
    "read_body",
    "read_condition",
    "read_facts",
    "register",
    "send_in",
    "suggest",
    "use_endpoint",
    "write_body",
]
