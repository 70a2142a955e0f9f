"""Salla, Update Order: ``PUT /orders/{order_id}``.

The module contains the statuses, the models of the request and the order, the rules, and the layout of payloads.
Clauses are cited by their ids, which are defined in ``specs/salla.toml``; assumptions (S1 to S16) are defined in
``specs/assumptions.toml``.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, cast

import attrs

from orderrules.authoring import (
    UNKNOWN,
    UNSET,
    UPDATE_LIMITS,
    AdviceRule,
    Assumption,
    Effect,
    Empty,
    Endpoint,
    Fact,
    Guest,
    Hint,
    Hints,
    Implied,
    Limits,
    Model,
    OrderBase,
    Parameter,
    PatchBase,
    Payload,
    Place,
    Policy,
    Rule,
    Shape,
    Unset,
    Waiver,
    field,
    model,
    offer,
    register,
    send_in,
    suggest,
    use_endpoint,
)
from orderrules.grammar.advice import EmptyUpdate, EmptyValue, MissingKey, UnknownValue
from orderrules.languages.sentences import join_words
from orderrules.policy.endpoint import Choice

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.reading.problems import InvalidInput
    from orderrules.reading.strict_json import Document

__all__ = [
    "CANCELED_FAMILY",
    "CANCELLATION",
    "COMPLETED_FAMILY",
    "COMPLETED_ONLY",
    "CUSTOMER",
    "DRAFT",
    "DRAFT_SLUG",
    "ENDPOINT",
    "HINTS",
    "NONE_LOCKED",
    "PAYLOAD",
    "PENDING_FAMILY",
    "PENDING_ONLY",
    "POLICY",
    "RATING",
    "STATUS",
    "Action",
    "CashOnDelivery",
    "Customer",
    "CustomerKind",
    "GeoCoordinates",
    "MissingCustomer",
    "Order",
    "Patch",
    "Payment",
    "Receiver",
    "Section",
    "ShipTo",
    "Status",
    "UnknownStatus",
    "UpdateRequest",
    "policy",
    "read_order",
    "read_patch",
    "read_request",
    "to_body",
    "to_payload",
]


class Status(StrEnum):
    """The slugs of an order's status: ten from the catalogue, three documented with it, one seen in live stores.

    A custom status of a store has the slug of its parent. The rules read the slug, never the name or the id.
    """

    PAYMENT_PENDING = "payment_pending"
    UNDER_REVIEW = "under_review"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    SHIPPED = "shipped"
    CANCELED = "canceled"
    RESTORED = "restored"
    RESTORING = "restoring"
    WAITING_FOR_PAYMENT_CONFIRMATION = "waiting_for_payment_confirmation"
    PAYMENT_FAILED = "payment_failed"
    WAITING_TO_RECEIVE_IT = "waiting to receive it"
    REQUEST_QUOTE = "request_quote"


class Section(StrEnum):
    """The sections of an update; the keys of a section are open or closed together."""

    CUSTOMER = "customer"
    RECEIVER = "receiver"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    COUPON = "coupon"
    EMPLOYEES = "employees"


class Action(StrEnum):
    """The actions that a store's customer may take on an order, as far as its status decides that."""

    CANCEL = "cancel"
    RATE = "rate"
    PAY = "pay"


class CustomerKind(StrEnum):
    """Whether the order has a customer, and of which kind."""

    NONE = "none"
    GUEST = "guest"
    REGISTERED = "registered"


