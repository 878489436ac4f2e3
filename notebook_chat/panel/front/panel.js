// The panel: what stands around the turns, and how the parts come together.

const EDITING_KEYS = new Set([..."acvxzy", "enter", "backspace", "delete", "home", "end"]);
const TOLD_MS = 8000; // how long something is told that only this view knows
const LISTED_MS = 30000;
const SILENT = {
  busy: "The kernel is busy; this will happen when its cell has ended.",
  gone: "The kernel was restarted: run this panel's cell again.",
};
const NEW = "\u0000new";

class Panel {
  constructor(model) {
    this.model = model;
    this.answering = false;
    this.transcript = new Transcript(this, (ids) => this.connection.need(ids));
    this.composer = new Composer(this, model.get("_address"));
    this.models = h("datalist", { id: `nc-models-${Math.random().toString(36).slice(2)}` });
    this.modelBox = h("input", {
      "aria-label": "Model",
      list: this.models.id,
      spellcheck: "false",
      autocomplete: "off",
      placeholder: "provider:model",
      onchange: () => this.useModel(),
      onfocus: () => this.listModels(),
    });
    this.picker = h("select", { "aria-label": "Conversation", onchange: () => this.openConversation() });
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
        ondragover: (event) => event.preventDefault(),
        ondrop: (event) => this.composer.drop(event),
      },
      h("div", { class: "nc-head" }, this.picker, this.modelBox, this.models, button("Clear", () => this.act({ type: "clear" }))),
      h("div", { class: "nc-middle" }, this.transcript.element, this.newest),
      this.noticeLine,
      this.composer.element,
      h("div", { class: "nc-status" }, this.figures, this.doing, this.clock),
    );
    this.resize();
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey, true);
    this.connection = new Connection(model, (message, buffers) => this.take(message, buffers), (silent) => this.showSilent(silent));
  }

  // --- from the kernel

  take(message, buffers) {
    if (message.type === "models") {
      this.models.replaceChildren(...message.models.map((name) => h("option", { value: name })));
      return;
    }
    if (message.type === "state") this.transcript.forgetWaiting();
    const focused = this.transcript.element.contains(document.activeElement);
    this.transcript.take(message, buffers);
    // What had the focus may be gone, and the next key must not be the notebook's.
    if (focused && !this.element.contains(document.activeElement)) this.transcript.element.focus();
    if (message.head) this.showHead(message.head);
    this.showFigures();
  }

  showHead(head) {
    this.head = head;
    if (document.activeElement !== this.modelBox) this.modelBox.value = head.model;
    this.showConversations(head);
    if (head.answering !== this.answering) this.showAnswering(head.answering);
    if (head.notice?.number === this.notified) return;
    this.notified = head.notice?.number;
    if (head.notice?.act) this.composer.giveBack(head.notice.act);
    this.showNotice(head.notice);
  }

  // Only when there is something new: a picker that is open would close.
  showConversations({ conversations, conversation }) {
    const shown = JSON.stringify([conversations, conversation]);
    if (shown === this.shownConversations) return;
    this.shownConversations = shown;
    this.picker.hidden = !conversations.length;
    const cells = conversations.length ? " The cells of this notebook go on from here, too." : "";
    this.transcript.empty.textContent = `Ask something below.${cells}`;
    this.picker.replaceChildren(
      ...conversations.map((name) => h("option", { value: name, selected: name === conversation }, name)),
      h("option", { value: NEW }, "New conversation"),
    );
  }

  showNotice(notice) {
    const { text = "", error = false, undo = false } = notice ?? {};
    clearTimeout(this.telling);
    if (document.activeElement === this.undo && !undo) this.composer.box.focus();
    this.notice.textContent = text;
    this.undo.hidden = !undo;
    this.noticeLine.hidden = !text;
    this.noticeLine.classList.toggle("nc-error", error);
  }

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

  showSilent(silent) {
    if (silent === this.silence) return;
    this.silence = silent;
    this.composer.showWaiting(silent !== "");
    this.showDoing();
  }

  showDoing() {
    this.doing.textContent = SILENT[this.silence] ?? (this.answering ? "answering" : "");
  }

  // --- what the reader does

  act(content, buffers) {
    return this.connection.act(content, buffers);
  }

  send(text, images, edits) {
    if (edits === null) this.transcript.toBottom();
    return this.act({ type: "send", text, edits }, images.map(({ bytes }) => bytes));
  }

  unheard(act) {
    return this.connection.unheard.has(act);
  }

  stop() {
    this.act({ type: "stop" });
  }

  edit(id, text) {
    this.composer.edit(id, text);
  }

  prompts() {
    return this.transcript.prompts();
  }

  async copy(text) {
    this.tell((await copy(text)) ? "Copied." : "This page may not use the clipboard.");
  }

  async insert(source) {
    const inserted = insertCell(this.model, this.element, source, this.inserted);
    if (inserted !== null) {
      this.inserted = inserted;
      return this.tell("Inserted as a new cell.");
    }
    const copied = await copy(source);
    return this.tell(copied ? "Copied: cells cannot be inserted here, so paste it into one." : "Cells cannot be inserted here.");
  }

  useModel() {
    const name = this.modelBox.value.trim();
    if (name && name !== this.head?.model) this.act({ type: "model", name });
    else this.modelBox.value = this.head?.model ?? "";
  }

  listModels() {
    if (this.listed && performance.now() - this.listed < LISTED_MS) return;
    this.listed = performance.now();
    this.act({ type: "models" });
  }

  openConversation() {
    const name = this.picker.value;
    this.act({ type: "conversation", name: name === NEW ? "" : name });
  }

  // What only this view knows, for a while; then what the kernel has told again.
  tell(text) {
    this.showNotice({ text });
    this.telling = setTimeout(() => this.showNotice(this.head?.notice), TOLD_MS);
  }

  showNewest(shown) {
    if (!shown && document.activeElement === this.newest) this.transcript.element.focus();
    this.newest.hidden = !shown;
  }

  // Keys that are pressed in the panel are the panel's, but for the front end's own shortcuts, such as Ctrl+S.
  // On the window, since some front ends listen on the document before anything in it is asked.
  key(event) {
    if (!this.element.contains(event.target)) return;
    const key = event.key.toLowerCase();
    const shifted = event.shiftKey && "acvxy".includes(key); // such as Ctrl+Shift+C, which opens the palette
    const editing = (EDITING_KEYS.has(key) && !shifted) || key.startsWith("arrow");
    const shortcut = (event.ctrlKey || event.metaKey) && !editing;
    if (shortcut || /^f\d+$/.test(key)) return;
    event.stopPropagation();
    if (event.target === this.composer.box && this.composer.key(event)) return;
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
    this.transcript.close();
    this.connection.close();
  }
}

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
