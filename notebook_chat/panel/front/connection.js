// @ts-check
// The way to the kernel and back. Changes are numbered, so one that is lost or comes too early is noticed and the
// whole state is asked for. What the reader does is acknowledged, so a kernel that cannot listen is noticed too.

import { sendByControl } from "./control.js";

/**
 * @typedef {import("./protocol.d.ts").Act} Act
 * @typedef {import("./protocol.d.ts").PanelMessage} PanelMessage
 * @typedef {import("./protocol.d.ts").ViewMessage} ViewMessage
 * @typedef {import("./protocol.d.ts").State | import("./protocol.d.ts").Change | import("./protocol.d.ts").Items} Shown
 * @typedef {{ [Type in Act["type"]]: Omit<Extract<Act, { type: Type }>, "act"> }[Act["type"]]} Doing
 *     what the reader does, without the name that the connection gives it
 * @typedef {(message: Shown | import("./protocol.d.ts").Told, buffers: DataView[]) => void} Receive
 * @typedef {"" | "busy" | "gone"} Silence
 *     "busy" when the kernel does not listen, "gone" when it is not the one any more that the panel was made in
 * @typedef {object} Model the widget's model, as anywidget gives it; more of it depends on the front end
 * @property {(name: string) => any} get
 * @property {(content: PanelMessage, callbacks: undefined, buffers: ArrayBuffer[]) => void} send
 * @property {(event: string, listener: (...told: any[]) => void) => void} on
 * @property {(event: string, listener: (...told: any[]) => void) => void} off
 * @property {any} [widget_manager]
 */

const PATIENCE_MS = 500;
const RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30000;

export class Connection {
  /**
   * @param {Model} model
   * @param {Receive} receive gets what is to be shown
   * @param {(silence: Silence) => void} silent is told when the kernel cannot be heard, and when it can again
   */
  constructor(model, receive, silent) {
    this.model = model;
    this.receive = receive;
    this.silent = silent;
    this.view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    /** @type {number | null} */
    this.number = null; // of the last change that is shown; null before the first state
    this.acts = 0;
    this.quick = true; // the control channel, until it has been silent
    /** @type {Map<string, ReturnType<typeof setTimeout>>} */
    this.unheard = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.asking = undefined;
    /** @type {(message: ViewMessage, buffers?: DataView[]) => void} */
    this.listener = (message, buffers) => this.take(message, buffers ?? []);
    model.on("msg:custom", this.listener);
    this.askState();
  }

  /**
   * @param {ViewMessage} message
   * @param {DataView[]} buffers
   */
  take(message, buffers) {
    switch (message.type) {
      case "state":
        this.stopAsking();
        if (this.number !== null && message.number <= this.number) return;
        this.number = message.number;
        this.receive(message, buffers);
        break;
      case "change":
        if (this.number === null || message.number <= this.number) return;
        if (message.number > this.number + 1) {
          this.askState();
          return;
        }
        this.number = message.number;
        this.receive(message, buffers);
        break;
      case "check":
        if (this.number !== null && message.number > this.number) this.askState();
        break;
      case "ack":
        this.settle(message.act);
        break;
      default:
        if (this.number !== null) this.receive(message, buffers);
    }
  }

  askState() {
    if (this.asking !== undefined) return;
    const ask = (/** @type {number} */ wait) => {
      this.send({ type: "ready", view: this.view });
      this.asking = setTimeout(() => {
        this.silent("busy");
        this.quick = false;
        ask(Math.min(2 * wait, LONGEST_RETRY_MS));
      }, wait);
    };
    ask(RETRY_MS);
  }

  stopAsking() {
    clearTimeout(this.asking);
    this.asking = undefined;
    if (!this.unheard.size) this.silent("");
  }

  /** @param {string[]} ids */
  need(ids) {
    this.send({ type: "need", ids });
  }

  /**
   * What is not heard is sent by the other way too; the kernel does it once.
   *
   * @param {Doing} doing
   * @param {ArrayBuffer[]} buffers
   * @returns {string} the name by which the kernel refers to it
   */
  act(doing, buffers = []) {
    const act = `${this.view}-${(this.acts += 1)}`;
    const message = /** @type {Act} */ ({ ...doing, act });
    const unheard = () => {
      this.silent("busy");
      if (this.quick) this.sendByComm(message, buffers);
    };
    this.unheard.set(act, setTimeout(unheard, PATIENCE_MS));
    this.send(message, buffers);
    return act;
  }

  /**
   * Asks for something that is of no use later: nobody is told when it is not heard.
   *
   * @param {Doing} doing
   * @returns {string} the name by which the kernel refers to it
   */
  query(doing) {
    const act = `${this.view}-${(this.acts += 1)}`;
    this.send(/** @type {Act} */ ({ ...doing, act }));
    return act;
  }

  /** @param {string} act */
  settle(act) {
    clearTimeout(this.unheard.get(act));
    this.unheard.delete(act);
    if (!this.unheard.size) this.silent("");
  }

  /**
   * @param {PanelMessage} message
   * @param {ArrayBuffer[]} buffers
   */
  send(message, buffers = []) {
    if (!this.quick || !sendByControl(this.model, message, buffers)) this.sendByComm(message, buffers);
  }

  /**
   * @param {PanelMessage} message
   * @param {ArrayBuffer[]} buffers
   */
  sendByComm(message, buffers) {
    try {
      this.model.send(message, undefined, buffers);
    } catch {
      this.silent("gone");
    }
  }

  close() {
    this.model.off("msg:custom", this.listener);
    for (const timer of [this.asking, ...this.unheard.values()]) clearTimeout(timer);
    this.send({ type: "gone", view: this.view });
  }
}
