"""The test kit: orders and updates by rule, fakes of the APIs, laws, a state machine for services, and assertions.

Every name is imported when it is first used, so that a plain ``import orderrules.testing`` brings neither Hypothesis
nor pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules._doors import doors

if TYPE_CHECKING:
    from orderrules.testing._adapters import httpx_transport, wsgi_app
    from orderrules.testing._assertions import assert_allowed, assert_refused
    from orderrules.testing._fakes import Answer, Fake, FakeAwal, FakeSalla, Fault, NoAnswerError
    from orderrules.testing._laws import LAWS, BrokenLawError, check_laws
    from orderrules.testing._machine import DisagreementError, OrderMachine
    from orderrules.testing._strategies import (
        allowed_patches,
        bodies,
        broken_bodies,
        histories,
        orders,
        patches,
        refused_pairs,
        refused_patches,
    )

__all__ = [
    "LAWS",
    "Answer",
    "BrokenLawError",
    "DisagreementError",
    "Fake",
    "FakeAwal",
    "FakeSalla",
    "Fault",
    "NoAnswerError",
    "OrderMachine",
    "allowed_patches",
    "assert_allowed",
    "assert_refused",
    "bodies",
    "broken_bodies",
    "check_laws",
    "histories",
    "httpx_transport",
    "orders",
    "patches",
    "refused_pairs",
    "refused_patches",
    "wsgi_app",
]

_ROOMS: Final = {
    "_adapters": ("httpx_transport", "wsgi_app"),
    "_assertions": ("assert_allowed", "assert_refused"),
    "_fakes": ("Answer", "Fake", "FakeAwal", "FakeSalla", "Fault", "NoAnswerError"),
    "_laws": ("LAWS", "BrokenLawError", "check_laws"),
    "_machine": ("DisagreementError", "OrderMachine"),
    "_strategies": (
        "allowed_patches",
        "bodies",
        "broken_bodies",
        "histories",
        "orders",
        "patches",
        "refused_pairs",
        "refused_patches",
    ),
}
_imported: Final = doors(__name__, _ROOMS)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for.
    """Import the room of a name when it is first used.

    Raises:
        AttributeError: there is no such name.
    """
    try:
        return _imported(name)
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs more: pip install 'orderrules[testing]' ({error})") from error


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
