// @ts-check
// What the parts share: elements, HTML that was made safe in the kernel, the clipboard.

/**
 * Makes an element. An attribute whose name begins with `on` is a listener.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} name
 * @param {(event: Event) => unknown} act
 * @param {Record<string, any>} attributes
 */
export function button(name, act, attributes = {}) {
  return h("button", { type: "button", onclick: act, ...attributes }, name);
}

/**
 * The element that has the keyboard's focus in the document or shadow root that a node is in: of what is within a
 * shadow root, the document itself only knows the host.
 *
 * @param {Node} node
 * @returns {Element | null}
 */
export function focusedIn(node) {
  const root = node.getRootNode();
  return root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
}

// What has the focus, in whichever shadow root it is.
function focusedAnywhere() {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return /** @type {HTMLElement | null} */ (focused);
}

// The one place where a string becomes HTML. It only ever gets blocks that the kernel has made safe: by its
// `markup`, or of escaped text.
/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is in the clipboard now
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without TLS have no clipboard of the modern kind.
    const box = h("textarea", { class: "nc-offscreen" });
    const focused = focusedAnywhere();
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    focused?.focus();
    return copied;
  }
}

/**
 * The notebook that a widget is in, as far as its front end lets it be changed: that of JupyterLab and Notebook 7 is a
 * document that all its views share. It has all cells, also those that are not on the screen.
 *
 * @param {any} model the widget's model
 * @returns {any} null where there is none
 */
export function notebookOf(model) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  return typeof notebook?.insertCell === "function" ? notebook : null;
}

/**
 * Puts code into the notebook as a new cell. It goes beneath the panel's own cell; from a panel that was moved aside,
 * beneath the cell that the reader was last in.
 *
 * @param {any} model the widget's model
 * @param {Element} panel
 * @param {string} source
 * @param {string | undefined} after the id of the cell that was put in last, which it then goes beneath
 * @returns {string | null} the cell's id; null where the front end has no way to do it
 */
export function insertCell(model, panel, source, after) {
  const notebook = notebookOf(model);
  if (notebook === null) return null;
  const earlier = notebook.cells.findIndex((/** @type {{ id: string }} */ cell) => cell.id === after);
  const place = earlier >= 0 ? earlier : cellIndex(panel, notebook.cells.length);
  return notebook.insertCell(place + 1, { cell_type: "code", source, metadata: {} })?.id ?? "";
}

/**
 * @param {Element} panel
 * @param {number} count
 */
export function cellIndex(panel, count) {
  const shown = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden)")];
  const active = shown.length === 1 ? shown[0].querySelector(".jp-Cell.jp-mod-active") : null;
  const cell = panel.closest(".jp-Notebook .jp-Cell") ?? active;
  if (cell === null) return count - 1;
  const listed = /** @type {HTMLElement | null} */ (cell.closest("[data-windowed-list-index]"));
  const told = listed?.dataset.windowedListIndex;
  const cells = [...(cell.closest(".jp-Notebook")?.querySelectorAll(".jp-Cell") ?? [])];
  const index = told !== undefined ? Number(told) : cells.indexOf(cell);
  return index >= 0 && index < count ? index : count - 1;
}
