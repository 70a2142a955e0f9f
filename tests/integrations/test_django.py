"""Django and REST framework: the example's view, serializer and form, in this process and in another one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
from datetime import date
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import urllib3
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from orderrules import Code, InvalidInput, UpdateRefused, awal, salla
from orderrules.testing import OrderMachine
from tests.kit.examples import example
from tests.kit.service_process import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

shop = example("django_shop")

# Django needs its settings before these are imported.
from django import forms  # noqa: E402
from django.core.exceptions import ValidationError  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.utils import translation  # noqa: E402
from rest_framework import exceptions, serializers  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from orderrules.integrations.django import (  # noqa: E402
    AsyncUpdateOrderMixin,
    OrderForm,
    UpdateOrderMixin,
    UpdateValidator,
    active_language,
)
from orderrules.integrations.rest_framework import UpdateValidator as SerializerValidator  # noqa: E402
from orderrules.integrations.rest_framework import exception_handler_of  # noqa: E402

QUERY = "?phone_number_id=1"


@pytest.fixture
def row() -> Iterator[Any]:
    """Yield an accepted order, and delete it afterwards."""
    created = shop.OrderRow.objects.create(status="accepted")
    yield created
    created.delete()


def put(number: int, body: object, query: str = QUERY) -> Any:
    """Send an update to the view."""
    return Client().put(f"/orders/{number}{query}", json.dumps(body), content_type="application/json")


def test_a_view_saves_an_allowed_update(row: Any) -> None:
    """The answer comes from ``save_order`` of the subclass."""
    answer = put(row.pk, {"status": "shipped", "shipping_date": "2024-01-20"})
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "shipped")
    row.refresh_from_db()
    assert (row.status, str(row.shipping_date), row.admin_notes) == ("shipped", "2024-01-20", None)


def test_a_view_answers_a_refused_update_with_a_problem_document(row: Any) -> None:
    """The document lists what is allowed instead, and nothing is saved."""
    answer = put(row.pk, {"status": "pending", "admin_notes": "back"})
    assert (answer.status_code, answer["content-type"]) == (422, "application/problem+json")
    document = answer.json()
    assert document["rules"] == ["AWAL-STATUS-1"]
    assert document["errors"][0]["pointer"] == "#/status"
    assert document["allowed"] == {
        "sections": ["admin_notes", "status", "payment_status", "shipping_date", "delivery_date", "branch_id"],
        "keys": ["admin_notes"],
        "statuses": ["shipped"],
    }
    row.refresh_from_db()
    assert (row.status, row.admin_notes) == ("accepted", None)


def test_a_view_lists_every_problem_of_an_unreadable_request(row: Any) -> None:
    """Problems of the path, the query and the body are reported together."""
    answer = put(row.pk, {"status": "lost", "note": "x"}, "?phone=1")
    assert answer.status_code == 400
    places = [
        {key: error[key] for key in error if key not in {"detail", "hint", "params", "remedy"}}
        for error in answer.json()["errors"]
    ]
    assert places == [
        {"code": "unknown_key", "query": "phone"},
        {"code": "missing", "query": "phone_number_id"},
        {"code": "not_a_choice", "pointer": "#/status"},
        {"code": "unknown_key", "pointer": "#/note"},
    ]
    assert put(0, {}).status_code == 404


def test_the_mixin_works_with_a_view_of_rest_framework(row: Any) -> None:
    """The mixin also reports mistakes of the developer."""
    from rest_framework.views import APIView

    class Orders(UpdateOrderMixin, APIView):
        endpoint = awal.ENDPOINT
        parameter = "pk"
        types = "https://shop.example/problems/"
        authentication_classes = ()

        def get_order(self, order_id: int) -> awal.Order:
            assert order_id == row.pk
            return row.to_order()  # type: ignore[no-any-return]

    request = RequestFactory().put(f"/orders/{row.pk}{QUERY}", '{"status": "pending"}', content_type="application/json")
    answer = Orders.as_view()(request, pk=row.pk)
    assert answer.status_code == 422
    assert json.loads(answer.content)["type"] == "https://shop.example/problems/refused"
    request = RequestFactory().put(f"/orders/{row.pk}{QUERY}", "{}", content_type="application/json")
    with pytest.raises(NotImplementedError, match="override save_order"):
        Orders.as_view()(request, pk=row.pk)
    request = RequestFactory().put(f"/orders/x{QUERY}", "{}", content_type="application/json")
    document = json.loads(Orders.as_view()(request, pk="x").content)
    assert document["errors"] == [
        {
            "code": "wrong_type",
            "params": {"expected": "decimal", "found": "other string"},
            "detail": "expected an integer in decimal digits, got another string",
            "path": "pk",
        }
    ]
    with pytest.raises(LookupError, match=r"the route has no parameter pk in its path; give the name of .*: parameter"):
        Orders.as_view()(request, number=row.pk)
    with pytest.raises(NotImplementedError, match="override get_order"):
        UpdateOrderMixin().get_order(1)


def test_a_serializer_refuses_what_the_rules_refuse(row: Any) -> None:
    """Each error is listed under its key, with the id of the rule as its code."""
    client = APIClient()
    answer = client.patch(f"/api/orders/{row.pk}", {"status": "pending"}, format="json")
    assert answer.status_code == 400
    assert answer.data["status"][0].code == "AWAL-STATUS-1"
    answer = client.patch(f"/api/orders/{row.pk}", {"payment_status": "perhaps"}, format="json")
    assert answer.status_code == 400
    assert answer.data["payment_status"][0].code == "not_a_choice"
    assert client.patch(f"/api/orders/{row.pk}", {"status": "shipped"}, format="json").status_code == 200


def test_a_serializer_without_an_instance_only_checks_that_the_body_can_be_read() -> None:
    """A problem is reported at the key where it was found."""

    class Update(serializers.Serializer[Any]):
        coupon_code = serializers.CharField()
        receiver = serializers.DictField(required=False)

        class Meta:
            validators = (SerializerValidator(salla.POLICY, lambda order: order),)

    body: dict[str, Any] = {"coupon_code": "EID"}
    assert Update(data=body).is_valid()
    assert Update(salla.Order(status="in_progress"), data=body).is_valid()
    refused = Update(salla.Order(status="completed"), data=body)
    assert not refused.is_valid()
    assert [detail.code for detail in refused.errors["coupon_code"]] == ["SALLA-COUPON-1"]
    many = Update([DONE, DONE], data=[body], many=True)
    with pytest.raises(TypeError, match="does not say which order it validates"):
        many.is_valid()
    unreadable = Update(data={**body, "receiver": {"notify": "yes"}})
    assert not unreadable.is_valid()
    assert [detail.code for detail in unreadable.errors["receiver"]] == ["wrong_type"]


def test_the_exception_handler_answers_with_problem_documents() -> None:
    """Other exceptions are left to the framework."""
    handle = exception_handler_of(awal.ENDPOINT)
    decision = awal.POLICY.can_update(awal.Order(status="completed"), awal.Patch(status=awal.Status.PENDING))
    answer = handle(UpdateRefused(decision), {})
    assert answer is not None
    assert (answer.status_code, answer["content-type"]) == (422, "application/problem+json")
    with pytest.raises(InvalidInput) as caught:
        awal.read_patch("{")
    answer = handle(caught.value, {})
    assert answer is not None
    assert answer.status_code == 400
    answer = handle(exceptions.NotFound(), {})
    assert answer is not None
    assert answer.status_code == 404
    assert handle(RuntimeError(), {}) is None


def test_a_validator_reads_and_checks_a_body() -> None:
    """The body may be a dict, JSON or a patch; each problem and each refusing rule is one error."""
    validate = UpdateValidator(salla.POLICY, salla.Order(status="completed"))
    validate({"employees": [1]})
    validate('{"employees": [1]}')
    validate(salla.Patch(employees=(1,)))
    with pytest.raises(ValidationError) as refused:
        validate({"coupon_code": "EID", "courier_id": 7, "employees": [1]})
    assert [error.code for error in refused.value.error_list] == ["SALLA-SHIPPING-1", "SALLA-COUPON-1"]
    with pytest.raises(ValidationError) as unreadable:
        validate({"coupon_code": 7, "coupon": "x"})
    assert [error.code for error in unreadable.value.error_list] == ["wrong_type", "unknown_key"]
    field = forms.JSONField(validators=[UpdateValidator(salla.POLICY)])
    assert field.clean('{"coupon_code": "EID"}') == {"coupon_code": "EID"}
    with pytest.raises(ValidationError, match="did you mean coupon_code"):
        field.clean('{"cupon_code": "EID"}')


class Form(OrderForm):
    """A form for some of Salla's body keys."""

    policy = salla.POLICY
    own_fields = ("remark", "coupon_code__remark")
    coupon_code = forms.CharField(required=False)
    courier_id = forms.IntegerField(required=False)
    receiver__name = forms.CharField(required=False)
    receiver__notify = forms.BooleanField(required=False)
    employees = forms.TypedMultipleChoiceField(choices=[(1, "one"), (2, "two")], coerce=int, required=False)
    remark = forms.CharField(required=False)
    coupon_code__remark = forms.CharField(required=False)


