"""Generated functions that build and read models fast.

There are two ways to build and to read a model. The fast way, generated here, accepts values that are clearly valid.
For everything else it raises ``UnsureError``; then the careful way (``models``, ``strict_reader``) starts again.
Only the careful way reports problems, so the result is the same either way; the tests compare both.

For each model, the source of the functions is generated from its fields and compiled once, as attrs does for
``__init__``. ``inspect.getsource`` shows it. In it, ``value`` is the value of the current field. For a model with one
field ``size: int | Unset = UNSET``, the reader of a document is::

    def read(data, keys_read):
        if type(data) is not dict: raise UnsureError
        self = new(model)
        if 'size' in data:
            value = data['size']
            if not (type(value) is int and -9223372036854775808 < value < 9223372036854775808):
                raise UnsureError
            set_size(self, value)
            keys_read += 1
        else: set_size(self, UNSET)
        return self, keys_read

``new`` is ``object.__new__``, and ``set_size`` the setter of the field's slot, which a frozen class does not block.
"""

from __future__ import annotations

import functools
import linecache
from datetime import date
from enum import Enum, StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from orderrules.reading.fields import UNSET, AnyModel, CanonicalWeights, is_array, is_model, slots_of
from orderrules.reading.strict_json import UnsureError, give_up
from orderrules.reading.values import leaf, members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orderrules.reading.fields import Slot

    Reader = Callable[[object, int], tuple[Any, int]]
    """Takes a decoded value and the number of keys read before it; returns a model and the new number of keys."""


LARGE: Final = 1 << 63
"""Integers from -LARGE to LARGE, both left out, are clearly valid."""
_DEEPEST: Final = 16
"""Levels of nested models; with an array at each level, this is still within the default ``Limits.depth``."""


class Source(Enum):
    """The kind of data that a model is read from."""

    DOCUMENT = "what a document holds: text without NUL and surrogates; the caller counts the keys"
    STRUCT = "what msgspec found in a document, as an object that is laid out like the model"
    DICT = "a dict of whatever origin"


def is_plain(text: str) -> bool:
    """Return whether a text has no NUL and no surrogate."""
    if "\0" in text:
        return False
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


_PLAIN_TEXT: Final = " and ({value}.isascii() and '\\0' not in {value} or is_plain({value}))"
_UNSURE: Final = "raise UnsureError"
_TEXT: Final = "<orderrules text"
_NAMES: Final[dict[str, Any]] = {"UNSET": UNSET, "UnsureError": UnsureError, "is_plain": is_plain}


def make_init(model: type[AnyModel], careful: Callable[..., None]) -> Callable[..., None]:
    """Generate the ``__init__`` of a model: it sets the fields if all are clearly valid, and is careful otherwise.

    Args:
        model: the model, of which every field has a slot.
        careful: is called with the object and its values, by name; converts, checks and sets them.
    """
    fields: Any = attrs.fields(model)
    derived, _, keys = model.__derived__()
    names: dict[str, Any] = {**_NAMES, "_careful": careful}
    unsure = f"return _careful(self, {', '.join(f'{field.name}={field.name}' for field in fields)})"
    lines = ["number = 0"] if derived else []
    for field in fields:
        names |= {f"default_{field.name}": field.default, f"converter_{field.name}": field.converter}
        names[f"set_{field.name}"] = getattr(model, field.name).__set__
        lines.append(f"value = converter_{field.name}({field.name})" if field.converter else f"value = {field.name}")
        slot = slots_of(model)[field.name]
        checks = _check_lines(slot.annotation, names, unsure, tuple)
        if field.name in keys:
            checks.append(f"number |= {1 << keys.index(field.name)}")
        lines += ["if value is not UNSET:", *indent(checks)] if slot.absent else checks
        lines.append(f"set_{field.name}(self, value)")
    if derived:
        names["put"] = getattr(model, derived).__set__
        lines += [*_number_lines(model, names, unsure), "put(self, number)"]
    if not _RESERVED.union(names).isdisjoint(field.name for field in fields):
        lines = [unsure]  # A parameter would hide a name that the lines above use.
    defaults = (f"={f'default_{field.name}'}" if field.default is not attrs.NOTHING else "" for field in fields)
    parameters = "".join(f", {field.name}{default}" for field, default in zip(fields, defaults, strict=True))
    signature = f"def __init__(self{', *' * bool(fields)}{parameters}):"
    build: Callable[..., None] = compile_function("build", model, [signature, *indent(lines or ["pass"])], names)
    build.__qualname__, build.__module__ = f"{model.__qualname__}.__init__", model.__module__
    build.__annotations__ = {field.name: slots_of(model)[field.name].annotation for field in fields}
    return build


