"""The text of functions that build and read models fast.

There are two ways to build a model and to read one. The quick way, written here, takes values that are plainly right,
and gives up on everything else (``UnsureError``). The careful way (``models``, ``careful``) then starts again from the
beginning, and it alone says what is wrong. So no answer depends on the way taken; the tests compare both.

For each model, functions are generated as text from the names of its fields and compiled once, as attrs does for
``__init__``; ``inspect.getsource`` shows them. For a model with one field ``size: int | Unset = UNSET`` the reader of a
document is::

    def read(found, taken):
        if type(found) is not dict: raise UnsureError
        self = opened()
        if 'size' in found:
            its = found['size']
            if not (type(its) is int and -9223372036854775808 < its < 9223372036854775808):
                raise UnsureError
            self.size = its
            taken += 1
        else: self.size = UNSET
        self.__class__ = model
        return self, taken
"""

from __future__ import annotations

import functools
import linecache
from datetime import date
from enum import Enum, StrEnum
from types import MemberDescriptorType, NoneType
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast, get_args

import attrs

from orderrules.reading.fields import UNSET, AnyModel, is_array, is_model, slots_of
from orderrules.reading.strict_json import UnsureError
from orderrules.reading.values import leaf, members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orderrules.reading.fields import Slot

    Reader = Callable[[object, int], tuple[Any, int]]
    """Takes what was found, and how many keys were taken before; gives a model, and how many are taken now."""


_LARGE: Final = 1 << 63

_DEEPEST: Final = 16
"""Models in each other: with arrays between them, still no deeper than the limits."""


class Source(Enum):
    """What a model is read from."""

    DOCUMENT = "what a document holds: its text is plain, its keys are counted by whoever reads it"
    STRUCT = "what msgspec found in a document, as an object that is laid out like the model"
    DICT = "a dict of whatever origin"


def is_plain(text: str) -> bool:
    """Say whether a text holds neither a NUL nor a surrogate."""
    if "\0" in text:
        return False
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


_PLAIN: Final = " and ({its}.isascii() and '\\0' not in {its} or is_plain({its}))"

_UNSURE: Final = "raise UnsureError"

_TEXT: Final = "<orderrules text"

_BUILD: Final = f"{_TEXT} build "

_NAMES: Final[dict[str, Any]] = {"UNSET": UNSET, "UnsureError": UnsureError, "is_plain": is_plain}


def builder(model: type[AnyModel]) -> Callable[..., None] | None:
    """Write an ``__init__`` that sets what is plainly well, and leaves all else to the one that attrs wrote.

    None where a model is built in another way than all of its fields by keyword.
    """
    if not _is_built_by_keyword(model) or _open_class(model) is None:
        return None
    written, fields = model.__init__, attrs.fields(model)  # type: ignore[arg-type]  # models are attrs classes.
    derived, _, keys = model.__derived__()
    names = {**_NAMES, "init_of_attrs": written}
    unsure = f"return init_of_attrs(self, {', '.join(f'{field.name}={field.name}' for field in fields)})"
    lines = ["number = 0"] if derived else []
    for field in fields:
        names |= {f"default_{field.name}": field.default, f"converter_{field.name}": field.converter}
        names[f"set_{field.name}"] = getattr(model, field.name).__set__
        lines.append(f"its = converter_{field.name}({field.name})" if field.converter else f"its = {field.name}")
        slot = slots_of(model)[field.name]
        said = _check_lines(slot.annotation, names, unsure, tuple)
        if field.name in keys:
            said.append(f"number |= {1 << keys.index(field.name)}")
        lines += ["if its is not UNSET:", *_indent(said)] if slot.absent else said
        lines.append(f"set_{field.name}(self, its)")
    if derived:
        names["put"] = getattr(model, derived).__set__
        lines += [*_facts(model, names, unsure), "put(self, number)"]
    if not _WORDS.union(names).isdisjoint(field.name for field in fields):
        return None
    defaults = (f"={f'default_{field.name}'}" if field.default is not attrs.NOTHING else "" for field in fields)
    taken = ", ".join(f"{field.name}{default}" for field, default in zip(fields, defaults, strict=True))
    build: Callable[..., None] = _compile("build", model, [f"def __init__(self, *, {taken}):", *_indent(lines)], names)
    functools.update_wrapper(build, written)
    # Python 3.14 has it copy the function that makes annotations, which attrs does not set.
    build.__annotations__ = written.__annotations__
    return build


_FACTORY: Final[type] = type(cast("object", attrs.Factory(list)))

_WORDS: Final = frozenset({"self", "its", "item", "number", "type", "str", "int", "float", "bool", "tuple"})


