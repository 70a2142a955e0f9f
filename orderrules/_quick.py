"""The strict readings written out: for each model, functions that take what is plainly well, and take it fast.

Reading and building go two ways. This is the quick one: it takes what is plainly the documented value, and is unsure
of all else, right or wrong. The careful one (``_wire``, ``_models``) then begins anew, and it alone says what is wrong.
So no answer depends on the way it came; tests hold the two against each other.

The functions are text that is compiled when a model is first used, as attrs writes an ``__init__``: out of the names
of fields, which are identifiers, and constants of our own; ``inspect.getsource`` shows it.
It must never know a platform or a rule, nor say what is wrong.

The module is longer than most because a function is written for each way to come by a model.
"""

from __future__ import annotations

import functools
import json
import linecache
import re
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, get_args

import attrs

from orderrules._limits import UPDATE_LIMITS, Limits
from orderrules._models import UNSET, Checked, is_array, is_model, slots_of
from orderrules._values import leaf, members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orderrules._models import Slot

    Reader = Callable[[object, int], tuple[Any, int]]
    """Takes what was found, and how many keys were taken before; gives a model, and how many are taken now."""

ModelT = TypeVar("ModelT", bound=Checked)

_LARGE: Final = 1 << 63
_ENOUGH: Final = 32
"""Digits of a fraction and depth that whatever is taken here keeps to, and keys; what limits have to allow for that."""
_BLANK: Final = " \t\n\r"
_RISKY: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""An escaped NUL, or half of an escaped pair of surrogates."""


class UnsureError(ValueError):
    """Not plainly well; the careful way decides."""


def read(model: type[ModelT], body: object, limits: Limits) -> ModelT | None:
    """Read a model from a document or a dict; None where that is left to the careful way.

    Each key of a document stands before a colon. So where there are no more colons than documented keys were taken,
    no key is unknown, and none stands twice; a colon before two slashes stands in a text. Where there are others,
    each object is looked at as it is read.
    """
    if limits is not UPDATE_LIMITS and not _are_enough(limits):
        return None
    made: ModelT
    try:
        if type(body) is bytes:
            text = body.decode()
        elif type(body) is str:
            text = body
            if not text.isascii():
                text.encode()  # It has no surrogates, or is left to the careful way.
        else:
            made, _ = reader(model, vouched=False)(body, 0)
            return made
        if len(body) > limits.size or ("\\" in text and _RISKY.search(text)):
            return None
        found, end = _decode(text)
        if end != len(text) and text[end:].strip(_BLANK):
            return None
        made, taken = (_READERS.get(model) or _reader_of(model))(found, 0)
        colons = text.count(":")
        if colons != taken and colons - text.count("://") != taken:
            made, _ = reader(model, vouched=False)(_decode_warily(text)[0], 0)
    except (ValueError, KeyError, RecursionError):
        return None
    return made


def _are_enough(limits: Limits) -> bool:
    return limits.digits >= _ENOUGH and limits.depth >= _ENOUGH and limits.keys >= _ENOUGH


def _float(literal: str) -> float:
    if len(literal) > _ENOUGH:
        raise UnsureError
    return float(literal)


def _constant(_: str) -> NoReturn:
    raise UnsureError


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnsureError
    return found


_decode: Final = json.JSONDecoder(parse_float=_float, parse_constant=_constant).raw_decode
_decode_warily: Final = json.JSONDecoder(
    parse_float=_float, parse_constant=_constant, object_pairs_hook=_object
).raw_decode


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


_UNSURE: Final = "raise UnsureError"
_NAMES: Final[dict[str, Any]] = {"UNSET": UNSET, "UnsureError": UnsureError, "is_plain": is_plain}


def _checker(model: type[Checked]) -> Callable[[Any], None]:
    """Write a model's ``__attrs_post_init__``: it checks an object just built, and sets what is derived."""
    derived, _, keys = model.__derived__()
    names = dict(_NAMES)
    lines = ["def __attrs_post_init__(self):", "    number = 0"]
    for field in slots_of(model).values():
        lines.append(f"    its = self.{field.name}")
        said = _unless_well(field.annotation, names, "return self.__check__()", tuple)
        if field.name in keys:
            said.append(f"number |= {1 << keys.index(field.name)}")
        lines += _indented(["if its is not UNSET:", *_indented(said)] if field.absent else said)
    if derived:
        names["put"] = getattr(model, derived).__set__
        lines += _indented([*_facts(model, names, "return self.__check__()"), "put(self, number)"])
    check: Callable[[Any], None] = _compiled(model, lines, names)
    return check


