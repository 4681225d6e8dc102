//! Assertions held against what was found, and what it means when they do not hold.

use std::fmt::Write;
use std::sync::Arc;

use super::error::{AssertionError, Fault};
use super::expression::{Predicate, Test};
use super::holds::Found;
use super::kind::FactSet;
use super::literal::Item;
use super::operator::Comparison;
use super::parser::{self, Parsed};
use super::seen::{Mask, seen, status_name};
use super::{Assertion, AssertionResult, FactKind, Facts, MAX_TESTS_IN_ALL, Severity, Value};
use crate::code::ErrorCode;
use crate::duration::{humanize, humanize_beyond};
use crate::http::shorten;
use crate::outcome::Reason;

/// Assertions ready to be held against what checks find. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CompiledAssertions(Arc<[Compiled]>);

#[derive(Debug)]
struct Compiled {
    /// The canonical text.
    text: String,
    parsed: Parsed,
    mentioned: FactSet,
    /// Whether it is nobody's own but comes with the kind of check.
    default: bool,
}

/// What became of the assertions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Of each in its order. Defaults are among them only when they did not hold.
    pub results: Vec<AssertionResult>,
    /// The worst of what did not hold, and what to say of it: what means down before what means degraded, and of these the
    /// status first. Without secrets.
    pub failure: Option<(Reason, String)>,
}

impl CompiledAssertions {
    pub(super) fn new(
        own: &[Assertion],
        offered: &'static [FactKind],
        defaults: &[&str],
    ) -> Result<Self, AssertionError> {
        let own = own.iter().map(|assertion| Compiled::new(assertion.as_str(), offered, false));
        let own = own.collect::<Result<Vec<_>, _>>()?;
        let mentioned = own.iter().map(|compiled| compiled.mentioned).fold(FactSet::default(), FactSet::union);
        let mut compiled =
            defaults.iter().map(|text| Compiled::new(text, offered, true)).collect::<Result<Vec<_>, _>>()?;
        compiled.retain(|default| !default.mentioned.intersects(mentioned));
        compiled.extend(own);
        if compiled.iter().map(|compiled| compiled.parsed.expression.tests().len()).sum::<usize>() > MAX_TESTS_IN_ALL {
            let message = format!("the assertions of a monitor may have {MAX_TESTS_IN_ALL} tests at most");
            return Err(AssertionError::whole(ErrorCode::TooMuch, message));
        }
        Ok(Self(compiled.into()))
    }

    /// Whether an assertion is about that fact, so that it has to be found out.
    #[must_use]
    pub fn needs(&self, fact: FactKind) -> bool {
        self.0.iter().any(|compiled| compiled.mentioned.contains(fact))
    }

    /// Whether there are none, not even defaults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Holds the assertions against what was found. None of the `secrets` is shown in what comes of it, wherever a target
    /// sends it back.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, secrets: &[String]) -> Judgement {
        let mask = Mask::new(secrets);
        let mut results = Vec::new();
        let mut worst: Option<((Severity, bool), &Compiled, String)> = None;
        for compiled in self.0.iter() {
            let passed = compiled.parsed.expression.holds(facts);
            let seen = (!passed).then(|| seen(&compiled.parsed.expression, facts, &mask));
            if let Some(seen) = &seen {
                let rank = (compiled.parsed.severity, compiled.reason() != Reason::UnexpectedStatus);
                if worst.as_ref().is_none_or(|(known, ..)| rank < *known) {
                    worst = Some((rank, compiled, seen.clone()));
                }
            }
            if !(passed && compiled.default) {
                results.push(AssertionResult { assertion: compiled.text.clone(), passed, seen });
            }
        }
        let failure = worst.map(|(_, compiled, seen)| (compiled.reason(), mask.hide(compiled.message(facts, &seen))));
        Judgement { results, failure }
    }
}

impl Compiled {
    fn new(text: &str, offered: &'static [FactKind], default: bool) -> Result<Self, AssertionError> {
        let parsed = parser::parse(text)?;
        let unknown = parsed.expression.tests().into_iter().find(|test| !offered.contains(&test.subject.kind));
        if let Some(test) = unknown {
            let known: Vec<&str> = offered.iter().map(|kind| kind.word()).collect();
            let word = test.subject.kind.word();
            let message = format!("`{word}` is not known of this kind of check; it knows {}", known.join(", "));
            return Err(Fault::new(test.subject.span.clone(), message).within(text));
        }
        let mentioned = parsed.expression.mentioned();
        Ok(Self { text: text.to_owned(), parsed, mentioned, default })
    }

    fn is_only_about(&self, suits: impl Fn(FactKind) -> bool) -> bool {
        self.mentioned.kinds().all(suits)
    }

    /// Why a check fails of which the assertion does not hold.
    fn reason(&self) -> Reason {
        match self.parsed.severity {
            Severity::Degraded if self.is_only_about(FactKind::is_latency) => Reason::Slow,
            Severity::Degraded => Reason::Degraded,
            Severity::Down if self.is_only_about(|kind| kind == FactKind::Status) => Reason::UnexpectedStatus,
            Severity::Down if self.is_only_about(|kind| kind == FactKind::Body) => Reason::BodyMismatch,
            Severity::Down if self.is_only_about(|kind| kind == FactKind::Json) => Reason::JsonMismatch,
            Severity::Down => Reason::AssertionFailed,
        }
    }

    fn message(&self, facts: &Facts, seen: &str) -> String {
        let test = self.parsed.expression.only_test();
        test.and_then(|test| status_message(test, facts).or_else(|| latency_message(test, facts)))
            .unwrap_or_else(|| format!("expected {}, saw {seen}", shorten(&self.parsed.expression.to_string(), 120)))
    }
}

/// "answered 503 Service Unavailable, expected 200..299"
fn status_message(test: &Test, facts: &Facts) -> Option<String> {
    let Some(Found::Number(status)) = test.subject.find(facts).filter(|_| test.subject.kind == FactKind::Status) else {
        return None;
    };
    let expected = match &test.predicate {
        Predicate::In(items) => items.iter().map(Item::to_string).collect::<Vec<_>>().join(","),
        Predicate::Compare(Comparison::Equal, literal) => literal.to_string(),
        predicate => format!("status {predicate}"),
    };
    Some(format!("answered {}, expected {}", status_name(status), shorten(&expected, 80)))
}

/// "took 812 ms, slower than 800 ms"
fn latency_message(test: &Test, facts: &Facts) -> Option<String> {
    let Predicate::Compare(Comparison::Less | Comparison::LessOrEqual, limit) = &test.predicate else {
        return None;
    };
    let (Some(Found::Duration(took)), Value::Duration(limit)) = (test.subject.find(facts), &limit.0) else {
        return None;
    };
    let mut message = String::new();
    if test.subject.kind != FactKind::Latency {
        write!(message, "{} ", test.subject.kind.word()).ok()?;
    }
    write!(message, "took {}, slower than {}", humanize_beyond(took, *limit), humanize(*limit)).ok()?;
    test.subject.kind.is_latency().then_some(message)
}
