//! The check kinds in words: one file each, with how its target and its options are said. `KINDS` knows them all; the
//! options are declared in `options.rs`, each once for all kinds that take it.

mod dns;
mod docs;
mod domain;
mod flow;
mod graphql;
mod grpc;
mod heartbeat;
mod http;
mod icmp;
mod imap;
mod mail;
mod mqtt;
mod mysql;
pub(crate) mod options;
mod place;
mod postgres;
mod redis;
mod request;
mod smtp;
mod sql;
mod sugar;
mod target;
mod tcp;
mod tls;
mod websocket;

use std::time::Duration;

use monitor_core::assertion::FactKind;
use monitor_core::code::ErrorCode;
use monitor_core::http::{HttpSpec, shorten};
use monitor_core::monitor::{CheckSpec, Settings};

use crate::command::Failure;
use crate::commands;
use crate::grammar::{self, Argument, Given, Invalid, same_word};
use crate::reply::Field;
pub use docs::checks_docs;
pub(crate) use place::{proposed_name, secrets_stay};
pub(crate) use sugar::{ASSERTIONS, asserted, assertions, expect};
pub(crate) use target::scheme;

/// A check kind in words, declared once.
pub(crate) struct CheckKind {
    /// Its word, that of [`CheckSpec::kind`].
    pub(crate) name: &'static str,
    /// What else it may be called.
    pub(crate) aliases: &'static [&'static str],
    /// The schemes of its addresses.
    pub(crate) schemes: &'static [&'static str],
    /// What its targets look like.
    pub(crate) target: &'static str,
    /// The names of the options that it takes, beside those of every monitor.
    pub(crate) options: &'static [&'static str],
    /// Ways to say it.
    pub(crate) examples: &'static [&'static str],
    /// How often it is checked unless somebody says otherwise.
    pub(crate) interval: Duration,
    /// A spec for a target, with all defaults.
    pub(crate) start: fn(&str) -> Result<CheckSpec, Invalid>,
    /// Gives the first spec the target of the second, and its login if it has one.
    pub(crate) moved: fn(&mut CheckSpec, CheckSpec),
    /// Changes settings as far as options of the kind were given.
    pub(crate) apply: fn(&Given, &mut Settings) -> Result<(), Failure>,
    /// What there is to say of a spec beside its target; no secrets.
    pub(crate) shown: fn(&CheckSpec) -> Vec<Field>,
}

/// Every kind, in the order of the docs.
pub(crate) const KINDS: &[&CheckKind] = &[
    &http::KIND,
    &tcp::KIND,
    &icmp::KIND,
    &dns::KIND,
    &tls::KIND,
    &domain::KIND,
    &grpc::KIND,
    &graphql::KIND,
    &websocket::KIND,
    &smtp::KIND,
    &imap::KIND,
    &postgres::KIND,
    &mysql::KIND,
    &redis::KIND,
    &mqtt::KIND,
    &flow::KIND,
    &heartbeat::KIND,
];

impl CheckKind {
    /// One sentence about it.
    pub(crate) fn about(&self) -> &'static str {
        CheckSpec::KINDS.iter().find(|(word, _)| *word == self.name).map_or("", |(_, about)| about)
    }

    /// Whether somebody who says this word means this kind.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        same_word(self.name, word) || self.aliases.iter().any(|alias| same_word(alias, word))
    }

    /// Whether something goes out and checks; heartbeats are waited for instead.
    pub(crate) fn is_probed(&self) -> bool {
        self.name != heartbeat::KIND.name
    }

    /// Whether its target is a name that the monitor gets.
    pub(crate) fn is_named_by_target(&self) -> bool {
        self.schemes.is_empty() && self.name != graphql::KIND.name
    }

    /// Whether it takes an argument.
    pub(crate) fn takes(&self, argument: &Argument) -> bool {
        match options::is_option(argument) {
            true => self.options.contains(&argument.name),
            false => self.is_probed() || !heartbeat::NOT_TAKEN.contains(&argument.name),
        }
    }

    /// What its checks find, and assertions can be about.
    pub(crate) fn facts(&self) -> &'static [FactKind] {
        let spec = ["shop.example:1", "shop.example"].into_iter().find_map(|target| (self.start)(target).ok());
        spec.map_or(&[], |spec| spec.facts())
    }

    /// The target in its first example.
    fn target_of_example(&self) -> Option<String> {
        let tokens = grammar::tokenize(self.examples.first()?).ok()?;
        let given = grammar::parse(commands::add_monitor::COMMAND.arguments, tokens.get(1..)?, &Given::default());
        given.ok()?.get("url").map(str::to_owned)
    }

    fn takes_scheme(&self, scheme: &str) -> bool {
        self.schemes.iter().any(|own| own.eq_ignore_ascii_case(scheme))
    }
}

