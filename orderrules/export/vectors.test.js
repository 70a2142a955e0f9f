// Runs the vectors: `node --test`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as engine from "./index.js";

const suite = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8"));
const read = ({ order, guest }) => engine.readOrder(order, { guest });
const policies = new Map();
/** One policy for all vectors with the same settings and choices, as an application has. */
const policyOf = ({ given, chosen = {} }) => {
  const name = JSON.stringify([given, chosen]);
  if (!policies.has(name)) policies.set(name, engine.policy({ assumptions: chosen }).given(given));
  return policies.get(name);
};
const verdict = (decision) => ({
  allowed: decision.allowed,
  violated: decision.violations.map(({ rule }) => rule),
  waived: decision.waivers.map(({ waiver }) => waiver),
  rests_on: decision.assumptions.map(({ assumption }) => assumption),
});
const expected = ({ allowed, violated, waived, rests_on }) => ({ allowed, violated, waived, rests_on });
const same = (actual, wanted, vector) => {
  if (isDeepStrictEqual(actual, wanted)) return;
  assert.fail(`${JSON.stringify(actual)} is not ${JSON.stringify(wanted)}, in ${JSON.stringify(vector)}`);
};
const problemsOf = (act) => {
  try {
    act();
  } catch (error) {
    if (error instanceof engine.InvalidInput) return error.problems.map(({ pointer, code }) => [pointer, code]);
    throw error;
  }
  return [];
};

test("the vectors are of this rulebook", () => {
  assert.equal(suite.version, 2);
  assert.equal(suite.digest, engine.rulebook.digest);
});

test("updates", () => {
  for (const vector of suite.updates) {
    const decision = policyOf(vector).canUpdate(read(vector), engine.readPatch(vector.body));
    same(verdict(decision), expected(vector), vector);
    same([...new Set(decision.violations.map(({ section }) => section))], vector.closed, vector);
  }
});

test("actions", () => {
  for (const vector of suite.actions) {
    const decision = policyOf(vector).can(read(vector), vector.action);
    same(verdict(decision), expected(vector), vector);
  }
});

test("orders", () => {
  for (const vector of suite.orders) {
    const problems = problemsOf(() => same(read(vector).facts, vector.facts, vector));
    same(problems, vector.problems, vector);
  }
});

test("bodies", () => {
  for (const vector of suite.bodies) {
    const problems = problemsOf(() => same(engine.readPatch(vector.body).keys, vector.keys, vector));
    same(problems, vector.problems, vector);
  }
});

test("answers in every language", () => {
  for (const vector of suite.answers) {
    const order = read(vector);
    for (const [language, answer] of Object.entries(vector.answers)) {
      const policy = policyOf(vector);
      const decision = vector.action
        ? policy.can(order, vector.action, { language })
        : policy.canUpdate(order, engine.readPatch(vector.body), { language });
      same(decision, answer, vector);
    }
  }
});
