"""The fast way to read orders: a function that is generated from a ``Payload``.

``Payload.read`` is the careful way. The function made here accepts only what is plainly right, and raises
``UnsureError`` for everything else; then the careful way starts again, so the result is the same either way.

An order is built once for each combination of the values that the rules read (its *template*). Every further order
with these values is a copy, with its own values of the other attributes. ``inspect.getsource`` shows the function.
"""

from __future__ import annotations

import contextlib
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from orderrules.reading.code_generation import LARGE, check_expression, compile_function, indent, is_plain
from orderrules.reading.fields import slots_of, strict_reader
from orderrules.reading.limits import MAX_KEYS, ORDER_LIMITS
from orderrules.reading.payloads import Empty
from orderrules.reading.problems import InvalidInput
from orderrules.reading.strict_json import UnsureError, decode_surely, give_up
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules.reading.limits import Limits
    from orderrules.reading.models import Model
    from orderrules.reading.payloads import Payload, Place

    Order = Any
    Build = Callable[..., Order]
    """Builds an order from its attributes, by keyword."""

    class ReadOrder(Protocol):
        """Reads an order from a dict or a document."""

        def __call__(self, source: object, guest: bool) -> Order:  # noqa: FBT001 - called for each order, by position.
            """Return the order, or raise ``UnsureError`` if the careful way is needed."""


_TEMPLATES: Final = 1024
"""Templates that are kept. A status that the page does not list is one more, so there could be any number."""
_LONGEST: Final = 64
"""Characters of a text in a template that is kept."""
_UNSURE: Final = "raise UnsureError"
_OBJECT: Final = f"if type({{0}}) is not dict or len({{0}}) > {MAX_KEYS}: {_UNSURE}"
_INTEGER: Final = f"type({{0}}) is int and {-LARGE} < {{0}} < {LARGE}"


def make_order_reader(payload: Payload, order_type: type[Model], build: Build) -> ReadOrder:
    """Return the function that reads an order from a dict or a document, as ``Payload.read`` and ``build`` would.

    Its arguments are the dict or the document, and whether the customer is a guest. It raises ``UnsureError``, or
    whatever the dict raises, if the careful way is needed.

    Args:
        payload: where the attributes are.
        order_type: the class of the orders.
        build: builds an order from its attributes; takes ``guest`` only if it is true.
    """
    if not _can_copy(payload, order_type):
        return give_up
    read, decode = _generate(payload, order_type, build), _decoder()

    def read_order(source: object, guest: bool) -> Order:  # noqa: FBT001 - called for each order, by position.
        return read(decode(source, ORDER_LIMITS) if type(source) is bytes or type(source) is str else source, guest)

    return read_order


_READERS: Final[dict[tuple[int, type, Build], tuple[Payload, ReadOrder]]] = {}
"""The functions made so far; each keeps its payload, so that no other can get the same id."""
_MOST_READERS: Final = 256


def order_reader(payload: Payload, order_type: type[Model], build: Build) -> ReadOrder:
    """Return the function of ``make_order_reader``, which is made once for the same arguments."""
    key = id(payload), order_type, build
    if key not in _READERS:
        if len(_READERS) >= _MOST_READERS:
            _READERS.clear()
        _READERS[key] = payload, make_order_reader(payload, order_type, build)
    return _READERS[key][1]


def _can_copy(payload: Payload, order_type: type[Model]) -> bool:
    """Return whether the attributes that are only shown are stored as they are read, and no fact depends on them."""
    if any(place.quoted for place in payload.places):
        return False
    fields = {field.name: field for field in attrs.fields(order_type)}
    _, facts, _ = order_type.__derived__()
    # A fact may also be read from a property, which may depend on any attribute.
    if not all(attribute in fields and attribute not in payload.shown for _, attribute, _, _ in facts):
        return False
    return all(
        name in fields
        and fields[name].converter is None
        and {*members(annotation), NoneType} <= {*members(slots_of(order_type)[name].annotation)}
        for name, annotation in payload.shown.items()
    )


