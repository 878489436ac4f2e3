// The way to the kernel and back. Changes are numbered, so one that is lost or comes too early is noticed and the
// whole state is asked for. What the reader does is acknowledged, so a kernel that cannot listen is noticed too.

const PATIENCE_MS = 500;
const RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30000;

class Connection {
  // `receive` gets messages of the kinds state, change, items and models; `silent` whether the kernel is.
  constructor(model, receive, silent) {
    this.model = model;
    this.receive = receive;
    this.silent = silent;
    this.view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    this.number = null; // of the last change that is shown; null before the first state
    this.acts = 0;
    this.unheard = new Map();
    this.listener = (message, buffers) => this.take(message, buffers ?? []);
    model.on("msg:custom", this.listener);
    this.askState();
  }

  take(message, buffers) {
    switch (message.type) {
      case "state":
        this.stopAsking();
        if (this.number !== null && message.number <= this.number) return;
        this.number = message.number;
        return this.receive(message, buffers);
      case "change":
        if (this.number === null || message.number <= this.number) return;
        if (message.number > this.number + 1) return this.askState();
        this.number = message.number;
        return this.receive(message, buffers);
      case "check":
        if (this.number !== null && message.number > this.number) this.askState();
        return;
      case "ack":
        this.settle(message.act);
        return;
      default:
        if (this.number !== null) this.receive(message, buffers);
    }
  }

  askState() {
    if (this.asking) return;
    const ask = (wait) => {
      this.send({ type: "ready", view: this.view });
      this.asking = setTimeout(() => {
        this.silent(true);
        ask(Math.min(2 * wait, LONGEST_RETRY_MS));
      }, wait);
    };
    ask(RETRY_MS);
  }

  stopAsking() {
    clearTimeout(this.asking);
    this.asking = null;
    if (!this.unheard.size) this.silent(false);
  }

  need(ids) {
    this.send({ type: "need", ids });
  }

  // Gives the name by which the kernel refers to it.
  act(content, buffers = []) {
    const act = `${this.view}-${(this.acts += 1)}`;
    this.unheard.set(act, setTimeout(() => this.silent(true), PATIENCE_MS));
    this.send({ ...content, act }, buffers);
    return act;
  }

  settle(act) {
    clearTimeout(this.unheard.get(act));
    this.unheard.delete(act);
    if (!this.unheard.size) this.silent(false);
  }

  send(content, buffers = []) {
    this.model.send(content, undefined, buffers);
  }

  close() {
    this.model.off("msg:custom", this.listener);
    for (const timer of [this.asking, ...this.unheard.values()]) clearTimeout(timer);
    this.send({ type: "gone", view: this.view });
  }
}
