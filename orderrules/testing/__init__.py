"""The test kit: Hypothesis strategies, fakes of the APIs, laws, a state machine for services, and assertions.

Each name is imported when it is first used, so ``import orderrules.testing`` alone imports neither Hypothesis nor
pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules.lazy import importer

if TYPE_CHECKING:
    from orderrules.testing.assertions import assert_allowed, assert_refused, observe
    from orderrules.testing.fakes import (
        Answer,
        Fake,
        FakeAwal,
        FakeSalla,
        Fault,
        NoAnswerError,
        httpx_transport,
        wsgi_app,
    )
    from orderrules.testing.laws import LAWS, BrokenLawError, check_laws
    from orderrules.testing.races import RaceReport, check_races
    from orderrules.testing.serving import asgi_app
    from orderrules.testing.sessions import DisagreementError, HarnessError
    from orderrules.testing.state_machine import OrderMachine
    from orderrules.testing.strategies import (
        allowed_patches,
        bodies,
        broken_bodies,
        histories,
        orders,
        patches,
        refused_pairs,
        refused_patches,
    )
    from orderrules.testing.walk import IncompleteWalkWarning, Report, check_service

__all__ = [
    "LAWS",
    "Answer",
    "BrokenLawError",
    "DisagreementError",
    "Fake",
    "FakeAwal",
    "FakeSalla",
    "Fault",
    "HarnessError",
    "IncompleteWalkWarning",
    "NoAnswerError",
    "OrderMachine",
    "RaceReport",
    "Report",
    "allowed_patches",
    "asgi_app",
    "assert_allowed",
    "assert_refused",
    "bodies",
    "broken_bodies",
    "check_laws",
    "check_races",
    "check_service",
    "histories",
    "httpx_transport",
    "observe",
    "orders",
    "patches",
    "refused_pairs",
    "refused_patches",
    "wsgi_app",
]

_MODULES: Final = {
    "assertions": ("assert_allowed", "assert_refused", "observe"),
    "fakes": ("Answer", "Fake", "FakeAwal", "FakeSalla", "Fault", "NoAnswerError", "httpx_transport", "wsgi_app"),
    "laws": ("LAWS", "BrokenLawError", "check_laws"),
    "races": ("RaceReport", "check_races"),
    "serving": ("asgi_app",),
    "sessions": ("DisagreementError", "HarnessError"),
    "state_machine": ("OrderMachine",),
    "strategies": (
        "allowed_patches",
        "bodies",
        "broken_bodies",
        "histories",
        "orders",
        "patches",
        "refused_pairs",
        "refused_patches",
    ),
    "walk": ("IncompleteWalkWarning", "Report", "check_service"),
}
_import_name: Final = importer(__name__, _MODULES)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any object of the package.
    """Import the module that defines a name, and return the object of that name.

    Raises:
        AttributeError: the package has no such name.
        ImportError: the extra ``testing`` is not installed.
    """
    try:
        return _import_name(name)
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs the extra 'testing': pip install 'orderrules[testing]' ({error})") from error


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
