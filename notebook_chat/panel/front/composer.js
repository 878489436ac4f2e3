// Where the reader writes.

const IMAGE_TYPE = /^image\/(png|jpeg|webp|gif)$/;
const MOST_IMAGE_BYTES = 8e6; // of all together: Jupyter Server closes the connection at a message over 10 MB

class Composer {
  // `panel` has send(text, images, edits), unheard(act), stop(), prompts() and tell(text). What is being written is kept under
  // `name` for as long as the tab is open, so that a reload of the page does not lose it.
  constructor(panel, name) {
    this.panel = panel;
    this.name = name && `notebook_chat ${name}`;
    this.images = []; // each with its file and its bytes
    this.edits = null; // the turn whose prompt is being edited
    this.draft = { text: "", images: [] }; // what was being written before that
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
      { class: "nc-composer", onsubmit: (event) => this.submit(event), onpaste: (event) => this.paste(event) },
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

  submit(event) {
    event?.preventDefault();
    const text = this.box.value;
    if (!text.trim()) {
      if (this.images.length) this.panel.tell("Write something to go with the image.");
      return;
    }
    if (this.panel.answering) return this.panel.tell("An answer is still coming; Stop ends it.");
    this.sent = { text, images: this.images, edits: this.edits };
    this.sent.act = this.panel.send(text, this.images, this.edits);
    this.leaveEdit();
  }

  // What was sent and is not heard yet stays in sight.
  showWaiting(silent) {
    this.waiting.hidden = !(silent && this.sent && this.panel.unheard(this.sent.act));
    this.waiting.textContent = this.waiting.hidden ? "" : this.sent.text;
  }

  // The kernel could not ask: what was written comes back, unless something else has been written since.
  giveBack(act) {
    if (!this.sent || this.sent.act !== act) return;
    const { text, images, edits } = this.sent;
    this.sent = null;
    if (!this.box.value && !this.images.length) this.set(text, images, edits);
    else this.returned.push(text); // Up brings it back
  }

  set(text, images, edits) {
    this.box.value = text;
    this.images = images;
    this.edits = edits;
    this.editing.hidden = edits === null;
    this.showImages();
    this.fit();
  }

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

  showAnswering(answering) {
    if ([this.sendButton, this.stopButton].includes(document.activeElement)) this.box.focus();
    this.stopButton.hidden = !answering;
    this.sendButton.hidden = answering;
  }

  // True when the key was one of ours.
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

  recall(step) {
    const prompts = [...this.panel.prompts(), ...this.returned];
    const back = Math.min(Math.max(this.recalled + step, 0), prompts.length);
    this.box.value = back ? prompts[prompts.length - back] : "";
    this.fit();
    this.recalled = back;
  }

  paste(event) {
    this.addImages(event, event.clipboardData);
  }

  drop(event) {
    this.addImages(event, event.dataTransfer);
  }

  addImages(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.panel.tell("");
    for (const file of files) this.addImage(file);
  }

  async addImage(file) {
    const name = file.name || "That image";
    const size = this.images.reduce((sum, image) => sum + image.file.size, file.size);
    if (!IMAGE_TYPE.test(file.type)) return this.panel.tell(`${name} is not a PNG, JPEG, WebP or GIF image.`);
    if (size > MOST_IMAGE_BYTES) {
      return this.panel.tell(`${name} is too large: 8 MB of images can go with a prompt.`);
    }
    const image = { file, bytes: await file.arrayBuffer() };
    this.images = [...this.images, image];
    return this.showImages();
  }

  showImages() {
    for (const chip of this.chips.children) URL.revokeObjectURL(chip.firstChild.src);
    this.chips.replaceChildren(...this.images.map((image) => this.chip(image)));
  }

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
