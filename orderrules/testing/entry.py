"""What Hypothesis asks for when it is imported: how to draw the models of the shipped platforms by their types.

It must never import Hypothesis by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def register() -> None:
    """Tell Hypothesis how orders, updates and the objects in them are drawn, so that ``from_type`` gives valid ones."""
    from hypothesis import strategies as st

    from orderrules.platforms import awal, salla
    from orderrules.reading.models import Model

    for platform in (salla, awal):
        st.register_type_strategy(platform.Order, _orders)
        for name in platform.__all__:
            model = getattr(platform, name)
            if isinstance(model, type) and issubclass(model, Model) and model is not platform.Order:
                st.register_type_strategy(model, _models)


def _orders(kind: type[Any]) -> SearchStrategy[Any]:
    from orderrules.platforms import awal, salla
    from orderrules.testing.strategies import orders

    return orders(salla.POLICY) if kind is salla.Order else orders(awal.POLICY)


def _models(kind: type[Any]) -> SearchStrategy[Any]:
    from orderrules.testing.strategies import models

    return models(kind)
