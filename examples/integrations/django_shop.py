"""A shop on Django and Django REST framework, in one file, with its orders in SQLite: an API, and a form for the staff.

``python examples/integrations/django_shop.py runserver`` serves ``/orders/1`` (PUT), ``/api/orders/1`` (PATCH, of a
serializer), and the form at ``/orders/1/edit``. Its orders are gone when it ends, unless ORDERS names a file for them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any, ClassVar

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

if not settings.configured:
    FOLDER = tempfile.TemporaryDirectory()
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1", "localhost", "testserver"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ.get("ORDERS", f"{FOLDER.name}/orders.sqlite3"),
                # A writer waits for the other at once, and not when it has read already.
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["rest_framework"],
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for an example",  # noqa: S106 - it is none.
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
    )
    django.setup()

from django import forms
from django.db import connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework import generics, serializers

from orderrules import awal
from orderrules.integrations.django import OrderForm, UpdateOrderMixin
from orderrules.integrations.rest_framework import UpdateValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1 << 62


class OrderRow(models.Model):
    """An order as it is kept."""

    status = models.TextField(default=awal.Status.PENDING.value)
    payment_status = models.TextField(null=True)  # noqa: DJ001 - what was never said is not empty.
    shipping_date = models.DateField(null=True)
    delivery_date = models.DateField(null=True)
    admin_notes = models.TextField(null=True)  # noqa: DJ001 - as above.
    branch_id = models.TextField(null=True)  # noqa: DJ001 - as above.

    class Meta:
        """Where the model belongs."""

        app_label = "shop"

    def __str__(self) -> str:
        return f"order {self.pk}"

    def to_order(self) -> awal.Order:
        """Give the order that the row stands for."""
        names = ("status", "payment_status", "shipping_date", "delivery_date", "admin_notes", "branch_id")
        return awal.Order(id=self.pk, **{name: getattr(self, name) for name in names})

    def take(self, patch: awal.Patch) -> None:
        """Write what an update asks to change."""
        for key in patch.keys:
            setattr(self, key, getattr(patch, key))
        self.save(update_fields=patch.keys)


@method_decorator(transaction.atomic, name="put")
class OrderView(UpdateOrderMixin, View):
    """Reads an order, and takes updates of it."""

    endpoint = awal.ENDPOINT

    def get(self, _: HttpRequest, id: int) -> HttpResponse:  # noqa: A002 - as the page calls it.
        """Show an order."""
        order = self.get_order(id)
        return JsonResponse({"status": True, "data": awal.to_payload(order)})

    def get_order(self, order_id: int) -> awal.Order:
        """Load an order, and lock it where the database can."""
        if order_id >= LARGEST:
            raise Http404
        self.row = get_object_or_404(OrderRow.objects.select_for_update(), pk=order_id)
        return self.row.to_order()

    def save_order(self, order: awal.Order, patch: awal.Patch) -> HttpResponse:
        """Save what was changed."""
        self.row.take(patch)
        data = awal.to_payload(order)
        return JsonResponse({"status": True, "message": "Order updated successfully", "data": data})


class OrderSerializer(serializers.ModelSerializer[OrderRow]):
    """An order in the API of the framework."""

    class Meta:
        """What is shown of the model, and by which rules it is changed."""

        model = OrderRow
        fields = ("status", "payment_status", "shipping_date", "delivery_date", "admin_notes", "branch_id")
        validators = (UpdateValidator(awal.POLICY, OrderRow.to_order),)
        # Otherwise the framework refuses an empty text, and strips blanks.
        extra_kwargs: ClassVar[dict[str, Any]] = {
            name: {"allow_blank": True, "trim_whitespace": False} for name in ("admin_notes", "branch_id")
        }


class SerializedView(generics.RetrieveUpdateAPIView[OrderRow]):
    """Shows orders, and takes updates of them, through a serializer."""

    queryset = OrderRow.objects.all()
    serializer_class = OrderSerializer


class StaffForm(OrderForm):
    """What the staff may change of an order."""

    policy = awal.POLICY
    status = forms.ChoiceField(choices=[(status.value, status.value) for status in awal.Status])
    payment_status = forms.ChoiceField(choices=[("unpaid", "unpaid"), ("paid", "paid")], required=False)
    shipping_date = forms.DateField(required=False)
    admin_notes = forms.CharField(widget=forms.Textarea, required=False)


PAGE = """<!doctype html><title>{{ order }}</title>
<form method="post">{{ form.as_p }}<button>save</button></form>"""


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an order to the staff, with what is closed greyed out, and take what they change."""
    row = get_object_or_404(OrderRow, pk=pk)
    shown: dict[str, Any] = {name: getattr(row, name) for name in StaffForm.base_fields}
    form = StaffForm(request.POST or None, initial=shown, order=row.to_order())
    if form.is_valid():
        row.take(form.patch)
        form = StaffForm(initial={name: getattr(row, name) for name in shown}, order=row.to_order())
    page = engines["django"].from_string(PAGE)
    return HttpResponse(page.render({"order": row, "form": form}), status=400 if form.errors else 200)


urlpatterns = [
    path("orders/<int:id>", OrderView.as_view()),
    path("orders/<int:pk>/edit", edit),
    path("api/orders/<int:pk>", SerializedView.as_view()),
]


def begin(statuses: Iterable[str] = ("pending", "accepted")) -> None:
    """Make the table where there is none, and an order in each of some statuses."""
    if "shop_orderrow" in connection.introspection.table_names():
        return
    with connection.schema_editor() as editor:
        editor.create_model(OrderRow)
    for status in statuses:
        OrderRow.objects.create(status=status)


application = get_wsgi_application()
begin()

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line([*sys.argv, "--noreload"] if "runserver" in sys.argv else sys.argv)
