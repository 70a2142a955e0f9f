"""What the author of a platform needs, beside the names of everyday use. The shipped platforms import the same."""

from orderrules.grammar.advice import Advisory
from orderrules.grammar.conditions import ALWAYS, NEVER, UNKNOWN, AllOf, AnyOf, Condition, Fact, Follows, Is
from orderrules.grammar.orders import OrderBase, PatchBase, Space, in_section
from orderrules.grammar.rulebook import Outcome, Rulebook
from orderrules.grammar.rules import Alternative, Reading, Rule, Waiver, offer
from orderrules.policy.endpoint import Asked, Choice, Endpoint
from orderrules.policy.policy import Policy
from orderrules.reading.bodies import read_body, write_body
from orderrules.reading.fields import UNSET, Unset
from orderrules.reading.limits import ORDER_LIMITS, UPDATE_LIMITS, Hints, Limits, Shape
from orderrules.reading.models import Checked, hidden
from orderrules.reading.payloads import Empty, Payload, Place

__all__ = [
    "ALWAYS",
    "NEVER",
    "ORDER_LIMITS",
    "UNKNOWN",
    "UNSET",
    "UPDATE_LIMITS",
    "Advisory",
    "AllOf",
    "Alternative",
    "AnyOf",
    "Asked",
    "Checked",
    "Choice",
    "Condition",
    "Empty",
    "Endpoint",
    "Fact",
    "Follows",
    "Hints",
    "Is",
    "Limits",
    "OrderBase",
    "Outcome",
    "PatchBase",
    "Payload",
    "Place",
    "Policy",
    "Reading",
    "Rule",
    "Rulebook",
    "Shape",
    "Space",
    "Unset",
    "Waiver",
    "hidden",
    "in_section",
    "offer",
    "read_body",
    "write_body",
]