OWN = {"remark": "x", "coupon_code__remark": "y"}
OPEN = salla.Order(status="in_progress")
DONE = salla.Order(status="completed")


def test_a_form_disables_closed_fields() -> None:
    """The help text of a closed field gives the reason."""
    form = Form(order=DONE)
    disabled = {name for name, field in form.fields.items() if field.disabled}
    assert disabled == {"coupon_code", "courier_id", "receiver__name", "receiver__notify"}
    assert form.fields["coupon_code"].help_text == (
        "the coupon cannot be changed: the order is completed; it may change only while the order is not completed"
    )
    assert "disabled" in str(form["coupon_code"])
    assert "the order is completed" in str(form["coupon_code"])
    assert not any(field.disabled for field in Form(order=OPEN).fields.values())


def test_a_form_speaks_the_active_language() -> None:
    """The help text is HTML; a title and an error are text."""
    with translation.override("ar"):
        form = Form({"coupon_code": "EID"} | OWN, order=DONE)
        coupon = (
            "لا يمكن تعديل الكوبون: حالة الطلب «تم التنفيذ»؛ لا يجوز التعديل إلا حين لا تكون حالة الطلب «تم التنفيذ»"
        )
        assert form.fields["coupon_code"].help_text == f'<span lang="ar" dir="rtl">{coupon}</span>'
        assert form.fields["coupon_code"].widget.attrs["title"] == coupon
        assert not form.is_valid()
        assert form.errors["coupon_code"] == [coupon]
        with pytest.raises(ValidationError) as caught:
            UpdateValidator(salla.POLICY)({"branch_id": "7"})
        assert caught.value.messages == ["\u2068/branch_id\u2069: المتوقع عدد صحيح، والموجود نص"]
    with translation.override("ar-sa"):
        assert active_language() == "ar"
    with translation.override("fr"):
        assert active_language() == "en"
    with translation.override(None):
        assert active_language() == "en"


