"""Limits are whole numbers from one up to what can be kept to."""

from __future__ import annotations

from typing import Final

import pytest

from orderrules import Limits

MOST: Final = {
    "size": 2_147_483_647,
    "depth": 2_147_483_647,
    "digits": 4300,
    "keys": 2_147_483_647,
    "problems": 2_147_483_647,
    "characters": 2_147_483_647,
}


@pytest.mark.parametrize("name", MOST)
def test_a_limit_is_from_one_to_the_most_that_can_be_kept_to(name: str) -> None:
    """Both included, and what is not says what is."""
    for taken in (1, MOST[name]):
        assert getattr(Limits(**{name: taken}), name) == taken
    for wrong in (0, -1, MOST[name] + 1):
        with pytest.raises(ValueError, match="the limit") as caught:
            Limits(**{name: wrong})
        assert str(caught.value) == f"the limit {name} must be from 1 to {MOST[name]}, got {wrong}"
    for other, kind in ((1.5, "float"), (True, "bool"), ("7", "str"), (None, "NoneType")):
        with pytest.raises(TypeError) as refused:
            Limits(**{name: other})  # type: ignore[arg-type]
        assert str(refused.value) == f"the limit {name} must be an integer, got {kind}"
