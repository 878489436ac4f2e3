// @ts-check
// Where the reader writes.

import { button, focusedIn, h } from "./page.js";

const IMAGE_TYPE = /^image\/(png|jpeg|webp|gif)$/;
const MOST_IMAGE_BYTES = 8e6; // of all together: Jupyter Server closes the connection at a message over 10 MB

/**
 * @typedef {{ file: File, bytes: ArrayBuffer }} Picture
 * @typedef {{ text: string, images: Picture[], edits: string | null, act: string }} Sent
 * @typedef {object} Panel
 * @property {boolean} answering
 * @property {(text: string, images: Picture[], edits: string | null) => string} send gives the act's name
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
    /** @type {Picture[]} */
    this.images = []; // each with its file and its bytes
    /** @type {Sent | null} */
    this.sent = null; // what was sent last
    /** @type {string | null} */
    this.edits = null; // the turn whose prompt is being edited
    /** @type {{ text: string, images: Picture[] }} */
    this.draft = { text: "", images: [] }; // what was being written before that
    /** @type {string[]} */
    this.returned = []; // prompts that could not be asked
    this.recalled = 0; // how many prompts back
    this.box = h("textarea", { "aria-label": "Message", rows: "1", placeholder: "Message", dir: "auto", oninput: () => this.fit() });
    this.chips = h("div", { class: "nc-chips" });
    this.editing = h(
      "div",
      { class: "nc-editing", hidden: true },
      h("span", {}, "Editing an earlier prompt; the turns after it become stale."),
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
        onpaste: (/** @type {ClipboardEvent} */ event) => this.addImages(event, event.clipboardData),
      },
      this.waiting,
      this.editing,
      this.chips,
      h("div", { class: "nc-write" }, this.box, this.sendButton, this.stopButton),
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
      if (this.images.length) this.panel.tell("Write something to go with the image.");
      return;
    }
    if (this.panel.answering) {
      this.panel.tell("An answer is still coming; Stop ends it.");
      return;
    }
    const { images, edits } = this;
    this.sent = { text, images, edits, act: this.panel.send(text, images, edits) };
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
    const { text, images, edits } = this.sent;
    this.sent = null;
    if (!this.box.value && !this.images.length) this.set(text, images, edits);
    else this.returned.push(text); // Up brings it back
  }

  /**
   * @param {string} text
   * @param {Picture[]} images
   * @param {string | null} edits
   */
  set(text, images, edits) {
    this.box.value = text;
    this.images = images;
    this.edits = edits;
    this.editing.hidden = edits === null;
    this.showImages();
    this.fit();
  }

  /**
   * @param {string} id the turn's
   * @param {string} text of its prompt
   */
  edit(id, text) {
    if (this.edits === null) this.draft = { text: this.box.value, images: this.images };
    this.set(text, [], id);
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
  }

  cancelEdit() {
    this.leaveEdit();
    this.box.focus();
  }

  leaveEdit() {
    const { text, images } = this.edits === null ? { text: "", images: [] } : this.draft;
    this.set(text, images, null);
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

  /**
   * Images that were pasted or dropped.
   *
   * @param {Event} event
   * @param {DataTransfer | null} transfer
   */
  async addImages(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.panel.tell("");
    for (const file of files) await this.addImage(file); // one by one: each counts those before it
  }

  /** @param {File} file */
  async addImage(file) {
    const name = file.name || "That image";
    const size = this.images.reduce((sum, image) => sum + image.file.size, file.size);
    if (!IMAGE_TYPE.test(file.type)) {
      this.panel.tell(`${name} is not a PNG, JPEG, WebP or GIF image.`);
    } else if (size > MOST_IMAGE_BYTES) {
      this.panel.tell(`${name} is too large: 8 MB of images can go with a prompt.`);
    } else {
      const image = { file, bytes: await file.arrayBuffer() };
      this.images = [...this.images, image];
      this.showImages();
    }
  }

  showImages() {
    for (const picture of this.chips.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    this.chips.replaceChildren(...this.images.map((image) => this.chip(image)));
  }

  /** @param {Picture} image */
  chip(image) {
    const { file } = image;
    const remove = () => {
      this.images = this.images.filter((other) => other !== image);
      this.showImages();
      this.box.focus();
    };
    const picture = h("img", { src: URL.createObjectURL(file), alt: file.name || "Pasted image" });
    return h("span", { class: "nc-chip" }, picture, button("Remove", remove, { "aria-label": "Remove image" }));
  }
}
