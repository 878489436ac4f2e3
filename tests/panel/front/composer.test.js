import { press } from "./dom.js";

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";

import { Composer } from "../../../notebook_chat/panel/front/composer.js";

let panel, composer;

/** Composes on a page, as the panel has it: each key goes to the composer first. */
function compose(name = "a1") {
  panel = {
    answering: false,
    asked: [],
    told: [],
    waiting: new Set(),
    send: (text, files, edits) => {
      panel.asked.push({ text, files: files.map(({ file }) => file.name), edits });
      return `act-${panel.asked.length}`;
    },
    complete: (text) => {
      panel.completed.push(text);
      return `query-${panel.completed.length}`;
    },
    completed: [],
    unheard: (act) => panel.waiting.has(act),
    stop: () => panel.asked.push("stop"),
    prompts: () => ["first", "second"],
    tell: (text) => panel.told.push(text),
  };
  composer = new Composer(panel, name);
  composer.element.addEventListener("keydown", (event) => composer.key(event));
  document.body.replaceChildren(composer.element);
}

beforeEach(() => {
  sessionStorage.clear();
  compose();
});

function write(text) {
  composer.box.value = text;
  composer.box.dispatchEvent(new window.Event("input"));
}

const image = (name, { type = "image/png", size = 3 } = {}) => new File([new Uint8Array(size)], name, { type });

/** Pastes files; gives the event when all of them were looked at. */
async function give(...files) {
  const event = new window.Event("paste", { bubbles: true, cancelable: true });
  event.clipboardData = { files };
  const adding = mock.method(composer.attachments, "add");
  composer.box.dispatchEvent(event);
  await adding.mock.calls[0].result;
  adding.mock.restore();
  return event;
}

const chips = () => [...composer.attachments.chips.querySelectorAll("img")].map((chip) => chip.alt);

describe("keys", () => {
  test("Enter sends what was written, and empties the box", () => {
    write("one\ntwo");
    assert.equal(press(composer.box, "Enter").defaultPrevented, true);
    assert.deepEqual(panel.asked, [{ text: "one\ntwo", files: [], edits: null }]);
    assert.equal(composer.box.value, "");
  });

  test("Shift+Enter and Alt+Enter are left to the box, which breaks the line", () => {
    write("one");
    for (const held of [{ shiftKey: true }, { altKey: true }]) {
      assert.equal(press(composer.box, "Enter", held).defaultPrevented, false);
    }
    assert.deepEqual([panel.asked, composer.box.value], [[], "one"]);
  });

  test("Enter that ends a word of an input method sends nothing", () => {
    write("ni hao");
    press(composer.box, "Enter", { isComposing: true });
    press(composer.box, "Enter", { keyCode: 229 });
    assert.deepEqual(panel.asked, []);
  });

  test("nothing, and nothing but space, is not sent", () => {
    for (const text of ["", "  \n"]) {
      write(text);
      press(composer.box, "Enter");
    }
    assert.deepEqual(panel.asked, []);
  });

  test("what is written while an answer comes stays, and the reader is told why", () => {
    panel.answering = true;
    write("next");
    press(composer.box, "Enter");
    assert.deepEqual([panel.asked, composer.box.value], [[], "next"]);
    assert.match(panel.told[0], /still coming/);
  });

  test("Up brings the prompts back from the last on, Down goes to where it began", () => {
    const values = ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"].map((key) => {
      press(composer.box, key);
      return composer.box.value;
    });
    assert.deepEqual(values, ["second", "first", "first", "second", ""]);
  });

  test("Up and Down move in what was written", () => {
    write("mine");
    press(composer.box, "ArrowUp");
    assert.equal(composer.box.value, "mine");
    write("");
    press(composer.box, "ArrowUp");
    write("second, changed");
    assert.equal(press(composer.box, "ArrowUp").defaultPrevented, false);
    assert.equal(press(composer.box, "ArrowDown").defaultPrevented, false);
    assert.equal(composer.box.value, "second, changed");
  });

  test("other keys are not its own", () => {
    assert.equal(press(composer.box, "a").defaultPrevented, false);
    assert.equal(press(composer.box, "Escape").defaultPrevented, false);
  });
});

describe("editing", () => {
  test("sends in the turn's place, and brings back what was being written", () => {
    write("half written");
    composer.edit("t1", "first");
    assert.equal(composer.editing.hidden, false);
    write("first, better");
    press(composer.box, "Enter");
    assert.deepEqual(panel.asked, [{ text: "first, better", files: [], edits: "t1" }]);
    assert.deepEqual([composer.box.value, composer.edits, composer.editing.hidden], ["half written", null, true]);
  });

  test("of another turn keeps what was being written before the first", () => {
    write("half written");
    composer.edit("t1", "first");
    composer.edit("t2", "second");
    composer.cancelEdit();
    assert.equal(composer.box.value, "half written");
    assert.equal(document.activeElement, composer.box);
  });

  test("sets the images aside and brings them back", async () => {
    await give(image("a.png"));
    composer.edit("t1", "first");
    assert.deepEqual(chips(), []);
    composer.cancelEdit();
    assert.deepEqual(chips(), ["a.png"]);
  });
});

