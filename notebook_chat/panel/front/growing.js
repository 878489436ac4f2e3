// The blocks of one answer: finished ones stay as they are, the open one is changed where it has changed.

class Blocks {
  constructor(element, decorate) {
    this.element = element; // has the answers' own container as its class
    this.decorate = decorate; // is given nodes before they are shown
    this.clear();
  }

  clear() {
    this.html = ""; // of the open block
    this.ends = []; // after each finished block, how many nodes there are
    this.element.replaceChildren();
  }

  get count() {
    return this.ends.length;
  }

  // Only so many finished blocks stay.
  keep(count) {
    this.ends.length = count;
    this.html = "";
  }

  // More finished blocks, and what is open after them: what was open becomes the first of them in its place.
  grow(finished, open) {
    const start = this.ends.at(-1) ?? 0;
    const wanted = document.createDocumentFragment();
    for (const html of finished) {
      wanted.append(fragment(html));
      this.ends.push(start + wanted.childNodes.length);
    }
    wanted.append(fragment(open));
    this.html = open;
    this.decorate(wanted);
    morph(this.element, wanted, this.element.childNodes[start] ?? null);
  }

  // The open block's HTML as it is up to `keep`, and `rest` after that.
  opened(keep, rest) {
    return this.html.slice(0, keep) + rest;
  }
}

// Makes an element's content, from a node on, that of another, and leaves alone what is the same: a selection stays,
// and the browser lays out the changed part only.
function morph(element, wanted, old = element.firstChild) {
  let next = wanted.firstChild;
  while (next) {
    const following = next.nextSibling;
    if (!old) {
      element.append(next);
    } else if (!old.isEqualNode(next)) {
      if (old.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) extend(old, next.data);
      else if (alike(old, next)) morph(old, next);
      else {
        old.replaceWith(next);
        old = next;
      }
    }
    old = old?.nextSibling ?? null;
    next = following;
  }
  while (old) {
    const following = old.nextSibling;
    old.remove();
    old = following;
  }
}

// Replacing a text would collapse a selection in it, adding to it does not.
function extend(node, text) {
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}

function alike(one, other) {
  return (
    one.nodeType === Node.ELEMENT_NODE &&
    one.nodeName === other.nodeName &&
    one.cloneNode(false).isEqualNode(other.cloneNode(false))
  );
}
