// @ts-check
// Files that go with a prompt: pasted, dropped or chosen.

import { button, h } from "./page.js";

const PICTURE = /^image\/(png|jpeg|webp|gif)$/;
const MOST_BYTES = 8e6; // of all together: Jupyter Server closes the connection at a message over 10 MB

/** @typedef {{ file: File, bytes: ArrayBuffer }} Attachment */

export class Attachments {
  /**
   * @param {(text: string) => void} tell
   * @param {() => void} done is called when the reader has chosen, or taken one away
   */
  constructor(tell, done) {
    this.tell = tell;
    this.done = done;
    /** @type {Attachment[]} */
    this.list = [];
    this.chips = h("div", { class: "nc-chips" });
    this.chooser = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.chosen() });
    this.button = button("Attach", () => this.chooser.click(), { "aria-label": "Attach files" });
  }

  /** @param {Attachment[]} list */
  set(list) {
    this.list = list;
    for (const picture of this.chips.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    this.chips.replaceChildren(...list.map((attachment) => this.chip(attachment)));
  }

  /** @param {Attachment} attachment */
  chip(attachment) {
    const { file } = attachment;
    const remove = () => {
      this.set(this.list.filter((other) => other !== attachment));
      this.done();
    };
    const shown = PICTURE.test(file.type)
      ? h("img", { src: URL.createObjectURL(file), alt: file.name || "Pasted image" })
      : h("span", { class: "nc-file" }, file.name || "Pasted file");
    return h("span", { class: "nc-chip" }, shown, button("Remove", remove, { "aria-label": `Remove ${file.name || "file"}` }));
  }

  async chosen() {
    const files = [...(this.chooser.files ?? [])];
    this.chooser.value = ""; // so that the same file can be chosen once more
    await this.addFiles(files);
    this.done();
  }

  /**
   * Files that were pasted or dropped. Cells of a spreadsheet come as a text and as a picture of it: that is a text.
   *
   * @param {Event} event
   * @param {DataTransfer | null} transfer
   */
  async add(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    const text = event.type === "paste" ? (transfer?.getData?.("text/plain") ?? "") : "";
    const named = files.some((file) => text.includes(file.name)); // where files are copied, the text has their names
    if (!files.length || (text.trim() && !named)) return;
    event.preventDefault();
    event.stopPropagation();
    await this.addFiles(files);
  }

  /** @param {File[]} files */
  async addFiles(files) {
    this.tell("");
    for (const file of files) await this.addFile(file); // one by one: each counts those before it
  }

  /** @param {File} file */
  async addFile(file) {
    const name = file.name || "That file";
    const size = this.list.reduce((sum, other) => sum + other.file.size, file.size);
    if (size > MOST_BYTES) {
      this.tell(`${name} is too large: 8 MB can go with a prompt. Put its path behind -a in a %%chat cell.`);
      return;
    }
    try {
      const bytes = await file.arrayBuffer();
      this.set([...this.list, { file, bytes }]);
    } catch {
      this.tell(`${name} cannot be read: folders do not go with a prompt.`);
    }
  }
}
