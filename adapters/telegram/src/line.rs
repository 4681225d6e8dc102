//! What somebody wrote, made the line that was meant, and whether it was meant for the bot.

use bot_core::commands;

use crate::wire::{Entity, Me, Message};

/// The line that a message says to the bot; `None`: it is not for the bot.
///
/// In a private chat everything is. In a group it is what mentions the bot, what answers it, and its commands: `/status@its_bot`,
/// and `/status` as long as no other bot is named.
pub(crate) fn for_bot(message: &Message, me: &Me) -> Option<String> {
    let (text, entities) = message.written()?;
    let own = format!("@{}", me.username);
    let line = adapter_common::hear(&unwrap(text, entities, &own), &[&own]);
    let line = begin(&without_own_name(&line, &own), message.chat.r#type == "private");
    let addressed = message.chat.r#type == "private"
        || mentions(text, entities, &own)
        || answered(message, me).is_some()
        || names_command(text, &own);
    addressed.then_some(line)
}

/// The text with what Telegram shows in another way written out, as it would be typed: where a link leads, code in backticks, a
/// command without the bot's name.
fn unwrap(text: &str, entities: &[Entity], own: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let slice = |from: usize, to: usize| String::from_utf16_lossy(&units[from.min(units.len())..to.min(units.len())]);
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort_by_key(|entity| entity.offset);
    let (mut out, mut done) = (String::new(), 0);
    for entity in sorted {
        let (start, end) = (entity.offset, entity.offset.saturating_add(entity.length));
        // Entities nest; what is within another one is said by it.
        if start < done || end > units.len() {
            continue;
        }
        let inner = slice(start, end);
        let said = match (entity.r#type.as_str(), &entity.url) {
            ("text_link", Some(url)) => url.clone(),
            ("code", _) => fenced(&inner, 1, ""),
            ("pre", _) => fenced(&inner, 3, "\n"),
            ("bot_command", _) => without_name(&inner, own).to_owned(),
            _ => continue,
        };
        out.push_str(&slice(done, start));
        out.push_str(&said);
        done = end;
    }
    out + &slice(done, units.len())
}

/// Text between so many backticks, or more when it has that many itself.
fn fenced(inner: &str, least: usize, edge: &str) -> String {
    let longest = inner.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(if longest < least { least } else { longest + 1 });
    format!("{fence}{edge}{inner}{edge}{fence}")
}

/// The line without the bot's name behind its command, when nothing said that it is one.
fn without_own_name(line: &str, own: &str) -> String {
    let (first, rest) = line.split_at(line.find(char::is_whitespace).unwrap_or(line.len()));
    let command = if first.starts_with('/') { without_name(first, own) } else { first };
    format!("{command}{rest}")
}

fn without_name<'a>(command: &'a str, own: &str) -> &'a str {
    command.split_once('@').filter(|(_, name)| own[1..].eq_ignore_ascii_case(name)).map_or(command, |(name, _)| name)
}

/// `/start` is how every conversation with a bot begins; what follows it comes from a link `https://t.me/its_bot?start=CODE`, or
/// `?startgroup=CODE` in a group. Source: <https://core.telegram.org/bots/features#deep-linking>.
fn begin(line: &str, private: bool) -> String {
    let Some(rest) = line.strip_prefix("/start").filter(|rest| rest.is_empty() || rest.starts_with(' ')) else {
        return line.to_owned();
    };
    match rest.trim() {
        "" => "help".to_owned(),
        code if private => format!("link {code}"),
        code => format!("connect {code}"),
    }
}

fn mentions(text: &str, entities: &[Entity], own: &str) -> bool {
    let units: Vec<u16> = text.encode_utf16().collect();
    entities.iter().filter(|entity| entity.r#type == "mention").any(|entity| {
        let of = units.get(entity.offset..entity.offset.saturating_add(entity.length));
        of.is_some_and(|of| String::from_utf16_lossy(of).eq_ignore_ascii_case(own))
    })
}

/// The message of the bot that it answers. In a topic every message answers the one that made the topic.
pub(crate) fn answered(message: &Message, me: &Me) -> Option<i32> {
    let answered = message.reply_to_message.as_ref().filter(|answered| answered.forum_topic_created.is_none())?;
    answered.from.as_ref().is_some_and(|from| from.id == me.id).then_some(answered.message_id)
}

/// Whether a line that answers a question is a command all the same: one that says so by its slash, or `cancel`, which every
/// question offers.
pub(crate) fn is_command(line: &str) -> bool {
    let cancels = commands::find(line.trim()).is_some_and(|command| command.name == "cancel");
    let word = line.strip_prefix('/').and_then(|rest| rest.split_whitespace().next());
    cancels || word.is_some_and(|word| commands::find(word).is_some())
}

