// @ts-check
// The turns on screen.

import { h } from "./page.js";
import { Turn } from "./turn.js";

const NEAR_BOTTOM_PX = 60;
const ASK_AGAIN_MS = 4000;
const AHEAD = "1500px"; // turns are asked for when they are so near to being seen

/**
 * @typedef {import("./turn.js").Actions & { showNewest: (shown: boolean) => void }} Panel
 * @typedef {import("./connection.js").Shown} Shown
 */

export class Transcript {
  /**
   * @param {Panel} panel
   * @param {(ids: string[]) => void} need asks for turns that are not here
   */
  constructor(panel, need) {
    this.panel = panel;
    /** @type {Map<string, Turn>} */
    this.turns = new Map();
    /** @type {string[]} */
    this.order = [];
    /** @type {WeakMap<Element, Turn>} */
    this.shown = new WeakMap(); // the turn that an element shows
    this.empty = h("p", { class: "nc-empty" });
    this.tellWhere(false);
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
    /** @type {Set<string>} */
    this.waiting = new Set(); // the turns that were asked for
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    this.seen = new IntersectionObserver((entries) => this.cameNear(entries, need), {
      root: this.element,
      rootMargin: `${AHEAD} 0px`,
    });
  }

  /**
   * @param {Shown} message
   * @param {DataView[]} buffers
   */
  take(message, buffers) {
    if ("rows" in message && message.rows) this.arrange(message.rows);
    for (const item of message.items ?? []) this.turns.get(item.id)?.finish(item, buffers);
    if ("live" in message && message.live) this.turns.get(message.live.id)?.grow(message.live, buffers);
    for (const turn of this.turns.values()) this.watch(turn);
  }

  /** @param {import("./protocol.d.ts").Row[]} rows */
  arrange(rows) {
    const wanted = new Set(rows.map(([id]) => id));
    for (const [id, turn] of this.turns) {
      if (!wanted.has(id)) this.remove(turn);
    }
    /** @type {Element | null} */
    let after = null;
    for (const [index, row] of rows.entries()) {
      const turn = this.turns.get(row[0]) ?? new Turn(row[0], this.panel);
      this.turns.set(turn.id, turn);
      this.shown.set(turn.element, turn);
      turn.place(index + 1, row);
      const next = /** @type {Node | null} */ (after ? after.nextSibling : this.list.firstChild);
      if (next !== turn.element) this.list.insertBefore(turn.element, next);
      after = turn.element;
    }
    this.order = rows.map(([id]) => id);
    this.empty.hidden = rows.length > 0;
  }

  /**
   * What an empty conversation says.
   *
   * @param {boolean} shared whether it is one of the notebook's, which its cells have too
   */
  tellWhere(shared) {
    const cells = shared ? " The cells of this notebook go on from here, too." : "";
    const text = `Ask something below.${cells}`;
    if (this.empty.textContent !== text) this.empty.textContent = text; // which is read out
  }

  /** @param {Turn} turn */
  remove(turn) {
    this.seen.unobserve(turn.element);
    this.waiting.delete(turn.id);
    turn.close();
    turn.element.remove();
    this.turns.delete(turn.id);
  }

  /**
   * A turn that is not here yet is asked for when it comes near.
   *
   * @param {Turn} turn
   */
  watch(turn) {
    if (turn.absent === turn.watched) return;
    turn.watched = turn.absent;
    if (turn.absent) this.seen.observe(turn.element);
    else {
      this.seen.unobserve(turn.element);
      this.waiting.delete(turn.id);
    }
  }

  /**
   * @param {IntersectionObserverEntry[]} entries
   * @param {(ids: string[]) => void} need
   */
  cameNear(entries, need) {
    const near = entries.filter((entry) => entry.isIntersecting).map((entry) => this.shown.get(entry.target));
    const ids = near.flatMap((turn) => (turn?.absent && !this.waiting.has(turn.id) ? [turn.id] : []));
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

  /** @param {boolean} atBottom */
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
    return this.order.flatMap((id) => this.turns.get(id)?.source || []);
  }

  lastFoot() {
    const last = this.turns.get(this.order.at(-1) ?? "");
    return last && last.version !== null && last.version >= 0 ? last.footText : "";
  }

  close() {
    clearTimeout(this.retry);
    this.seen.disconnect();
    this.sizes.disconnect();
    for (const turn of this.turns.values()) turn.close();
  }
}
