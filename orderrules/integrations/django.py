"""For Django: views that take updates, a validator of their bodies, and a form that disables closed fields."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from orderrules.engine.decision_table import table_of
from orderrules.integrations.extras import extra

with extra("django"):
    from django import forms
    from django.core.exceptions import ValidationError
    from django.forms.utils import pretty_name
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.utils.html import escape
    from django.utils.safestring import mark_safe
    from django.utils.translation import get_language

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import sections_by_key
from orderrules.integrations.problems import (
    MEDIA_TYPE,
    TYPES,
    NoSuchOrder,
    NotJson,
    apply,
    language_headers,
    plain_problem,
    preferred_language,
    problem,
    read_at,
    require_json,
)
from orderrules.languages.sentences import join_words, language_of, render, to_html
from orderrules.reading.bodies import read_body
from orderrules.reading.hints import hint_close_to
from orderrules.reading.problems import Code, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from orderrules.engine.decision import Decision, Violation
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.endpoint import Endpoint, ParsedRequest
    from orderrules.policy.policy import Policy

__all__ = ["AsyncUpdateOrderMixin", "OrderForm", "UpdateOrderMixin", "UpdateValidator", "problem_response"]

_SEPARATOR: Final = "__"
"""The separator in the name of a form field for a key of a nested object: ``receiver__email``."""
_UNSENT_WIDGETS: Final = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.SelectMultiple)
"""Widgets for which a browser sends nothing if nothing is selected."""


def problem_response(
    endpoint: Endpoint[Any, Any],
    error: InvalidInput | UpdateRefused,
    types: str = TYPES,
    *,
    request: HttpRequest | None = None,
) -> JsonResponse:
    """Return a response with the problem document (RFC 9457) of an error, with the HTTP status of the platform.

    Args:
        endpoint: the platform's endpoint.
        error: the error that was raised.
        types: the prefix of the URIs of the problem types. If it is empty, the types are ``about:blank``.
        request: the request; its header ``Accept-Language`` chooses the language. Without it, the answer is English.
    """
    language = _language_of(request)
    return _respond(problem(endpoint, error, types, language), language)


def _language_of(request: HttpRequest | None) -> str:
    return preferred_language("" if request is None else request.META.get("HTTP_ACCEPT_LANGUAGE", ""))


def _respond(document: dict[str, object], language: str) -> JsonResponse:
    return JsonResponse(
        document, status=int(str(document["status"])), content_type=MEDIA_TYPE, headers=language_headers(language)
    )


def active_language() -> str:
    """Return the code of Django's active language if it is shipped, and that of English otherwise."""
    return preferred_language(get_language() or "")


class _UpdateView:
    """The common part of the two mixins."""

    endpoint: ClassVar[Endpoint[Any, Any]]
    parameter: ClassVar[str | None] = None
    types: ClassVar[str] = TYPES

    if not TYPE_CHECKING:  # Type checkers see the as_view of the view: each framework types it differently.

        @classmethod
        def as_view(cls, **initkwargs: Any) -> Any:  # noqa: ANN401 - the options of any view.
            """Return the function that a route calls.

            Raises:
                TypeError: ``get_order`` or ``save_order`` is a coroutine function, and this view does not await it; or
                    it is none, and this view awaits it.
            """
            awaits = issubclass(cls, AsyncUpdateOrderMixin)
            methods = ("get_order", "save_order")
            wrong = [name for name in methods if inspect.iscoroutinefunction(getattr(cls, name)) is not awaits]
            if wrong:
                names = join_words(wrong, "and")
                cure = "write async def" if awaits else "derive from AsyncUpdateOrderMixin"
                kind = "a function that is not a coroutine function" if awaits else "a coroutine function"
                raise TypeError(f"{cls.__name__} has {kind}, {names}: {cure}")
            return super().as_view(**initkwargs)

    def _read_request(self, request: HttpRequest, parameters: Mapping[str, object]) -> ParsedRequest[Any]:
        require_json(request.META.get("CONTENT_TYPE", ""))
        return read_at(self.endpoint, parameters, self.parameter, request.META.get("QUERY_STRING", ""), request.body)

    def _answer_error(
        self, request: HttpRequest, error: InvalidInput | UpdateRefused | NotJson | NoSuchOrder
    ) -> JsonResponse:
        if isinstance(error, InvalidInput | UpdateRefused):
            return problem_response(self.endpoint, error, self.types, request=request)
        language = _language_of(request)
        return _respond(plain_problem(error, self.types, language), language)


