import { Model } from "./dom.js";

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import editor from "../../../notebook_chat/panel/front/cell_editor.js";

/** A cell of a notebook as the front end's document has it. */
class Cell {
  constructor(id, source, { type = "code", state = "idle" } = {}) {
    Object.assign(this, { id, source, cell_type: type, executionState: state });
  }

  getSource() {
    return this.source;
  }

  setSource(source) {
    this.source = source;
  }
}

/** Makes the model in a notebook with some cells; `told` has what the kernel gets. */
function made(cells, { asking = "asks", notebook = true } = {}) {
  const told = [];
  const model = new Model({ _address: "here", _asking: asking, _mark: "(1234-" });
  const sharedModel = { cells, insertCell() {} };
  model.widget_manager = {
    kernel: { clientId: "me", sendControlMessage: ({ content }) => told.push(content) },
    ...(notebook ? { context: { model: { sharedModel } } } : {}),
  };
  return { model, told, end: editor.initialize({ model }) };
}

const MARKED = "# From above (1234-5678)\nx = 1";

describe("finding", () => {
  test("code cells with the mark are told, and whether they wait to run", () => {
    const { told } = made([
      new Cell("asks", "%%chat", { state: "running" }),
      new Cell("a", MARKED),
      new Cell("b", "x = 1"),
      new Cell("c", MARKED, { type: "markdown" }),
      new Cell("d", MARKED, { state: "running" }),
    ]);
    const found = [
      { id: "a", source: MARKED, waits: false },
      { id: "d", source: MARKED, waits: true },
    ];
    assert.deepEqual(told, [{ panel: "here", content: { found } }]);
  });

  test("where none has the mark, that is told", () => {
    assert.deepEqual(made([new Cell("asks", "")]).told, [{ panel: "here", content: { found: [] } }]);
  });

  test("a notebook that the cell is not in says nothing, nor does what has no notebook", () => {
    assert.deepEqual(made([new Cell("other", ""), new Cell("a", MARKED)]).told, []);
    assert.deepEqual(made([new Cell("asks", "")], { notebook: false }).told, []);
  });
});

describe("replacing", () => {
  test("a cell gets its new text, and the others stay", () => {
    const cells = [new Cell("asks", ""), new Cell("a", MARKED), new Cell("b", MARKED)];
    const { model, told } = made(cells);
    model.hear({ cell: "a", before: MARKED, source: "new" });
    assert.deepEqual(cells.map((cell) => cell.source), ["", "new", MARKED]);
    assert.deepEqual(told.at(-1).content, { replaced: true });
  });

  test("one that says something else meanwhile stays, and so does a notebook without it", () => {
    const cells = [new Cell("asks", ""), new Cell("a", MARKED)];
    const { model, told } = made(cells);
    cells[1].source = "mine";
    for (const cell of ["a", "gone"]) {
      model.hear({ cell, before: MARKED, source: "new" });
      assert.deepEqual(told.at(-1).content, { replaced: false });
    }
    assert.equal(cells[1].source, "mine");
  });

  test("after its end it hears nothing", () => {
    const { model, end } = made([new Cell("asks", "")]);
    end();
    assert.equal(model.listeners.get("msg:custom"), undefined);
  });
});
