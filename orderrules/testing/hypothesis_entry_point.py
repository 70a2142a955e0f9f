"""The entry point that Hypothesis calls when it is imported: makes ``from_type`` draw valid orders and updates.

A platform's models are registered when the platform is imported, and not before: Hypothesis is imported by many test
suites that never ask for an order. So this module imports almost nothing, and leaves a finder in ``sys.meta_path``.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from hypothesis.strategies import SearchStrategy

_PLATFORMS: Final = ("orderrules.platforms.salla", "orderrules.platforms.awal")


def register() -> None:
    """Register strategies for the models of each platform, now or as soon as it is imported."""
    for name in _PLATFORMS:
        if name in sys.modules:
            _register_models(sys.modules[name])
    if not any(isinstance(finder, _PlatformFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _PlatformFinder())


class _PlatformFinder(MetaPathFinder):
    """Finds the platforms as usual, and registers their models when they are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _PLATFORMS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        loader: Any = None if spec is None else spec.loader
        if loader is not None:
            exec_module = loader.exec_module

            def exec_and_register(module: ModuleType) -> None:
                exec_module(module)
                _register_models(module)

            loader.exec_module = exec_and_register
        return spec


def _register_models(platform: ModuleType) -> None:
    from hypothesis import strategies as st

    from orderrules.reading.models import Model

    def draw_orders(_: type[Any]) -> SearchStrategy[Any]:
        from orderrules.testing.strategies import orders

        return orders(platform.POLICY)

    for name in platform.__all__:
        model = getattr(platform, name)
        if isinstance(model, type) and issubclass(model, Model):
            st.register_type_strategy(model, draw_orders if name == "Order" else _draw_models)


def _draw_models(model: type[Any]) -> SearchStrategy[Any]:
    from orderrules.testing.strategies import models

    return models(model)
