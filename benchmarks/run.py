"""Measures orderrules against its alternatives, and prints the ratios: ``make bench``.

Everything is first compared with the shipped policy, on every question about a status, a draft, a customer and some
sections; then it is timed in turn, in this process. ``make ratios`` writes the results to
``benchmarks/results.json``, from which ``make tables`` makes the tables in the documentation.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import itertools
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast
from unittest import mock

import attrs
import cattrs.preconf.json
import pydantic
import rich.console
import rich.progress
import rich.table
from asking import asking
from auditing import HEADS as AUDITING_HEADS
from auditing import auditing
from engines import engines
from ifs import PlainOrder, PlainPatch, PlainReceiver, by_ifs
from measure import Row, Statement, ratio, row, summarize, time_of
from of_pydantic import Order, Patch, by_ifs_of_none
from peers import MACHINE_PEERS, POLICY_PEERS, Facts, Peer, awal_questions, salla_questions, verify

from orderrules import InvalidInput, awal, can_update, salla
from orderrules.reading import bodies
from orderrules.reading import code_generation as generated
from orderrules.reading import msgspec_reader as structs
from tests.kit.samples import PAGE_SAMPLES

RESULTS = Path(__file__).with_name("results.json")
ON_3_13 = RESULTS.with_name("results-3.13.json")
"""The results on CPython 3.13, of some parts."""
IFS = "the ifs by hand, a bare bool"
PYDANTIC = "pydantic, strict, nothing extra, and the ifs"
CATTRS = "cattrs with detailed validation, nothing extra, and the ifs"
RECEIVER = salla.Receiver(name="Noura")
REGISTERED = salla.Order(status="under_review", customer=salla.CustomerKind.REGISTERED)
COMPLETED = salla.Order(status="completed", customer=salla.CustomerKind.NONE)
BODIES = {
    "a full body": json.dumps({key: value for body in PAGE_SAMPLES.values() for key, value in body.items()}).encode(),
    **{f"one section, {section}": json.dumps(body).encode() for section, body in PAGE_SAMPLES.items()},
}
EXAMPLES = Path(__file__).parent.parent / "examples" / "salla"
FULL = json.loads(BODIES["a full body"])
OTHER_BODIES = {
    "a full body, an address in it": json.dumps({**FULL, "delivery_method": "https://shop.example/way"}).encode(),
    "a full body, a time in a text": json.dumps({**FULL, "delivery_method": "from 12:30"}).encode(),
    "a full body, Arabic and indented": (EXAMPLES / "update-everything.json").read_bytes(),
}
LARGE = json.dumps({"employees": list(range(1_000_000, 1_003_000))}).encode()
SMALL_ORDER: dict[str, Any] = {"status": {"slug": "completed"}, "draft": False, "customer": {"id": 1}}


def order_of(size: int) -> dict[str, Any]:
    """Return an order with Arabic texts, of about so many bytes in compact JSON."""
    order = json.loads((EXAMPLES / "order-completed.json").read_bytes())["data"]
    item = {"name": "قميص قطني أبيض", "sku": "SKU-1", "price": {"amount": 100.5, "currency": "SAR"}, "options": []}
    link = "https://cdn.shop.example/images/{}.png"
    count = 0
    order["items"] = []
    while len(json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode()) < size:
        count += 1
        order["items"].append({"id": count, **item, "thumbnail": link.format(count), "notes": "توصيل بعد العصر"})
    return cast("dict[str, Any]", order)


def documents_of(order: dict[str, Any]) -> dict[str, bytes]:
    """Return an order as JSON: compact, indented, and escaped as PHP writes it."""
    return {
        "compact": json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode(),
        "indented": json.dumps(order, ensure_ascii=False, indent=4).encode(),
        "escaped": json.dumps(order, separators=(",", ":")).replace("/", "\\/").encode(),
    }


SIZES = {"2 kB": 2000, "8 kB": 8000, "40 kB": 40_000}
LARGE_GOALS = {("a full body, a time in a text", "with fast"): 1.3, ("three thousand employees", "with fast"): 1.3}
REACHES = {"standard json": {"three keys": 3.0, "8 kB": 8.0}, "with fast": {"three keys": 1.6, "8 kB": 3.0}}
UNREADABLE: dict[str, Any] = {
    "one problem": {"customer": {"id": "x"}},
    "one problem, null": {"branch_id": None},
    "one problem, an undocumented key": {"colour": 1},
    "one problem, in a list": {"employees": [1, 2, "3"]},
    "one problem, in a deep object": {"payment": {"cash_on_delivery": {"currency": 1}}},
    "five problems": {"customer": {"id": "x", "nme": "a"}, "branch_id": None, "employees": [1, "2"], "foo": 1},
}


def deciding() -> Iterator[Row]:
    """Measure one decision about existing objects."""
    questions = {
        "allowed": (REGISTERED, salla.Patch(receiver=RECEIVER, coupon_code="RAMADAN24"), 0.75),
        "refused": (COMPLETED, salla.Patch(coupon_code="RAMADAN24"), 0.65),
    }
    for answer, (order, patch, reach) in questions.items():
        names = {"order": order, "patch": patch}
        theirs = ("by_ifs(order, patch)", {"by_ifs": by_ifs, **names})
        ways: list[tuple[str, str, dict[str, Any], float | None]] = [
            ("POLICY.can_update", "POLICY.can_update(order, patch)", {"POLICY": salla.POLICY}, reach),
            ("the same, bound once", "can(order, patch)", {"can": salla.POLICY.can_update}, None),
            ("can_update", "can_update(order, patch)", {"can_update": can_update}, None),
        ]
        for what, text, more, bound in ways:
            yield row(f"{what}, {answer}", (text, {**names, **more}), IFS, theirs, bound)


def building() -> Iterator[Row]:
    """Measure building objects, and one decision."""
    given = {"by_ifs": by_ifs, "order": COMPLETED, "PlainPatch": PlainPatch, "PlainReceiver": PlainReceiver}
    own = {"can": salla.POLICY.can_update, "order": COMPLETED, "Patch": salla.Patch, "Receiver": salla.Receiver}
    against = "frozen attrs objects, unchecked, and the ifs"
    shapes = {
        "a patch of two keys": "{P}(courier_id=1723506348, coupon_code='RAMADAN24')",
        "a patch with a receiver in it": "{P}(receiver={R}(name='Noura', phone='555'), coupon_code='RAMADAN24')",
    }
    for what, text in shapes.items():
        yield row(
            f"build {what}, and decide",
            (f"can(order, {text.format(P='Patch', R='Receiver')})", own),
            against,
            (f"by_ifs(order, {text.format(P='PlainPatch', R='PlainReceiver')})", given),
            1.4,
        )
    read = generated.reader(salla.Patch, generated.Source.DOCUMENT)
    yield row(
        "an order built, a patch made of a parsed body of two keys, and decide",
        (
            "can(Order(id=1, status=status, customer=kind), read(found, 0)[0])",
            {
                **own,
                "Order": salla.Order,
                "status": salla.Status.COMPLETED,
                "kind": salla.CustomerKind.NONE,
                "read": read,
                "found": {"courier_id": 1723506348, "coupon_code": "RAMADAN24"},
            },
        ),
        against,
        (
            "by_ifs(PlainOrder(id=1, status=status), PlainPatch(courier_id=1723506348, coupon_code='RAMADAN24'))",
            {**given, "PlainOrder": PlainOrder, "status": salla.Status.COMPLETED},
        ),
        1.0,
    )


def asking_others() -> Iterator[Row]:
    """Put the same question to other tools."""
    questions, steps = salla_questions(), awal_questions()
    made = [(make(), questions, salla.POLICY) for make in POLICY_PEERS]
    machines: list[tuple[Peer, list[Any], Any]] = [(make(), steps, awal.POLICY) for make in MACHINE_PEERS]
    for peer, asked, policy in rich.progress.track([*made, *machines], "comparing the peers with the policies"):
        verify(peer, asked, policy)
        # Salla: an update that is refused in two of three sections, and an allowed one. Awal: a step of each kind.
        examples: list[tuple[Facts, Any, Any]] = [
            next(question for question in asked if question[0] in wanted) for wanted in (_REFUSED, _ALLOWED)
        ]
        for (facts, order, patch), answer in zip(examples, ("refused", "allowed"), strict=True):
            mine = ("can(order, patch)", {"can": policy.can_update, "order": order, "patch": patch})
            question = peer.prepare(facts)
            bare: Statement = ("ask(question)", {"ask": peer.allows, "question": question})
            yield row(f"a bare bool, {answer}", mine, peer.name, bare, 1 / 4)
            if peer.closed is not None:
                why: Statement = ("ask(question)", {"ask": peer.closed, "question": question})
                yield row(f"which sections, {answer}", mine, peer.name, why, 1 / 50)


_REFUSED = (
    {
        "status": "completed",
        "draft": False,
        "customer": "registered",
        "sections": ["customer", "shipping", "employees"],
    },
    {"status": "pending", "asked": "delivered"},
)
_ALLOWED = (
    {"status": "under_review", "draft": False, "customer": "guest", "sections": ["customer", "shipping", "employees"]},
    {"status": "shipped", "asked": "delivered"},
)


def attrs_of(model: type[pydantic.BaseModel]) -> type:
    """Return an attrs class like a pydantic model, for cattrs."""
    fields = {
        name: attrs.field(default=None, type=_of_attrs(field.annotation)) for name, field in model.model_fields.items()
    }
    return attrs.make_class(model.__name__, fields, frozen=True, kw_only=True)


@functools.cache
def _of_attrs(annotation: Any) -> Any:
    model = annotation if hasattr(annotation, "model_fields") else None
    return (attrs_of(model) if model else annotation) | None


def reading() -> Iterator[Row]:
    """Measure from the bytes of a body to a decision."""
    converter = cattrs.preconf.json.make_converter(forbid_extra_keys=True, detailed_validation=True)
    attrs_patch = attrs_of(Patch)
    routes = {
        "standard json": (bodies._make_document_reader(salla.Patch), 1.55, 1.25),
        "with fast": (structs.take(salla.Patch), 1.0, 1.0),
    }
    own = {"can": salla.POLICY.can_update, "read": salla.read_patch, "order": COMPLETED}
    for what, body in {**BODIES, **OTHER_BODIES, "three thousand employees": LARGE}.items():
        by_pydantic: Statement = (
            "by_ifs(order, read(body))",
            {"by_ifs": by_ifs_of_none, "read": Patch.model_validate_json, "order": COMPLETED, "body": body},
        )
        by_cattrs: Statement = (
            "by_ifs(order, loads(body, Patch))",
            {
                "by_ifs": by_ifs_of_none,
                "loads": converter.loads,
                "Patch": attrs_patch,
                "order": COMPLETED,
                "body": body,
            },
        )
        for order in (REGISTERED, COMPLETED, salla.Order(status="payment_pending", customer=salla.CustomerKind.NONE)):
            answer = salla.POLICY.can_update(order, salla.read_patch(body)).allowed
            assert answer is by_ifs_of_none(order, Patch.model_validate_json(body))
            assert answer is by_ifs_of_none(order, converter.loads(body, attrs_patch))
        for route, (take, full, one) in routes.items():
            bodies._DOCUMENT_READERS[salla.Patch] = take
            mine: Statement = ("can(order, read(body))", {**own, "body": body})
            reach = full if what == "a full body" else one if what in BODIES else LARGE_GOALS.get((what, route))
            yield row(f"{what}, {route}", mine, PYDANTIC, by_pydantic, reach)
            if what in BODIES:
                yield row(f"{what}, {route}", mine, CATTRS, by_cattrs, 1 / 2.2)
    bodies._DOCUMENT_READERS.clear()


def reading_orders() -> Iterator[Row]:
    """Measure reading an order, and from the bytes of an order and a body to a decision."""
    against = "pydantic, what the rules need, the rest ignored"
    orders = {"three keys": SMALL_ORDER, **{size: order_of(count) for size, count in SIZES.items()}}
    for what, order in orders.items():
        own = {"read": salla.read_order, "order": order}
        other = {"read": Order.model_validate, "order": order}
        yield row(f"an order of {what}, a dict", ("read(order)", own), against, ("read(order)", other), 1.3)
    body = BODIES["a full body"]
    for route in ("standard json", "with fast"):
        hidden: dict[str, Any] = {} if route == "with fast" else {"orderrules.reading.msgspec_reader": None}
        with mock.patch.dict(sys.modules, hidden):
            endpoint = attrs.evolve(salla.ENDPOINT, payload=attrs.evolve(salla.PAYLOAD))  # With a reader of its own.
            endpoint.read_order({"draft": True})
        for what, order in orders.items():
            for form, document in documents_of(order).items():
                own = {"read": endpoint.read_order, "order": document}
                other = {"read": Order.model_validate_json, "order": document}
                yield row(
                    f"an order of {what}, {form}, {route}", ("read(order)", own), against, ("read(order)", other),
                    REACHES[route].get(what),
                )  # fmt: skip
    order = documents_of(orders["8 kB"])["compact"]
    own = {"read": salla.read_order, "patch": salla.read_patch, "can": salla.POLICY.can_update}
    other = {"read": Order.model_validate_json, "patch": Patch.model_validate_json, "by_ifs": by_ifs_of_none}
    yield row(
        "an order of 8 kB and a full body, and decide, with fast",
        ("can(read(order), patch(body))", {**own, "order": order, "body": body}),
        f"{against}, and the ifs",
        ("by_ifs(read(order), patch(body))", {**other, "order": order, "body": body}),
    )


def problems_of(body: bytes) -> Any:
    """Return every problem of a body."""
    try:
        return salla.read_patch(body)
    except InvalidInput as error:
        return error.problems


def errors_of(body: bytes) -> Any:
    """Return every error of a body."""
    try:
        return Patch.model_validate_json(body)
    except pydantic.ValidationError as error:
        return error.errors()


def refusing_to_read() -> Iterator[Row]:
    """Measure from the bytes of an unreadable body to every problem with its place."""
    for what, content in UNREADABLE.items():
        body = json.dumps(content).encode()
        assert len(problems_of(body)) == len(errors_of(body))
        yield row(
            what,
            ("tell(body)", {"tell": problems_of, "body": body}),
            "pydantic's errors()",
            ("tell(body)", {"tell": errors_of, "body": body}),
            3.0,
        )


PROCESSES = 31
STARTS = {
    "attrs": "import attrs",
    "orderrules": "import orderrules",
    "salla": "from orderrules import can_update, salla",
    "decision": """
