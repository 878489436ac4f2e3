import { head, item, Model, press } from "./dom.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import front from "../../../notebook_chat/panel/front/panel.js";

const PLACES = {
  "in the page": (host) => host,
  "in a shadow root": (host) => host.attachShadow({ mode: "open" }).appendChild(document.createElement("div")),
};

for (const [where, place] of Object.entries(PLACES)) {
  describe(where, () => {
    let model, element, root, close, box, outside;

    const hear = (event) => outside.push(event.key);
    const find = (selector) => element.querySelector(selector);
    const named = (name) => [...element.querySelectorAll("button")].find((one) => one.textContent === name);
    const show = (fields, shown = ["a"]) =>
      model.hear({
        type: "state",
        number: 1,
        rows: shown.map((id) => [id, 0, false, false]),
        items: shown.map((id) => item(id)),
        head: head(fields),
      });

    beforeEach(() => {
      mock.timers.reset();
      mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
      const host = document.body.appendChild(document.createElement("div"));
      const el = place(host);
      model = new Model();
      close = front.render({ model, el });
      element = el.firstChild;
      root = el.getRootNode();
      box = find("textarea");
      show();
      model.news();
      outside = [];
      document.addEventListener("keydown", hear);
    });

    afterEach(() => {
      close();
      document.removeEventListener("keydown", hear);
      document.body.replaceChildren();
    });

    test("Enter in the box sends, and the page hears nothing of it", () => {
      box.value = "hello";
      assert.equal(press(box, "Enter").defaultPrevented, true);
      assert.deepEqual(model.news().map(({ type, text }) => [type, text]), [["send", "hello"]]);
      assert.equal(box.value, "");
      assert.deepEqual(outside, []);
    });

    test("names that the kernel knows are offered behind a brace, to the view that asked", () => {
      box.value = "see {d";
      box.setSelectionRange(6, 6);
      box.dispatchEvent(new window.Event("input"));
      const [{ type, text, act }] = model.news();
      assert.deepEqual([type, text], ["complete", "see {d"]);
      model.hear({ type: "completions", act: "another", names: ["never"] });
      assert.equal(find(".nc-names").hidden, true);
      model.hear({ type: "completions", act, names: ["df"] });
      press(box, "Tab");
      assert.equal(box.value, "see {df}");
      mock.timers.tick(600);
      assert.equal(find(".nc-status").textContent.includes("busy"), false);
    });

    const QUESTION = {
      id: "q",
      tool: "add",
      origin: "of the server <b>one</b>",
      model: "parrot:grey",
      why: "it has changed",
      arguments: '{"a": "<img src=x onerror=alert(1)>"}',
      proposal: "",
      scopes: ["once", "always"],
      whole: true,
    };
    const asked = () => model.news().map(({ type, question, yes, scope, arguments: given, words }) => [type, question, yes, scope, given, words]);
    const again = (fields) => model.hear({ type: "change", number: (again.number += 1), head: head(fields) });

    test("a tool that waits is asked about, as text, and the answer goes out", () => {
      again.number = 1;
      again({ answering: true, question: QUESTION });
      const section = find(".nc-question");
      assert.equal(section.hidden, false);
      assert.equal(section.querySelectorAll("img, b").length, 0);
      assert.match(section.textContent, /parrot:grey asks to run add \(of the server <b>one<\/b>\)/);
      assert.equal(find(".nc-question pre").textContent, QUESTION.arguments);
      assert.equal(root.activeElement === null || !section.contains(root.activeElement), true);
      assert.equal(named("Yes, for this notebook"), undefined);
      named("Yes, once").click();
      assert.deepEqual(asked(), []); // it was meant for what was there before
      mock.timers.tick(600);
      named("Yes, always").click();
      assert.deepEqual(asked(), [["decide", "q", true, "always", null, ""]]);
      again({ answering: true });
      assert.equal(section.hidden, true);
    });

    test("a no may say why, and arguments may be changed", () => {
      again.number = 1;
      again({ answering: true, question: QUESTION });
      mock.timers.tick(600);
      model.news();
      find(".nc-question input").value = "not now";
      named("No").click();
      assert.deepEqual(asked(), [["decide", "q", false, "once", null, "not now"]]);
      named("Change arguments").click();
      const written = find(".nc-question textarea");
      assert.equal(root.activeElement, written);
      named("Yes, once").click();
      assert.deepEqual(asked(), [["decide", "q", true, "once", null, ""]]);
      written.value = "{}";
      named("Yes, once").click();
      assert.deepEqual(asked(), [["decide", "q", true, "once", "{}", ""]]);
      again({ answering: true, question: { ...QUESTION, id: "r" } });
      assert.equal(find(".nc-question textarea"), null);
      assert.equal(find(".nc-question pre").textContent, QUESTION.arguments);
      assert.equal(named("Yes, once").disabled, true);
      assert.equal(root.activeElement, box); // the next key answers nothing
    });

    test("what cannot be shown whole cannot be changed", () => {
      again.number = 1;
      again({ answering: true, question: { ...QUESTION, whole: false, scopes: ["once"], proposal: "+ x" } });
      assert.equal(named("Change arguments").hidden, true);
      assert.equal(find(".nc-question pre[aria-label='What it would do']").textContent, "+ x");
      assert.match(find(".nc-status").textContent, /waits for your answer/);
    });

    test("what was sent is shown with its turn", () => {
      named("Sent").click();
      assert.deepEqual(model.news().map(({ type, turn }) => [type, turn]), [["sent", "a"]]);
      model.hear({ type: "sent", turn: "a", text: '{"model": "grey"}' });
      assert.equal(find(".nc-sent pre").textContent, '{"model": "grey"}');
      model.hear({ type: "sent", turn: "gone", text: "" });
    });

    test("Fix asks for the last error", () => {
      named("Fix").click();
      assert.deepEqual(model.news().map(({ type }) => type), ["fix"]);
    });

    test("Shift+Enter is the box's, and no key in the panel is the page's", () => {
      assert.equal(press(box, "Enter", { shiftKey: true }).defaultPrevented, false);
      for (const target of [box, named("Clear"), find(".nc-log")]) press(target, "d");
      assert.deepEqual([model.news(), outside], [[], []]);
    });

    test("the front end's shortcuts pass, and so do keys elsewhere", () => {
      press(box, "s", { ctrlKey: true });
      press(box, "F5");
      press(box, "c", { ctrlKey: true });
      press(document.body, "d");
      assert.deepEqual(outside, ["s", "F5", "d"]);
    });

    test("Escape stops the answer, else it ends the editing", () => {
      named("Edit").click();
      assert.equal(root.activeElement, box);
      assert.equal(box.value, "prompt of a");
      press(named("Clear"), "Escape");
      assert.equal(box.value, "");
      model.hear({ type: "change", number: 2, head: head({ answering: true }) });
      press(find(".nc-log"), "Escape");
      assert.deepEqual(model.news().map(({ type }) => type), ["stop"]);
    });

    test("the focus goes to the turns when what had it goes, and to the box with the notice's button", () => {
      named("Delete").focus();
      model.hear({ type: "change", number: 2, rows: [] });
      assert.equal(root.activeElement, find(".nc-log"));
      const notice = { number: 1, text: "The turn is deleted.", error: false, undo: true, act: null };
      model.hear({ type: "change", number: 3, head: head({ notice }) });
      named("Undo").focus();
      model.hear({ type: "change", number: 4, head: head() });
      assert.equal(root.activeElement, box);
    });

    test("a change elsewhere leaves the focus where it is", () => {
      const other = document.body.appendChild(document.createElement("button"));
      other.focus();
      model.hear({ type: "change", number: 2, rows: [], head: head({ answering: true }) });
      assert.equal(document.activeElement, other);
    });

    test("the model's name is not changed under the reader's hands", () => {
      const name = find("input");
      name.focus();
      name.value = "parrot:re";
      model.hear({ type: "change", number: 2, head: head({ model: "parrot:blue" }) });
      assert.equal(name.value, "parrot:re");
      name.blur();
      model.hear({ type: "change", number: 3, head: head({ model: "parrot:green" }) });
      assert.equal(name.value, "parrot:green");
    });

    test("copying where there is no clipboard brings the focus back", async () => {
      let copied;
      document.execCommand = () => {
        copied = document.querySelector(".nc-offscreen").value;
        return true;
      };
      named("Copy").focus();
      named("Copy").click();
      await new Promise(setImmediate);
      assert.equal(copied, "answer of a");
      assert.equal(root.activeElement, named("Copy"));
      assert.equal(find(".nc-notice").textContent, "Copied.Undo");
    });

    test("a closed panel hears no key", () => {
      close();
      box.value = "hello";
      assert.equal(press(box, "Enter").defaultPrevented, false);
      assert.deepEqual(outside, ["Enter"]);
    });
  });
}