describe("images", () => {
  test("that are pasted go with the prompt, and no further", async () => {
    const event = await give(image("a.png"), image("b.gif", { type: "image/gif" }));
    assert.equal(event.defaultPrevented, true);
    assert.deepEqual(chips(), ["a.png", "b.gif"]);
    write("look");
    press(composer.box, "Enter");
    assert.deepEqual(panel.asked[0].files, ["a.png", "b.gif"]);
    assert.deepEqual([chips(), composer.attachments.list], [[], []]);
  });

  test("can be removed", async () => {
    await give(image("a.png"), image("b.png"));
    composer.attachments.chips.querySelector("button").click();
    assert.deepEqual(chips(), ["b.png"]);
    assert.equal(document.activeElement, composer.box);
  });

  test("need a prompt", async () => {
    await give(image("a.png"));
    press(composer.box, "Enter");
    assert.deepEqual(panel.asked, []);
    assert.match(panel.told.at(-1), /Write something/);
  });

  test("and files of any other kind go, too: the kernel says which it cannot take", async () => {
    await give(image("a.svg", { type: "image/svg+xml" }), image("data.csv", { type: "text/csv" }));
    assert.deepEqual(chips(), []);
    assert.deepEqual([...composer.attachments.chips.querySelectorAll(".nc-file")].map((chip) => chip.textContent), ["a.svg", "data.csv"]);
    write("look");
    press(composer.box, "Enter");
    assert.deepEqual(panel.asked[0].files, ["a.svg", "data.csv"]);
  });

  test("that are chosen are added to those that are there, and the box has the focus", async () => {
    await give(image("a.png"));
    const { chooser } = composer.attachments;
    Object.defineProperty(chooser, "files", { value: [image("b.txt", { type: "text/plain" })] });
    await composer.attachments.chosen();
    assert.deepEqual(composer.attachments.list.map(({ file }) => file.name), ["a.png", "b.txt"]);
    assert.equal(document.activeElement, composer.box);
  });

  test("are not taken from a spreadsheet's cells, which come as a text and as a picture of it", async () => {
    const paste = async (text, file) => {
      const event = new window.Event("paste", { bubbles: true, cancelable: true });
      event.clipboardData = { files: [file], getData: () => text };
      await composer.attachments.add(event, event.clipboardData);
      return event.defaultPrevented;
    };
    assert.equal(await paste("a\tb\n1\t2\n", image("image.png")), false);
    assert.deepEqual(chips(), []);
    assert.equal(await paste("plot.png", image("plot.png")), true); // a file that was copied
    assert.deepEqual(chips(), ["plot.png"]);
  });

  test("that cannot be read, as folders cannot, are refused", async () => {
    const folder = image("folder", { type: "" });
    folder.arrayBuffer = () => Promise.reject(new Error("NotFoundError"));
    await give(folder);
    assert.match(panel.told.at(-1), /folder cannot be read/);
    assert.deepEqual(composer.attachments.list, []);
  });

  test("are refused where all together are too large, also when they come at once", async () => {
    await give(image("a.png", { size: 5e6 }), image("b.png", { size: 5e6 }));
    assert.match(panel.told.at(-1), /b\.png is too large/);
    assert.deepEqual(chips(), ["a.png"]);
  });

  test("text that is pasted is the box's", () => {
    const event = new window.Event("paste", { bubbles: true, cancelable: true });
    event.clipboardData = { files: [] };
    composer.box.dispatchEvent(event);
    assert.equal(event.defaultPrevented, false);
  });
});

