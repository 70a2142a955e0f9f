"""A client of httpx that holds back what the rules refuse: ``python examples/integrations/httpx_client.py``."""

from __future__ import annotations

import httpx
from loopback import shop

from orderrules import UpdateRefused, salla
from orderrules.integrations import Gate
from orderrules.integrations.httpx import GuardedTransport

# This caller reads *completed* as the whole family, so that a delivered order is closed (assumption S2).
ENDPOINT = salla.ENDPOINT.under(salla.policy(completed=salla.COMPLETED_FAMILY))

with shop() as address:
    gate = Gate(ENDPOINT, report=lambda report: print("reported:", report))
    with httpx.Client(base_url=address, transport=GuardedTransport(gate)) as client:
        try:
            client.put("/orders/1", json={"coupon_code": "RAMADAN24"})
        except UpdateRefused as refused:
            print("held back:", refused.decision.violations[0])
        # The order is in progress: the update is sent, and after it the order is known without asking again.
        print("sent:", client.put("/orders/2", json={"coupon_code": "RAMADAN24"}).status_code)
        print("sent:", client.put("/orders/2", json={"employees": [1764372001]}).status_code)
        # The refusal rests on S2, so the gate sends the update and reports the answer. refuse="any" would hold it back.
        print("sent:", client.put("/orders/3", json={"coupon_code": "RAMADAN24"}).status_code)
    print(gate.counts)
