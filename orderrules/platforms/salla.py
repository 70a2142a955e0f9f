"""Salla, Update Order: ``PUT /orders/{order_id}``.

What the page documents, in the order of the page: the statuses, the body, the restrictions, and how its silences
are read. Clauses are cited by id and stand in ``specs/salla.toml``; assumptions (S1 to S16) in ``specs/assumptions.toml``.
It must never know how a decision is made.

The module is longer than most because it is one platform whole: its models, its rules, and its payloads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

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
    Hints,
    Limits,
    Model,
    OrderBase,
    PatchBase,
    Payload,
    Place,
    Policy,
    Rule,
    Shape,
    Space,
    Unset,
    Waiver,
    hidden,
    in_section,
    offer,
)
from orderrules.grammar.advice import EmptyUpdate, EmptyValue, MissingKey, UnknownValue
from orderrules.policy.endpoint import Choice
from orderrules.reading.problems import join_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.reading.problems import InvalidInput
    from orderrules.reading.strict_json import Document

__all__ = [
    "CANCELED_FAMILY",
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
    """The slugs of an order's status: ten of the catalogue, three documented with it, one seen in live stores.

    A store's own status carries the slug of its parent, which is what rules read; never its name or id.
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
    """What an update may change, each opened or closed as one."""

    CUSTOMER = "customer"
    RECEIVER = "receiver"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    COUPON = "coupon"
    EMPLOYEES = "employees"


class Action(StrEnum):
    """What the store's customer may do with an order, as its status alone tells."""

    CANCEL = "cancel"
    RATE = "rate"
    PAY = "pay"


class CustomerKind(StrEnum):
    """Whose order it is."""

    NONE = "none"
    GUEST = "guest"
    REGISTERED = "registered"


DRAFT_SLUG: Final = "draft"
"""Assumption S10: the page calls *draft* a flag and a status, so a status of that slug makes a draft as well."""

STATUS: Final = Fact(
    "status",
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
    notes=((UNSET, "the order shows a status without a slug"),),
)
DRAFT: Final = Fact("draft", values=(False, True), flag=True, absent=False)
CUSTOMER: Final = Fact(
    "customer",
    values=(*CustomerKind, UNSET),
    labels=((CustomerKind.NONE, "absent"), (CustomerKind.GUEST, "a guest"), (UNSET, "not shown")),
    absent=CustomerKind.NONE,
    aliases=(("not shown", UNSET),),  # As a column of a database says it, whose null says that there is none.
    remedies=((UNSET, "read the order's details, which show its customer, or say that it is a guest"),),
)


def _status(status: Status | str | Unset | None) -> Status | str | Unset | None:
    return cast("Status | str | Unset | None", STATUS.canonical(status))


def _draft(draft: bool | None) -> bool:  # noqa: FBT001 - a converter takes its value so.
    return draft if draft is not None else False


def _customer(customer: CustomerKind | Unset | None) -> CustomerKind | Unset:
    return customer if customer is not None else CustomerKind.NONE


class _Indexed(OrderBase):
    __slots__ = ("_salla_index",)
    __space__: ClassVar = Space("_salla_index", (STATUS, DRAFT, CUSTOMER))


@attrs.frozen(kw_only=True, repr=False)
class Order(_Indexed):
    """What the rules read of an order.

    Attributes:
        id: called alphanumeric and sampled as an integer; None when the payload shows none.
        status: the slug, as text when no page names it; None when no status is shown (assumption S12), and ``UNSET``
            when one is shown without its slug.
        draft: whether it is a draft; an older payload that lacks the key is none, and so is null.
        customer: whether there is a customer, and a guest or a registered one (assumption S3); null is no customer,
            and ``UNSET`` that nothing is known of one (assumption S15).
        written: what ``Policy.apply`` has written to it and no answer of the API shows as it was sent.

    Raises:
        InvalidInput: a value is of another type.
    """

    id: int | str | None = None
    status: Status | str | Unset | None = attrs.field(default=None, converter=_status)
    draft: bool = attrs.field(default=False, converter=_draft)
    customer: CustomerKind | Unset = attrs.field(default=UNSET, converter=_customer)
    written: Patch | Unset = UNSET

    def __policy__(self) -> Policy[Order, Patch]:
        """Return the policy that answers where no other is named."""
        return POLICY

    def __payload__(self) -> dict[str, object]:
        return to_payload(self)


