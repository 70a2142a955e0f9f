"""Strict JSON: parse one UTF-8 document, and report what other JSON parsers read differently.

The standard parser keeps the last of two equal keys, and accepts ``NaN`` and numbers of any length. On a document that
is nested too deeply it raises ``RecursionError``. Here, each of these is a ``Problem`` with its place.

A value that strict JSON does not allow becomes a ``Flaw``, and an object with equal keys a ``DuplicateKeys``;
``flaws_in`` finds both. Every step takes time linear in the size of the document.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import attrs

from orderrules.reading.hints import Hint
from orderrules.reading.limits import OPTIONS, Limits
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


_DIGITS_TO_ZERO: Final = bytes(ord("0") if code in b"0123456789" else ord(" ") for code in range(256))
BLANK: Final = " \t\n\r"

# A string, to its end or the end of the document. The quantifiers are possessive, so that the pattern never
# backtracks: it takes linear time and no memory.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\(?:.|\Z)[^"\\]*+)*+"?', re.DOTALL)
_BRACES_TO_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")
_NOT_STRUCTURE: Final = bytes(code for code in range(256) if code not in b'[]{}"')
_SKELETON: Final = bytes.maketrans(b"{}123456789", b"[]000000000")
_NOT_SKELETON: Final = bytes(code for code in range(256) if code not in b'[]{}"0123456789')
_FEW_DIGITS: Final = sys.int_info.str_digits_check_threshold
"""Digits of an integer that Python always converts; for more, it may have a limit: sys.set_int_max_str_digits."""
LONGEST: Final = 32
"""Characters of the longest number with a fraction that the fast way reads."""


class UnsureError(ValueError):
    """The fast way cannot tell whether the input is valid; the careful way has to read it."""


def give_up(*_: object, **__: object) -> NoReturn:
    """Be unsure of everything: the reader of what has no fast way."""
    raise UnsureError


def _read_float(literal: str) -> float:
    if len(literal) > LONGEST:
        raise UnsureError
    return float(literal)


def _refuse_constant(_: str) -> NoReturn:
    raise UnsureError


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    items = dict(pairs)
    if len(items) != len(pairs):
        raise UnsureError
    return items


def _make_scanner(
    make_object: Callable[..., object] | None, read_float: Callable[[str], float] | None
) -> Callable[[str, int], tuple[Any, int]]:
    """Return the function that ``raw_decode`` wraps; it raises ``StopIteration`` if there is no JSON."""
    decoder: Any = json.JSONDecoder(
        object_pairs_hook=make_object, parse_float=read_float, parse_constant=_refuse_constant
    )
    scan_once: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
    return scan_once


scan: Final = _make_scanner(None, _read_float)
"""Decode text from a position; return the value and where it ends. Of equal keys, the last is kept."""
scan_warily: Final = _make_scanner(_refuse_duplicates, None)
"""Decode text without long numbers as ``scan`` does, but raise ``UnsureError`` if an object has equal keys."""


def has_more_keys(text: str, count: int) -> bool:
    """Return whether the objects in a document may have more keys than ``count``; False is certain, True is not.

    A key ends with a quote and a colon. So do the quote of a text that begins with a colon, and an escaped quote before
    a colon, which is left out.
    """
    if any(odd in text for odd in _ODD_COLONS):
        return True
    return text.count('":') - text.count('\\":') > count


_ODD_COLONS: Final = (" :", "\t:", "\n:", "\r:", '\\\\"')
"""A blank before a colon, or an escaped backslash before a quote."""


def decode_surely(source: str | bytes, limits: Limits) -> object:
    """Decode a document that is surely within the limits, has no equal keys in an object and no ``NaN``.

    Raises:
        ValueError: it is not, or only ``load`` can tell. It may also raise ``StopIteration`` and ``RecursionError``.
    """
    raw = encode_surely(source, limits)
    return _scan_whole(source if isinstance(source, str) else raw.decode())


def encode_surely(source: str | bytes, limits: Limits) -> bytes:
    """Return a document as bytes, if it is surely within the limits.

    Raises:
        ValueError: it is not, or only ``load`` can tell.
    """
    raw = source.encode() if isinstance(source, str) else source
    if len(source) > limits.size or not is_surely_within(raw, limits):
        raise UnsureError
    return raw


def _scan_whole(text: str) -> object:
    """Decode a document without long numbers; raise one of several errors if it has equal keys or is not JSON."""
    start = 0 if text.startswith("{") else len(text) - len(text.lstrip(BLANK))
    value, end = scan_warily(text, start)
    if end != len(text) and text[end:].strip(BLANK):
        raise UnsureError
    return cast("object", value)


def keys_in(text: str) -> int:
    """Count the keys of all objects in a document; equal keys count each time."""
    objects: list[list[tuple[str, object]]] = []
    json.JSONDecoder(object_pairs_hook=objects.append).decode(text)
    return sum(map(len, objects))


@attrs.frozen
class Flaw:
    """Replaces a value that strict JSON does not allow, such as ``NaN``; holds what its problem is made of."""

    code: Code
    params: Mapping[str, Any]


class DuplicateKeys(dict[str, object]):
    """A JSON object in which some keys appear more than once; as a dict, it has the last value of each."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    @property
    def twice(self) -> set[str]:
        """The keys that appear more than once."""
        seen: set[str] = set()
        return {key for key, _ in self._pairs if key in seen or seen.add(key)}  # type: ignore[func-returns-value]


