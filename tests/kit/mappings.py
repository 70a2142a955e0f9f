"""A mapping that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Failing(Mapping[str, object]):
    """A mapping whose methods all raise an exception."""

    def __getitem__(self, key: str) -> object:
        raise ZeroDivisionError

    def __iter__(self) -> Iterator[str]:
        raise ZeroDivisionError

    def __len__(self) -> int:
        raise ZeroDivisionError
