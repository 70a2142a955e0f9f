"""The exported package answers as the library does, on all vectors and beyond; the vectors notice every mistake."""

from __future__ import annotations

import itertools
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import InvalidInput, Policy, awal
from orderrules.analysis import vectors
from orderrules.cli.app import PLATFORMS
from orderrules.engine.samples import orders_of, patch_at
from orderrules.export import check, npm_package, package_files, rulebook_json, write_package
from orderrules.grammar.orders import free_keys
from orderrules.reading.bodies import write_body
from tests.kit import planted_mistakes
from tests.kit.command_line import run
from tests.kit.examples import platform_example
from tests.kit.schemas import validator
from tests.kit.specs import ASSUMPTIONS

if TYPE_CHECKING:
    from orderrules.authoring import Endpoint

pytestmark = pytest.mark.any_python

SOURCES: Final = Path(npm_package.__file__).parent
ENGINE: Final = (SOURCES / "engine.js").read_text(encoding="utf-8")
ENDPOINTS: Final[dict[str, Endpoint[Any, Any]]] = {
    **PLATFORMS,
    **{name: platform_example(name).ENDPOINT for name in ("woocommerce", "vendure", "sylius")},
}
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed on this machine")


def node(*arguments: str, cwd: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run node in a folder."""
    command = [shutil.which("node") or "node", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Export all platforms."""
    made = {name: tmp_path_factory.mktemp(name) for name in ENDPOINTS}
    for name, folder in made.items():
        write_package(ENDPOINTS[name], folder)
    return made


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_rulebook_is_read_back_from_its_json(name: str) -> None:
    """It decides the same, and is written the same again."""
    endpoint = ENDPOINTS[name]
    data = json.loads(json.dumps(rulebook_json(endpoint)))
    again: Policy[Any, Any] = Policy.from_json(data)
    assert again.digest() == endpoint.policy.digest() == data["digest"]
    assert {**again.to_json(), "body": again.schema()} == {
        key: value for key, value in data.items() if key not in {"digest", "payload"}
    }
    given: dict[str, Any] = {each.attribute: each.values[0] for each in endpoint.policy.parameters}
    assert again.given(**given).digest() == endpoint.policy.given(**given).digest()
    assert Policy.from_json(endpoint.policy.to_json()).digest() == endpoint.policy.digest()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_rulebook_matches_its_schema(name: str) -> None:
    """Nothing may be added, left out or of another type; the policy's own part matches it alone."""
    schema = validator(json.loads(run("schema", "--of", "rulebook").stdout))
    data = json.loads(json.dumps(rulebook_json(ENDPOINTS[name])))
    schema.validate(data)
    schema.validate(json.loads(json.dumps(ENDPOINTS[name].policy.to_json())))
    for key in data:
        assert not schema.is_valid({**data, key: 1.5}), key
    assert not schema.is_valid({**data, "more": 1})
    assert not schema.is_valid({key: value for key, value in data.items() if key != "rules"})
    assert not schema.is_valid({**data, "rules": [{**data["rules"][0], "only_if": {"fact": "x"}}]})


@pytest.mark.parametrize("data", [None, [], {}, {"format": 2}, {"format": 1}, {"format": 1, "facts": [{}]}])
def test_what_is_no_rulebook_is_one_error(data: Any) -> None:
    """Nothing else escapes."""
    with pytest.raises(ValueError, match="rulebook"):
        Policy.from_json(data)


@needs_node
@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_package_passes_its_vectors(folders: dict[str, Path], name: str) -> None:
    """Those that are exported with it."""
    done = node("--test", cwd=folders[name])
    assert done.returncode == 0, done.stdout[-3000:]
    suite = json.loads((folders[name] / "vectors.json").read_text(encoding="utf-8"))
    assert all(suite[part] for part in ("updates", "orders", "bodies", "answers"))
    validator(vectors.SCHEMA).validate(suite)


ASK: Final = """
import { readFileSync } from "node:fs";
import * as engine from "./index.js";
const out = [];
for (const { order, guest, body, action, language } of JSON.parse(readFileSync(0, "utf8"))) {
  const read = engine.readOrder(order, { guest });
  if (action) out.push(engine.can(read, action, { language }));
  else {
    const patch = engine.readPatch(body);
    const { allowed, refused } = engine.split(read, patch);
    out.push([
      engine.canUpdate(read, patch, { language }),
      engine.editable(read, { language }),
      engine.nextStatuses(read),
      allowed,
      refused,
    ]);
  }
}
console.log(JSON.stringify(out));
"""


def every_question(endpoint: Endpoint[Any, Any]) -> list[tuple[dict[str, Any], Any, Any]]:
    """Return every question that a payload can ask: as JSON, the order that is read, and the update or the action."""
    policy, guest = endpoint.policy, endpoint.payload.guest
    asked: list[tuple[dict[str, Any], Any, Any]] = []
    for point, order in orders_of(policy.order_type):
        is_guest = guest is not None and getattr(order, guest.attribute) == guest.value
        payload = order.__payload__()
        del point
        read = endpoint.read_order(payload, guest=is_guest)
        common = {"order": payload, "guest": is_guest}
        for asked_point in policy.patch_type.__space__.points():
            for keys in ((), free_keys(policy.patch_type)):
                patch = patch_at(policy.patch_type, asked_point, keys)
                if patch is not None:
                    asked.append(({**common, "body": write_body(patch)}, read, patch))
        asked += [({**common, "action": str(action)}, read, action) for action in policy.actions or ()]
    return asked


@needs_node
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_package_answers_as_the_library_does(folders: dict[str, Path], name: str, language: str) -> None:
    """Every decision with every sentence, what is editable, which statuses follow, and both parts of a split."""
    policy = ENDPOINTS[name].policy
    questions = every_question(ENDPOINTS[name])
    done = node(
        "--input-type=module", "-e", ASK,
        cwd=folders[name], given=json.dumps([{**question, "language": language} for question, _, _ in questions]),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for (question, order, asked), answer in zip(questions, json.loads(done.stdout), strict=True):
        if "action" in question:
            assert answer == policy.can(order, asked).to_dict(order, asked, language=language)
            continue
        decision, editable, following, allowed, refused = answer
        assert decision == policy.can_update(order, asked).to_dict(order, asked, language=language), question
        assert editable == {
            section.value: each.to_dict(order, language=language) for section, each in policy.editable(order).items()
        }
        statuses = policy.next_statuses(order)
        assert (following is None) is (statuses is None)
        assert sorted(following or []) == sorted(str(status) for status in statuses or ())
        parts = policy.split(order, asked)
        assert (allowed, refused) == (write_body(parts.allowed), write_body(parts.refused))


ASK_UNDER: Final = """
import { readFileSync } from "node:fs";
import * as engine from "./index.js";
const { orders, bodies, policies } = JSON.parse(readFileSync(0, "utf8"));
const out = policies.map((assumptions) => {
  const policy = engine.policy({ assumptions });
  return orders.map(([order, guest]) => {
    const read = engine.readOrder(order, { guest });
    return [bodies.map((body) => policy.canUpdate(read, engine.readPatch(body))), policy.editable(read)];
  });
});
console.log(JSON.stringify(out));
"""


@needs_node
@pytest.mark.parametrize("name", PLATFORMS)
def test_the_package_answers_as_the_library_does_under_any_answers(folders: dict[str, Path], name: str) -> None:
    """One answer to an assumption, two or all of them: several of them change one rule."""
    endpoint = ENDPOINTS[name]
    answers = [
        [(each["id"], other["name"], {each["keyword"]: other["value"]}) for other in each["alternatives"]]
        for each in ASSUMPTIONS
        if each["platform"] == name and "alternatives" in each
    ]
    combinations = itertools.product(*([None, *others] for others in answers))
    chosen = [some for some in combinations if sum(map(bool, some)) in {0, 1, 2, len(answers)}]
    guest = endpoint.payload.guest
    orders = [
        (order.__payload__(), guest is not None and getattr(order, guest.attribute) == guest.value)
        for _, order in orders_of(endpoint.policy.order_type)
    ]
    every = free_keys(endpoint.policy.patch_type)
    asked = (
        patch_at(endpoint.policy.patch_type, point, every) for point in endpoint.policy.patch_type.__space__.points()
    )
    bodies = [write_body(patch) for patch in asked if patch is not None]
    given = {
        "orders": orders,
        "bodies": bodies,
        "policies": [{each[0]: each[1] for each in some if each is not None} for some in chosen],
    }
    done = node("--input-type=module", "-e", ASK_UNDER, cwd=folders[name], given=json.dumps(given))
    assert done.returncode == 0, done.stderr[-3000:]
    read = [endpoint.read_order(payload, guest=is_guest) for payload, is_guest in orders]
    patches = [endpoint.read_patch(body) for body in bodies]
    assert endpoint.make_policy is not None
    assert len(chosen) == {"salla": 17, "awal": 4}[name]

    def told(decision: Any) -> Any:
        return {**decision, "rulebook": None}

    for some, answer in zip(chosen, json.loads(done.stdout), strict=True):
        settings = dict(entry for each in some if each is not None for entry in each[2].items())
        policy = endpoint.make_policy(**settings)
        for order, (decisions, editable) in zip(read, answer, strict=True):
            expected = [policy.can_update(order, patch).to_dict(order, patch) for patch in patches]
            assert list(map(told, decisions)) == list(map(told, expected)), settings
            assert {section: told(each) for section, each in editable.items()} == {
                section.value: told(each.to_dict(order)) for section, each in policy.editable(order).items()
            }, settings
            version = decisions[0]["rulebook"]
            assert version.get("assumptions", {}) == {each[0]: each[1] for each in some if each is not None}
            assert ("digest" in version) is not any(some)


def test_every_mistake_of_an_interpreter_is_noticed_by_the_vectors() -> None:
    """If engine, vectors or mistakes have changed since, `make planted` has to plant all of them again (30 seconds)."""
    written = json.loads(planted_mistakes.NOTICED.read_text(encoding="utf-8"))
    assert written["digest"] == planted_mistakes.digest(), "run make planted"
    assert list(written["noticed"]) == [mistake["says"] for mistake in planted_mistakes.MISTAKES]
    assert [says for says, parts in written["noticed"].items() if not parts] == []


@needs_node
def test_some_planted_mistakes_are_noticed_by_the_parts_that_were_written_down(tmp_path: Path) -> None:
    """Each ninth one is planted here."""
    written = json.loads(planted_mistakes.NOTICED.read_text(encoding="utf-8"))["noticed"]
    for says, parts in planted_mistakes.measure(tmp_path, planted_mistakes.MISTAKES[::9]).items():
        assert parts == written[says], says


NUMBERS: Final = """
import * as engine from "./index.js";
const codes = (act) => {
  try { act(); return []; } catch (error) { return error.problems.map(({ pointer, code }) => [pointer, code]); }
};
console.log(JSON.stringify([
  codes(() => engine.readPatch('{"branch_id": 9007199254740993}')),
  codes(() => engine.readPatch({ branch_id: 2 ** 53 })),
  codes(() => engine.readPatch('{"branch_id": 9007199254740991}')),
  codes(() => engine.readPatch(new Uint8Array([0xff]))),
  codes(() => engine.readPatch('{"ship_to": '.repeat(100))),
]));
"""


BROKEN: Final = (
    '{"coupon_code": "EID", "receiver": {"name": "نو\\u0631ة", "notify": true}, "employees": [1, 2.5, -3e2]}',
    '{"x": 1, "x": 2}',
    '{\n  "ship_to": {"country": 1,\n "geo_coordinates": {"lat": 1.5}}\n}',
    '{"zzz": [NaN, 1e999], "zzz": {"y": 12345678901234567890, "y": Infinity}}',
)
_STRANGE: Final = "{}[],:\"'\\ \n\t-.eu\u00a0tN"


def broken_texts() -> list[str]:
    """Return texts with one or two characters added, removed or replaced, or cut off."""
    chance = random.Random(7)  # noqa: S311 - the same texts each time.
    texts: dict[str, None] = {}
    for _ in range(3000):
        text = chance.choice(BROKEN)
        for _ in range(chance.randint(1, 2)):
            place, to = chance.randrange(len(text) + 1), chance.randint(0, 3)
            text = (
                text[:place]
                + chance.choice(("", chance.choice(_STRANGE)))
                + chance.choice((text[place + to :],) * 9 + ("",))
            )
        texts[text] = None
    return list(texts)


@needs_node
def test_a_broken_text_has_the_same_problems_at_the_same_places(folders: dict[str, Path]) -> None:
    """Line, column and sentence of a syntax error too; what was found before it is not told."""
    texts = broken_texts()
    assert len(texts) > 2000

    def problems(text: str) -> list[list[str]] | None:
        try:
            ENDPOINTS["salla"].read_patch(text)
        except InvalidInput as error:
            return [[problem.pointer, problem.code.value, problem.message] for problem in error.problems]
        return None

    ask = """import { readFileSync } from "node:fs"; import { InvalidInput, readPatch } from "./index.js";
    const problems = (text) => { try { readPatch(text); return null; } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return error.problems.map(({ pointer, code, message }) => [pointer, code, message]); } };
    console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(problems)));"""
    done = node("--input-type=module", "-e", ask, cwd=folders["salla"], given=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    for text, told in zip(texts, json.loads(done.stdout), strict=True):
        assert told == problems(text), text


@needs_node
def test_a_number_beyond_what_a_double_holds_is_a_problem(folders: dict[str, Path]) -> None:
    """And not another number."""
    done = node("--input-type=module", "-e", NUMBERS, cwd=folders["salla"])
    assert json.loads(done.stdout) == [
        [["/branch_id", "number_too_long"]],
        [["/branch_id", "number_too_long"]],
        [],
        [["", "not_utf8"]],
        [["", "too_deep"]],
    ]


HOSTILE: Final = """
import * as engine from "./index.js";
const told = (act) => {
  try { return act().keys; } catch (error) {
    return error.problems?.map(({ pointer, code }) => `${pointer} ${code}`) ?? error.name;
  }
};
class Customer { #id = 1; get id() { return this.#id; } }
const sparse = [];
sparse.length = 2 ** 32 - 1;
const order = { status: { slug: "completed" } };
const many = `{"employees": [${Array(3000).fill('"a"').join()}]}`;
const counted = () => {
  try { engine.readPatch(many); } catch ({ problems, more }) { return [problems.length, more]; }
};
const list = [12];
const patch = engine.readPatch({ employees: list });
list.push(13);
const unknown = engine.readOrder({ status: { slug: "zzz" } });
const { canUpdate } = engine.policy();
console.log(JSON.stringify([
  told(() => engine.readPatch(Promise.resolve({}))),
  told(() => engine.readPatch(new Map())),
  told(() => engine.readPatch(new TextEncoder().encode('{"coupon_code": "X"}').buffer)),
  told(() => engine.readPatch({ employees: sparse })),
  told(() => engine.readPatch({ employees: [, 1] })),
  told(() => engine.readPatch({ coupon_code: undefined, employees: [1] })),
  told(() => engine.readPatch('{"branch_id": 1.0}')),
  told(() => engine.readPatch('{"branch_id": 1e-400}')),
  told(() => engine.readPatch('{"ship_to": {"geo_coordinates": {"lat": 1e300}}}')),
  told(() => engine.readPatch('{"ship_to": {"geo_coordinates": {"lat": 1e400}}}')),
  told(() => engine.readPatch("{}\u00a0")),
  told(() => engine.readPatch(`{"coupon_code": "${"a".repeat(2 ** 20)}"}`)),
  told(() => engine.readPatch('{"__proto__": {"allowed": true}}')),
  told(() => engine.readOrder({ ...order, customer: new Customer() })),
  told(() => engine.readOrder({ status: Object.create({ slug: "completed" }) })),
  told(() => engine.readOrder('{"id": 12345678901234567890, "status": {"slug": "completed"}}')),
  engine.readOrder('{"hash": 12345678901234567890, "status": {"slug": "completed"}}').facts.status,
  told(() => engine.canUpdate({ facts: {}, attributes: {} }, patch)),
  told(() => engine.canUpdate(structuredClone(engine.readOrder(order)), patch)),
  told(() => { unknown.facts.status.state = "completed"; }),
  told(() => engine.readPatch("{}", { language: "constructor" })),
  counted(),
  patch.body.employees,
  canUpdate(engine.readOrder(order), engine.readPatch({ coupon_code: "X" })).allowed,
]));
"""


@needs_node
def test_what_is_no_json_of_ones_own_is_a_problem_and_no_empty_object(folders: dict[str, Path]) -> None:
    """Nothing that was read changes afterwards, and nothing that was not read is decided on."""
    done = node("--input-type=module", "-e", HOSTILE, cwd=folders["salla"])
    assert json.loads(done.stdout) == [
        [" wrong_type"],
        [" wrong_type"],
        ["coupon_code"],
        ["/employees wrong_type"],
        ["/employees wrong_type"],
        ["employees"],
        ["/branch_id wrong_type"],
        ["/branch_id wrong_type"],
        ["ship_to"],
        ["/ship_to/geo_coordinates/lat not_finite"],
        [" trailing_text"],
        [" too_large"],
        ["/__proto__ unknown_key"],
        ["/customer wrong_type"],
        ["/status wrong_type"],
        ["/id number_too_long"],
        "completed",
        "TypeError",
        "TypeError",
        "TypeError",
        "RangeError",
        [100, 2900],
        [12],
        False,
    ], done.stderr


@needs_node
@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_example_in_the_readme_of_a_package_shows_a_refusal(folders: dict[str, Path], name: str) -> None:
    """As it stands, and with the ids of rules."""
    readme = (folders[name] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```js\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    done = node("--input-type=module", "-e", code, cwd=folders[name])
    assert any(rule.id in done.stdout for rule in ENDPOINTS[name].policy.rules), done.stderr


CHOICES: Final = """
import * as engine from "./index.js";
const order = engine.readOrder({ status: { slug: "delivered" }, customer: [] });
const patch = engine.readPatch({ coupon_code: "x" });
const told = (act) => { try { return act(); } catch (error) { return `${error.name}: ${error.message}`; } };
console.log(JSON.stringify([
  engine.canUpdate(order, patch).allowed,
  engine.policy({ assumptions: { S2: "family" } }).canUpdate(order, patch).allowed,
  engine.policy({ given: { store_allows_rating: false } }).can(order, "rate").allowed,
  told(() => engine.policy({ assumptions: { S2: "x" } })),
  told(() => engine.given({ colour: 1 })),
  told(() => engine.can(order, "x")),
  told(() => engine.canUpdate(order, patch, { language: "tlh" })),
  told(() => engine.assertAllowed(engine.can(order, "cancel"))),
]));
"""


@needs_node
def test_assumptions_and_parameters_are_chosen_by_option(folders: dict[str, Path]) -> None:
    """A mistake in an option is an error that lists what there is."""
    done = node("--input-type=module", "-e", CHOICES, cwd=folders["salla"])
    *verdicts, alternative, parameter, action, language, refused = json.loads(done.stdout)
    assert verdicts == [True, False, False]
    assert alternative == "RangeError: there is no answer x to S2; there are: exact, family"
    assert "its parameters are: store_allows_cancellation, store_allows_rating" in parameter
    assert action == "RangeError: 'x' is not an action; there are: cancel, rate, pay"
    assert language == "RangeError: there is no language 'tlh'; the languages are: en, ar"
    assert refused.startswith("UpdateRefused: canceling the order is not possible")


def test_the_command_writes_and_checks_a_package(tmp_path: Path) -> None:
    """A folder that is out of date is told, with its files."""
    folder = tmp_path / "vendor"
    done = run("export", "--platform", "awal", "--to", "js", "--out", str(folder))
    assert done.exit_code == 0
    assert sorted(Path(line).name for line in done.stdout.split()) == sorted(package_files(awal.ENDPOINT))
    assert run("export", "--platform", "awal", "--check", str(folder)).stdout == "up to date\n"
    described = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert described["orderrules"] == {"edition": "1", "digest": awal.POLICY.digest()}
    assert "dependencies" not in described
    (folder / "index.js").unlink()
    outdated = run("export", "--platform", "awal", "--check", str(folder))
    assert (outdated.exit_code, outdated.stdout) == (1, "index.js: missing\n")
    assert check(awal.ENDPOINT, folder) == ["index.js"]
    other = run("export", "--platform", "awal", "--skipping", "--check", str(folder))
    assert "rulebook.json: not what would be written now" in other.stdout
    assert json.loads(run("export", "--platform", "awal").stdout) == json.loads(
        json.dumps(rulebook_json(awal.ENDPOINT))
    )
    assert run("export", "--platform", "awal", "--to", "js").exit_code == 2
    assert run("export", "--platform", "awal", "--out", str(folder)).exit_code == 2


def test_an_endpoint_with_code_of_its_own_is_not_exported(tmp_path: Path) -> None:
    """Its answers would differ; the error says what to write in its place."""
    file = tmp_path / "built.py"
    file.write_text(
        "import attrs\nfrom orderrules import awal\n"
        "BUILT = attrs.evolve(awal.ENDPOINT, build_order=lambda **values: awal.Order(**values))\n",
        encoding="utf-8",
    )
    done = run("export", "--policy", f"{file}:BUILT")
    assert done.exit_code == 2
    assert "has a build_order, which cannot be exported" in done.stderr


def test_the_engine_knows_no_platform() -> None:
    """Everything comes from the data; no character that marks a direction stands in the source."""
    files = package_files(awal.ENDPOINT)
    assert not re.search("salla|awal", ENGINE, re.IGNORECASE)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", files["index.js"])
    assert "http" not in files["package.json"]


TYPES: Final = """
import { canUpdate, readOrder, readPatch, policy, type Decision, type Status } from "./index.js";
const order = readOrder({ status: { slug: "completed" } }, { guest: true });
const patch = readPatch({ coupon_code: "EID", ship_to: { geo_coordinates: { lat: 24.7 } } });
const chosen = policy({ assumptions: { S2: "family" }, given: { store_allows_rating: true } });
const decision: Decision = chosen.canUpdate(order, patch);
const status: Status = "completed";
if (decision.violations[0]?.rule === "SALLA-COUPON-1") canUpdate(order, patch, { language: "ar" });
export { status };
"""
WRONG: Final = {
    'const status: Status = "completed";': 'const status: Status = "complete";',
    'rule === "SALLA-COUPON-1"': 'rule === "SALLA-COUPON-9"',
    'S2: "family"': 'S2: "families"',
    'coupon_code: "EID"': "coupon_code: 7",
    'language: "ar"': 'language: "fr"',
}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a compiler and a formatter, or skip what needs them."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed on this machine")
    folder = tmp_path_factory.mktemp("tools")
    arguments = ("install", "--no-save", "--no-audit", "--no-fund", "--silent", "typescript@5", "prettier@3")
    if subprocess.run([npm, *arguments], cwd=folder, capture_output=True, check=False).returncode != 0:
        pytest.skip("typescript and prettier cannot be installed on this machine")
    return folder / "node_modules"


@needs_node
def test_the_types_are_exact(folders: dict[str, Path], tools: Path) -> None:
    """A strict compiler takes an example, and refuses a misspelt status, rule, alternative or language."""
    folder = folders["salla"]
    examples = {"right.ts": TYPES} | {
        f"wrong-{place}.ts": TYPES.replace(right, wrong) for place, (right, wrong) in enumerate(WRONG.items())
    }
    for name, text in examples.items():
        (folder / name).write_text(text, encoding="utf-8")
    options = ("--noEmit", "--strict", "--module", "nodenext", "--target", "es2022")
    told = node(str(tools / "typescript" / "bin" / "tsc"), *options, *examples, cwd=folder).stdout
    assert set(re.findall(r"^([\w-]+\.ts)\(.*error TS", told, re.MULTILINE)) == set(examples) - {"right.ts"}, told


@needs_node
def test_the_javascript_is_formatted(tools: Path) -> None:
    """By a formatter that is widely used; and so is the page of the documentation."""
    page = Path(__file__).parents[2] / "docs" / "try"
    kinds = ((SOURCES, "*.js"), (SOURCES, "*.ts"), (page, "*.js"), (page, "*.css"), (page, "*.html"))
    files = [str(file) for folder, pattern in kinds for file in folder.glob(pattern)]
    assert len(files) > 15
    done = node(
        str(tools / "prettier" / "bin" / "prettier.cjs"), "--print-width", "120", "--check", *files, cwd=SOURCES
    )
    assert done.returncode == 0, done.stderr


@needs_node
def test_what_the_documentation_shows_of_javascript_is_so(folders: dict[str, Path]) -> None:
    """Each block of JavaScript prints the block of text after it."""
    document = (Path(__file__).parents[2] / "docs" / "how-to" / "javascript.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```js\n(.*?)^```\n\n```text\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    assert blocks
    for code, printed in blocks:
        local = re.sub(r'"\./vendor/orderrules-(\w+)/', lambda match: f'"{folders[match[1]]}/', code)
        done = node("--input-type=module", "-e", local, cwd=folders["salla"])
        assert done.stdout == printed, done.stdout + done.stderr