def duplicate_key(key: str) -> Problem:
    """Return the problem of a key that appears more than once."""
    return Problem("", Code.DUPLICATE_KEY).under(key)


Document = str | bytes | bytearray | memoryview
"""JSON, as text or as bytes in UTF-8."""


def load(source: Document) -> tuple[object, bool]:
    """Parse a document; return its value, and whether there is a flaw or a duplicate key anywhere in it.

    Raises:
        InvalidInput: the document is not valid JSON, or exceeds a limit.
    """
    limits = OPTIONS.get().limits
    size = source.nbytes if isinstance(source, memoryview) else len(source)
    if size > limits.size:
        unit = "characters" if isinstance(source, str) else "bytes"
        raise _document_error(Code.TOO_LARGE, reason=unit, found=size, bound=limits.size)
    document = source if isinstance(source, str | bytes) else bytes(source)
    text = document if isinstance(document, str) else _decode_utf8(document)
    if text.startswith("\ufeff"):
        raise _document_error(Code.BYTE_ORDER_MARK)
    raw = document if isinstance(document, bytes) else document.encode(errors="surrogatepass")
    surely = is_surely_within(raw, limits)
    if not surely and is_too_deep(raw, limits.depth):
        raise _document_error(Code.TOO_DEEP, bound=limits.depth)
    long = not surely and may_have_long_number(raw, limits.digits)
    if not long:
        with contextlib.suppress(ValueError, StopIteration, RecursionError):
            return _scan_whole(text), False
    start = len(text) - len(text.lstrip(BLANK))
    flaws: list[object] = []  # Empty, or the last flaw.
    read_number = functools.partial(_make_number_reader, flaws, limits.digits)
    decoder = json.JSONDecoder(
        object_pairs_hook=functools.partial(_make_object, flaws),
        parse_constant=functools.partial(_replace_constant, flaws),
        parse_int=read_number(int) if long else None,
        parse_float=read_number(float) if long else None,
    )
    value, end = _decode(decoder, text, start)
    rest = text[end:].lstrip(BLANK)
    if rest:
        raise _document_error(Code.TRAILING_TEXT, **_place(text, len(text) - len(rest)))
    return value, bool(flaws)


