"""A client of httpx that holds back what the rules refuse: ``python examples/integrations/httpx_client.py``."""

from __future__ import annotations

import attrs
import httpx
from loopback import shop

from orderrules import UpdateRefused, salla
from orderrules.integrations import Gate
from orderrules.integrations.httpx import GuardedTransport

# This caller reads *completed* as the whole family, so that a delivered order is closed (assumption S2).
STRICT = attrs.evolve(salla.ENDPOINT, policy=salla.policy(completed=salla.COMPLETED_FAMILY))

with shop() as address:
    gate = Gate(STRICT, report=lambda report: print("reported:", report))
    with httpx.Client(base_url=address, transport=GuardedTransport(gate)) as client:
        try:
            client.put("/orders/1", json={"coupon_code": "RAMADAN24"})
        except UpdateRefused as refused:
            print("held back:", refused.decision.violations[0])
        # The order is in progress: the update is sent, and after it the order is known without asking again.
        print("sent:", client.put("/orders/2", json={"coupon_code": "RAMADAN24"}).status_code)
        print("sent:", client.put("/orders/2", json={"employees": [1764372001]}).status_code)
        # The refusal of this one rests on an assumption: it is sent, and what the platform makes of it is reported.
        print("sent:", client.put("/orders/3", json={"coupon_code": "RAMADAN24"}).status_code)
    print(gate.counts)
