"""Validators of JSON schemas, and a check of all decisions and problems in an answer."""

from __future__ import annotations

import json
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from orderrules.analysis.answer_schemas import ADVICE, DECISION, NOTE, PROBLEM, PROBLEMS

__all__ = ["DECISION", "PROBLEMS", "check_answer", "check_printed", "validator"]


def validator(schema: Any) -> Any:
    """Return a validator of a schema, after checking the schema itself."""
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))


_FORMS: Final = (
    ({"rulebook", "violations"}, validator(DECISION)),
    ({"what", "problems"}, validator(PROBLEMS)),
    ({"pointer", "code", "message"}, validator(PROBLEM)),
    ({"note", "params", "message"}, validator(NOTE)),
    ({"advice", "keys"}, validator(ADVICE)),
)
"""The keys by which each form is recognized, and its validator."""


def check_answer(data: Any) -> int:
    """Check each decision, problem, note and piece of advice in an answer; return how many there are."""
    if isinstance(data, list):
        return sum(map(check_answer, data))
    if not isinstance(data, dict) or "properties" in data:  # A schema is not an answer.
        return 0
    found = 0
    for keys, form in _FORMS:
        if keys <= set(data):
            form.validate(data)
            found += 1
    return found + sum(map(check_answer, data.values()))


def check_printed(text: str) -> None:
    """Check what a command printed, if it is JSON."""
    if text.startswith(("{", "[")):
        check_answer(json.loads(text))
