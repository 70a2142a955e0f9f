"""``Payload`` and ``Place``: data that describe where an order and its facts are in a payload, and that read them.

A payload is a response or a webhook of an API. A document that is not an order is never read as one: the error says
what it seems to be, and where in it an order seems to be.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import deque
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from orderrules.reading.fields import strict_reader
from orderrules.reading.hints import ENCODED_TWICE, Hint, as_hints
from orderrules.reading.limits import ORDER_LIMITS, Limits
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems, read_with, reading
from orderrules.reading.strict_json import flaws_in, load_source
from orderrules.reading.values import as_parameter, invalid, is_empty_list, is_mapping, mapping, pairs_of, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    Object = Mapping[str, object]

_MAX_SEARCHED: Final = 10_000
"""Values that are searched for an order, if none is in its place."""
_MAX_DEPTH: Final = 8
"""Levels that are searched."""


class Empty(StrEnum):
    """How a payload writes that there is no value."""

    NULL = "null"
    ARRAY = "[]"
    OBJECT = "{}"


@attrs.frozen(kw_only=True)
class Place:
    """The place of one attribute of an order in a payload.

    Attributes:
        attribute: the name of the attribute.
        path: the key of the value, or the key of an object and the key in it: ``("status", "slug")``.
        kind: the annotation of the value; None if it only matters whether there is an object.
        required: whether the first key must be present.
        if_left_out: the attribute's value if the first key is left out.
        empty: the ways in which the payload writes "no value" under the first key.
        if_empty: the attribute's value in that case.
        if_key_left_out: the attribute's value if there is an object, but the key in it is null or left out.
        if_present: the attribute's value if there is an object and ``kind`` is None.
        length: whether the value is a list, of any items, and the attribute is its length; ``kind`` is then ``int``.
        quoted: whether the value is a number in quotes; the attribute is the number, or None if the text is none.
        expected: the kind of value that is expected under the first key, for messages; a key of ``languages.en.KINDS``.
        hints: hints for a value of the wrong JSON type; the keys are ``integer`` and ``string``.
    """

    attribute: str
    path: tuple[str, ...]
    kind: Any = None
    required: bool = False
    if_left_out: Any = None
    empty: tuple[Empty, ...] = ()
    if_empty: Any = None
    if_key_left_out: Any = None
    if_present: Any = None
    length: bool = False
    quoted: bool = False
    expected: str = "object"
    hints: Mapping[str, Hint] = attrs.field(default=MappingProxyType({}), converter=as_hints)

    def read(self, found: Object) -> object:
        """Read the attribute from the object of an order.

        Raises:
            InvalidInput: the value is invalid, or is required and missing.
        """
        first, *inner = self.path
        if first not in found:
            if self.required:
                raise invalid(Code.MISSING).each(lambda problem: problem.under(first))
            return self.if_left_out
        path = [first]
        try:
            value = found[first]
            if self.empty and _empty_kind(value) in self.empty:
                return self.if_empty
            if inner:
                value = self._read_object(value).get(inner[0])
                if value is None:
                    return self.if_key_left_out
                path.append(inner[0])
            elif self.length:
                if type(value) is not list:
                    raise wrong_type("array", value)
                return len(cast("list[object]", value))
            elif self.kind is None:
                self._read_object(value)
                return self.if_present
            read = strict_reader(self.kind)(value)
            return _number_in(read) if self.quoted else read
        except InvalidInput as error:
            raise error.each(lambda problem: problem.under(*path)) from None

    def _read_object(self, value: object) -> Object:
        kind = "integer" if type(value) is int else "string" if type(value) is str else ""
        if kind in self.hints:
            raise wrong_type(self.expected, value, self.hints[kind])
        return mapping(value, self.expected)


@attrs.frozen(kw_only=True)
class Implied:
    """A value of an attribute that gives another attribute a value.

    Attributes:
        attribute: the first attribute.
        value: its value.
        then: the other attribute.
        becomes: the value that the other one gets.
    """

    attribute: str
    value: Any
    then: str
    becomes: Any


@attrs.frozen(kw_only=True)
class Guest:
    """What it means that the caller calls the customer of an order a guest.

    Attributes:
        attribute: the attribute that says who the customer is.
        value: its value for a guest.
        unless: its value if there is no customer, who cannot be a guest.
    """

    attribute: str
    value: Any
    unless: Any


@attrs.frozen(kw_only=True)
class Payload:
    """Where an order and its facts are in the payloads of a platform.

    Attributes:
        places: the places of the attributes that rules read.
        shown: the other attributes, with their types. Each has a key of the same name, and is None if it is invalid.
        inside: the key of the order in a response or a webhook.
        event: the key of the event's name in a webhook; a webhook has the key ``inside`` too.
        others: prefixes of the names of events that are not about an order.
        activity: the key of the order in an activity. An activity has a ``status`` that is a string or null.
        shows: keys that identify an order: an object with one of them is an order. If empty, every object is one.
        beside_id: keys that identify an order together with an ``id``.
        never: keys that no order has.
        success: the key in a response that is false if the request failed; such a response has no order.
        implied: values of attributes that give others a value.
        guest: what ``guest=True`` means; None if the platform has no guests.
    """

    places: tuple[Place, ...]
    shown: Mapping[str, Any] = MappingProxyType({})
    inside: str = "data"
    event: str = "event"
    others: tuple[str, ...] = ()
    activity: str = ""
    shows: tuple[str, ...] = ()
    beside_id: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    success: str = "success"
    implied: tuple[Implied, ...] = ()
    guest: Guest | None = None

    def complete(self, attributes: dict[str, Any], *, guest: bool) -> dict[str, Any]:
        """Return the attributes of an order with those that others imply, and with a guest if the caller says so."""
        for each in self.implied:
            if attributes[each.attribute] == each.value:
                attributes[each.then] = each.becomes
        if guest and self.guest is not None and attributes[self.guest.attribute] != self.guest.unless:
            attributes[self.guest.attribute] = self.guest.value
        return attributes

    def read(
        self, source: object, what: str, limits: Limits = ORDER_LIMITS, *, show_values: bool = False
    ) -> dict[str, Any]:
        """Read the attributes of the order in a document or mapping.

        Args:
            source: the order, or the response or webhook that contains it; a mapping, or JSON as text or bytes.
            what: the name of the input in the error, such as ``Salla order``.
            limits: the limits on the input and on the error.
            show_values: whether messages show invalid values, shortened; they may be personal data.

        Raises:
            InvalidInput: the input is not an order, or an attribute is invalid; has every problem.
        """
        with read_with(reading(what), limits, show_values=show_values):
            document, has_flaws = load_source(source)
            problems = Problems()
            attributes: dict[str, Any] = {}
            try:
                path, order = self._find_order(document)
            except InvalidInput as error:
                problems.add_error(self._with_hint(error, document))
            else:
                for place in self.places:
                    try:
                        attributes[place.attribute] = place.read(order)
                    except InvalidInput as error:
                        problems.add_error(self._with_hint(error, document), *path)
                attributes.update({name: _read_if_valid(order.get(name), kind) for name, kind in self.shown.items()})
            if has_flaws:
                problems.add_flaws(flaws_in(document))
            if problems:
                raise problems.error()
            return attributes

    def _find_order(self, document: object) -> tuple[list[str], Object]:
        """Return the path of the order in a document, and its object.

        Raises:
            InvalidInput: the document has no order in the expected place.
        """
        item = mapping(document)
        path: list[str] = []
        try:
            if self.inside in item:
                if self._is_other_webhook(item):
                    raise _not_an_order("other_webhook", event=self._event_of(item))
                if item.get(self.success) is False:
                    raise _not_an_order("failed")
                path.append(self.inside)
                item = mapping(item[self.inside], "order")
            if self._is_activity(item):
                path.append(self.activity)
                item = mapping(item[self.activity], "order")
            foreign_keys = [key for key in self.never if key in item]
            if foreign_keys:
                raise _not_an_order("foreign_keys", keys=foreign_keys)
            if not self._shows_order(item):
                raise _not_an_order("no_key", keys=list(self.shows))
        except InvalidInput as error:
            raise error.each(lambda problem: problem.under(*path)) from None
        return path, item

    def _is_other_webhook(self, item: Object) -> bool:
        """Return whether an object is a webhook that is not about an order."""
        event = item.get(self.event)
        return self.inside in item and type(event) is str and event.startswith(self.others)

    def _is_activity(self, item: Object) -> bool:
        """Return whether an object is the activity in a status webhook, with a plain status and the order in it."""
        if not self.activity or self.activity not in item:
            return False
        status = item.get("status")
        return type(status) is str or (status is None and is_mapping(item[self.activity]))

    def _shows_order(self, item: Object) -> bool:
        return (
            not self.shows
            or any(key in item for key in self.shows)
            or ("id" in item and any(key in item for key in self.beside_id))
        )

    def _with_hint(self, error: InvalidInput, document: object) -> InvalidInput:
        """Add a hint that says where else in the document an order seems to be."""
        order_hint, webhook_hint = self._search_order(document)
        return error.each(lambda problem: problem.with_hint(order_hint or problem.remedy or webhook_hint))

    def _event_of(self, item: Object) -> str:
        return as_parameter(cast("str", item[self.event]))

    def _search_order(self, document: object) -> tuple[Hint | None, Hint | None]:
        """Search a document for an object that can be read as an order, or else for a string that looks like JSON.

        Returns:
            A hint that names the order or the string, and a hint that names a webhook of another kind. The second is
            shown only if there is no other hint.
        """
        queue: deque[tuple[tuple[str, ...], object]] = deque([((), document)])
        text_hint = webhook_hint = None
        for _ in range(_MAX_SEARCHED):
            if not queue:
                break
            path, value = queue.popleft()
            pointer = Problem("", Code.NOT_AN_ORDER).under(*path).pointer
            if type(value) is str and value.lstrip().startswith("{"):
                text_hint = text_hint or (Hint("text_at", {"at": pointer}) if path else ENCODED_TWICE)
            elif type(value) is list:
                items = enumerate(cast("list[object]", value))
                queue.extend(((*path, str(place)), item) for place, item in itertools.islice(items, _MAX_SEARCHED))
            elif is_mapping(value):
                entries = self._as_object(value)
                if self._is_other_webhook(entries):
                    if path and webhook_hint is None:
                        webhook_hint = Hint("webhook_at", {"at": pointer, "event": self._event_of(entries)})
                    continue
                if path and "id" in entries and self._is_order(entries):
                    code = "one_order_at" if path[-1].isdigit() else "order_at"
                    return Hint(code, {"at": pointer}), webhook_hint
                if len(path) < _MAX_DEPTH:
                    queue.extend(((*path, key), item) for key, item in itertools.islice(entries.items(), _MAX_SEARCHED))
        return text_hint, webhook_hint

    def _as_object(self, value: object) -> Object:
        with contextlib.suppress(InvalidInput):
            return mapping(value)
        return {}

    def _is_order(self, item: Object) -> bool:
        with contextlib.suppress(InvalidInput):
            for place in self.places:
                place.read(item)
            return self._shows_order(item) and not any(key in item for key in self.never)
        return False


def _number_in(text: str | None) -> float | None:
    """Return the number that a text is, or None."""
    try:
        number = float(text or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _not_an_order(reason: str, **params: Any) -> InvalidInput:  # noqa: ANN401 - any JSON value.
    return invalid(Code.NOT_AN_ORDER, reason=reason, **params)


def _empty_kind(value: object) -> Empty | None:
    """Return the kind of an empty value; None if it is not empty."""
    if value is None:
        return Empty.NULL
    if is_empty_list(value):
        return Empty.ARRAY
    return Empty.OBJECT if is_mapping(value) and not pairs_of(value) else None


def _read_if_valid(value: object, annotation: object) -> Any:  # noqa: ANN401 - of the annotated type.
    """Read a value that no rule needs; return None if it is invalid."""
    with contextlib.suppress(InvalidInput):
        return None if value is None else strict_reader(annotation)(value)
    return None
