"""Strict readers of the parts of a request: the body, the id in the path, and the query.

``read_body`` tries the fast way first (``code_generation``, or ``msgspec_reader`` if msgspec is installed). If that
gives up, the careful way (``strict_reader``) starts from the beginning and reports every problem at once.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from orderrules.languages.sentences import Phrase
from orderrules.reading.code_generation import Source, can_generate, reader
from orderrules.reading.hints import EMPTY_ARRAY, ENCODED_TWICE, NO_HINTS, Hint, Hints
from orderrules.reading.limits import OPTIONS, UPDATE_LIMITS, Limits
from orderrules.reading.models import Model
from orderrules.reading.problems import Code, InvalidInput, Part, Problem, Problems, read_with, reading
from orderrules.reading.strict_json import (
    BLANK,
    LONGEST,
    DuplicateKeys,
    UnsureError,
    decode_surely,
    flaws_in,
    give_up,
    has_more_keys,
    keys_in,
    load_source,
    scan,
)
from orderrules.reading.values import integer, invalid, is_mapping, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orderrules.reading.strict_json import Document

    DocumentReader = Callable[[str, str | bytes], tuple[Any, int]]
    """Takes a document, as text and as it was given; returns a model, and the number of keys that were read."""


ModelT = TypeVar("ModelT", bound=Model)
UPDATE: Final = Phrase.of("INPUTS", "update")
"""The name of the input in an error, if the platform is not known."""


def read_body(  # noqa: PLR0913 - all but two have defaults.
    model: type[ModelT],
    body: Mapping[str, object] | Document,
    *,
    what: str = UPDATE,
    hints: Hints = NO_HINTS,
    limits: Limits = UPDATE_LIMITS,
    show_values: bool = False,
) -> ModelT:
    """Read a model, such as a platform's ``Patch``, strictly from a body.

    Args:
        model: the class to read.
        body: a mapping, or a JSON document as text or bytes (``bytes``, ``bytearray`` or ``memoryview``).
        what: the name of the input in the error.
        hints: the usual mistakes in bodies of the platform.
        limits: the limits on the input and on the error.
        show_values: whether messages show invalid values, shortened; they may be personal data.

    Raises:
        InvalidInput: the body is invalid; has every problem, each with a JSON pointer into the body.
    """
    instance = read_quickly(model, body, limits)
    if instance is not None:
        return instance
    what = reading(what)
    if limits is UPDATE_LIMITS and not show_values:
        error = diagnose_quickly(model, body, what, hints)
        if error is not None:
            raise error
    with read_with(what, limits, hints, show_values=show_values):
        return read_carefully(model, body)


def write_body(model: Model) -> dict[str, object]:
    """Return a model as a JSON-ready dict; fields that are ``UNSET`` are left out.

    Raises:
        TypeError: the argument is not a model.
    """
    if not isinstance(model, Model):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a model, got {type(model).__name__}")

    from orderrules.reading.strict_reader import write_model

    return write_model(model)


_DEPTH: Final = 64
_KEYS: Final = 1024
"""More keys than any model has. The fast way does not count keys, so it is used only if the limit is at least this."""
_RISKY: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""An escaped NUL or surrogate."""


