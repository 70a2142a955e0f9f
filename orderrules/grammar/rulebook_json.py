"""A rulebook as JSON, in both directions: ``Rulebook.to_json`` and ``Rulebook.from_json``.

A text in several languages is an object of texts by language. Values and conditions are written as by
``condition_json``.
``FORMAT`` changes if a reader of this form would misread the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import new_class
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from orderrules.grammar import advice as kinds
from orderrules.grammar.condition_json import condition_to_json, read_condition, value_to_json
from orderrules.grammar.conditions import UNKNOWN, Band, Fact, Parameter
from orderrules.grammar.orders import OrderBase, PatchBase
from orderrules.grammar.rules import Alternative, Assumption, Rule, Waiver
from orderrules.languages.sentences import Words
from orderrules.reading.fields import UNSET, Unset
from orderrules.reading.models import Model, field, model

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

FORMAT: Final = 1
_KINDS: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        kinds.EmptyUpdate,
        kinds.UnchangedValue,
        kinds.UnknownValue,
        kinds.EmptyValue,
        kinds.MissingKey,
        kinds.OmittedDefault,
        kinds.DatesReversed,
    )
}
Json = dict[str, Any]


def text_to_json(text: str) -> Any:  # noqa: ANN401 - a string, or an object of strings.
    """Return a text: a string, or an object of texts by language."""
    return dict(text.translations) if isinstance(text, Words) else str(text)


def to_json(rulebook: Any) -> Json:  # noqa: ANN401 - a rulebook, whose module imports this one.
    """Return a rulebook as JSON-ready dicts, lists, strings, numbers and booleans."""
    patch_facts = rulebook.patch_type.__space__.facts
    return {
        "format": FORMAT,
        "platform": rulebook.name,
        "edition": rulebook.edition,
        "facts": [
            {"of": "update" if fact in patch_facts else "order", **_fact_to_json(fact)}
            for fact in (*rulebook.order_type.__space__.facts, *patch_facts)
        ],
        "parameters": [
            {**_fact_to_json(each), "about": text_to_json(each.about), "missing": text_to_json(each.missing)}
            for each in rulebook.parameters
        ],
        "sections": {
            section.value: {
                "title": text_to_json(rulebook.title_of(section)),
                "keys": list(rulebook.keys_of(section)),
            }
            for section in rulebook.sections
        },
        "actions": {action.value: text_to_json(rulebook.title_of(action)) for action in rulebook.actions or ()},
        "rules": [_rule_to_json(rule) for rule in rulebook.rules],
        "waivers": [
            {"id": waiver.id, "when": condition_to_json(waiver.when), "reason": text_to_json(waiver.reason)}
            for waiver in rulebook.waivers
        ],
        "assumptions": [
            {
                "id": each.id,
                "question": text_to_json(each.question),
                "name": each.name,
                "answer": text_to_json(each.answer),
                "alternatives": [
                    {
                        "name": other.name,
                        "answer": text_to_json(other.answer),
                        "rules": [_rule_to_json(rule) for rule in other.rules],
                    }
                    for other in each.alternatives
                ],
            }
            for each in rulebook.assumptions
        ],
        "advice": [
            {
                "id": each.id,
                "kind": type(each.when).__name__,
                **{name: _plain(value) for name, value in attrs.asdict(each.when, recurse=False).items()},
                "message": text_to_json(each.message),
            }
            for each in rulebook.advice_rules
        ],
        "effects": [
            {"key": effect.key, "attribute": effect.attribute, "value": _plain(effect.value)}
            for effect in rulebook.effects
        ],
        "defaults": [[key, _plain(value)] for key, value in rulebook.defaults],
        "given": {each.attribute: value_to_json(each, value) for each, value in rulebook.settings},
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of data.
    if isinstance(value, Fact):
        return value.name
    if isinstance(value, date):
        return value.isoformat()
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def _rule_to_json(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "section": rule.section.value,
        "subject": text_to_json(rule.subject),
        "only_if": condition_to_json(rule.only_if),
        "reason": text_to_json(rule.reason),
        "caveat": text_to_json(rule.caveat),
    }


def _fact_to_json(fact: Fact) -> Json:
    def pairs(entries: Iterable[tuple[Hashable, str]]) -> list[list[Any]]:
        return [[value_to_json(fact, value), text_to_json(text)] for value, text in entries]

    return {
        "name": fact.name,
        "attribute": fact.attribute,
        "values": [value_to_json(fact, value) for value in fact.values if not isinstance(value, Band)],
        "bands": list(fact.bands),
        "counts": fact.counts,
        "flag": fact.flag,
        "absent": None if fact.absent is attrs.NOTHING else {"value": value_to_json(fact, fact.absent)},
        "unlisted": _plain(fact.unlisted),
        "names": dict(fact.names),
        "says": {code: list(sentences) for code, sentences in fact.says},
        "labels": pairs(fact.labels),
        "phrases": pairs(fact.phrases),
        "notes": pairs(fact.notes),
        "remedies": pairs(fact.remedies),
        "aliases": [[spelling, value_to_json(fact, value)] for spelling, value in fact.aliases],
        "words": [[word, value_to_json(fact, value)] for word, value in fact.words],
    }


def from_json(cls: type[Any], effect_type: type[Any], data: Any) -> Any:  # noqa: ANN401 - a rulebook of the class.
    """Make a rulebook of its JSON; see ``Rulebook.from_json``."""
    source = cast("Json", data) if isinstance(data, Mapping) else {}
    if source.get("format") != FORMAT:
        raise ValueError(f"expected a rulebook of format {FORMAT}, as orderrules export writes it")
    try:
        return _Reader(source, effect_type).rulebook(cls)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"this is not a rulebook: {type(error).__name__}: {error}") from error


class _Reader:
    """Reads one rulebook."""

    def __init__(self, data: Json, effect_type: type[Any]) -> None:
        self.data = data
        self.effect_type = effect_type
        self.facts = [_read_fact(Fact, each) for each in data["facts"]]
        of_order = [fact for fact, each in zip(self.facts, data["facts"], strict=True) if each["of"] == "order"]
        self.parameters = [
            _read_fact(Parameter, each, about=each["about"], missing=each["missing"]) for each in data["parameters"]
        ]
        self.sections = _enumeration("Section", data["sections"])
        self.actions = _enumeration("Action", data["actions"]) if data["actions"] else None
        self.patch_type = self._make_patch([fact for fact in self.facts if fact not in of_order])
        self.order_type = self._make_order(of_order)

    def rulebook(self, cls: type[Any]) -> Any:  # noqa: ANN401 - as from_json.
        """Return the rulebook."""
        data = self.data
        titles = {name: each["title"] for name, each in data["sections"].items()} | data["actions"]
        settings = [
            (parameter, _read_value(parameter, data["given"][parameter.attribute]))
            for parameter in self.parameters
            if parameter.attribute in data["given"]
        ]
        return cls(
            name=data["platform"],
            edition=data["edition"],
            order_type=self.order_type,
            patch_type=self.patch_type,
            titles=titles,
            actions=self.actions,
            rules=[self._rule(each) for each in data["rules"]],
            waivers=[
                Waiver(id=each["id"], when=self._condition(each["when"]), reason=each["reason"])
                for each in data["waivers"]
            ],
            assumptions=[
                Assumption(
                    each["id"],
                    each["question"],
                    each["answer"],
                    [self._alternative(other) for other in each["alternatives"]],
                    each["name"],
                )
                for each in data["assumptions"]
            ],
            advice_rules=[self._advice(each) for each in data["advice"]],
            effects=[self.effect_type(**each) for each in data["effects"]],
            defaults=[(key, value) for key, value in data["defaults"]],
            parameters=self.parameters,
            settings=settings,
        )

    def _condition(self, data: object) -> Any:  # noqa: ANN401 - a condition.
        return read_condition(data, [*self.facts, *self.parameters])

    def _rule(self, each: Json) -> Rule:
        section = each["section"]
        is_section = section in self.data["sections"]
        return Rule(
            id=each["id"],
            section=self.sections(section) if is_section else cast("type[StrEnum]", self.actions)(section),
            subject=each["subject"],
            only_if=self._condition(each["only_if"]),
            reason=each["reason"],
            caveat=each["caveat"],
        )

    def _alternative(self, other: Json) -> Alternative:
        return Alternative(other["name"], [self._rule(rule) for rule in other["rules"]], other["answer"])

    def _advice(self, each: Json) -> kinds.AdviceRule:
        kind = _KINDS[each["kind"]]
        values = {name: each[name] for name in (described.name for described in attrs.fields(kind))}
        if "fact" in values:
            values["fact"] = next(fact for fact in self.facts if fact.name == values["fact"])
        if "among" in values:
            values["among"] = tuple(values["among"])
        return kinds.AdviceRule(id=each["id"], when=kind(**values), message=each["message"])

    def _make_patch(self, facts: list[Fact]) -> Any:  # noqa: ANN401 - a class of patches.
        properties = self.data.get("body", {}).get("properties", {})
        section_of = {key: self.sections(name) for name, each in self.data["sections"].items() for key in each["keys"]}
        ordered = [key for key in properties if key in section_of] or list(section_of)
        read = {fact.attribute: _order_annotation(fact) for fact in facts}
        annotations = {
            key: _annotation_of(key, properties[key])
            if key in properties
            else read.get(key, str | int | float | bool | None)
            for key in ordered
        }
        fields = {key: field(default=UNSET, section=section_of[key]) for key in ordered}
        return _make("Patch", PatchBase, {"sections": self.sections, "facts": tuple(facts)}, annotations, fields)

    def _make_order(self, facts: list[Fact]) -> Any:  # noqa: ANN401 - a class of orders.
        annotations: dict[str, Any] = {fact.attribute: _order_annotation(fact) for fact in facts}
        fields: dict[str, Any] = {fact.attribute: field(converter=fact.canonical) for fact in facts}
        for fact in facts:
            if fact.absent is not attrs.NOTHING:
                fields[fact.attribute] = field(default=_order_default(fact), converter=fact.canonical)
        annotations["id"], fields["id"] = int | str | None, field(default=None)
        annotations["written"], fields["written"] = self.patch_type | Unset, field(default=UNSET)
        return _make("Order", OrderBase, {"facts": tuple(facts)}, annotations, fields)


def _enumeration(name: str, words: Iterable[str]) -> type[StrEnum]:
    """Return an enumeration of words."""
    made: Any = StrEnum(name, {word: word for word in words})  # type: ignore[misc]  # mypy knows only literal members.
    return cast("type[StrEnum]", made)


def _order_default(fact: Fact) -> Any:  # noqa: ANN401 - a value of the fact, or None.
    return None if fact.absent is UNKNOWN else fact.absent


def _order_annotation(fact: Fact) -> Any:  # noqa: ANN401 - an annotation.
    """Return an annotation of the values that an attribute of an order may have."""
    options: list[Any] = [int, float] if fact.bands and not fact.counts else []
    if fact.counts:
        options.append(tuple[str, ...])
    kinds_of_values = {type(value) for value in fact.values if isinstance(value, str | bool | int | float)}
    if kinds_of_values & {str} and UNKNOWN not in fact.values:
        words = [value for value in fact.values if isinstance(value, str)]
        options.append(_enumeration(fact.name.title().replace(" ", ""), words))
        kinds_of_values.discard(str)
    options += [kind for kind in (str, bool, int, float) if kind in kinds_of_values]
    annotation: Any = options[0] if options else str
    for option in options[1:]:
        annotation |= option
    if UNKNOWN in fact.values:
        annotation = annotation | str | None
    return annotation | Unset if UNSET in fact.values else annotation


def _annotation_of(name: str, schema: Json) -> Any:  # noqa: ANN401 - an annotation.
    """Return the annotation of a body key, of the JSON Schema that was made from one."""
    if "anyOf" in schema:
        first, *others = (_annotation_of(name, each) for each in schema["anyOf"])
        for other in others:
            first |= other
        return first
    if "enum" in schema:
        return _enumeration(name.title().replace("_", ""), schema["enum"])
    if schema["type"] == "array":
        return tuple[_annotation_of(name, schema["items"]), ...]  # type: ignore[misc]  # made at run time.
    if schema["type"] == "object":
        required = schema.get("required", ())
        annotations = {
            key: _annotation_of(key, each) if key in required else _annotation_of(key, each) | Unset
            for key, each in schema["properties"].items()
        }
        fields = {key: field() if key in required else field(default=UNSET) for key in annotations}
        return _make(name.title().replace("_", ""), Model, {}, annotations, fields)
    if schema.get("format") == "date":
        return date
    return {"string": str, "integer": int, "number": int | float, "boolean": bool, "null": type(None)}[schema["type"]]


def _make(name: str, base: Any, options: Json, annotations: Json, fields: Json) -> Any:  # noqa: ANN401 - a class of the base.
    """Return a model with these fields."""
    if base is PatchBase:
        annotations = {key: annotation | Unset for key, annotation in annotations.items()}

    def fill(namespace: dict[str, Any]) -> None:
        namespace.update(fields)
        namespace["__annotations__"] = annotations
        namespace["__module__"] = __name__

    made: Any = new_class(name, (base,), options, fill)
    return model(made)  # pyright: ignore[reportUnknownVariableType]  # made at run time.


def _read_value(fact: Fact, data: object) -> Any:  # noqa: ANN401 - a value of the fact.
    condition = read_condition({"fact": fact.name, "in": [data]}, [fact])
    (value,) = cast("Any", condition).values
    return value


_STATES: Final[Mapping[str, Any]] = {"unknown": UNKNOWN, "left out": UNSET, "not shown": UNSET}


def _early_value(data: Any) -> Any:  # noqa: ANN401 - a value of a fact that is not made yet.
    if not isinstance(data, dict):
        return data
    state = cast("Json", data)
    return _STATES[state["state"]] if "state" in state else state.get("text")


def _read_fact(cls: type[Any], each: Json, **more: Any) -> Any:  # noqa: ANN401 - a fact of the class.
    def pairs(name: str) -> list[tuple[Any, Any]]:
        return [(_early_value(value), text) for value, text in each[name]]

    return cls(
        each["name"],
        values=[_early_value(value) for value in each["values"]],
        attribute=each["attribute"],
        bands=each["bands"],
        counts=each["counts"],
        flag=each["flag"],
        **({} if each["absent"] is None else {"absent": _early_value(each["absent"]["value"])}),
        unlisted=each["unlisted"],
        names=each["names"],
        says=each["says"],
        labels=pairs("labels"),
        phrases=pairs("phrases"),
        notes=pairs("notes"),
        remedies=pairs("remedies"),
        aliases=[(spelling, _early_value(value)) for spelling, value in each["aliases"]],
        words=[(word, _early_value(value)) for word, value in each["words"]],
        **more,
    )
