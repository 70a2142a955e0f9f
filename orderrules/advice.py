"""What a rule of advice may look for: the kinds of ``AdviceRule.when``."""

from orderrules.grammar.advice import (
    DatesReversed,
    EmptyUpdate,
    EmptyValue,
    MissingKey,
    OmittedDefault,
    UnchangedValue,
    UnknownValue,
)

__all__ = [
    "DatesReversed",
    "EmptyUpdate",
    "EmptyValue",
    "MissingKey",
    "OmittedDefault",
    "UnchangedValue",
    "UnknownValue",
]