def _is_built_by_keyword(model: type[AnyModel]) -> bool:
    """Say whether a model is built as attrs has it, all of its fields by keyword and with plain defaults."""
    return _is_built_by_attrs(model) and all(
        field.init
        and field.kw_only
        and field.alias == field.name
        and field.validator is None
        and not isinstance(field.converter, attrs.Converter)
        and not isinstance(field.default, _FACTORY)
        and isinstance(getattr(model, field.name, None), MemberDescriptorType)
        for field in attrs.fields(model)  # type: ignore[arg-type]  # models are attrs classes.
    )


def _is_built_by_attrs(model: type[AnyModel]) -> bool:
    """Say whether building takes no step of the model's own."""
    return (
        model.__init__.__code__.co_filename.startswith(("<attrs generated", _BUILD))
        and not hasattr(model, "__attrs_pre_init__")
        and model.__new__ is object.__new__
        and _module_of(model, "__attrs_post_init__").startswith("orderrules.reading.")
        and _module_of(model, "__check__").startswith("orderrules.")
    )


def _module_of(model: type[AnyModel], method: str) -> str:
    name: str = getattr(model, method).__module__
    return name


def _reader(model: type[AnyModel], source: Source, read_number: Callable[[Any], int | float] = float) -> Reader:
    """Write the function that reads a model; it raises ``ValueError`` or ``KeyError`` where it is unsure.

    A frozen object is set field by field through its descriptors, which would take longer than all else. So it is
    filled while it is of a class that is laid out alike and not frozen, and then becomes what it is.
    """
    opened = _open_class(model) if can_generate(model) else None
    if opened is None:
        return _give_up
    derived, _, keys = model.__derived__()
    names = {**_NAMES, "opened": opened, "model": model}
    lines = ["def read(found, taken):", "    self = opened()", *(["    number = 0"] if derived else [])]
    if source is not Source.STRUCT:
        lines.insert(1, "    if type(found) is not dict: raise UnsureError")
    if source is Source.DICT:
        lines += ["    taken = 0", "    for key in found:", "        if type(key) is not str: raise UnsureError"]
    for name, slot in slots_of(model).items():
        kept = [*_take_lines(slot, names, source, read_number), f"self.{name} = its", "taken += 1"]
        if name in keys:
            kept.append(f"number |= {1 << keys.index(name)}")
        otherwise = f"else: self.{name} = UNSET" if slot.optional else f"else: {_UNSURE}"
        if source is Source.STRUCT:
            lines += _indent([f"its = found.{name}", "if its is not UNSET:", *_indent(kept), otherwise])
        else:
            lines += _indent([f"if {name!r} in found:", f"    its = found[{name!r}]", *_indent(kept), otherwise])
    if source is Source.DICT:
        lines.append("    if taken != len(found): raise UnsureError")
    if derived:
        lines += _indent([*_facts(model, names, _UNSURE), f"self.{derived} = number"])
    lines += ["    self.__class__ = model", "    return self, taken"]
    read: Reader = _compile(f"read {source.name.lower()}", model, lines, names)
    return read


# Typed anew, because a checker sees no hashable argument in a class.
reader: Final[Callable[..., Reader]] = functools.cache(_reader)


def _give_up(_: object, __: int) -> NoReturn:
    raise UnsureError


def can_generate(model: type[AnyModel], *above: type[AnyModel]) -> bool:
    """Say whether a model is read field by field, and holds no model that holds it again, nor too deep a one."""
    plain = _is_built_by_attrs(model) and all(
        field.init
        and field.alias == field.name
        and field.converter is None
        and field.validator is None
        and (field.default is UNSET or field.default is attrs.NOTHING)
        for field in attrs.fields(model)  # type: ignore[arg-type]  # models are attrs classes.
    )
    _, facts, _ = model.__derived__()
    # A property may need the finished object.
    reads_fields = all(attribute in slots_of(model) for _, attribute, _, _ in facts)
    return (
        plain
        and reads_fields
        and all(
            inner not in above and len(above) < _DEEPEST and can_generate(inner, *above, model)
            for slot in slots_of(model).values()
            for inner in (slot.annotation, *get_args(slot.annotation))
            if is_model(inner)
        )
    )


def _make_open_class(model: type) -> type | None:
    """Make the class that an object is of while it is filled; None where none is laid out as the model is."""
    try:
        opened = type(f"Open{model.__name__}", model.__bases__, {"__slots__": tuple(slots_of(model))})
        opened().__class__ = model
    except TypeError:
        return None
    return opened


_open_class: Final[Callable[[type], type | None]] = functools.cache(_make_open_class)