DRAFT_SLUG: Final = "draft"
"""Assumption S10: the page calls *draft* both a flag and a status, so an order with this slug is a draft too."""
ARABIC_NAMES: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.PAYMENT_PENDING: "بإنتظار الدفع",
        Status.UNDER_REVIEW: "بإنتظار المراجعة",
        Status.IN_PROGRESS: "قيد التنفيذ",
        Status.COMPLETED: "تم التنفيذ",
        Status.DELIVERING: "جاري التوصيل",
        Status.DELIVERED: "تم التوصيل",
        Status.SHIPPED: "تم الشحن",
        Status.CANCELED: "ملغي",
        Status.RESTORED: "مسترجع",
        Status.RESTORING: "قيد الإسترجاع",
    }
)
"""The names that Salla's own catalogue shows (List Order Statuses). All other Arabic words are our translations."""
_OUR_NAMES: Final[dict[Status | str, str]] = {
    Status.WAITING_FOR_PAYMENT_CONFIRMATION: "بانتظار تأكيد الدفع",
    Status.PAYMENT_FAILED: "فشل الدفع",
    Status.WAITING_TO_RECEIVE_IT: "بانتظار الاستلام",
    Status.REQUEST_QUOTE: "طلب عرض سعر",
    DRAFT_SLUG: "مسودة",
}
_ENGLISH_NAMES: Final[dict[Status | str, str]] = {
    Status.PAYMENT_PENDING: "waiting for payment",
    Status.UNDER_REVIEW: "under review",
    Status.IN_PROGRESS: "in progress",
    Status.DELIVERING: "being delivered",
    Status.RESTORING: "being restored",
    Status.WAITING_FOR_PAYMENT_CONFIRMATION: "waiting for confirmation of its payment",
    Status.PAYMENT_FAILED: "marked as payment failed",
    Status.WAITING_TO_RECEIVE_IT: "waiting to be received",
    Status.REQUEST_QUOTE: "a request for a quote",
    DRAFT_SLUG: "a draft",
}
STATUS: Final = Fact(
    "status",
    names={"ar": "الحالة"},
    values=(*Status, DRAFT_SLUG, UNKNOWN),
    aliases=(("pending", Status.PAYMENT_PENDING),),  # Assumption S1.
    words=(
        ("processing", Status.IN_PROGRESS),
        ("preparing", Status.IN_PROGRESS),
        ("cancelled", Status.CANCELED),
        ("refunded", Status.RESTORED),
        ("returned", Status.RESTORED),
        ("pending_payment", Status.PAYMENT_PENDING),
        ("complete", Status.COMPLETED),
        ("indelivery", Status.DELIVERING),
        ("out_for_delivery", Status.DELIVERING),
    ),
    notes=(
        (
            UNSET,
            {"en": "the order shows a status without a slug", "ar": "يُظهر الطلب حالة بلا slug"},
        ),
    ),
    says={
        "en": ("the order is {}", "the order is not {}", "the order is neither {}"),
        "ar": ("حالة الطلب {}", "حالة الطلب ليست {}", "تكون حالة الطلب {}", "لا تكون حالة الطلب {}"),
    },
    phrases=(
        *(
            (status, {"en": _ENGLISH_NAMES.get(status, str(status)), "ar": f"«{name}»"})
            for status, name in [*ARABIC_NAMES.items(), *_OUR_NAMES.items()]
        ),
        (UNKNOWN, {"en": "in an unknown status", "ar": "غير معروفة"}),
    ),
)
DRAFT: Final = Fact(
    "draft",
    names={"ar": "مسودة"},
    values=(False, True),
    flag=True,
    absent=False,
    says={
        "en": ("the order is {}", "the order is not {}", "the order is neither {}"),
        "ar": ("الطلب {}", "الطلب ليس {}", "يكون الطلب {}", "لا يكون الطلب {}"),
    },
    phrases=((False, {"en": "not a draft", "ar": "ليس مسودة"}), (True, {"en": "a draft", "ar": "مسودة"})),
)
CUSTOMER: Final = Fact(
    "customer",
    names={"ar": "العميل"},
    values=(*CustomerKind, UNSET),
    labels=(
        (CustomerKind.NONE, {"en": "absent", "ar": "لا عميل"}),
        (CustomerKind.GUEST, {"en": "a guest", "ar": "من الضيوف"}),
        (CustomerKind.REGISTERED, {"en": "registered", "ar": "من العملاء المسجلين"}),
        (UNSET, {"en": "not shown", "ar": "غير ظاهر"}),
    ),
    absent=CustomerKind.NONE,
    aliases=(("not shown", UNSET),),  # The text for a database column, in which NULL means no customer.
    notes=((UNSET, {"en": "the order does not show its customer", "ar": "لا يُظهر الطلب عميله"}),),
    says={
        "en": ("the order has {}", "the order does not have {}", "the order has neither {}"),
        "ar": ("الطلب {}", "الطلب ليس {}", "يكون الطلب {}", "لا يكون الطلب {}"),
    },
    phrases=(
        (CustomerKind.NONE, {"en": "no customer", "ar": "بلا عميل"}),
        (CustomerKind.GUEST, {"en": "a guest as its customer", "ar": "عميله من الضيوف"}),
        (CustomerKind.REGISTERED, {"en": "a registered customer", "ar": "عميله من العملاء المسجلين"}),
        (UNSET, {"en": "a customer that is not shown", "ar": "عميله غير ظاهر"}),
    ),
    remedies=(
        (
            UNSET,
            {
                "en": "read the order's details, which show the customer, or mark the customer as a guest",
                "ar": "اقرأ تفاصيل الطلب، فهي تُظهر العميل، أو حدّد أن العميل من الضيوف",
            },
        ),
    ),
)

CANCELLATION: Final = Parameter(
    "store allows cancellation",
    names={"ar": "سماح المتجر بالإلغاء"},
    values=(True, False),
    about={
        "en": "whether the store's settings let its customers cancel their orders",
        "ar": "هل تسمح إعدادات المتجر لعملائه بإلغاء طلباتهم",
    },
    missing={
        "en": "this is the answer for the status alone; the store's settings are not given, and may not allow it",
        "ar": "هذا الجواب بحسب الحالة وحدها؛ إعدادات المتجر غير معطاة، وقد لا تسمح بذلك",
    },
    notes=(
        (True, {"en": "the store lets its customers cancel", "ar": "يسمح المتجر لعملائه بالإلغاء"}),
        (False, {"en": "the store does not let its customers cancel", "ar": "لا يسمح المتجر لعملائه بالإلغاء"}),
    ),
)
RATING: Final = Parameter(
    "store allows rating",
    names={"ar": "سماح المتجر بالتقييم"},
    values=(True, False),
    about={
        "en": "whether the store's rating settings let its customers rate their orders",
        "ar": "هل تسمح إعدادات التقييم في المتجر لعملائه بتقييم طلباتهم",
    },
    missing={
        "en": "this is the answer for the status alone; the store's rating settings are not given, "
        "and may not allow it",
        "ar": "هذا الجواب بحسب الحالة وحدها؛ إعدادات التقييم في المتجر غير معطاة، وقد لا تسمح بذلك",
    },
    notes=(
        (True, {"en": "the store lets its customers rate", "ar": "يسمح المتجر لعملائه بالتقييم"}),
        (False, {"en": "the store does not let its customers rate", "ar": "لا يسمح المتجر لعملائه بالتقييم"}),
    ),
)
TITLES: Final[Mapping[StrEnum, Mapping[str, str]]] = MappingProxyType(
    {
        Section.CUSTOMER: {"en": "the customer", "ar": "العميل"},
        Section.RECEIVER: {"en": "the receiver", "ar": "المستلم"},
        Section.SHIPPING: {"en": "the shipping details", "ar": "بيانات الشحن"},
        Section.PAYMENT: {"en": "the payment details", "ar": "بيانات الدفع"},
        Section.COUPON: {"en": "the coupon", "ar": "الكوبون"},
        Section.EMPLOYEES: {"en": "the employees", "ar": "قائمة الموظفين"},
        Action.CANCEL: {"en": "canceling the order", "ar": "إلغاء الطلب"},
        Action.RATE: {"en": "rating the order", "ar": "تقييم الطلب"},
        Action.PAY: {"en": "paying for the order", "ar": "دفع قيمة الطلب"},
    }
)
"""What sentences call each section and each action."""


