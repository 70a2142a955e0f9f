"""For Django REST framework: a view that takes updates, a validator of serializers, and an exception handler.

It must never know what is refused, nor why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderrules.integrations.extras import extra

with extra("rest-framework"):
    from rest_framework import serializers
    from rest_framework.exceptions import ErrorDetail
    from rest_framework.views import exception_handler as default_handler

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import sections_by_key
from orderrules.integrations.django import UpdateOrderMixin, plain, problem_response
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
    """A validator for a serializer of which the fields are named as body keys.

    What of the validated data is a body key, is read strictly, and decided on for the order that the serializer's
    instance stands for. Errors are told at their keys; their codes are those of problems, or the ids of rules.

    Args:
        policy: the rules.
        to_order: makes an order of the serializer's instance; without an instance, the data are only read.
    """

    requires_context = True

    def __init__(self, policy: Policy[OrderT, PatchT], to_order: Callable[[Any], OrderT]) -> None:
        self._policy: Policy[Any, Any] = policy
        self._to_order = to_order

    def __call__(self, data: Mapping[str, Any], serializer: serializers.BaseSerializer[Any]) -> None:
        """See that data can be read as an update, and that it is allowed.

        Raises:
            TypeError: the serializer has many instances.
            ValidationError: it is not.
        """
        keys = sections_by_key(self._policy.patch_type)
        told: dict[str, list[ErrorDetail]] = {}
        try:
            patch = read_body(self._policy.patch_type, {key: plain(data[key]) for key in data if key in keys})
        except InvalidInput as error:
            for found in error.problems:
                key = found.pointer.split("/")[1] if found.pointer else "non_field_errors"
                told.setdefault(key, []).append(ErrorDetail(str(found), code=found.code))
            raise serializers.ValidationError(told) from None
        if serializer.instance is None:
            return
        parent: Any = getattr(serializer, "parent", None)
        if parent is not None and parent.instance is serializer.instance:
            raise TypeError("one of many orders is validated, and it is not known which: validate one at a time")
        for violation in self._policy.can_update(self._to_order(serializer.instance), patch).violations:
            for key in violation.keys:
                told.setdefault(key, []).append(ErrorDetail(violation.message, code=violation.rule.id))
        if told:
            raise serializers.ValidationError(told)


def exception_handler_of(
    endpoint: Endpoint[Any, Any], types: str = TYPES
) -> Callable[[Exception, dict[str, Any]], HttpResponse | None]:
    """Make an exception handler that answers what cannot be read or is refused with problem documents.

    Everything else is left to the handler that the framework brings. Put it in a module of your own, and name that in
    the setting ``EXCEPTION_HANDLER``.

    Args:
        endpoint: the platform's.
        types: what the URIs of the types of problems begin with; where it is empty, they are ``about:blank``.
    """

    def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if isinstance(error, InvalidInput | UpdateRefused):
            return problem_response(endpoint, error, types)
        return default_handler(error, context)

    return handle
