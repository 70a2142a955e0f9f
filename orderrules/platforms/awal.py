"""Awal, Update Order: ``PUT /orders/{id}?phone_number_id=…``.

The module contains the models of the request and the order, the rules, and the layout of payloads. The only restriction
is that a status moves forward step by step. Clauses are cited by their ids, which are defined in ``specs/awal.toml``;
assumptions (A1 to A8) are defined in ``specs/assumptions.toml``.
"""

from __future__ import annotations

import functools
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, cast

import attrs

from orderrules.authoring import (
    UNKNOWN,
    UNSET,
    AdviceRule,
    Assumption,
    Endpoint,
    Fact,
    Hint,
    Hints,
    Model,
    OrderBase,
    PatchBase,
    Payload,
    Place,
    Policy,
    Rule,
    Shape,
    TransitionTable,
    Unset,
    field,
    model,
    offer,
    register,
    suggest,
    write_body,
)
from orderrules.grammar.advice import DatesReversed, EmptyUpdate, OmittedDefault, UnchangedValue, UnknownValue
from orderrules.policy.endpoint import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.reading.problems import InvalidInput

__all__ = [
    "ASKED",
    "ENDPOINT",
    "FORWARD",
    "HINTS",
    "PAYLOAD",
    "POLICY",
    "STATUS",
    "TRANSITIONS",
    "Order",
    "Patch",
    "PaymentDefault",
    "PaymentStatus",
    "Section",
    "Status",
    "UpdateRequest",
    "policy",
    "read_order",
    "read_patch",
    "read_request",
    "to_body",
    "to_payload",
]


