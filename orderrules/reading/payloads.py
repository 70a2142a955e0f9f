"""Where an order and its facts stand in what an API answers or sends, as data; and the reading made from that.

A document that is not an order is never read as one. It must never know a platform or a rule.

The module is longer than most because what is no order is told as what it seems to be.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from orderrules.reading.fields import strict_reader
from orderrules.reading.limits import ENCODED_TWICE, ORDER_LIMITS, Limits
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems, join_words, read_with
from orderrules.reading.strict_json import flaws_in, load_source
from orderrules.reading.values import invalid, is_empty_list, is_mapping, mapping, pairs_of, shorten, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    Found = Mapping[str, object]

_FAR: Final = 10_000
"""Values that are looked at for an order where none stands; and how deep they are."""
_DEEP: Final = 8


class Empty(StrEnum):
    """How a payload spells that there is nothing."""

    NULL = "null"
    ARRAY = "[]"
    OBJECT = "{}"


@attrs.frozen(kw_only=True)
class Place:
    """Where a payload shows one attribute of an order.

    Attributes:
        attribute: the attribute.
        path: the key that shows it, or that of an object and the key in it: ``("status", "slug")``.
        kind: the type of its values, as a field is annotated; None where it only counts that something is there.
        required: whether the first key must be there.
        left_out: what the attribute is where it is not.
        empty: how a payload spells that there is nothing under the first key.
        nothing: what the attribute is then.
        unnamed: what it is where there is an object, and the key in it is null or left out.
        there: what it is where something is there, and only that counts.
        expected: what stands under the first key, in words.
        hints: what to do where something of another JSON type stands there, by ``integer`` and ``string``.
    """

    attribute: str
    path: tuple[str, ...]
    kind: Any = None
    required: bool = False
    left_out: Any = None
    empty: tuple[Empty, ...] = ()
    nothing: Any = None
    unnamed: Any = None
    there: Any = None
    expected: str = ""
    hints: Mapping[str, str] = MappingProxyType({})

    def read(self, found: Found) -> object:
        """Read the attribute off an order's object.

        Raises:
            InvalidInput: something else stands there, or nothing where it is required; with its place.
        """
        first, *inner = self.path
        if first not in found:
            if self.required:
                raise invalid(Code.MISSING, "is required").each(lambda problem: problem.under(first))
            return self.left_out
        way = [first]
        try:
            value = found[first]
            if self.empty and _spells(value) in self.empty:
                return self.nothing
            if inner:
                value = self._object(value).get(inner[0])
                if value is None:
                    return self.unnamed
                way.append(inner[0])
            elif self.kind is None:
                self._object(value)
                return self.there
            return strict_reader(self.kind)(value)
        except InvalidInput as error:
            raise error.each(lambda problem: problem.under(*way)) from None

    def _object(self, value: object) -> Found:
        kind = "integer" if type(value) is int else "string" if type(value) is str else ""
        if kind in self.hints:
            raise wrong_type(self.expected, value).each(lambda problem: attrs.evolve(problem, hint=self.hints[kind]))
        return mapping(value, self.expected)


@attrs.frozen(kw_only=True)
class Payload:
    """Where an order and its facts stand in what an API answers or sends.

    Attributes:
        places: where the attributes stand that rules read.
        shown: the attributes that are taken where they can be read, each under a key of its name, with its type.
        inside: the key under which an answer or a webhook holds the order.
        event: the key under which a webhook, which has an ``inside`` as well, says what it tells of.
        others: how the names of events begin that tell of anything but an order.
        activity: the key under which an activity holds the order, where its own ``status`` is text or null.
        shows: the keys of which one shows that an object is an order; without any, every object is.
        beside_id: the keys that show it beside an ``id``.
        never: the keys that no order has.
        success: the key of an answer that is false where it holds no order, whatever is in it.
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

    def read(
        self, source: object, what: str, limits: Limits = ORDER_LIMITS, *, show_values: bool = False
    ) -> dict[str, Any]:
        """Read the attributes of the order that a document or mapping holds.

        Args:
            source: the order, or the answer or webhook that holds it; a mapping, or JSON as text or bytes.
            what: what is read, for the error: ``Salla order``.
            limits: how far reading goes.
            show_values: whether messages show the values that cannot be read, shortened; they may be personal.

        Raises:
            InvalidInput: it is no order, or an attribute cannot be read; with every problem at once.
        """
        with read_with(f"read the {what}", limits, show_values=show_values):
            document, flawed = load_source(source)
            problems = Problems()
            said: dict[str, Any] = {}
            try:
                path, found = self._order(document)
            except InvalidInput as error:
                problems.add_error(self._hinted(error, document))
            else:
                for place in self.places:
                    try:
                        said[place.attribute] = place.read(found)
                    except InvalidInput as error:
                        problems.add_error(self._hinted(error, document), *path)
                said.update({name: _read_if_possible(found.get(name), kind) for name, kind in self.shown.items()})
            if flawed:
                problems.add_flaws(flaws_in(document))
            if problems:
                raise problems.error()
            return said

    def _order(self, document: object) -> tuple[list[str], Found]:
        """Find the order in a document: the way to it, and its object.

        Raises:
            InvalidInput: it holds none.
        """
        found = mapping(document)
        path: list[str] = []
        try:
            if self.inside in found:
                if self._is_of_another(found):
                    raise _not_an_order(f"{self._webhook(found)}, and no order")
                if found.get(self.success) is False:
                    raise _not_an_order("is the answer to what failed, and no order")
                path.append(self.inside)
                found = mapping(found[self.inside], "an order, an object")
            if self._is_activity(found):
                path.append(self.activity)
                found = mapping(found[self.activity], "an order, an object")
            strange = [key for key in self.never if key in found]
            if strange:
                raise _not_an_order(f"is no order, for it shows {join_words(strange)}")
            if not self._shows_order(found):
                raise _not_an_order(f"is no order: it shows no {join_words(self.shows)}")
        except InvalidInput as error:
            raise error.each(lambda problem: problem.under(*path)) from None
        return path, found

    def _is_of_another(self, found: Found) -> bool:
        """Say whether this is a webhook that tells of anything but an order."""
        event = found.get(self.event)
        return self.inside in found and type(event) is str and event.startswith(self.others)

    def _is_activity(self, found: Found) -> bool:
        """Say whether this is the activity of a status webhook, whose status is plain text, and the order is in it."""
        if not self.activity or self.activity not in found:
            return False
        status = found.get("status")
        return type(status) is str or (status is None and is_mapping(found[self.activity]))

    def _shows_order(self, found: Found) -> bool:
        return (
            not self.shows
            or any(key in found for key in self.shows)
            or ("id" in found and any(key in found for key in self.beside_id))
        )

    def _hinted(self, error: InvalidInput, document: object) -> InvalidInput:
        """Say where else in a document an order seems to be, where none is read."""
        seeming, other = self._seeming(document)
        return error.each(lambda problem: attrs.evolve(problem, hint=seeming or problem.hint or other))

    def _webhook(self, found: Found) -> str:
        return f"is a webhook of {shorten(cast('str', found[self.event]))}"

    def _seeming(self, document: object) -> tuple[str, str]:
        """Look for an object that could be read as an order and says which one, or for a text that may hold one.

        Also for a webhook of another kind, which is told where there is nothing else to say.
        """
        waiting: deque[tuple[tuple[str, ...], object]] = deque([((), document)])
        text = other = ""
        for _ in range(_FAR):
            if not waiting:
                break
            path, value = waiting.popleft()
            pointer = Problem("", Code.NOT_AN_ORDER, "").under(*path).pointer
            if type(value) is str and value.lstrip().startswith("{"):
                text = text or (f"the text at {pointer} seems to be JSON, read that" if path else ENCODED_TWICE)
            elif type(value) is list:
                inside = enumerate(cast("list[object]", value))
                waiting.extend(((*path, str(place)), item) for place, item in itertools.islice(inside, _FAR))
            elif is_mapping(value):
                found = self._looked_into(value)
                if self._is_of_another(found):
                    other = other or (f"what is at {pointer} {self._webhook(found)}" if path else "")
                    continue
                if path and "id" in found and self._can_be_read(found):
                    one = "one order at a time: " if path[-1].isdigit() else ""
                    return f"{one}an order seems to be at {pointer}, read that", other
                if len(path) < _DEEP:
                    waiting.extend(((*path, key), item) for key, item in itertools.islice(found.items(), _FAR))
        return text, other

    def _looked_into(self, value: object) -> Found:
        with contextlib.suppress(InvalidInput):
            return mapping(value)
        return {}

    def _can_be_read(self, found: Found) -> bool:
        with contextlib.suppress(InvalidInput):
            for place in self.places:
                place.read(found)
            return self._shows_order(found) and not any(key in found for key in self.never)
        return False


def _not_an_order(message: str) -> InvalidInput:
    return invalid(Code.NOT_AN_ORDER, message)


def _spells(value: object) -> Empty | None:
    """Say in which way a value spells that there is nothing; None where it does not."""
    if value is None:
        return Empty.NULL
    if is_empty_list(value):
        return Empty.ARRAY
    return Empty.OBJECT if is_mapping(value) and not pairs_of(value) else None


def _read_if_possible(value: object, annotation: object) -> Any:  # noqa: ANN401 - of the type annotated.
    """Take what a payload shows where it can be read as annotated; None where not, for no rule needs it."""
    with contextlib.suppress(InvalidInput):
        return None if value is None else strict_reader(annotation)(value)
    return None
