// The line one types on: Enter sends, Up and Down recall, Tab completes.

import { element } from "./blocks.js";
import * as transcript from "./transcript.js";

/// Takes the line over. `send(text)` is called with what was typed and resolves to whether it may be recalled, `complete(text, signal)` asks for completions.
export class Composer {
  #line = document.getElementById("line");
  #list = document.getElementById("choices");
  #lines = transcript.lines();
  #recalled = this.#lines.length;
  #draft = "";
  #start = 0;
  #choices = [];
  #chosen = -1;
  #asking = null;

  constructor({ send, complete }) {
    this.complete = complete;
    this.send = send;
    const form = document.getElementById("composer");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#line.addEventListener("keydown", (event) => this.#key(event));
    this.#line.addEventListener("input", () => this.#typed());
    this.#line.addEventListener("blur", () => this.#close());
  }

  /// Puts text on the line, ready to be changed or sent.
  fill(text) {
    this.#line.value = text;
    this.#line.focus();
    this.#line.setSelectionRange(text.length, text.length);
    this.#close();
    this.#grow();
  }

  focus() {
    this.#line.focus();
  }

  #submit() {
    const text = this.#line.value.trim();
    this.#close();
    if (!text) return;
    this.fill("");
    this.#recalled = this.#lines.length;
    this.send(text).then((may) => may && this.#keep(text));
  }

  /// Whoever has gone back to an earlier line meanwhile stays at that one.
  #keep(text) {
    const back = this.#lines.length - this.#recalled;
    this.#lines = transcript.keepLine(text);
    this.#recalled = back === 0 ? this.#lines.length : Math.max(this.#lines.length - back - 1, 0);
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const open = !this.#list.hidden;
    const handled = {
      Enter: () => !event.shiftKey && (open && this.#chosen >= 0 ? this.#take(this.#chosen) : this.#submit(), true),
      Tab: () => this.#tab(event.shiftKey ? -1 : 1),
      Escape: () => open && (this.#close(), true),
      ArrowUp: () => (open ? this.#point(-1) : this.#recall(-1)),
      ArrowDown: () => (open ? this.#point(1) : this.#recall(1)),
    }[event.key]?.();
    if (handled) event.preventDefault();
  }

  /// Tab moves on as usual when there is nothing to complete.
  #tab(step) {
    if (!this.#list.hidden) return this.#point(step);
    const text = this.#line.value;
    if (step < 0 || !text.trim() || this.#line.selectionStart !== text.length) return false;
    this.#ask();
    return true;
  }

  #typed() {
    this.#grow();
    this.#recalled = this.#lines.length;
    if (!this.#list.hidden) this.#ask();
  }

  #grow() {
    this.#line.style.height = "auto";
    this.#line.style.height = `${this.#line.scrollHeight}px`;
  }

  /// Recalls only from the first or last row, so that the arrows still move within a long text.
  #recall(step) {
    const { value, selectionStart: at } = this.#line;
    const beyond = step < 0 ? value.slice(0, at) : value.slice(at);
    const next = this.#recalled + step;
    if (beyond.includes("\n") || next < 0 || next > this.#lines.length) return false;
    if (this.#recalled === this.#lines.length) this.#draft = value;
    this.fill(next === this.#lines.length ? this.#draft : this.#lines[next]);
    this.#recalled = next;
    return true;
  }

  async #ask() {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const text = this.#line.value;
    try {
      const { start, choices } = await this.complete(text, asking.signal);
      if (asking.signal.aborted || text !== this.#line.value) return;
      this.#start = start;
      this.#choices = choices;
      if (choices.length === 1 && this.#list.hidden) this.#take(0);
      else this.#show();
    } catch {
      // A line that cannot be completed is still a line that can be sent.
      this.#close();
    }
  }

  #show() {
    const shared = common(this.#choices.map((choice) => choice.text));
    if (shared.length > this.#line.value.length - this.#start) this.#line.value = this.#line.value.slice(0, this.#start) + shared;
    this.#list.replaceChildren(...this.#choices.map((choice, index) =>
      element("li", {
        id: `choice-${index}`,
        role: "option",
        onpointerdown: (event) => {
          event.preventDefault();
          this.#take(index);
        },
      }, element("b", {}, choice.text), element("span", {}, choice.about))));
    this.#list.hidden = this.#choices.length === 0;
    this.#line.setAttribute("aria-expanded", String(!this.#list.hidden));
    this.#chosen = -1;
    this.#point(0);
  }

  #point(step) {
    const count = this.#choices.length;
    if (step !== 0) this.#chosen = this.#chosen < 0 && step < 0 ? count - 1 : (this.#chosen + step + count) % count;
    for (const [index, item] of Array.from(this.#list.children).entries()) {
      item.setAttribute("aria-selected", String(index === this.#chosen));
      if (index === this.#chosen) item.scrollIntoView({ block: "nearest" });
    }
    if (this.#chosen < 0) this.#line.removeAttribute("aria-activedescendant");
    else this.#line.setAttribute("aria-activedescendant", `choice-${this.#chosen}`);
    return true;
  }

  #take(index) {
    const { text } = this.#choices[index];
    const space = /[\s:=]$/.test(text) ? "" : " ";
    this.fill(this.#line.value.slice(0, this.#start) + text + space);
  }

  #close() {
    this.#asking?.abort();
    this.#list.hidden = true;
    this.#chosen = -1;
    this.#line.setAttribute("aria-expanded", "false");
    this.#line.removeAttribute("aria-activedescendant");
  }
}

/// The longest beginning that all texts share.
function common(texts) {
  let [shared = ""] = texts;
  for (const text of texts) {
    while (!text.startsWith(shared)) shared = shared.slice(0, -1);
  }
  return shared;
}
