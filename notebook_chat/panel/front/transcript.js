// The turns on screen.

const NEAR_BOTTOM_PX = 60;
const ASK_AGAIN_MS = 4000;
const AHEAD = "1500px"; // turns are asked for when they are so near to being seen

class Turn {
  constructor(id, panel) {
    this.id = id;
    this.panel = panel;
    this.version = null; // null: not here yet
    this.urls = [];
    this.prompt = h("div", { class: "nc-prompt-text", dir: "auto" });
    this.images = h("div", { class: "nc-images" });
    this.thoughts = h("div", { class: "nc-thoughts", dir: "auto" });
    this.title = h("summary", {}, "Reasoning");
    this.reasoning = h("details", { hidden: true }, this.title, this.thoughts);
    this.answer = h("div", { class: "notebook-chat mathjax_ignore tex2jax_ignore" });
    this.blocks = new Blocks(this.answer, (nodes) => this.decorate(nodes));
    this.note = h("p", { class: "nc-note-line" });
    this.foot = h("p", { class: "nc-foot" });
    this.tools = h("div", { class: "nc-tools" });
    this.promptTools = h("div", { class: "nc-tools" });
    this.end = h("div", { class: "nc-end" }, this.foot, this.tools);
    this.body = h("div", { class: "nc-answer" }, this.reasoning, this.answer, this.note, this.end);
    this.element = h(
      "article",
      { class: "nc-turn nc-absent" },
      h("div", { class: "nc-prompt" }, this.prompt, this.images, this.promptTools),
      this.body,
    );
  }

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

  begin(item, buffers) {
    this.element.classList.remove("nc-absent");
    this.prompt.textContent = this.source = item.prompt;
    this.release();
    this.images.replaceChildren(...item.images.map((image) => this.picture(image, buffers)));
  }

  picture({ type, buffer }, buffers) {
    const url = URL.createObjectURL(new Blob([buffers[buffer]], { type }));
    this.urls.push(url);
    return h("img", { src: url, alt: "Image of the prompt" });
  }

  // What is new of an open answer; `blocks` when it is all of it.
  grow(live, buffers) {
    if (live.prompt !== undefined) this.begin(live, buffers);
    if (live.blocks !== undefined) {
      this.blocks.clear();
      this.blocks.grow(live.blocks, live.open);
      this.thoughts.textContent = live.reasoning;
    } else if (live.add || live.open !== undefined) {
      const open = live.open === undefined ? this.blocks.html : this.blocks.opened(live.keep, live.open);
      this.blocks.grow(live.add ?? [], open);
    }
    if (live.think) this.thoughts.append(live.think);
    if (live.note !== undefined) this.note.textContent = live.note ? `${live.note} …` : "";
    this.version = -1;
    this.element.setAttribute("aria-busy", "true");
    const answering = this.blocks.count > 0 || this.blocks.html !== "";
    this.title.textContent = answering ? "Reasoning" : "Thinking …";
    this.reasoning.hidden = !this.thoughts.firstChild;
    this.foot.textContent = "";
    this.showTools(false);
  }

  finish(item, buffers) {
    const kept = item.kept ?? 0;
    if (this.version === item.version) return; // another view has asked for it
    if (kept > this.blocks.count) return; // it lacks what it should have kept: the turn is asked for whole
    this.begin(item, buffers);
    this.blocks.keep(kept);
    this.blocks.grow(item.blocks, "");
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
  }

  showFoot() {
    if (this.version === null || this.version < 0) return;
    const marks = [this.stale && "stale: an earlier turn was asked again", this.pinned && "pinned"];
    this.foot.textContent = [this.footText, ...marks.filter(Boolean)].filter(Boolean).join(" · ");
  }

  showTools(ended) {
    const { panel, id } = this;
    if (!ended) {
      this.tools.replaceChildren();
      this.promptTools.replaceChildren();
      return;
    }
    this.promptTools.replaceChildren(
      button("Edit", () => panel.edit(id, this.source)),
      button("Delete", () => panel.act({ type: "delete", turn: id })),
    );
    this.tools.replaceChildren(
      ...(this.text ? [button("Copy", () => panel.copy(this.text))] : []),
      button("Regenerate", () => panel.act({ type: "regenerate", turn: id })),
    );
  }

