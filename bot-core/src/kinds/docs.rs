//! The page of all check kinds, derived from their declarations.

use std::fmt::Write as _;

use monitor_core::assertion::FactKind;
use monitor_core::checks::RedisSpec;
use monitor_core::duration;
use monitor_core::outcome::Reason;

use super::flow::STEP;
use super::{ASSERTIONS, CheckKind, KINDS, options};
use crate::docs::row;
use crate::grammar::Argument;
use crate::settings;

const INTRODUCTION: &str = "\
<!-- Written by bot_core::checks_docs() from the declarations in bot-core/src/kinds/ and monitor-core. Do not edit. -->

# Checks

An address says by its scheme how it is watched: `add-monitor tcp://db.example:5432`. So does the word of a kind before a plain
target: `add-monitor tls shop.example`. A bare host is a website. `help tls` shows in any chat what stands here about `tls`.

A check opens a fresh connection, so that each phase is measured, unless `keep-alive` says otherwise. It judges what the kind
itself has to judge, then the [assertions](#assertions). Response bodies are read up to 10 MiB and asked for uncompressed.
Those that assertions need take 256 MiB of memory at most, all checks together: one that gets no room within its timeout is
inconclusive.
Passwords, tokens, keys and secret headers are encrypted at rest, never shown again, not sent along when a redirect leads to
another origin, and not sent to another host when a monitor is changed. A user and a password may stand in the address, with
special characters as `%XX`.

Whatever else you say is shown to whoever may see the monitor: addresses with their path and query, `body`, `form`, plain headers,
queries, what is sent. A password or a key belongs in one of the login options (`credentials`, `basic`, `bearer` and so on)
or in a `secret-header`.

## Every kind

";

const STEPS: &str = "\
A step is one quoted text: `[NAME:] [METHOD] ADDRESS`, then its options, written like those of a command. Put it into `'…'` or
`«…»` when there are `\"…\"` within it. In the address, headers, logins and body of later steps `{{name}}` stands for a captured
value. Without `expect` or `assert` about the status, a step wants 200..299. The flow fails at the first step that fails; its
`timeout` is for all steps together. Steps are numbered in their order, which is how messages call those without a name. In a step:

";

const LANGUAGE: &str = r#"## Assertions

`assert "…"` says what has to hold of what a check finds, in one language for all kinds. Assertions are read and type-checked when
the monitor is saved; a wrong one is refused with a caret under the fault. A failed one says what was expected and what was seen,
secrets hidden.

```text
assertion = any [ "as" ( "down" | "degraded" ) ]
any       = all { "or" all }
all       = one { "and" one }
one       = "not" one | "(" any ")" | test
test      = subject [ "length" ] predicate
subject   = FACT | "header" TEXT | "json" PATH
predicate = [ "not" ] ( "exists" | "is" [ "not" ] "empty" | comparison VALUE | "in" list
          | ( "contains" | "starts with" | "ends with" ) VALUE | "matches" PATTERN )
comparison = "==" | "=" | "is" | "!=" | "is not" | "<" | "<=" | ">" | ">="
list      = item { "," item } | "(" item { "," item } ")"
item      = VALUE [ ".." VALUE ]
PATTERN   = "/" regular expression "/" { "i" | "m" | "s" } | TEXT in quotes
```

    assert "status in 200..299, 301"
    assert "header \"content-type\" contains json and size < 2MB"
    assert "json $.data[0].id == 7 or json $.data is empty"
    assert "not body matches /error|exception/i"
    assert "latency < 800ms as degraded" assert "certificate.days > 14"

- What does not hold makes the check fail, or with `as degraded` only degrades it.
- Every predicate is false of what is missing, except `!=`; `not` turns any of them around.
- Durations are written like `800ms` or `1m30s`, sizes like `2MB`, `500kB` or `4KiB`. A text of several words stands in quotes.
- Regular expressions run in time linear in what they search, whatever the pattern: there is no pattern that makes a check hang.
- An assertion has at most 1,000 characters and 16 tests, a monitor 32 assertions and 64 tests.

Short words make the usual ones; given anew they replace what they made, and `none` takes it away:

| say | means |
|---|---|
| `expect 200,3xx` | HTTP: `status in 200, 300..399`; SMTP and IMAP: `banner contains "…"`; SQL and Redis: `value == …`; MQTT: `body contains "…"`. TCP, WebSocket and DNS compare by themselves |
| `contains "all ok"` | `body contains "all ok"` |
| `matches "^v\d"` | `body matches /^v\d/` |
| `json $.status=ok`, `json $.items` | `json $.status == "ok"`, `json $.items exists` |
| `slow 800ms` | `latency < 800ms as degraded`; heartbeats: `duration < 800ms as degraded` |

What assertions can be about; a kind names those that its checks find:

| fact | type | meaning |
|---|---|---|
"#;

const HTTP: &str = "\
### Good to know about http

- HTTP/3 is not spoken: its client for Rust calls itself experimental, and it would be a second transport.
- *digest* knows MD5, SHA-256 and SHA-512-256 with `qop=auth`. *ntlm* is version 2 over HTTP/1.1, without channel binding. *oauth2* is
  the client credentials grant; a token is shared by all checks for 90 % of its life and had anew once when it is refused.
  *sigv4* signs all of your headers; a session token goes in the secret header `x-amz-security-token`.
- The *proxy* is held against the [address rules](#addresses). The target behind it is resolved by the proxy and cannot be judged here.
- *keep-alive* keeps one connection for five minutes at most, so that a moved name and a new certificate are seen. Name lookup,
  connecting and TLS are then not measured, and only there are TLS sessions resumed. A check that asserts something of the
  certificate connects anew each time.

";

/// After which the commands follow.
const REDIS: &str = "\
### Good to know about redis

A check only reads, so other commands are refused when a monitor is added or changed. These are sent: ";

const BOUNDS: &str = "\
## JSONPath

A path (RFC 9535) is evaluated on whatever the target sends, so it may not be one whose evaluation could take without bound. It has at most

- one `..`,
- two of `*`, `[?…]` and slices such as `[0:5]`,
- one selector in each pair of brackets: no `['a','b']`, and no `match()` or `search()`, for which `matches` is there,
- four `@` within `[?…]`, no `$`, and comparisons with a text, a number, `true`, `false` or `null`, not with another path,
- 16 steps, 8 pairs of parentheses and 256 characters.

What stands in quotes does not count. Other paths are refused when the monitor is added or changed.

## Addresses

Watchword refuses loopback, private, link-local and other special addresses after the name is resolved and at every
redirect, and connects to the very address that it judged. That holds for every kind. `outbound.allow_private_targets` allows
them, as `make run` does; cloud metadata addresses, multicast and unspecified addresses stay refused. `add-monitor` does not save
a monitor whose address is refused, since it could never be checked.

## Reason codes

Each result carries one. The codes are stable.

| code | verdict | meaning |
|---|---|---|
";

const HEAD: &str = "| option | say | about |\n|---|---|---|\n";

/// The page as Markdown.
#[must_use]
pub fn checks_docs() -> String {
    let mut page = INTRODUCTION.to_owned();
    table(&mut page, "", settings::ARGUMENTS.iter().chain(ASSERTIONS));
    for kind in KINDS {
        about(&mut page, kind);
    }
    page.push_str(LANGUAGE);
    for fact in FactKind::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", fact.usage(), fact.ty(), fact.about());
    }
    page.push('\n');
    page.push_str(BOUNDS);
    for reason in Reason::ALL {
        let verdict = match reason.verdict() {
            monitor_core::outcome::Verdict::Ok => "ok",
            monitor_core::outcome::Verdict::Slow => "slow",
            monitor_core::outcome::Verdict::Failed => "failed",
            monitor_core::outcome::Verdict::Inconclusive => "inconclusive",
        };
        // Writing to a string does not fail.
        let _ = writeln!(page, "| `{}` | {verdict} | {} |", reason.code(), reason.about());
    }
    page
}

fn about(page: &mut String, kind: &CheckKind) {
    let _ = writeln!(page, "## {}\n\n{}\n", kind.name, kind.about());
    let code =
        |words: &[&str], end: &str| words.iter().map(|word| format!("`{word}{end}`")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(page, "- Target: `{}`", kind.target);
    if !kind.schemes.is_empty() {
        let end = if kind.schemes == ["domain"] { ":" } else { "://" };
        let _ = writeln!(page, "- Schemes: {}", code(kind.schemes, end));
    }
    if !kind.aliases.is_empty() {
        let _ = writeln!(page, "- Also called: {}", code(kind.aliases, ""));
    }
    if kind.is_probed() {
        let _ = writeln!(page, "- Checked every {} unless you say otherwise", duration::format(kind.interval));
    } else {
        let not = code(super::heartbeat::NOT_TAKEN, "");
        let _ = writeln!(
            page,
            "- Nothing goes out to check it, so it takes no {not}; `every` is how often the job reports"
        );
    }
    page.push('\n');
    table(page, kind.name, kind.options.iter().filter_map(|name| options::named(name)));
    if kind.name == super::flow::KIND.name {
        page.push_str(STEPS);
        table(page, kind.name, STEP.iter());
    }
    let facts: Vec<String> = kind.facts().iter().map(|fact| format!("`{}`", fact.usage())).collect();
    let _ = writeln!(page, "[Assertions](#assertions) can be about {}.\n", facts.join(", "));
    for example in kind.examples {
        let _ = writeln!(page, "    {example}");
    }
    page.push('\n');
    if kind.name == super::http::KIND.name {
        page.push_str(HTTP);
    }
    if kind.name == super::redis::KIND.name {
        let _ = writeln!(page, "{REDIS}{}.\n", code(RedisSpec::COMMANDS, ""));
    }
}

fn table<'a>(page: &mut String, kind: &str, arguments: impl Iterator<Item = &'a Argument>) {
    page.push_str(HEAD);
    for argument in arguments {
        let _ = writeln!(page, "{}", row(&options::of_kind(kind, argument)));
    }
    page.push('\n');
}
