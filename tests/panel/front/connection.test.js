import { Model } from "./dom.js";

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";

import { Connection } from "../../../notebook_chat/panel/front/connection.js";

const state = (number) => ({ type: "state", number, rows: [], head: {}, items: [] });
const change = (number) => ({ type: "change", number });

let model, received, silences, connection;

function connect(traits, manager) {
  model = new Model(traits);
  model.widget_manager = manager;
  received = [];
  silences = [];
  connection = new Connection(model, (message) => received.push(message.number ?? message.type), (told) => silences.push(told));
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  connect();
});

describe("numbering", () => {
  test("the state is asked for at once, by a name of the view's own", () => {
    const [ready, ...others] = model.news();
    assert.deepEqual([ready.type, others.length], ["ready", 0]);
    const first = ready.view;
    connect();
    assert.notEqual(model.news()[0].view, first);
  });

  test("what comes before the state is not shown, since it is in there", () => {
    for (const message of [change(1), { type: "items" }, { type: "models" }]) model.hear(message);
    assert.deepEqual(received, []);
    model.hear(state(1));
    assert.deepEqual(received, [1]);
  });

  test("changes in order are shown as they come, each once", () => {
    for (const message of [state(3), change(4), change(4), change(5), change(3)]) model.hear(message);
    assert.deepEqual(received, [3, 4, 5]);
    assert.equal(model.news().length, 1);
  });

  test("a lost change has the state asked for, once, and nothing shown until it is there", () => {
    for (const message of [state(1), change(3), change(4)]) model.hear(message);
    assert.deepEqual(model.news().map(({ type }) => type), ["ready", "ready"]);
    assert.deepEqual(received, [1]);
    for (const message of [state(4), change(5)]) model.hear(message);
    assert.deepEqual(received, [1, 4, 5]);
  });

  test("a change that was overtaken is left out: the state has it", () => {
    for (const message of [state(1), change(3), change(2), state(3), change(4)]) model.hear(message);
    assert.deepEqual(received, [1, 2, 3, 4]);
  });

  test("a state that is older than what is shown changes nothing", () => {
    for (const message of [state(2), change(3), state(3), state(1)]) model.hear(message);
    assert.deepEqual(received, [2, 3]);
  });

  test("a check tells of a lost last change, and is quiet when all is there", () => {
    for (const message of [state(2), { type: "check", number: 2 }]) model.hear(message);
    assert.equal(model.news().length, 1);
    model.hear({ type: "check", number: 3 });
    assert.deepEqual(model.news().map(({ type }) => type), ["ready"]);
  });

  test("items and models are handed on", () => {
    for (const message of [state(1), { type: "items" }, { type: "models" }]) model.hear(message);
    assert.deepEqual(received, [1, "items", "models"]);
  });

  test("the state is asked for again and again, ever more seldom, until it comes", () => {
    const asked = () => model.news().length;
    assert.equal(asked(), 1);
    const counts = [2000, 4000, 8000, 16000, 30000, 30000].map((wait) => {
      mock.timers.tick(wait - 1);
      assert.equal(asked(), 0);
      mock.timers.tick(1);
      return asked();
    });
    assert.deepEqual(counts, [1, 1, 1, 1, 1, 1]);
    assert.equal(silences.at(-1), "busy");
    model.hear(state(1));
    assert.equal(silences.at(-1), "");
    mock.timers.tick(100_000);
    assert.equal(asked(), 0);
  });
});

describe("acknowledgement", () => {
  beforeEach(() => {
    model.hear(state(1));
    model.news();
    silences.length = 0;
  });

  test("what is heard in time is sent once, and nothing is told", () => {
    const bytes = new ArrayBuffer(3);
    const act = connection.act({ type: "stop" }, [bytes]);
    assert.deepEqual(model.news(), [{ type: "stop", act, buffers: [bytes] }]);
    mock.timers.tick(499);
    model.hear({ type: "ack", act });
    mock.timers.tick(10_000);
    assert.deepEqual(model.news(), []);
    assert.ok(!silences.includes("busy"));
  });

  test("acts have names of their own", () => {
    assert.notEqual(connection.act({ type: "stop" }), connection.act({ type: "stop" }));
  });

  test("what is not heard is told, and sent once more under the same name", () => {
    const act = connection.act({ type: "send", text: "a", edits: null });
    mock.timers.tick(500);
    assert.deepEqual(model.news().map((message) => [message.act, message.text]), [[act, "a"], [act, "a"]]);
    assert.deepEqual(silences, ["busy"]);
    model.hear({ type: "ack", act });
    assert.deepEqual(silences, ["busy", ""]);
  });

  test("one of two that is heard does not make the kernel heard", () => {
    const [first] = [connection.act({ type: "stop" }), connection.act({ type: "clear" })];
    mock.timers.tick(500);
    silences.length = 0;
    model.hear({ type: "ack", act: first });
    assert.deepEqual(silences, []);
    assert.equal(connection.unheard.size, 1);
  });

  test("a model that cannot send is of a kernel that is gone", () => {
    model.send = () => {
      throw new Error("no comm");
    };
    connection.act({ type: "stop" });
    assert.deepEqual(silences, ["gone"]);
  });
});

describe("the control channel", () => {
  let messages, kernel;

  beforeEach(() => {
    messages = [];
    kernel = { clientId: "c", sendControlMessage: (...told) => messages.push(told) };
    connect({ _address: "a1" }, { kernel });
  });

  test("is taken where there is one, with the panel's address and the buffers beside it", () => {
    model.hear(state(1));
    messages.length = 0;
    const bytes = new ArrayBuffer(3);
    const act = connection.act({ type: "stop" }, [bytes]);
    const [[message]] = messages;
    assert.deepEqual(model.news(), []);
    assert.deepEqual(message.content, { panel: "a1", content: { type: "stop", act } });
    assert.deepEqual([message.channel, message.header.msg_type, message.buffers], ["control", "notebook_chat_panel", [bytes]]);
  });

  test("what is not heard there goes by the widget's own way too", () => {
    model.hear(state(1));
    const act = connection.act({ type: "stop" });
    mock.timers.tick(500);
    assert.deepEqual(model.news(), [{ type: "stop", act, buffers: [] }]);
  });

  test("is given up when the state does not come by it", () => {
    mock.timers.tick(2000);
    assert.deepEqual([messages.length, model.news().map(({ type }) => type)], [1, ["ready"]]);
    connection.act({ type: "stop" });
    assert.equal(messages.length, 1);
  });

  test("of a dead kernel is passed by", () => {
    kernel.sendControlMessage = () => {
      throw new Error("dead");
    };
    connection.need(["t"]);
    assert.deepEqual(model.news(), [{ type: "need", ids: ["t"], buffers: [] }]);
  });
});

test("a view that is closed says so, and is quiet from then on", () => {
  connection.act({ type: "stop" });
  connection.close();
  assert.equal(model.news().at(-1).type, "gone");
  mock.timers.tick(100_000);
  assert.deepEqual(model.news(), []);
  model.hear(state(1));
  assert.deepEqual(received, []);
});
