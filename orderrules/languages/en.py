"""English: the fragments of which all answers are made, as data.

A fragment has the names of its parameters in braces. ``sentences.fill`` puts the values in. A parameter with a noun
after a colon, such as ``{count:problem}``, is a number of things.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE: Final = "en"
"""The code of the language (BCP 47)."""
NAME: Final = "English"
"""The name of the language in the language itself."""
DIRECTION: Final[Literal["ltr", "rtl"]] = "ltr"
"""The direction in which it is written."""


def plural(count: int) -> str:
    """Return the plural category of a number (Unicode CLDR): a key of the forms in ``NOUNS``."""
    return "one" if count == 1 else "other"


NOUNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        noun: MappingProxyType({"one": f"{{count}} {noun}", "other": f"{{count}} {noun}s"})
        for noun in ("problem", "byte", "character", "digit", "key", "item", "level", "field")
    }
)
"""The forms of a counted noun, by plural category; ``other`` stands for those that are left out."""
JOINERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "and": (", ", " and "),
        "or": (", ", " or "),
        "nor": (", ", " nor "),
        "list": (", ", ", "),
        "clauses": ("; ", "; "),
    }
)
"""What stands between the parts of a list, and before the last part."""
FORMS: Final[Mapping[str, int]] = MappingProxyType({"is": 0, "is_not": 1, "is_none_of": 2})
"""The sentence of ``Fact.says`` for each kind of statement. After ``while_``, it says what is required; by default the
same as without."""
VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown": "unknown",
        "left out": "left out",
        "yes": "yes",
        "no": "no",
        "above": "above {bound}",
        "at_most": "at most {bound}",
        "any_number": "any number",
    }
)
"""Values of facts that no platform names."""
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "null": "null",
        "boolean": "a boolean",
        "integer": "an integer",
        "number": "a number",
        "string": "a string",
        "array": "an array",
        "object": "an object",
        "date": "a date written YYYY-MM-DD",
        "unknown": "a value of an unknown type",
        "order": "an order object",
        "status object": "an object with a slug",
        "id": "an integer or a string of decimal digits",
        "decimal": "an integer in decimal digits",
        "other string": "another string",
        "query": "a dict or the text of a query",
        "flag": "true or false, yes or no, 1 or 0",
        "condition": "an object with all, any, or fact with in, not in or follows",
        "value of a sent key": "a value if the key is sent, and left out otherwise",
        "verdict": "false if there are violations, and true if there are none",
        "row": "a value and the array of the values that may follow it",
        "any": "a {kind}",
    }
)
"""Kinds of values, with their articles; ``any`` stands for any other kind."""
PROBLEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wrong_type": "expected {expected}, got {found}",
        "wrong_type.form": "expected {expected}",
        "null": "expected {expected}, got null",
        "unknown_key": "is not a documented key here",
        "key_not_text": "expected a string as key, got {found}",
        "duplicate_key": "appears more than once",
        "duplicate_key.row": "is a second row of the same value",
        "missing": "is required",
        "not_a_choice": "expected one of {choices}",
        "not_a_choice.only": "expected {choices}",
        "not_a_choice.none": "is not known here",
        "not_a_date": "expected a date written YYYY-MM-DD",
        "not_a_date.no_such_day": "expected a date that exists",
        "not_finite": "expected a finite number, got infinity or NaN",
        "not_finite.constant": "{literal} is not a JSON number",
        "number_too_long": "has more than {bound:digit}",
        "bad_text.nul": "contains a NUL character",
        "bad_text.surrogate": "character {at} is an unpaired surrogate",
        "unreadable": "the mapping raised an error when its items were read",
        "not_json.empty": "is empty",
        "not_json.cut_off": "is not valid JSON: incomplete at line {line}, column {column}",
        "not_json.single_quotes": "is not valid JSON: single quotes at line {line}, column {column}",
        "not_json.syntax": "is not valid JSON: syntax error at line {line}, column {column}",
        "not_csv.syntax": "is not valid CSV: {error}",
        "not_csv.syntax_to": "is not valid CSV (up to line {line}): {error}",
        "not_csv.not_utf8": "is not valid CSV (up to line {line}): byte {at} is not UTF-8",
        "not_csv.width": "expected {bound:field} as in the header line, got {found}",
        "not_csv.width_to": "expected {bound:field} as in the header line, got {found} (up to line {line})",
        "trailing_text": "has text after the JSON document, at line {line}, column {column}",
        "not_utf8.other_encoding": "is encoded as UTF-16 or UTF-32, expected UTF-8",
        "not_utf8.byte": "byte {at} is not valid UTF-8",
        "not_utf8.bytes": "contains bytes that are not valid UTF-8",
        "byte_order_mark": "begins with a byte order mark, which JSON does not allow",
        "too_large.bytes": "has {found:byte}, the limit is {bound}",
        "too_large.more_bytes": "has more than {found:byte}, the limit is {bound}",
        "too_large.characters": "has {found:character}, the limit is {bound}",
        "too_large.keys": "has more than {bound:key}",
        "too_large.items": "has {found:item}, the limit is {bound}",
        "too_large.row": "is too long: {bound:byte} or more",
        "too_deep": "is nested more than {bound:level} deep",
        "too_deep.stack": "is nested too deeply for the rest of the Python stack",
        "not_an_order.other_webhook": "is a webhook for the event {event!r}, not an order",
        "not_an_order.failed": "is the response to a failed request, not an order",
        "not_an_order.foreign_keys": "is not an order: no order has the key {keys}",
        "not_an_order.no_key": "is not an order: it has no {keys}",
    }
)
"""The sentence of each code of a problem; a code with several sentences has one for each reason, after a dot."""
ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "problems": "cannot {what}: {count:problem}",
        "place": "{place}: {message}",
        "place_in": "{part} {place}: {message}",
        "with_hint": "{sentence} ({hint})",
        "more": "and {count} more",
        "whole": "(whole input)",
        "got": "{sentence}, got {value!r}",
        "found": "{sentence}, {value!r}",
    }
)
"""The text of an error, around its problems."""
PARTS: Final[Mapping[str, str]] = MappingProxyType({"path": "path", "query": "query"})
"""The parts of a request."""
INPUTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read": "read the {input}",
        "replay": "replay the decision",
        "input": "input",
        "update": "update",
        "update_of": "{platform} update",
        "order_of": "{platform} order",
        "request_of": "{platform} request",
    }
)
"""What cannot be read."""
HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "suggestion": "did you mean {suggestion}?",
        "place": "send it in {place}",
        "query": "send it in the query",
        "endpoint": "use the endpoint {endpoint}",
        "no_wrapper": "the body of an update has no wrapper: send its content directly",
        "response": "this looks like an order from an answer or a webhook: send only the keys to change",
        "leave_out": "leave out the key to keep the current value",
        "empty_array": "PHP encodes an empty array as []; send {{}} as the empty object, or leave out the key",
        "encoded_twice": "this is a string that contains JSON: the document was encoded twice",
        "write_date": "write the date like 2024-01-20, without a time",
        "encode_utf8": "encode the text as UTF-8",
        "cut_off": "it may have been cut off in transit",
        "double_quotes": "use json.dumps, which writes double quotes",
        "order_at": "the value at {at} looks like an order: read that instead",
        "one_order_at": "read one order at a time; the value at {at} looks like an order: read that instead",
        "text_at": "the string at {at} looks like JSON: read that instead",
        "webhook_at": "the value at {at} is a webhook for the event {event!r}",
    }
)
"""The sentence of each kind of hint."""

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "always": "always",
        "never": "never",
        "is": "{fact} is {values}",
        "is_not": "{fact} is not {values}",
        "is_none_of": "{fact} is neither {values}",
        "flag": "{fact}",
        "not_flag": "not {fact}",
        "may_follow": "the {asked} may follow the present {current}",
        "may_not_follow": "the {asked} may not follow the present {current}",
    }
)
"""The parts of a condition."""
DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "allowed": "allowed",
        "refused": "refused: {sections}",
        "cannot_change": "{subject} cannot be changed: {actual}; {needed}",
        "not_possible": "{subject} is not possible: {actual}; {needed}",
        "no_difference": "the order makes no difference",
        "change_only_while": "it may change only while {condition}",
        "possible_only_while": "it is possible only while {condition}",
        "nothing": "nothing allows it",
        "undocumented": "it is not documented which status may follow",
        "final": "nothing may follow {status}",
        "next": "only {statuses} may follow {status}",
        "waived": "no restriction while {condition}",
        "facts": "facts: {facts}",
        "why": "why: {reason}",
        "rests_on": "rests on {assumption}: {answer}",
        "this_rests_on": "this rests on {assumption}: {answer}",
        "note": "note: {note}",
    }
)
"""The parts of a decision and its explanation."""
NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_shown": "the order shows no {fact}",
        "unreadable": "the order's {fact} cannot be read",
        "not_given": "{rule} also depends on {parameter}, which is not given",
        "not_listed": "the page does not list the order's {fact}, {shown!r}",
        "not_listed_but": "the page does not list the order's {fact}, {shown!r} - did you mean {suggestion}?",
    }
)
"""The notes on an order."""
ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {"about": "{says}: {shown!r}", "about_but": "{says}: {shown!r} - did you mean {suggestion}?"}
)
"""Advice about a value that the page does not list."""
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cannot": "cannot {what}",
        "unreadable": "The request cannot be read",
        "refused": "The update is refused",
        "not_json": "expected the content type application/json",
        "no_such_order": "there is no such order",
        "not_found": "Not Found",
        "unsupported": "Unsupported Media Type",
        "emptied": "this field cannot be emptied: keep the present value, or enter another one",
        "section": "{title} ({keys}): {verdict}",
        "open": "open",
        "closed": "closed",
        "allowed_part": "allowed:",
        "refused_part": "refused:",
        "no_sequence": "no sequence of updates reaches the goal:",
        "nothing_to_do": "nothing to do: the order already meets the goal",
        "no_advice": "no advice",
        "for_every_order": "for every order",
        "for_no_order": "for no order",
        "no_transitions": "the platform documents no transitions",
        "no_status": "no status may follow",
    }
)
"""What integrations and commands say around a decision."""
