"""For Django REST framework: a view that takes updates, a validator of serializers, and an exception handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderrules.integrations.extras import extra

with extra("rest-framework"):
    from rest_framework import serializers
    from rest_framework.exceptions import ErrorDetail
    from rest_framework.views import exception_handler as default_handler
    from rest_framework.views import set_rollback

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import sections_by_key
from orderrules.integrations.django import UpdateOrderMixin, active_language, plain, problem_response
from orderrules.integrations.problems import TYPES
from orderrules.reading.bodies import read_body
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpResponse

    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.endpoint import Endpoint
    from orderrules.policy.policy import Policy

__all__ = ["UpdateOrderMixin", "UpdateValidator", "exception_handler_of"]


class UpdateValidator:
    """A validator for a serializer whose fields have the names of body keys.

    It reads the body keys among the validated data strictly as an update, and checks that the update is allowed for the
    order of the serializer's instance. Each error is stored under its key. The code of an error is the code of the
    problem, or the id of the rule that refuses.

    Args:
        policy: the rules.
        to_order: returns the order of the serializer's instance. If the serializer has no instance, the data are only
            read.
    """

    requires_context = True

    def __init__(self, policy: Policy[OrderT, PatchT], to_order: Callable[[Any], OrderT]) -> None:
        self._policy: Policy[Any, Any] = policy
        self._to_order = to_order

    def __call__(self, data: Mapping[str, Any], serializer: serializers.BaseSerializer[Any]) -> None:
        """Check that the data can be read as an update, and that the update is allowed.

        Raises:
            TypeError: the serializer is one of a list (``many=True``), so the order of the data is not known.
            ValidationError: the data cannot be read, or the update is refused.
        """
        keys = sections_by_key(self._policy.patch_type)
        errors: dict[str, list[ErrorDetail]] = {}
        language = active_language()
        try:
            patch = read_body(self._policy.patch_type, {key: plain(data[key]) for key in data if key in keys})
        except InvalidInput as error:
            for problem in error.problems:
                key = problem.pointer.split("/")[1] if problem.pointer else "non_field_errors"
                errors.setdefault(key, []).append(ErrorDetail(problem.render(language), code=problem.code))
            raise serializers.ValidationError(errors) from None
        if serializer.instance is None:
            return
        parent: Any = getattr(serializer, "parent", None)
        if parent is not None and parent.instance is serializer.instance:
            raise TypeError(
                "a serializer with many=True does not say which order it validates: validate one order at a time"
            )
        for violation in self._policy.can_update(self._to_order(serializer.instance), patch).violations:
            for key in violation.keys:
                errors.setdefault(key, []).append(ErrorDetail(violation.message_in(language), code=violation.rule.id))
        if errors:
            raise serializers.ValidationError(errors)


def exception_handler_of(
    endpoint: Endpoint[Any, Any], types: str = TYPES
) -> Callable[[Exception, dict[str, Any]], HttpResponse | None]:
    """Return an exception handler that answers ``InvalidInput`` and ``UpdateRefused`` with problem documents.

    The header ``Accept-Language`` of the request chooses the language. All other exceptions go to the default handler
    of the framework. Assign the result to a name in a module of your own, and set ``EXCEPTION_HANDLER`` to the path of
    this name.

    Args:
        endpoint: the platform's endpoint.
        types: the prefix of the URIs of the problem types. If it is empty, the types are ``about:blank``.
    """

    def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if isinstance(error, InvalidInput | UpdateRefused):
            set_rollback()  # As the default handler does: nothing of a refused request is committed.
            return problem_response(endpoint, error, types, request=context.get("request"))
        return default_handler(error, context)

    return handle
