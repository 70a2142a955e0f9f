// Runs the vectors: `node --test`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as engine from "./index.js";

const suite = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8"));
const read = ({ order, guest }) => engine.readOrder(order, { guest });
const verdict = (decision) => ({
  allowed: decision.allowed,
  violated: decision.violations.map(({ rule }) => rule),
  waived: decision.waivers.map(({ waiver }) => waiver),
  rests_on: decision.assumptions.map(({ assumption }) => assumption),
});
const expected = ({ allowed, violated, waived, rests_on }) => ({ allowed, violated, waived, rests_on });
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
    const policy = engine.given(vector.given);
    const decision = policy.canUpdate(read(vector), engine.readPatch(vector.body));
    assert.deepEqual(verdict(decision), expected(vector), JSON.stringify(vector));
    assert.deepEqual([...new Set(decision.violations.map(({ section }) => section))], vector.closed);
  }
});

test("actions", () => {
  for (const vector of suite.actions) {
    const decision = engine.given(vector.given).can(read(vector), vector.action);
    assert.deepEqual(verdict(decision), expected(vector), JSON.stringify(vector));
  }
});

test("orders", () => {
  for (const vector of suite.orders) {
    const problems = problemsOf(() => assert.deepEqual(read(vector).facts, vector.facts, JSON.stringify(vector)));
    assert.deepEqual(problems, vector.problems, JSON.stringify(vector));
  }
});

test("bodies", () => {
  for (const vector of suite.bodies) {
    const problems = problemsOf(() => assert.deepEqual(engine.readPatch(vector.body).keys, vector.keys, JSON.stringify(vector)));
    assert.deepEqual(problems, vector.problems, JSON.stringify(vector));
  }
});

test("answers in every language", () => {
  for (const vector of suite.answers) {
    const order = read(vector);
    for (const [language, answer] of Object.entries(vector.answers)) {
      const policy = engine.policy({ given: vector.given, assumptions: vector.chosen });
      const decision = vector.action
        ? policy.can(order, vector.action, { language })
        : policy.canUpdate(order, engine.readPatch(vector.body), { language });
      assert.deepEqual(decision, answer, JSON.stringify(vector.body ?? vector.action));
    }
  }
});
