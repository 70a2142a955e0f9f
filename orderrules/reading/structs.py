"""Documents taken by msgspec, where it is installed (``pip install orderrules[fast]``): the same answers, sooner.

For each model there is a struct of the same fields, which msgspec fills strictly; what it cannot, or not as the
careful way would, is left to that. It must never know a platform or a rule; it is the only importer of msgspec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec

from orderrules.reading.fields import UNSET, is_array, is_model, slots_of
from orderrules.reading.generated import Source, is_text_in_json, reader
from orderrules.reading.strict_json import LONGEST, UnsureError
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules.reading.models import Model


def take(model: type[Model]) -> Callable[[str, str | bytes], tuple[Any, int]]:
    """Give what takes a model from a document, and counts the keys taken."""
    decode = msgspec.json.Decoder(_struct(model)).decode
    read = reader(model, Source.STRUCT, read_number)

    def take(_: str, body: str | bytes) -> tuple[Any, int]:
        try:
            return read(decode(body), 0)
        except msgspec.MsgspecError:
            raise UnsureError from None

    return take


_read_number: Final[Callable[[msgspec.Raw], int | float]] = msgspec.json.Decoder[int | float](int | float).decode


def read_number(literal: msgspec.Raw) -> int | float:
    """Read a number that stands in a document as it was written: how many digits it had is lost afterwards."""
    if len(bytes(literal)) > LONGEST:
        raise UnsureError
    return _read_number(literal)


def _struct(model: type[Model]) -> type[msgspec.Struct]:
    """Make the struct of a model."""
    # What must not be left out is seen to by whoever reads the struct.
    fields = [(name, _kind(slot.annotation), msgspec.field(default=UNSET)) for name, slot in slots_of(model).items()]
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, kw_only=True, gc=False)


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - an annotation can be any object.
    """Say what msgspec looks for where a value is annotated; what it finds is checked once more."""
    if is_array(annotation):
        kind: Any = list
        return kind[_kind(get_args(annotation)[0])]
    if is_model(annotation):
        return _struct(annotation)
    if float in members(annotation):
        return msgspec.Raw
    if is_text_in_json(annotation):
        return str
    return annotation if annotation in {str, int, bool} else Any
