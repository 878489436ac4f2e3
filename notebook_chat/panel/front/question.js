// @ts-check
// The question whether a tool may run. What a model or a server wrote is in it, all of it as text.

import { button, h } from "./page.js";

const GUARD_MS = 500; // a click that was meant for what was here before allows nothing
/** @type {Record<string, string>} */
const SCOPES = {
  once: "Yes, once",
  conversation: "Yes, for this conversation",
  notebook: "Yes, for this notebook",
  always: "Yes, always",
};

export class Question {
  /**
   * @param {(doing: import("./connection.js").Doing) => unknown} act
   * @param {() => void} gone is called when the question is gone that had the focus
   */
  constructor(act, gone) {
    this.act = act;
    this.gone = gone;
    this.id = "";
    this.asked = ""; // the arguments as they were asked for
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.guard = undefined;
    this.title = h("p", { class: "nc-question-title", role: "alert" });
    this.why = h("p", { class: "nc-question-why" });
    this.call = h("pre", { tabindex: "0", "aria-label": "Arguments" });
    /** @type {HTMLTextAreaElement | null} */
    this.box = null; // where the arguments are changed
    this.proposal = h("pre", { tabindex: "0", "aria-label": "What it would do" });
    this.words = h("input", { "aria-label": "Why not", placeholder: "Why not (the model is told)", autocomplete: "off" });
    this.edit = button("Change arguments", () => this.change());
    this.yes = h("div", { class: "nc-answers" });
    this.no = button("No", () => this.decide(false, "once"));
    this.element = h(
      "section",
      { class: "nc-question", "aria-label": "A tool waits for your answer", hidden: true },
      h("div", { class: "nc-asked" }, this.title, this.why, this.call, this.proposal),
      this.yes,
      h("div", { class: "nc-answers" }, this.no, this.words),
    );
  }

  /** @param {import("./protocol.d.ts").Question | undefined} question */
  show(question) {
    const id = question?.id ?? "";
    if (id === this.id) return;
    const focused = this.element.contains(/** @type {Document | ShadowRoot} */ (this.element.getRootNode()).activeElement);
    this.id = id;
    clearTimeout(this.guard);
    this.element.hidden = !question;
    if (focused) this.gone(); // a key that is pressed now must not answer another question, nor be the notebook's
    if (!question) return;
    const { tool, origin, model, why, proposal, scopes, whole } = question;
    this.title.textContent = `${model || "The model"} asks to run ${tool}${origin ? ` (${origin})` : ""}`;
    this.why.textContent = why;
    this.asked = this.call.textContent = question.arguments;
    this.box?.replaceWith(this.call);
    this.box = null;
    this.proposal.textContent = proposal;
    this.proposal.hidden = !proposal;
    this.words.value = "";
    this.edit.hidden = !whole;
    const answers = scopes.map((scope) =>
      button(SCOPES[scope] ?? scope, () => this.decide(true, scope), scope === "once" ? { class: "nc-primary" } : {}),
    );
    this.yes.replaceChildren(...answers, this.edit);
    this.lock(true);
    this.guard = setTimeout(() => this.lock(false), GUARD_MS);
  }

  /** @param {boolean} locked */
  lock(locked) {
    for (const one of this.element.querySelectorAll("button")) one.disabled = locked;
  }

  change() {
    this.box = h("textarea", { "aria-label": "Arguments as JSON", rows: "6", spellcheck: "false" });
    this.box.value = this.asked;
    this.call.replaceWith(this.box);
    this.edit.hidden = true;
    this.box.focus();
  }

  /**
   * @param {boolean} yes
   * @param {string} scope
   */
  decide(yes, scope) {
    const written = this.box?.value ?? this.asked;
    this.act({
      type: "decide",
      question: this.id,
      yes,
      scope: /** @type {import("./protocol.d.ts").Decide["scope"]} */ (scope),
      arguments: yes && written !== this.asked ? written : null,
      words: yes ? "" : this.words.value,
    });
  }

  close() {
    clearTimeout(this.guard);
  }
}
