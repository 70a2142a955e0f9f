"""A session that is answered 422 before the network: ``python examples/integrations/requests_client.py``."""

from __future__ import annotations

import requests
from loopback import shop

from orderrules import salla
from orderrules.integrations import Gate
from orderrules.integrations.requests import GuardedAdapter

with shop() as address, requests.Session() as session:
    gate = Gate(salla.ENDPOINT, respond=True)
    session.mount(address, GuardedAdapter(gate))
    for number in (1, 2):
        answer = session.put(f"{address}/orders/{number}", json={"coupon_code": "RAMADAN24"})
        by = answer.headers.get("x-held-back-by", "the platform")
        print(
            f"order {number}: {answer.status_code}, answered by {by}: {answer.json().get('error', {}).get('message')}"
        )
    print(gate.counts)
