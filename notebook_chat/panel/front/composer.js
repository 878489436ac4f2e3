// @ts-check
// Where the reader writes.

import { Attachments } from "./attachments.js";
import { Completion } from "./completion.js";
import { button, focusedIn, h } from "./page.js";

/**
 * @typedef {import("./attachments.js").Attachment} Attachment
 * @typedef {{ text: string, files: Attachment[], edits: string | null, act: string }} Sent
 * @typedef {object} Panel
 * @property {boolean} answering
 * @property {(text: string, files: Attachment[], edits: string | null) => string} send gives the act's name
 * @property {(text: string) => string} complete asks for names; gives the act's name
 * @property {(act: string) => boolean} unheard
 * @property {() => void} stop
 * @property {() => string[]} prompts
 * @property {(text: string) => void} tell
 */

export class Composer {
  /**
   * @param {Panel} panel
   * @param {string} name under which what is being written is kept for as long as the tab is open, so that a reload
   *     of the page does not lose it; "" where it cannot be
   */
  constructor(panel, name) {
    this.panel = panel;
    this.name = name && `notebook_chat ${name}`;
    /** @type {Sent | null} */
    this.sent = null; // what was sent last
    /** @type {string | null} */
    this.edits = null; // the turn whose prompt is being edited
    /** @type {{ text: string, files: Attachment[] }} */
    this.draft = { text: "", files: [] }; // what was being written before that
    /** @type {string[]} */
    this.returned = []; // prompts that could not be asked
    this.recalled = 0; // how many prompts back
    this.box = h("textarea", { "aria-label": "Message", rows: "1", placeholder: "Message", dir: "auto", oninput: () => this.written() });
    this.attachments = new Attachments(panel.tell.bind(panel), () => this.box.focus());
    this.completion = new Completion(this.box, (text) => panel.complete(text), () => this.fit());
    this.editing = h(
      "div",
      { class: "nc-editing", hidden: true },
      h("span", {}, "Editing an earlier prompt: what went along stays, the turns after it become stale."),
      button("Cancel", () => this.cancelEdit()),
    );
    this.waiting = h("div", { class: "nc-waiting", hidden: true });
    this.sendButton = h("button", { type: "submit", class: "nc-primary" }, "Send");
    this.stopButton = button("Stop", () => panel.stop(), { hidden: true });
    this.element = h(
      "form",
      {
        class: "nc-composer",
        onsubmit: (/** @type {Event} */ event) => this.submit(event),
        onpaste: (/** @type {ClipboardEvent} */ event) => this.attachments.add(event, event.clipboardData),
      },
      this.waiting,
      this.editing,
      this.attachments.chips,
      this.attachments.chooser,
      this.completion.element,
      h("div", { class: "nc-write" }, this.box, this.attachments.button, this.sendButton, this.stopButton),
    );
    this.box.value = this.kept();
  }

  keep() {
    if (!this.name || this.edits !== null) return;
    try {
      if (this.box.value) sessionStorage.setItem(this.name, this.box.value);
      else sessionStorage.removeItem(this.name);
    } catch {
      // Storage is full, or not to be had here.
    }
  }

  kept() {
    try {
      return (this.name && sessionStorage.getItem(this.name)) || "";
    } catch {
      return "";
    }
  }

  get grown() {
    return CSS.supports("field-sizing", "content");
  }

  written() {
    this.fit();
    this.completion.look();
  }

  fit() {
    this.recalled = 0;
    this.keep();
    if (this.grown) return; // the style sheet does it
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = this.box.value;
    if (!text.trim()) {
      if (this.attachments.list.length) this.panel.tell("Write something to go with the file.");
      return;
    }
    if (this.panel.answering) {
      this.panel.tell("An answer is still coming; Stop ends it.");
      return;
    }
    const { edits } = this;
    const files = this.attachments.list;
    this.completion.close();
    this.sent = { text, files, edits, act: this.panel.send(text, files, edits) };
    this.leaveEdit();
  }

  /**
   * What was sent and is not heard yet stays in sight.
   *
   * @param {boolean} silent whether the kernel cannot be heard
   */
  showWaiting(silent) {
    const waiting = silent && this.sent && this.panel.unheard(this.sent.act) ? this.sent.text : "";
    this.waiting.hidden = !waiting;
    this.waiting.textContent = waiting;
  }

  /**
   * The kernel could not ask: what was written comes back, unless something else has been written since.
   *
   * @param {string} act
   */
  giveBack(act) {
    if (!this.sent || this.sent.act !== act) return;
    const { text, files, edits } = this.sent;
    this.sent = null;
    if (!this.box.value && !this.attachments.list.length) this.set(text, files, edits);
    else this.returned.push(text); // Up brings it back
  }

  /**
   * @param {string} text
   * @param {Attachment[]} files
   * @param {string | null} edits
   */
  set(text, files, edits) {
    this.box.value = text;
    this.edits = edits;
    this.editing.hidden = edits === null;
    this.attachments.set(files);
    this.fit();
  }

  /**
   * @param {string} id the turn's
   * @param {string} text of its prompt
   */
  edit(id, text) {
    if (this.edits === null) this.draft = { text: this.box.value, files: this.attachments.list };
    this.set(text, [], id);
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
  }

  cancelEdit() {
    this.leaveEdit();
    this.box.focus();
  }

  leaveEdit() {
    const { text, files } = this.edits === null ? { text: "", files: [] } : this.draft;
    this.set(text, files, null);
  }

  /** @param {boolean} answering */
  showAnswering(answering) {
    const focused = focusedIn(this.box);
    if (focused === this.sendButton || focused === this.stopButton) this.box.focus();
    this.stopButton.hidden = !answering;
    this.sendButton.hidden = answering;
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was one of ours
   */
  key(event) {
    if (event.isComposing || event.keyCode === 229) return false; // Enter ends a word in many scripts
    if (this.completion.key(event)) return true;
    const plain = !event.shiftKey && !event.altKey;
    if (event.key === "Enter" && plain) this.submit(event);
    else if (event.key === "ArrowUp" && plain && (!this.box.value || this.recalled)) this.recall(1);
    else if (event.key === "ArrowDown" && plain && this.recalled) this.recall(-1);
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {number} step */
  recall(step) {
    const prompts = [...this.panel.prompts(), ...this.returned];
    const back = Math.min(Math.max(this.recalled + step, 0), prompts.length);
    this.box.value = back ? prompts[prompts.length - back] : "";
    this.fit();
    this.recalled = back;
  }
}