def _decoder() -> Callable[[str | bytes, Limits], object]:
    """Return the function that decodes a document; it uses msgspec if that is installed."""
    try:
        from orderrules.reading.msgspec_reader import decode
    except ImportError:
        return decode_surely
    return decode


def _generate(payload: Payload, order_type: type[Model], build: Build) -> ReadOrder:
    slot = order_type.__derived__()[0]
    kept = [name for name in slots_of(order_type) if name not in payload.shown] + ([slot] if slot else [])
    templates = _Templates(payload, order_type, build, kept)
    names: dict[str, Any] = {
        "UnsureError": UnsureError,
        "is_plain": is_plain,
        "new": object.__new__,
        "order_type": order_type,
        "others": payload.others,
        "made": templates.made,
        "make": templates.make,
        **{f"set_{name}": getattr(order_type, name).__set__ for name in (*kept, *payload.shown)},
    }
    lines = _find_lines(payload)
    for number, place in enumerate(payload.places):
        lines += _place_lines(place, f"value_{number}", templates.constants)
    for number, (name, annotation) in enumerate(payload.shown.items()):
        names[f"read_{number}"] = _unsure_if_invalid(annotation)
        lines += _shown_lines(name, annotation, number)
    shown = [f"shown_{number}" for number in range(len(payload.shown))]
    values = [f"value_{number}" for number in range(len(payload.places))]
    copied = [f"kept_{number}" for number in range(len(kept))]
    lines += [
        f"key = ({', '.join([*values, 'guest'])},)",
        "template = made.get(key)",
        f"if template is None: template = make(key, [{', '.join(shown)}])",
        f"{', '.join(copied)}, = template",
        "self = new(order_type)",
        *(f"set_{name}(self, {value})" for name, value in zip((*kept, *payload.shown), (*copied, *shown), strict=True)),
        "return self",
    ]
    names |= {f"constant_{number}": constant for number, constant in enumerate(templates.constants)}
    read: ReadOrder = compile_function("read order", order_type, ["def read(source, guest):", *indent(lines)], names)
    return read


def _find_lines(payload: Payload) -> list[str]:
    """Return the lines that find the object of the order, in the variable ``order``."""
    lines = [
        _OBJECT.format("source"),
        "order = source",
        f"if {payload.inside!r} in source:",
        f"    event = source.get({payload.event!r})",
        f"    if type(event) is str and event.startswith(others): {_UNSURE}",
        f"    if source.get({payload.success!r}) is False: {_UNSURE}",
        f"    order = source[{payload.inside!r}]",
        f"    {_OBJECT.format('order')}",
    ]
    if payload.activity:
        lines += [
            f"if {payload.activity!r} in order:",
            "    status = order.get('status')",
            "    if type(status) is str or status is None:",
            f"        order = order[{payload.activity!r}]",
            f"        {_OBJECT.format('order')}",
        ]
    lines += [f"if {key!r} in order: {_UNSURE}" for key in payload.never]
    shows = " or ".join(f"{key!r} in order" for key in payload.shows)
    beside = " or ".join(f"{key!r} in order" for key in payload.beside_id)
    either = f"{shows} or 'id' in order and ({beside})" if beside else shows
    return [*lines, *([f"if not ({either}): {_UNSURE}"] if shows else [])]


def _place_lines(place: Place, variable: str, constants: dict[object, object]) -> list[str]:
    """Return the lines that read a place: a value, or a stand-in for one that the place gives."""

    def set_constant(value: object) -> str:
        # A new object stands for the value, because 1 equals True, and the hash of a member of an enumeration is slow.
        constants[object()] = value
        return f"{variable} = constant_{len(constants) - 1}"

    first, *inner = place.path
    is_object = f"type(value) is dict and 0 < len(value) <= {MAX_KEYS}"
    empty = {Empty.NULL: "value is None", Empty.ARRAY: "type(value) is list and not value"}
    lines: list[str] = []
    if place.kind is None:
        lines += [f"if {is_object}: {set_constant(place.if_present)}"]
        empty[Empty.OBJECT] = "type(value) is dict and not value"
    elif place.length:
        lines += [f"if type(value) is list: {variable} = len(value)"]
    elif inner:
        lines += [
            f"if {is_object}:",
            f"    inner = value.get({inner[0]!r})",
            f"    if inner is None: {set_constant(place.if_key_left_out)}",
            f"    elif {_is_readable('inner', place.kind)}: {variable} = inner",
            f"    else: {_UNSURE}",
        ]
    else:
        lines += [f"if {_is_readable('value', place.kind)}: {variable} = value"]
    lines += [f"elif {empty[kind]}: {set_constant(place.if_empty)}" for kind in place.empty if kind in empty]
    missing = _UNSURE if place.required else set_constant(place.if_left_out)
    return [
        f"if {first!r} in order:",
        f"    value = order[{first!r}]",
        *indent([*lines, f"else: {_UNSURE}"]),
        f"else: {missing}",
    ]


