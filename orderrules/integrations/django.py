"""For Django: a view that takes updates, a validator of their bodies, and a form that greys out what is closed.

It must never know what is refused, nor why. The module is longer than most because a form is told in more ways than
one of what was sent to it.
"""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from orderrules.engine.table import table_of
from orderrules.integrations.extras import extra

with extra("django"):
    from django import forms
    from django.core.exceptions import ValidationError
    from django.forms.utils import pretty_name
    from django.http import HttpRequest, HttpResponse, JsonResponse

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import sections_by_key
from orderrules.integrations.problems import (
    MEDIA_TYPE,
    TYPES,
    NoSuchOrder,
    NotJson,
    apply,
    plain_problem,
    problem,
    read_at,
    see_that_it_is_json,
)
from orderrules.reading.bodies import read_body
from orderrules.reading.problems import Code, InvalidInput, join_words
from orderrules.reading.values import close_to

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from orderrules.engine.decision import Decision, Violation
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.endpoint import Endpoint, ParsedRequest
    from orderrules.policy.policy import Policy

__all__ = ["AsyncUpdateOrderMixin", "OrderForm", "UpdateOrderMixin", "UpdateValidator", "problem_response"]

_WITHIN: Final = "__"
"""What stands in a field's name between a body key and one within it: ``receiver__email``."""
_EMPTIED: Final = "this may be left as it is, and not emptied"
_BOXES: Final = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.SelectMultiple)
"""Widgets of which nothing is sent where nothing is chosen."""


def problem_response(
    endpoint: Endpoint[Any, Any], error: InvalidInput | UpdateRefused, types: str = TYPES
) -> JsonResponse:
    """Answer with a problem document (RFC 9457), in the status of the platform.

    Args:
        endpoint: the platform's.
        error: what was raised.
        types: what the URIs of the types of problems begin with; where it is empty, they are ``about:blank``.
    """
    told = problem(endpoint, error, types)
    return JsonResponse(told, status=int(str(told["status"])), content_type=MEDIA_TYPE)


class _Updating:
    """What both mixins share."""

    endpoint: ClassVar[Endpoint[Any, Any]]
    parameter: ClassVar[str | None] = None
    types: ClassVar[str] = TYPES

    if not TYPE_CHECKING:  # It is that of the view, which each framework types in its own way.

        @classmethod
        def as_view(cls, **initkwargs: Any) -> Any:  # noqa: ANN401 - of every view.
            """Make what a route calls.

            Raises:
                TypeError: what loads or saves an order is a coroutine function, which this view does not await.
            """
            loose = [name for name in ("get_order", "save_order") if inspect.iscoroutinefunction(getattr(cls, name))]
            if loose and not issubclass(cls, AsyncUpdateOrderMixin):
                told = join_words(loose, "and")
                raise TypeError(f"{cls.__name__} has a coroutine function {told}: derive from AsyncUpdateOrderMixin")
            return super().as_view(**initkwargs)

    def _asked(self, request: HttpRequest, parameters: Mapping[str, object]) -> ParsedRequest[Any]:
        see_that_it_is_json(request.META.get("CONTENT_TYPE", ""))
        return read_at(self.endpoint, parameters, self.parameter, request.META.get("QUERY_STRING", ""), request.body)

    def _answer(self, error: InvalidInput | UpdateRefused | NotJson | NoSuchOrder) -> JsonResponse:
        if isinstance(error, InvalidInput | UpdateRefused):
            return problem_response(self.endpoint, error, self.types)
        told = plain_problem(error, self.types)
        return JsonResponse(told, status=int(str(told["status"])), content_type=MEDIA_TYPE)


_ANSWERED: Final = (InvalidInput, UpdateRefused, NotJson, NoSuchOrder)


class UpdateOrderMixin(_Updating):
    """A view that takes updates with PUT, for a ``View`` of Django or an ``APIView`` of Django REST framework.

    A subclass names its ``endpoint``, and says how an order is loaded and saved. What cannot be read or is refused is
    answered with a problem document, which says what is allowed instead; so is what is not JSON (415), and an id that
    no database keeps (404).

    Attributes:
        endpoint: the platform's.
        parameter: the name of the order's id in the path of the route; as on the platform's page when None.
        types: what the URIs of the types of problems begin with; where it is empty, they are ``about:blank``.
    """

    def get_order(self, order_id: int) -> Any:  # noqa: ANN401 - of the endpoint's platform.
        """Load an order; raise ``Http404`` where there is none. Lock its row, if others may write it meanwhile.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is loaded: override get_order")

    def save_order(self, order: Any, patch: Any) -> HttpResponse:  # noqa: ANN401 - as above.
        """Save an order as it is after the update, and answer.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is saved: override save_order")

    def put(self, request: HttpRequest, *_: object, **parameters: Any) -> HttpResponse:  # noqa: ANN401 - of the route.
        """Read an update, decide, and let it be saved.

        Raises:
            LookupError: the path of the route has no parameter for the order's id.
        """
        try:
            asked = self._asked(request, parameters)
            after = apply(self.endpoint.policy, self.get_order(asked.order_id), asked.patch)
        except _ANSWERED as error:
            return self._answer(error)
        return self.save_order(after, asked.patch)