@attrs.frozen(kw_only=True, repr=False)
class Customer(Model):
    """The body's ``customer``; ``mobile`` is described without a country code and sampled with one."""

    id: int | Unset = UNSET
    name: str | Unset = attrs.field(default=UNSET, repr=hidden)
    mobile: str | Unset = attrs.field(default=UNSET, repr=hidden)
    email: str | Unset = attrs.field(default=UNSET, repr=hidden)


@attrs.frozen(kw_only=True, repr=False)
class Receiver(Model):
    """The body's ``receiver``; ``notify`` asks that the receiver be told of the update."""

    name: str | Unset = attrs.field(default=UNSET, repr=hidden)
    country_code: str | Unset = UNSET
    phone: str | Unset = attrs.field(default=UNSET, repr=hidden)
    email: str | Unset = attrs.field(default=UNSET, repr=hidden)
    notify: bool | Unset = UNSET


@attrs.frozen(kw_only=True, repr=False)
class GeoCoordinates(Model):
    """Where to ship to, in degrees; documented by a sample only."""

    lat: int | float | Unset = attrs.field(default=UNSET, repr=hidden)
    lng: int | float | Unset = attrs.field(default=UNSET, repr=hidden)


@attrs.frozen(kw_only=True, repr=False)
class ShipTo(Model):
    """The body's ``ship_to``; its last four keys come with newer editions, which we accept and do not require."""

    country: int | Unset = attrs.field(default=UNSET, repr=hidden)
    city: int | Unset = attrs.field(default=UNSET, repr=hidden)
    block: str | Unset = attrs.field(default=UNSET, repr=hidden)
    street_number: str | Unset = attrs.field(default=UNSET, repr=hidden)
    address: str | Unset = attrs.field(default=UNSET, repr=hidden)
    address_line: str | Unset = attrs.field(default=UNSET, repr=hidden)
    postal_code: str | Unset = attrs.field(default=UNSET, repr=hidden)
    geo_coordinates: GeoCoordinates | Unset = UNSET
    district: int | Unset = attrs.field(default=UNSET, repr=hidden)
    short_address: str | Unset = attrs.field(default=UNSET, repr=hidden)
    building_number: str | Unset = attrs.field(default=UNSET, repr=hidden)
    additional_number: str | Unset = attrs.field(default=UNSET, repr=hidden)


@attrs.frozen(kw_only=True, repr=False)
class CashOnDelivery(Model):
    """What is to be paid at the door; documented by a sample only."""

    amount: int | float | Unset = UNSET
    currency: str | Unset = UNSET


@attrs.frozen(kw_only=True, repr=False)
class Payment(Model):
    """The body's ``payment``; the page names no values for ``status``, ``method`` and ``accepted_methods``."""

    status: str | Unset = UNSET
    method: str | Unset = UNSET
    store_bank_id: int | Unset = UNSET
    receipt_image_path: str | Unset = attrs.field(default=UNSET, repr=hidden)
    accepted_methods: tuple[str, ...] | Unset = UNSET
    cash_on_delivery: CashOnDelivery | Unset = UNSET


class _Masked(PatchBase):
    __slots__ = ("_salla_mask",)
    __space__: ClassVar = Space("_salla_mask")


@attrs.frozen(kw_only=True, repr=False)
class Patch(_Masked):
    """The body of the request: what it asks to change. No key is required.

    Raises:
        InvalidInput: a value is not the documented one; every problem at once.
    """

    customer: Customer | Unset = attrs.field(default=UNSET, metadata=in_section(Section.CUSTOMER))
    receiver: Receiver | Unset = attrs.field(default=UNSET, metadata=in_section(Section.RECEIVER))
    delivery_method: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.SHIPPING))
    branch_id: int | Unset = attrs.field(default=UNSET, metadata=in_section(Section.SHIPPING))
    courier_id: int | Unset = attrs.field(default=UNSET, metadata=in_section(Section.SHIPPING))
    ship_to: ShipTo | Unset = attrs.field(default=UNSET, metadata=in_section(Section.SHIPPING))
    payment: Payment | Unset = attrs.field(default=UNSET, metadata=in_section(Section.PAYMENT))
    coupon_code: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.COUPON))
    employees: tuple[int, ...] | Unset = attrs.field(default=UNSET, metadata=in_section(Section.EMPLOYEES))


