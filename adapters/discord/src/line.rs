//! What people say on Discord as a line that the grammar reads.

use adapter_common::hear;
use bot_core::Command;
use bot_core::grammar::{self, Kind};

/// The option of a slash command that takes whatever its other options cannot.
pub(crate) const MORE: &str = "more";

/// The line that a message says. `me` is the bot's user id.
pub(crate) fn said(content: &str, me: u64) -> String {
    let (name, nickname) = (format!("<@{me}>"), format!("<@!{me}>"));
    hear(&unmarked(content, me), &[&name, &nickname])
}

/// What somebody typed into an option, a menu or a modal.
pub(crate) fn typed(text: &str) -> String {
    hear(&unmarked(text, 0), &[])
}

/// Without Discord's own markup outside of code: `<https://…>`, `[words](https://…)`, and mentions of others, of which the number
/// stays.
fn unmarked(text: &str, me: u64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut code = None;
    while let Some(c) = rest.chars().next() {
        if c == '`' {
            let run = rest.bytes().take_while(|byte| *byte == b'`').count();
            code = if code == Some(run) { None } else { code.or(Some(run)) };
            out.push_str(&rest[..run]);
            rest = &rest[run..];
            continue;
        }
        let found = if code.is_none() { markup(rest, me) } else { None };
        let (length, meant) = found.unwrap_or((c.len_utf8(), &rest[..c.len_utf8()]));
        out.push_str(meant);
        rest = &rest[length..];
    }
    out
}

/// The markup that a text begins with: how long it is and what it means.
fn markup(text: &str, me: u64) -> Option<(usize, &str)> {
    if let Some(inside) = text.strip_prefix('<') {
        let inside = &inside[..inside.find('>')?];
        if is_address(inside) {
            return Some((inside.len() + 2, inside));
        }
        let id = ["@&", "@!", "@", "#"].iter().find_map(|sign| inside.strip_prefix(sign))?;
        let number = id.parse::<u64>().ok()?;
        return (number != me).then_some((inside.len() + 2, id));
    }
    let (words, after) = text.strip_prefix('[')?.split_once("](")?;
    let address = &after[..after.find(')')?];
    let bare = address.strip_prefix('<').and_then(|bare| bare.strip_suffix('>')).unwrap_or(address);
    (!words.contains('\n') && is_address(bare)).then_some((words.len() + address.len() + 4, bare))
}

fn is_address(text: &str) -> bool {
    let scheme = text.starts_with("https://") || text.starts_with("http://");
    scheme && !text.contains(|c: char| c.is_whitespace() || c == '<')
}

/// The line that a slash command says.
pub(crate) fn slash<'a>(command: &Command, options: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let (mut line, mut more) = (command.name.to_owned(), String::new());
    for (name, value) in options {
        if name == MORE {
            more = format!(" {}", typed(value));
            continue;
        }
        line.push(' ');
        match grammar::find(command.arguments, name).map(|argument| argument.kind) {
            Some(Kind::Flag) if value == "true" => line.extend(["--", name]),
            Some(Kind::Flag) => {}
            Some(Kind::Switch) => line.push_str(&pair(name, if value == "true" { "yes" } else { "no" })),
            _ => line.push_str(&pair(name, &typed(value))),
        }
    }
    line + &more
}

/// An argument's name with its value, in quotes where the value would be read as more than one.
pub(crate) fn pair(name: &str, value: &str) -> String {
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '\\');
    if !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || quote(c)) {
        return format!("{name}:{value}");
    }
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{name}:\"{value}\"")
}

#[cfg(test)]
mod tests {
    use adapter_common::testing::{DISCORD_BOT, HEARD};
    use bot_core::commands::{COMMANDS, find};
    use bot_core::grammar::{Given, Line, all, parse};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_says_the_same_line_as_elsewhere() {
        for heard in HEARD {
            assert_eq!(said(heard.discord, DISCORD_BOT.parse().unwrap()), heard.wanted);
        }
    }

    #[test]
    fn of_mentions_of_others_the_number_stays() {
        assert_eq!(said("<@1100> map-role <@&42> operator", 1100), "map-role 42 operator");
        assert_eq!(said("note #3 ask <@7> in <#9>", 1100), "note #3 ask 7 in 9");
        assert_eq!(said("note #3 `<@7>` <b> <https://a b>", 1100), "note #3 `<@7>` <b> <https://a b>");
    }

    /// What the grammar makes of a slash command's line.
    fn given(command: &'static Command, options: &[(&str, &str)]) -> Given {
        let line = slash(command, options.iter().copied());
        match Line::read(&line) {
            Ok(Line::Command(read, tokens)) if read.name == command.name => {
                parse(command.arguments, &tokens, &Given::default()).unwrap_or_else(|error| panic!("{line}: {error}"))
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn an_option_of_every_command_arrives_as_what_it_is() {
        for command in COMMANDS {
            for argument in all(command.arguments) {
                let value = match argument.kind {
                    Kind::Flag | Kind::Switch => "true",
                    _ => argument.example.trim_matches('"'),
                };
                let given = given(command, &[(argument.name, value)]);
                assert!(given.has(argument.name), "{} {}", command.name, argument.name);
            }
        }
    }

    #[test]
    fn what_options_cannot_say_more_can() {
        let edit = find("edit-monitor").unwrap();
        let line = slash(edit, [("monitor", "my shop"), (MORE, "every 10s `contains:\"a b\"`"), ("interval", "none")]);
        assert_eq!(line, "edit-monitor monitor:\"my shop\" interval:none every 10s `contains:\"a b\"`");
    }

    proptest! {
        #[test]
        fn a_value_arrives_as_one_whatever_is_in_it(value in r#"[a-z"'`\\“”„‘’« :=\-]{0,20}"#) {
            let note = find("note").unwrap();
            let text = all(note.arguments).find(|argument| argument.kind == Kind::Text).unwrap();
            let line = format!("note {}", pair(text.name, &value));
            let tokens = bot_core::grammar::tokenize(&line).unwrap();
            prop_assert_eq!(tokens.len(), 2, "{}", line);
            prop_assert_eq!(&tokens[1].text, &format!("{}:{}", text.name, value));
        }
    }
}
