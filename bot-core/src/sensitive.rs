//! Whether what was said holds a secret, so that nobody keeps it: no history, no transcript.

use crate::commands::COMMANDS;
use crate::destinations::is_own;
use crate::grammar::{all, closest, is_too_long, same_word};

/// Whether a line may hold a secret: it names an argument whose value is one, or an address with a user in it. Looks at the
/// words alone, for a line that cannot be read may hold one as well. Of such a line a `failed` answer is known, and then a
/// slip of the finger in the argument's name counts too.
#[must_use]
pub fn may_hold_secret(text: &str, failed: bool) -> bool {
    // What is too long to be read is not looked through either, and kept nowhere.
    if is_too_long(text) {
        return true;
    }
    let names = || {
        let arguments = COMMANDS.iter().flat_map(|command| all(command.arguments));
        // Those of destinations are everyday words, like `to`: of their lines none is kept.
        arguments.filter(|argument| argument.secret && !is_own(argument)).flat_map(|argument| argument.names())
    };
    let names_one = |word: &str| {
        let near = failed && closest(word, names()).is_some();
        near || names().any(|name| same_word(name, word))
    };
    let within_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let words = text.split(|c| !within_word(c)).map(|word| word.trim_matches('-')).filter(|word| !word.is_empty());
    let sets = !names_setter(text) && sets_destination(words.clone(), failed);
    words.clone().any(names_one) || sets || text.split_whitespace().any(names_user)
}

/// What the commands are called that are told how a destination is reached.
fn setters() -> impl Iterator<Item = &'static str> {
    let setting = COMMANDS.iter().filter(|command| all(command.arguments).any(|own| is_own(own) && own.secret));
    setting.flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()))
}

/// Whether a line is such a command and nothing else, in whatever script, so that it only asks for what it needs.
fn names_setter(text: &str) -> bool {
    let whole = text.split_whitespace().collect::<Vec<_>>().join("-");
    setters().any(|name| same_word(name, whole.trim_start_matches('/')))
}

/// Whether words are, or contain, such a command.
fn sets_destination<'a>(words: impl Iterator<Item = &'a str>, failed: bool) -> bool {
    let mut before = "";
    for word in words {
        let both = format!("{before}-{word}");
        for said in [word, both.as_str()] {
            if setters().any(|name| same_word(name, said)) || (failed && closest(said, setters()).is_some()) {
                return true;
            }
        }
        before = word;
    }
    false
}

/// Whether a word is an address with a user in it: `https://user:password@host`, or the same without a scheme.
fn names_user(word: &str) -> bool {
    let bare = word.split_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains('/'));
    bare || word.split("://").skip(1).any(|address| {
        let Some((before, _)) = address.rsplit_once('@') else { return false };
        match before.split_once(['/', '?', '#', '\\']) {
            // A password with a slash in it breaks the address; what stands before the slash is no host and port then.
            Some((host, _)) => host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err()),
            None => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_a_secret_is_known_however_it_is_written() {
        for line in [
            "edit-monitor x bearer TOKEN",
            "edit-monitor x Token TOKEN",
            "edit x --bearer=TOKEN",
            "edit x —bearer TOKEN",
            "every 5s basic:user:password",
            "secret_header \"X-Key: abc\"",
            "add-monitor https://shop.example header \"Authorization: Bearer abc\"",
            "edit x bearer \"never closed",
            "https://user:password@shop.example",
            "add-monitor url:user:password@shop.example",
            "https://token@shop.example/",
            "https://user:pass/word@shop.example",
            "postgres://ada:hunter2@db.example/shop",
            "add-monitor redis :hunter2@cache.example",
            "edit x url mqtts://ada:hunter2@broker.example",
            "edit x credentials ada:hunter2",
            "add-destination пароль",
            "add-monitor https://x.example proxy http://ada:hunter2@proxy.example:3128",
            "edit x client-cert \"-----BEGIN CERTIFICATE-----",
            "add-monitor flow x step 'GET https://x.example oauth2 \"https://id.example a:b\"'",
        ] {
            assert!(may_hold_secret(line, false), "{line}");
        }
    }

    #[test]
    fn other_lines_are_kept() {
        for line in [
            "",
            "list-monitors",
            "add-monitor https://shop.example:8443/@ada every 30s contains ops@example.org",
            "add-monitor http://[::1]:80/@x body basics",
            "/add-monitor@watchword_bot https://shop.example/login",
            "add-monitor tcp://db.example:5432 send PING label env=prod",
            "add-monitor url:https://shop.example",
            "test-destination #ops",
            "list-notifications failed to ops-mail",
            "/add_destination",
            "Add destination",
        ] {
            assert!(!may_hold_secret(line, false), "{line}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_counts_when_the_line_failed() {
        for line in [
            "ad-destination x slack hunter2",
            "edit x baerer hunter2",
            "edit x --tokn hunter2",
            "edit x secret-heder \"X-Key: abc\"",
        ] {
            assert!(may_hold_secret(line, true) && !may_hold_secret(line, false), "{line}");
        }
        assert!(!may_hold_secret("show-monitor shpo", true));
    }

    /// The answer to a question names no argument, so a secret must not be asked for alone, but for those of destinations:
    /// while one is asked for, no answer is kept.
    #[test]
    fn no_question_asks_for_a_secret() {
        let mut arguments = COMMANDS.iter().flat_map(|command| all(command.arguments));
        assert!(!arguments.any(|argument| argument.secret && argument.required));
    }
}
