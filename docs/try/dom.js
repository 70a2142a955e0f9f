/** Makes elements. Every text becomes a text node, so nothing that is pasted can become markup. */
import { text } from "./context.js";

export const byId = (id) => document.getElementById(id);

const isThere = (child) => child !== null && child !== false;

/** Make an element; children and attributes that are null or false are left out, and functions listen. */
export const h = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(isThere));
  return element;
};

/** Fill an element anew, unless what it is made of is the same as before: then the focus in it stays where it is. */
const shownOf = new WeakMap();
export const fill = (element, data, make) => {
  const wanted = JSON.stringify(data);
  if (shownOf.get(element) === wanted) return;
  shownOf.set(element, wanted);
  element.replaceChildren(...[make(data)].flat(Infinity).filter(isThere));
};

/** A list of what is made of each of some things. */
export const ul = (list, make, attributes = {}) =>
  h(
    "ul",
    attributes,
    list.map((each) => h("li", {}, make(each))),
  );

export const english = { lang: "en", dir: "ltr" };
export const code = (word) => h("code", { dir: "ltr" }, word);
export const codes = (list) => list.map((word) => [code(word), " "]);
export const jsonText = (told) => h("pre", { class: "json", dir: "ltr", tabindex: "0" }, told);
export const json = (value) => jsonText(JSON.stringify(value, null, 2));
export const button = (label, click, attributes = {}) => h("button", { type: "button", click, ...attributes }, label);

/** A sentence: *words of a documentation* are emphasized, and words of another script keep their direction. */
export const sentence = (told) =>
  told
    .split(/(\*[^*]+\*)/)
    .map((part) => (/^\*.+\*$/s.test(part) ? h("em", {}, isolated(part.slice(1, -1))) : isolated(part)));

const FOREIGN = /([A-Za-z][\w./#-]*(?: [A-Za-z][\w./#-]*)*)/;
const isolated = (told) =>
  text().direction === "rtl" && !told.includes("\u2068")
    ? told.split(FOREIGN).map((part, place) => (place % 2 ? h("bdi", {}, part) : part))
    : told;
