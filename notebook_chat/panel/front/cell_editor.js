// @ts-check
// Finds the cells that a cell of the notebook has inserted, and gives them another text. There is nothing to see: the
// kernel makes the model while a cell runs, is told what there is, says what is to be replaced, and closes it.

import { sendByControl } from "./control.js";
import { notebookOf } from "./page.js";

/** @typedef {{ cell: string, before: string, source: string }} Replacement the cell's id, its text before and after */

/** @param {{ model: import("./connection.js").Model }} made */
function initialize({ model }) {
  const notebook = notebookOf(model);
  /** @type {any[]} */
  const cells = notebook?.cells ?? [];
  const asking = model.get("_asking");
  // Another notebook, or a console, may have the same kernel: the one answers in which the cell runs.
  if (!cells.some((cell) => cell.id === asking)) return undefined;
  /** @param {Replacement} wanted */
  const replace = ({ cell: id, before, source }) => {
    const cell = cells.find((one) => one.id === id && one.getSource() === before);
    cell?.setSource(source);
    sendByControl(model, { replaced: cell !== undefined }, []);
  };
  model.on("msg:custom", replace);
  const marked = cells.filter((cell) => cell.cell_type === "code" && cell.getSource().includes(model.get("_mark")));
  const found = marked.map((cell) => ({
    id: cell.id,
    source: cell.getSource(),
    waits: cell.executionState === "running",
  }));
  sendByControl(model, { found }, []);
  return () => model.off("msg:custom", replace);
}

export default { initialize };
