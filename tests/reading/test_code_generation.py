"""What is written out for a model answers as the careful way does, and is really used."""

from __future__ import annotations

import abc
import functools
import inspect
import json
import linecache
import threading
from datetime import date  # noqa: TC003 - annotations of models are read at run time.
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderrules import UNSET, Code, Fact, InvalidInput, Limits, Unset, awal, salla
from orderrules.authoring import Model, PatchBase, Space, in_section, read_body
from orderrules.reading import bodies
from orderrules.reading import code_generation as generated
from orderrules.reading.code_generation import Source
from orderrules.reading.limits import UPDATE_LIMITS
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


@attrs.frozen(kw_only=True, repr=False)
class Leaf(Model):
    """A model with whatever a platform may have and ours do not."""

    name: str
    sizes: tuple[int, ...] | Unset = UNSET
    shares: tuple[float, ...] | Unset = UNSET
    days: tuple[awal.Status, ...] | Unset = UNSET
    number: int | str | Unset | None = UNSET


@attrs.frozen(kw_only=True, repr=False)
class Branch(Model):
    """A model of models."""

    leaves: tuple[Leaf, ...] | Unset = UNSET
    first: Leaf | Unset = UNSET


@attrs.frozen(kw_only=True, repr=False)
class Tree(Model):
    """A model that holds itself, which no quick function is written for."""

    below: Tree | Unset = UNSET
    name: str | Unset = UNSET


@pytest.mark.parametrize("route", ["standard", "fast"])
@pytest.mark.parametrize(("read", "model", "body"), BODIES)
def test_what_is_plainly_well_is_read_the_quick_way(
    read: Callable[[Any], object], model: type[Any], body: dict[str, object], route: str
) -> None:
    """As bytes, as text and as a dict, with blanks and escapes; and it is what the careful way reads."""
    documents = [json.dumps(body), json.dumps(body, indent=1, ensure_ascii=False), json.dumps(body) + " \n"]
    with taking("careful"):
        expected = outcome(read, body)
    with taking(route):
        for given_ in (body, *documents, *(document.encode() for document in documents)):
            found = bodies.read_quickly(model, given_, UPDATE_LIMITS)
            assert found is not None
            assert repr_of(found) == expected == outcome(read, given_)


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
def test_every_way_answers_alike(
    body: tuple[Callable[[Any], object], type[Any], Any], changes: list[tuple[int, int, str]]
) -> None:
    """Whatever a document becomes: the same object, to the last digit, or the same problems."""
    read, _, given_ = body
    document = json.dumps(given_)
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
def test_building_answers_alike(model: type[Any], data: st.DataObject) -> None:
    """Whatever is given for a field, well or not."""
    fields = [field.name for field in attrs.fields(model)]
    values = strategies.json_values | st.sampled_from(
        [
            *(UNSET, salla.Status.COMPLETED, awal.Status.SHIPPED, salla.CustomerKind.GUEST, (1, 2), ("x",), "a\0"),
            *(salla.Receiver(name="x"), salla.Patch(), awal.Patch(), "completed", "pending", "2024-01-01"),
            *(float("inf"), 1 << 70),
        ]
    )
    said = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=3))
    model_init = model.__init__
    written = getattr(model_init, "__wrapped__", None)
    assert written is not None

    def careful(given_: dict[str, Any]) -> object:
        made = object.__new__(model)
        written(made, **given_)
        return made

    try:
        expected = outcome(careful, said)
    except TypeError as error:  # A required field is not there.
        with pytest.raises(TypeError, match=str(error).split("(")[0].replace(".", r"\.")):
            model(**said)
    else:
        assert outcome(lambda given_: model(**given_), said) == expected


@pytest.fixture(autouse=True, scope="module")
def _written() -> None:
    """Have an ``__init__`` written for each model, which comes with the second object."""
    for _ in range(2):
        salla.UpdateRequest(order_id=1, patch=salla.Patch(receiver=salla.Receiver(), ship_to=salla.ShipTo()))
        salla.Patch(payment=salla.Payment())
        awal.UpdateRequest(order_id=1, phone_number_id="1", patch=awal.Patch())
        salla.Order()
        awal.Order(status="x")


@pytest.mark.parametrize("model", MODELS)
def test_a_signature_stays_what_it_was(model: type[Any]) -> None:
    """For whoever looks at it, as Hypothesis does."""
    written: Any = inspect.unwrap(model.__init__)
    assert inspect.signature(model.__init__) == inspect.signature(written)
    assert model.__init__.__annotations__ == written.__annotations__
    assert model.__init__.__qualname__ == f"{model.__name__}.__init__"


def test_the_text_of_a_function_can_be_read() -> None:
    """As that of what attrs writes."""
    assert "if 'coupon_code' in data:" in inspect.getsource(generated.reader(salla.Patch, Source.DOCUMENT))
    assert "return init_of_attrs(self" in "".join(linecache.getlines(salla.Patch.__init__.__code__.co_filename))


@pytest.mark.parametrize("route", ROUTES)
def test_models_within_arrays_are_read(route: str) -> None:
    """And what is wrong with them is told."""
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