@attrs.frozen(kw_only=True, repr=False)
class UpdateRequest(Model):
    """A patch with what stands around it: the order's id in the path."""

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


def _statuses(given: Collection[Status]) -> frozenset[Status]:
    if isinstance(given, str):
        message = f"expected a collection of statuses, got the text {given!r}"
        raise TypeError(message)
    return frozenset(map(Status, given))


@attrs.frozen(kw_only=True)
class _Choices:
    """Our answer to each assumption that has alternatives."""

    pending: frozenset[Status] = attrs.field(converter=_statuses)
    completed: frozenset[Status] = attrs.field(converter=_statuses)
    unknown_status: UnknownStatus
    locked: frozenset[Status] = attrs.field(converter=_statuses)
    missing_customer: MissingCustomer

    def __attrs_post_init__(self) -> None:
        if self.unknown_status not in {"open", "closed"}:
            raise ValueError(f'unknown_status is "open" or "closed", not {self.unknown_status!r}')
        if self.missing_customer not in {"closed", "none"}:
            raise ValueError(f'missing_customer is "closed" or "none", not {self.missing_customer!r}')


def _rules(chosen: _Choices) -> tuple[Rule, ...]:
    """Write the restrictions of the page down, in its order."""
    closed = chosen.unknown_status == "closed"
    settled = STATUS.is_not_in({*chosen.completed, *chosen.locked, *([UNKNOWN] if closed else [])})
    once = "once the order is completed" + " or closed" * (closed or bool(chosen.locked))
    replaceable = {CustomerKind.NONE, CustomerKind.GUEST, *([UNSET] if chosen.missing_customer == "none" else [])}
    return (
        Rule(
            id="SALLA-CUSTOMER-1",
            section=Section.CUSTOMER,
            only_if=CUSTOMER.is_in(replaceable),
            reason="an order that has a registered customer keeps that customer",
        ),
        Rule(
            id="SALLA-RECEIVER-1",
            section=Section.RECEIVER,
            only_if=settled,
            reason=f"the receiver is settled {once}",
        ),
        Rule(
            id="SALLA-SHIPPING-1",
            section=Section.SHIPPING,
            only_if=settled,
            reason=f"shipping is settled {once}",
        ),
        Rule(
            id="SALLA-PAYMENT-1",
            section=Section.PAYMENT,
            only_if=STATUS.is_in(chosen.pending),
            reason="payment details are open only as long as the payment is pending",
        ),
        Rule(
            id="SALLA-COUPON-1",
            section=Section.COUPON,
            only_if=settled,
            reason=f"the coupon is settled {once}",
        ),
        Rule(
            id="SALLA-CANCEL-1",
            section=Action.CANCEL,
            only_if=STATUS.is_in({Status.UNDER_REVIEW, Status.IN_PROGRESS}),
            reason="a customer can cancel only while the order is under review or in progress",
            caveat="this is the answer for the status alone; the store's settings are not seen, and may say no",
        ),
        Rule(
            id="SALLA-RATE-1",
            section=Action.RATE,
            only_if=STATUS.is_in({Status.COMPLETED, Status.DELIVERED, Status.SHIPPED}),
            reason="an order can be rated once it is shipped, delivered or completed",
            caveat="this is the answer for the status alone; the store's rating settings are not seen, and may say no",
        ),
        Rule(
            id="SALLA-PAY-1",
            section=Action.PAY,
            only_if=STATUS.is_(Status.PAYMENT_PENDING),
            reason="an order is shown as pending payment only while its payment is pending",
        ),
    )


_WAIVERS: Final = (
    Waiver(
        id="SALLA-DRAFT-1",
        when=DRAFT.is_(value=True) | STATUS.is_(DRAFT_SLUG),
        reason="a draft order has no restrictions",
    ),
)


_OUTCOMES: Final = (Effect(key="customer", attribute="customer", value=CustomerKind.REGISTERED),)
"""A customer that is attached is a registered one, as nothing says otherwise (assumption S3)."""

