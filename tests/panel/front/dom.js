// A page for the scripts under test: jsdom, and what it lacks. Import it before them.

import { createRequire } from "node:module";

// The packages may be elsewhere, where NODE_PATH says; only `require` looks there.
const { JSDOM } = createRequire(import.meta.url)("jsdom");

const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/", pretendToBeVisual: true });

const NAMES = ["document", "sessionStorage", "Node", "Element", "Text", "Document", "ShadowRoot"];
for (const name of NAMES) globalThis[name] = window[name];
globalThis.window = window;
globalThis.CSS = { supports: () => true };

/** What watches sizes or places: a test says with `report` what the browser would have seen. */
class Observer {
  /** @param {(entries: object[]) => void} report */
  constructor(report) {
    this.report = report;
    this.observed = new Set();
    this.constructor.all.push(this);
  }

  observe(element) {
    this.observed.add(element);
  }

  unobserve(element) {
    this.observed.delete(element);
  }

  disconnect() {
    this.observed.clear();
  }
}

globalThis.ResizeObserver = class extends Observer {
  static all = [];
};
globalThis.IntersectionObserver = class extends Observer {
  static all = [];
};

/** A widget's model without a kernel: `sent` has what went to it, `hear` brings what comes from it. */
export class Model {
  /** @param {Record<string, unknown>} traits */
  constructor(traits = {}) {
    this.traits = { _address: "", height: "20rem", ...traits };
    this.sent = [];
    this.listeners = new Map();
  }

  get(name) {
    return this.traits[name];
  }

  on(event, listener) {
    this.listeners.set(event, listener);
  }

  off(event, listener) {
    if (this.listeners.get(event) === listener) this.listeners.delete(event);
  }

  send(content, callbacks, buffers) {
    this.sent.push({ ...content, buffers });
  }

  hear(message, buffers) {
    this.listeners.get("msg:custom")?.(message, buffers);
  }

  /** What was sent since the last call. */
  news() {
    return this.sent.splice(0);
  }
}

/** A key pressed in an element; gives the event. */
export function press(element, key, options = {}) {
  const event = new window.KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...options });
  element.dispatchEvent(event);
  return event;
}

export const head = (fields = {}) => ({
  model: "parrot:grey",
  conversation: "talk",
  conversations: [],
  answering: false,
  notice: null,
  ...fields,
});

export const item = (id, fields = {}) => ({
  id,
  version: 0,
  prompt: `prompt of ${id}`,
  images: [],
  along: "",
  blocks: [`<p>answer of ${id}</p>`],
  reasoning: "",
  text: `answer of ${id}`,
  foot: "parrot:grey",
  ...fields,
});