class AsyncUpdateOrderMixin(_Updating):
    """The same for an asynchronous ``View``, whose ``get_order`` and ``save_order`` are coroutine functions."""

    async def get_order(self, order_id: int) -> Any:  # noqa: ANN401 - of the endpoint's platform.
        """Load an order; raise ``Http404`` where there is none. Lock its row, if others may write it meanwhile.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is loaded: override get_order")

    async def save_order(self, order: Any, patch: Any) -> HttpResponse:  # noqa: ANN401 - as above.
        """Save an order as it is after the update, and answer.

        Raises:
            NotImplementedError: it is not overridden.
        """
        raise NotImplementedError("say how an order is saved: override save_order")

    async def put(self, request: HttpRequest, *_: object, **parameters: Any) -> HttpResponse:  # noqa: ANN401 - of the route.
        """Read an update, decide, and let it be saved.

        Raises:
            LookupError: the path of the route has no parameter for the order's id.
        """
        try:
            asked = self._asked(request, parameters)
            after = apply(self.endpoint.policy, await self.get_order(asked.order_id), asked.patch)
        except _ANSWERED as error:
            return self._answer(error)
        return await self.save_order(after, asked.patch)


class UpdateValidator:
    """A validator of the bodies of updates: of JSON, a mapping, or a patch.

    Args:
        policy: the rules.
        order: the order that is to be updated; when left out, bodies are only read.
    """

    def __init__(self, policy: Policy[Any, Any], order: OrderBase | None = None) -> None:
        self.policy = policy
        self.order = order

    def __call__(self, value: Mapping[str, object] | str | bytes | PatchBase) -> None:
        """See that a body can be read, and that its update is allowed.

        Raises:
            ValidationError: it is not; with an error for each problem or rule, whose code is the problem's or
                the rule's id.
        """
        patch: Any = value
        try:
            if not isinstance(value, self.policy.patch_type):
                patch = read_body(self.policy.patch_type, patch)
        except InvalidInput as error:
            raise ValidationError([ValidationError(str(found), code=found.code) for found in error.problems]) from None
        decision = None if self.order is None else self.policy.can_update(self.order, patch)
        if decision is not None and not decision:
            raise ValidationError(
                [ValidationError(violation.message, code=violation.rule.id) for violation in decision.violations]
            )


class OrderForm(forms.Form):
    """A form whose fields are named as body keys; what is closed for its order is disabled, and says why.

    A field of an object within the body is named ``receiver__email``. What the order shows of them is ``initial``,
    unless that is given. What is submitted is an update of those fields that were changed; it is read strictly and
    decided on, and ``form.patch`` is that update when the form is valid.
    A change of what is closed is an error, as it is when the form was shown while that was open.
    Where the page documents transitions, a field of choices offers the present status and those that may follow.

    Attributes:
        policy: the rules; a subclass names them.
        own_fields: the names of fields that stand for no body key.
        patch: what the form asks to change, when it is valid.

    Args:
        order: the order that is to be updated.

    Raises:
        TypeError: when it is made, where a field stands for no body key, or within what another holds.
    """

    policy: ClassVar[Policy[Any, Any]]
    own_fields: ClassVar[Collection[str]] = ()
    patch: Any

    def __init__(self, *args: Any, order: OrderBase, **options: Any) -> None:  # noqa: ANN401 - of every form.
        super().__init__(*args, **options)
        self._see_the_fields()
        for name, field in self.fields.items():
            if _WITHIN in name and field.label is None:
                field.label = pretty_name(name.replace(_WITHIN, "_"))
        self.order = order
        self.patch = self.policy.patch_type()
        self.initial = {**self._shown(), **self.initial}
        self._closed = dict(self._greyed_out())
        self._offer_what_may_follow()

    def _shown(self) -> dict[str, Any]:
        """Give what the order shows of the body keys, which is what a field holds where nobody says otherwise."""
        outcomes = {outcome.key for outcome in self.policy.effects}
        keys = [key for key in sections_by_key(self.policy.patch_type) if key in self.fields and key not in outcomes]
        return {key: getattr(self.order, key) for key in keys if getattr(self.order, key, None) is not None}

    def _see_the_fields(self) -> None:
        """Refuse a field that stands for no body key, or within what another holds: what it is sent would be lost."""
        if isinstance(self.own_fields, str) or {*self.own_fields} & {*sections_by_key(self.policy.patch_type)}:
            raise TypeError(f"own_fields lists names of fields that are no body keys, and not {self.own_fields!r}")
        for name in set(self.fields).difference(self.own_fields):
            path = name.split(_WITHIN)
            _see_that_it_is_documented(name, path, self.policy.schema())
            for end in range(1, len(path)):
                if _WITHIN.join(path[:end]) in self.fields:
                    raise TypeError(f"the field {name} stands within what another field holds: have one or the other")

    def _greyed_out(self) -> Iterator[tuple[str, Decision]]:
        """Disable the fields of what is closed, and give the decision that closes each."""
        section_of = sections_by_key(self.policy.patch_type)
        editable = self.policy.editable(self.order)
        for name, field in self.fields.items():
            section = None if name in self.own_fields else section_of[_key_of(name)]
            if section is not None and not editable[section]:
                field.disabled = True
                field.required = False  # Whoever cannot fill it in need not.
                reasons = "; ".join(map(self.reason, editable[section].violations))
                field.help_text = field.help_text or reasons
                field.widget.attrs["title"] = reasons
                yield name, editable[section]

    def reason(self, violation: Violation) -> str:
        """Say why a field is closed; override it to say it in another way, or another language."""
        return violation.message

    def _refusals(self, decision: Decision) -> list[ValidationError]:
        return [ValidationError(self.reason(found), code=found.rule.id) for found in decision.violations]

    def _offer_what_may_follow(self) -> None:
        following = self.policy.next_statuses(self.order)
        for current, asked in table_of(self.policy).followed[:1]:
            field = self.fields.get(asked.attribute)
            if following is None or not isinstance(field, forms.ChoiceField):
                continue
            present = str(getattr(self.order, current.attribute))
            choices: Any = field.choices
            if not any(_among(choices, {present})):
                choices = field.choices = [(present, present), *choices]
            # What is no longer offered is refused by the rules, which say why, and not as no choice.
            field.widget.choices = [*_among(choices, {"", present, *map(str, following)})]

    def _was_sent(self, name: str) -> bool:
        """Say whether a closed field was changed all the same, as in a form that was shown while it was open."""
        field, sent = self.fields[name], self.add_prefix(name)
        omitted = field.widget.value_omitted_from_data(self.data, self.files, sent)
        # A box that is not ticked looks like one that is disabled.
        if omitted or (isinstance(field.widget, _BOXES) and sent not in self.data):
            return False
        field.disabled = False  # Of a field that is disabled, every value counts as the first one.
        try:
            given = field.widget.value_from_datadict(self.data, self.files, sent)
            return bool(field.has_changed(self.get_initial_for_field(field, name), given))
        finally:
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        """Make the update of what was changed, and decide on it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in filter(self._was_sent, self._closed):
            self.add_error(name, self._refusals(self._closed[name]))
        try:
            self.patch = read_body(self.policy.patch_type, self._body(cleaned))
        except InvalidInput as error:
            for found in error.problems:
                message = _EMPTIED if found.code is Code.NULL else found.message
                self.add_error(self._field_at(found.pointer), ValidationError(message, code=found.code))
        else:
            decision = self.policy.can_update(self.order, self.patch)
            for violation, told in zip(decision.violations, self._refusals(decision), strict=True):
                for name in {*self.changed_data}.difference(self.own_fields):
                    if _key_of(name) in violation.keys:
                        self.add_error(name, told)
        if self.errors:
            self.patch = self.policy.patch_type()
        return cleaned

    def _body(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Give the body that asks for what was changed."""
        body: dict[str, Any] = {}
        for name in self.changed_data:
            if name in cleaned and name not in self.own_fields:
                _put(body, name.split(_WITHIN), plain(cleaned[name]))
        return body

    def _field_at(self, pointer: str) -> str | None:
        """Find the field that a pointer into the body leads to; the form as a whole where there is none."""
        path = pointer.split("/")[1:]
        return next(
            (name for end in range(len(path), 0, -1) for name in self.fields if name.split(_WITHIN) == path[:end]), None
        )


def _see_that_it_is_documented(name: str, path: list[str], schema: Any) -> None:  # noqa: ANN401 - a schema's part.
    for key in path:
        properties = schema.get("properties", {})
        if key not in properties:
            hint = close_to(key, properties)
            hint = f" ({hint})" if hint else ""
            raise TypeError(f"the field {name} stands for no body key{hint}; name it in own_fields if it is your own")
        schema = properties[key]


def _among(choices: Iterable[Any], values: Collection[str]) -> Iterator[tuple[Any, Any]]:
    """Leave of choices, and of groups of them, those that have one of some values."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            left = [*_among(cast("list[Any]", label), values)]
            if left:
                yield value, left
        elif str("" if value is None else value) in values:
            yield value, label


def plain(value: object) -> Any:  # noqa: ANN401 - what a field or a serializer makes of what was sent.
    """Give a value with numbers as JSON has them, where there are decimals in it."""
    if isinstance(value, str):
        return str.__str__(value)  # A field for JSON marks text of its own.
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if issubclass(type(value), dict):
        return {key: plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if issubclass(type(value), list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    return value


def _key_of(name: str) -> str:
    return name.split(_WITHIN, maxsplit=1)[0]


def _put(body: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value at its place in a body."""
    *within, last = path
    for key in within:
        body = body.setdefault(key, {})
    body[last] = value