_ADVISORIES: Final = (
    AdviceRule(id="SALLA-ADVICE-1", when=EmptyUpdate(), message="the update changes nothing"),
    AdviceRule(
        id="SALLA-ADVICE-2",
        when=MissingKey(("branch_id", "courier_id", "ship_to"), needs="delivery_method"),
        message="shipping details are sent without a delivery_method, which the page requires for some of them",
    ),
    AdviceRule(
        id="SALLA-ADVICE-3",
        when=EmptyValue(("employees",)),
        message="the list of employees is empty, and the page speaks of one or more",
    ),
    AdviceRule(
        id="SALLA-ADVICE-4",
        when=EmptyValue(("customer", "receiver", "ship_to", "payment")),
        message="an object without anything in it is sent, and changes nothing",
    ),
    AdviceRule(
        id="SALLA-ADVICE-5",
        when=UnknownValue(STATUS),
        message="the order's status is no documented slug, and counts as an unknown one",
    ),
)


def _assumptions(chosen: _Choices) -> tuple[Assumption, ...]:
    """Say how every silence of the page is read."""
    locked = (
        f"{_named(chosen.locked, 'and')} close{'s' * (len(chosen.locked) == 1)}"
        if chosen.locked
        else "canceled, restored and restoring do not close"
    )
    unknown = (
        "does not count as completed" if chosen.unknown_status == "open" else "closes every section bound to a status"
    )
    return (
        Assumption(
            "S1",
            "which status is *pending*, which is no slug of the catalogue",
            f"*pending* is read as {_named(chosen.pending)}",
            offer(
                _rules,
                chosen,
                "pending",
                {
                    "payment_pending": PENDING_ONLY,
                    f"also {_named(PENDING_FAMILY - PENDING_ONLY, 'and')}": PENDING_FAMILY,
                },
            ),
        ),
        Assumption(
            "S2",
            "which statuses are *completed*, whose children are delivering, delivered and shipped",
            f"*completed* is read as {_named(chosen.completed)}" + " alone" * (len(chosen.completed) == 1),
            offer(_rules, chosen, "completed", {"exact": COMPLETED_ONLY, "family": COMPLETED_FAMILY}),
        ),
        Assumption(
            "S3",
            "what makes a customer a guest, which no field of the payload says",
            "a customer is a guest only when the caller says so",
        ),
        Assumption(
            "S4",
            "what holds in a status that no page names",
            f"an unknown status {unknown}, and is not *pending*",
            offer(_rules, chosen, "unknown_status", {"open": "open", "closed": "closed"}),
        ),
        Assumption(
            "S5",
            "what becomes of an update that touches one closed section beside open ones",
            "it is refused whole, and every closed section is listed",
        ),
        Assumption("S6", "what an empty body does", "it is allowed and changes nothing"),
        Assumption("S7", "what null means in a body", "null is not a documented value and cannot be read"),
        Assumption(
            "S8",
            "whether canceled, restored and restoring close what completed closes",
            f"{locked} receiver, shipping and coupon",
            offer(_rules, chosen, "locked", {"open": NONE_LOCKED, "locked": CANCELED_FAMILY}),
        ),
        Assumption(
            "S9",
            "which shipping keys need delivery_method beside them",
            "none does: they are allowed without it",
        ),
        Assumption(
            "S10",
            "whether *draft* is a flag or a status",
            "either makes the order a draft",
        ),
        Assumption(
            "S11",
            "when an order can be cancelled or rated, which the store's settings say too",
            "the answer is for the status alone, and says that the settings are not seen",
        ),
        Assumption(
            "S12",
            "what holds for an order without a readable status that is not said to be a draft",
            "it is read as an unknown status",
        ),
        Assumption("S13", "whether the list of employees may be empty", "it may"),
        Assumption("S14", "whether an empty object touches its section", "it is sent, so it does"),
        Assumption(
            "S15",
            "what holds for an order that does not show whether it has a customer, as in a list of orders",
            "a customer that is not shown is none"
            if chosen.missing_customer == "none"
            else "a customer that is not shown may be a registered one",
            offer(_rules, chosen, "missing_customer", {"closed": "closed", "none": "none"}),
        ),
        Assumption(
            "S16",
            "which documents are orders",
            "one that shows reference_id, status or draft, or an id beside what only orders have, and is no webhook "
            "of another kind",
        ),
    )


