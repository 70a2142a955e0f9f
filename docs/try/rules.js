/** The rules, and what stands behind each of them: its clause, its source and its examples. */
import { context, inLanguage, text } from "./context.js";
import { button, byId, code, english, fill, h, sentence } from "./dom.js";
import { expectation } from "./samples.js";

/** The id of a rule, a waiver, advice or an assumption, which leads to what stands behind it. */
export const ruleLink = (id) => button(code(id), () => open(id), { class: "rule", title: text().behind });

const open = (id) => {
  const found = document.querySelector(`[data-entry="${id}"]`);
  for (let around = found; around !== null; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement) around.open = true;
  }
  found?.scrollIntoView({ block: "start" });
  found?.querySelector("summary, input:checked")?.focus({ preventScroll: true });
};

export const showRules = () => {
  fill(byId("rules"), [context.state.platform, context.state.language], list);
  const refusing = new Set(context.answer.decision?.violations.map(({ rule }) => rule));
  for (const element of byId("rules").querySelectorAll("[data-entry]")) {
    element.querySelector(".state").textContent = refusing.has(element.dataset.entry) ? text().refusing : "";
  }
};

const list = () => {
  const { entries, engine } = context.loaded;
  const told = new Map();
  for (const { id, reason } of [...engine.rulebook.rules, ...engine.rulebook.waivers]) told.set(id, reason);
  for (const { id, message } of engine.rulebook.advice) told.set(id, message);
  const clauses = Object.entries(entries).filter(([, { level }]) => level !== undefined);
  const decides = ([, { level }]) => ["refuses", "waives", "open"].includes(level);
  const line = ([id, { text: clause }]) =>
    entry(id, told.has(id) ? sentence(inLanguage(told.get(id))) : h("span", english, clause));
  return [
    clauses.filter(decides).map(line),
    h("details", {}, h("summary", {}, text().others), clauses.filter((clause) => !decides(clause)).map(line)),
  ];
};

/** A rule, a waiver, advice or an assumption, with what stands behind it. */
export const entry = (id, told) =>
  h(
    "details",
    { "data-entry": id, class: "entry" },
    h("summary", {}, code(id), " ", told, " ", h("span", { class: "state" })),
    behind(id),
  );

export const behind = (id) => {
  const { text: clause, source, why, outside, assumptions = [], examples } = context.loaded.entries[id];
  const line = (label, ...told) => h("p", { class: "source" }, `${label}: `, ...told);
  return [
    clause === undefined ? null : h("blockquote", english, clause),
    source === undefined ? null : line(text().source, h("cite", english, `${source.page}; ${source.section}`)),
    why === undefined ? null : line(text().why, h("span", english, why, outside ? ` (${outside})` : "")),
    assumptions.length === 0 ? null : line(text().rests, assumptions.map(ruleLink)),
    examples.length === 0 ? null : h("ul", { class: "examples" }, examples.map(example)),
  ];
};

const example = (number) => {
  const sample = context.loaded.samples[number];
  const load = button(text().load, () => context.act.useSample(number), {
    class: "quiet",
    "aria-label": `${text().load}: ${sample.says}`,
  });
  return h("li", {}, load, " ", h("span", english, sample.says), `: ${expectation(sample)}`);
};