def _status(status: Status | str | Unset | None) -> Status | str | Unset | None:
    return cast("Status | str | Unset | None", STATUS.canonical(status))


def _draft(draft: bool | None) -> bool:  # noqa: FBT001 - a converter gets its value as a positional argument.
    return draft if draft is not None else False


def _customer(customer: CustomerKind | Unset | None) -> CustomerKind | Unset:
    return customer if customer is not None else CustomerKind.NONE


@model
class Customer(Model):
    """The body's ``customer``; the page describes ``mobile`` without a country code and shows it with one."""

    id: int | Unset = UNSET
    name: str | Unset = field(default=UNSET, personal=True)
    mobile: str | Unset = field(default=UNSET, personal=True)
    email: str | Unset = field(default=UNSET, personal=True)


@model
class Receiver(Model):
    """The body's ``receiver``; ``notify`` asks to notify the receiver of the update."""

    name: str | Unset = field(default=UNSET, personal=True)
    country_code: str | Unset = UNSET
    phone: str | Unset = field(default=UNSET, personal=True)
    email: str | Unset = field(default=UNSET, personal=True)
    notify: bool | Unset = UNSET


@model
class GeoCoordinates(Model):
    """The coordinates to ship to, in degrees; documented only by a sample."""

    lat: int | float | Unset = field(default=UNSET, personal=True)
    lng: int | float | Unset = field(default=UNSET, personal=True)


@model
class ShipTo(Model):
    """The body's ``ship_to``; its last four keys are from newer editions of the page and are optional."""

    country: int | Unset = field(default=UNSET, personal=True)
    city: int | Unset = field(default=UNSET, personal=True)
    block: str | Unset = field(default=UNSET, personal=True)
    street_number: str | Unset = field(default=UNSET, personal=True)
    address: str | Unset = field(default=UNSET, personal=True)
    address_line: str | Unset = field(default=UNSET, personal=True)
    postal_code: str | Unset = field(default=UNSET, personal=True)
    geo_coordinates: GeoCoordinates | Unset = UNSET
    district: int | Unset = field(default=UNSET, personal=True)
    short_address: str | Unset = field(default=UNSET, personal=True)
    building_number: str | Unset = field(default=UNSET, personal=True)
    additional_number: str | Unset = field(default=UNSET, personal=True)


@model
class CashOnDelivery(Model):
    """The amount to pay on delivery; documented only by a sample."""

    amount: int | float | Unset = UNSET
    currency: str | Unset = UNSET


@model
class Payment(Model):
    """The body's ``payment``; the page names no values for ``status``, ``method`` and ``accepted_methods``."""

    status: str | Unset = UNSET
    method: str | Unset = UNSET
    store_bank_id: int | Unset = UNSET
    receipt_image_path: str | Unset = field(default=UNSET, personal=True)
    accepted_methods: tuple[str, ...] | Unset = UNSET
    cash_on_delivery: CashOnDelivery | Unset = UNSET


@model
class Patch(PatchBase, sections=Section):
    """The body of the request: the changes that it asks for. No key is required.

    Raises:
        InvalidInput: a value is not of the documented type or form; lists every problem.
    """

    customer: Customer | Unset = UNSET
    receiver: Receiver | Unset = UNSET
    delivery_method: str | Unset = field(default=UNSET, section=Section.SHIPPING)
    branch_id: int | Unset = field(default=UNSET, section=Section.SHIPPING)
    courier_id: int | Unset = field(default=UNSET, section=Section.SHIPPING)
    ship_to: ShipTo | Unset = field(default=UNSET, section=Section.SHIPPING)
    payment: Payment | Unset = UNSET
    coupon_code: str | Unset = field(default=UNSET, section=Section.COUPON)
    employees: tuple[int, ...] | Unset = UNSET


@model
class Order(OrderBase["Patch"], facts=(STATUS, DRAFT, CUSTOMER)):
    """The attributes of an order that the rules read.

    Attributes:
        id: the order's id, or None if the payload has none. The page calls it alphanumeric and shows an integer.
        status: the slug; a plain string if no page names it. None if the payload shows no status (assumption S12),
            ``UNSET`` if it shows a status without a slug.
        draft: whether the order is a draft. None means False; older payloads do not have the key.
        customer: whether the order has a customer, a guest or a registered one (assumption S3). None means no
            customer, ``UNSET`` means that it is not known (assumption S15).
        written: the values that ``Policy.apply`` has written to the order, but the API's answers do not show as sent.

    Raises:
        InvalidInput: a value has the wrong type.
    """

    id: int | str | None = None
    status: Status | str | Unset | None = field(default=None, converter=_status)
    draft: bool = field(default=False, converter=_draft)
    customer: CustomerKind | Unset = field(default=UNSET, converter=_customer)
    written: Patch | Unset = UNSET

    def __payload__(self) -> dict[str, object]:
        return to_payload(self)


