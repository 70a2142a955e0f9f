"""Servers with one mistake each, and a state machine for them; no server uses the policy that judges it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from orderrules import Policy, awal, salla
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
]
RIGHT: Final[list[Callable[[], Fake[Any, Any]]]] = [FakeAwal, FakeSalla]


def machine(serve: Callable[[], Fake[Any, Any]]) -> type[OrderMachine]:
    """Return a state machine that sends updates to a server, and reads the orders stored in it."""
    shipped: Policy[Any, Any] = salla.POLICY if isinstance(serve(), FakeSalla) else awal.POLICY

    class Machine(OrderMachine):
        """Sends what would be sent over HTTP."""

        policy = shipped
        write_only: ClassVar[frozenset[str]] = frozenset()

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