def _named(statuses: Collection[Status], conjunction: str = "or") -> str:
    return join_words([status for status in Status if status in statuses] or ["no status"], conjunction)


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
        unknown_status: whether sections bound to a status are open in one that no page names (S4).
        locked: statuses that close receiver, shipping and coupon too (S8); ``CANCELED_FAMILY`` is the alternative.
        missing_customer: whether the customer section is closed where an order does not show its customer, or that
            means that there is none (S15).

    Raises:
        TypeError: text was given for a collection.
        ValueError: a value is no status, ``unknown_status`` is neither ``"open"`` nor ``"closed"``, or
            ``missing_customer`` neither ``"closed"`` nor ``"none"``.
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
        sections=Section,
        actions=Action,
        rules=_rules(chosen),
        waivers=_WAIVERS,
        assumptions=_assumptions(chosen),
        effects=_OUTCOMES,
        advice_rules=_ADVISORIES,
    )


POLICY: Final = policy()
"""The policy under the assumptions that ``specs/assumptions.toml`` gives."""

_STATUS_ENDPOINT: Final = "a status, and a note on it, is changed through Update Order Status, another endpoint"
_ITEMS_ENDPOINT: Final = "items are changed through the endpoints of Order Items"
_ACTIONS_ENDPOINT: Final = "this belongs to Order Actions, another endpoint"
_RECEIVER: Final = "who receives the order stands in receiver, beside ship_to"
_NO_WRAPPER: Final = "the body of an update has no wrapper: send what is in it"

HINTS: Final = Hints(
    keys={
        **dict.fromkeys(("status", "status_id", "slug", "note", "restore_items"), _STATUS_ENDPOINT),
        **dict.fromkeys(("items", "products"), _ITEMS_ENDPOINT),
        **dict.fromkeys(("operations", "filters"), _ACTIONS_ENDPOINT),
        **dict.fromkeys(("data", "order", "body", "payload"), _NO_WRAPPER),
        **dict.fromkeys(
            ("name", "first_name", "last_name", "email", "phone", "mobile"),
            "who that is stands in customer or in receiver",
        ),
        "geo_coordinates": "it stands in ship_to",
        **dict.fromkeys(("ship_to.lat", "ship_to.lng"), "it stands in ship_to.geo_coordinates"),
        **dict.fromkeys(("shipping", "shipping_address"), "an address is sent in ship_to"),
        **dict.fromkeys(("ship_to.name", "ship_to.email", "ship_to.phone"), _RECEIVER),
        "tags": "tags are changed through the endpoints of Order Tags",
        "notes": "notes are written through the endpoints of Order Histories",
        "coupon": "did you mean coupon_code?",
        "payment.reference_id": "that is its name in Create Order: did you mean store_bank_id?",
        "customer.phone": "did you mean mobile?",
        "receiver.mobile": "did you mean phone?",
        **{
            f"{parent}.{key}": "did you mean name, which holds both?"
            for parent in ("customer", "receiver")
            for key in ("first_name", "last_name")
        },
        **dict.fromkeys(
            [f"ship_to.geo_coordinates.{key}" for key in ("lon", "long", "longitude")], "did you mean lng?"
        ),
        "ship_to.geo_coordinates.latitude": "did you mean lat?",
    },
    shapes=(
        Shape(
            "",
            frozenset({"success", "event", "reference_id", "amounts", "can_cancel", "payment_method", "source"}),
            "this looks like what the API answers or sends: an update holds only what is to change",
        ),
        Shape(
            "customer",
            frozenset({"mobile_code", "avatar", "gender", "urls", "birthday", "location", "full_name", "groups"}),
            "this is how the API shows a customer: an update sends name, mobile as text and email",
        ),
    ),
)
"""What people send here that belongs elsewhere or is called otherwise."""

_SOME_CUSTOMER: Final = 1
"""An order says that it has a customer, and not which."""