def test_an_error_is_answered_in_the_language_that_the_header_prefers(row: Any) -> None:
    """A refusal, what cannot be read, and what is not JSON; REST framework's handler too."""
    for body, content_type, status in (
        ('{"status": "pending"}', "application/json", 422),
        ("{", "application/json", 400),
        ("{}", "text/plain", 415),
    ):
        answer = Client(headers={"accept-language": "ar-SA, en;q=0.5"}).put(
            f"/orders/{row.pk}{QUERY}", body, content_type=content_type
        )
        assert answer.status_code == status
        assert re.search("[\u0600-\u06ff]", answer.json()["detail"])
        assert (answer["content-language"], answer["vary"]) == ("ar", "Accept-Language")
    request = RequestFactory().put("/", headers={"Accept-Language": "ar"})
    refusal = UpdateRefused(salla.POLICY.can_update(DONE, salla.Patch(coupon_code="EID")))
    for context, title in (({"request": request}, "التعديل مرفوض"), ({}, "The update is refused")):
        response = exception_handler_of(salla.ENDPOINT)(refusal, context)
        assert response is not None
        assert json.loads(response.content)["title"] == title


def test_a_form_asks_only_for_changed_values() -> None:
    """The fields in ``own_fields`` are not part of the patch."""
    initial = {"coupon_code": "OLD", "receiver__name": "N", "receiver__notify": True, "employees": [1]}
    data = {"coupon_code": "EID", "receiver__name": "N", "employees": ["1", "2"], "courier_id": "7"} | OWN
    form = Form(data, initial=initial, order=OPEN)
    assert form.is_valid(), form.errors
    assert form.patch == salla.Patch(
        coupon_code="EID", courier_id=7, employees=(1, 2), receiver=salla.Receiver(notify=False)
    )
    assert {name: form.cleaned_data[name] for name in OWN} == OWN
    assert Form({}, order=OPEN).is_valid()


