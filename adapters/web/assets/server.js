// What the page asks of the server: one request to talk, one to complete a line, one stream for what arrives later.

const LONGEST_WAIT_MS = 120_000;
/// What a message may have, in characters; the server says the same.
const LONGEST_MESSAGE = 8_000;

/// Something to tell the reader, in words made for them, and whether it may help to say the same again.
export class Trouble extends Error {
  constructor(message, again) {
    super(message);
    this.again = again;
  }
}

const away = "I cannot reach Watchword. If it was stopped, start it again with “make run”, then say it again.";

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble(error.name === "TimeoutError" ? "No answer came for two minutes, so I stopped waiting." : away, true);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new Trouble(body?.error?.message ?? `Watchword answered with status ${response.status} and no explanation.`, response.status >= 500);
}

/// Whether a text is longer than a message may be. A character is one or two of those that JavaScript counts.
const isTooLong = (text) => text.length > 2 * LONGEST_MESSAGE || Array.from(text).length > LONGEST_MESSAGE;

/// Says `{ text }`, `{ action }` or `{ answer: { token, values } }`, a form that was filled in, and resolves to the replies.
export async function say(conversation, input) {
  if (isTooLong(input.text ?? "")) {
    throw new Trouble(`That is more than I read: a message may have ${LONGEST_MESSAGE.toLocaleString("en")} characters.`, false);
  }
  const { replies } = await answer(fetch("/api/v1/chat", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...input, conversation }),
    signal: AbortSignal.timeout(LONGEST_WAIT_MS),
  }));
  return replies;
}

/// Resolves to `{ start, choices }`, where `start` counts characters as JavaScript does.
export async function complete(conversation, text, signal) {
  const query = new URLSearchParams({ text, conversation });
  const { start, choices } = await answer(fetch(`/api/v1/chat/completions?${query}`, { signal }));
  const before = new TextEncoder().encode(text).slice(0, start);
  return { start: new TextDecoder().decode(before).length, choices };
}

/// Follows the conversation for as long as the page lives. The browser resumes a broken stream by itself; one that it
/// gave up is opened anew where the last left off.
export function follow(conversation, { card, overview, live }) {
  let after = null;
  let pause = 1_000;
  const open = () => {
    const query = after === null ? "" : `?after=${after}`;
    const source = new EventSource(`/api/v1/conversations/${encodeURIComponent(conversation)}/events${query}`);
    source.onopen = () => {
      pause = 1_000;
      live(true);
    };
    source.addEventListener("card", (event) => {
      after = event.lastEventId;
      card(JSON.parse(event.data));
    });
    source.addEventListener("overview", (event) => overview(JSON.parse(event.data)));
    source.onerror = () => {
      live(false);
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, pause);
      pause = Math.min(pause * 2, 30_000);
    };
  };
  open();
}
