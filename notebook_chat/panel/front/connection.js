// The way to the kernel and back. Changes are numbered, so one that is lost or comes too early is noticed and the
// whole state is asked for. What the reader does is acknowledged, so a kernel that cannot listen is noticed too.

const PATIENCE_MS = 500;
const RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30000;

class Connection {
  // `receive` gets messages of the kinds state, change, items and models; `silent` gets "busy" when the kernel does not
  // listen, "gone" when it is not the one any more that the panel was made in, and "" when all is well.
  constructor(model, receive, silent) {
    this.model = model;
    this.receive = receive;
    this.silent = silent;
    this.view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    this.number = null; // of the last change that is shown; null before the first state
    this.acts = 0;
    this.quick = true; // the control channel, until it has been silent
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
        this.silent("busy");
        this.quick = false;
        ask(Math.min(2 * wait, LONGEST_RETRY_MS));
      }, wait);
    };
    ask(RETRY_MS);
  }

  stopAsking() {
    clearTimeout(this.asking);
    this.asking = null;
    if (!this.unheard.size) this.silent("");
  }

  need(ids) {
    this.send({ type: "need", ids });
  }

  // Gives the name by which the kernel refers to it. What is not heard is sent by the other way too; the kernel
  // does it once.
  act(content, buffers = []) {
    const act = `${this.view}-${(this.acts += 1)}`;
    const message = { ...content, act };
    const unheard = () => {
      this.silent("busy");
      if (this.quick) this.sendByComm(message, buffers);
    };
    this.unheard.set(act, setTimeout(unheard, PATIENCE_MS));
    this.send(message, buffers);
    return act;
  }

  settle(act) {
    clearTimeout(this.unheard.get(act));
    this.unheard.delete(act);
    if (!this.unheard.size) this.silent("");
  }

  send(content, buffers = []) {
    if (!this.quick || !sendByControl(this.model, content, buffers)) this.sendByComm(content, buffers);
  }

  sendByComm(content, buffers) {
    try {
      this.model.send(content, undefined, buffers);
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

// By the control channel, which the kernel reads while a cell computes (see control.py); false where the front end
// or the kernel does not have it.
function sendByControl(model, content, buffers) {
  const panel = model.get("_address");
  const kernel = model.widget_manager?.kernel;
  if (!panel || typeof kernel?.sendControlMessage !== "function") return false;
  const header = {
    msg_id: `${panel}-${Date.now()}-${Math.random().toString(36).slice(2)}`,
    msg_type: "notebook_chat_panel",
    session: kernel.clientId,
    username: kernel.username ?? "",
    date: new Date().toISOString(),
    version: "5.3",
  };
  const message = { header, parent_header: {}, metadata: {}, content: { panel, content }, channel: "control", buffers };
  try {
    kernel.sendControlMessage(message, false, true);
    return true;
  } catch {
    return false; // the kernel is dead, and the other way will tell
  }
}