_RESERVED: Final = frozenset({"self", "value", "item", "number", "type", "str", "int", "float", "bool", "tuple"})


def _reader(model: type[AnyModel], source: Source, read_number: Callable[[Any], int | float] = float) -> Reader:
    """Generate the function that reads a model; it raises ``ValueError`` or ``KeyError`` if it is unsure."""
    if not can_generate(model):
        return give_up
    derived, _, keys = model.__derived__()
    names = {**_NAMES, "new": object.__new__, "model": model}
    lines = ["def read(data, keys_read):", "    self = new(model)", *(["    number = 0"] if derived else [])]
    if source is not Source.STRUCT:
        lines.insert(1, "    if type(data) is not dict: raise UnsureError")
    if source is Source.DICT:
        lines += ["    keys_read = 0", "    for key in data:", "        if type(key) is not str: raise UnsureError"]
    for name, slot in slots_of(model).items():
        names[f"set_{name}"] = getattr(model, name).__set__
        store = [*_value_lines(slot, names, source, read_number), f"set_{name}(self, value)", "keys_read += 1"]
        if name in keys:
            store.append(f"number |= {1 << keys.index(name)}")
        otherwise = f"else: set_{name}(self, UNSET)" if slot.optional else f"else: {_UNSURE}"
        if source is Source.STRUCT:
            lines += indent([f"value = data.{name}", "if value is not UNSET:", *indent(store), otherwise])
        else:
            lines += indent([f"if {name!r} in data:", f"    value = data[{name!r}]", *indent(store), otherwise])
    if source is Source.DICT:
        lines.append("    if keys_read != len(data): raise UnsureError")
    if derived:
        names["put"] = getattr(model, derived).__set__
        lines += indent([*_number_lines(model, names, _UNSURE), "put(self, number)"])
    lines.append("    return self, keys_read")
    read: Reader = compile_function(f"read {source.name.lower()}", model, lines, names)
    return read


# Wrapped here and not with a decorator: type checkers do not see that a class is a hashable argument.
reader: Final[Callable[..., Reader]] = functools.cache(_reader)


def can_generate(model: type[AnyModel], *above: type[AnyModel]) -> bool:
    """Return whether a model can be read by generated functions.

    Its fields must have no converters and no defaults but ``UNSET``; it must not contain itself, and must not be nested
    too deeply.
    """
    is_simple = all(
        field.converter is None and (field.default is UNSET or field.default is attrs.NOTHING)
        for field in attrs.fields(model)
    )
    _, facts, _ = model.__derived__()
    # A fact may also be read from a property, which may need the complete object.
    reads_fields = all(attribute in slots_of(model) for _, attribute, _, _ in facts)
    return (
        is_simple
        and reads_fields
        and all(
            inner not in above and len(above) < _DEEPEST and can_generate(inner, *above, model)
            for slot in slots_of(model).values()
            for inner in (slot.annotation, *get_args(slot.annotation))
            if is_model(inner)
        )
    )


def _value_lines(
    slot: Slot, names: dict[str, Any], source: Source, read_number: Callable[[Any], int | float]
) -> list[str]:
    """Return the lines of source that check the value ``value``, and convert it to the value to store."""
    annotation, name = slot.annotation, f"read_{slot.name}"
    item = get_args(annotation)[0] if is_array(annotation) else annotation
    if is_model(item):
        names[name] = reader(item, source, read_number)
        count = "_" if source is Source.DICT else "keys_read"  # For a dict, only its own keys are counted.
        if item is annotation:
            return [f"value, {count} = {name}(value, keys_read)"]
        loop = [f"    item, {count} = {name}(item, keys_read)", "    items.append(item)"]
        return [
            f"if type(value) is not list: {_UNSURE}",
            "items = []",
            "for item in value:",
            *loop,
            "value = tuple(items)",
        ]
    lines: list[str] = []
    if source is Source.STRUCT and float in members(item):
        names["number_of"] = read_number
        lines = ["value = [number_of(item) for item in value]" if is_array(annotation) else "value = number_of(value)"]
    if is_text_in_json(item):
        names[name] = leaf(item)
        if item is annotation:
            return [f"value = {name}(value)"]
        return [f"if type(value) is not list: {_UNSURE}", f"value = tuple([{name}(item) for item in value])"]
    if source is not Source.STRUCT or item not in {str, bool, int}:
        lines += _check_lines(annotation, names, _UNSURE, list, plain_text=source is not Source.DICT)
    return [*lines, "value = tuple(value)"] if is_array(annotation) else lines