# Named apart and typed anew, because a checker sees no hashable argument in a class.
checker: Final[Callable[[type], Callable[[Any], None]]] = functools.cache(_checker)


def _reader(model: type[Checked], *, vouched: bool) -> Reader:
    """Write the function that reads a model from a dict; it raises ``ValueError`` or ``KeyError`` where it is unsure.

    A frozen object is set field by field through its descriptors, which would take longer than all else. So it is
    filled while it is of a class that is laid out alike and not frozen, and then becomes what it is.

    Args:
        model: what is read.
        vouched: whether all text is known to be plain, all keys to be text, and none of them to be unknown.
    """
    if not _can_be_written(model):
        return _unsure
    derived, _, keys = model.__derived__()
    slots = slots_of(model)
    names = {**_NAMES, "opened": _opened(model), "model": model}
    lines = ["def read(found, taken):", "    if type(found) is not dict: raise UnsureError"]
    if not vouched:
        lines += ["    for key in found:", "        if type(key) is not str: raise UnsureError"]
    lines += ["    self = opened()", f"    number = {'0' if vouched else 'taken = 0'}"]
    for name, slot in slots.items():
        taken = [f"its = found[{name!r}]", *_taken(slot, names, vouched=vouched), f"self.{name} = its", "taken += 1"]
        if name in keys:
            taken.append(f"number |= {1 << keys.index(name)}")
        otherwise = f"self.{name} = UNSET" if slot.absent else "raise UnsureError"
        lines += _indented([f"if {name!r} in found:", *_indented(taken), f"else: {otherwise}"])
    if not vouched:
        lines.append("    if taken != len(found): raise UnsureError")
    if derived:
        lines += _indented([*_facts(model, names, _UNSURE), f"self.{derived} = number"])
    lines += ["    self.__class__ = model", "    return self, taken"]
    read: Reader = _compiled(model, lines, names)
    return read


reader: Final[Callable[..., Reader]] = functools.cache(_reader)
_READERS: Final[dict[type, Reader]] = {}
"""The functions that read what comes from a document, which are asked for most."""


def _reader_of(model: type[Checked]) -> Reader:
    return _READERS.setdefault(model, reader(model, vouched=True))


def _unsure(_: object, __: int) -> NoReturn:
    raise UnsureError


def _can_be_written(model: type[Checked], *above: type[Checked]) -> bool:
    """Say whether a model is read field by field, and holds no model that holds it again."""
    plain = all(
        field.converter is None and field.validator is None and field.default in {UNSET, attrs.NOTHING}
        for field in attrs.fields(model)  # type: ignore[arg-type]  # models are attrs classes.
    )
    return plain and all(
        inner not in above and _can_be_written(inner, *above, model)
        for slot in slots_of(model).values()
        for inner in (slot.annotation, *get_args(slot.annotation))
        if is_model(inner)
    )


def _opened(model: type[Checked]) -> type:
    """Make the class that an object is of while it is filled."""
    opened = type(f"Open{model.__name__}", model.__bases__, {"__slots__": tuple(slots_of(model))})
    opened().__class__ = model  # Raises TypeError if they are laid out otherwise.
    return opened


