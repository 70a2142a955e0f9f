"""A limit is an integer from 1 to a maximum."""

from __future__ import annotations

from typing import Final

import pytest

from orderrules import Limits

MAXIMA: Final = {
    "size": 2_147_483_647,
    "depth": 2_147_483_647,
    "digits": 4300,
    "keys": 2_147_483_647,
    "problems": 2_147_483_647,
    "characters": 2_147_483_647,
}


@pytest.mark.parametrize("name", MAXIMA)
def test_a_limit_is_from_one_to_its_maximum(name: str) -> None:
    """Both ends are included, and the error message names the range."""
    for value in (1, MAXIMA[name]):
        assert getattr(Limits(**{name: value}), name) == value
    for wrong in (0, -1, MAXIMA[name] + 1):
        with pytest.raises(ValueError, match="the limit") as caught:
            Limits(**{name: wrong})
        assert str(caught.value) == f"the limit {name} must be from 1 to {MAXIMA[name]}, got {wrong}"
    for other, kind in ((1.5, "float"), (True, "bool"), ("7", "str"), (None, "NoneType")):
        with pytest.raises(TypeError) as refused:
            Limits(**{name: other})  # type: ignore[arg-type]
        assert str(refused.value) == f"the limit {name} must be an integer, got {kind}"