def test_a_model_that_says_more_is_built_as_attrs_builds_it() -> None:
    """With validators, factories, converters of its own, its own steps, or words that the text needs."""

    def even(_: object, __: object, value: int) -> None:
        if value % 2:
            raise ZeroDivisionError

    @attrs.frozen(kw_only=True, repr=False)
    class Validated(Model):
        size: int = attrs.field(validator=even)

    @attrs.frozen(kw_only=True, repr=False)
    class Counted(Model):
        sizes: tuple[int, ...] = attrs.Factory(tuple)

    @attrs.frozen(repr=False)
    class Placed(Model):
        size: int

    @attrs.frozen(kw_only=True, repr=False)
    class Worded(Model):
        type: str
        UNSET: int = 1

    @attrs.frozen(kw_only=True, repr=False)
    class Stepped(Model):
        size: int

        def __attrs_post_init__(self) -> None:
            super().__attrs_post_init__()
            if self.size == 7:
                raise ZeroDivisionError

    for _ in range(3):
        assert Validated(size=2).size == 2
        with pytest.raises(ZeroDivisionError):
            Validated(size=3)
        assert (Counted().sizes, Placed(3).size, Worded(type="x").type) == ((), 3, "x")
        with pytest.raises(ZeroDivisionError):
            Stepped(size=7)
        for wrong in (lambda: Placed("3"), lambda: Worded(type=1), lambda: Stepped(size="7"), lambda: Counted(sizes=1)):  # type: ignore[arg-type]
            with pytest.raises(InvalidInput):
                wrong()


class Apart(Model):
    """A base whose models cannot be laid out like another class."""

    __slots__ = ("also",)

    def __init__(self, also: int) -> None:
        self.also = also


@attrs.frozen(kw_only=True, repr=False)
class Choosy(Model):
    """A model with a step of its own."""

    size: int | Unset = UNSET

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.size == 7:
            raise ZeroDivisionError


@attrs.frozen(kw_only=True, repr=False)
class Holder(Model):
    """A model of one with a step of its own."""

    choosy: Choosy | Unset = UNSET


@attrs.frozen(kw_only=True, repr=False)
class Off(Apart):
    """A model on a base that is built in another way."""

    size: int | Unset = UNSET


@pytest.mark.parametrize("route", ROUTES)
def test_a_step_of_a_model_s_own_is_taken_by_every_way(route: str) -> None:
    """A model that is built otherwise is left to the careful way, and so is what holds it."""
    with taking(route):
        for _ in range(3):
            assert read_body(Holder, b'{"choosy": {"size": 8}}') == Holder(choosy=Choosy(size=8))
            with pytest.raises(ZeroDivisionError):
                read_body(Holder, b'{"choosy": {"size": 7}}')
            assert read_body(Off, b'{"size": 1}').size == 1


def test_narrow_limits_are_kept_by_every_way() -> None:
    """What is taken quickly is what the limits allow."""
    long = json.dumps({"branch_id": 10**30})
    for route in ROUTES:
        with taking(route):
            assert salla.read_patch(long).branch_id == 10**30
            for limits in (Limits(digits=9), Limits(size=9), Limits(depth=1)):
                with pytest.raises(InvalidInput):
                    salla.read_patch('{"ship_to": {"city": 1000000000}}', limits=limits)
            with pytest.raises(InvalidInput):
                salla.read_patch({"branch_id": 1, "courier_id": 2}, limits=Limits(keys=1))


def test_threads_that_read_first_at_once_read_alike() -> None:
    """Whoever writes a function first, all use one that is right."""
    found: list[object] = []
    start = threading.Barrier(8)

    def read() -> None:
        start.wait()
        found.extend(salla.read_patch(json.dumps(body)) for body in PAGE_SAMPLES.values())

    with taking("standard"):
        generated.reader.cache_clear()  # type: ignore[attr-defined]
        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 8 * len(PAGE_SAMPLES)
    assert len(set(map(repr, found))) == len(PAGE_SAMPLES)


NAMELESS: Final[Any] = StrEnum("NAMELESS", {"A": "a"})
NAMELESS.__name__ = "my own choice"


class Counted(Model):
    """A base that can be built only where it is finished."""

    __slots__ = ()

    @abc.abstractmethod
    def count(self) -> int:
        """Count something."""