from orderrules import salla
order = salla.read_order(b'{"status": {"slug": "completed"}, "draft": false, "customer": {"id": 1}}')
salla.POLICY.can_update(order, salla.read_patch(BODY))
""",
    "pydantic": """
import sys
sys.path.insert(0, PLACE)
from of_pydantic import by_ifs_of_none, Order, Patch
order = Order.model_validate_json(b'{"status": {"slug": "completed"}, "draft": false, "customer": {"id": 1}}')
by_ifs_of_none(order, Patch.model_validate_json(BODY))
""",
}


def starting() -> Iterator[Row]:
    """Measure whole processes, less the time of an empty one."""
    body, place = BODIES["a full body"], str(Path(__file__).parent)
    texts = {name: text.replace("BODY", repr(body)).replace("PLACE", repr(place)) for name, text in STARTS.items()}
    taken: dict[str, list[float]] = {name: [] for name in ("nothing", *texts)}
    with tempfile.TemporaryDirectory() as away:
        # Modules are compiled only once, as after an installation.
        here = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        for turn in rich.progress.track(range(1 + PROCESSES), "starting processes"):
            for name, times in taken.items():
                start = time.perf_counter_ns()
                subprocess.run(  # noqa: S603 - this Python and our own text.
                    [sys.executable, "-c", texts.get(name, "pass")],
                    check=True,
                    cwd=away,
                    env={**here, "PYTHONPYCACHEPREFIX": away},
                )
                if turn:
                    times.append(time.perf_counter_ns() - start)
    net = {
        name: [one - nothing for one, nothing in zip(times, taken["nothing"], strict=True)]
        for name, times in taken.items()
    }
    yield summarize("import orderrules", "import attrs", net["orderrules"], net["attrs"], 1.3)
    yield summarize("from orderrules import can_update, salla", "import attrs", net["salla"], net["attrs"], 1.3)
    yield summarize(
        "from cold to the first decision of bytes", "the same with pydantic", net["decision"], net["pydantic"], 0.5
    )


def many(count: int) -> Iterator[Row]:
    """Measure one patch against a million orders."""
    rng = random.Random(7)  # noqa: S311 - not used for security.
    kinds = [
        {"status": status, "draft": draft, "customer": customer}
        for status, draft, customer in itertools.product(salla.Status, (False, False, False, True), salla.CustomerKind)
    ]
    orders = [salla.Order(id=number, **rng.choice(kinds)) for number in range(count)]  # type: ignore[arg-type]
    patch = salla.Patch(courier_id=1)
    bare = [bool(decision) for decision in salla.POLICY.decide_many(orders, patch)]
    assert bare == [by_ifs(order, patch) for order in orders]
    names = {"orders": orders, "patch": patch}
    own = {**names, "POLICY": salla.POLICY, "indices": salla.POLICY.indices(orders)}
    yield row(
        "decide_many, of objects", ("POLICY.decide_many(orders, patch)", own), "a loop over the ifs",
        ("[by_ifs(order, patch) for order in orders]", {**names, "by_ifs": by_ifs}), 1 / 4.5,
    )  # fmt: skip
    yield row(
        "indices, of objects", ("POLICY.indices(orders)", own), "a loop over the ifs",
        ("[by_ifs(order, patch) for order in orders]", {**names, "by_ifs": by_ifs}), None,
    )  # fmt: skip


def weight() -> float:
    """Return the KiB of a policy with all its decisions."""
    tracemalloc.start()
    policy = salla.policy()
    statuses = (*salla.Status, salla.DRAFT_SLUG, "seen by none")
    for status, draft, customer in itertools.product(statuses, (False, True), salla.CustomerKind):
        policy.can_update(salla.Order(status=status, draft=draft, customer=customer), salla.Patch())
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1024


PARTS: dict[str, Callable[[], Iterator[Row]]] = {
    "deciding": deciding,
    "building": building,
    "reading": reading,
    "orders": reading_orders,
    "refusing": refusing_to_read,
    "starting": starting,
    "many": functools.partial(many, 1_000_000),
    "others": asking_others,
    "asking": asking,
    "engines": engines,
}
AUDITING = "auditing"


def main() -> None:
    """Measure the requested parts, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*PARTS, AUDITING]
    parser.add_argument("parts", nargs="*", help=f"the parts to measure, by default all of them: {', '.join(names)}")
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"write the results to {RESULTS.name} or, on CPython 3.13, to {ON_3_13.name}",
    )
    options = parser.parse_args()
    if unknown := set(options.parts).difference(names):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}; the parts are {', '.join(names)}")
    console = rich.console.Console()
    path = ON_3_13 if sys.version_info[:2] == (3, 13) else RESULTS
    results = json.loads(path.read_text()) if path.exists() else {"parts": {}}
    results["heads"] = HEADS
    for part in options.parts or names:
        if part == AUDITING:
            lines = auditing()
            results["tables"] = {AUDITING: {"heads": AUDITING_HEADS, "cells": lines}}
            console.print(_make_table(part, AUDITING_HEADS, lines))
            continue
        rows = list(PARTS[part]())
        results["parts"][part] = [{**attrs.asdict(each), "cells": cells(each)} for each in rows]
        console.print(_make_table_of_rows(part, rows))
    results["kib"] = round(weight())
    console.print(f"Salla's policy with all its decisions: {results['kib']} KiB")
    if options.write:
        results["machine"] = _machine()
        path.write_text(json.dumps(results, indent=1) + "\n")


