"""Strict JSON: one document, in UTF-8, that every reader reads alike.

The standard parser keeps the last of two equal keys, takes ``NaN`` and numbers of any length, and answers
a document nested too deeply with an error of its own. Here each is a ``Problem`` with its place.
Every step is linear in the size of the document. It must never know what a document is for.

The module is longer than most because each way in which a document can lie is looked for by itself.

---

What came over a wire, read at its place: the parts of a request, and the order in what an API answered or sent.

Models in it are read by ``_convert``. It must never know a platform or a rule.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import attrs

from orderrules.reading.limits import OPTIONS
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems, group_thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


_DIGITS: Final = bytes(ord("0") if code in b"0123456789" else ord(" ") for code in range(256))

BLANK: Final = " \t\n\r"

# A string, to its end or the document's. Possessive, so that nothing is tried twice and nothing is kept for trying
# again: it is linear, and takes no memory.
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\(?:.|\Z)[^"\\]*+)*+"?', re.DOTALL)

_ALIKE: Final = str.maketrans("{}", "[]")

_NO_BRACKET: Final = re.compile(r"[^\[\]{}]++")

LONGEST: Final = 32
"""Characters of a number with a fraction that is read without further ado."""


class UnsureError(ValueError):
    """What is read is not plainly well; a more careful way has to decide."""


def _float(literal: str) -> float:
    if len(literal) > LONGEST:
        raise UnsureError
    return float(literal)


def _unsure(_: str) -> NoReturn:
    raise UnsureError


def _single(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnsureError
    return found


def _scanner(pairs: Callable[..., object] | None) -> Callable[[str, int], tuple[Any, int]]:
    """Make what ``raw_decode`` calls, without its frame; it raises ``StopIteration`` where there is no JSON."""
    decoder: Any = json.JSONDecoder(object_pairs_hook=pairs, parse_float=_float, parse_constant=_unsure)
    found: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
    return found


scan: Final = _scanner(None)
"""Decodes a text from a place on, and gives where it ends; of equal keys it keeps the last."""

scan_warily: Final = _scanner(_single)
"""The same, but unsure of equal keys."""


def keys_in(text: str) -> int:
    """Count the keys of a document, equal ones too."""
    objects: list[list[tuple[str, object]]] = []
    json.JSONDecoder(object_pairs_hook=objects.append).decode(text)
    return sum(map(len, objects))


@attrs.frozen
class Flaw:
    """What stands in the place of a value that no strict reader takes: the problem it is."""

    code: Code
    message: str


class DuplicateKeys(dict[str, object]):
    """An object that has some of its keys more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    @property
    def twice(self) -> set[str]:
        """The keys that it has more than once."""
        seen: set[str] = set()
        return {key for key, _ in self._pairs if key in seen or seen.add(key)}  # type: ignore[func-returns-value]


def duplicate_key(key: str) -> Problem:
    """Say that a key stands more than once."""
    return Problem("", Code.DUPLICATE_KEY, "stands here more than once").under(key)


Document = str | bytes | bytearray | memoryview
"""JSON as text, or as the bytes of UTF-8."""


def load(source: Document) -> tuple[object, bool]:
    """Read a document, and say whether there is a flaw or a doubled key anywhere in it.

    Raises:
        InvalidInput: it is no JSON document, or past a limit.
    """
    limits = OPTIONS.get().limits
    size = source.nbytes if isinstance(source, memoryview) else len(source)
    if size > limits.size:
        unit = "characters" if isinstance(source, str) else "bytes"
        raise _whole(
            Code.TOO_LARGE, f"has {group_thousands(size)} {unit}, and {group_thousands(limits.size)} are read at most"
        )
    document = source if isinstance(source, str | bytes) else bytes(source)
    text = document if isinstance(document, str) else _decode_utf8(document)
    if text.startswith("\ufeff"):
        raise _whole(Code.BYTE_ORDER_MARK, "begins with a byte-order mark")
    if _is_too_deep(text, limits.depth):
        raise _whole(Code.TOO_DEEP, f"has more than {group_thousands(limits.depth)} objects and arrays in each other")
    start = len(text) - len(text.lstrip(BLANK))
    long = may_have_long_number(document, limits.digits)
    if not long:
        with contextlib.suppress(ValueError, StopIteration, RecursionError):
            found, end = scan_warily(text, start)
            if not text[end:].strip(BLANK):
                return found, False
    flaws: list[object] = []
    read_number = functools.partial(_number_reader, flaws, limits.digits)
    decoder = json.JSONDecoder(
        object_pairs_hook=functools.partial(_object, flaws),
        parse_constant=functools.partial(_constant, flaws),
        parse_int=read_number(int) if long else None,
        parse_float=read_number(float) if long else None,
    )
    found, end = _decode(decoder, text, start)
    rest = text[end:].lstrip(BLANK)
    if rest:
        place = _place(text, len(text) - len(rest))
        raise _whole(Code.TRAILING_TEXT, f"{place}: something stands behind the document")
    return found, bool(flaws)


def flaws_in(found: object) -> Problems:
    """Find every flaw and doubled key in a document, each with its place; those that are not kept are counted."""
    problems = Problems()
    _tell(problems, found, ())
    # Without recursion: the values under way, from the outside in, each with what is left of it.
    path: list[str] = []
    inside = [_children(found)]
    while inside and not problems.full:
        token, value = next(inside[-1], (None, None))
        if token is None:
            inside.pop()
            if path:
                path.pop()
            continue
        path.append(token)
        _tell(problems, value, path)
        inside.append(_children(value))
    problems.more += _count([value for left in inside for _, value in left])
    return problems