/// Whether it begins with a command that is not another bot's.
fn names_command(text: &str, own: &str) -> bool {
    let Some(word) = text.trim_start().strip_prefix('/').and_then(|rest| rest.split_whitespace().next()) else {
        return false;
    };
    match word.split_once('@') {
        Some((_, name)) => own[1..].eq_ignore_ascii_case(name),
        None => word == "start" || commands::find(word).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use adapter_common::testing::{HEARD, TELEGRAM_BOT};
    use serde_json::{Value, json};

    use super::*;

    fn me() -> Me {
        Me { id: 99, username: TELEGRAM_BOT.to_owned(), can_join_groups: true, can_read_all_group_messages: false }
    }

    fn said(chat: &str, text: &str, more: &Value) -> Message {
        let mut message = json!({ "message_id": 1, "date": 1, "chat": { "id": -5, "type": chat }, "text": text });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(message).unwrap()
    }

    #[test]
    fn whatever_telegram_makes_of_a_line_it_is_the_same_in_the_end() {
        for heard in HEARD {
            let entity = |entity: &adapter_common::testing::Entity| json!({ "type": entity.kind, "offset": entity.offset, "length": entity.length, "url": entity.url });
            let entities: Vec<Value> = heard.entities.iter().map(entity).collect();
            let message = said("private", heard.telegram, &json!({ "entities": entities }));
            assert_eq!(for_bot(&message, &me()).as_deref(), Some(heard.wanted));
        }
    }

    #[test]
    fn in_a_group_only_what_is_for_the_bot_is_heard() {
        let mention = json!({ "entities": [{ "type": "mention", "offset": 0, "length": 8 }] });
        let answer = |id: i64| {
            json!({ "reply_to_message": { "message_id": 2, "chat": { "id": -5, "type": "group" },
            "from": { "id": id, "is_bot": true, "first_name": "Bot" } } })
        };
        let topic = json!({ "reply_to_message": { "message_id": 2, "chat": { "id": -5, "type": "group" },
            "forum_topic_created": { "name": "Ops" }, "from": { "id": 99, "is_bot": true, "first_name": "Bot" } } });
        for (text, more, expected) in [
            ("status", &json!({}), None),
            ("/status@its_bot", &json!({}), Some("/status")),
            ("/status@Its_Bot shop", &json!({}), Some("/status shop")),
            ("/status@other_bot", &json!({}), None),
            ("/status shop", &json!({}), Some("/status shop")),
            ("/weather", &json!({}), None),
            ("/start@its_bot", &json!({}), Some("help")),
            ("@its_bot status", &mention, Some("status")),
            ("@its_bot status", &json!({}), None),
            ("yes", &answer(99), Some("yes")),
            ("yes", &answer(98), None),
            ("yes", &topic, None),
        ] {
            let line = for_bot(&said("supergroup", text, more), &me());
            assert_eq!(line.as_deref(), expected, "{text} {more}");
        }
    }

    #[test]
    fn what_answers_a_question_is_a_command_by_its_slash_alone() {
        for command in ["/status", "/list_monitors down", "cancel", "/cancel"] {
            assert!(is_command(command), "{command}");
        }
        for answer in ["status", "Resolve #2 was done", "/var is full", "cancel the order", "", "/"] {
            assert!(!is_command(answer), "{answer}");
        }
    }

    #[test]
    fn a_link_with_a_code_links_a_person_and_connects_a_group() {
        assert_eq!(for_bot(&said("private", "/start", &json!({})), &me()).unwrap(), "help");
        assert_eq!(for_bot(&said("private", "/start ABC-123", &json!({})), &me()).unwrap(), "link ABC-123");
        let entities = json!({ "entities": [{ "type": "bot_command", "offset": 0, "length": 14 }] });
        assert_eq!(for_bot(&said("group", "/start@its_bot ABC", &entities), &me()).unwrap(), "connect ABC");
    }

    #[test]
    fn offsets_that_lie_do_no_harm() {
        for (offset, length) in [(0, 100), (3, usize::MAX), (usize::MAX, usize::MAX), (1, 1)] {
            let entities = json!({ "entities": [{ "type": "code", "offset": offset, "length": length },
                { "type": "mention", "offset": offset, "length": length }] });
            assert!(for_bot(&said("private", "🧯ok", &entities), &me()).is_some());
        }
    }
}