  // Code gets its buttons; what may be wider than the panel can be scrolled by the keyboard.
  decorate(nodes) {
    for (const code of nodes.querySelectorAll("pre")) {
      const frame = h("div", { class: "nc-code" });
      const text = () => code.textContent.replace(/\n$/, "");
      code.before(frame);
      code.tabIndex = 0;
      const tools = h("div", { class: "nc-tools", role: "group", "aria-label": "Code" });
      tools.append(
        button("Copy", () => this.panel.copy(text())),
        button("Insert", () => this.panel.insert(text())),
      );
      frame.append(tools, code);
    }
    for (const wide of nodes.querySelectorAll("table, .nc-display")) wide.tabIndex = 0;
  }

  release() {
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
  }
}

class Transcript {
  constructor(panel, need) {
    this.panel = panel;
    this.turns = new Map();
    this.order = [];
    this.empty = h("p", { class: "nc-empty" }, "Ask something below.");
    this.list = h("div", { class: "nc-turns" }, this.empty);
    this.element = h(
      "div",
      { class: "nc-log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" },
      this.list,
    );
    this.atBottom = true;
    this.top = 0;
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // Whatever makes it longer or the window smaller, a reader at the end stays there.
    this.sizes = new ResizeObserver(() => this.follow());
    this.sizes.observe(this.list);
    this.sizes.observe(this.element);
    this.waiting = new Set();
    this.seen = new IntersectionObserver((entries) => this.cameNear(entries, need), {
      root: this.element,
      rootMargin: `${AHEAD} 0px`,
    });
  }

  take(message, buffers) {
    if (message.rows) this.arrange(message.rows);
    for (const item of message.items ?? []) this.turns.get(item.id)?.finish(item, buffers);
    if (message.live) this.turns.get(message.live.id)?.grow(message.live, buffers);
    for (const turn of this.turns.values()) this.watch(turn);
  }

  arrange(rows) {
    const wanted = new Set(rows.map(([id]) => id));
    for (const [id, turn] of this.turns) {
      if (!wanted.has(id)) this.remove(turn);
    }
    let after = null;
    rows.forEach((row, index) => {
      const turn = this.turns.get(row[0]) ?? new Turn(row[0], this.panel);
      this.turns.set(turn.id, turn);
      turn.place(index + 1, row);
      const next = after ? after.nextSibling : this.list.firstChild;
      if (next !== turn.element) this.list.insertBefore(turn.element, next);
      after = turn.element;
    });
    this.order = rows.map(([id]) => id);
    this.empty.hidden = rows.length > 0;
  }

  remove(turn) {
    this.seen.unobserve(turn.element);
    this.waiting.delete(turn.id);
    turn.release();
    turn.element.remove();
    this.turns.delete(turn.id);
  }

  // A turn that is not here yet is asked for when it comes near.
  watch(turn) {
    if (turn.absent === turn.watched) return;
    turn.watched = turn.absent;
    turn.element.turn = turn;
    if (turn.absent) this.seen.observe(turn.element);
    else {
      this.seen.unobserve(turn.element);
      this.waiting.delete(turn.id);
    }
  }

  cameNear(entries, need) {
    const near = entries.filter((entry) => entry.isIntersecting && entry.target.turn.absent);
    const ids = near.map((entry) => entry.target.turn.id).filter((id) => !this.waiting.has(id));
    if (!ids.length) return;
    for (const id of ids) this.waiting.add(id);
    need(ids);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.askAgain(), ASK_AGAIN_MS);
  }

  askAgain() {
    this.forgetWaiting();
    for (const turn of this.turns.values()) this.watch(turn);
  }

  // An answer may be lost: the turns that are still missing are looked at anew.
  forgetWaiting() {
    for (const id of this.waiting) {
      const turn = this.turns.get(id);
      if (!turn) continue;
      this.seen.unobserve(turn.element);
      turn.watched = false;
    }
    this.waiting.clear();
  }

  // Only the reader scrolls up; what grows beneath does not mean that he has left the end.
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    if (near || scrollTop < this.top) this.stay(near);
    this.top = scrollTop;
  }

  stay(atBottom) {
    this.atBottom = atBottom;
    this.panel.showNewest(!atBottom);
  }

  follow() {
    if (this.atBottom) this.element.scrollTop = this.element.scrollHeight;
  }

  toBottom() {
    this.stay(true);
    this.follow();
  }

  prompts() {
    return this.order.map((id) => this.turns.get(id).source).filter(Boolean);
  }

  lastFoot() {
    const last = this.turns.get(this.order.at(-1));
    return last?.version >= 0 ? last.footText : "";
  }

  close() {
    clearTimeout(this.retry);
    this.seen.disconnect();
    this.sizes.disconnect();
    for (const turn of this.turns.values()) turn.release();
  }
}