def test_a_form_reports_changes_to_fields_that_have_closed_since_it_was_shown() -> None:
    """Values that the user left unchanged cause no error."""
    initial = {"coupon_code": "OLD", "receiver__name": "N", "receiver__notify": True}
    stale = Form({"coupon_code": "EID", "receiver__name": "N", "employees": ["2"]}, initial=initial, order=DONE)
    assert not stale.is_valid()
    assert set(stale.errors) == {"coupon_code"}
    assert stale.errors.as_data()["coupon_code"][0].code == "SALLA-COUPON-1"
    fresh = Form({"employees": ["2"]}, initial=initial, order=DONE)
    assert fresh.is_valid(), fresh.errors
    assert fresh.patch == salla.Patch(employees=(2,))


def test_a_form_reports_unreadable_values_at_their_fields() -> None:
    """An emptied number field is read as null, which the page does not document."""
    form = Form({"courier_id": "", "receiver__name": "a\x00b"}, initial={"courier_id": 7}, order=OPEN)
    form.fields["receiver__name"].validators.clear()
    assert not form.is_valid()
    codes = {name: [error.code for error in errors] for name, errors in form.errors.as_data().items()}
    assert codes["courier_id"] == ["null"]
    assert form.errors["courier_id"] == ["this field cannot be emptied: keep the present value, or enter another one"]
    assert form.patch == salla.Patch()


def test_a_form_is_valid_without_a_required_field_that_is_closed() -> None:
    """The user cannot fill in a closed field."""

    class Required(OrderForm):
        policy = salla.POLICY
        coupon_code = forms.CharField()
        employees = forms.TypedMultipleChoiceField(choices=[(1, "one")], coerce=int, required=False)

    assert Required({"employees": ["1"]}, order=DONE).is_valid()
    assert not Required({"employees": ["1"]}, order=OPEN).is_valid()


def test_a_form_offers_only_the_statuses_that_may_follow() -> None:
    """Groups and the empty choice are kept, and an unknown status stays as it is."""

    class Grouped(OrderForm):
        policy = awal.POLICY
        status = forms.ChoiceField(
            choices=[("", "---"), ("open", [("pending", "P"), ("accepted", "A")]), ("done", [("completed", "C")])],
            required=False,
        )
        admin_notes = forms.CharField(required=False)

    form = Grouped(order=awal.Order(status="pending"))
    widget: Any = form.fields["status"].widget
    assert list(widget.choices) == [("", "---"), ("open", [("pending", "P"), ("accepted", "A")])]
    order = awal.Order(status="archived")
    unknown = Grouped({"admin_notes": "x"}, initial={"status": "archived"}, order=order)
    assert unknown.is_valid(), unknown.errors
    assert unknown.patch == awal.Patch(admin_notes="x")


