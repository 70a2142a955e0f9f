"""English: the fragments of which all answers are made, as data.

A fragment has the names of its parameters in braces. ``sentences.fill`` puts the values in.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    }
)
"""Kinds of values, with their articles; any other kind gets ``a``."""
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
        "number_too_long": "has more than {bound} digits",
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
        "not_csv.width": "expected {bound} fields as in the header line, got {found}",
        "not_csv.width_to": "expected {bound} fields as in the header line, got {found} (up to line {line})",
        "trailing_text": "has text after the JSON document, at line {line}, column {column}",
        "not_utf8.other_encoding": "is encoded as UTF-16 or UTF-32, expected UTF-8",
        "not_utf8.byte": "byte {at} is not valid UTF-8",
        "not_utf8.bytes": "contains bytes that are not valid UTF-8",
        "byte_order_mark": "begins with a byte order mark, which JSON does not allow",
        "too_large.bytes": "has {found} bytes, the limit is {bound}",
        "too_large.more_bytes": "has more than {found} bytes, the limit is {bound}",
        "too_large.characters": "has {found} characters, the limit is {bound}",
        "too_large.keys": "has more than {bound} keys",
        "too_large.items": "has {found} items, the limit is {bound}",
        "too_large.row": "is too long: {bound} bytes or more",
        "too_deep": "is nested more than {bound} levels deep",
        "too_deep.stack": "is nested too deeply for the rest of the Python stack",
        "not_an_order.other_webhook": "is a webhook for the event {event!r}, not an order",
        "not_an_order.failed": "is the response to a failed request, not an order",
        "not_an_order.foreign_keys": "is not an order: no order has the key {keys}",
        "not_an_order.no_key": "is not an order: it has no {keys}",
    }
)
"""The sentence of each code of a problem; a code with several sentences has one for each reason, after a dot."""
GOT: Final = ", got {value!r}"
"""Is added to a problem that has a value, if values are shown."""
ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "one_problem": "cannot {what}: 1 problem",
        "problems": "cannot {what}: {count} problems",
        "more": "and {count} more",
        "whole": "(whole input)",
    }
)
"""The text of an error, around its problems."""
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
FINDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "refuses_nothing": "it refuses nothing: every verdict is the same without it",
        "waives_nothing": "it waives nothing: every verdict is the same without it",
        "rule_covered": "every verdict is the same without {entry}: whenever it refuses, so does {others}",
        "rule_covered_by_several": "every verdict is the same without {entry}: whenever it refuses, so do {others}",
        "waiver_covered": "every verdict is the same without {entry}: whenever it waives, so does {others}",
        "waiver_covered_by_several": "every verdict is the same without {entry}: whenever it waives, so do {others}",
        "never_both": "{entry} and {other} never both allow {section}: each refuses whenever the other allows",
        "no_rule": "no rule governs it",
        "fact_unread": "no rule and no waiver reads it",
        "parameter_unread": "no rule and no waiver reads this parameter",
        "no_key": "no body key touches it",
        "unsatisfied": "no order satisfies it: it refuses {section} unless a waiver applies",
        "never_open": "no order opens it",
        "never_accepted": "no order accepts it as the {fact}",
        "open_too_late": "no order that starts as {status} reaches a status in which it is open",
        "key_differs": "the key {key} never changes the order's {attribute}: give both the same name",
        "no_row": "the table of {fact} has no row for it: add an empty row if no status follows",
        "unreached_from_first": "it cannot be reached from {status}",
        "unreached": "no other status leads to it",
        "final": "no other status follows it",
    }
)
"""The sentence of each reason of a finding."""
REPLAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "same": "still {now}",
        "changed": "it {then}, now it {now}",
        "refuses": "refuses ({rules})",
        "allows": "allows",
        "allows_by": "allows by a waiver ({waivers})",
        "rule": "{rule} for {keys}",
    }
)
"""Whether the answer to a logged decision is the same."""
DIFFERENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "no difference in {total} decisions",
        "some": "{count} of {total} decisions differ",
        "one": "{section}, while {condition}: ours {ours}, theirs {theirs}",
        "refuses": "refuses ({ids})",
        "allows": "allows",
        "allows_by": "allows ({ids})",
    }
)
"""The parts of the difference between two policies."""