@model
class UpdateRequest(Model):
    """A whole request: the order's id from the path, and the patch."""

    order_id: int
    patch: Patch


PENDING_ONLY: Final = frozenset({Status.PAYMENT_PENDING})
PENDING_FAMILY: Final = PENDING_ONLY | {Status.WAITING_FOR_PAYMENT_CONFIRMATION, Status.PAYMENT_FAILED}
COMPLETED_ONLY: Final = frozenset({Status.COMPLETED})
COMPLETED_FAMILY: Final = COMPLETED_ONLY | {Status.DELIVERING, Status.DELIVERED, Status.SHIPPED}
NONE_LOCKED: Final[frozenset[Status]] = frozenset()
CANCELED_FAMILY: Final = frozenset({Status.CANCELED, Status.RESTORED, Status.RESTORING})
UnknownStatus = Literal["open", "closed"]
MissingCustomer = Literal["closed", "none"]


def _to_statuses(values: Collection[Status]) -> frozenset[Status]:
    if isinstance(values, str):
        message = f"expected a collection of statuses, got the string {values!r}"
        raise TypeError(message)
    return frozenset(map(Status, values))


@attrs.frozen(kw_only=True)
class _Choices:
    """The chosen answer to each assumption that has alternatives."""

    pending: frozenset[Status] = attrs.field(converter=_to_statuses)
    completed: frozenset[Status] = attrs.field(converter=_to_statuses)
    unknown_status: UnknownStatus
    locked: frozenset[Status] = attrs.field(converter=_to_statuses)
    missing_customer: MissingCustomer

    def __attrs_post_init__(self) -> None:
        if self.unknown_status not in {"open", "closed"}:
            raise ValueError(f'unknown_status must be "open" or "closed", got {self.unknown_status!r}')
        if self.missing_customer not in {"closed", "none"}:
            raise ValueError(f'missing_customer must be "closed" or "none", got {self.missing_customer!r}')


def _build_rules(chosen: _Choices) -> tuple[Rule, ...]:
    """Build the rules of the page, in its order."""
    closed = chosen.unknown_status == "closed"
    is_open = STATUS.is_not_in({*chosen.completed, *chosen.locked, *([UNKNOWN] if closed else [])})
    also_closed = closed or bool(chosen.locked)
    once = "once the order is completed" + " or closed" * also_closed
    once_arabic = "بعد أن يتم تنفيذ الطلب" + " أو يُغلق" * also_closed
    replaceable = {CustomerKind.NONE, CustomerKind.GUEST, *([UNSET] if chosen.missing_customer == "none" else [])}
    return (
        Rule(
            id="SALLA-CUSTOMER-1",
            section=Section.CUSTOMER,
            subject=TITLES[Section.CUSTOMER],
            only_if=CUSTOMER.is_in(replaceable),
            reason={
                "en": "an order that has a registered customer keeps that customer",
                "ar": "الطلب الذي له عميل مسجل يحتفظ بعميله",
            },
        ),
        Rule(
            id="SALLA-RECEIVER-1",
            section=Section.RECEIVER,
            subject=TITLES[Section.RECEIVER],
            only_if=is_open,
            reason={"en": f"the receiver is settled {once}", "ar": f"المستلم لا يتغير {once_arabic}"},
        ),
        Rule(
            id="SALLA-SHIPPING-1",
            section=Section.SHIPPING,
            subject=TITLES[Section.SHIPPING],
            only_if=is_open,
            reason={"en": f"shipping is settled {once}", "ar": f"بيانات الشحن لا تتغير {once_arabic}"},
        ),
        Rule(
            id="SALLA-PAYMENT-1",
            section=Section.PAYMENT,
            subject=TITLES[Section.PAYMENT],
            only_if=STATUS.is_in(chosen.pending),
            reason={
                "en": "payment details are open only as long as the payment is pending",
                "ar": "تعديل بيانات الدفع متاح ما دام الطلب بانتظار الدفع فقط",
            },
        ),
        Rule(
            id="SALLA-COUPON-1",
            section=Section.COUPON,
            subject=TITLES[Section.COUPON],
            only_if=is_open,
            reason={"en": f"the coupon is settled {once}", "ar": f"الكوبون لا يتغير {once_arabic}"},
        ),
        Rule(
            id="SALLA-CANCEL-1",
            section=Action.CANCEL,
            subject=TITLES[Action.CANCEL],
            only_if=STATUS.is_in({Status.UNDER_REVIEW, Status.IN_PROGRESS}) & CANCELLATION.is_(True),
            reason={
                "en": "a customer can cancel only while the order is under review or in progress, "
                "if the store allows it",
                "ar": "لا يمكن للعميل الإلغاء إلا والطلب بانتظار المراجعة أو قيد التنفيذ، إن سمح المتجر",
            },
        ),
        Rule(
            id="SALLA-RATE-1",
            section=Action.RATE,
            subject=TITLES[Action.RATE],
            only_if=STATUS.is_in({Status.COMPLETED, Status.DELIVERED, Status.SHIPPED}) & RATING.is_(True),
            reason={
                "en": "an order can be rated once it is shipped, delivered or completed, if the store allows it",
                "ar": "يمكن تقييم الطلب بعد شحنه أو توصيله أو تنفيذه، إن سمح المتجر",
            },
        ),
        Rule(
            id="SALLA-PAY-1",
            section=Action.PAY,
            subject=TITLES[Action.PAY],
            only_if=STATUS.is_(Status.PAYMENT_PENDING),
            reason={
                "en": "an order can be paid only while its payment is pending",
                "ar": "لا يمكن دفع قيمة الطلب إلا والطلب بانتظار الدفع",
            },
        ),
    )