def _taken(slot: Slot, names: dict[str, Any], *, vouched: bool) -> list[str]:
    """Write the lines that check a value that was found, and turn it into what is kept of it."""
    annotation, name = slot.annotation, f"read_{slot.name}"
    item = get_args(annotation)[0] if is_array(annotation) else annotation
    if is_model(item):
        names[name] = reader(item, vouched=vouched)
        count = "taken" if vouched else "_"  # Else each dict's keys are compared with its own number.
        if item is annotation:
            return [f"its, {count} = {name}(its, taken)"]
        into = [f"    item, {count} = {name}(item, taken)", "    items.append(item)"]
        return [f"if type(its) is not list: {_UNSURE}", "items = []", "for item in its:", *into, "its = tuple(items)"]
    if _is_written_as_text(item):
        names[name] = leaf(item)
        if item is annotation:
            return [f"its = {name}(its)"]
        return [f"if type(its) is not list: {_UNSURE}", f"its = tuple([{name}(item) for item in its])"]
    lines = _unless_well(annotation, names, _UNSURE, list, vouched=vouched)
    return [*lines, "its = tuple(its)"] if is_array(annotation) else lines


def _unless_well(
    annotation: object, names: dict[str, Any], otherwise: str, array: type, *, vouched: bool = False
) -> list[str]:
    """Write the lines that do something else unless a value is plainly what is annotated, and is kept as it is."""
    if not is_array(annotation):
        return [f"if not ({_is_well(annotation, 'its', names, vouched=vouched)}): {otherwise}"]
    item = _is_well(get_args(annotation)[0], "item", names, vouched=vouched)
    return [
        f"if type(its) is not {array.__name__}: {otherwise}",
        "for item in its:",
        f"    if not ({item}): {otherwise}",
    ]


def _is_well(annotation: object, its: str, names: dict[str, Any], *, vouched: bool) -> str:
    """Write the expression that says so of one value."""
    options = members(annotation)
    ways: list[str] = []
    for option in options:
        if option is str:
            # A text that may stand for a choice or a day would be kept as that.
            if not any(map(_is_written_as_text, options)):
                ways.append(f"type({its}) is str" + f" and is_plain({its})" * (not vouched))
        elif option is int:
            ways.append(f"type({its}) is int and {-_LARGE} < {its} < {_LARGE}")
        elif option is float:
            ways.append(f"type({its}) is float and {its} - {its} == 0")  # Of what is not finite that is no 0.
        elif option is NoneType:
            ways.append(f"{its} is None")
        elif isinstance(option, type):
            ways.append(f"type({its}) is {_named(option, names)}")
    return " or ".join(ways) or "False"


def _named(kind: type, names: dict[str, Any]) -> str:
    """Give the name of a class in the text, where it is the only one of that name."""
    name = f"class_{kind.__name__}"
    while names.setdefault(name, kind) is not kind:
        name += "_"
    return name


def _is_written_as_text(annotation: object) -> bool:
    return annotation is date or (isinstance(annotation, type) and issubclass(annotation, StrEnum))


def _facts(model: type[Checked], names: dict[str, Any], unsure: str) -> Iterator[str]:
    """Write the lines that number the point of an object's facts, above the bits of the keys that it sends."""
    _, facts, keys = model.__derived__()
    for _, attribute, added, unknown in facts:
        names[f"added_{attribute}"] = {value: weight << len(keys) for value, weight in added.items()}
        otherwise = "" if unknown is None else f", {unknown << len(keys)}"
        yield f"its = added_{attribute}.get(self.{attribute}{otherwise})"
        if unknown is None:
            yield f"if its is None: {unsure}"
        yield "number += its"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _compiled(model: type, lines: list[str], names: dict[str, Any]) -> Any:  # noqa: ANN401 - a function.
    """Compile a function, and keep its text where tracebacks and ``inspect`` find it."""
    text, name = "\n".join(lines) + "\n", lines[0].split("(")[0].removeprefix("def ")
    place = f"<orderrules {name} {model.__module__}.{model.__qualname__}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    exec(compile(text, place, "exec"), names)  # noqa: S102 - the names of fields, and our own constants.
    return names[name]