def flaws_in(found: object) -> Problems:
    """Find every flaw and duplicate key in a document, each with its place; count those past the limit."""
    problems = Problems()
    _add_problems(problems, found, ())
    # Not recursive, because the document may be deep: a stack with the remaining children of each open value.
    path: list[str] = []
    stack = [_children(found)]
    while stack and not problems.full:
        token, value = next(stack[-1], (None, None))
        if token is None:
            stack.pop()
            if path:
                path.pop()
            continue
        path.append(token)
        _add_problems(problems, value, path)
        stack.append(_children(value))
    problems.more += _count_flaws([value for children in stack for _, value in children])
    return problems


def _add_problems(problems: Problems, value: object, path: Sequence[str]) -> None:
    """Add the problem of a value that is a flaw, or those of its duplicate keys."""
    if isinstance(value, Flaw):
        problems.add(Problem("", value.code, value.params).under(*path))
    elif isinstance(value, DuplicateKeys):
        twice = value.twice
        problems.add(*(duplicate_key(key).under(*path) for key in value if key in twice))


def _count_flaws(values: list[object]) -> int:
    """Count the flaws and duplicate keys in some values, level by level."""
    count = 0
    while values:
        count += sum(len(value.twice) if type(value) is DuplicateKeys else type(value) is Flaw for value in values)
        children: list[Iterable[object]] = [
            cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
            for value in values
            if isinstance(value, dict | list)
        ]
        values = [child for group in children for child in group if isinstance(child, _MAY_HOLD_FLAWS)]
    return count


