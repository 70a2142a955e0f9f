"""Servers with one mistake each, and a state machine for them; no server uses the policy that judges it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from orderrules import UNSET, Policy, awal, salla
from orderrules.testing import Answer, Fake, FakeAwal, FakeSalla, OrderMachine

if TYPE_CHECKING:
    from collections.abc import Callable


NO_DRAFTS: Final = salla.POLICY.without("SALLA-DRAFT-1")
PAYING: Final = salla.POLICY.without("SALLA-PAYMENT-1")
SKIPPING: Final = awal.policy(skipping=True)
RESETTING: Final = awal.policy(payment_default="reset")


class Skips(FakeAwal):
    """A server that lets an update skip a status."""

    def __init__(self) -> None:
        super().__init__(policy=SKIPPING)


class ForgetsTheDraft(FakeSalla):
    """A server that applies the rules to drafts as well."""

    def __init__(self) -> None:
        super().__init__(policy=NO_DRAFTS)


class AllowsPaymentAfterPending(FakeSalla):
    """A server that accepts payment details in every status."""

    def __init__(self) -> None:
        super().__init__(policy=PAYING)


class ComparesByName(FakeSalla):
    """A server that looks for *completed* in the name of the status, but the store has renamed it."""

    NAMES: Final = {"completed": "on its way to you"}

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Decide by the name instead of the slug."""
        number = int(path.rsplit("/", 1)[1])
        order = self.orders[number]
        named = order.replace(status=self.NAMES.get(str(order.status), order.status))
        self.orders[number] = named
        answer = super().handle(method, path, query, body)
        if self.orders[number].status == named.status:
            self.orders[number] = self.orders[number].replace(status=order.status)
        return answer


class DropsAField(FakeAwal):
    """A server that reports that it wrote the notes, but does not write them."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Leave the notes out."""
        try:
            sent = json.loads(body)
        except ValueError:
            return super().handle(method, path, query, body)
        kept = {key: value for key, value in sent.items() if key != "admin_notes" or type(value) is not str}
        return super().handle(method, path, query, json.dumps(kept))


class AppliesHalfOfARefusal(FakeSalla):
    """A server that refuses an update with a closed section, but writes the open sections."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Write the open sections."""
        answer = super().handle(method, path, query, body)
        number = int(path.rsplit("/", 1)[1])
        if answer.status == 422 and b"fields" not in answer.body:
            parts = self.policy.split(self.orders[number], salla.read_patch(body))
            self.orders[number] = self.policy.apply(self.orders[number], parts.allowed)
        return answer


class AnswersOk(FakeAwal):
    """A server that writes nothing of a refused update, but answers 200."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Answer 200 instead of 422."""
        answer = super().handle(method, path, query, body)
        return answer._replace(status=200) if answer.status == 422 else answer


class LosesAnUpdateUnderRetry(FakeAwal):
    """A server that takes a repeated body for a retry, and does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.handled: set[tuple[str, str]] = set()

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Answer a repeated body with 200, and write it only the first time."""
        key = path, str(body)
        if key in self.handled:
            return Answer(200, {}, b"{}")
        answer = super().handle(method, path, query, body)
        if answer.status == 200:
            self.handled.add(key)
        return answer


class ResetsPayment(FakeAwal):
    """A server that sets a missing payment status to unpaid."""

    def __init__(self) -> None:
        super().__init__(policy=RESETTING)


class LetsAGuestThroughTwice(FakeSalla):
    """A server that still takes the customer for a guest after another customer was written."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Write the customer, but keep the kind of customer."""
        number = int(path.rsplit("/", 1)[1])
        before = self.orders[number].customer
        answer = super().handle(method, path, query, body)
        if before is salla.CustomerKind.GUEST:
            self.orders[number] = self.orders[number].replace(customer=before)
        return answer