_ANSWERED_ERRORS: Final = (InvalidInput, UpdateRefused, NotJson, NoSuchOrder)


class UpdateOrderMixin(_UpdateView):
    """A mixin that takes updates with PUT, for a ``View`` of Django or an ``APIView`` of Django REST framework.

    A subclass sets ``endpoint``, and overrides ``get_order`` and ``save_order``. If a request cannot be read or the
    update is refused, the answer is a problem document; for a refusal, it says what is allowed instead. The answer is
    also a problem document if the body is not JSON (415), or if the id is too large for a database (404).

    Attributes:
        endpoint: the platform's endpoint.
        parameter: the name of the order's id in the path of the route; if None, the name on the platform's page.
        types: the prefix of the URIs of the problem types. If it is empty, the types are ``about:blank``.
    """

    def get_order(self, order_id: int) -> Any:  # noqa: ANN401 - an order of the endpoint's platform.
        """Load an order. Raise ``Http404`` if it does not exist. Lock its row if other writers may change it.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override get_order: it loads an order")

    def save_order(self, order: Any, patch: Any) -> HttpResponse:  # noqa: ANN401 - as above.
        """Save an order as it is after the update, and return the response.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override save_order: it saves an order")

    def put(self, request: HttpRequest, *_: object, **parameters: Any) -> HttpResponse:  # noqa: ANN401 - the parameters of the route.
        """Read an update, check that it is allowed, and save it.

        Raises:
            LookupError: the path of the route has no parameter for the order's id.
        """
        try:
            parsed = self._read_request(request, parameters)
            after = apply(self.endpoint.policy, self.get_order(parsed.order_id), parsed.patch)
        except _ANSWERED_ERRORS as error:
            return self._answer_error(request, error)
        return self.save_order(after, parsed.patch)


