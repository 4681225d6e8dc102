// What was said, kept so that a reload does not lose it. Bounded: the oldest entries go first.

const MOST_ENTRIES = 200;
const MOST_CHARACTERS = 1_500_000;
const LARGEST_FILE = 100_000;
const MOST_LINES = 100;
const LONGEST_LINE = 2_000;

/// What stands in place of a line that may hold a secret.
export const NOT_KEPT = "••• (not kept: it may hold a secret)";
const UNANSWERED = "••• (not kept: no answer had come)";

/// Storage can be forbidden or full; the page then works without a memory.
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

/// The id of this browser's conversation, made on the first visit.
export function conversation() {
  const kept = attempt(() => localStorage.getItem("watchword.conversation"));
  if (kept && /^[A-Za-z0-9_-]{1,64}$/.test(kept)) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  attempt(() => localStorage.setItem("watchword.conversation", made));
  return made;
}

/// The entries of this session, oldest first.
export function restore() {
  const entries = attempt(() => JSON.parse(sessionStorage.getItem("watchword.transcript")));
  return Array.isArray(entries) ? entries : [];
}

/// An entry as it may be kept. What was never answered was not judged either, so its line may hold a secret; and so may an answer
/// that quotes such a line to say what is wrong with it.
function keepable(entry) {
  if (entry.kind !== "turn") return entry;
  const { kind, at, text, replies, trouble, sensitive } = entry;
  if (!replies) return { kind, at, text: UNANSWERED, trouble: trouble ?? "The page was left before the answer came." };
  const failed = { ok: false, text: "", blocks: [{ type: "text", text: "That did not work." }], actions: [] };
  return { kind, at, text, replies: replies.map((reply) => (sensitive && !reply.ok ? failed : reply)) };
}

/// Keeps as many of the latest entries as there is room for, without the contents of large files.
export function keep(entries) {
  const small = (key, value) => (key === "data" && value?.length > LARGEST_FILE ? null : value);
  const kept = [];
  let room = MOST_CHARACTERS;
  for (const entry of entries.slice(-MOST_ENTRIES).reverse()) {
    const text = JSON.stringify(keepable(entry), small);
    if (text.length > room) continue;
    room -= text.length;
    kept.unshift(text);
  }
  attempt(() => sessionStorage.setItem("watchword.transcript", `[${kept.join(",")}]`));
}

/// The lines typed before, oldest first.
export function lines() {
  const kept = attempt(() => JSON.parse(localStorage.getItem("watchword.lines")));
  return Array.isArray(kept) ? kept.filter((line) => typeof line === "string") : [];
}

/// Keeps a line to be recalled, here and in later sessions; returns all of them.
export function keepLine(line) {
  if (line.length > LONGEST_LINE) return lines();
  const kept = [...lines().filter((other) => other !== line), line].slice(-MOST_LINES);
  attempt(() => localStorage.setItem("watchword.lines", JSON.stringify(kept)));
  return kept;
}
