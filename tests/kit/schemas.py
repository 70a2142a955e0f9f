"""Validators of JSON schemas."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker


def validator(schema: Any) -> Any:
    """Return a validator of a schema, after checking the schema itself."""
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))
