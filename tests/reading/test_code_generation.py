"""Generated readers and initializers give the same answers as the careful way, and are really used."""

from __future__ import annotations

import functools
import inspect
import json
import threading
from datetime import date  # noqa: TC003 - annotations of models are read at run time.
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderrules import UNSET, Code, Fact, InvalidInput, Limits, Unset, awal, salla
from orderrules.authoring import Model, PatchBase, read_body
from orderrules.reading import bodies, models
from orderrules.reading import code_generation as generated
from orderrules.reading.code_generation import Source
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.models import field, model
from tests.kit import strategies
from tests.kit.samples import PAGE_SAMPLES
from tests.kit.ways_to_read import ROUTES, outcome, repr_of, taking

if TYPE_CHECKING:
    from collections.abc import Callable

BODIES: Final[list[tuple[Callable[[Any], object], type[Any], Any]]] = [
    *((salla.read_patch, salla.Patch, body) for body in PAGE_SAMPLES.values()),
    (salla.read_patch, salla.Patch, {}),
    (salla.read_patch, salla.Patch, {"payment": {"receipt_image_path": "https://shop.example/a.jpg?at=12:30"}}),
    (salla.read_patch, salla.Patch, {"receiver": {"name": "نورة", "phone": "٥"}}),
    (salla.read_patch, salla.Patch, {"ship_to": {"geo_coordinates": {"lat": 46, "lng": -46.5e-3}}}),
    (awal.read_patch, awal.Patch, {"status": "shipped", "shipping_date": "2024-02-29", "admin_notes": "a: b"}),
    (awal.read_patch, awal.Patch, {"payment_status": "paid", "branch_id": ""}),
]
MODELS: Final = (
    salla.Order,
    salla.Patch,
    salla.Receiver,
    salla.ShipTo,
    salla.Payment,
    salla.UpdateRequest,
    awal.Order,
    awal.Patch,
    awal.UpdateRequest,
)


@model
class Leaf(Model):
    """A model with types of fields that no shipped platform has."""

    name: str
    sizes: tuple[int, ...] | Unset = UNSET
    shares: tuple[float, ...] | Unset = UNSET
    days: tuple[awal.Status, ...] | Unset = UNSET
    number: int | str | Unset | None = UNSET


@model
class Branch(Model):
    """A model of models."""

    leaves: tuple[Leaf, ...] | Unset = UNSET
    first: Leaf | Unset = UNSET


@model
class Tree(Model):
    """A recursive model, for which no quick reader is generated."""

    below: Tree | Unset = UNSET
    name: str | Unset = UNSET


@pytest.mark.parametrize("route", ["standard", "fast"])
@pytest.mark.parametrize(("read", "model", "body"), BODIES)
def test_a_valid_body_is_read_by_the_quick_way(
    read: Callable[[Any], object], model: type[Any], body: dict[str, object], route: str
) -> None:
    """Bytes, strings and dicts, with blanks and escapes, give the object that the careful way gives."""
    documents = [json.dumps(body), json.dumps(body, indent=1, ensure_ascii=False), json.dumps(body) + " \n"]
    with taking("careful"):
        expected = outcome(read, body)
    with taking(route):
        for input_ in (body, *documents, *(document.encode() for document in documents)):
            result = bodies.read_quickly(model, input_, UPDATE_LIMITS)
            assert result is not None
            assert repr_of(result) == expected == outcome(read, input_)


TOKENS: Final = (
    *'{}[]:,"\\ \n\0é\ufeff\udc80',
    *("null", "true", "7", "-0", "1.0", "1e2", "1e400", "NaN", "-Infinity", '"x"', '"\\u0000"', '"\\ud800"'),
    *("9" * 20, "9" * 40, "9" * 101, "0." + "1" * 40, "0." + "1" * 101, '"://"', '":"', '"a":1,', '"a" : 1,'),
    *('"branch_id":1,', '"coupon_code":"x",', '"coupon_code" :"x",', '"name":"a://b",', '"status":"pending",'),
)


@given(
    st.sampled_from(BODIES),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(TOKENS)), max_size=3),
)
@example(BODIES[0], [(1, 0, '"coupon_code":"x",'), (1, 0, '"coupon_code" :"x",')])
@example(BODIES[4], [(17, 0, "\udc80")])
@example(BODIES[4], [(17, 1, "\ud800")])
@example(BODIES[7], [(1, 0, '"branch_id":1,'), (1, 0, '"branch_id" :2,')])
def test_every_way_of_reading_gives_the_same_answer(
    body: tuple[Callable[[Any], object], type[Any], Any], changes: list[tuple[int, int, str]]
) -> None:
    """A document with any change gives the same object, to the last digit, or the same problems."""
    read, _, content = body
    document = json.dumps(content)
    for place, removed, token in changes:
        at = place % (len(document) + 1)
        document = document[:at] + token + document[at + removed :]
    documents: list[Any] = [document]
    if not any("\ud800" <= character <= "\udfff" for character in document):
        documents.append(document.encode())
    for each in documents:
        answers = []
        for route in ROUTES:
            with taking(route):
                answers.append(outcome(read, each))
        assert answers[0] == answers[1] == answers[2]