def _check_lines(
    annotation: object, names: dict[str, Any], otherwise: str, array: type, *, plain_text: bool = False
) -> list[str]:
    """Return the lines of source that run ``otherwise`` unless ``value`` is clearly valid and needs no conversion.

    ``plain_text`` says that strings are already known to have no NUL and no surrogate.
    """
    if not is_array(annotation):
        return [f"if not ({check_expression(annotation, 'value', names, plain_text=plain_text)}):", f"    {otherwise}"]
    item = check_expression(get_args(annotation)[0], "item", names, plain_text=plain_text)
    return [
        f"if type(value) is not {array.__name__}: {otherwise}",
        "for item in value:",
        f"    if not ({item}):",
        f"        {otherwise}",
    ]


def check_expression(annotation: object, value: str, names: dict[str, Any], *, plain_text: bool) -> str:
    """Return the expression that checks one value."""
    options = members(annotation)
    checks: list[str] = []
    for option in options:
        if option is str:
            # In a union with a choice or a date, the careful way may convert the string.
            if not any(map(is_text_in_json, options)):
                checks.append(f"type({value}) is str" + _PLAIN_TEXT.format(value=value) * (not plain_text))
        elif option is int or option is float:
            checks.append(f"type({value}) is int and {-LARGE} < {value} < {LARGE}")
            if option is float:
                checks.append(f"type({value}) is float and {value} - {value} == 0")  # False for infinity and NaN.
        elif option is NoneType:
            checks.append(f"{value} is None")
        elif isinstance(option, type):
            checks.append(f"type({value}) is {_bind(option, names)}")
    return " or ".join(dict.fromkeys(checks)) or "False"


def _bind(kind: type, names: dict[str, Any]) -> str:
    """Add a class to the names of the generated source; return its name there, because its own may be any string."""
    names[f"class_{len(names)}"] = kind
    return f"class_{len(names) - 1}"


def is_text_in_json(annotation: object) -> bool:
    """Return whether an annotated value is a string in JSON but not in Python: a choice or a date."""
    return annotation is date or (isinstance(annotation, type) and issubclass(annotation, StrEnum))


def _number_lines(model: type[AnyModel], names: dict[str, Any], unsure: str) -> Iterator[str]:
    """Yield the lines of source that add the index of the object's facts, shifted above the key bits."""
    _, facts, keys = model.__derived__()
    for place, (_, attribute, added, unknown) in enumerate(facts):
        names[f"added_{place}"] = (
            added.shifted(len(keys))
            if isinstance(added, CanonicalWeights)
            else {value: weight << len(keys) for value, weight in added.items()}
        )
        otherwise = "" if unknown is None else f", {unknown << len(keys)}"
        yield f"value = added_{place}.get(self.{attribute}{otherwise})"
        if unknown is None:
            yield f"if value is None: {unsure}"
        yield "number += value"


def indent(lines: Iterable[str]) -> list[str]:
    """Indent lines of source by one level."""
    return [f"    {line}" for line in lines]


def compile_function(task: str, model: type, lines: list[str], names: dict[str, Any]) -> Any:  # noqa: ANN401 - returns a function.
    """Compile a function, and put its source into ``linecache``, where tracebacks and ``inspect`` find it."""
    text, name = "\n".join(lines) + "\n", lines[0].split("(")[0].removeprefix("def ")
    place = f"{_TEXT} {task} {model.__module__}.{model.__qualname__}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    exec(compile(text, place, "exec"), names)  # noqa: S102 - the source has only our code and the names of fields.
    return names[name]