class AsyncUpdateOrderMixin(_UpdateView):
    """``UpdateOrderMixin`` for an asynchronous ``View``: ``get_order`` and ``save_order`` are coroutine functions."""

    async def get_order(self, order_id: int) -> Any:  # noqa: ANN401 - an order of the endpoint's platform.
        """Load an order. Raise ``Http404`` if it does not exist. Lock its row if other writers may change it.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override get_order: it loads an order")

    async def save_order(self, order: Any, patch: Any) -> HttpResponse:  # noqa: ANN401 - as above.
        """Save an order as it is after the update, and return the response.

        Raises:
            NotImplementedError: a subclass does not override it.
        """
        raise NotImplementedError("override save_order: it saves an order")

    async def put(self, request: HttpRequest, *_: object, **parameters: Any) -> HttpResponse:  # noqa: ANN401 - the parameters of the route.
        """Read an update, check that it is allowed, and save it.

        Raises:
            LookupError: the path of the route has no parameter for the order's id.
        """
        try:
            parsed = self._read_request(request, parameters)
            after = apply(self.endpoint.policy, await self.get_order(parsed.order_id), parsed.patch)
        except _ANSWERED_ERRORS as error:
            return self._answer_error(request, error)
        return await self.save_order(after, parsed.patch)


class UpdateValidator:
    """A validator of updates: of a body as JSON or as a mapping, or of a patch. Errors are in the active language.

    Args:
        policy: the rules.
        order: the order that is updated. Without an order, the validator only checks that a body can be read.
    """

    def __init__(self, policy: Policy[Any, Any], order: OrderBase[Any] | None = None) -> None:
        self.policy = policy
        self.order = order

    def __call__(self, value: Mapping[str, object] | str | bytes | PatchBase) -> None:
        """Check that a body can be read and that its update is allowed.

        Raises:
            ValidationError: the body cannot be read, or the update is refused. It has one error for each problem, with
                the problem's code, or for each rule that refuses, with the rule's id as the code.
        """
        patch: Any = value
        try:
            if not isinstance(value, self.policy.patch_type):
                patch = read_body(self.policy.patch_type, patch)
        except InvalidInput as error:
            language = active_language()
            problems = [ValidationError(entry.render(language), code=entry.code) for entry in error.problems]
            raise ValidationError(problems) from None
        decision = None if self.order is None else self.policy.can_update(self.order, patch)
        if decision is not None and not decision:
            language = active_language()
            raise ValidationError(
                [
                    ValidationError(violation.message_in(language), code=violation.rule.id)
                    for violation in decision.violations
                ]
            )


class OrderForm(forms.Form):
    """A form whose fields have the names of body keys. Fields that the rules close for the order are disabled.

    A field for a key of a nested object has a name such as ``receiver__email``. The values of the order are the
    ``initial`` values, unless others are given. A disabled field has the reason as its title, and as its help text if
    it has no other. The changed fields are read strictly as an update, which the policy must allow. If the form is
    valid, ``form.patch`` is this update.
    A change of a closed field is an error, also if the field was open when the form was displayed.
    If the page documents transitions, a choice field of the status offers the present status and those that may follow.

    Attributes:
        policy: the rules; a subclass sets them.
        own_fields: the names of the fields that are not body keys.
        patch: the update, if the form is valid; otherwise an empty update.

    Args:
        order: the order that is updated.

    Raises:
        TypeError: when a form is created, if a field is not a body key and not listed in ``own_fields``, or if a field
            is part of the value of another field.
    """

    policy: ClassVar[Policy[Any, Any]]
    own_fields: ClassVar[Collection[str]] = ()
    patch: Any

    def __init__(self, *args: Any, order: OrderBase[Any], **options: Any) -> None:  # noqa: ANN401 - the arguments of any form.
        super().__init__(*args, **options)
        self._check_fields()
        for name, field in self.fields.items():
            if _SEPARATOR in name and field.label is None:
                field.label = pretty_name(name.replace(_SEPARATOR, "_"))
        self.order = order
        self.patch = self.policy.patch_type()
        self.initial = {**self._order_values(), **self.initial}
        self._closed = dict(self._disable_closed_fields())
        self._limit_status_choices()

    def _order_values(self) -> dict[str, Any]:
        """Return the initial values of the fields: the order's values of their body keys."""
        outcomes = {outcome.key for outcome in self.policy.effects}
        keys = [key for key in sections_by_key(self.policy.patch_type) if key in self.fields and key not in outcomes]
        return {key: getattr(self.order, key) for key in keys if getattr(self.order, key, None) is not None}

    def _check_fields(self) -> None:
        """Check that no submitted value can be lost: each field is a body key, and not part of another field."""
        if isinstance(self.own_fields, str) or {*self.own_fields} & {*sections_by_key(self.policy.patch_type)}:
            raise TypeError(
                f"expected own_fields to list names of fields that are not body keys, got {self.own_fields!r}"
            )
        for name in set(self.fields).difference(self.own_fields):
            path = name.split(_SEPARATOR)
            _check_documented(name, path, self.policy.schema())
            for end in range(1, len(path)):
                if _SEPARATOR.join(path[:end]) in self.fields:
                    raise TypeError(f"the field {name} is part of the value of another field: remove one of the two")

    def _disable_closed_fields(self) -> Iterator[tuple[str, Decision]]:
        """Disable the fields that the rules close, and yield the name and the decision of each."""
        section_of = sections_by_key(self.policy.patch_type)
        editable = self.policy.editable(self.order)
        for name, field in self.fields.items():
            section = None if name in self.own_fields else section_of[_key_of(name)]
            if section is not None and not editable[section]:
                field.disabled = True
                field.required = False  # A disabled field cannot be filled in.
                language = language_of(active_language())
                reasons = join_words(map(self.reason, editable[section].violations), "clauses", language)
                # A help text is HTML, and it is escaped.
                shown = to_html(reasons, language) if language.DIRECTION == "rtl" else escape(reasons)
                field.help_text = field.help_text or mark_safe(shown)  # noqa: S308
                field.widget.attrs["title"] = reasons
                yield name, editable[section]

    def reason(self, violation: Violation) -> str:
        """Return the text that says why a field is closed, in the active language. Override it for another text."""
        return violation.message_in(active_language())

    def _refusal_errors(self, decision: Decision) -> list[ValidationError]:
        return [ValidationError(self.reason(violation), code=violation.rule.id) for violation in decision.violations]

    def _limit_status_choices(self) -> None:
        for current, next_status in table_of(self.policy).followed:
            following = self.policy.next_statuses(self.order, next_status.attribute)
            field = self.fields.get(next_status.attribute)
            if following is None or not isinstance(field, forms.ChoiceField):
                continue
            present = str(getattr(self.order, current.attribute))
            choices: Any = field.choices
            if not any(_filter_choices(choices, {present})):
                choices = field.choices = [(present, present), *choices]
            # Only the widget is limited: if another status is sent, the rules refuse it and give the reason.
            field.widget.choices = [*_filter_choices(choices, {"", present, *map(str, following)})]

    def _closed_field_changed(self, name: str) -> bool:
        """Return whether a closed field was changed, as in a form that was displayed while the field was open."""
        field, html_name = self.fields[name], self.add_prefix(name)
        omitted = field.widget.value_omitted_from_data(self.data, self.files, html_name)
        # An unchecked box sends nothing, as a disabled one.
        if omitted or (isinstance(field.widget, _UNSENT_WIDGETS) and html_name not in self.data):
            return False
        field.disabled = False  # has_changed returns False for a disabled field.
        try:
            value = field.widget.value_from_datadict(self.data, self.files, html_name)
            return bool(field.has_changed(self.get_initial_for_field(field, name), value))
        finally:
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        """Read the changed fields as an update, and check that it is allowed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in filter(self._closed_field_changed, self._closed):
            self.add_error(name, self._refusal_errors(self._closed[name]))
        try:
            self.patch = read_body(self.policy.patch_type, self._body(cleaned))
        except InvalidInput as error:
            for entry in error.problems:
                language = language_of(active_language())
                is_null = entry.code is Code.NULL
                message = render(language, "ANSWERS", "emptied") if is_null else entry.message_in(language)
                self.add_error(self._field_at(entry.pointer), ValidationError(message, code=entry.code))
        else:
            decision = self.policy.can_update(self.order, self.patch)
            for violation, refusal in zip(decision.violations, self._refusal_errors(decision), strict=True):
                for name in {*self.changed_data}.difference(self.own_fields):
                    if _key_of(name) in violation.keys:
                        self.add_error(name, refusal)
        if self.errors:
            self.patch = self.policy.patch_type()
        return cleaned

    def _body(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Return the body of an update that sends the changed fields."""
        body: dict[str, Any] = {}
        for name in self.changed_data:
            if name in cleaned and name not in self.own_fields:
                _set_value(body, name.split(_SEPARATOR), plain(cleaned[name]))
        return body

    def _field_at(self, pointer: str) -> str | None:
        """Return the name of the field for a pointer into the body; None (the whole form) if there is no such field."""
        path = pointer.split("/")[1:]
        return next(
            (name for end in range(len(path), 0, -1) for name in self.fields if name.split(_SEPARATOR) == path[:end]),
            None,
        )