class Rewrites(FakeSalla):
    """A server that changes a body before it reads it."""

    def change(self, body: Any) -> Any:
        """Return the body that is read instead."""
        return body

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Read the changed body."""
        sent = json.loads(body)
        return super().handle(method, path, query, json.dumps(self.change(sent)) if isinstance(sent, dict) else body)


class StripsText(Rewrites):
    """A server that strips text."""

    def change(self, body: Any) -> Any:
        """Strip every text."""
        if isinstance(body, dict):
            return {key: self.change(value) for key, value in body.items()}
        return body.strip() if isinstance(body, str) else body


class TakesEmptyForAbsent(Rewrites):
    """A server that takes an empty text for an absent key."""

    def change(self, body: Any) -> Any:
        """Leave out empty texts."""
        return {key: value for key, value in body.items() if value != ""}


class DropsFalsyValues(Rewrites):
    """A server that drops falsy values, also in objects."""

    def change(self, body: Any) -> Any:
        """Leave out what is false, unless it cannot be read."""
        if not isinstance(body, dict):
            return body
        return {key: self.change(value) for key, value in body.items() if value or value is None or value == {}}


class DropsNestedCoordinates(Rewrites):
    """A server that drops the coordinates in an address."""

    def change(self, body: Any) -> Any:
        """Leave out the coordinates."""
        address = body.get("ship_to")
        if isinstance(address, dict) and isinstance(address.get("geo_coordinates"), dict):
            body["ship_to"] = {key: value for key, value in address.items() if key != "geo_coordinates"}
        return body


class CutsLongText(Rewrites):
    """A server that cuts texts of more than 255 characters."""

    def change(self, body: Any) -> Any:
        """Cut every text."""
        if isinstance(body, dict):
            return {key: self.change(value) for key, value in body.items()}
        return body[:255] if isinstance(body, str) else body


class FailsOnNoEmployees(FakeSalla):
    """A server that fails on an empty list of employees."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Answer 500."""
        answer = super().handle(method, path, query, body)
        return answer._replace(status=500) if b'"employees": []' in body_bytes(body) else answer


def body_bytes(body: bytes | str) -> bytes:
    """Return a body as bytes."""
    return body.encode() if isinstance(body, str) else body


class Pretends(FakeSalla):
    """A server that decides as if an order had another status."""

    def pretended(self, order: salla.Order, body: dict[str, Any]) -> Any:
        """Return the status by which it decides."""
        del body
        return order.status

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Decide by the other status, and keep the real one."""
        number = int(path.rsplit("/", 1)[1])
        real = self.orders[number].status
        self.orders[number] = self.orders[number].replace(status=self.pretended(self.orders[number], json.loads(body)))
        try:
            return super().handle(method, path, query, body)
        finally:
            self.orders[number] = self.orders[number].replace(status=real)


class IgnoresCase(Pretends):
    """A server that compares a status without regard to case."""

    def pretended(self, order: salla.Order, body: dict[str, Any]) -> Any:
        """Return the status in lower case."""
        del body
        return order.status.lower() if isinstance(order.status, str) else order.status


class DeliveredIsCompletedForCoupons(Pretends):
    """A server that treats delivered as completed, for coupons alone."""

    def pretended(self, order: salla.Order, body: dict[str, Any]) -> Any:
        """Return completed for delivered."""
        return "completed" if order.status == "delivered" and "coupon_code" in body else order.status


class OpensAGuestsReceiver(Pretends):
    """A server that leaves the receiver open on the completed order of a guest."""

    def pretended(self, order: salla.Order, body: dict[str, Any]) -> Any:
        """Return an open status."""
        is_guests = order.customer is salla.CustomerKind.GUEST and order.status == "completed"
        return "in_progress" if is_guests and list(body) == ["receiver"] else order.status


class AcceptsChoicesInAnyCase(FakeAwal):
    """A server that accepts a choice in any case."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Read the payment status in lower case."""
        sent = json.loads(body)
        if isinstance(sent.get("payment_status"), str):
            sent["payment_status"] = sent["payment_status"].lower()
        return super().handle(method, path, query, json.dumps(sent))


class SkipsIfPaid(FakeAwal):
    """A server that lets an update skip a status if it also pays."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Decide by other rules if the update pays."""
        self.policy = SKIPPING if b'"paid"' in body_bytes(body) else awal.POLICY
        return super().handle(method, path, query, body)


class RoundsNumbers(Rewrites):
    """A server that stores numbers as integers."""

    def change(self, body: Any) -> Any:
        """Round every number."""
        if isinstance(body, dict):
            return {key: self.change(value) for key, value in body.items()}
        return int(body) if isinstance(body, float) else body


class RoundsToCents(Rewrites):
    """A server that rounds numbers to two decimals."""

    def change(self, body: Any) -> Any:
        """Round every number."""
        if isinstance(body, dict):
            return {key: self.change(value) for key, value in body.items()}
        return round(body, 2) if isinstance(body, float) else body