def test_a_form_reports_closed_fields_with_any_kind_of_widget() -> None:
    """The widgets here are a file, a date in three parts and a checkbox."""

    class Widgets(OrderForm):
        policy = salla.POLICY
        payment__receipt_image_path = forms.FileField(required=False)
        receiver__notify = forms.BooleanField(required=False)
        ship_to__address = forms.DateField(widget=forms.SelectDateWidget, required=False)

    file = SimpleUploadedFile("receipt.png", b"x")
    day = {"ship_to__address_year": "2026", "ship_to__address_month": "1", "ship_to__address_day": "2"}
    form = Widgets({"receiver__notify": "on", **day}, {"payment__receipt_image_path": file}, order=DONE)
    assert set(form.errors) == {"payment__receipt_image_path", "receiver__notify", "ship_to__address"}
    assert Widgets({}, initial={"receiver__notify": True}, order=DONE).is_valid()


def test_a_form_accepts_decimals_and_works_in_a_form_set() -> None:
    """A form of the set that nobody filled in asks for nothing."""

    class Place(OrderForm):
        policy = salla.POLICY
        ship_to__geo_coordinates__lat = forms.DecimalField(required=False)
        courier_id = forms.DecimalField(required=False)

    form = Place({"ship_to__geo_coordinates__lat": "24.5", "courier_id": "7"}, order=OPEN)
    assert form.is_valid(), form.errors
    assert salla.to_body(form.patch) == {"courier_id": 7, "ship_to": {"geo_coordinates": {"lat": 24.5}}}
    form_set = forms.formset_factory(Place, extra=1)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}, form_kwargs={"order": OPEN}
    )
    assert form_set.is_valid()
    assert form_set.forms[0].patch == salla.Patch()


def test_a_field_inside_another_field_raises_type_error() -> None:
    """A misspelt field name does so, too; both are found when the form is created."""

    class Both(OrderForm):
        policy = salla.POLICY
        receiver = forms.JSONField()
        receiver__email = forms.EmailField()

    with pytest.raises(TypeError, match="receiver__email is part of the value of another field"):
        Both(order=OPEN)

    class Misspelt(OrderForm):
        policy = salla.POLICY
        receiver__nmae = forms.CharField()

    message = r"receiver__nmae is not a body key \(did you mean name\?\); list it in own_fields if it is your own"
    with pytest.raises(TypeError, match=message):
        Misspelt(order=OPEN)


def test_a_form_starts_with_the_values_of_the_order() -> None:
    """Values in ``initial`` take precedence, and unchanged values are not asked for."""

    class Shown(OrderForm):
        policy = awal.POLICY
        status = forms.CharField()
        shipping_date = forms.DateField(required=False)
        admin_notes = forms.CharField(required=False)

    order = awal.Order(status="completed", shipping_date=date(2024, 1, 25))
    same = {"status": "completed", "shipping_date": "2024-01-25", "admin_notes": ""}
    form = Shown(same, order=order)
    assert form.is_valid(), form.errors
    assert form.patch == awal.Patch()
    assert form["shipping_date"].value() == "2024-01-25"
    assert Shown(order=order, initial={"admin_notes": "x"})["admin_notes"].value() == "x"
    assert Form(order=salla.Order(status="in_progress")).initial == {}


@pytest.mark.parametrize("own", ["remark", ("coupon_code",)])
def test_own_fields_must_not_be_body_keys(own: Any) -> None:
    """The value of a body key in ``own_fields`` would be lost."""

    class Wrong(OrderForm):
        policy = salla.POLICY
        own_fields = own
        coupon_code = forms.CharField()

    with pytest.raises(TypeError, match="expected own_fields to list names of fields that are not body keys"):
        Wrong(order=OPEN)


