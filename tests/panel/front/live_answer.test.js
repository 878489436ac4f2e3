import "./dom.js";

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { Blocks } from "../../../notebook_chat/panel/front/live_answer.js";

let element, blocks, decorated;

beforeEach(() => {
  element = document.createElement("div");
  decorated = 0;
  blocks = new Blocks(element, () => (decorated += 1));
});

describe("an open block", () => {
  test("is kept up to a length and goes on with the rest", () => {
    blocks.grow([], "<p>One *two</p>");
    blocks.grow([], blocks.opened(7, "<em>two</em></p>"));
    assert.equal(element.innerHTML, "<p>One <em>two</em></p>");
  });

  test("is counted in UTF-16 units", () => {
    const kept = "<p>👩‍👩‍👧 你";
    assert.equal(kept.length, 13);
    blocks.grow([], `${kept}*</p>`);
    blocks.grow([], blocks.opened(13, "<em>好</em></p>"));
    assert.equal(element.innerHTML, "<p>👩‍👩‍👧 你<em>好</em></p>");
  });

  test("that ends becomes a finished one in its place, and the next one opens after it", () => {
    blocks.grow([], "<p>a</p>");
    const first = element.firstChild;
    blocks.grow(["<p>a</p>\n"], "<p>b</p>");
    assert.equal(element.innerHTML, "<p>a</p>\n<p>b</p>");
    assert.equal(element.firstChild, first);
    assert.equal(blocks.count, 1);
  });

  test("that comes to nothing goes", () => {
    blocks.grow(["<p>a</p>"], "<p>b</p>");
    blocks.grow([], "");
    assert.equal(element.innerHTML, "<p>a</p>");
  });
});

describe("what is the same", () => {
  test("stays: text that grows is the same node with more in it, so a selection in it stays", () => {
    blocks.grow([], "<p>so far</p>");
    const text = element.querySelector("p").firstChild;
    const selected = document.createRange();
    selected.setStart(text, 0);
    selected.setEnd(text, 2);
    blocks.grow([], "<p>so far, and on</p>");
    assert.equal(element.querySelector("p").firstChild, text);
    assert.equal(selected.toString(), "so");
    assert.equal(text.data, "so far, and on");
  });

  test("stays also where something else comes after it", () => {
    blocks.grow([], "<ul><li>a</li></ul>");
    const first = element.querySelector("li");
    blocks.grow([], '<ul><li>a</li><li class="x">b</li></ul>');
    assert.equal(element.querySelector("li"), first);
    assert.equal(element.innerHTML, '<ul><li>a</li><li class="x">b</li></ul>');
  });

  test("is not what has other attributes or another name", () => {
    blocks.grow([], '<p class="a">x</p><b>y</b>z');
    blocks.grow([], '<p class="b">x</p><i>y</i>w');
    assert.equal(element.innerHTML, '<p class="b">x</p><i>y</i>w');
  });
});

test("only so many finished blocks stay", () => {
  blocks.grow(["<p>a</p>", "<p>b</p>", "<p>c</p>"], "<p>d</p>");
  blocks.keep(1);
  blocks.grow(["<p>B</p>"], "");
  assert.equal(element.innerHTML, "<p>a</p><p>B</p>");
  assert.equal(blocks.count, 2);
});

test("clearing leaves nothing", () => {
  blocks.grow(["<p>a</p>"], "<p>b</p>");
  blocks.clear();
  assert.deepEqual([element.innerHTML, blocks.count, blocks.html], ["", 0, ""]);
});

test("nodes are decorated before they are shown, each time", () => {
  let shown;
  blocks.decorate = (nodes) => {
    shown = element.innerHTML;
    nodes.querySelector("pre").setAttribute("tabindex", "0");
  };
  blocks.grow([], "<pre>x</pre>");
  assert.equal(shown, "");
  blocks.grow([], "<pre>xy</pre>");
  assert.equal(element.innerHTML, '<pre tabindex="0">xy</pre>');
  assert.equal(decorated, 0);
});

test("what the reader has unfolded stays so while more comes", () => {
  blocks.grow([], "<details><summary>one</summary><pre>x</pre></details>");
  element.querySelector("details").open = true;
  blocks.grow([], "<details><summary>one, ended</summary><pre>x</pre></details><details><summary>two</summary></details>");
  assert.deepEqual([...element.querySelectorAll("details")].map((one) => one.open), [true, false]);
  blocks.grow(["<details><summary>one, ended</summary><pre>y</pre></details>"], "<p>so</p>");
  assert.equal(element.querySelector("details").open, true);
});