_WAIVERS: Final = (
    Waiver(
        id="SALLA-DRAFT-1",
        when=DRAFT.is_(value=True) | STATUS.is_(DRAFT_SLUG),
        reason={"en": "a draft order has no restrictions", "ar": "لا قيود على الطلب ما دام مسودة"},
    ),
)


_EFFECTS: Final = (Effect(key="customer", attribute="customer", value=CustomerKind.REGISTERED),)
"""After an update with a customer, the order has a registered customer (assumption S3)."""
_ADVICE_RULES: Final = (
    AdviceRule(
        id="SALLA-ADVICE-1",
        when=EmptyUpdate(),
        message={"en": "the update changes nothing", "ar": "لا يغيّر التعديل شيئًا"},
    ),
    AdviceRule(
        id="SALLA-ADVICE-2",
        when=MissingKey(("branch_id", "courier_id", "ship_to"), needs="delivery_method"),
        message={
            "en": "shipping details are sent without a delivery_method, which the page requires for some of them",
            "ar": "أُرسلت بيانات الشحن بلا delivery_method، وصفحة التوثيق تشترطه لبعضها",
        },
    ),
    AdviceRule(
        id="SALLA-ADVICE-3",
        when=EmptyValue(("employees",)),
        message={
            "en": "the list of employees is empty, and the page speaks of one or more",
            "ar": "قائمة الموظفين فارغة، وصفحة التوثيق تتحدث عن موظف أو أكثر",
        },
    ),
    AdviceRule(
        id="SALLA-ADVICE-4",
        when=EmptyValue(("customer", "receiver", "ship_to", "payment")),
        message={
            "en": "an object without anything in it is sent, and changes nothing",
            "ar": "أُرسل كائن لا شيء فيه، وهو لا يغيّر شيئًا",
        },
    ),
    AdviceRule(
        id="SALLA-ADVICE-5",
        when=UnknownValue(STATUS),
        message={
            "en": "the order's status is not a documented slug, so it counts as unknown",
            "ar": "حالة الطلب ليست slug موثقًا، لذلك تُعد غير معروفة",
        },
    ),
)


def _say_pending(chosen: _Choices) -> dict[str, str]:
    """Say the answer to S1."""
    return {
        "en": f"*pending* is read as {_join_statuses(chosen.pending)}",
        "ar": f"معنى *pending*: {_join_in_arabic(chosen.pending)}",
    }


def _say_completed(chosen: _Choices) -> dict[str, str]:
    """Say the answer to S2."""
    alone = len(chosen.completed) == 1
    return {
        "en": f"*completed* is read as {_join_statuses(chosen.completed)}" + " alone" * alone,
        "ar": f"معنى *completed*: {_join_in_arabic(chosen.completed)}" + " وحدها" * alone,
    }


def _say_unknown_status(chosen: _Choices) -> dict[str, str]:
    """Say the answer to S4."""
    is_open = chosen.unknown_status == "open"
    unknown = "does not count as completed" if is_open else "closes every section bound to a status"
    unknown_arabic = "لا تُعد completed" if is_open else "تُغلق كل قسم مرتبط بالحالة"
    return {
        "en": f"an unknown status {unknown}, and is not *pending*",
        "ar": f"الحالة غير المعروفة {unknown_arabic}، وليست *pending*",
    }


def _say_locked(chosen: _Choices) -> dict[str, str]:
    """Say the answer to S8."""
    if chosen.locked:
        locked = f"{_join_statuses(chosen.locked, 'and')} close{'s' * (len(chosen.locked) == 1)}"
        locked_arabic = f"الحالات {_join_in_arabic(chosen.locked, ' و ')} تُغلق"
    else:
        locked = "canceled, restored and restoring do not close"
        locked_arabic = f"الحالات {_join_in_arabic(CANCELED_FAMILY, ' و ')} لا تُغلق"
    return {
        "en": f"{locked} receiver, shipping and coupon",
        "ar": f"{locked_arabic} المستلم وبيانات الشحن والكوبون",
    }


def _say_missing_customer(chosen: _Choices) -> dict[str, str]:
    """Say the answer to S15."""
    if chosen.missing_customer == "none":
        return {"en": "a customer that is not shown is none", "ar": "الطلب الذي لا يُظهر عميله بلا عميل"}
    return {
        "en": "a customer that is not shown may be a registered one",
        "ar": "العميل غير الظاهر قد يكون من العملاء المسجلين",
    }