def _is_readable(value: str, annotation: object) -> str:
    """Return the expression that a value has a type that the annotation has in JSON.

    A text is read when its template is made, so it need not be checked each time. Of numbers, only one type is
    accepted, because 1, 1.0 and True are one key of a dict.
    """
    options = set(members(annotation)) - {NoneType}
    numbers: dict[object, str] = {int: _INTEGER, bool: "type({0}) is bool", float: "type({0}) is float"}
    checks = [check for kind, check in numbers.items() if kind in options][:1]
    if options.difference(numbers):
        checks.append("type({0}) is str")
    return " or ".join(f"({check.format(value)})" for check in checks)


def _shown_lines(name: str, annotation: object, number: int) -> list[str]:
    """Return the lines that read an attribute that no rule reads; it is None if it is left out."""
    variable, options = f"shown_{number}", set(members(annotation))
    lines = [f"{variable} = order.get({name!r})"]
    if options <= {int, str}:
        either = check_expression(annotation, variable, {}, plain_text=False)
        return [*lines, f"if not ({variable} is None or {either}): {_UNSURE}"]
    return [*lines, f"if {variable} is not None: {variable} = read_{number}({variable})"]


def _unsure_if_invalid(annotation: object) -> Callable[[object], object]:
    """Return the strict reader of an annotation, which is unsure of an invalid value."""
    reading = strict_reader(annotation)

    def read(value: object) -> object:
        with contextlib.suppress(InvalidInput):
            return reading(value)
        raise UnsureError

    return read


@attrs.frozen
class _Templates:
    """Makes the templates: for each combination of values, the values of the slots of such an order.

    Attributes:
        payload: where the attributes are.
        order_type: the class of the orders.
        build: builds an order from its attributes.
        kept: the slots whose values depend on the combination alone.
        constants: the values for which objects stand in a combination.
        made: the templates so far, by their combination.
    """

    payload: Payload
    order_type: type[Model]
    build: Build
    kept: list[str]
    constants: dict[object, object] = attrs.field(factory=dict[object, object])
    made: dict[tuple[object, ...], tuple[object, ...]] = attrs.field(factory=dict[Any, Any])

    def make(self, key: tuple[object, ...], shown: list[object]) -> tuple[object, ...]:
        """Make a template, and keep it if there is room.

        Args:
            key: the values that were read from the places, and whether the customer is a guest.
            shown: the values of the other attributes of an order.

        Raises:
            UnsureError: a value cannot be read, or the order depends on more than the values of the places.
        """
        *values, guest = key
        facts = {
            place.attribute: self.constants[value] if value in self.constants else _unsure_if_invalid(place.kind)(value)
            for place, value in zip(self.payload.places, values, strict=True)
        }
        more = {"guest": True} if guest else {}
        without = self.build(**facts, **dict.fromkeys(self.payload.shown), **more)
        order = self.build(**facts, **dict(zip(self.payload.shown, shown, strict=True)), **more)
        template = tuple(getattr(order, name) for name in self.kept)
        if type(order) is not self.order_type or template != tuple(getattr(without, name) for name in self.kept):
            raise UnsureError
        if len(self.made) < _TEMPLATES and not any(isinstance(each, str) and len(each) > _LONGEST for each in values):
            self.made[key] = template
        return template