PAYLOAD: Final = Payload(
    places=(
        Place(
            attribute="status",
            path=("status", "slug"),
            kind=Status | str,
            left_out=None,
            empty=(Empty.NULL, Empty.ARRAY),
            unnamed=UNSET,
            expected="the order's status, an object with a slug",
            hints={
                "integer": "a number is the status of an answer, and of no order",
                "string": "if this is an order and the text a slug, build it: salla.Order(id=..., status=...)",
            },
        ),
        Place(attribute="draft", path=("draft",), kind=bool, left_out=False, empty=(Empty.NULL,), nothing=False),
        Place(
            attribute="customer",
            path=("customer",),
            left_out=UNSET,
            empty=tuple(Empty),
            nothing=CustomerKind.NONE,
            there=CustomerKind.REGISTERED,
            expected="the order's customer, an object",
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
)
"""Where an order and its facts stand in what the API answers and sends (assumptions S12, S15 and S16)."""


def to_payload(order: Order) -> dict[str, object]:
    """Write an order as the API answers it, as far as the rules read it; read again, it is the same order.

    No payload tells a guest from a registered customer (assumption S3), so ``read_order`` needs ``guest`` for that;
    what ``Policy.apply`` has written is not shown.

    Raises:
        TypeError: it is no order of this platform.
    """
    if type(order) is not Order:
        raise TypeError(f"expected an order of Salla, got a {type(order).__name__}")
    slug = {} if order.status is UNSET else {"slug": str(order.status)}
    customer: object = [] if order.customer is CustomerKind.NONE else {"id": _SOME_CUSTOMER}
    return {
        **({} if order.id is None else {"id": order.id}),
        "status": [] if order.status is None else slug,
        "draft": order.draft,
        **({} if order.customer is UNSET else {"customer": customer}),
    }


def _build_order(
    *,
    status: Status | str | Unset | None,
    draft: bool,
    customer: CustomerKind | Unset,
    guest: bool = False,
    **shown: Any,
) -> Order:
    """Build an order: a customer may be a guest, which no payload shows (S3), and a status may say *draft* (S10)."""
    if guest and customer is not CustomerKind.NONE:
        customer = CustomerKind.GUEST
    return Order(status=status, draft=draft or status == DRAFT_SLUG, customer=customer, **shown)


def error_body(status: int, code: str, message: str, **more: object) -> dict[str, object]:
    """Lay out an error as published in Create Order, Error handling."""
    return {"status": status, "success": False, "error": {"code": code, "message": message, **more}}


_UNPROCESSABLE: Final = 422


def _refusal(decision: Decision) -> dict[str, object]:
    return error_body(_UNPROCESSABLE, "update_refused", "; ".join(decision.messages))


def _unreadable(error: InvalidInput) -> dict[str, object]:
    """A body that cannot be read is answered with ``fields``, a refusal by rule without."""
    fields: dict[str, list[str]] = {}
    for problem in error.problems:
        fields.setdefault(problem.pointer.lstrip("/").replace("/", "."), []).append(problem.message)
    return error_body(_UNPROCESSABLE, "validation_failed", "the body cannot be read", fields=fields)


def _code_of(status: int, told: Mapping[str, object]) -> str | None:
    """Give the code of a refusal by rule; where fields are named, it is their values that are refused."""
    error = told.get("error")
    if status != _UNPROCESSABLE:
        return None
    if not isinstance(error, dict):
        return ""
    found = cast("dict[str, object]", error)
    return None if found.get("fields") else str(found.get("code", ""))


ENDPOINT: Final = Endpoint(
    policy=POLICY,
    make_policy=policy,
    choices=(
        Choice(
            keyword="pending",
            assumption="S1",
            about="what is *pending*, instead of payment_pending",
            answers={"family": PENDING_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="completed",
            assumption="S2",
            about="what is *completed*, instead of completed",
            answers={"family": COMPLETED_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="unknown_status",
            assumption="S4",
            about="what an unknown status does to the sections bound to a status",
            answers={"open": "open", "closed": "closed"},
        ),
        Choice(
            keyword="locked",
            assumption="S8",
            about="what closes receiver, shipping and coupon as well",
            answers={"family": CANCELED_FAMILY},
            members=Status,
        ),
        Choice(
            keyword="missing_customer",
            assumption="S15",
            about="what an order that does not show its customer does to the customer section",
            answers={"closed": "closed", "none": "none"},
        ),
    ),
    path="/orders/{order_id}",
    request_type=UpdateRequest,
    build_order=_build_order,
    hints=HINTS,
    payload=PAYLOAD,
    refusal=_refusal,
    refusal_status=_UNPROCESSABLE,
    unreadable=_unreadable,
    unreadable_status=_UNPROCESSABLE,
    code_of=_code_of,
    untold=(CUSTOMER,),  # Assumption S3: no answer tells a guest.
)
"""Where an order is updated, and how it is answered."""

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
    """Read a whole request: the id in its path (an integer, or its ASCII digits) and its body.

    Raises:
        InvalidInput: with every problem of both at once. The other arguments are those of ``read_patch``.
    """
    return cast("UpdateRequest", ENDPOINT.read_request(order_id, "", body, limits=limits, show_values=show_values))