def odd_models() -> dict[str, tuple[type[Any], list[dict[str, Any]]]]:
    """Make models that a platform may have and ours do not, each with bodies."""
    model = functools.partial(attrs.frozen, kw_only=True, repr=False)

    @model()
    class Required(Model):
        a: int | Unset

    @model()
    class Numbers(Model):
        number: date | Unset = UNSET
        share: float | Unset = UNSET

    @model()
    class Cached(Model):
        a: int | Unset = UNSET

        @functools.cached_property
        def twice(self) -> int:
            return 2

    @model(cache_hash=True)
    class Hashed(Model):
        a: int | Unset = UNSET

    @model(slots=False)
    class Loose(Model):
        a: int | Unset = UNSET

    @model()
    class Finished(Counted):
        a: int | Unset = UNSET

        def count(self) -> int:
            return 1

    nameless = attrs.make_class(
        "Nameless",
        {"a": attrs.field(default=UNSET, type=cast("Any", NAMELESS | Unset | None), kw_only=True)},
        bases=(Model,),
        frozen=True,
    )

    @model()
    class Listed(Model):
        a: tuple[int, ...] = attrs.field(default=cast("tuple[int, ...]", []), converter=tuple)

    @model()
    class Untold(Model):
        a: int | Unset = UNSET
        b: int | Unset = attrs.field(default=UNSET, init=False)

    wide = attrs.make_class(
        "Wide",
        {f"k{number}": attrs.field(default=UNSET, type=cast("Any", int | Unset), kw_only=True) for number in range(40)},
        bases=(Model,),
        frozen=True,
    )
    deep: Any = Required
    for _ in range(70):
        deep = attrs.make_class(
            "Deep", {"a": attrs.field(default=UNSET, type=deep | Unset, kw_only=True)}, bases=(Model,), frozen=True
        )
    nested: dict[str, Any] = {"a": 1}
    for _ in range(70):
        nested = {"a": nested}
    one: list[dict[str, Any]] = [{}, {"a": 1}, {"a": "1"}, {"b": 1}]
    return {
        "required": (Required, one),
        "numbers": (Numbers, [{"number": "2024-01-01", "share": 1.5}, {"share": 1}, {"number": 1}]),
        "cached": (Cached, one),
        "hashed": (Hashed, one),
        "loose": (Loose, one),
        "finished": (Finished, one),
        "nameless": (nameless, [{"a": "a"}, {"a": None}, {"a": "b"}]),
        "listed": (Listed, [{"a": [1]}, {"a": [1, "2"]}, {}]),
        "untold": (Untold, [{}, {"a": 1}]),
        "wide": (wide, [{f"k{number}": number for number in range(40)}]),
        "deep": (deep, [nested]),
    }


@pytest.mark.parametrize("name", sorted(odd_models()))
def test_odd_models_are_read_and_built_alike_by_every_way(name: str) -> None:
    """From documents and dicts, and within limits; and they hash and build as attrs has it."""
    answers: list[object] = []
    for route in ROUTES:
        model, bodies = odd_models()[name]  # Made anew, so that nothing is written yet.
        with taking(route):
            told: list[object] = []
            for _ in range(3):
                for body in bodies:
                    for limits in (UPDATE_LIMITS, Limits(keys=32), Limits(depth=64)):
                        read = functools.partial(read_body, model, limits=limits)
                        told += [outcome(read, body), outcome(read, json.dumps(body))]
            answers.append(repr(told).replace(repr(model), "model"))
        if name != "deep":
            found = {hash(model(**bodies[0])) for _ in range(3) if "a" in bodies[0] or name != "required"}
            assert len(found) <= 1
    assert answers[0] == answers[1] == answers[2]


def test_a_fact_may_be_a_property() -> None:
    """It is asked of the finished object."""
    paid = Fact("paid", values=(True, False), attribute="is_paid")

    class Masked(PatchBase):
        __slots__ = ("_shop_mask",)
        __space__ = Space("_shop_mask", (paid,))

    class Key(StrEnum):
        A = "a"

    @attrs.frozen(kw_only=True, repr=False)
    class Paid(Masked):
        a: int | Unset = attrs.field(default=UNSET, metadata=in_section(Key.A))

        @property
        def is_paid(self) -> bool:
            return self.a == 1

    numbers = []
    for route in ROUTES:
        with taking(route):
            patches: list[Any] = [read_body(Paid, {"a": 1}), read_body(Paid, b'{"a": 2}')]
            numbers.append([patch._shop_mask for patch in patches])
    assert numbers == [[1, 3]] * 3


def test_a_value_that_a_fact_does_not_list_is_a_problem_by_every_way() -> None:
    """Read or built, at its key; what is listed is numbered."""
    size = Fact("size", values=(UNSET, "small", "large"))

    class Masked(PatchBase):
        __slots__ = ("_box_mask",)
        __space__ = Space("_box_mask", (size,))

    class Key(StrEnum):
        SIZE = "size"

    @attrs.frozen(kw_only=True, repr=False)
    class Sized(Masked):
        size: str | Unset = attrs.field(default=UNSET, metadata=in_section(Key.SIZE))

    wrong: list[Callable[[], object]] = [
        lambda: read_body(Sized, {"size": "huge"}),
        lambda: read_body(Sized, '{"size": "huge"}'),
        lambda: Sized(size="huge"),
    ]
    for route in ROUTES:
        with taking(route):
            for give in wrong:
                with pytest.raises(InvalidInput, match="/size: expected one of small, large") as caught:
                    give()
                assert [problem.code for problem in caught.value.problems] == [Code.NOT_A_CHOICE]
            made: list[Any] = [Sized(), read_body(Sized, '{"size": "small"}'), Sized(size="large")]
            assert [patch._box_mask for patch in made] == [0, 3, 5]