/// The kind of that word.
pub(crate) fn find(word: &str) -> Option<&'static CheckKind> {
    KINDS.iter().copied().find(|kind| kind.is_called(word))
}

/// The kind that takes addresses of that scheme.
pub(crate) fn of_scheme(scheme: &str) -> Option<&'static CheckKind> {
    KINDS.iter().copied().find(|kind| kind.takes_scheme(scheme))
}

/// The question for the target of a kind, and an answer to it.
pub(crate) fn question(kind: &'static CheckKind) -> (String, String) {
    let ask = match kind.is_named_by_target() {
        true => format!("What should I call the {}?", kind.name),
        false => format!("What should I watch? I take {}.", kind.target),
    };
    (ask, kind.target_of_example().unwrap_or_else(|| kind.target.to_owned()))
}

/// The kind of a spec.
pub(crate) fn of(spec: &CheckSpec) -> &'static CheckKind {
    KINDS.iter().copied().find(|kind| kind.name == spec.kind()).unwrap_or(&http::KIND)
}

/// The kind that is meant by a target, or by the word before it.
///
/// # Errors
/// For a scheme that nothing takes.
pub(crate) fn meant(word: Option<&str>, target: &str) -> Result<&'static CheckKind, Invalid> {
    if let Some(kind) = word.and_then(find) {
        return Ok(kind);
    }
    let bare = target::bare(target);
    if domain::is_meant(bare) {
        return Ok(&domain::KIND);
    }
    match scheme(bare) {
        None => Ok(&http::KIND),
        Some(scheme) => of_scheme(scheme).ok_or_else(|| {
            let why = format!(
                "I cannot watch `{}:` addresses; use one like https://, tcp:// or dns://",
                shorten(scheme, 40).to_ascii_lowercase()
            );
            Invalid::new(ErrorCode::UnsupportedScheme, why)
        }),
    }
}

/// A spec for a target, with all defaults. User information in it is never repeated in what is refused.
///
/// # Errors
/// What is wrong with the target.
pub(crate) fn start(kind: &CheckKind, target: &str) -> Result<CheckSpec, Invalid> {
    (kind.start)(target).map_err(|error| match target.rsplit_once('@') {
        None => error,
        Some((before, place)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let separator = if scheme.is_empty() { "" } else { "://" };
            let why =
                "the user and the password before the `@` break the address; write special characters in them as %XX";
            match (kind.start)(&format!("{scheme}{separator}{place}")) {
                Ok(_) => Invalid::new(ErrorCode::InvalidUrl, why),
                Err(error) => error,
            }
        }
    })
}

/// Whether a word that stands alone may be meant as the target.
pub(crate) fn may_be_target(word: Option<&str>, target: &str) -> bool {
    let Ok(kind) = meant(word, target) else { return false };
    let plain = [http::KIND.name, graphql::KIND.name, websocket::KIND.name].contains(&kind.name);
    // A word such as `evry` is rather a slip than a host; a host can always be given with its scheme.
    let like_address = target.contains(['.', ':']) || target.to_ascii_lowercase().starts_with("localhost");
    (!plain || like_address) && start(kind, target).is_ok()
}

/// An option that is given once, whatever others of its name may be.
///
/// # Errors
/// When it is given more often.
pub(crate) fn once<'a>(given: &'a Given, name: &'a str) -> Result<Option<&'a str>, Failure> {
    match given.all(name).count() {
        0 | 1 => Ok(given.get(name)),
        _ => Err(Failure::new(ErrorCode::RepeatedArgument, format!("`{name}` is given twice; this check takes one."))),
    }
}

/// Refuses options that the kind does not take.
///
/// # Errors
/// For the first of them.
pub(crate) fn refuse_foreign(kind: &CheckKind, given: &Given) -> Result<(), Failure> {
    let foreign = given.names().find(|name| match options::named(name) {
        Some(option) => !kind.options.contains(&option.name),
        None => !kind.is_probed() && heartbeat::NOT_TAKEN.iter().any(|not| not == name),
    });
    let Some(name) = foreign else { return Ok(()) };
    let word = options::named(name).map_or(name, |option| option.word());
    let taken = match kind.options {
        [] => "none of their own".to_owned(),
        options => options.join(", "),
    };
    let text = format!("`{word}` is not an option of {} checks, which take {taken}.", kind.name);
    Err(Failure::new(ErrorCode::UnknownArgument, text))
}

/// The request that a spec sends over HTTP, if that is what it does.
pub(crate) fn request_of(spec: &CheckSpec) -> Option<&HttpSpec> {
    match spec {
        CheckSpec::Http(http) => Some(http),
        CheckSpec::GraphQl(graphql) => Some(&graphql.http),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