def _children(value: object) -> Iterator[tuple[str, object]]:
    """Iterate over the children of a value that are flaws or may contain some, each with its key or position."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return ((key, cast("object", item)) for key, item in items.items() if isinstance(item, _MAY_HOLD_FLAWS))
    if isinstance(value, list):
        listed = cast("list[object]", value)
        return (
            (str(place), cast("object", item)) for place, item in enumerate(listed) if isinstance(item, _MAY_HOLD_FLAWS)
        )
    return iter(())


_MAY_HOLD_FLAWS: Final = (dict, list, Flaw)


def _document_error(code: Code, remedy: str = "", **params: object) -> InvalidInput:
    return InvalidInput([Problem("", code, params, Hint(remedy) if remedy else None)])


def _decode_utf8(document: bytes) -> str:
    # JSON begins with ASCII characters; in UTF-16 and UTF-32, at least one of the first two bytes is then a NUL.
    if document.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in document[:2]:
        raise _document_error(Code.NOT_UTF8, "encode_utf8", reason="other_encoding")
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start
    raise _document_error(Code.NOT_UTF8, reason="byte", at=start)


def _decode(decoder: json.JSONDecoder, text: str, start: int) -> tuple[object, int]:
    # The error is raised outside the handlers. Otherwise its ``__context__`` would hold the document, and leak it.
    try:
        return decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        invalid = _syntax_error(text, error)
    except RecursionError:
        invalid = _document_error(Code.TOO_DEEP, reason="stack")
    raise invalid


def _syntax_error(text: str, error: json.JSONDecodeError) -> InvalidInput:
    """Return the error for text that is not JSON: it is empty, cut off, in single quotes, or wrong in another way."""
    if not text.strip(BLANK):
        return _document_error(Code.NOT_JSON, reason="empty")
    position = error.pos
    if error.msg.startswith("Illegal trailing comma"):
        # Since Python 3.13, this is where the comma is; before, and here, it is where something is missing after it.
        position = len(text) - len(text[position + 1 :].lstrip(BLANK))
    place = _place(text, position)
    # For a string without an end, the position is where the string begins.
    if error.msg.startswith("Unterminated string") or not text[position:].strip(BLANK):
        return _document_error(Code.NOT_JSON, "cut_off", reason="cut_off", **place)
    if text[position] == "'":
        return _document_error(Code.NOT_JSON, "double_quotes", reason="single_quotes", **place)
    return _document_error(Code.NOT_JSON, reason="syntax", **place)


def _place(text: str, position: int) -> dict[str, Any]:
    """Return the line and the column of a position, each counted from one."""
    return {"line": text.count("\n", 0, position) + 1, "column": position - text.rfind("\n", 0, position)}


def is_too_deep(raw: bytes, limit: int) -> bool:
    """Return whether a document is nested deeper than ``limit`` levels."""
    if raw.count(b"{") + raw.count(b"[") <= limit:
        return False
    # Each pass removes the innermost pairs of brackets, so one pass removes one level. Unclosed brackets remain.
    brackets = _STRING.sub(b"", raw).translate(_BRACES_TO_BRACKETS, _NOT_BRACKETS)
    for depth in range(limit + 1):
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            return depth + brackets.count(b"[") > limit
        brackets = fewer
    return True


def is_surely_within(raw: bytes, limits: Limits) -> bool:
    """Return whether a document has no long number and is not too deep; True is certain, False is not."""
    if len(raw) <= min(limits.digits, _FEW_DIGITS):
        return not is_too_deep(raw, limits.depth)
    if b"\\" in raw:
        # Digits of escapes would be taken for a long number, and escaped quotes for ends of strings.
        if may_have_long_number(raw, limits.digits):
            return False
        structure = b"" if rb"\"" in raw else raw.translate(_BRACES_TO_BRACKETS, _NOT_STRUCTURE)
    else:
        # Numbers become one here if only commas are between them.
        structure = raw.translate(_SKELETON, _NOT_SKELETON)
        if _run(limits.digits) in structure:  # See may_have_long_number.
            return False
        if structure.count(b"[") <= limits.depth:
            return True
        structure = structure.replace(b"0", b"")
    return (bool(structure) and _are_shallow(structure, limits.depth)) or not is_too_deep(raw, limits.depth)


def _are_shallow(structure: bytes, limit: int) -> bool:
    """Return whether the brackets of a document are nested at most ``limit`` deep; True is certain, False is not.

    A string without brackets is two quotes, side by side. Any quote that is left belongs to one with brackets.
    """
    brackets = structure.replace(b'""', b"")
    if b'"' in brackets:
        return False
    for _ in range(limit):
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    return not brackets


def may_have_long_number(raw: bytes, digits: int) -> bool:
    """Return whether a document may have a number of more than ``digits`` digits; False is certain, True is not."""
    # A number has at most three runs of digits: before the point, after it, and in the exponent. If there are too many
    # digits, one run has more than a third of the limit. A run in a string is found too, and only costs time.
    return _run(digits) in raw.translate(_DIGITS_TO_ZERO)


def _run(digits: int) -> bytes:
    return b"0" * (min(digits, _FEW_DIGITS) // 3 + 1)


def _make_number_reader(flaws: list[object], digits: int, kind: Callable[[str], object]) -> Callable[[str], Any]:
    too_long = Flaw(Code.NUMBER_TOO_LONG, {"bound": digits})

    def read(literal: str) -> object:
        if sum(character.isdigit() for character in literal) <= digits:
            with contextlib.suppress(ValueError):  # Python may have a lower limit: sys.set_int_max_str_digits.
                return kind(literal)
        flaws[:] = [too_long]
        return too_long

    return read


_CONSTANTS: Final = {
    name: Flaw(Code.NOT_FINITE, {"reason": "constant", "literal": name}) for name in ("NaN", "Infinity", "-Infinity")
}


def _replace_constant(flaws: list[object], name: str) -> Flaw:
    flaws[:] = [_CONSTANTS[name]]
    return _CONSTANTS[name]


def _make_object(flaws: list[object], pairs: list[tuple[str, object]]) -> dict[str, object]:
    items = dict(pairs)
    if len(items) == len(pairs):
        return items
    flaws[:] = [duplicated := DuplicateKeys(pairs)]
    return duplicated


def load_source(source: object) -> tuple[object, bool]:
    """Parse a document, as ``load`` does; return any other object as it is, without flaws.

    Raises:
        InvalidInput: the document is not valid JSON, or exceeds a limit.
    """
    kind = type(source)
    if kind is str or kind is bytes or kind is bytearray or kind is memoryview:
        return load(cast("Document", source))
    return source, False
