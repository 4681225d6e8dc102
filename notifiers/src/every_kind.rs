//! What holds for every kind: its examples work, its failures are classed, and none of its secrets is ever told.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::alerting::{Event, Notification};
use test_support::receiver::{Reaction, Receiver};
use test_support::targets::Answer;
use tokio::task::JoinSet;
use url::Url;

use crate::{DestinationKind, Field, KINDS, SendError, Settings, samples};

/// Parts of addresses that are shorter are words rather than secrets.
const MIN_SECRET: usize = 8;

fn examples(kind: &DestinationKind, wanted: impl Fn(&Field) -> bool) -> BTreeMap<String, String> {
    let fields = kind.fields.iter().filter(|field| wanted(field));
    fields.map(|field| (field.name.to_owned(), field.example.to_owned())).collect()
}

/// The example of a kind, at the receiver instead of at its platform. `None` for what is not HTTP.
fn at(receiver: &Receiver, kind: &DestinationKind) -> Option<Settings> {
    let mut given = examples(kind, |_| true);
    let url = given.get_mut("url").unwrap_or_else(|| panic!("{} has a field url", kind.name));
    let mut there = Url::parse(url).unwrap();
    if !matches!(there.scheme(), "http" | "https") {
        return None;
    }
    let here = Url::parse(&receiver.url()).unwrap();
    there.set_scheme("http").unwrap();
    there.set_host(here.host_str()).unwrap();
    there.set_port(here.port()).unwrap();
    *url = there.into();
    Some(Settings::read(kind.name, &given).unwrap_or_else(|error| panic!("{}: {error}", kind.name)))
}

/// What may not be told of the example of a kind: secret values, and the parts of a secret address.
fn secrets(kind: &DestinationKind) -> Vec<String> {
    let mut secrets = Vec::new();
    for field in kind.fields {
        match Url::parse(field.example) {
            Ok(url) if url.has_host() => {
                let parts = url.path().split(['/', '@', ':']).map(str::to_owned);
                let parts = parts.chain(url.query_pairs().map(|(_, value)| value.into_owned()));
                let parts = parts.chain(url.password().map(str::to_owned));
                secrets.extend(parts.filter(|part| field.secret && part.len() >= MIN_SECRET));
            }
            _ if field.secret => secrets.push(field.example.to_owned()),
            _ => {}
        }
    }
    assert!(secrets.iter().all(|secret| secret.len() >= 5), "{}: secrets of examples are long: {secrets:?}", kind.name);
    secrets
}

fn assert_untold(kind: &DestinationKind, what: &str, text: &str) {
    for secret in secrets(kind) {
        assert!(!text.contains(&secret), "{}: {what} tells {secret}: {text}", kind.name);
    }
}

fn told() -> Vec<Notification> {
    let mut told: Vec<_> = [Event::Opened, Event::Resolved].map(samples::of).into();
    told.push(samples::notice(Event::Test, ""));
    told
}

#[test]
fn the_examples_work_all_together_and_the_required_ones_alone() {
    for kind in KINDS {
        assert_eq!(crate::kind(kind.name), Some(kind));
        for fields in [examples(kind, |_| true), examples(kind, |field| field.required)] {
            let settings = Settings::read(kind.name, &fields).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            assert_eq!(settings.kind(), kind);
        }
        let start = format!(" {} ", kind.name);
        assert!(kind.example.starts_with("add-destination ") && kind.example.contains(&start), "{}", kind.example);
        assert!(kind.rate.burst > 0 && kind.rate.per_minute > 0, "{}", kind.name);
        let texts = kind.fields.iter().map(|field| field.help).chain([kind.summary]);
        assert!(texts.into_iter().all(|text| !text.is_empty() && !text.ends_with('.')), "{}", kind.name);
    }
}

#[test]
fn a_missing_and_an_unknown_field_are_named() {
    for kind in KINDS {
        for field in kind.fields.iter().filter(|field| field.required) {
            let error = Settings::read(kind.name, &examples(kind, |other| other != field)).unwrap_err();
            assert_eq!(error.field, field.name, "{}", kind.name);
        }
        let mut given = examples(kind, |_| true);
        given.insert("colour-of-the-sky".to_owned(), "blue".to_owned());
        assert_eq!(Settings::read(kind.name, &given).unwrap_err().field, "fields", "{}", kind.name);
    }
    assert_eq!(Settings::read("pigeon", &BTreeMap::new()).unwrap_err().field, "kind");
}

