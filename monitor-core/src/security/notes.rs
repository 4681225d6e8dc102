//! What the judgement of a site has come to so far.

use std::fmt::Display;

use super::rules::{Bonus, Rule};
use super::{Finding, NotLooked};

/// Longest evidence of a finding, in characters.
const MAX_EVIDENCE: usize = 400;

/// How many of the same kind are named in evidence.
const MAX_NAMED: usize = 5;

/// Collects findings, what was found well, and what could not be looked at.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) findings: Vec<Finding>,
    pub(super) passed: Vec<String>,
    pub(super) not_looked: Vec<NotLooked>,
    pub(super) bonuses: Vec<&'static Bonus>,
}

impl Notes {
    /// A rule was looked at: broken if there is evidence, else kept.
    pub(super) fn judge(&mut self, rule: &'static Rule, evidence: Option<String>) {
        match evidence {
            Some(evidence) => self.findings.push(rule.broken(rule.id, &evidence)),
            None => self.passed.push(rule.id.to_owned()),
        }
    }

    /// A rule was looked at as far as that went: kept only if nothing cut it short.
    pub(super) fn judge_part(&mut self, rule: &'static Rule, evidence: Option<String>, cut_short: Option<&str>) {
        match (&evidence, cut_short) {
            (None, Some(reason)) => self.not_looked(&[rule], reason),
            _ => self.judge(rule, evidence),
        }
    }

    /// Rules could not be looked at, for one reason.
    pub(super) fn not_looked(&mut self, rules: &[&'static Rule], reason: &str) {
        let reason = clip(reason);
        let ids = rules.iter().map(|rule| rule.id.to_owned());
        match self.not_looked.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.ids.extend(ids),
            None => self.not_looked.push(NotLooked { ids: ids.collect(), reason }),
        }
    }

    /// A bonus was earned, if `earned`.
    pub(super) fn bonus(&mut self, bonus: &'static Bonus, earned: bool) {
        if earned {
            self.bonuses.push(bonus);
        }
    }
}

/// The things named in a row, `None` when there are none: what [`Notes::judge`] takes.
pub(super) fn named<T: Display>(things: &[T]) -> Option<String> {
    if things.is_empty() {
        return None;
    }
    let mut names: Vec<String> = things.iter().take(MAX_NAMED).map(|thing| clip_to(&thing.to_string(), 120)).collect();
    if things.len() > MAX_NAMED {
        names.push(format!("and {} more", things.len() - MAX_NAMED));
    }
    Some(names.join(", "))
}

/// Text of a stranger's server as one line of bounded length.
pub(super) fn clip(text: &str) -> String {
    clip_to(text, MAX_EVIDENCE)
}

pub(super) fn clip_to(text: &str, max: usize) -> String {
    let mut line: String = text.trim().chars().take(max + 1).map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    if line.chars().count() > max {
        line = line.chars().take(max - 1).collect();
        line.push('…');
    }
    line
}

/// Control characters, and those that turn the direction of the text around them.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
