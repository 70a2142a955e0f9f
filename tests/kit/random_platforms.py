"""Platforms drawn at random: facts, bands, counts, parameters, sections, rules, waivers and transition tables.

``evaluate`` says what a condition means, from the raw values of an order and an update. It is written apart from the
library: it reads the parts of a condition, and asks it nothing.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
from hypothesis import strategies as st

from orderrules import UNKNOWN, UNSET, Condition, Fact, Parameter, Policy, Rule, Waiver
from orderrules.authoring import AllOf, AnyOf, Is, TransitionTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NUMBERS: Final = itertools.count()
_HEAD: Final = "from orderrules.authoring import *\n"


@attrs.frozen
class Column:
    """A field that a fact reads.

    Attributes:
        fact: the fact.
        annotation: the type of the field, as source.
        samples: values of the field, at least one for each value of the fact.
        asked: the fact of the update that may change it, if there is one.
    """

    fact: Fact
    annotation: str
    samples: tuple[Any, ...]
    asked: Fact | None = None


@attrs.frozen
class Platform:
    """A platform, and what is needed to try it.

    Attributes:
        policy: the policy, without settings.
        columns: the fields of its orders that facts read.
        bodies: for each body key, values to send.
    """

    policy: Policy[Any, Any]
    columns: tuple[Column, ...]
    bodies: Mapping[str, tuple[Any, ...]]

    def orders(self) -> Iterator[Any]:
        """Yield orders with all combinations of samples."""
        names = [column.fact.attribute for column in self.columns]
        for values in itertools.product(*(column.samples for column in self.columns)):
            yield self.policy.order_type(**dict(zip(names, values, strict=True)))

    def patches(self) -> Iterator[Any]:
        """Yield updates with all combinations of values, each key also left out."""
        for values in itertools.product(*((UNSET, *samples) for samples in self.bodies.values())):
            yield self.policy.patch_type(**dict(zip(self.bodies, values, strict=True)))


def evaluate(condition: Condition, order: Any, patch: Any, settings: Mapping[Fact, Any]) -> bool:
    """Return whether a condition holds; a parameter that has no value in ``settings`` is an error."""
    if isinstance(condition, AllOf):
        return all(evaluate(part, order, patch, settings) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(evaluate(part, order, patch, settings) for part in condition.parts)
    if isinstance(condition, TransitionTable):
        current, asked = getattr(order, condition.current.attribute), getattr(patch, condition.asked.attribute)
        rows = {str(value): {str(each) for each in following} for value, following in condition.table}
        listed = {str(value) for value in condition.asked.values if value is not UNSET}
        may = asked is not UNSET and asked in rows.get(str(current), set())
        # A status that the page does not list is asked for by no update, so it cannot stay.
        stays = condition.staying and asked is not UNSET and current == asked and current in listed
        return (may or stays) is not condition.negated
    assert isinstance(condition, Is)
    fact = condition.fact
    if isinstance(fact, Parameter):
        return (settings[fact] in condition.values) is not condition.negated
    belongs_to_patch = UNSET in fact.values
    raw = getattr(patch if belongs_to_patch else order, fact.attribute)
    return any(_means(fact, raw, value) for value in condition.values) is not condition.negated


def _means(fact: Fact, raw: Any, value: Any) -> bool:
    """Return whether the raw value of a field has this value of its fact."""
    if value is UNSET or raw is UNSET:
        return raw is value
    if fact.bands:
        number = len(raw) if fact.counts else raw
        if value is UNKNOWN:
            return number is None
        if number is None:
            return False
        return (value.above is None or number > value.above) and (value.at_most is None or number <= value.at_most)
    if value is UNKNOWN:
        return raw not in {each for each in fact.values if each is not UNKNOWN}
    return bool(raw == value)


def refusing(platform: Platform, order: Any, patch: Any, settings: Mapping[Fact, Any]) -> set[str]:
    """Return the rules that refuse; a parameter without a value may have any that is good for the update."""
    policy = platform.policy

    def may_hold(condition: Condition) -> bool:
        unknown = [fact for fact in condition.facts if isinstance(fact, Parameter) and fact not in settings]
        choices = itertools.product(*(fact.values for fact in unknown))
        return any(
            evaluate(condition, order, patch, {**settings, **dict(zip(unknown, values, strict=True))})
            for values in choices
        )

    touched = set(patch.sections)
    broken = {rule.id for rule in policy.rules if rule.section in touched and not may_hold(rule.only_if)}
    return set() if any(may_hold(waiver.when) for waiver in policy.waivers) else broken


def _enumeration(name: str, size: int) -> type[StrEnum]:
    members = {f"V{number}": f"{name.lower()}{number}" for number in range(size)}
    return cast("type[StrEnum]", StrEnum(name, members))


@st.composite
def _columns(draw: st.DrawFn) -> list[Column]:
    """Draw the fields of an order that facts read."""
    columns: list[Column] = []
    for number in range(draw(st.integers(1, 3))):
        name = f"f{number}"
        kind = draw(st.sampled_from(["status", "flag", "band", "count"]))
        if kind == "status":
            values = tuple(_enumeration(f"E{number}", draw(st.integers(2, 3))))
            is_open = draw(st.booleans())
            fact = Fact(name, values=(*values, UNKNOWN) if is_open else values)
            asked = Fact(f"{name} asked for", values=(UNSET, *values), attribute=name) if draw(st.booleans()) else None
            annotation = f"E{number} | str | None" if is_open else f"E{number}"
            columns.append(Column(fact, annotation, (*values, *(["other", None] if is_open else [])), asked))
        elif kind == "flag":
            columns.append(Column(Fact(name, values=(False, True), flag=True, absent=False), "bool", (False, True)))
        else:
            bounds = tuple(sorted(draw(st.sets(st.integers(0, 2), min_size=1, max_size=2))))
            if kind == "count":
                fact, samples = Fact(name, bands=bounds, counts=True), tuple((7,) * size for size in range(4))
                columns.append(Column(fact, "tuple[int, ...]", samples))
            else:
                fact = Fact(name, values=(UNKNOWN,), bands=bounds)
                columns.append(Column(fact, "int | float | None", (None, 0, 0.5, 1, 2, 2.5)))
    return columns


@st.composite
def _conditions(draw: st.DrawFn, facts: list[Fact], tables: list[tuple[Fact, Fact]]) -> Condition:
    """Draw a condition over some facts, or over the transitions of some statuses."""

    def simple() -> st.SearchStrategy[Condition]:
        fact = st.sampled_from(facts)
        choices = fact.flatmap(
            lambda chosen: st.builds(
                lambda values, negated: Is(chosen, frozenset(values), negated=negated),
                st.sets(st.sampled_from(chosen.values), min_size=1),
                st.booleans(),
            )
        )
        return st.one_of(choices, st.sampled_from(tables).flatmap(_tables)) if tables else choices

    return draw(
        st.recursive(
            simple(),
            lambda parts: st.builds(AllOf, st.lists(parts, max_size=3)) | st.builds(AnyOf, st.lists(parts, max_size=3)),
            max_leaves=5,
        )
    )


def _tables(pair: tuple[Fact, Fact]) -> st.SearchStrategy[Condition]:
    current, asked = pair
    values = [value for value in asked.values if value is not UNSET]
    return st.builds(
        lambda rows, staying, negated: TransitionTable(current, asked, rows, staying=staying, negated=negated),
        st.dictionaries(st.sampled_from(values), st.sets(st.sampled_from(values))),
        st.booleans(),
        st.booleans(),
    )


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    """Draw a platform."""
    columns = draw(_columns())
    asked = [(column.fact, column.asked) for column in columns if column.asked is not None]
    patch_facts = [fact for _, fact in asked]
    bodies: dict[str, tuple[Any, ...]] = {fact.attribute: fact.values[1:] for fact in patch_facts}
    types_of = {column.fact.attribute: column.annotation.split(" |")[0] for column in columns if column.asked}
    if draw(st.booleans()):
        patch_facts.append(Fact("amount asked for", values=(UNSET,), bands=(1,), attribute="amount"))
        bodies["amount"], types_of["amount"] = (0, 1, 1.5), "int | float"
    for number in range(draw(st.integers(0 if bodies else 1, 2))):
        bodies[f"free{number}"], types_of[f"free{number}"] = (1,), "int"
    section_type = _enumeration("Section", draw(st.integers(1, len(bodies))))
    sections = [draw(st.sampled_from(list(section_type))) for _ in bodies]
    parameters = [
        Parameter(f"p{number}", values=draw(st.sampled_from([(True, False), ("a", "b", "c")])))
        for number in range(draw(st.integers(0, 2)))
    ]
    source = [_HEAD, "@model", "class Patch(PatchBase, sections=SECTION, facts=PATCH_FACTS):"]
    source += [
        f"    {key}: {types_of[key]} | Unset = field(default=UNSET, section=SECTION.{section.name})"
        for key, section in zip(bodies, sections, strict=True)
    ]
    source += ["@model", "class Order(OrderBase['Patch'], facts=ORDER_FACTS):"]
    source += [f"    {column.fact.attribute}: {column.annotation}" for column in columns]
    source += ["    written: Patch | Unset = UNSET"]
    module = types.ModuleType(f"random_platform_{next(_NUMBERS)}")
    names = {type(column.samples[0]).__name__: type(column.samples[0]) for column in columns}
    module.__dict__.update(
        names,
        SECTION=section_type,
        PATCH_FACTS=tuple(patch_facts),
        ORDER_FACTS=tuple(column.fact for column in columns),
    )
    sys.modules[module.__name__] = module  # Where annotations are looked up.
    exec("\n".join(source), module.__dict__)  # noqa: S102 - our own source.
    facts = [*(column.fact for column in columns), *patch_facts, *parameters]
    condition = functools.partial(_conditions, facts, asked)
    used = sorted(set(sections))
    rules = [
        Rule(id=f"R{number}", section=draw(st.sampled_from(used)), only_if=draw(condition()), reason="x")
        for number in range(draw(st.integers(1, 4)))
    ]
    waivers = [Waiver(id=f"W{number}", when=draw(condition()), reason="x") for number in range(draw(st.integers(0, 1)))]
    policy: Policy[Any, Any] = Policy(
        name="random",
        order_type=module.Order,
        patch_type=module.Patch,
        rules=rules,
        waivers=waivers,
        parameters=parameters,
    )
    return Platform(policy, tuple(columns), bodies)


def clean(platform: Platform) -> None:
    """Forget the module of a platform."""
    sys.modules.pop(platform.policy.order_type.__module__, None)
