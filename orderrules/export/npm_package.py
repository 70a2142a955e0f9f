"""Writes a rulebook as JSON, and as an npm package without dependencies, whose code is ``engine.js``.

Nothing here knows a platform: all of it comes from the rulebook, and from what the endpoint knows as data.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from orderrules.analysis import vectors
from orderrules.analysis.schema import schema_of
from orderrules.grammar.condition_json import plain_to_json
from orderrules.languages.sentences import SHIPPED, language_of
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from orderrules.policy.endpoint import Endpoint
    from orderrules.reading.payloads import Payload

_DATA_LINE: Final = 'import { languages, rulebook } from "./data.js";\n'
_TABLES: Final = (
    "CODE", "DIRECTION", "JOINERS", "FORMS", "NOUNS", "VALUES", "KINDS", "PROBLEMS", "CONDITIONS", "DECISIONS", "NOTES",
    "ERRORS", "INPUTS",
)  # fmt: skip
"""The tables of a language that the engine reads."""
_VERSION: Final = 1


def rulebook_json(endpoint: Endpoint[Any, Any]) -> dict[str, Any]:
    """Return a rulebook as JSON, with its digest, the schema of a body, and where an order stands in a payload.

    ``Rulebook.from_json`` reads it.

    Args:
        endpoint: the endpoint, with its policy.

    Raises:
        ValueError: the endpoint builds orders with code of its own, which is no data.
    """
    policy = endpoint.policy
    if endpoint.build_order is not None:
        raise ValueError(
            f"the endpoint of {policy.name} has a build_order, which cannot be exported: "
            "say it as data, with Place.quoted, Payload.implied and Payload.guest"
        )
    return {
        **policy.to_json(),
        "digest": policy.digest(),
        "body": policy.schema(),
        "payload": _payload_to_json(endpoint.payload),
    }


def _payload_to_json(payload: Payload) -> dict[str, Any]:
    return {
        "places": [
            {
                "attribute": place.attribute,
                "path": list(place.path),
                "schema": None if place.kind is None or place.length else schema_of(place.kind),
                "required": place.required,
                "if_left_out": _plain(place.if_left_out),
                "empty": [kind.value for kind in place.empty],
                "if_empty": _plain(place.if_empty),
                "if_key_left_out": _plain(place.if_key_left_out),
                "if_present": _plain(place.if_present),
                "length": place.length,
                "quoted": place.quoted,
                "expected": place.expected,
            }
            for place in payload.places
        ],
        "inside": payload.inside,
        "event": payload.event,
        "others": list(payload.others),
        "activity": payload.activity,
        "shows": list(payload.shows),
        "beside_id": list(payload.beside_id),
        "never": list(payload.never),
        "success": payload.success,
        "implies": [
            {
                "attribute": each.attribute,
                "value": _plain(each.value),
                "then": {"attribute": each.then, "value": each.becomes},
            }
            for each in payload.implied
        ],
        "guest": None
        if payload.guest is None
        else {
            "attribute": payload.guest.attribute,
            "value": _plain(payload.guest.value),
            "unless": _plain(payload.guest.unless),
        },
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of JSON.
    return {"state": "unset"} if value is UNSET else plain_to_json(value)


def languages_json() -> dict[str, Any]:
    """Return the tables of all shipped languages that the engine reads."""
    return {code: {name: _table(getattr(language_of(code), name)) for name in _TABLES} for code in SHIPPED}


def _table(table: Any) -> Any:  # noqa: ANN401 - a table of a language.
    return {key: _table(value) for key, value in table.items()} if hasattr(table, "items") else table


def engine(rulebook: Mapping[str, Any]) -> str:
    """Return the JavaScript module of a rulebook: the code of ``engine.js`` with its data."""
    code = resources.files("orderrules.export").joinpath("engine.js").read_text(encoding="utf-8")
    data = "".join(
        f"const {name} = {json.dumps(content, ensure_ascii=False, indent=1)};\n"
        for name, content in (("languages", languages_json()), ("rulebook", rulebook))
    )
    assert _DATA_LINE in code  # noqa: S101 - the two files belong together.
    head = f"// Made from {_made_from(rulebook)}; do not edit, export it again.\n"
    return head + code.replace(_DATA_LINE, _escape(data))


def _escape(text: str) -> str:
    """Escape the characters that mark directions, which nobody sees in a source."""
    return re.sub("[\u2028\u2029\u202a-\u202e\u2066-\u2069]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _made_from(rulebook: Mapping[str, Any]) -> str:
    return (
        f"the rulebook of {rulebook['platform']}, edition {rulebook['edition'] or 'none'}, digest {rulebook['digest']}"
    )


def _union(words: Iterable[object]) -> str:
    return " | ".join(json.dumps(str(word)) for word in words) or "never"


def types(rulebook: Mapping[str, Any]) -> str:
    """Return the TypeScript declarations of a rulebook's module."""
    none: dict[str, Any] = {"values": []}
    statuses: Mapping[str, Any] = next((fact for fact in rulebook["facts"] if fact["of"] == "order"), none)
    names = {
        "Status": [value for value in statuses["values"] if isinstance(value, str)],
        "Section": rulebook["sections"],
        "Key": [key for each in rulebook["sections"].values() for key in each["keys"]],
        "Action": rulebook["actions"],
        "RuleId": [rule["id"] for rule in rulebook["rules"]],
        "WaiverId": [waiver["id"] for waiver in rulebook["waivers"]],
        "Code": [code.value for code in Code],
        "AssumptionId": [each["id"] for each in rulebook["assumptions"]],
        "Language": SHIPPED,
    }
    facts = [
        f"  {json.dumps(fact['name'])}: {_fact_type(fact)};" for fact in rulebook["facts"] if fact["of"] == "order"
    ]
    chosen = [
        f"    {each['id']}?: {_union(filter(None, [each['name'], *_names(each['alternatives'])]))};"
        for each in rulebook["assumptions"]
        if any(other["rules"] for other in each["alternatives"])
    ]
    given = [f"    {each['attribute']}?: {_fact_type(each)};" for each in rulebook["parameters"]]
    written = resources.files("orderrules.export").joinpath("engine.d.ts").read_text(encoding="utf-8")
    return "\n".join(
        [
            f"// Made from {_made_from(rulebook)}.",
            *(f"export type {name} = {_union(words)};" for name, words in names.items()),
            "export interface Facts {",
            *facts,
            "}",
            f"export type Body = {_schema_type(rulebook['body'])};",
            "export interface Options {",
            "  /** The values of parameters, such as a store's settings. */",
            *(["  given?: {", *given, "  };"] if given else ["  given?: Record<string, never>;"]),
            "  /** Other answers to what the page leaves open. */",
            *(["  assumptions?: {", *chosen, "  };"] if chosen else ["  assumptions?: Record<string, never>;"]),
            "}",
            written,
        ]
    )


