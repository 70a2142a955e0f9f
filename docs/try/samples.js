/** The samples: orders from the field, and the examples of the clauses. */
import { context, text } from "./context.js";
import { byId, fill, h } from "./dom.js";

/** The sample that was chosen last: several may have the same texts. */
let chosen = 0;

const questionOf = (sample) => ({
  order: sample.order ?? context.loaded.samples[0].order,
  body: sample.body,
  guest: sample.guest ?? false,
  assumptions: sample.assumptions ?? {},
  given: {},
});
const isSame = (one, other) =>
  one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));
const isAsked = (sample) =>
  Object.entries(questionOf(sample)).every(([name, value]) => isSame(value, context.state[name]));

/** Put the question of a sample into the state. */
export const takeSample = (number) => {
  chosen = number;
  Object.assign(context.state, questionOf(context.loaded.samples[number]));
};

/** Return the sample that the state is, if it is one. */
export const presentSample = () => {
  const { samples } = context.loaded;
  const place = samples[chosen] !== undefined && isAsked(samples[chosen]) ? chosen : samples.findIndex(isAsked);
  return { place, sample: samples[place] };
};

export const showSamples = () => {
  fill(byId("samples"), [context.state.platform, context.state.language], list);
  const { place } = presentSample();
  byId("samples").value = place < 0 ? "" : String(place);
};

const list = () => {
  const { samples } = context.loaded;
  const groups = new Map();
  for (const [number, sample] of samples.entries()) {
    const label = sample.of ?? text().firstSamples;
    const title = sample.title === undefined ? sample.says : text().samples[sample.title];
    const option = h("option", { value: number, lang: sample.title === undefined ? "en" : null }, title);
    groups.set(label, [...(groups.get(label) ?? []), option]);
  }
  return [
    h("option", { value: "", hidden: true }, text().ownInput),
    ...[...groups].map(([label, options]) => h("optgroup", { label }, options)),
  ];
};

/** Say what an example of a clause shows. */
export const expectation = ({ action, expect }) => {
  const title =
    action === undefined ? "" : `${context.loaded.engine.rulebook.actions[action][context.state.language]}: `;
  return title + (action === undefined ? text().expect[expect] : text().expectOfAction[expect]);
};