#[test]
fn what_is_shown_of_settings_holds_no_secret() {
    for kind in KINDS {
        let settings = Settings::read(kind.name, &examples(kind, |_| true)).unwrap();
        let shown = settings.shown();
        assert!(shown.iter().all(|(name, _)| kind.field(name).is_some()), "{}: {shown:?}", kind.name);
        assert_untold(kind, "shown", &format!("{shown:?}"));
        assert_untold(kind, "Debug", &format!("{settings:?} {settings:#?}"));
    }
}

#[test]
fn what_is_said_of_wrong_fields_holds_no_secret() {
    for kind in KINDS {
        for field in kind.fields.iter().filter(|field| field.secret) {
            for wrong in ["{}\u{7}", "{} {}", "{}\n{}", "ftp://{}", "https://{}:99999/", "{}ä", "[{}", "\"{}"] {
                let mut given = examples(kind, |_| true);
                given.insert(field.name.to_owned(), wrong.replace("{}", field.example));
                let Err(error) = Settings::read(kind.name, &given) else { continue };
                assert_untold(kind, "a field's error", &format!("{error} {error:?}"));
            }
        }
    }
}

/// How a reaction is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Again,
    Later(Duration),
    Never,
}

fn class(error: &SendError) -> Class {
    match error {
        SendError::Again { .. } => Class::Again,
        SendError::Later { after, .. } => Class::Later(*after),
        SendError::Never { .. } => Class::Never,
    }
}

#[tokio::test]
async fn failures_of_the_platform_are_classed_and_tell_no_secret() {
    let limited = Answer::status(429).header("Retry-After", "7");
    let cases: [(Reaction, Class); 11] = [
        (limited.into(), Class::Later(Duration::from_secs(7))),
        (Answer::status(429).into(), Class::Again),
        (Answer::status(500).into(), Class::Again),
        (Answer::status(503).with_body("<html>busy</html>").into(), Class::Again),
        (Answer::status(410).into(), Class::Never),
        (Answer::redirect(302, "/elsewhere").into(), Class::Never),
        (Reaction::Echo(400), Class::Never),
        (Reaction::Echo(401), Class::Never),
        (Reaction::Echo(404), Class::Never),
        (Reaction::Echo(502), Class::Again),
        (Reaction::Reset, Class::Again),
    ];
    for kind in KINDS {
        let receiver = Receiver::start().await;
        let Some(settings) = at(&receiver, kind) else { continue };
        for (reaction, expected) in &cases {
            receiver.otherwise(reaction.clone());
            for notification in told().iter().filter(|notification| settings.wants(notification.event)) {
                let error = samples::send(&settings, notification).await.unwrap_err();
                assert_eq!(class(&error), *expected, "{}: {reaction:?}: {error}", kind.name);
                assert_untold(kind, "an error", &format!("{error} {error:?}"));
            }
        }
    }
}

#[tokio::test]
async fn whatever_a_platform_answers_is_told_without_secrets() {
    let receiver = Receiver::start().await;
    for kind in KINDS {
        let Some(settings) = at(&receiver, kind) else { continue };
        for reaction in
            [Reaction::Echo(200), Answer::ok("\0").into(), Answer::ok("[[[").into(), Answer::status(204).into()]
        {
            receiver.otherwise(reaction);
            for notification in told().iter().filter(|notification| settings.wants(notification.event)) {
                assert_untold(kind, "a result", &format!("{:?}", samples::send(&settings, notification).await));
            }
        }
    }
}

#[tokio::test]
async fn a_platform_that_never_answers_is_left_after_a_while() {
    let mut waiting = JoinSet::new();
    for kind in KINDS {
        waiting.spawn(async move {
            let receiver = Receiver::start().await;
            receiver.otherwise(Reaction::Hang);
            let Some(settings) = at(&receiver, kind) else { return };
            let error = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err();
            assert_eq!(class(&error), Class::Again, "{}: {error}", kind.name);
            assert_untold(kind, "an error", &format!("{error} {error:?}"));
        });
    }
    waiting.join_all().await;
}