def _names(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    return [each["name"] for each in entries]


def _fact_type(fact: Mapping[str, Any]) -> str:
    kinds = dict.fromkeys("State" if isinstance(value, dict) else json.dumps(value) for value in fact["values"])
    return " | ".join([*kinds, *(["State"] if fact["bands"] and "State" not in kinds else [])]) or "unknown"


def _schema_type(schema: Mapping[str, Any]) -> str:
    """Return the TypeScript type of a JSON Schema."""
    if "anyOf" in schema:
        return " | ".join(_schema_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return _union(schema["enum"])
    if schema["type"] == "array":
        return f"Array<{_schema_type(schema['items'])}>"
    if schema["type"] == "object":
        required = schema.get("required", ())
        members = (
            f"{key}{'' if key in required else '?'}: {_schema_type(each)}" for key, each in schema["properties"].items()
        )
        return f"{{ {'; '.join(members)} }}"
    return {"integer": "number"}.get(schema["type"], str(schema["type"]))


def package_files(endpoint: Endpoint[Any, Any]) -> dict[str, str]:
    """Return the files of an npm package, by their names.

    Args:
        endpoint: the endpoint, with its policy.
    """
    policy, rulebook = endpoint.policy, rulebook_json(endpoint)
    described = {
        "name": f"orderrules-{policy.name}",
        "version": f"{_VERSION}.{policy.edition or 0}.0",
        "description": f"Which update may be made to an order of {policy.name}, and which documented rule refuses it.",
        "type": "module",
        "main": "index.js",
        "types": "index.d.ts",
        "exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./rulebook.json": "./rulebook.json",
            "./package.json": "./package.json",
        },
        "files": ["index.js", "index.d.ts", "rulebook.json"],
        "engines": {"node": ">=20"},
        "sideEffects": False,
        "private": True,
        "license": "MIT",
        "scripts": {"test": "node --test"},
        "orderrules": {"edition": policy.edition, "digest": rulebook["digest"]},
    }
    suite: Any = vectors.suite(policy, endpoint)
    # The example of the readme is a vector that is refused, if there is one.
    shown = next((each for each in suite["updates"] if not each["allowed"]), suite["updates"][0])
    files = resources.files("orderrules.export")
    readme = files.joinpath("README.template.md").read_text(encoding="utf-8")
    return {
        "package.json": json.dumps(described, indent=2) + "\n",
        "index.js": engine(rulebook),
        "index.d.ts": types(rulebook),
        "rulebook.json": json.dumps(rulebook, ensure_ascii=False, separators=(",", ":")) + "\n",
        "vectors.json": json.dumps(suite, ensure_ascii=False, separators=(",", ":")) + "\n",
        "index.test.js": files.joinpath("vectors.test.js").read_text(encoding="utf-8"),
        "README.md": readme.replace("PLATFORM", policy.name)
        .replace("MADE_FROM", _made_from(rulebook))
        .replace("ORDER", json.dumps(shown["order"], ensure_ascii=False))
        .replace("BODY", json.dumps(shown["body"], ensure_ascii=False)),
    }


def write_package(endpoint: Endpoint[Any, Any], folder: Path) -> list[str]:
    """Write the files of a package into a folder, and return their names.

    Args:
        endpoint: the endpoint, with its policy.
        folder: the folder, which is made if it is not there.
    """
    files = package_files(endpoint)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        folder.joinpath(name).write_text(content, encoding="utf-8")
    return list(files)


def check(endpoint: Endpoint[Any, Any], folder: Path) -> list[str]:
    """Return the names of the files in a folder that are not those that ``write_package`` writes now.

    Args:
        endpoint: the endpoint, with its policy.
        folder: the folder.
    """
    return [
        name
        for name, content in package_files(endpoint).items()
        if not folder.joinpath(name).is_file() or folder.joinpath(name).read_text(encoding="utf-8") != content
    ]