def _machine() -> dict[str, Any]:
    names = (
        "attrs",
        "cattrs",
        "pydantic",
        "msgspec",
        "polars",
        "pandas",
        "duckdb",
        "pyarrow",
        "pyspark",
        "narwhals",
        *(make().name for make in (*POLICY_PEERS, *MACHINE_PEERS)),
    )
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: importlib.metadata.version(name) for name in dict.fromkeys(names)},
    }


HEADS = ("what", "against", "ratio", "quartiles", "ours", "theirs", "goal")


def cells(each: Row) -> list[str]:
    """Return a row as the cells of a table."""
    goal = "" if each.reach is None else f"{ratio(each.reach)}{', missed' if each.ratio > each.reach else ''}"
    spread = f"{ratio(each.low)} to {ratio(each.high)}"
    return [each.what, each.against, ratio(each.ratio), spread, time_of(each.nanoseconds), time_of(each.theirs), goal]


def _make_table_of_rows(title: str, rows: list[Row]) -> rich.table.Table:
    return _make_table(title, HEADS, map(cells, rows))


def _make_table(title: str, heads: Iterable[str], rows: Iterable[list[str]]) -> rich.table.Table:
    table = rich.table.Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, justify="left" if head in {"what", "against", "file"} else "right")
    for each in rows:
        table.add_row(*each)
    return table


if __name__ == "__main__":
    main()