@given(st.sampled_from(MODELS), st.data())
def test_a_generated_initializer_gives_the_same_answer(model: type[Any], data: st.DataObject) -> None:
    """Any values, valid or not, give the same object or the same problems as the initializer of attrs."""
    fields = [field.name for field in attrs.fields(model)]
    values = strategies.json_values | st.sampled_from(
        [
            *(UNSET, salla.Status.COMPLETED, awal.Status.SHIPPED, salla.CustomerKind.GUEST, (1, 2), ("x",), "a\0"),
            *(salla.Receiver(name="x"), salla.Patch(), awal.Patch(), "completed", "pending", "2024-01-01"),
            *(float("inf"), 1 << 70),
        ]
    )
    arguments = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=3))
    described = attrs.fields(model)
    defaults = {each.name: each.default for each in described if each.default is not attrs.NOTHING}
    if any(each.name not in {*defaults, *arguments} for each in described):
        with pytest.raises(TypeError, match="missing"):
            model(**arguments)
        return

    def careful(kwargs: dict[str, Any]) -> object:
        instance = object.__new__(model)
        models._set_carefully(instance, **{**defaults, **kwargs})
        return instance

    assert outcome(lambda kwargs: model(**kwargs), arguments) == outcome(careful, arguments)


@pytest.mark.parametrize("model", MODELS)
def test_a_generated_initializer_has_the_signature_of_the_fields(model: type[Any]) -> None:
    """Hypothesis and other tools inspect it."""
    parameters = inspect.signature(model).parameters
    assert list(parameters) == [each.name for each in attrs.fields(model)]
    assert {parameter.kind for parameter in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert model.__init__.__qualname__ == f"{model.__qualname__}.__init__"


def test_the_source_of_generated_code_is_available() -> None:
    """Tracebacks and debuggers show it, as they show the source that attrs generates."""
    assert "if 'coupon_code' in data:" in inspect.getsource(generated.reader(salla.Patch, Source.DOCUMENT))
    assert "return _careful(self" in inspect.getsource(salla.Patch.__init__)


@pytest.mark.parametrize("route", ROUTES)
def test_models_within_arrays_are_read(route: str) -> None:
    """Problems inside them are reported."""
    leaf = {"name": "a", "sizes": [1, 2], "shares": [1, 2.5], "days": ["pending"], "number": None}
    with taking(route):
        read = read_body(Branch, json.dumps({"leaves": [leaf, {"name": "b", "number": 7}], "first": {"name": "c"}}))
        assert read == Branch(
            leaves=(
                Leaf(name="a", sizes=(1, 2), shares=(1, 2.5), days=(awal.Status.PENDING,), number=None),
                Leaf(name="b", number=7),
            ),
            first=Leaf(name="c"),
        )
        if route != "careful":
            body: dict[str, object] = {"leaves": [leaf]}
            assert bodies.read_quickly(Branch, json.dumps(body), UPDATE_LIMITS) == read_body(Branch, body)
        for wrong in (
            {"sizes": [1]},
            {"name": "a", "x": 1},
            {"name": "a", "shares": ["1"]},
            {"name": "a", "days": ["x"]},
        ):
            body = {"leaves": [leaf, wrong]}
            with pytest.raises(InvalidInput):
                read_body(Branch, json.dumps(body))
            with pytest.raises(InvalidInput):
                read_body(Branch, body)
        deep: dict[str, object] = {"name": "x"}
        for _ in range(20):
            deep = {"below": deep}
        assert read_body(Tree, json.dumps(deep)) == read_body(Tree, deep)
        with pytest.raises(InvalidInput, match="levels deep"):
            read_body(Tree, '{"below":' * 70 + "{}" + "}" * 70)


def test_a_model_with_a_constructor_of_its_own_is_a_mistake() -> None:
    """It would not be called in every way of reading."""

    class Stepped(Model):
        size: int

        def __attrs_post_init__(self) -> None:
            """Do something."""

    with pytest.raises(TypeError, match="Stepped is built from its fields alone: remove __attrs_post_init__"):
        model(Stepped)


def test_narrow_limits_apply_to_every_way_of_reading() -> None:
    """The quick way accepts only what the limits allow."""
    long = json.dumps({"branch_id": 10**30})
    for route in ROUTES:
        with taking(route):
            assert salla.read_patch(long).branch_id == 10**30
            for limits in (Limits(digits=9), Limits(size=9), Limits(depth=1)):
                with pytest.raises(InvalidInput):
                    salla.read_patch('{"ship_to": {"city": 1000000000}}', limits=limits)
            with pytest.raises(InvalidInput):
                salla.read_patch({"branch_id": 1, "courier_id": 2}, limits=Limits(keys=1))


def test_threads_that_generate_a_reader_at_once_read_the_same() -> None:
    """Each thread uses a correct reader, whichever thread generates it first."""
    patches: list[object] = []
    start = threading.Barrier(8)

    def read() -> None:
        start.wait()
        patches.extend(salla.read_patch(json.dumps(body)) for body in PAGE_SAMPLES.values())

    with taking("standard"):
        generated.reader.cache_clear()  # type: ignore[attr-defined]
        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(patches) == 8 * len(PAGE_SAMPLES)
    assert len(set(map(repr, patches))) == len(PAGE_SAMPLES)


NAMELESS: Final[Any] = StrEnum("NAMELESS", {"A": "a"})
NAMELESS.__name__ = "my own choice"


class Size(StrEnum):
    """A choice."""

    SMALL = "small"
    LARGE = "large"


def odd_models() -> dict[str, tuple[type[Any], list[dict[str, Any]]]]:
    """Make models that a platform may have and the shipped ones do not, each with bodies."""

    @model
    class Required(Model):
        a: int | Unset

    @model
    class Numbers(Model):
        number: date | Unset = UNSET
        share: float | Unset = UNSET

    @model
    class Listed(Model):
        a: tuple[int, ...] = field(default=(), converter=tuple)

    @model
    class Worded(Model):
        type: int | Unset = UNSET
        value: str | Unset = UNSET

    nameless = with_fields("Nameless", {"a": NAMELESS | Unset | None})
    wide = with_fields("Wide", {f"k{number}": int | Unset for number in range(40)})
    deep: Any = Required
    for _ in range(70):
        deep = with_fields("Deep", {"a": deep | Unset})
    nested: dict[str, Any] = {"a": 1}
    for _ in range(70):
        nested = {"a": nested}
    return {
        "required": (Required, [{}, {"a": 1}, {"a": "1"}, {"b": 1}]),
        "numbers": (Numbers, [{"number": "2024-01-01", "share": 1.5}, {"share": 1}, {"number": 1}]),
        "listed": (Listed, [{"a": [1]}, {"a": [1, "2"]}, {}]),
        "worded": (Worded, [{"type": 1, "value": "x"}, {"type": "1"}, {"value": 1}]),
        "nameless": (nameless, [{"a": "a"}, {"a": None}, {"a": "b"}]),
        "wide": (wide, [{f"k{number}": number for number in range(40)}]),
        "deep": (deep, [nested]),
    }


def with_fields(name: str, annotations: dict[str, Any]) -> type[Any]:
    """Make a model with optional fields."""
    return model(type(name, (Model,), {"__annotations__": annotations, **dict.fromkeys(annotations, UNSET)}))


@pytest.mark.parametrize("name", sorted(odd_models()))
def test_unusual_models_are_read_and_built_alike_by_every_way(name: str) -> None:
    """Documents, dicts and limits are covered, and objects hash and are built as attrs defines."""
    answers: list[object] = []
    for route in ROUTES:
        model, bodies = odd_models()[name]  # New classes, so that nothing is generated yet.
        with taking(route):
            outcomes: list[object] = []
            for _ in range(3):
                for body in bodies:
                    for limits in (UPDATE_LIMITS, Limits(keys=32), Limits(depth=64)):
                        read = functools.partial(read_body, model, limits=limits)
                        outcomes += [outcome(read, body), outcome(read, json.dumps(body))]
            answers.append(repr(outcomes).replace(repr(model), "model"))
        if name != "deep":
            hashes = {hash(model(**bodies[0])) for _ in range(3) if "a" in bodies[0] or name != "required"}
            assert len(hashes) <= 1
    assert answers[0] == answers[1] == answers[2]


def test_a_fact_may_be_a_property() -> None:
    """The property is read from the finished object."""
    paid = Fact("paid", values=(UNSET, True, False), attribute="is_paid")

    class Key(StrEnum):
        A = "a"

    @model
    class Paid(PatchBase, sections=Key, facts=(paid,)):
        a: int | Unset = UNSET

        @property
        def is_paid(self) -> bool | Unset:
            return UNSET if self.a is UNSET else self.a == 1

    numbers = []
    for route in ROUTES:
        with taking(route):
            patches: list[Any] = [read_body(Paid, {"a": 1}), read_body(Paid, b'{"a": 2}')]
            numbers.append([getattr(patch, Paid.__space__.slot) for patch in patches])
    assert numbers == [[3, 5]] * 3


def test_a_value_that_a_fact_does_not_list_is_a_problem_in_every_way() -> None:
    """Reading and building report it at its key, and listed values are numbered."""
    size = Fact("size", values=(UNSET, *Size))

    class Key(StrEnum):
        SIZE = "size"

    @model
    class Sized(PatchBase, sections=Key, facts=(size,)):
        size: Size | Unset = UNSET

    wrong: list[Callable[[], object]] = [
        lambda: read_body(Sized, {"size": "huge"}),
        lambda: read_body(Sized, '{"size": "huge"}'),
        lambda: Sized(size="huge"),  # type: ignore[arg-type]
    ]
    for route in ROUTES:
        with taking(route):
            for build in wrong:
                with pytest.raises(InvalidInput, match="/size: expected one of small, large") as caught:
                    build()
                assert [problem.code for problem in caught.value.problems] == [Code.NOT_A_CHOICE]
            patches: list[Any] = [Sized(), read_body(Sized, '{"size": "small"}'), Sized(size=Size.LARGE)]
            assert [getattr(patch, Sized.__space__.slot) for patch in patches] == [0, 3, 5]
