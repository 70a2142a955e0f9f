"""The fast way to read documents with msgspec, if it is installed (``pip install orderrules[fast]``).

Each model gets a struct with the same fields, and msgspec decodes a document into it. If msgspec refuses the document,
or might read it differently from the careful way, the careful way reads it. So results do not depend on msgspec.
This is the only module that imports msgspec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import msgspec

from orderrules.reading.code_generation import LARGE, Source, is_text_in_json, reader
from orderrules.reading.fields import UNSET, is_array, is_model, slots_of
from orderrules.reading.strict_json import LONGEST, UnsureError, encode_surely
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules.reading.limits import Limits
    from orderrules.reading.models import Model


def take(model: type[Model]) -> Callable[[str, str | bytes], tuple[Any, int]]:
    """Return a function that reads a model from a document, and counts the keys that it reads."""
    decode = msgspec.json.Decoder(_make_struct(model)).decode
    read = reader(model, Source.STRUCT, read_number)

    def take(_: str, body: str | bytes) -> tuple[Any, int]:
        try:
            return read(decode(body), 0)
        except msgspec.MsgspecError:
            raise UnsureError from None

    return take


_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def decode(source: str | bytes, limits: Limits) -> object:
    """Decode a document as ``strict_json.decode_surely`` does.

    msgspec keeps the last of two equal keys. Whether there were any is found by encoding the value again: if both texts
    have as many colons, no key was dropped. An escaped colon might make up for one that was.
    """
    raw = encode_surely(source, limits)
    try:
        value: object = _decode(source)
    except msgspec.MsgspecError:
        raise UnsureError from None
    if (b"\\" in raw and b"\\u003" in raw) or _encode(value).count(b":") != raw.count(b":"):
        raise UnsureError
    return value


_read_number: Final[Callable[[msgspec.Raw], int | float]] = msgspec.json.Decoder[int | float](int | float).decode


def read_number(literal: msgspec.Raw) -> int | float:
    """Read a number from its text in the document. A float no longer tells how many digits were written."""
    if len(bytes(literal)) > LONGEST:
        raise UnsureError
    return _read_number(literal)


_Integer = Annotated[int, msgspec.Meta(gt=-LARGE, le=LARGE - 1)]
"""The integers that need no further check. The bounds of msgspec are themselves within 64 bits."""


def _make_struct(model: type[Model]) -> type[msgspec.Struct]:
    """Return the struct class of a model."""
    # All fields are optional here. The generated reader of the struct checks which ones are required.
    fields = [
        (name, _struct_annotation(slot.annotation), msgspec.field(default=UNSET))
        for name, slot in slots_of(model).items()
    ]
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, kw_only=True, gc=False)


def _struct_annotation(annotation: Any) -> Any:  # noqa: ANN401 - an annotation can be any object.
    """Return the annotation for msgspec of an annotated value; the generated reader checks the decoded value again."""
    if is_array(annotation):
        kind: Any = list
        return kind[_struct_annotation(get_args(annotation)[0])]
    if is_model(annotation):
        return _make_struct(annotation)
    if float in members(annotation):
        return msgspec.Raw
    if is_text_in_json(annotation):
        return str
    if annotation is int:
        return _Integer
    return annotation if annotation in {str, bool} else Any