def test_a_form_can_give_the_reason_in_its_own_words() -> None:
    """The help text of a field is kept."""

    class Arabic(OrderForm):
        policy = salla.POLICY
        coupon_code = forms.CharField(help_text="as on the voucher")
        receiver__name = forms.CharField()

        def reason(self, violation: Any) -> str:
            return f"مغلق: {violation.rule.id}"

    form = Arabic({"coupon_code": "EID"}, order=DONE)
    assert form.errors["coupon_code"] == ["مغلق: SALLA-COUPON-1"]
    assert form.fields["coupon_code"].help_text == "as on the voucher"
    assert form.fields["coupon_code"].widget.attrs["title"] == "مغلق: SALLA-COUPON-1"
    assert form.fields["receiver__name"].label == "Receiver name"


def test_a_form_refuses_a_status_that_may_not_follow(row: Any) -> None:
    """The status field is enabled, but offers only the statuses that may follow."""
    form = shop.StaffForm(order=row.to_order())
    assert [value for value, _ in form.fields["status"].widget.choices] == ["accepted", "shipped"]
    client = Client()
    page = client.get(f"/orders/{row.pk}/edit").content.decode()
    assert "shipped" in page
    assert "pending" not in page
    stale = client.post(f"/orders/{row.pk}/edit", {"status": "pending", "admin_notes": "x"})
    assert stale.status_code == 400
    assert "only shipped may follow accepted" in stale.content.decode()
    assert client.post(f"/orders/{row.pk}/edit", {"status": "shipped", "admin_notes": "sent"}).status_code == 200
    row.refresh_from_db()
    assert (row.status, row.admin_notes) == ("shipped", "sent")

    class Free(OrderForm):
        policy = awal.POLICY
        status = forms.CharField()

    skipping = Free({"status": "completed"}, initial={"status": "accepted"}, order=awal.Order(status="accepted"))
    assert not skipping.is_valid()
    assert skipping.errors.as_data()["status"][0].code == "AWAL-STATUS-1"


@pytest.mark.any_python
@pytest.mark.parametrize("serialized", [False, True])
def test_the_state_machine_agrees_with_the_example_service(tmp_path: Any, serialized: bool) -> None:
    """The service runs in another process, and every answer and every order read back must be what the policy says."""
    file = str(tmp_path / "orders.sqlite3")
    pool = urllib3.PoolManager()
    with serving("django_shop", ORDERS=file) as address:

        class Service(OrderMachine):
            policy = awal.POLICY
            walk_seconds = 60.0
            # A serializer drops unknown keys, turns numbers into text, and reads 2024-1-5 as a date.
            invalid_body_codes = (Code.NULL,) if serialized else OrderMachine.invalid_body_codes

            def create_order(self, order: Any) -> Any:
                row = {name: value for name, value in awal.to_payload(order).items() if name != "id"}
                with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
                    database.execute("PRAGMA synchronous = OFF")
                    names = ", ".join(row)
                    marks = ", ".join("?" for _ in row)
                    statement = f"INSERT INTO shop_orderrow ({names}) VALUES ({marks})"  # noqa: S608 - the names are our own.
                    return database.execute(statement, list(row.values())).lastrowid

            def send_update(self, handle: Any, body: dict[str, object]) -> int:
                if serialized:
                    return pool.request("PATCH", f"{address}/api/orders/{handle}", json=body).status
                return pool.request("PUT", f"{address}/orders/{handle}?phone_number_id=1", json=body).status

            def read_order(self, handle: Any) -> awal.Order:
                return awal.read_order(pool.request("GET", f"{address}/orders/{handle}").data)

        run_settings = settings(
            Service.TestCase.settings,
            max_examples=8,
            stateful_step_count=12,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        )
        run_state_machine_as_test(Service, settings=run_settings)


