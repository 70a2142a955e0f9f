"""Check whether an update of an order is allowed, and name the documented rule that refuses it.

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

from orderrules.lazy import importer

if TYPE_CHECKING:
    from orderrules.engine.decision import Decision, Note, UpdateRefused, Violation
    from orderrules.engine.navigation import Plan, Split
    from orderrules.grammar.advice import Advice
    from orderrules.grammar.conditions import UNKNOWN, Condition, Fact, Parameter
    from orderrules.grammar.rules import Assumption, Rule, Waiver
    from orderrules.platforms import awal, salla
    from orderrules.policy.policy import Policy, can_update
    from orderrules.reading.fields import UNSET, Unset
    from orderrules.reading.limits import Limits
    from orderrules.reading.problems import Code, InvalidInput, Problem

__version__ = "0.1.0"
__all__ = [
    "UNKNOWN",
    "UNSET",
    "Advice",
    "Assumption",
    "Code",
    "Condition",
    "Decision",
    "Fact",
    "InvalidInput",
    "Limits",
    "Note",
    "Parameter",
    "Plan",
    "Policy",
    "Problem",
    "Rule",
    "Split",
    "Unset",
    "UpdateRefused",
    "Violation",
    "Waiver",
    "__version__",
    "awal",
    "can_update",
    "salla",
]

_MODULES: Final = {
    "engine.decision": (
        "Decision",
        "Note",
        "UpdateRefused",
        "Violation",
    ),
    "engine.navigation": (
        "Plan",
        "Split",
    ),
    "grammar.advice": ("Advice",),
    "grammar.conditions": (
        "UNKNOWN",
        "Condition",
        "Fact",
        "Parameter",
    ),
    "grammar.rules": (
        "Assumption",
        "Rule",
        "Waiver",
    ),
    "policy.policy": (
        "Policy",
        "can_update",
    ),
    "reading.fields": (
        "UNSET",
        "Unset",
    ),
    "reading.limits": ("Limits",),
    "reading.problems": (
        "Code",
        "InvalidInput",
        "Problem",
    ),
    "platforms.awal": ("awal",),
    "platforms.salla": ("salla",),
}

if not TYPE_CHECKING:  # Hidden from type checkers, so that they still report names that do not exist.
    __getattr__ = importer(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
