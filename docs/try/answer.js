/** Asks the exported JavaScript of a platform everything that the page shows. `ask.py` makes the same of the library. */

/** What one choice more would change: one entry for each other answer to an assumption and each value of a parameter. */
export const variantsOf = (engine, choices, question) => [
  ...Object.entries(choices).flatMap(([assumption, { keyword, answers }]) =>
    [null, ...Object.keys(answers)]
      .filter((name) => name !== (question.assumptions[assumption] ?? null))
      .map((name) => ({
        assumption,
        name,
        assumptions: { [assumption]: name },
        settings: { [keyword]: name === null ? null : answers[name] },
      })),
  ),
  ...engine.rulebook.parameters.flatMap(({ attribute, values }) =>
    [null, ...values]
      .filter((value) => value !== (question.given[attribute] ?? null))
      .map((value) => ({ parameter: attribute, name: value, given: { [attribute]: value } })),
  ),
];

/** The keywords of the library's `make_policy` that choose some answers to assumptions. */
export const settingsOf = (choices, assumptions) =>
  Object.fromEntries(Object.entries(assumptions).map(([id, name]) => [choices[id].keyword, choices[id].answers[name]]));

const withoutNulls = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

const policies = new Map();
const policyOf = (engine, question, { assumptions = {}, given = {} } = {}) => {
  const options = {
    assumptions: withoutNulls({ ...question.assumptions, ...assumptions }),
    given: withoutNulls({ ...question.given, ...given }),
  };
  const key = JSON.stringify([engine.rulebook.platform, options]);
  if (!policies.has(key)) policies.set(key, engine.policy(options));
  return policies.get(key);
};

const reading = (engine, read) => {
  try {
    return [read(), null];
  } catch (error) {
    if (!(error instanceof engine.InvalidInput)) throw error;
    return [null, { problems: error.problems, more: error.more }];
  }
};

const mapped = (keys, value) => Object.fromEntries(keys.map((key) => [key, value(key)]));

const nextOf = (policy, order) => policy.nextStatuses(order)?.sort() ?? null;

/** The verdicts of a policy alone. */
const summaryOf = (engine, policy, order, patch) => {
  const sections = policy.editable(order);
  return {
    next: nextOf(policy, order),
    update: patch === null ? null : policy.canUpdate(order, patch).allowed,
    sections: mapped(Object.keys(sections), (name) => sections[name].allowed),
    actions: mapped(Object.keys(engine.rulebook.actions), (name) => policy.can(order, name).allowed),
  };
};

/** Answer a question: `{order, body, guest, language, assumptions, given, variants}`, of which the first two are texts. */
export const answerTo = (engine, question) => {
  const { language, guest } = question;
  const policy = policyOf(engine, question);
  const options = guest ? { guest, language } : { language };
  const [order, orderProblems] = reading(engine, () => engine.readOrder(question.order, options));
  const [patch, bodyProblems] = reading(engine, () => engine.readPatch(question.body, { language }));
  const both = order !== null && patch !== null;
  const parts = both ? policy.split(order, patch, { language }) : null;
  return {
    digest: Object.keys(question.assumptions).length === 0 ? engine.rulebook.digest : null,
    orderProblems,
    bodyProblems,
    decision: both ? policy.canUpdate(order, patch, { language }) : null,
    split: both ? { allowed: parts.allowed, refused: parts.refused } : null,
    sections: order && policy.editable(order, { language }),
    actions: order && mapped(Object.keys(engine.rulebook.actions), (name) => policy.can(order, name, { language })),
    next: order && nextOf(policy, order),
    variants:
      order && question.variants.map((each) => summaryOf(engine, policyOf(engine, question, each), order, patch)),
  };
};

/** The problems by their places: JavaScript has keys that are numbers before all others. */
const comparable = (problems) =>
  problems && {
    more: problems.more,
    problems: problems.problems.map(({ pointer, code, message }) => [pointer, code, message].join(" ")).sort(),
  };

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
};

/** The version of the rulebook is compared once, as the digest, which an engine under other assumptions does not know. */
const withoutVersion = (decision) => decision && { ...decision, rulebook: null };
const normalized = (answer, hasDigest) => ({
  ...answer,
  digest: hasDigest ? answer.digest : null,
  orderProblems: comparable(answer.orderProblems),
  bodyProblems: comparable(answer.bodyProblems),
  decision: withoutVersion(answer.decision),
  sections: answer.sections && mapped(Object.keys(answer.sections), (key) => withoutVersion(answer.sections[key])),
  actions: answer.actions && mapped(Object.keys(answer.actions), (key) => withoutVersion(answer.actions[key])),
});

/** Compare two answers: how many parts there are, and the names of those that differ. */
export const compare = (one, other) => {
  const hasDigest = one.digest !== null;
  const [first, second] = [normalized(one, hasDigest), normalized(other, hasDigest)];
  const names = Object.keys(first).filter((name) => first[name] !== null || second[name] !== null);
  const differing = names.filter(
    (name) => JSON.stringify(sorted(first[name])) !== JSON.stringify(sorted(second[name] ?? null)),
  );
  return { compared: names.length, differing };
};