def _build_assumptions(chosen: _Choices) -> tuple[Assumption, ...]:
    """Build the assumptions: each question that the page leaves open, with our answer."""
    offered = functools.partial(offer, make=_build_rules, chosen=chosen)
    return (
        offered(
            "S1",
            {
                "en": "which status is *pending*, a word that is not a slug of the catalogue",
                "ar": "أي حالة هي *pending*، وهي كلمة ليست slug لأي حالة في القائمة",
            },
            _say_pending,
            keyword="pending",
            options={"payment_pending": PENDING_ONLY, "family": PENDING_FAMILY},
        ),
        offered(
            "S2",
            {
                "en": "which statuses are *completed*, whose children are delivering, delivered and shipped",
                "ar": "أي الحالات يشملها *completed*، الذي تتفرع منه delivering و delivered و shipped",
            },
            _say_completed,
            keyword="completed",
            options={"exact": COMPLETED_ONLY, "family": COMPLETED_FAMILY},
        ),
        Assumption(
            "S3",
            {
                "en": "what makes a customer a guest, which no field of the payload says",
                "ar": "متى يكون العميل ضيفًا، ولا حقل في البيانات يقول ذلك",
            },
            {
                "en": "a customer is a guest only when the caller says so",
                "ar": "لا يُعد العميل ضيفًا إلا إذا قال المستدعي ذلك",
            },
        ),
        offered(
            "S4",
            {
                "en": "what holds in a status that no page names",
                "ar": "ما الحكم في حالة لا تذكرها أي صفحة",
            },
            _say_unknown_status,
            keyword="unknown_status",
            options={"open": "open", "closed": "closed"},
        ),
        Assumption(
            "S5",
            {
                "en": "what happens to an update that touches a closed section and open ones",
                "ar": "ما مصير تعديل يمس قسمًا مغلقًا وأقسامًا مفتوحة",
            },
            {
                "en": "it is refused whole, and every closed section is listed",
                "ar": "يُرفض كله، ويُذكر كل قسم مغلق",
            },
        ),
        Assumption(
            "S6",
            {"en": "what an empty body does", "ar": "ماذا يفعل الجسم الفارغ"},
            {"en": "it is allowed and changes nothing", "ar": "هو مسموح به ولا يغيّر شيئًا"},
        ),
        Assumption(
            "S7",
            {"en": "what null means in a body", "ar": "ما معنى null في الجسم"},
            {
                "en": "null is not a documented value and cannot be read",
                "ar": "القيمة null غير موثقة، فلا يمكن قراءتها",
            },
        ),
        offered(
            "S8",
            {
                "en": "whether canceled, restored and restoring close what completed closes",
                "ar": "هل تُغلق canceled و restored و restoring ما تُغلقه completed",
            },
            _say_locked,
            keyword="locked",
            options={"open": NONE_LOCKED, "family": CANCELED_FAMILY},
        ),
        Assumption(
            "S9",
            {"en": "which shipping keys need delivery_method", "ar": "أي مفاتيح الشحن تحتاج إلى delivery_method"},
            {"en": "none: they are allowed without it", "ar": "لا شيء منها: هي مسموح بها بدونه"},
        ),
        Assumption(
            "S10",
            {"en": "whether *draft* is a flag or a status", "ar": "هل *draft* علامة أم حالة"},
            {"en": "either makes the order a draft", "ar": "كل منهما يجعل الطلب مسودة"},
        ),
        Assumption(
            "S11",
            {
                "en": "when an order can be cancelled or rated, since the store's settings decide it too",
                "ar": "متى يمكن إلغاء الطلب أو تقييمه، وإعدادات المتجر تقرر ذلك أيضًا",
            },
            {
                "en": "the settings are parameters; unless they are given, the answer is for the status alone, "
                "and says so",
                "ar": "الإعدادات مُدخلات يعطيها المستدعي؛ وإن لم تُعطَ فالجواب بحسب الحالة وحدها، ويُذكر ذلك",
            },
        ),
        Assumption(
            "S12",
            {
                "en": "which rules hold for an order that shows no readable status and no draft flag",
                "ar": "أي القواعد تسري على طلب لا يُظهر حالة مقروءة ولا علامة مسودة",
            },
            {"en": "it is read as an unknown status", "ar": "تُعد حالته غير معروفة"},
        ),
        Assumption(
            "S13",
            {
                "en": "whether the list of employees may be empty",
                "ar": "هل يجوز أن تكون قائمة الموظفين فارغة",
            },
            {"en": "it may", "ar": "يجوز"},
        ),
        Assumption(
            "S14",
            {"en": "whether an empty object touches its section", "ar": "هل يمس الكائن الفارغ قسمه"},
            {"en": "it is sent, so it does", "ar": "لقد أُرسل، فهو يمسه"},
        ),
        offered(
            "S15",
            {
                "en": "what holds for an order that does not show whether it has a customer, as in a list of orders",
                "ar": "ما الحكم في طلب لا يُظهر إن كان له عميل، كما في قائمة الطلبات",
            },
            _say_missing_customer,
            keyword="missing_customer",
            options={"closed": "closed", "none": "none"},
        ),
        Assumption(
            "S16",
            {"en": "which documents are orders", "ar": "أي المستندات طلبات"},
            {
                "en": "one that shows reference_id, status or draft, or an id and a key that only orders have, and is "
                "not a webhook of another kind",
                "ar": "ما يُظهر reference_id أو status أو draft، أو id مع مفتاح لا يوجد إلا في الطلبات، وليس webhook من "
                "نوع آخر",
            },
        ),
    )


def _join_statuses(statuses: Collection[Status], conjunction: str = "or") -> str:
    return join_words([status for status in Status if status in statuses] or ["no status"], conjunction)


def _join_in_arabic(statuses: Collection[Status], joiner: str = " أو ") -> str:
    return joiner.join(status for status in Status if status in statuses) or "لا حالة"


