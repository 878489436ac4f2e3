// @ts-check
// Tells which cells the notebook on the screen has, changes one of them, or puts a new one between them. There is
// nothing to see: the kernel makes the model, is told what there is, says what is to be done, and closes it.

import { sendByControl } from "./control.js";
import { cellIndex, notebookOf } from "./page.js";

/** @typedef {[number, number, string]} Piece what takes the place of the characters from one to another */
/** @typedef {{ cell: string, before: string, source: string, pieces: Piece[] }} Change the cell's id, its text before
 *     and after, and what differs, from the end to the beginning */
/** @typedef {{ cells: string[], side: string, kind: string, source: string }} Insertion
 *     beside the first of these cells that is there; a side is `below`, `above`, `here` or `end` */
/** @typedef {{ view: string, order: number, change?: Change, insert?: Insertion }} Order */

const LONGEST = 100_000; // characters of a cell that are told
const MOST = 4_000_000; // characters of all cells together
const UNSURE_MS = 300; // how much later a view answers that is perhaps not the one in which somebody asks

/** @param {{ model: import("./connection.js").Model }} made */
function initialize({ model }) {
  const notebook = notebookOf(model);
  const asking = model.get("_asking");
  const known = new Set(asking ? [asking] : model.get("_known"));
  const own = cellsOf(notebook).filter((cell) => known.has(cell.id));
  // Another notebook, or a console, may have the same kernel: the one answers in which the cells are.
  if (!own.length) return undefined;
  const view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  /** @param {Order} wanted */
  const take = (wanted) => {
    if (wanted.view !== view) return; // another view has answered first
    let cell = null;
    if (wanted.change) cell = changed(notebook, wanted.change);
    else if (wanted.insert) cell = inserted(notebook, wanted.insert);
    sendByControl(model, { order: wanted.order, cell }, []);
  };
  model.on("msg:custom", take);
  const sure = asking ? own[0].executionState === "running" : document.hasFocus();
  const tell = () => sendByControl(model, { view, cells: told(model, notebook) }, []);
  const timer = setTimeout(tell, sure ? 0 : UNSURE_MS);
  return () => {
    clearTimeout(timer);
    model.off("msg:custom", take);
  };
}

/**
 * @param {any} notebook
 * @returns {any[]}
 */
function cellsOf(notebook) {
  return notebook?.cells ?? [];
}

/**
 * The cells, as the kernel is told of them; of what is too long only that it is there.
 *
 * @param {any} model
 * @param {any} notebook
 */
function told(model, notebook) {
  const readOnly = model.widget_manager?.context?.model?.readOnly === true;
  let room = MOST;
  return cellsOf(notebook).map((cell) => {
    const source = cell.getSource();
    const fits = source.length <= Math.min(LONGEST, room);
    if (fits) room -= source.length;
    return {
      id: cell.id,
      kind: cell.cell_type,
      source: fits ? source : null,
      count: Number.isInteger(cell.execution_count) ? cell.execution_count : null,
      waits: cell.executionState === "running",
      locked: readOnly || isLocked(cell),
    };
  });
}

/** @param {any} cell */
function isLocked(cell) {
  const metadata = cell.getMetadata?.() ?? cell.metadata ?? {};
  return metadata.editable === false;
}

/**
 * Gives a cell another text, if it still says what it is to have said. Only what differs is touched, so that a cursor
 * in it stays where it is, and it is one step to undo.
 *
 * @param {any} notebook
 * @param {Change} change
 * @returns {string | null} the cell's id; null where nothing was changed
 */
function changed(notebook, { cell: id, before, source, pieces }) {
  const cell = cellsOf(notebook).find((one) => one.id === id);
  if (cell === undefined || isLocked(cell) || cell.getSource() !== before) return null;
  const all = pieces.reduce((text, [start, end, into]) => text.slice(0, start) + into + text.slice(end), before);
  const touched = (all === source ? pieces : [/** @type {Piece} */ ([0, before.length, source])]).map(
    ([start, end, into]) => smaller(before, start, end, into),
  );
  cell.undoManager?.stopCapturing?.();
  cell.transact(() => touched.forEach(([start, end, into]) => cell.updateSource(start, end, into)));
  cell.undoManager?.stopCapturing?.();
  return cell.id;
}

/**
 * A piece without what it leaves as it is.
 *
 * @param {string} before
 * @param {number} start
 * @param {number} end
 * @param {string} into
 * @returns {Piece}
 */
function smaller(before, start, end, into) {
  const [first, last] = common(before.slice(start, end), into);
  return [start + first, end - last, into.slice(first, into.length - last)];
}

/**
 * How many characters two texts begin and end with together. None is cut in two that has two halves.
 *
 * @param {string} before
 * @param {string} after
 * @returns {[number, number]}
 */
function common(before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  if (start > 0 && isFirstHalf(before[start - 1])) start -= 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (end > 0 && isSecondHalf(before[before.length - end])) end -= 1;
  return [start, end];
}

/** @param {string} character */
function isFirstHalf(character) {
  return character >= "\ud800" && character <= "\udbff";
}

/** @param {string} character */
function isSecondHalf(character) {
  return character >= "\udc00" && character <= "\udfff";
}

/**
 * Puts a new cell into the notebook.
 *
 * @param {any} notebook
 * @param {Insertion} insertion
 * @returns {string | null} its id; null where the cell is not there that it was to stand beside
 */
function inserted(notebook, { cells: beside, side, kind, source }) {
  const cells = cellsOf(notebook);
  const found = beside.map((id) => cells.findIndex((cell) => cell.id === id)).find((place) => place >= 0);
  let place = cells.length;
  if (found !== undefined) place = side === "above" ? found : found + 1;
  else if (side === "here") place = cellIndex(document.body, cells.length) + 1;
  else if (side !== "end") return null;
  notebook.undoManager?.stopCapturing?.();
  const cell = notebook.insertCell(place, { cell_type: kind, source, metadata: {} });
  notebook.undoManager?.stopCapturing?.();
  return cell?.id ?? null;
}

export default { initialize };
