"""``orderrules fake`` serves a fake over HTTP, for test suites in any language."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.kit.command_line import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = [
    {"id": 7, "status": {"slug": "completed"}, "customer": {"id": 1}},
    {"id": 8, "status": {"slug": "in_progress"}, "customer": {"id": 1}, "guest": True},
]
NODE = """
const [base] = process.argv.slice(2);
const put = async (id, body) => {
  const answer = await fetch(`${base}/orders/${id}`, { method: "PUT", body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
};
const [refused, why] = await put(7, { coupon_code: "EID" });
const [allowed] = await put(8, { customer: { id: 3 } });
const [again] = await put(8, { customer: { id: 4 } });
await fetch(`${base}/_faults`, { method: "POST", body: JSON.stringify({ fault: "server error" }) });
const failed = (await fetch(`${base}/orders/7`)).status;
console.log(JSON.stringify([refused, why.error.code, allowed, again, failed]));
"""
PHP = """<?php
$base = $argv[1];
function ask($method, $url, $body) {
    $options = ['http' => ['method' => $method, 'content' => json_encode($body), 'ignore_errors' => true]];
    $text = file_get_contents($url, false, stream_context_create($options));
    preg_match('/ (\\d{3})/', $http_response_header[0], $found);
    return [(int) $found[1], json_decode($text, true)];
}
[$refused, $why] = ask('PUT', "$base/orders/7", ['coupon_code' => 'EID']);
[$allowed] = ask('PUT', "$base/orders/8", ['customer' => ['id' => 3]]);
[$again] = ask('PUT', "$base/orders/8", ['customer' => ['id' => 4]]);
ask('POST', "$base/_faults", ['fault' => 'server error']);
[$failed] = ask('GET', "$base/orders/7", null);
echo json_encode([$refused, $why['error']['code'], $allowed, $again, $failed]);
"""


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Run the command in another process, and yield its address."""
    command = [sys.executable, "-m", "orderrules", "fake", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve two of Salla's orders."""
    (tmp_path / "orders.json").write_text(json.dumps(ORDERS), encoding="utf-8")
    with served("--platform", "salla", "--orders", str(tmp_path / "orders.json")) as address:
        yield address


@pytest.mark.parametrize(("program", "name", "script"), [("node", "ask.mjs", NODE), ("php", "ask.php", PHP)])
def test_a_client_in_another_language_asks_it(
    address: str, tmp_path: Path, program: str, name: str, script: str
) -> None:
    """It refuses by the rules, remembers what was written, and fails when it is told to."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed on this machine")
    (tmp_path / name).write_text(script, encoding="utf-8")
    done = subprocess.run(
        [program, str(tmp_path / name), address], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [422, "update_refused", 200, 422, 500]


def test_its_orders_can_be_seen_and_added(address: str) -> None:
    """With the facts, the payload, and what was written; mistakes are answered with 400."""
    with httpx.Client(base_url=address) as client:
        client.put("/orders/7", json={"employees": [3]})
        listed: list[dict[str, Any]] = client.get("/_orders").json()["orders"]
        assert [order["id"] for order in listed] == [7, 8]
        assert listed[0]["facts"] == {"status": "completed", "draft": False, "customer": "registered"}
        assert listed[0]["written"] == {"employees": [3]}
        assert listed[1]["facts"]["customer"] == "guest"
        assert client.post("/_orders", json={"status": {"slug": "shipped"}}).json() == {"id": 9}
        for path, content in (
            ("/_orders", "{"),
            ("/_orders", "{}"),
            ("/_orders", json.dumps(ORDERS[0])),
            ("/_faults", "[]"),
            ("/_faults", '{"fault": "fire"}'),
            ("/_faults", '{"fault": "timeout", "times": 0}'),
            ("/_faults", '{"fault": "timeout", "method": "POST"}'),
            ("/_faults", '{"fault": "timeout", "more": 1}'),
        ):
            assert client.post(path, content=content).status_code == 400, content
        assert client.delete("/_orders").status_code == 405
        assert client.post("/_faults", json={"fault": "timeout", "method": "PUT", "times": 1}).status_code == 201
        assert client.get("/orders/7").status_code == 200
        assert client.put("/orders/7", json={}).status_code == 504


def test_without_a_file_there_is_an_order_in_each_status() -> None:
    """Under the assumptions that were chosen."""
    with served("--platform", "awal", "--skipping") as address, httpx.Client(base_url=address) as client:
        statuses = [order["facts"]["status"] for order in client.get("/_orders").json()["orders"]]
        assert statuses[:5] == ["pending", "accepted", "shipped", "delivered", "completed"]
        answer = client.put("/orders/1?phone_number_id=1", json={"status": "completed"})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "completed")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """With the place of each problem."""
    path = tmp_path / "orders.json"
    for content, message in (
        ("[", "expected a JSON array of orders"),
        (json.dumps([ORDERS[0], {"a": 1}]), "/1: is not an order"),
        (json.dumps([ORDERS[0], ORDERS[0]]), "order 1: expected an id that is a positive integer"),
    ):
        path.write_text(content, encoding="utf-8")
        result = run("fake", "--platform", "salla", "--orders", str(path), "--port", "0")
        assert result.exit_code == 2
        assert message in result.stderr
    assert "give --platform" in run("fake").stderr