def policy(
    *,
    pending: Collection[Status] = PENDING_ONLY,
    completed: Collection[Status] = COMPLETED_ONLY,
    unknown_status: UnknownStatus = "open",
    locked: Collection[Status] = NONE_LOCKED,
    missing_customer: MissingCustomer = "closed",
) -> Policy[Order, Patch]:
    """Return the rules of the page under these assumptions.

    Args:
        pending: the statuses in which payment is open (S1); ``PENDING_FAMILY`` is the alternative.
        completed: the statuses that count as completed (S2); ``COMPLETED_FAMILY`` is the alternative.
        unknown_status: whether receiver, shipping and coupon are open in a status that no page names (S4).
        locked: statuses that close receiver, shipping and coupon too (S8); ``CANCELED_FAMILY`` is the alternative.
        missing_customer: if an order does not show its customer, ``"closed"`` closes the customer section, and
            ``"none"`` assumes that the order has no customer (S15).

    Raises:
        TypeError: a collection of statuses is a string.
        ValueError: a value is not a status, ``unknown_status`` is neither ``"open"`` nor ``"closed"``, or
            ``missing_customer`` is neither ``"closed"`` nor ``"none"``.
    """
    chosen = _Choices(
        pending=pending,
        completed=completed,
        unknown_status=unknown_status,
        locked=locked,
        missing_customer=missing_customer,
    )
    return Policy(
        name="salla",
        edition="2",
        order_type=Order,
        patch_type=Patch,
        actions=Action,
        rules=_build_rules(chosen),
        titles=TITLES,
        waivers=_WAIVERS,
        parameters=(CANCELLATION, RATING),
        assumptions=_build_assumptions(chosen),
        effects=_EFFECTS,
        advice_rules=_ADVICE_RULES,
    )


POLICY: Final = register(policy())
"""The policy with the default answers of ``specs/assumptions.toml``."""
HINTS: Final = Hints(
    keys={
        **dict.fromkeys(("status", "status_id", "slug", "note", "restore_items"), use_endpoint("Update Order Status")),
        **dict.fromkeys(("items", "products"), use_endpoint("Order Items")),
        **dict.fromkeys(("operations", "filters"), use_endpoint("Order Actions")),
        **dict.fromkeys(("data", "order", "body", "payload"), Hint("no_wrapper")),
        **dict.fromkeys(
            ("name", "first_name", "last_name", "email", "phone", "mobile"), send_in("customer", "receiver")
        ),
        **dict.fromkeys(
            ("geo_coordinates", "country", "city", "block", "street_number", "address", "address_line", "postal_code"),
            send_in("ship_to"),
        ),
        **dict.fromkeys(("lat", "lng", "ship_to.lat", "ship_to.lng"), send_in("ship_to.geo_coordinates")),
        "shipping": Hint(
            "shipping",
            text={
                "en": "send delivery_method, courier_id, branch_id and ship_to without a wrapper",
                "ar": "أرسل delivery_method و courier_id و branch_id و ship_to بلا غلاف",
            },
        ),
        "shipping_address": send_in("ship_to"),
        **dict.fromkeys(("ship_to.name", "ship_to.email", "ship_to.phone"), send_in("receiver")),
        "tags": use_endpoint("Order Tags"),
        "notes": use_endpoint("Order Histories"),
        "coupon": suggest("coupon_code"),
        "payment.reference_id": suggest(
            "store_bank_id",
            {
                "en": "this is its name in Create Order: did you mean store_bank_id?",
                "ar": "هذا اسمه في Create Order: هل تقصد store_bank_id؟",
            },
        ),
        "customer.phone": suggest("mobile"),
        "receiver.mobile": suggest("phone"),
        **{
            f"{parent}.{key}": suggest(
                "name",
                {
                    "en": "did you mean name? It holds the first and the last name",
                    "ar": "هل تقصد name؟ فيه الاسم الأول واسم العائلة",
                },
            )
            for parent in ("customer", "receiver")
            for key in ("first_name", "last_name")
        },
        **dict.fromkeys([f"ship_to.geo_coordinates.{key}" for key in ("lon", "long", "longitude")], suggest("lng")),
        "ship_to.geo_coordinates.latitude": suggest("lat"),
    },
    shapes=(
        Shape(
            "",
            frozenset({"success", "event", "reference_id", "amounts", "can_cancel", "payment_method", "source"}),
            Hint("response"),
        ),
        Shape(
            "customer",
            frozenset({"mobile_code", "avatar", "gender", "urls", "birthday", "location", "full_name", "groups"}),
            Hint(
                "customer_response",
                text={
                    "en": "this looks like a customer from an answer: send name, email, and mobile as a string",
                    "ar": "يبدو هذا عميلًا من رد: أرسل name و email، و mobile نصًا",
                },
            ),
        ),
    ),
)
"""Hints for keys and values that are often sent here but belong elsewhere or have another name."""
_ANY_CUSTOMER_ID: Final = 1
"""The customer id that ``to_payload`` writes, because an order does not know the real one."""
PAYLOAD: Final = Payload(
    places=(
        Place(
            attribute="status",
            path=("status", "slug"),
            kind=Status | str,
            if_left_out=None,
            empty=(Empty.NULL, Empty.ARRAY),
            if_key_left_out=UNSET,
            expected="status object",
            hints={
                "integer": Hint(
                    "envelope",
                    text={
                        "en": "this looks like the API's envelope, not an order: its status is a number",
                        "ar": "يبدو هذا غلاف API، لا طلبًا: قيمة status فيه عدد",
                    },
                ),
                "string": Hint(
                    "slug",
                    text={
                        "en": "if the string is the slug of an order, build the order: salla.Order(id=..., status=...)",
                        "ar": "إن كان النص هو slug طلب فأنشئ الطلب بنفسك: salla.Order(id=..., status=...)",
                    },
                ),
            },
        ),
        Place(attribute="draft", path=("draft",), kind=bool, if_left_out=False, empty=(Empty.NULL,), if_empty=False),
        Place(
            attribute="customer",
            path=("customer",),
            if_left_out=UNSET,
            empty=tuple(Empty),
            if_empty=CustomerKind.NONE,
            if_present=CustomerKind.REGISTERED,
        ),
    ),
    shown={"id": int | str},
    others=(
        "app.",
        "customer.",
        "product.",
        "category.",
        "brand.",
        "store.",
        "abandoned.cart",
        "invoice.",
        "shipment.",
        "coupon.",
        "review.",
        "specialoffer.",
        "communication.",
    ),
    activity="order",
    shows=("reference_id", "status", "draft"),
    beside_id=("amounts", "items", "shipping", "shipments", "payment_method", "can_cancel", "source", "date"),
    implied=(Implied(attribute="status", value=DRAFT_SLUG, then="draft", becomes=True),),  # Assumption S10.
    guest=Guest(attribute="customer", value=CustomerKind.GUEST, unless=CustomerKind.NONE),  # Assumption S3.
)
"""Where an order and its facts are in answers and webhooks (assumptions S12, S15 and S16)."""


