// @ts-check
// The panel: what stands around the turns, and how the parts come together.

import { Choices } from "./choices.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { button, copy, focusedIn, h, insertCell } from "./page.js";
import { Question } from "./question.js";
import { Transcript } from "./transcript.js";

const EDITING_KEYS = new Set([..."acvxzy", "enter", "backspace", "delete", "home", "end"]);
const TOLD_MS = 8000; // how long something is told that only this view knows
/** @type {Record<import("./connection.js").Silence, string>} */
const SILENT = {
  "": "",
  busy: "The kernel is busy; this will happen when its cell has ended.",
  gone: "The kernel was restarted: run this panel's cell again.",
};

/**
 * @typedef {import("./connection.js").Doing} Doing
 * @typedef {import("./protocol.d.ts").Head} Head
 * @typedef {import("./protocol.d.ts").Notice} Notice
 */

class Panel {
  /** @param {import("./connection.js").Model} model */
  constructor(model) {
    this.model = model;
    this.answering = false;
    /** @type {import("./connection.js").Silence} */
    this.silence = "";
    /** @type {Head | undefined} */
    this.head = undefined;
    this.notified = 0; // the number of the last notice that the kernel gave
    /** @type {string | undefined} */
    this.inserted = undefined; // the cell that was put into the notebook last
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.ticking = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.telling = undefined;
    this.transcript = new Transcript(this, (ids) => this.connection.need(ids));
    this.composer = new Composer(this, model.get("_address"));
    this.choices = new Choices((doing) => this.act(doing));
    this.question = new Question((doing) => this.act(doing), () => this.composer.box.focus());
    this.newest = button("Newest", () => this.transcript.toBottom(), { class: "nc-newest", hidden: true });
    this.notice = h("span", { role: "status" });
    this.undo = button("Undo", () => this.act({ type: "undo" }), { hidden: true });
    this.noticeLine = h("div", { class: "nc-notice", hidden: true }, this.notice, this.undo);
    this.doing = h("span", { role: "status" });
    this.figures = h("span", { class: "nc-figures" });
    this.clock = h("span", { "aria-hidden": "true" });
    this.element = h(
      "section",
      {
        class: "nc-panel mathjax_ignore tex2jax_ignore",
        "aria-label": "Chat",
        ondragover: (/** @type {Event} */ event) => event.preventDefault(),
        ondrop: (/** @type {DragEvent} */ event) => this.composer.attachments.add(event, event.dataTransfer),
      },
      h(
        "div",
        { class: "nc-head" },
        ...this.choices.elements,
        button("Fix", () => this.act({ type: "fix" }), { title: "Ask how to put the notebook's last error right" }),
        button("Clear", () => this.act({ type: "clear" })),
      ),
      h("div", { class: "nc-middle" }, this.transcript.element, this.newest),
      this.question.element,
      this.noticeLine,
      this.composer.element,
      h("div", { class: "nc-status" }, this.figures, this.doing, this.clock),
    );
    this.resize();
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event);
    window.addEventListener("keydown", this.onKey, true);
    this.connection = new Connection(
      model,
      (message, buffers) => this.take(message, buffers),
      (silence) => this.showSilent(silence),
    );
  }

  // What has the focus, as far as it is in the panel or beside it.
  get focused() {
    return focusedIn(this.element);
  }

  // --- from the kernel

  /** @type {import("./connection.js").Receive} */
  take(message, buffers) {
    if (message.type === "models") {
      this.choices.showModels(message.models);
      return;
    }
    if (message.type === "completions") {
      this.composer.completion.take(message.act, message.names);
      return;
    }
    if (message.type === "sent") {
      this.transcript.turns.get(message.turn)?.showSent(message.text);
      return;
    }
    if (message.type === "state") this.transcript.forgetWaiting();
    const focused = this.transcript.element.contains(this.focused);
    this.transcript.take(message, buffers);
    // What had the focus may be gone, and the next key must not be the notebook's.
    if (focused && !this.element.contains(this.focused)) this.transcript.element.focus();
    if ("head" in message && message.head) this.showHead(message.head);
    this.showFigures();
  }

  /** @param {Head} head */
  showHead(head) {
    this.head = head;
    this.choices.show(head);
    this.question.show(head.question);
    this.transcript.tellWhere(head.conversations.length > 0);
    if (head.answering !== this.answering) this.showAnswering(head.answering);
    this.showDoing();
    const number = head.notice?.number ?? 0;
    if (number === this.notified) return;
    this.notified = number;
    if (head.notice?.act) this.composer.giveBack(head.notice.act);
    this.showNotice(head.notice);
  }

  /** @param {Pick<Notice, "text"> & Partial<Notice> | null} notice */
  showNotice(notice) {
    const { text = "", error = false, undo = false } = notice ?? {};
    clearTimeout(this.telling);
    if (this.focused === this.undo && !undo) this.composer.box.focus();
    this.notice.textContent = text;
    this.undo.hidden = !undo;
    this.noticeLine.hidden = !text;
    this.noticeLine.classList.toggle("nc-error", error);
  }

  /** @param {boolean} answering */
  showAnswering(answering) {
    this.answering = answering;
    this.composer.showAnswering(answering);
    this.showDoing();
    clearInterval(this.ticking);
    this.clock.textContent = "";
    if (!answering) return;
    const began = performance.now();
    this.ticking = setInterval(() => {
      this.clock.textContent = `${Math.round((performance.now() - began) / 1000)} s`;
    }, 1000);
  }

  showFigures() {
    const foot = this.answering ? "" : this.transcript.lastFoot();
    this.figures.textContent = foot || this.head?.model || "no model yet";
  }

  /** @param {import("./connection.js").Silence} silence */
  showSilent(silence) {
    if (silence === this.silence) return;
    this.silence = silence;
    this.composer.showWaiting(silence !== "");
    this.showDoing();
  }

  showDoing() {
    this.doing.textContent = SILENT[this.silence] || (this.question.id ? "waits for your answer" : this.answering ? "answering" : "");
  }

  // --- what the reader does

  /**
   * @param {Doing} doing
   * @param {ArrayBuffer[]} [buffers]
   */
  act(doing, buffers) {
    return this.connection.act(doing, buffers);
  }

  /**
   * @param {string} text
   * @param {import("./attachments.js").Attachment[]} files
   * @param {string | null} edits
   */
  send(text, files, edits) {
    if (edits === null) this.transcript.toBottom();
    const names = files.map(({ file }) => file.name);
    return this.act({ type: "send", text, edits, names }, files.map(({ bytes }) => bytes));
  }

  /** @param {string} text */
  complete(text) {
    return this.connection.query({ type: "complete", text });
  }

  /** @param {string} act */
  unheard(act) {
    return this.connection.unheard.has(act);
  }

  stop() {
    this.act({ type: "stop" });
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  edit(id, text) {
    this.composer.edit(id, text);
  }

  prompts() {
    return this.transcript.prompts();
  }

  /** @param {string} text */
  async copy(text) {
    this.tell((await copy(text)) ? "Copied." : "This page may not use the clipboard.");
  }

  /** @param {string} source */
  async insert(source) {
    const inserted = insertCell(this.model, this.element, source, this.inserted);
    if (inserted !== null) {
      this.inserted = inserted;
      this.tell("Inserted as a new cell.");
      return;
    }
    const copied = await copy(source);
    this.tell(copied ? "Copied: cells cannot be inserted here, so paste it into one." : "Cells cannot be inserted here.");
  }

  /**
   * What only this view knows, for a while; then what the kernel has told again.
   *
   * @param {string} text
   */
  tell(text) {
    this.showNotice({ text });
    this.telling = setTimeout(() => this.showNotice(this.head?.notice ?? null), TOLD_MS);
  }

  /** @param {boolean} shown */
  showNewest(shown) {
    if (!shown && this.focused === this.newest) this.transcript.element.focus();
    this.newest.hidden = !shown;
  }

  /**
   * Keys that are pressed in the panel are the panel's, but for the front end's own shortcuts, such as Ctrl+S.
   * On the window, since some front ends listen on the document before anything in it is asked. There the target of
   * a key that was pressed in a shadow root is its host; the path has what is inside.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    const path = event.composedPath();
    if (!path.includes(this.element)) return;
    const key = event.key.toLowerCase();
    const shifted = event.shiftKey && "acvxy".includes(key); // such as Ctrl+Shift+C, which opens the palette
    const editing = (EDITING_KEYS.has(key) && !shifted) || key.startsWith("arrow");
    const shortcut = (event.ctrlKey || event.metaKey) && !editing;
    if (shortcut || /^f\d+$/.test(key)) return;
    event.stopPropagation();
    if (path[0] === this.composer.box && this.composer.key(event)) return;
    if (event.key !== "Escape") return;
    if (this.answering) this.stop();
    else if (this.composer.edits !== null) this.composer.cancelEdit();
  }

  resize() {
    this.element.style.setProperty("--nc-height", this.model.get("height"));
  }

  close() {
    window.removeEventListener("keydown", this.onKey, true);
    clearInterval(this.ticking);
    clearTimeout(this.telling);
    this.question.close();
    this.transcript.close();
    this.connection.close();
  }
}

/** @param {{ model: import("./connection.js").Model, el: Element }} shown */
function render({ model, el }) {
  const panel = new Panel(model);
  const resize = () => panel.resize();
  model.on("change:height", resize);
  el.append(panel.element);
  return () => {
    model.off("change:height", resize);
    panel.close();
  };
}

export default { render };
