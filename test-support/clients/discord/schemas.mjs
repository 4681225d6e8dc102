// Holds what was sent to Discord against the schemas made from Discord's own OpenAPI description. Reads from standard input a
// list of { method, path, body }, and prints what is wrong, one line each. What a schema does not know counts as wrong.
import { isDeepStrictEqual } from "node:util";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const file = `${process.env.WATCHWORD_TEST_NODE_CLIENTS}/node_modules/discord-api-spec/build/discord-api-spec.zod.js`;
const schemas = await import(pathToFileURL(file));

const CALLBACKS = {
  1: "PongInteractionCallbackRequestSchema",
  4: "CreateMessageInteractionCallbackRequestSchema",
  5: "CreateMessageInteractionCallbackRequestSchema",
  8: "ApplicationCommandAutocompleteCallbackRequestSchema",
  9: "ModalInteractionCallbackRequestSchema",
};

const ROUTES = [
  ["POST", /^\/channels\/\d+\/messages$/, () => "MessageCreateRequestSchema"],
  ["POST", /^\/users\/@me\/channels$/, () => "CreatePrivateChannelRequestSchema"],
  ["PATCH", /^\/channels\/\d+\/messages\/\d+$/, () => "MessageEditRequestPartialSchema"],
  ["POST", /^\/channels\/\d+\/messages\/\d+\/threads$/, () => "CreateTextThreadWithMessageRequestSchema"],
  ["POST", /^\/applications\/\d+(\/guilds\/\d+)?\/commands$/, () => "ApplicationCommandCreateRequestSchema"],
  ["PATCH", /^\/applications\/\d+(\/guilds\/\d+)?\/commands\/\d+$/, () => "ApplicationCommandPatchRequestPartialSchema"],
  ["POST", /^\/interactions\/\d+\/[^/]+\/callback$/, (body) => CALLBACKS[body.type]],
  ["POST", /^\/webhooks\/\d+\/[^/]+$/, () => "IncomingWebhookRequestPartialSchema"],
  ["PATCH", /^\/webhooks\/\d+\/[^/]+\/messages\/(@original|\d+)$/, () => "IncomingWebhookUpdateRequestPartialSchema"],
];

/** What is in a value that its schema has dropped. */
function dropped(said, known, at = "") {
  if (isDeepStrictEqual(said, known) || typeof said !== "object" || said === null) return [];
  if (typeof known !== "object" || known === null) return [at];
  return Object.keys(said).flatMap((key) => (key in known ? dropped(said[key], known[key], `${at}.${key}`) : [`${at}.${key}`]));
}

let checked = 0;
for (const { method, path, body } of JSON.parse(await text(process.stdin))) {
  const name = ROUTES.find(([verb, route]) => verb === method && route.test(path))?.[2](body);
  if (!schemas[name]) {
    console.log(`${method} ${path}: no schema ${name ?? ""}`);
    continue;
  }
  checked += 1;
  const parsed = schemas[name].safeParse(body);
  const wrong = parsed.success
    ? dropped(body, parsed.data).map((at) => `unknown ${at}`)
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message} ${JSON.stringify(issue.errors ?? "")}`);
  for (const what of wrong) console.log(`${method} ${path}: ${what} in ${JSON.stringify(body)}`);
}
console.error(`${checked} checked`);
