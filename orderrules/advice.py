"""The conditions of advice: the classes that ``AdviceRule.when`` accepts."""

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
