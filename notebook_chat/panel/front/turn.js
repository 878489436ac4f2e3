// @ts-check
// One turn on screen: a prompt, its answer as it grows, and what can be done with them.

import { Blocks } from "./live_answer.js";
import { button, h } from "./page.js";

/**
 * @typedef {import("./connection.js").Doing} Doing
 * @typedef {import("./protocol.d.ts").Item} Item
 * @typedef {import("./protocol.d.ts").Live} Live
 * @typedef {object} Actions what can be done with a turn
 * @property {(doing: Doing) => unknown} act
 * @property {(id: string, text: string) => void} edit
 * @property {(text: string) => unknown} copy
 * @property {(code: string) => unknown} insert
 */

export class Turn {
  /**
   * @param {string} id
   * @param {Actions} panel
   */
  constructor(id, panel) {
    this.id = id;
    this.panel = panel;
    /** @type {number | null} */
    this.version = null; // null: not here yet
    this.wanted = -1;
    this.stale = false;
    this.pinned = false;
    this.watched = false;
    this.source = ""; // of the prompt
    this.text = ""; // of the answer
    this.footText = "";
    /** @type {string[]} */
    this.urls = [];
    /** @type {string[]} */
    this.mediaUrls = [];
    this.prompt = h("div", { class: "nc-prompt-text", dir: "auto" });
    this.images = h("div", { class: "nc-images" });
    this.along = h("p", { class: "nc-along" });
    this.sent = h("div", { class: "nc-sent" });
    this.thoughts = h("div", { class: "nc-thoughts", dir: "auto" });
    this.title = h("summary", {}, "Reasoning");
    this.reasoning = h("details", { hidden: true }, this.title, this.thoughts);
    this.answer = h("div", { class: "notebook-chat mathjax_ignore tex2jax_ignore" });
    this.blocks = new Blocks(this.answer, (nodes) => this.decorate(nodes));
    this.media = h("div", { class: "nc-media" });
    this.note = h("p", { class: "nc-note-line" });
    this.foot = h("p", { class: "nc-foot" });
    this.tools = h("div", { class: "nc-tools" });
    this.promptTools = h("div", { class: "nc-tools" });
    this.end = h("div", { class: "nc-end" }, this.foot, this.tools);
    this.others = h("div", { class: "nc-others" });
    this.body = h(
      "div",
      { class: "nc-answer" },
      this.reasoning,
      this.answer,
      this.media,
      this.note,
      this.end,
      this.others,
    );
    this.element = h(
      "article",
      { class: "nc-turn nc-absent" },
      h("div", { class: "nc-prompt" }, this.prompt, this.images, this.along, this.sent, this.promptTools),
      this.body,
    );
  }

  /**
   * @param {number} number its place, counted from 1
   * @param {import("./protocol.d.ts").Row} row
   */
  place(number, [, version, stale, pinned]) {
    this.element.setAttribute("aria-label", `Turn ${number}`);
    this.element.classList.toggle("nc-stale", stale);
    this.stale = stale;
    this.pinned = pinned;
    this.wanted = version;
    this.showFoot();
  }

  get absent() {
    return this.wanted >= 0 && this.version !== this.wanted;
  }

  /**
   * @param {Pick<Item, "prompt" | "images" | "along">} item
   * @param {DataView[]} buffers
   */
  begin(item, buffers) {
    this.element.classList.remove("nc-absent");
    this.prompt.textContent = this.source = item.prompt;
    this.along.textContent = item.along;
    this.sent.replaceChildren();
    this.release();
    this.images.replaceChildren(...item.images.map((image) => this.picture(image, buffers)));
  }

  /**
   * @param {import("./protocol.d.ts").Image} image
   * @param {DataView[]} buffers
   */
  picture({ type, buffer }, buffers) {
    const url = urlOf(type, buffers[buffer]);
    this.urls.push(url);
    return h("img", { src: url, alt: "Image of the prompt" });
  }

  /**
   * Images and recordings of the answer, beneath it: so many stay, and further ones come.
   *
   * @param {number} kept
   * @param {import("./protocol.d.ts").Medium[]} more
   * @param {DataView[]} buffers
   */
  showMedia(kept, more, buffers) {
    for (const url of this.mediaUrls.splice(kept)) URL.revokeObjectURL(url);
    for (const gone of [...this.media.children].slice(kept)) gone.remove();
    for (const { type, buffer, told } of more) {
      const url = urlOf(type, buffers[buffer]);
      this.mediaUrls.push(url);
      const image = type.startsWith("image/");
      this.media.append(image ? h("img", { src: url, alt: told }) : h("audio", { src: url, controls: true, title: told }));
    }
  }

  /**
   * What is new of an open answer; `blocks` when it is all of it.
   *
   * @param {Live} live
   * @param {DataView[]} buffers
   */
  grow(live, buffers) {
    if (live.prompt !== undefined) {
      this.begin({ prompt: live.prompt, images: live.images ?? [], along: live.along ?? "" }, buffers);
    }
    if (live.blocks !== undefined) {
      this.blocks.clear();
      this.blocks.grow(live.blocks, live.open ?? "");
      this.thoughts.textContent = live.reasoning ?? "";
      this.showMedia(0, live.media ?? [], buffers);
    } else if (live.add || live.open !== undefined) {
      const open = live.open === undefined ? this.blocks.html : this.blocks.opened(live.keep ?? 0, live.open);
      this.blocks.grow(live.add ?? [], open);
    }
    if (live.blocks === undefined && live.media) this.showMedia(this.mediaUrls.length, live.media, buffers);
    if (live.think) this.thoughts.append(live.think);
    if (live.note !== undefined) this.note.textContent = live.note ? `${live.note} …` : "";
    this.version = -1;
    this.element.setAttribute("aria-busy", "true");
    const answering = this.blocks.count > 0 || this.blocks.html !== "";
    this.title.textContent = answering ? "Reasoning" : "Thinking …";
    this.reasoning.hidden = !this.thoughts.firstChild;
    this.foot.textContent = "";
    this.others.replaceChildren();
    this.showTools(false);
  }