def read_quickly(model: type[ModelT], body: object, limits: Limits) -> ModelT | None:
    """Read a model from a document or a dict the fast way; return None if the careful way is needed.

    Unknown and duplicate keys of a document are found by counting. Each key has a colon after it, so if the document
    has as many colons as keys were read, it has no other keys. A colon before two slashes, escaped or not, can only be
    in a string and is not counted. If the numbers still differ, the keys are counted with a parser.
    """
    if limits is not UPDATE_LIMITS and not _are_wide_enough(limits):
        return None
    instance: ModelT
    try:
        if type(body) is bytes:
            text = body.decode()
        elif type(body) is str:
            text = body
            if not text.isascii():
                text.encode()  # Raises ValueError if the text has surrogates.
        else:
            instance, _ = reader(model, Source.DICT)(body, 0)
            return instance
        # Too many brackets may mean too deep a nesting. The parsers are recursive, so they never see such a document.
        is_deep = text.count("{") + text.count("[") > _DEPTH
        if len(body) > limits.size or is_deep or ("\\" in text and _RISKY.search(text)):
            return None
        instance, keys_read = (_DOCUMENT_READERS.get(model) or _document_reader(model))(text, body)
        colons = text.count(":")
        if (
            colons != keys_read
            and colons - text.count("://") - text.count(r":\/\/") != keys_read
            and has_more_keys(text, keys_read)
            and keys_in(text) != keys_read
        ):
            return None
    except (ValueError, KeyError, StopIteration, RuntimeError):  # RuntimeError: no stack is left, or a dict changed.
        return None
    return instance


def _are_wide_enough(limits: Limits) -> bool:
    return limits.digits >= LONGEST and limits.depth >= _DEPTH and limits.keys >= _KEYS


def _document_reader(model: type[Model]) -> DocumentReader:
    """Return the function that reads a model from a document the fast way; it uses msgspec if that is installed."""
    try:
        from orderrules.reading.msgspec_reader import take
    except ImportError:
        take = _make_document_reader
    return _DOCUMENT_READERS.setdefault(model, take(model) if can_generate(model) else give_up)


def _make_document_reader(model: type[Model]) -> DocumentReader:
    read = reader(model, Source.DOCUMENT)

    def take(text: str, _: str | bytes) -> tuple[Any, int]:
        value, end = scan(text, 0)
        if end != len(text) and text[end:].strip(BLANK):
            raise UnsureError
        return read(value, 0)

    return take


_DOCUMENT_READERS: Final[dict[type, DocumentReader]] = {}


def read_carefully(model: type[ModelT], body: object) -> ModelT:
    """Read a model from a body, a mapping or a document, the careful way.

    Raises:
        InvalidInput: the body is invalid; has every problem, in the order of the body.
    """
    from orderrules.reading.strict_reader import read_model

    value, has_flaws = load_source(body)
    problems = Problems()
    if type(value) is str and value.lstrip().startswith("{"):
        raise wrong_type("object", value, ENCODED_TWICE)
    try:
        instance = read_model(model, value)
        if not has_flaws:
            return instance
    except InvalidInput as error:
        problems.add_error(error)
    if has_flaws:
        problems.add_flaws(flaws_in(value))
    found = problems.error()
    raise InvalidInput(add_hints(found.problems, OPTIONS.get().hints), found.what, found.more, found.characters)


def diagnose_quickly(
    model: type[Model], body: object, what: str, hints: Hints, limits: Limits = UPDATE_LIMITS
) -> InvalidInput | None:
    """Return the error for a body that ``read_quickly`` gave up, or None if the careful way is needed."""
    from orderrules.reading.diagnosis import diagnose

    try:
        value = decode_surely(body, limits) if type(body) is bytes or type(body) is str else body
        found = diagnose(model, value, hints)
    except Exception:  # noqa: BLE001 - the mapping is not ours, and may raise anything.
        return None
    return InvalidInput(add_hints(found, hints) if found.needs_hints else found, what)


def add_hints(problems: Sequence[Problem], hints: Hints) -> list[Problem]:
    """Add the hints of a platform to the problems of a body: one for each undocumented key, or one for its object.

    The hint for the object, and the one for empty arrays, are shown once.
    """
    hinted = list(problems)
    shapes: dict[str, Hint] = {}
    paths: list[tuple[int, str, str]] = []
    for place, problem in enumerate(hinted):
        if problem.code is Code.UNKNOWN_KEY:
            parent, key = path = _split_pointer(problem)
            paths.append((place, parent, key))
            if path in hints.by_key:
                shapes[parent] = hints.by_key[path]
    for place, parent, key in paths:
        hint = shapes.get(parent) or hints.keys.get(f"{parent}.{key}" if parent else key)
        if hint is not None:
            hinted[place] = hinted[place].with_hint(hint)
    remedies = [problem.remedy for problem in hinted]
    for once in (EMPTY_ARRAY, *shapes.values()):
        if remedies.count(once) > 1:
            for place in [place for place, remedy in enumerate(remedies) if remedy == once][1:]:
                hinted[place] = hinted[place].with_hint(None)
    return hinted