class Status(StrEnum):
    """The statuses of an order, from the first to the last."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"


class PaymentStatus(StrEnum):
    """Whether an order is paid."""

    PAID = "paid"
    UNPAID = "unpaid"


class Section(StrEnum):
    """The sections of an update; each body key is its own section."""

    ADMIN_NOTES = "admin_notes"
    STATUS = "status"
    PAYMENT_STATUS = "payment_status"
    SHIPPING_DATE = "shipping_date"
    DELIVERY_DATE = "delivery_date"
    BRANCH_ID = "branch_id"


_ARABIC_NAMES: Final = {
    Status.PENDING: "قيد الانتظار",
    Status.ACCEPTED: "مقبول",
    Status.SHIPPED: "تم الشحن",
    Status.DELIVERED: "تم التوصيل",
    Status.COMPLETED: "مكتمل",
}
"""Our translations: Awal publishes no Arabic names."""
_NAMES: Final = tuple((status, {"en": str(status), "ar": f"«{name}»"}) for status, name in _ARABIC_NAMES.items())
STATUS: Final = Fact(
    "status",
    names={"ar": "الحالة"},
    values=(*Status, UNKNOWN),
    words=(("complete", Status.COMPLETED),),
    says={
        "en": ("the order is {}", "the order is not {}", "the order is neither {}"),
        "ar": ("حالة الطلب {}", "حالة الطلب ليست {}", "تكون حالة الطلب {}", "لا تكون حالة الطلب {}"),
    },
    phrases=(*_NAMES, (UNKNOWN, {"en": "in an unknown status", "ar": "غير معروفة"})),
)
ASKED: Final = Fact(
    "status asked for",
    names={"ar": "الحالة المطلوبة"},
    values=(UNSET, *Status),
    attribute="status",
    labels=((UNSET, {"en": "left out", "ar": "غير مُرسَلة"}),),
    notes=((UNSET, {"en": "the update leaves out the status", "ar": "لا يتضمن التعديل الحالة"}),),
    says={
        "en": ("the update asks for {}", "the update does not ask for {}", "the update asks for neither {}"),
        "ar": (
            "التعديل يطلب الحالة {}",
            "التعديل لا يطلب الحالة {}",
            "يطلب التعديل الحالة {}",
            "لا يطلب التعديل الحالة {}",
        ),
    },
    phrases=_NAMES,
)


TITLES: Final[Mapping[StrEnum, Mapping[str, str]]] = MappingProxyType(
    {
        Section.ADMIN_NOTES: {"en": "the notes of the store", "ar": "ملاحظات المتجر"},
        Section.STATUS: {"en": "the status", "ar": "الحالة"},
        Section.PAYMENT_STATUS: {"en": "the payment status", "ar": "حالة الدفع"},
        Section.SHIPPING_DATE: {"en": "the shipping date", "ar": "تاريخ الشحن"},
        Section.DELIVERY_DATE: {"en": "the delivery date", "ar": "تاريخ التوصيل"},
        Section.BRANCH_ID: {"en": "the branch", "ar": "الفرع"},
    }
)
"""What sentences call each section."""


def _status(status: Status | str) -> Status | str:
    return cast("Status | str", STATUS.canonical(status))


@model
class Order(OrderBase["Patch"], facts=(STATUS,)):
    """An order: the status that the rules read, and the attributes that an update can change.

    Attributes that the payload does not show are None.

    Attributes:
        status: the status, which is required; a plain string if it is not one of the five (assumption A8).
        id: the order's id.
        payment_status: a plain string if it is neither ``paid`` nor ``unpaid``.
        shipping_date: a string if it is not written as a date; also None if the date is not set.
        delivery_date: as ``shipping_date``.
        admin_notes: the notes of the store.
        branch_id: the id of the branch; the page's response does not show it.

    Raises:
        InvalidInput: a value has the wrong type.
    """

    status: Status | str = field(converter=_status)
    id: int | str | None = None
    payment_status: PaymentStatus | str | None = None
    shipping_date: date | str | None = None
    delivery_date: date | str | None = None
    admin_notes: str | None = field(default=None, personal=True)
    branch_id: str | None = None

    def __payload__(self) -> dict[str, object]:
        return to_payload(self)


@model
class Patch(PatchBase, sections=Section, facts=(ASKED,)):
    """The body of the request: the changes that it asks for. No key is required.

    Raises:
        InvalidInput: a value is not of the documented type or form; lists every problem.
    """

    admin_notes: str | Unset = field(default=UNSET, personal=True)
    status: Status | Unset = UNSET
    payment_status: PaymentStatus | Unset = UNSET
    shipping_date: date | Unset = UNSET
    delivery_date: date | Unset = UNSET
    branch_id: str | Unset = UNSET


@model
class UpdateRequest(Model):
    """A whole request: the order's id from the path, the sender's number from the query, and the patch."""

    order_id: int
    phone_number_id: str
    patch: Patch


@model
class _Query(Model):
    """The query of the request."""

    phone_number_id: str


TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {
        Status.PENDING: frozenset({Status.ACCEPTED}),
        Status.ACCEPTED: frozenset({Status.SHIPPED}),
        Status.SHIPPED: frozenset({Status.DELIVERED}),
        Status.DELIVERED: frozenset({Status.COMPLETED}),
        Status.COMPLETED: frozenset(),
    }
)
"""AWAL-STATUS-1: the statuses that may follow each status, one step at a time (assumption A1)."""
FORWARD: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {status: frozenset(tuple(Status)[position + 1 :]) for position, status in enumerate(Status)}
)
"""The statuses that may follow each status under the alternative of A1: any later one."""
PaymentDefault = Literal["keep", "reset"]


@attrs.frozen(kw_only=True)
class _Choices:
    """The chosen answer to each assumption that has alternatives."""

    skipping: bool
    payment_default: PaymentDefault

    def __attrs_post_init__(self) -> None:
        if type(self.skipping) is not bool:
            raise TypeError(f"skipping must be True or False, got {self.skipping!r}")
        if self.payment_default not in {"keep", "reset"}:
            raise ValueError(f'payment_default must be "keep" or "reset", got {self.payment_default!r}')


def _build_rules(chosen: _Choices) -> tuple[Rule, ...]:
    """Build the rule of the page."""
    return (
        Rule(
            id="AWAL-STATUS-1",
            section=Section.STATUS,
            subject=TITLES[Section.STATUS],
            only_if=TransitionTable(STATUS, ASKED, FORWARD if chosen.skipping else TRANSITIONS),
            reason={
                "en": f"the status moves {'only forward' if chosen.skipping else 'on step by step'}: "
                f"{', '.join(Status)}",
                "ar": f"تتقدم الحالة {'إلى الأمام فقط' if chosen.skipping else 'خطوة بعد خطوة'}: {'، '.join(Status)}",
            },
        ),
    )


_ADVICE_RULES: Final = (
    AdviceRule(
        id="AWAL-ADVICE-1",
        when=EmptyUpdate(),
        message={"en": "the update changes nothing", "ar": "لا يغيّر التعديل شيئًا"},
    ),
    AdviceRule(
        id="AWAL-ADVICE-2",
        when=UnchangedValue("status"),
        message={"en": "the order has this status already", "ar": "حالة الطلب هي هذه الحالة بالفعل"},
    ),
    AdviceRule(
        id="AWAL-ADVICE-3",
        when=OmittedDefault("payment_status", PaymentStatus.UNPAID),
        message={
            "en": "the payment status is left out, and the page names unpaid as its default",
            "ar": "لم تُرسَل حالة الدفع، وصفحة التوثيق تجعل unpaid قيمتها الافتراضية",
        },
    ),
    AdviceRule(
        id="AWAL-ADVICE-4",
        when=DatesReversed("delivery_date", follows="shipping_date"),
        message={"en": "the delivery is dated before the shipping", "ar": "تاريخ التوصيل قبل تاريخ الشحن"},
    ),
    AdviceRule(
        id="AWAL-ADVICE-5",
        when=UnknownValue(STATUS),
        message={
            "en": "the order's status is not one of the five, so no update can change it",
            "ar": "حالة الطلب ليست من الحالات الخمس، فلا يمكن لأي تعديل أن يغيّرها",
        },
    ),
)


def _say_skipping(chosen: _Choices) -> dict[str, str]:
    """Say the answer to A1."""
    if chosen.skipping:
        return {
            "en": "*progressively* is read as any later status may follow",
            "ar": "معنى *progressively*: يجوز أن تأتي أي حالة لاحقة",
        }
    return {
        "en": "*progressively* is read as one step at a time",
        "ar": "معنى *progressively*: خطوة واحدة في كل مرة",
    }


def _say_payment_default(chosen: _Choices) -> dict[str, str]:
    """Say the answer to A4."""
    if chosen.payment_default == "reset":
        return {"en": "left out means unpaid", "ar": "عدم إرسالها يعني unpaid"}
    return {"en": "left out means untouched", "ar": "عدم إرسالها يعني أنها لا تتغير"}


def _build_assumptions(chosen: _Choices) -> tuple[Assumption, ...]:
    """Build the assumptions: each question that the page leaves open, with our answer."""
    offered = functools.partial(offer, make=_build_rules, chosen=chosen)
    return (
        offered(
            "A1",
            {
                "en": "whether *progressively* allows a status to be skipped",
                "ar": "هل تسمح كلمة *progressively* بتخطي حالة",
            },
            _say_skipping,
            keyword="skipping",
            options={"step": False, "forward": True},
        ),
        Assumption(
            "A2",
            {
                "en": "whether the present status may be sent again",
                "ar": "هل يجوز إرسال الحالة الحالية مرة أخرى",
            },
            {
                "en": "it may, and changes nothing: a PUT may be repeated",
                "ar": "يجوز، ولا يغيّر شيئًا: يجوز تكرار PUT",
            },
        ),
        Assumption(
            "A3",
            {"en": "whether a status may go back", "ar": "هل يجوز أن ترجع الحالة إلى الوراء"},
            {"en": "it may not", "ar": "لا يجوز"},
        ),
        offered(
            "A4",
            {
                "en": "what it means to leave out the payment status, for which the page names a default",
                "ar": "ما معنى عدم إرسال حالة الدفع، وصفحة التوثيق تذكر لها قيمة افتراضية",
            },
            _say_payment_default,
            keyword="payment_default",
            options={"keep": "keep", "reset": "reset"},
        ),
        Assumption(
            "A5",
            {
                "en": "whether a delivery may be dated before the shipping",
                "ar": "هل يجوز أن يسبق تاريخ التوصيل تاريخ الشحن",
            },
            {"en": "it may", "ar": "يجوز"},
        ),
        Assumption(
            "A6",
            {"en": "what null and an empty body mean", "ar": "ما معنى null والجسم الفارغ"},
            {
                "en": "null cannot be read; an empty body is allowed and changes nothing",
                "ar": "لا يمكن قراءة null؛ والجسم الفارغ مسموح به ولا يغيّر شيئًا",
            },
        ),
        Assumption(
            "A7",
            {"en": "whether a refusal is answered with 400 or 422", "ar": "هل يكون الرفض بالرمز 400 أم 422"},
            {
                "en": "422 for a refusal by rule, 400 for a body that cannot be read",
                "ar": "الرمز 422 للرفض بقاعدة، والرمز 400 لجسم لا يمكن قراءته",
            },
        ),
        Assumption(
            "A8",
            {
                "en": "what holds for an order in a status outside the five",
                "ar": "ما الحكم في طلب حالته خارج الحالات الخمس",
            },
            {
                "en": "its status cannot be changed, the other keys are open",
                "ar": "لا يمكن تغيير حالته، والمفاتيح الأخرى مفتوحة",
            },
        ),
    )


def policy(*, skipping: bool = False, payment_default: PaymentDefault = "keep") -> Policy[Order, Patch]:
    """Return the rules of the page under these assumptions.

    Args:
        skipping: whether any later status may follow, and not only the next one (A1).
        payment_default: whether an omitted payment status stays as it is (``"keep"``) or becomes ``unpaid``
            (``"reset"``) (A4). It changes no decision, only the order after an update.

    Raises:
        TypeError: ``skipping`` is not a boolean.
        ValueError: ``payment_default`` is neither ``"keep"`` nor ``"reset"``.
    """
    chosen = _Choices(skipping=skipping, payment_default=payment_default)
    return Policy(
        name="awal",
        edition="1",
        order_type=Order,
        patch_type=Patch,
        titles=TITLES,
        rules=_build_rules(chosen),
        assumptions=_build_assumptions(chosen),
        advice_rules=_ADVICE_RULES,
        defaults=(("payment_status", PaymentStatus.UNPAID),) if payment_default == "reset" else (),
    )


POLICY: Final = register(policy())
"""The policy with the default answers of ``specs/assumptions.toml``."""


HINTS: Final = Hints(
    keys={
        "items": Hint(
            "items",
            text={
                "en": "this endpoint does not change the items of an order",
                "ar": "لا تغيّر نقطة النهاية هذه منتجات الطلب",
            },
        ),
        "tags": Hint("tags", text={"en": "orders have no documented tags", "ar": "لا وسوم موثقة للطلبات"}),
        **dict.fromkeys(("note", "notes"), suggest("admin_notes")),
        **dict.fromkeys(("data", "order", "body", "payload"), Hint("no_wrapper")),
        "payment": suggest("payment_status"),
        "phone_number_id": Hint("query"),
    },
    words={word: str(status) for word, status in STATUS.words} | {"payed": "paid"},
    shapes=(
        Shape(
            "",
            frozenset({"success", "event", "order_number", "updated_at", "created_at"}),
            Hint("response"),
        ),
    ),
)
"""Hints for keys and values that are often sent here but belong elsewhere or have another name."""
PAYLOAD: Final = Payload(
    places=(Place(attribute="status", path=("status",), kind=Status | str, required=True),),
    shown={
        "id": int | str,
        "payment_status": PaymentStatus | str,
        "shipping_date": date | str,
        "delivery_date": date | str,
        "admin_notes": str,
        "branch_id": str,
    },
    others=("message.", "contact.", "conversation.", "ticket."),
    never=("message_id",),
    success="status",
)
"""Where an order and its status are in answers and webhooks (assumption A8)."""


def to_payload(order: Order) -> dict[str, object]:
    """Write an order as the API answers it; ``read_order`` of the result returns an equal order.

    Attributes that the order does not show are null.

    Raises:
        TypeError: the argument is not an order of this platform.
    """
    if type(order) is not Order:
        raise TypeError(f"expected an order of Awal, got {type(order).__name__}")
    return {"id": order.id, **write_body(order)}


def error_body(error: str, message: str, details: object = None) -> dict[str, object]:
    """Return the body of an error, as documented in the API's Error handling."""
    return {"error": error, "message": message, "details": details, "request_id": None}


