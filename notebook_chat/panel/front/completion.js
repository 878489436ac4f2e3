// @ts-check
// The names of the notebook's values, offered while one is being written behind a brace.

import { h } from "./page.js";

const BEGUN = /(\{|\$`)([\p{L}\p{N}_.[\]"' -]*)$/u; // a name that is being written
const ELSEWHERE = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]); // where the cursor goes
const MOST_CHARACTERS = 2000; // of what stands before the cursor

export class Completion {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {(text: string) => string} ask asks for names; gives what the answer is recognized by
   * @param {() => void} changed is called when a name was put into the box
   */
  constructor(box, ask, changed) {
    this.box = box;
    this.ask = ask;
    this.changed = changed;
    this.asked = "";
    /** @type {string[]} */
    this.names = [];
    this.active = -1;
    const id = `nc-names-${Math.random().toString(36).slice(2)}`;
    this.element = h("ul", { id, class: "nc-names", role: "listbox", "aria-label": "Values", hidden: true });
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-controls", id]]) box.setAttribute(name, value);
    for (const left of ["blur", "pointerdown"]) box.addEventListener(left, () => this.close());
  }

  get begun() {
    const { selectionStart, selectionEnd, value } = this.box;
    if (selectionStart !== selectionEnd) return null;
    return BEGUN.exec(value.slice(Math.max(0, selectionStart - MOST_CHARACTERS), selectionStart));
  }

  // What is written has changed.
  look() {
    const begun = this.begun;
    if (begun) this.asked = this.ask(this.box.value.slice(0, this.box.selectionStart).slice(-MOST_CHARACTERS));
    else this.close();
  }

  /**
   * @param {string} act
   * @param {string[]} names each in full, for what follows the brace
   */
  take(act, names) {
    if (act !== this.asked) return; // more was written since, or another view asked
    this.show(this.begun ? names : []);
  }

  /** @param {string[]} names */
  show(names) {
    this.names = names;
    this.element.hidden = !names.length;
    const options = names.map((name, index) =>
      h("li", { id: `${this.element.id}-${index}`, role: "option", onmousedown: (/** @type {Event} */ event) => this.pick(event, index) }, name),
    );
    this.element.replaceChildren(...options);
    this.activate(-1);
  }

  /** @param {number} index */
  activate(index) {
    this.active = index;
    for (const [place, option] of [...this.element.children].entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place !== index) continue;
      this.box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView?.({ block: "nearest" });
    }
    if (index < 0) this.box.removeAttribute("aria-activedescendant");
  }

  close() {
    this.asked = "";
    if (this.names.length) this.show([]);
  }

  /**
   * @param {Event} event
   * @param {number} index
   */
  pick(event, index) {
    event.preventDefault(); // the box keeps the focus
    this.insert(index);
  }

  /** @param {number} index */
  insert(index) {
    const begun = this.begun;
    const name = this.names[index];
    this.close();
    if (!begun || name === undefined) return;
    const [, opening, written] = begun;
    const cursor = this.box.selectionStart;
    const end = opening === "{" ? "}" : "`";
    const closed = this.box.value.startsWith(end, cursor);
    this.box.setRangeText(name + (closed ? "" : end), cursor - written.length, cursor, "end");
    if (closed) this.box.setSelectionRange(this.box.selectionStart + 1, this.box.selectionStart + 1);
    this.changed();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was one of ours
   */
  key(event) {
    const count = this.names.length;
    if (ELSEWHERE.has(event.key)) this.close();
    if (!count || event.shiftKey || event.altKey) return false;
    if (event.key === "ArrowDown") this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.activate((Math.max(this.active, 0) + count - 1) % count);
    else if (event.key === "Tab") this.insert(Math.max(this.active, 0));
    else if (event.key === "Enter" && this.active >= 0) this.insert(this.active);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }
}
