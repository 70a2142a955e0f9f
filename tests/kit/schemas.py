"""Validators of JSON Schemas."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker


def validator(schema: Any) -> Any:
    """Make a validator, of a schema that is one; it takes anything."""
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))
