import { Model } from "./dom.js";

import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";

import editor from "../../../notebook_chat/panel/front/notebook_editor.js";

/** A cell of a notebook as the front end's document has it. */
class Cell {
  constructor(id, source, { type = "code", state = "idle", metadata = {}, count = null } = {}) {
    Object.assign(this, { id, source, metadata, cell_type: type, executionState: state, execution_count: count });
    this.steps = 0;
    this.undoManager = { stopCapturing: () => (this.steps += 1) };
  }

  getMetadata() {
    return this.metadata;
  }

  getSource() {
    return this.source;
  }

  transact(act) {
    this.touched = [];
    act();
  }

  updateSource(start, end, text) {
    this.touched.push([start, end, text]);
    this.source = this.source.slice(0, start) + text + this.source.slice(end);
  }
}

/** Makes the model in a notebook with some cells; `told` has what the kernel gets. */
function made(cells, { asking = "asks", known = [], notebook = true, readOnly = false, focus = true } = {}) {
  const told = [];
  const model = new Model({ _address: "here", _asking: asking, _known: known });
  document.hasFocus = () => focus;
  const sharedModel = {
    cells,
    insertCell(place, { cell_type: type, source }) {
      const cell = new Cell(`new-${cells.length}`, source, { type });
      cells.splice(place, 0, cell);
      return cell;
    },
  };
  model.widget_manager = {
    kernel: { clientId: "me", sendControlMessage: ({ content }) => told.push(content.content) },
    ...(notebook ? { context: { model: { sharedModel, readOnly } } } : {}),
  };
  mock.timers.enable({ apis: ["setTimeout"] });
  const end = editor.initialize({ model });
  mock.timers.tick(asking ? 0 : 1000);
  const view = () => told[0].view;
  const order = (wanted) => model.hear({ view: view(), order: 1, ...wanted });
  mock.timers.tick(1000);
  mock.timers.reset();
  return { model, told, end, order };
}

const ASKS = () => new Cell("asks", "%%chat", { state: "running", count: 3 });

describe("telling", () => {
  test("all cells are told, with what may not be changed and what runs", () => {
    const { told } = made([
      ASKS(),
      new Cell("a", "x = 1", { metadata: { editable: false } }),
      new Cell("b", "y".repeat(100_001)),
      new Cell("c", "# text", { type: "markdown" }),
    ]);
    const common = { count: null, waits: false, locked: false };
    assert.deepEqual(told[0].cells, [
      { id: "asks", kind: "code", source: "%%chat", count: 3, waits: true, locked: false },
      { ...common, id: "a", kind: "code", source: "x = 1", locked: true },
      { ...common, id: "b", kind: "code", source: null },
      { ...common, id: "c", kind: "markdown", source: "# text" },
    ]);
  });

  test("a notebook that is only read is locked", () => {
    assert.ok(made([ASKS()], { readOnly: true }).told[0].cells[0].locked);
  });

  test("a notebook that the cell is not in says nothing, nor does what has no notebook", () => {
    assert.deepEqual(made([new Cell("other", "")]).told, []);
    assert.deepEqual(made([ASKS()], { notebook: false }).told, []);
  });

  test("where no cell asks, the notebook is known by a cell that ran", () => {
    assert.equal(made([new Cell("ran", "")], { asking: "", known: ["gone", "ran"] }).told.length, 1);
    assert.equal(made([new Cell("ran", "")], { asking: "", known: ["x"] }).told.length, 0);
  });
});

describe("changing", () => {
  test("a cell gets its new text, of which only what differs is touched, as a step of its own", () => {
    const cells = [ASKS(), new Cell("a", "x = 1\ny = 2\nz = 3")];
    const { told, order } = made(cells);
    const [before, source] = ["x = 1\ny = 2\nz = 3", "x = 0\ny = 2\nz = 30"];
    const pieces = [[12, 17, "z = 30"], [0, 6, "x = 0\n"]];
    order({ change: { cell: "a", before, source, pieces } });
    assert.equal(cells[1].source, source);
    assert.deepEqual(cells[1].touched, [[17, 17, "0"], [4, 5, "0"]]);
    assert.equal(cells[1].steps, 2);
    assert.deepEqual(told.at(-1), { order: 1, cell: "a" });
  });

  const texts = ["", "a", "aa", "aaa", "ab", "ba", "x😀y", "x😁y", "😀😀", "😁😀", "😀", "a\nb", "a\n\nb"];
  for (const before of texts) {
    test(`from ${JSON.stringify(before)} to any other, and no character is cut in two`, () => {
      for (const source of texts) {
        const cells = [ASKS(), new Cell("a", before)];
        made(cells).order({ change: { cell: "a", before, source, pieces: [] } });
        assert.equal(cells[1].source, source);
        for (const [start, end, into] of cells[1].touched) {
          assert.ok(into.isWellFormed());
          assert.ok(before.slice(start, end).isWellFormed());
        }
      }
    });
  }

  test("one that says something else meanwhile stays, a locked one too, and so does a notebook without it", () => {
    const cells = [ASKS(), new Cell("a", "mine"), new Cell("b", "x", { metadata: { editable: false } })];
    const { told, order } = made(cells);
    for (const cell of ["a", "b", "gone"]) {
      order({ change: { cell, before: "x", source: "new", pieces: [] } });
      assert.deepEqual(told.at(-1), { order: 1, cell: null });
    }
    assert.deepEqual(cells.slice(1).map((cell) => cell.source), ["mine", "x"]);
  });

  test("what is meant for another view, or comes after the end, is not done", () => {
    const cells = [ASKS(), new Cell("a", "x")];
    const { model, told, end } = made(cells);
    const change = { cell: "a", before: "x", source: "new", pieces: [] };
    model.hear({ view: "another", order: 1, change });
    assert.equal(told.length, 1);
    end();
    assert.equal(model.listeners.get("msg:custom"), undefined);
    assert.equal(cells[1].source, "x");
  });
});

describe("inserting", () => {
  const insert = { kind: "code", source: "new" };
  for (const [side, beside, expected] of [
    ["below", ["a"], ["asks", "a", "new", "b"]],
    ["above", ["a"], ["asks", "new", "a", "b"]],
    ["below", ["gone", "a"], ["asks", "a", "new", "b"]],
    ["end", [], ["asks", "a", "b", "new"]],
    ["here", [], ["asks", "a", "b", "new"]],
  ]) {
    test(`${side} ${beside}`, () => {
      const cells = [ASKS(), new Cell("a", "a"), new Cell("b", "b")];
      const { told, order } = made(cells);
      order({ insert: { ...insert, side, cells: beside } });
      assert.deepEqual(cells.map((cell) => cell.id.replace(/-\d/, "")), expected);
      assert.match(told.at(-1).cell, /^new/);
    });
  }

  test("beside a cell that is gone, nothing is inserted", () => {
    const cells = [ASKS()];
    const { told, order } = made(cells);
    order({ insert: { ...insert, side: "below", cells: ["gone"] } });
    assert.deepEqual(told.at(-1), { order: 1, cell: null });
    assert.equal(cells.length, 1);
  });
});