def to_payload(order: Order) -> dict[str, object]:
    """Write the attributes of an order as the API answers them; ``read_order`` of the result returns an equal order.

    There are two exceptions. Payloads do not distinguish guests from registered customers (assumption S3), so
    ``read_order`` needs ``guest=True`` for a guest. The attribute ``written`` is left out.

    Raises:
        TypeError: the argument is not an order of this platform.
    """
    if type(order) is not Order:
        raise TypeError(f"expected an order of Salla, got {type(order).__name__}")
    slug = {} if order.status is UNSET else {"slug": str(order.status)}
    customer: object = [] if order.customer is CustomerKind.NONE else {"id": _ANY_CUSTOMER_ID}
    return {
        **({} if order.id is None else {"id": order.id}),
        "status": [] if order.status is None else slug,
        "draft": order.draft,
        **({} if order.customer is UNSET else {"customer": customer}),
    }


def error_body(status: int, code: str, message: str, **more: object) -> dict[str, object]:
    """Return the body of an error, as documented in Create Order, Error handling."""
    return {"status": status, "success": False, "error": {"code": code, "message": message, **more}}


_UNPROCESSABLE: Final = 422


def _refusal(decision: Decision) -> dict[str, object]:
    return error_body(_UNPROCESSABLE, "update_refused", "; ".join(decision.messages))


def _unreadable(error: InvalidInput) -> dict[str, object]:
    """Return an error body with ``fields``, which the answer to a refusal by rule does not have."""
    fields: dict[str, list[str]] = {}
    for problem in error.problems:
        fields.setdefault(problem.pointer.lstrip("/").replace("/", "."), []).append(problem.message)
    return error_body(_UNPROCESSABLE, "validation_failed", "the body cannot be read", fields=fields)


def _code_of(status: int, body: Mapping[str, object]) -> str | None:
    """Return the code of a refusal by rule. An error with ``fields`` refuses their values, so it is not one."""
    error = body.get("error")
    if status != _UNPROCESSABLE:
        return None
    if not isinstance(error, dict):
        return ""
    details = cast("dict[str, object]", error)
    return None if details.get("fields") else str(details.get("code", ""))


ENDPOINT: Final = Endpoint(
    policy=POLICY,
    make_policy=policy,
    choices=(
        Choice(
            keyword="pending",
            assumption="S1",
            about="statuses that count as *pending*, instead of payment_pending",
            answers={"family": PENDING_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="completed",
            assumption="S2",
            about="statuses that count as *completed*, instead of completed",
            answers={"family": COMPLETED_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="unknown_status",
            assumption="S4",
            about="whether an unknown status leaves receiver, shipping and coupon open or closes them",
            answers={"open": "open", "closed": "closed"},
        ),
        Choice(
            keyword="locked",
            assumption="S8",
            about="more statuses that close receiver, shipping and coupon",
            answers={"family": CANCELED_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="missing_customer",
            assumption="S15",
            about="whether an order that does not show its customer closes the customer section or has none",
            answers={"closed": "closed", "none": "none"},
        ),
    ),
    path="/orders/{order_id}",
    request_type=UpdateRequest,
    hints=HINTS,
    payload=PAYLOAD,
    refusal=_refusal,
    refusal_status=_UNPROCESSABLE,
    unreadable=_unreadable,
    unreadable_status=_UNPROCESSABLE,
    code_of=_code_of,
    hidden_facts=(CUSTOMER,),  # Assumption S3: answers do not show that a customer is a guest.
)
"""The endpoint that updates an order, and how it answers."""
read_patch: Final = ENDPOINT.read_patch
read_order: Final = ENDPOINT.read_order
to_body: Final = ENDPOINT.to_body


def read_request(
    order_id: int | str,
    body: Mapping[str, object] | Document,
    *,
    limits: Limits = UPDATE_LIMITS,
    show_values: bool = False,
) -> UpdateRequest:
    """Read a whole request: the id in its path and its body.

    Args:
        order_id: the id in the path: an integer, or its ASCII digits.
        body: the body: a mapping, or a JSON document as text or bytes.
        limits: the limits of this read, such as the size of a document.
        show_values: whether messages show the invalid values, shortened. They may be personal data.

    Raises:
        InvalidInput: lists every problem of both.
    """
    return cast("UpdateRequest", ENDPOINT.read_request(order_id, "", body, limits=limits, show_values=show_values))