class IgnoresNestedKeys(Rewrites):
    """A server that ignores a key in an object that it does not know."""

    def change(self, body: Any) -> Any:
        """Leave the key out."""

        def known(value: Any) -> Any:
            return (
                {key: inner for key, inner in value.items() if key != "no_such_key"}
                if isinstance(value, dict)
                else value
            )

        return {key: known(value) for key, value in body.items()}


class TakesTrueForOne(Rewrites):
    """A server that takes true for the integer 1."""

    def change(self, body: Any) -> Any:
        """Change what an id is."""
        return {key: 1 if value is True and key.endswith("_id") else value for key, value in body.items()}


class StripsZeros(FakeAwal):
    """A server that stores the id of a branch as a number."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Strip the zeros."""
        sent = json.loads(body)
        if isinstance(sent.get("branch_id"), str) and sent["branch_id"].isdigit():
            sent["branch_id"] = str(int(sent["branch_id"]))
        return super().handle(method, path, query, json.dumps(sent))


class LooksAtTheFirstKey(FakeSalla):
    """A server that checks nothing if the employees come first."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Treat the order as a draft then."""
        number = int(path.rsplit("/", 1)[1])
        order = self.orders[number]
        if next(iter(json.loads(body)), "") != "employees":
            return super().handle(method, path, query, body)
        self.orders[number] = order.replace(draft=True)
        answer = super().handle(method, path, query, body)
        self.orders[number] = self.orders[number].replace(draft=order.draft)
        return answer


class WipesByAnEmptyObject(FakeSalla):
    """A server that takes an empty address for the wish to have none."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Forget the address."""
        answer = super().handle(method, path, query, body)
        number = int(path.rsplit("/", 1)[1])
        written = self.orders[number].written
        if answer.status == 200 and json.loads(body).get("ship_to") == {} and isinstance(written, salla.Patch):
            self.orders[number] = self.orders[number].replace(written=written.replace(ship_to=UNSET))
        return answer


class ForbidsEarlyDelivery(FakeAwal):
    """A server that refuses a delivery before the shipping, which no page forbids."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Answer:
        """Compare the two dates of a body."""
        sent = json.loads(body)
        dates = [sent.get(key) for key in ("shipping_date", "delivery_date")]
        if all(isinstance(each, str) for each in dates) and dates[1] < dates[0]:
            return Answer(422, {}, b"{}")
        return super().handle(method, path, query, body)


WRONG: Final[list[Callable[[], Fake[Any, Any]]]] = [
    Skips,
    ForgetsTheDraft,
    AllowsPaymentAfterPending,
    ComparesByName,
    DropsAField,
    AppliesHalfOfARefusal,
    AnswersOk,
    LosesAnUpdateUnderRetry,
    ResetsPayment,
    LetsAGuestThroughTwice,
    StripsText,
    TakesEmptyForAbsent,
    DropsFalsyValues,
    DropsNestedCoordinates,
    CutsLongText,
    FailsOnNoEmployees,
    IgnoresCase,
    DeliveredIsCompletedForCoupons,
    OpensAGuestsReceiver,
    AcceptsChoicesInAnyCase,
    SkipsIfPaid,
    RoundsNumbers,
    RoundsToCents,
    IgnoresNestedKeys,
    TakesTrueForOne,
    StripsZeros,
    LooksAtTheFirstKey,
    WipesByAnEmptyObject,
    ForbidsEarlyDelivery,
]
RIGHT: Final[list[Callable[[], Fake[Any, Any]]]] = [FakeAwal, FakeSalla]


def machine(serve: Callable[[], Fake[Any, Any]]) -> type[OrderMachine]:
    """Return a state machine that sends updates to a server, and reads the orders stored in it."""
    shipped: Policy[Any, Any] = salla.POLICY if isinstance(serve(), FakeSalla) else awal.POLICY

    class Machine(OrderMachine):
        """Sends what would be sent over HTTP."""

        policy = shipped
        walk_seconds = 60.0

        def __init__(self) -> None:
            super().__init__()
            self.server = serve()
            self.requests = 0

        def create_order(self, order: Any) -> int:
            return self.server.add(order)

        def send_update(self, handle: Any, body: dict[str, object]) -> int:
            self.requests += 1
            query = {"phone_number_id": "1"} if shipped.name == "awal" else {}
            return self.server.handle("PUT", f"/orders/{handle}", query, json.dumps(body)).status

        def read_order(self, handle: Any) -> Any:
            return self.server.orders[handle]

    return Machine
