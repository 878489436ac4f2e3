// What the parts share: elements, HTML that was made safe in the kernel, the clipboard.

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function button(name, act, attributes = {}) {
  return h("button", { type: "button", onclick: act, ...attributes }, name);
}

// The one place where a string becomes HTML. It only ever gets blocks that the kernel's `markup` has sanitised.
function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without TLS have no clipboard of the modern kind.
    const box = h("textarea", { class: "nc-offscreen" });
    const focused = document.activeElement;
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    focused?.focus();
    return copied;
  }
}

// Puts code into the notebook as a new cell; false where the front end has no way to do it. It goes beneath the
// panel's own cell; from a panel that was moved aside, beneath the cell that the reader was last in.
function insertCell(model, panel, source, after) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  if (typeof notebook?.insertCell !== "function") return null;
  const earlier = notebook.cells.findIndex((cell) => cell.id === after);
  const place = earlier >= 0 ? earlier : cellIndex(panel, notebook.cells.length);
  return notebook.insertCell(place + 1, { cell_type: "code", source, metadata: {} })?.id ?? "";
}

function cellIndex(panel, count) {
  const shown = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden)")];
  const active = shown.length === 1 ? shown[0].querySelector(".jp-Cell.jp-mod-active") : null;
  const cell = panel.closest(".jp-Notebook .jp-Cell") ?? active;
  if (cell === null) return count - 1;
  const told = cell.closest("[data-windowed-list-index]")?.dataset.windowedListIndex;
  const index = told !== undefined ? Number(told) : [...cell.closest(".jp-Notebook").querySelectorAll(".jp-Cell")].indexOf(cell);
  return index >= 0 && index < count ? index : count - 1;
}