_BAD_REQUEST: Final = 400
_UNPROCESSABLE: Final = 422


def _refusal(decision: Decision) -> dict[str, object]:
    messages = list(decision.messages)
    return error_body("Validation Error", "; ".join(messages), messages)


def _unreadable(error: InvalidInput) -> dict[str, object]:
    return error_body("Bad Request", "the request cannot be read", [str(problem) for problem in error.problems])


def _code_of(status: int, _: Mapping[str, object]) -> str | None:
    """Return ``""`` for both statuses that may be a refusal (assumption A7); the API has no error codes."""
    return "" if status in {_BAD_REQUEST, _UNPROCESSABLE} else None


ENDPOINT: Final = Endpoint(
    policy=POLICY,
    make_policy=policy,
    choices=(
        Choice(
            keyword="skipping",
            assumption="A1",
            about="allow any later status, not only the next one",
            answers={"yes": True, "no": False},
        ),
        Choice(
            keyword="payment_default",
            assumption="A4",
            about="whether an omitted payment status is kept or reset to unpaid; used by apply and plan only",
            answers={"keep": "keep", "reset": "reset"},
        ),
    ),
    path="/orders/{id}",
    request_type=UpdateRequest,
    query_type=_Query,
    hints=HINTS,
    payload=PAYLOAD,
    refusal=_refusal,
    refusal_status=_UNPROCESSABLE,
    unreadable=_unreadable,
    unreadable_status=_BAD_REQUEST,
    code_of=_code_of,
    account=("x-domain", "x-client-id"),
)
"""The endpoint that updates an order, and how it answers (assumption A7)."""
read_patch: Final = ENDPOINT.read_patch
read_request: Final = cast("Callable[..., UpdateRequest]", ENDPOINT.read_request)
read_order: Final = ENDPOINT.read_order
to_body: Final = ENDPOINT.to_body