describe("around the turns", () => {
  let model, el, close;

  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    model = new Model();
    el = document.body.appendChild(document.createElement("div"));
    close = front.render({ model, el });
    model.hear({ type: "state", number: 1, rows: [], items: [], head: head({ conversations: ["talk", "other"] }) });
    model.news();
  });

  afterEach(() => {
    close();
    document.body.replaceChildren();
  });

  test("another conversation and a new one can be opened", () => {
    const picker = el.querySelector("select");
    assert.deepEqual([...picker.options].map((option) => option.textContent), ["talk", "other", "New conversation"]);
    for (const index of [1, 2]) {
      picker.selectedIndex = index;
      picker.dispatchEvent(new window.Event("change"));
    }
    assert.deepEqual(model.news().map(({ type, name }) => [type, name]), [["conversation", "other"], ["conversation", ""]]);
  });

  test("another model can be named; the same one and none are left out", () => {
    const box = el.querySelector("input");
    for (const name of ["parrot:blue", "parrot:grey", " "]) {
      box.value = name;
      box.dispatchEvent(new window.Event("change"));
    }
    assert.deepEqual(model.news().map(({ type, name }) => [type, name]), [["model", "parrot:blue"]]);
    assert.equal(box.value, "parrot:grey");
  });

  test("the models are listed when they are wanted", () => {
    el.querySelector("input").focus();
    assert.deepEqual(model.news().map(({ type }) => type), ["models"]);
    model.hear({ type: "models", models: ["a:b", "c:d"] });
    assert.deepEqual([...el.querySelectorAll("datalist option")].map((option) => option.value), ["a:b", "c:d"]);
  });

  test("a prompt whose act came to nothing comes back, with the reason", () => {
    const box = el.querySelector("textarea");
    box.value = "important";
    el.querySelector("form").requestSubmit();
    const [{ act }] = model.news();
    assert.equal(box.value, "");
    const notice = { number: 1, text: "too many", error: true, undo: false, act };
    model.hear({ type: "change", number: 2, head: head({ notice }) });
    assert.equal(box.value, "important");
    assert.equal(el.querySelector(".nc-error span").textContent, "too many");
  });

  test("a kernel that does not listen is told, and what was sent stays in sight until it is heard", () => {
    el.querySelector("textarea").value = "important";
    el.querySelector("form").requestSubmit();
    const [{ act }] = model.news();
    mock.timers.tick(500);
    assert.match(el.querySelector(".nc-status").textContent, /The kernel is busy/);
    assert.equal(el.querySelector(".nc-waiting").textContent, "important");
    model.hear({ type: "ack", act });
    assert.doesNotMatch(el.querySelector(".nc-status").textContent, /busy/);
    assert.equal(el.querySelector(".nc-waiting").hidden, true);
  });

  test("it is as high as the model says", () => {
    model.traits.height = "70vh";
    model.listeners.get("change:height")();
    assert.equal(el.firstChild.style.getPropertyValue("--nc-height"), "70vh");
  });
});