def _tell(problems: Problems, value: object, path: Sequence[str]) -> None:
    """Take in the problems that a value is, or has among its keys."""
    if isinstance(value, Flaw):
        problems.add(Problem("", value.code, value.message).under(*path))
    elif isinstance(value, DuplicateKeys):
        twice = value.twice
        problems.add(*(duplicate_key(key).under(*path) for key in value if key in twice))


def _count(values: list[object]) -> int:
    """Count the flaws and doubled keys in some values, layer by layer."""
    count = 0
    while values:
        count += sum(len(value.twice) if type(value) is DuplicateKeys else type(value) is Flaw for value in values)
        layers: list[Iterable[object]] = [
            cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
            for value in values
            if isinstance(value, dict | list)
        ]
        values = [item for layer in layers for item in layer if isinstance(item, _HOLDERS)]
    return count


def _children(value: object) -> Iterator[tuple[str, object]]:
    """Walk the values in a value that may hold flaws or be one."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return ((key, cast("object", item)) for key, item in items.items() if isinstance(item, _HOLDERS))
    if isinstance(value, list):
        listed = cast("list[object]", value)
        return ((str(place), cast("object", item)) for place, item in enumerate(listed) if isinstance(item, _HOLDERS))
    return iter(())


_HOLDERS: Final = (dict, list, Flaw)


def _whole(code: Code, message: str, hint: str = "") -> InvalidInput:
    return InvalidInput([Problem("", code, message, hint)])


def _decode_utf8(document: bytes) -> str:
    # A document of JSON begins with two ASCII characters, in UTF-16 with a NUL beside each.
    if document.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in document[:2]:
        raise _whole(Code.NOT_UTF8, "is UTF-16 or UTF-32, and JSON is UTF-8", "encode the text as UTF-8")
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start
    raise _whole(Code.NOT_UTF8, f"byte {group_thousands(start)} is not UTF-8")


def _decode(decoder: json.JSONDecoder, text: str, start: int) -> tuple[object, int]:
    # Raised outside of the handlers, so that no error carries the document along.
    try:
        return decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        problem = _no_json(text, error)
    except RecursionError:
        problem = _whole(Code.TOO_DEEP, "is nested too deeply for what is left of the stack")
    raise problem


def _no_json(text: str, error: json.JSONDecodeError) -> InvalidInput:
    """Say in which way a text is no JSON: empty, cut off, quoted as Python does, or another."""
    if not text.strip(BLANK):
        return _whole(Code.NOT_JSON, "is empty")
    place = _place(text, error.pos)
    # Of a string without an end, the place is where it begins.
    if error.msg.startswith("Unterminated string") or not text[error.pos :].strip(BLANK):
        return _whole(Code.NOT_JSON, f"{place}: ends in the middle of the document", "it was cut off on its way")
    if text[error.pos] == "'":
        return _whole(Code.NOT_JSON, f"{place}: is in single quotes", "JSON has double quotes, as json.dumps writes")
    return _whole(Code.NOT_JSON, f"{place}: is no JSON")


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"line {group_thousands(line)}, column {group_thousands(column)}"


def _is_too_deep(text: str, limit: int) -> bool:
    if text.count("{") + text.count("[") <= limit:
        return False
    # Each turn takes the innermost brackets away, as many turns as they are deep; what was never closed is left.
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text)).translate(_ALIKE)
    for depth in range(limit + 1):
        fewer = brackets.replace("[]", "")
        if len(fewer) == len(brackets):
            return depth + brackets.count("[") > limit
        brackets = fewer
    return True


def may_have_long_number(document: str | bytes, digits: int) -> bool:
    """Say whether a document may have a number of more digits; it has none where the answer is no."""
    # A number of three parts with more digits than that has a third of them in one part. Digits in a string
    # are found as well, and then cost only the slower way.
    raw = document if isinstance(document, bytes) else document.encode(errors="surrogatepass")
    return b"0" * (digits // 3 + 1) in raw.translate(_DIGITS)


def _number_reader(flaws: list[object], digits: int, kind: Callable[[str], object]) -> Callable[[str], Any]:
    too_long = Flaw(Code.NUMBER_TOO_LONG, f"has more than {group_thousands(digits)} digits")

    def read(literal: str) -> object:
        if sum(character.isdigit() for character in literal) <= digits:
            with contextlib.suppress(ValueError):  # Python may have been told a lower limit of its own.
                return kind(literal)
        flaws[:] = [too_long]
        return too_long

    return read


_CONSTANTS: Final = {
    name: Flaw(Code.NOT_FINITE, f"{name} is no JSON number") for name in ("NaN", "Infinity", "-Infinity")
}


def _constant(flaws: list[object], name: str) -> Flaw:
    flaws[:] = [_CONSTANTS[name]]
    return _CONSTANTS[name]


def _object(flaws: list[object], pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    flaws[:] = [doubled := DuplicateKeys(pairs)]
    return doubled


def load_source(source: object) -> tuple[object, bool]:
    """Give what a document holds, and whether it has flaws; a mapping is what it is.

    Raises:
        InvalidInput: it is no JSON document, or past a limit.
    """
    kind = type(source)
    if kind is str or kind is bytes or kind is bytearray or kind is memoryview:
        return load(cast("Document", source))
    return source, False