def _check_documented(name: str, path: list[str], schema: Any) -> None:  # noqa: ANN401 - a part of a schema.
    for key in path:
        properties = schema.get("properties", {})
        if key not in properties:
            hint = hint_close_to(key, properties)
            guess = f" ({hint})" if hint else ""
            raise TypeError(f"the field {name} is not a body key{guess}; list it in own_fields if it is your own")
        schema = properties[key]


def _filter_choices(choices: Iterable[Any], values: Collection[str]) -> Iterator[tuple[Any, Any]]:
    """Yield the choices that have one of the values, and the groups of choices that contain any, reduced to these."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            kept = [*_filter_choices(cast("list[Any]", label), values)]
            if kept:
                yield value, kept
        elif str("" if value is None else value) in values:
            yield value, label


def plain(value: object) -> Any:  # noqa: ANN401 - the cleaned value of any field.
    """Return a value with each ``Decimal`` in it replaced by an int or a float, as JSON has them."""
    if isinstance(value, str):
        return str.__str__(value)  # JSONField returns a str subclass for text.
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if issubclass(type(value), dict):
        return {key: plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if issubclass(type(value), list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    return value


def _key_of(name: str) -> str:
    return name.split(_SEPARATOR, maxsplit=1)[0]


def _set_value(body: dict[str, Any], path: list[str], value: object) -> None:
    """Set the value at a path in a body."""
    *parents, last = path
    for key in parents:
        body = body.setdefault(key, {})
    body[last] = value
