/** The switches: each assumption and parameter, with what another choice would change for the question. */
import { context, inLanguage, text } from "./context.js";
import { byId, code, fill, h, sentence } from "./dom.js";
import { behind, entry } from "./rules.js";

export const showSwitches = () => {
  const { state, question, answer } = context;
  fill(byId("switches"), [state.platform, state.language], list);
  const flips = new Map(
    question.variants.map((variant, place) => [
      JSON.stringify([variant.assumption ?? variant.parameter, variant.name]),
      answer.variants === null ? "" : flipText(answer.variants[place], variant),
    ]),
  );
  for (const input of byId("switches").querySelectorAll("input")) {
    const value = JSON.parse(input.value);
    input.checked = value === (state.assumptions[input.name] ?? state.given[input.name] ?? null);
    const flip = input.checked ? "" : (flips.get(JSON.stringify([input.name, value])) ?? "");
    const note = input.parentElement.querySelector(".flip");
    note.textContent = flip;
    note.classList.toggle("changes", flip !== "" && flip !== text().changesNothing && flip !== text().planOnly);
  }
};

const list = () => {
  const { assumptions, parameters } = context.loaded.engine.rulebook;
  const isFixed = ({ alternatives }) => alternatives.length === 0;
  return [
    h(
      "div",
      { class: "switches" },
      parameters.map(parameter),
      assumptions.filter((each) => !isFixed(each)).map(assumption),
    ),
    h(
      "details",
      {},
      h("summary", {}, text().fixed),
      assumptions
        .filter(isFixed)
        .map(({ id, question, answer }) => entry(id, sentence(`${inLanguage(question)}: ${inLanguage(answer)}`))),
    ),
  ];
};

const parameter = ({ attribute, values, about }) =>
  h(
    "fieldset",
    {},
    h("legend", {}, code(attribute), " ", sentence(inLanguage(about))),
    [null, ...values].map((value) => option("given", attribute, value, valueLabel(value))),
  );

const assumption = ({ id, question, answer, alternatives }) =>
  h(
    "fieldset",
    { "data-entry": id },
    h("legend", {}, code(id), " ", sentence(inLanguage(question))),
    option("assumptions", id, null, [sentence(inLanguage(answer)), ` (${text().ours})`]),
    alternatives.map(({ name, answer: other }) => option("assumptions", id, name, sentence(inLanguage(other)))),
    h("details", {}, h("summary", {}, text().behind), behind(id)),
  );

const option = (kind, id, value, label) =>
  h(
    "label",
    {},
    h("input", { type: "radio", name: id, value: JSON.stringify(value), change: () => choose(kind, id, value) }),
    h("span", {}, label, " ", h("span", { class: "flip" })),
  );

const valueLabel = (value) => {
  if (value === null) return text().notGiven;
  return typeof value === "boolean" ? (value ? text().yes : text().no) : JSON.stringify(value);
};

const choose = (kind, id, value) => {
  const { [id]: _, ...others } = context.state[kind];
  context.act.change({ [kind]: value === null ? others : { ...others, [id]: value } });
};

/** Say what a variant would change. */
const flipText = ({ update, next, sections, actions }, variant) => {
  const { answer, loaded } = context;
  const { rulebook } = loaded.engine;
  const titles = new Map(Object.entries(rulebook.actions));
  for (const [name, { title }] of Object.entries(rulebook.sections)) titles.set(name, title);
  const now = { ...answer.sections, ...answer.actions };
  const changed = (isOpen) =>
    Object.entries({ ...sections, ...actions })
      .filter(([name, allowed]) => allowed === isOpen && now[name].allowed !== allowed)
      .map(([name]) => inLanguage(titles.get(name)))
      .join(text().separator);
  const isFlipped = answer.decision !== null && update !== answer.decision.allowed;
  const parts = [
    isFlipped ? (update ? text().wouldAllow : text().wouldRefuse) : "",
    JSON.stringify(next) !== JSON.stringify(answer.next) && text().wouldFollow(next.join(text().separator)),
    changed(true) && text().wouldOpen(changed(true)),
    changed(false) && text().wouldClose(changed(false)),
  ].filter(Boolean);
  if (parts.length > 0) return parts.join(text().separator);
  const known = rulebook.assumptions.find(({ id }) => id === variant.assumption);
  return known?.alternatives.every(({ rules }) => rules.length === 0) ? text().planOnly : text().changesNothing;
};