def _split_pointer(problem: Problem) -> tuple[str, str]:
    """Split the pointer of a problem into the path of its object, with dots and without positions, and its key."""
    *parents, key = problem.pointer[1:].split("/")
    return ".".join([token for token in parents if not token.isdigit()]) if parents else "", key


def gather(*steps: Callable[[], object]) -> tuple[Any, ...]:
    """Call all functions, and return their results.

    Raises:
        InvalidInput: a function raised it; has the problems of all functions, in their order.
    """
    results: list[object] = []
    problems = Problems()
    for step in steps:
        try:
            results.append(step())
        except InvalidInput as error:
            problems.add_error(error)
    if problems:
        raise problems.error()
    return tuple(results)


def at(*path: str, read: Callable[[object], Any], value: object, part: Part = Part.BODY) -> Any:  # noqa: ANN401 - returns what ``read`` returns.
    """Call ``read`` on a value; move its problems to ``path`` in the given part of the request."""
    try:
        return read(value)
    except InvalidInput as error:
        raise error.each(lambda problem: attrs.evolve(problem.under(*path), part=part)) from None


def identifier(value: object, name: str) -> int:
    """Read an integer from the path of a request: an ``int``, or a string of ASCII digits.

    Raises:
        InvalidInput: the value is neither of these, or has too many digits.
    """
    return at(name, read=_read_decimal, value=value, part=Part.PATH)  # type: ignore[no-any-return]


def _read_decimal(value: object) -> int:
    if type(value) is str and re.fullmatch(r"[0-9]+", value):
        if len(value) <= OPTIONS.get().limits.digits:
            with contextlib.suppress(ValueError):  # Python may have a lower limit: sys.set_int_max_str_digits.
                return int(value)
        raise invalid(Code.NUMBER_TOO_LONG, bound=OPTIONS.get().limits.digits)
    if type(value) is int:
        return integer(value)
    if type(value) is str:
        raise invalid(Code.WRONG_TYPE, expected="decimal", found="other string")
    raise wrong_type("id", value)


def read_query(model: type[ModelT], asked: object) -> ModelT:
    """Read the query of a request strictly: a mapping, or the text after the question mark.

    Raises:
        InvalidInput: the query is invalid; has every problem.
    """
    return at(read=functools.partial(_read_query, model), value=asked, part=Part.QUERY)  # type: ignore[no-any-return]


def _read_query(model: type[ModelT], query: object) -> ModelT:
    from orderrules.reading.strict_reader import read_model

    if type(query) is not str:
        if not is_mapping(query):
            raise wrong_type("query", query)
        return read_model(model, query)
    if len(query) > OPTIONS.get().limits.size:
        most = OPTIONS.get().limits.size
        raise invalid(Code.TOO_LARGE, reason="characters", found=len(query), bound=most)
    from urllib.parse import parse_qsl

    pairs: list[tuple[str, object]] | None = None
    with contextlib.suppress(UnicodeError):
        pairs = [*parse_qsl(query, keep_blank_values=True, errors="strict")]
    if pairs is None:
        raise invalid(Code.NOT_UTF8, reason="bytes")
    values = dict(pairs)
    if len(values) == len(pairs):
        return read_quickly(model, values, OPTIONS.get().limits) or read_model(model, values)
    return read_model(model, DuplicateKeys(pairs))
