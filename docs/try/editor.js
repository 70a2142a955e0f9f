/** A text area with underlines: the same text stands behind it, with the marks in it. */

/** A text of more characters has no marks: what is behind the text area would be slow to draw. */
const LONGEST = 200_000;

export class Editor {
  #behind;
  #shown = "";

  constructor(area, onInput) {
    this.area = area;
    this.#behind = area.parentElement.querySelector("pre");
    Object.assign(area, { dir: "ltr", spellcheck: false, autocapitalize: "off", autocomplete: "off" });
    area.setAttribute("aria-describedby", "announced");
    area.addEventListener("input", () => {
      this.mark([]);
      onInput(area.value);
    });
  }

  set text(text) {
    if (this.area.value !== text) this.area.value = text;
  }

  /** Mark some places: pairs of a range and a kind. Of those that overlap, the first counts; what has no range, not. */
  mark(marked) {
    const text = this.area.value;
    const wanted = JSON.stringify([text, marked]);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    const isLong = text.length > LONGEST;
    this.area.parentElement.classList.toggle("long", isLong);
    const parts = [];
    let at = 0;
    const places = isLong ? [] : marked.filter(([range]) => range).sort(([[one]], [[other]]) => one - other);
    for (const [[start, end], kind] of places) {
      if (start < at) continue;
      const mark = document.createElement("mark");
      mark.className = kind;
      mark.dataset.start = start;
      mark.textContent = text.slice(start, end) || " ";
      parts.push(text.slice(at, start), mark);
      at = end;
    }
    // A last line without a character has no height.
    this.#behind.replaceChildren(...parts, isLong ? "" : `${text.slice(at)}\n`);
  }

  /** Select a range, and bring it into view. */
  select([start, end]) {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    const mark = this.#behind.querySelector(`[data-start="${start}"]`);
    if (mark === null) return;
    const editor = this.area.parentElement;
    editor.scrollTop += mark.getBoundingClientRect().top - editor.getBoundingClientRect().top - editor.clientHeight / 3;
  }
}