describe("names of values", () => {
  const offered = () => [...composer.completion.element.children].map((option) => option.textContent);
  const begin = (text, ...names) => {
    write(text);
    composer.box.setSelectionRange(text.length, text.length);
    composer.completion.look();
    composer.completion.take(`query-${panel.completed.length}`, names);
  };

  test("are asked for behind a brace, with what stands before the cursor", () => {
    begin("Compare {d", "df", "data");
    assert.equal(panel.completed.at(-1), "Compare {d");
    assert.deepEqual(offered(), ["df", "data"]);
    assert.equal(composer.completion.element.hidden, false);
  });

  test("are not asked for elsewhere", () => {
    begin("no brace");
    begin("{closed} and on");
    begin("{ not: a name");
    assert.deepEqual(panel.completed, []);
  });

  test("Tab takes the first, closes the brace, and goes behind it", () => {
    begin("Compare {d", "df", "data");
    assert.equal(press(composer.box, "Tab").defaultPrevented, true);
    assert.equal(composer.box.value, "Compare {df}");
    assert.equal(composer.box.selectionStart, 12);
    assert.equal(composer.completion.element.hidden, true);
  });

  test("a brace that is closed already is not closed twice", () => {
    write("Compare {d} now");
    composer.box.setSelectionRange(10, 10);
    composer.completion.look();
    composer.completion.take(`query-${panel.completed.length}`, ["df"]);
    press(composer.box, "Tab");
    assert.deepEqual([composer.box.value, composer.box.selectionStart], ["Compare {df} now", 12]);
  });

  test("the arrows choose, Enter takes what is chosen, and sends where nothing is", () => {
    begin("{d", "df", "data");
    press(composer.box, "ArrowDown");
    press(composer.box, "ArrowDown");
    assert.equal(composer.box.getAttribute("aria-activedescendant"), composer.completion.element.children[1].id);
    press(composer.box, "ArrowUp");
    press(composer.box, "Enter");
    assert.equal(composer.box.value, "{df}");
    begin("{d", "df");
    press(composer.box, "Enter");
    assert.deepEqual(panel.asked.map(({ text }) => text), ["{d"]);
  });

  test("Escape closes the list and nothing else", () => {
    begin("{d", "df");
    assert.equal(press(composer.box, "Escape").defaultPrevented, true);
    assert.equal(composer.completion.element.hidden, true);
    assert.equal(press(composer.box, "Escape").defaultPrevented, false);
  });

  test("the list is closed where the cursor goes elsewhere", () => {
    begin("{d", "df");
    assert.equal(press(composer.box, "ArrowLeft").defaultPrevented, false);
    assert.equal(composer.completion.element.hidden, true);
    begin("{d", "df");
    composer.box.dispatchEvent(new window.Event("pointerdown"));
    assert.equal(composer.completion.element.hidden, true);
  });

  test("a click takes a name", () => {
    begin("see $`d", "df");
    composer.completion.element.children[0].dispatchEvent(new window.Event("mousedown", { cancelable: true }));
    assert.equal(composer.box.value, "see $`df`");
  });

  test("that come late, or for another view, are not shown", () => {
    begin("{d", "df");
    write("{da");
    composer.completion.take("query-1", ["df"]);
    composer.completion.take("another", ["df"]);
    assert.deepEqual(offered(), ["df"]);
    composer.completion.take(`query-${panel.completed.length}`, ["data"]);
    assert.deepEqual(offered(), ["data"]);
  });
});

describe("a prompt that could not be asked", () => {
  test("comes back with its images and what it edits", async () => {
    composer.edit("t1", "first");
    await give(image("a.png"));
    write("important");
    press(composer.box, "Enter");
    composer.giveBack("act-1");
    assert.deepEqual([composer.box.value, composer.edits, chips()], ["important", "t1", ["a.png"]]);
  });

  test("waits behind Up where something else has been written", () => {
    write("important");
    press(composer.box, "Enter");
    write("something else");
    composer.giveBack("act-1");
    assert.equal(composer.box.value, "something else");
    write("");
    press(composer.box, "ArrowUp");
    assert.equal(composer.box.value, "important");
  });

  test("comes back once, and only for its own act", () => {
    write("important");
    press(composer.box, "Enter");
    composer.giveBack("act-9");
    assert.equal(composer.box.value, "");
    composer.giveBack("act-1");
    write("");
    composer.giveBack("act-1");
    assert.equal(composer.box.value, "");
  });

  test("stays in sight while the kernel does not listen", () => {
    write("important");
    press(composer.box, "Enter");
    panel.waiting.add("act-1");
    composer.showWaiting(true);
    assert.deepEqual([composer.waiting.hidden, composer.waiting.textContent], [false, "important"]);
    composer.showWaiting(false);
    assert.deepEqual([composer.waiting.hidden, composer.waiting.textContent], [true, ""]);
  });
});

describe("what is being written", () => {
  test("is there again after a reload, for this panel", () => {
    write("half written");
    compose("another");
    assert.equal(composer.box.value, "");
    compose("a1");
    assert.equal(composer.box.value, "half written");
    press(composer.box, "Enter");
    compose("a1");
    assert.equal(composer.box.value, "");
  });

  test("is not kept where the panel has no name", () => {
    compose("");
    write("half written");
    compose("");
    assert.deepEqual([composer.box.value, sessionStorage.length], ["", 0]);
  });
});

test("the button that goes leaves the focus to the box", () => {
  composer.sendButton.focus();
  composer.showAnswering(true);
  assert.equal(document.activeElement, composer.box);
  assert.deepEqual([composer.sendButton.hidden, composer.stopButton.hidden], [true, false]);
  composer.stopButton.click();
  assert.deepEqual(panel.asked, ["stop"]);
  composer.stopButton.focus();
  composer.showAnswering(false);
  assert.equal(document.activeElement, composer.box);
});
