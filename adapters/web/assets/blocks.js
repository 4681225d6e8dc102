// Turns the blocks of a reply into elements. Everything that came over the wire goes in as text, never as markup; charts are
// shown as images, where nothing in them can run.

/// What stands beside a status' word and colour, so that neither colour nor word alone has to carry it.
const SIGNS = { up: "✓", degraded: "!", down: "✕", paused: "–", maintenance: "◆", unknown: "?", inconclusive: "≈" };

/// Makes an element: `element("p", { class: "x" }, "text", child)`.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/// A status as a pill.
export function pill(status) {
  const known = Object.hasOwn(SIGNS, status) ? status : "unknown";
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[known]);
  return element("span", { class: `pill is-${known}` }, sign, status);
}

/// Text in which `backticks` mark what can be typed: a click puts it on the line. Addresses of files become links.
function marked(text) {
  const typed = (line) => element("button", { type: "button", class: "typed", "data-fill": line, title: "Put this on the line" }, line);
  return text.split(/`([^`\n]+)`/).flatMap((part, index) => (index % 2 ? typed(part) : linked(part)));
}

/// Text in which the addresses of files are links, which are signed and long. No other address is one: others may have said it.
/// They lead to this very server, whatever host is said.
function linked(text) {
  const path = (address) => address.slice(address.lastIndexOf("/files/"));
  const link = (address) => element("a", { href: path(address), target: "_blank", rel: "noopener noreferrer" }, address);
  return text.split(/(https?:\/\/\S+?\/files\/\d+\/[\w.-]+\?until=\d+&sig=[\w-]+)/).map((part, index) => (index % 2 ? link(part) : part));
}

/// A text as a paragraph.
export function prose(text) {
  return element("p", { class: "prose" }, ...marked(text));
}

const heading = (title) => (title ? element("h3", {}, title) : null);

function fields({ title, fields: rows }) {
  const pairs = rows.flatMap(({ name, value }) => [element("dt", {}, name), element("dd", {}, ...marked(value))]);
  return element("section", {}, heading(title), element("dl", { class: "fields" }, ...pairs));
}

function table({ title, columns, rows }) {
  const side = (index) => (columns[index]?.align === "right" ? "right" : null);
  const head = columns.map((column, index) => element("th", { scope: "col", class: side(index) }, column.name));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, index) => element("td", { class: side(index) }, cell))));
  const grid = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  const wide = element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": title || "Table" }, grid);
  return element("section", {}, heading(title), wide);
}

function statusList({ title, items }) {
  const rows = items.map(({ status, name, detail }) =>
    element("li", {}, pill(status), element("span", { class: "what" }, element("strong", {}, name), element("span", {}, detail))));
  return element("section", {}, heading(title), element("ul", { class: "statuses" }, ...rows));
}

function chart({ svg, alt }) {
  if (!svg) return element("p", { class: "prose" }, alt ?? "");
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  // Its size is said beforehand, so that nothing jumps when the picture is there.
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)/) ?? [];
  return element("figure", { class: "chart" }, element("img", { src: address, alt: alt ?? "", width, height }));
}

function code({ text }) {
  return element("pre", { tabindex: "0" }, element("code", {}, text));
}

function file({ name, media_type: type, data }) {
  if (!data) return element("p", { class: "file" }, `${name} is no longer kept here; ask for it again.`);
  const size = Math.ceil((data.length * 3) / 4 / 1_000).toLocaleString("en");
  // Only a media type, and never one that a browser would run when the file is opened from its address.
  const address = `data:${/^[a-z]+\/[a-z0-9.+-]+$/.test(type) ? type : "application/octet-stream"};base64,${data}`;
  const link = element("a", { class: "file", href: address, download: name }, element("span", { "aria-hidden": "true" }, "↓ "), `${name} (${size} kB)`);
  const shown = type === "image/png" ? element("img", { src: address, alt: name }) : null;
  return element("figure", { class: "chart" }, shown, link);
}

function form({ title, token, fields: asked }, { fill }) {
  const answerable = asked.map((field) => {
    const common = { name: field.name, required: field.required };
    const choice = field.kind === "choice" || field.kind === "confirm";
    const choices = field.choices.length > 0 ? field.choices : ["yes", "no"];
    const input = choice
      ? element("select", common, ...choices.map((text) => element("option", {}, text)))
      : element("input", { ...common, type: "text", placeholder: field.placeholder?.replace(/^"(.*)"$/, "$1"), spellcheck: "false", autocapitalize: "none" });
    return { field, input };
  });
  const submit = (event) => {
    event.preventDefault();
    const given = answerable.map(({ field, input }) => [field.name, input.value.trim()]).filter(([, value]) => value);
    if (given.length === 0) return;
    const text = asked.length === 1 ? given[0][1] : given.map(([name, value]) => `${name}: ${value}`).join(", ");
    fill({ token: token ?? "", values: Object.fromEntries(given) }, text);
    for (const control of event.target.elements) control.disabled = true;
  };
  const labels = answerable.map(({ field, input }) => element("label", {}, element("span", {}, field.label), input));
  const button = element("button", { type: "submit", class: "action is-primary" }, "Answer");
  const above = asked.length === 1 && asked[0].label === title ? null : heading(title);
  return element("form", { class: "ask", onsubmit: submit }, above, ...labels, button);
}

const RENDERERS = { text: ({ text }) => prose(text), fields, table, status_list: statusList, chart, code, file, form };

/// Whether a form only asks what the reply's buttons ask.
const isButtons = (block, reply) => block.type === "form" && reply.actions.length > 0 && block.fields.every((field) => field.kind === "confirm");

/// All blocks of a reply. A kind that this page does not know is left out, and so is what a form or button asks as well.
export function blocks(reply, actions) {
  const known = reply.blocks.filter((block) => Object.hasOwn(RENDERERS, block.type) && !isButtons(block, reply));
  const asked = new Set(known.filter((block) => block.type === "form").map((block) => block.title));
  const shown = known.filter((block) => !(block.type === "text" && asked.has(block.text)));
  return columns(shown.map((block) => ({ type: block.type, made: RENDERERS[block.type](block, actions) })));
}

/// Puts fields that follow each other side by side where there is room.
function columns(drawn) {
  const rows = [];
  for (const { type, made } of drawn) {
    const last = rows.at(-1);
    if (type === "fields" && last?.type === "fields") last.together.push(made);
    else rows.push({ type, together: [made] });
  }
  return rows.map(({ together }) => (together.length > 1 ? element("div", { class: "columns" }, ...together) : together[0]));
}

/// The buttons of a reply; once one was pressed, none can be pressed again, unless they are a card's.
export function buttons(reply, { act, again }) {
  if (reply.actions.length === 0) return null;
  const made = reply.actions.map((action) => {
    const chosen = reply.chosen === action.token;
    return element("button", {
      type: "button",
      class: `action is-${action.style}${chosen ? " is-chosen" : ""}`,
      disabled: reply.chosen !== undefined,
      onclick: (event) => {
        if (again) return again(action);
        for (const button of made) button.disabled = true;
        event.target.classList.add("is-chosen");
        reply.chosen = action.token;
        act(action);
      },
    }, action.label);
  });
  return element("div", { class: "actions" }, ...made);
}

/// The worst thing a reply's status lists say, if any.
export function worst(reply) {
  const rank = ["down", "degraded", "inconclusive", "maintenance", "unknown", "paused", "up"];
  const seen = reply.blocks.filter((block) => block.type === "status_list").flatMap((block) => block.items.map((item) => item.status));
  return rank.find((status) => seen.includes(status)) ?? null;
}