def _take_lines(
    slot: Slot, names: dict[str, Any], source: Source, read_number: Callable[[Any], int | float]
) -> list[str]:
    """Write the lines that check a value that was found, and turn it into what is kept of it."""
    annotation, name = slot.annotation, f"read_{slot.name}"
    item = get_args(annotation)[0] if is_array(annotation) else annotation
    if is_model(item):
        names[name] = reader(item, source, read_number)
        count = "_" if source is Source.DICT else "taken"  # Of a dict, only its own keys are counted.
        if item is annotation:
            return [f"its, {count} = {name}(its, taken)"]
        into = [f"    item, {count} = {name}(item, taken)", "    items.append(item)"]
        return [f"if type(its) is not list: {_UNSURE}", "items = []", "for item in its:", *into, "its = tuple(items)"]
    lines: list[str] = []
    if source is Source.STRUCT and float in members(item):
        names["number_of"] = read_number
        lines = ["its = [number_of(item) for item in its]" if is_array(annotation) else "its = number_of(its)"]
    if is_text_in_json(item):
        names[name] = leaf(item)
        if item is annotation:
            return [f"its = {name}(its)"]
        return [f"if type(its) is not list: {_UNSURE}", f"its = tuple([{name}(item) for item in its])"]
    if source is not Source.STRUCT or item not in {str, bool}:
        lines += _check_lines(annotation, names, _UNSURE, list, vouched=source is not Source.DICT)
    return [*lines, "its = tuple(its)"] if is_array(annotation) else lines


def _check_lines(
    annotation: object, names: dict[str, Any], otherwise: str, array: type, *, vouched: bool = False
) -> list[str]:
    """Write the lines that do something else unless a value is plainly what is annotated, and is kept as it is."""
    if not is_array(annotation):
        return [f"if not ({_check_expression(annotation, 'its', names, vouched=vouched)}):", f"    {otherwise}"]
    item = _check_expression(get_args(annotation)[0], "item", names, vouched=vouched)
    return [
        f"if type(its) is not {array.__name__}: {otherwise}",
        "for item in its:",
        f"    if not ({item}):",
        f"        {otherwise}",
    ]


def _check_expression(annotation: object, its: str, names: dict[str, Any], *, vouched: bool) -> str:
    """Write the expression that says so of one value."""
    options = members(annotation)
    ways: list[str] = []
    for option in options:
        if option is str:
            # A text that may stand for a choice or a day would be kept as that.
            if not any(map(is_text_in_json, options)):
                ways.append(f"type({its}) is str" + _PLAIN.format(its=its) * (not vouched))
        elif option is int or option is float:
            ways.append(f"type({its}) is int and {-_LARGE} < {its} < {_LARGE}")
            if option is float:
                ways.append(f"type({its}) is float and {its} - {its} == 0")  # Of what is not finite that is no 0.
        elif option is NoneType:
            ways.append(f"{its} is None")
        elif isinstance(option, type):
            ways.append(f"type({its}) is {_bind(option, names)}")
    return " or ".join(dict.fromkeys(ways)) or "False"


def _bind(kind: type, names: dict[str, Any]) -> str:
    """Give a name by which the text knows a class, whatever the class calls itself."""
    names[f"class_{len(names)}"] = kind
    return f"class_{len(names) - 1}"


def is_text_in_json(annotation: object) -> bool:
    """Say whether JSON has a text where a value is annotated as this: a choice, or a day."""
    return annotation is date or (isinstance(annotation, type) and issubclass(annotation, StrEnum))


def _facts(model: type[AnyModel], names: dict[str, Any], unsure: str) -> Iterator[str]:
    """Write the lines that number the point of an object's facts, above the bits of the keys that it sends."""
    _, facts, keys = model.__derived__()
    for place, (_, attribute, added, unknown) in enumerate(facts):
        names[f"added_{place}"] = {value: weight << len(keys) for value, weight in added.items()}
        otherwise = "" if unknown is None else f", {unknown << len(keys)}"
        yield f"its = added_{place}.get(self.{attribute}{otherwise})"
        if unknown is None:
            yield f"if its is None: {unsure}"
        yield "number += its"


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _compile(task: str, model: type, lines: list[str], names: dict[str, Any]) -> Any:  # noqa: ANN401 - a function.
    """Compile a function, and keep its text where tracebacks and ``inspect`` find it."""
    text, name = "\n".join(lines) + "\n", lines[0].split("(")[0].removeprefix("def ")
    place = f"{_TEXT} {task} {model.__module__}.{model.__qualname__}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    exec(compile(text, place, "exec"), names)  # noqa: S102 - the names of fields, and our own constants.
    return names[name]
