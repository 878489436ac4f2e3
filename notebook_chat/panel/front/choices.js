// @ts-check
// What the reader chooses: the conversation that is shown, and the model that answers.

import { focusedIn, h } from "./page.js";

const LISTED_MS = 30000; // for how long a list of models is good
const NEW = "\u0000new";

export class Choices {
  /** @param {(doing: import("./connection.js").Doing) => unknown} act */
  constructor(act) {
    this.act = act;
    this.model = ""; // who answers now
    this.shown = ""; // the conversations, as JSON
    this.listed = 0; // when the models were asked for
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
    this.elements = [this.picker, this.modelBox, this.models];
  }

  /** @param {import("./protocol.d.ts").Head} head */
  show(head) {
    this.model = head.model;
    if (focusedIn(this.modelBox) !== this.modelBox) this.modelBox.value = head.model;
    this.showConversations(head);
  }

  /**
   * Only when there is something new: a picker that is open would close.
   *
   * @param {import("./protocol.d.ts").Head} head
   */
  showConversations({ conversations, conversation }) {
    const shown = JSON.stringify([conversations, conversation]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.picker.hidden = !conversations.length;
    this.picker.replaceChildren(
      ...conversations.map((name) => h("option", { value: name, selected: name === conversation }, name)),
      h("option", { value: NEW }, "New conversation"),
    );
  }

  /** @param {string[]} names */
  showModels(names) {
    this.models.replaceChildren(...names.map((name) => h("option", { value: name })));
  }

  useModel() {
    const name = this.modelBox.value.trim();
    if (name && name !== this.model) this.act({ type: "model", name });
    else this.modelBox.value = this.model;
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
}