def test_a_body_that_is_not_json_is_answered_415_and_an_impossible_id_404(row: Any) -> None:
    """No database can store an id as large as this one."""
    view = views()["Orders"].as_view()
    request = RequestFactory().put(f"/orders/{row.pk}{QUERY}", "x=1", content_type="application/x-www-form-urlencoded")
    answer = view(request, pk=row.pk)
    assert (answer.status_code, answer["content-type"]) == (415, "application/problem+json")
    request = RequestFactory().put(f"/orders/{10**20}{QUERY}", "{}", content_type="application/json")
    assert view(request, pk=10**20).status_code == 404


def views() -> dict[str, Any]:
    """Return a view, an asynchronous view, and a view that is asynchronous only in part by mistake."""
    from django.views import View

    class Orders(UpdateOrderMixin, View):
        endpoint = awal.ENDPOINT
        parameter = "pk"

        def get_order(self, order_id: int) -> awal.Order:
            return awal.Order(id=order_id, status="accepted")

        def save_order(self, order: awal.Order, patch: awal.Patch) -> JsonResponse:
            return JsonResponse({"status": str(order.status), "keys": patch.keys})

    class AsyncOrders(AsyncUpdateOrderMixin, View):
        endpoint = awal.ENDPOINT
        parameter = "pk"

        async def get_order(self, order_id: int) -> awal.Order:
            return awal.Order(id=order_id, status="accepted")

        async def save_order(self, order: awal.Order, patch: awal.Patch) -> JsonResponse:
            return JsonResponse({"status": str(order.status), "keys": patch.keys})

    class PartlyAsync(UpdateOrderMixin, View):
        endpoint = awal.ENDPOINT

        async def get_order(self, order_id: int) -> awal.Order:
            return awal.Order(id=order_id, status="accepted")

    class PartlySync(AsyncUpdateOrderMixin, View):
        endpoint = awal.ENDPOINT

        def get_order(self, order_id: int) -> awal.Order:  # type: ignore[override]
            return awal.Order(id=order_id, status="accepted")

    return {"Orders": Orders, "AsyncOrders": AsyncOrders, "PartlyAsync": PartlyAsync, "PartlySync": PartlySync}


def test_an_asynchronous_view_answers_like_a_synchronous_one() -> None:
    """It loads and saves orders with coroutine functions."""
    view = views()["AsyncOrders"].as_view()
    for body, status in (('{"status": "shipped"}', 200), ('{"status": "pending"}', 422), ("{", 400)):
        request = RequestFactory().put(f"/orders/7{QUERY}", body, content_type="application/json")
        answer = asyncio.run(view(request, pk=7))
        expected = views()["Orders"].as_view()(request, pk=7)
        assert (answer.status_code, answer.content) == (status, expected.content)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("PartlyAsync", "PartlyAsync has a coroutine function, get_order: derive from AsyncUpdateOrderMixin"),
        ("PartlySync", "PartlySync has a function that is not a coroutine function, get_order: write async def"),
    ],
)
def test_a_view_and_its_methods_are_both_synchronous_or_not(view: str, message: str) -> None:
    """Otherwise it would take a coroutine for an order, or await an order."""
    with pytest.raises(TypeError, match=message):
        views()[view].as_view()


def test_a_refusal_in_rest_framework_rolls_the_transaction_back() -> None:
    """As the framework's own handler does for its exceptions."""
    handle = exception_handler_of(awal.ENDPOINT)
    refused = UpdateRefused(
        awal.POLICY.can_update(awal.Order(status="shipped"), awal.Patch(status=awal.Status.PENDING))
    )
    connection = connections["default"]
    with mock.patch.dict(connection.settings_dict, ATOMIC_REQUESTS=True), transaction.atomic():
        answer = handle(refused, {})
        assert answer is not None
        assert answer.status_code == 422
        assert connection.get_rollback()
