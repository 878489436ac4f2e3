// @ts-check
// The kernel's control channel, which it reads while a cell computes (see control.py).

/** @type {import("./protocol.d.ts").ControlType} */
const CONTROL_TYPE = "notebook_chat_panel";

/**
 * Sends a message to the widget that has the model, also while a cell computes.
 *
 * @param {import("./connection.js").Model} model
 * @param {unknown} content
 * @param {ArrayBuffer[]} buffers
 * @returns {boolean} false where the front end or the kernel does not have it
 */
export function sendByControl(model, content, buffers) {
  const panel = model.get("_address");
  const kernel = model.widget_manager?.kernel;
  if (!panel || typeof kernel?.sendControlMessage !== "function") return false;
  const header = {
    msg_id: `${panel}-${Date.now()}-${Math.random().toString(36).slice(2)}`,
    msg_type: CONTROL_TYPE,
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
