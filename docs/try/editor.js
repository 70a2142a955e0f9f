/** A text area with underlines: the same text stands behind it, with the marks in it. */

/** A text of more characters than this is not marked: what is behind the text area would be slow to draw. */
const LONGEST = 200_000;

export class Editor {
  constructor(area, onInput) {
    this.area = area;
    this.behind = area.parentElement.querySelector("pre");
    this.shown = "";
    area.addEventListener("input", () => {
      this.mark([]);
      onInput(area.value);
    });
  }

  set text(text) {
    if (this.area.value !== text) this.area.value = text;
  }

  /** Mark some ranges: `{start, end, kind}`. Of those that overlap, the first counts. */
  mark(ranges) {
    const text = this.area.value;
    const wanted = JSON.stringify([text, ranges]);
    if (wanted === this.shown) return;
    this.shown = wanted;
    const parts = [];
    let at = 0;
    for (const { start, end, kind } of text.length > LONGEST
      ? []
      : [...ranges].sort((one, other) => one.start - other.start)) {
      if (start < at) continue;
      const mark = document.createElement("mark");
      mark.className = kind;
      mark.textContent = text.slice(start, end) || " ";
      parts.push(text.slice(at, start), mark);
      at = end;
    }
    // A last line without a character has no height.
    this.behind.replaceChildren(...parts, `${text.slice(at)}\n`);
  }

  /** Select a range, and bring it into view. */
  select([start, end]) {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    const line = this.area.value.slice(0, start).split("\n").length - 1;
    const height = this.area.scrollHeight / Math.max(1, this.area.value.split("\n").length);
    this.area.parentElement.scrollTo({ top: Math.max(0, (line - 3) * height) });
  }
}
