//! The page of all commands, derived from their declarations.

use std::fmt::Write as _;

use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

use crate::commands::{by_topic, help};
use crate::destinations::FIELDS;
use crate::grammar::{Argument, all};
use crate::kinds::options;

const INTRODUCTION: &str = "\
<!-- Written by bot_core::docs() from the declarations in bot-core/src/commands/. Do not edit. -->

# Commands

Everything is said with the same words in every chat, in the terminal and on the web.

- Arguments can be words (`every 30s`), flags (`--interval 30s`, `--interval=30s`) or pairs (`interval:30s`), in any order and mixed.
- A `/`, a `!` or the bot's name before a command does no harm; neither does case, an underscore for a dash (`add_monitor`) or a space (`add monitor`).
- Text with spaces goes in quotes of any kind: `\"…\"`, `'…'`, `“…”`, `‘…’`, `«…»` or backticks. Within them a backslash keeps the closing quote from ending the text.
- Durations are written like `500ms`, `30s`, `5m`, `1h30m`, `1d`, `2 minutes` or `every hour`; times are in UTC.
- `without contains` takes away as `contains none` does.
- What is missing is asked for, and what cannot be undone is asked back. `yes` and `no` answer, and `cancel` forgets the question. What only looks something up, or fails, leaves it open; another question, or a command that changes something, takes its place.
- A message may have 8,000 characters.

";

const CODES: &str = "\
## Error codes

What was not done is answered with `ok` false, a message, and one of these as `code`, as `watchword chat --json` and the web
API show. The codes are stable. Why a check of a target failed is told by [reason codes](checks.md#reason-codes) instead.

| code | meaning |
|---|---|
";

/// The page as Markdown.
#[must_use]
pub fn docs() -> String {
    let mut page = INTRODUCTION.to_owned();
    let commands = by_topic().flat_map(|(topic, commands)| {
        commands.iter().enumerate().map(move |(index, command)| ((index == 0).then_some(topic), command))
    });
    for (topic, command) in commands {
        // Writing to a string does not fail.
        if let Some(topic) = topic {
            let _ = writeln!(page, "## {topic}\n");
        }
        let _ = writeln!(page, "### {}\n\n{}\n\n    {}\n", command.name, command.summary, help::usage(command));
        let mut notes = Vec::new();
        if !command.aliases.is_empty() {
            let aliases: Vec<String> = command.aliases.iter().map(|alias| format!("`{alias}`")).collect();
            notes.push(format!("Also: {}.", aliases.join(", ")));
        }
        notes.push(format!("For {}.", who(command.permission)));
        let _ = writeln!(page, "{}\n", notes.join(" "));
        let own =
            || all(command.arguments).filter(|argument| !options::is_option(argument) && !FIELDS.contains(argument));
        if own().next().is_some() {
            let _ = writeln!(page, "| argument | say | about |\n|---|---|---|");
            for argument in own() {
                let _ = writeln!(page, "{}", row(argument));
            }
            page.push('\n');
        }
        if all(command.arguments).any(options::is_option) {
            page.push_str("Beside these there are the options of the [check kinds](checks.md); `help tls` shows those of `tls` checks.\n\n");
        }
        if all(command.arguments).any(|argument| FIELDS.contains(argument)) {
            page.push_str("Beside these there are the fields of the [kinds of destinations](destinations.md).\n\n");
        }
        let examples: Vec<String> = command.examples.iter().map(|example| format!("    {example}")).collect();
        let _ = writeln!(page, "{}\n", examples.join("\n"));
    }
    page.push_str(CODES);
    for code in ErrorCode::ALL {
        let _ = writeln!(page, "| `{code}` | {} |", code.about());
    }
    page
}

/// A row of a table of arguments.
pub(crate) fn row(argument: &Argument) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let more: Vec<String> = argument.words.iter().skip(1).map(|word| format!("`{word}`")).collect();
    let more = if more.is_empty() { String::new() } else { format!(" Also {}.", more.join(", ")) };
    let needed = if argument.required { " Needed." } else { "" };
    format!(
        "| `{}` | `{}` | {}{needed}{more} |",
        argument.name,
        cell(&help::form(argument)),
        cell(&help::description(argument))
    )
}

fn who(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "everybody",
        Permission::Respond => "responders, editors, admins and owners",
        Permission::Edit => "editors, admins and owners",
        Permission::Manage => "admins and owners",
    }
}
