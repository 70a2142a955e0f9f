"""May I make this update to this order, now? If not: which documented rule says so?

>>> from orderrules import can_update, salla
>>> order = salla.read_order({"status": {"slug": "completed"}})
>>> decision = can_update(order, salla.read_patch({"coupon_code": "EID24"}))
>>> decision.allowed
False
>>> decision.violations[0].rule.id
'SALLA-COUPON-1'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderrules._doors import doors

if TYPE_CHECKING:
    from orderrules._advice import Advice, Advisory, Again, Before, Hollow, LeftOut, Nothing, Unlisted, Without
    from orderrules._conditions import ALWAYS, NEVER, UNKNOWN, AllOf, AnyOf, Condition, Fact, Follows, Is
    from orderrules._decision import Decision, Violation
    from orderrules._endpoint import Asked, Endpoint
    from orderrules._limits import ORDER_LIMITS, UPDATE_LIMITS, Hints, Limits, Shape
    from orderrules._models import UNSET, Checked, Unset, hidden
    from orderrules._navigation import Plan, Split
    from orderrules._order import OrderBase, Space
    from orderrules._patch import PatchBase, in_section, read_body, write_body
    from orderrules._payload import Empty, Payload, Place
    from orderrules._rules import Alternative, Outcome, Policy, Reading, Rule, Waiver, offer
    from orderrules._table import can_update
    from orderrules.errors import Code, InvalidInput, Part, Problem, UpdateRefused
    from orderrules.platforms import awal, salla

__version__ = "0.1.0"

__all__ = [
    "ALWAYS",
    "NEVER",
    "ORDER_LIMITS",
    "UNKNOWN",
    "UNSET",
    "UPDATE_LIMITS",
    "Advice",
    "Advisory",
    "Again",
    "AllOf",
    "Alternative",
    "AnyOf",
    "Asked",
    "Before",
    "Checked",
    "Code",
    "Condition",
    "Decision",
    "Empty",
    "Endpoint",
    "Fact",
    "Follows",
    "Hints",
    "Hollow",
    "InvalidInput",
    "Is",
    "LeftOut",
    "Limits",
    "Nothing",
    "OrderBase",
    "Outcome",
    "Part",
    "PatchBase",
    "Payload",
    "Place",
    "Plan",
    "Policy",
    "Problem",
    "Reading",
    "Rule",
    "Shape",
    "Space",
    "Split",
    "Unlisted",
    "Unset",
    "UpdateRefused",
    "Violation",
    "Waiver",
    "Without",
    "__version__",
    "awal",
    "can_update",
    "hidden",
    "in_section",
    "offer",
    "read_body",
    "salla",
    "write_body",
]

_ROOMS: Final = {
    "_advice": ("Advice", "Advisory", "Again", "Before", "Hollow", "LeftOut", "Nothing", "Unlisted", "Without"),
    "_conditions": ("ALWAYS", "NEVER", "UNKNOWN", "AllOf", "AnyOf", "Condition", "Fact", "Follows", "Is"),
    "_decision": ("Decision", "Violation"),
    "_endpoint": ("Asked", "Endpoint"),
    "_limits": ("ORDER_LIMITS", "UPDATE_LIMITS", "Hints", "Limits", "Shape"),
    "_models": ("UNSET", "Checked", "Unset", "hidden"),
    "_navigation": ("Plan", "Split"),
    "_order": ("OrderBase", "Space"),
    "_patch": ("PatchBase", "in_section", "read_body", "write_body"),
    "_payload": ("Empty", "Payload", "Place"),
    "_rules": ("Alternative", "Outcome", "Policy", "Reading", "Rule", "Waiver", "offer"),
    "_table": ("can_update",),
    "errors": ("Code", "InvalidInput", "Part", "Problem", "UpdateRefused"),
    "platforms.awal": ("awal",),
    "platforms.salla": ("salla",),
}

if not TYPE_CHECKING:  # So that a name that is not there stays an error to type checkers.
    __getattr__ = doors(__name__, _ROOMS)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