  /**
   * The whole of an answer that has ended.
   *
   * @param {Item} item
   * @param {DataView[]} buffers
   */
  finish(item, buffers) {
    const kept = item.kept ?? 0;
    if (this.version === item.version) return; // another view has asked for it
    const keptMedia = item.kept_media ?? 0;
    // It lacks what it should have kept: the turn is asked for whole.
    if (kept > this.blocks.count || keptMedia > this.mediaUrls.length) return;
    this.begin(item, buffers);
    this.blocks.keep(kept);
    this.blocks.grow(item.blocks, "");
    this.showMedia(keptMedia, item.media ?? [], buffers);
    this.thoughts.textContent = item.reasoning;
    this.title.textContent = "Reasoning";
    this.reasoning.hidden = !item.reasoning;
    this.note.textContent = "";
    this.text = item.text;
    this.footText = item.foot;
    this.version = item.version;
    this.element.removeAttribute("aria-busy");
    this.showFoot();
    this.showTools(true);
    this.others.replaceChildren(...(item.others ?? []).map((other) => this.other(other)));
  }

  /**
   * Another model's answer, folded.
   *
   * @param {import("./protocol.d.ts").Other} other
   */
  other({ answer, model, blocks, reasoning, text, foot }) {
    const { panel, id } = this;
    const shown = h("div", { class: "notebook-chat mathjax_ignore tex2jax_ignore" });
    new Blocks(shown, (nodes) => this.decorate(nodes)).grow(blocks, "");
    const tools = h(
      "div",
      { class: "nc-tools" },
      button("Keep", () => panel.act({ type: "keep", turn: id, answer }), {
        title: `Put the answer of ${model} into the conversation`,
      }),
      ...(text ? [button("Copy", () => panel.copy(text))] : []),
    );
    const end = h("div", { class: "nc-end" }, h("p", { class: "nc-foot" }, foot), tools);
    const thoughts = h("div", { class: "nc-thoughts", dir: "auto" }, reasoning);
    const thought = h("details", { hidden: !reasoning }, h("summary", {}, "Reasoning"), thoughts);
    return h("details", {}, h("summary", {}, `Answer of ${model}`), thought, shown, end);
  }

  /** @param {string} text what went out with the prompt */
  showSent(text) {
    const details = h("details", { open: true }, h("summary", {}, "What was sent"), h("pre", { tabindex: "0", dir: "auto" }, text));
    this.sent.replaceChildren(details);
  }

  showFoot() {
    if (this.version === null || this.version < 0) return;
    const marks = [this.stale && "stale: an earlier turn was asked again", this.pinned && "pinned"];
    this.foot.textContent = [this.footText, ...marks.filter(Boolean)].filter(Boolean).join(" · ");
  }

  /** @param {boolean} ended */
  showTools(ended) {
    const { panel, id } = this;
    if (!ended) {
      this.tools.replaceChildren();
      this.promptTools.replaceChildren();
      return;
    }
    this.promptTools.replaceChildren(
      button("Edit", () => panel.edit(id, this.source)),
      button("Sent", () => panel.act({ type: "sent", turn: id }), { title: "What went out with this prompt" }),
      button("Delete", () => panel.act({ type: "delete", turn: id })),
    );
    this.tools.replaceChildren(
      ...(this.text ? [button("Copy", () => panel.copy(this.text))] : []),
      button("Regenerate", () => panel.act({ type: "regenerate", turn: id })),
    );
  }

  /**
   * Code gets its buttons; what may be wider than the panel can be scrolled by the keyboard.
   *
   * @param {DocumentFragment} nodes
   */
  decorate(nodes) {
    for (const code of nodes.querySelectorAll("pre")) {
      const frame = h("div", { class: "nc-code" });
      const text = () => (code.textContent ?? "").replace(/\n$/, "");
      code.before(frame);
      code.tabIndex = 0;
      const tools = h("div", { class: "nc-tools", role: "group", "aria-label": "Code" });
      tools.append(button("Copy", () => this.panel.copy(text())));
      // What a tool was given, and gave, is no code for a cell.
      if (!code.closest(".nc-call")) tools.append(button("Insert", () => this.panel.insert(text())));
      frame.append(tools, code);
    }
    for (const wide of nodes.querySelectorAll("table, .nc-display")) wide.setAttribute("tabindex", "0");
  }

  release() {
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
  }

  // It is shown no more.
  close() {
    this.release();
    this.showMedia(0, [], []);
  }
}

/**
 * @param {string} type
 * @param {DataView} buffer
 */
function urlOf(type, buffer) {
  const bytes = /** @type {DataView<ArrayBuffer>} */ (buffer);
  return URL.createObjectURL(new Blob([bytes], { type }));
}
