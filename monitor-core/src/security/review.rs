//! The judgement of a site, and what changed from one to the next.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::notes::Notes;
use super::observed::{Depth, Observed};
use super::rules::{self, Topic};
use super::site::{NO_PAGE, Site};
use super::{Finding, Grade, grade};
use super::{cookies, cors, csp, dns, headers, leaks, libraries, page, redirects, security_txt, tls, zap};
use crate::Timestamp;

/// What was found on a site, and its grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The address that was asked for.
    pub asked: String,
    /// How much was looked at.
    pub depth: Depth,
    /// When.
    pub at: Timestamp,
    /// What was found: the worst first, then what costs most.
    pub findings: Vec<Finding>,
    /// Ids of [rules](rules::ALL) that were looked at and kept. What does not apply to the site is in neither list.
    pub passed: Vec<String>,
    /// What was not looked at, so that it is never taken for well.
    pub not_looked: Vec<NotLooked>,
    /// 0 and more; beyond 100 with bonuses.
    pub points: u32,
    /// The grade for the points.
    pub grade: Grade,
    /// How the points came about: `100 - 25 (csp-missing) - 5 (caa-missing) = 70, B`.
    pub formula: String,
}

/// Rules that were not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotLooked {
    /// Their ids.
    pub ids: Vec<String>,
    /// Why not.
    pub reason: String,
}

/// What changed from one review of a site to a later one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// The grade before.
    pub grade_before: Grade,
    /// Points won or, below zero, lost.
    pub points: i64,
    /// Found now, and not although looked at before.
    pub new: Vec<Finding>,
    /// Found before, and not although looked at now.
    pub mended: Vec<Finding>,
    /// Found now, and not looked at before: nobody knows since when.
    pub newly_seen: Vec<Finding>,
    /// Found before, and not looked at now: nobody knows whether it still holds.
    pub not_seen_again: Vec<Finding>,
}

impl Changes {
    /// Nothing is other than before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points == 0
            && [&self.new, &self.mended, &self.newly_seen, &self.not_seen_again].iter().all(|l| l.is_empty())
    }
}

/// What findings cost, by their ids, most first. A weak policy never costs more than none.
fn costs(findings: &[Finding]) -> Vec<(String, u32)> {
    let mut left_for_policy = rules::CSP_MISSING.points;
    let mut costs: Vec<(String, u32)> =
        findings.iter().map(|finding| (finding.id.clone(), rules::points(finding))).collect();
    costs.sort_by_key(|(_, points)| Reverse(*points));
    for (id, points) in &mut costs {
        if rules::rule(id).is_some_and(|rule| rule.topic == Topic::Csp) {
            *points = left_for_policy.min(*points);
            left_for_policy -= *points;
        }
    }
    costs
}

/// Topics that nothing can be said of without a page.
const OF_THE_PAGE: [Topic; 7] =
    [Topic::Headers, Topic::Csp, Topic::Cookies, Topic::Page, Topic::Cors, Topic::Leaks, Topic::Libraries];

/// Judges what was seen of a site. `zap` is what [`zap::findings`] read of the alerts of a deep scan, else nothing.
#[must_use]
pub fn review(seen: &Observed, zap: &[Finding]) -> Review {
    let mut notes = Notes::default();
    redirects::judge(seen, &mut notes);
    tls::judge(seen, &mut notes);
    match Site::of(seen) {
        Some(site) => {
            headers::judge(&site, &mut notes);
            csp::judge(&site, &mut notes);
            cookies::judge(&site, &mut notes);
            page::judge(&site, &mut notes);
            cors::judge(&site, &mut notes);
            leaks::judge(&site, &mut notes);
            libraries::judge(&site, &mut notes);
        }
        None => {
            let blind = rules::ALL.iter().copied().filter(|rule| OF_THE_PAGE.contains(&rule.topic)).collect::<Vec<_>>();
            notes.not_looked(&blind, NO_PAGE);
        }
    }
    dns::judge(&seen.dns, &mut notes);
    security_txt::judge(seen, &mut notes);
    zap::judge(seen, zap, &mut notes);
    finish(seen, notes)
}

fn finish(seen: &Observed, notes: Notes) -> Review {
    let Notes { mut findings, passed, not_looked, bonuses } = notes;
    findings.sort_by_cached_key(|finding| (Reverse(finding.risk), Reverse(rules::points(finding)), finding.id.clone()));
    let sum = grade::add_up(&costs(&findings), &bonuses);
    Review {
        asked: seen.asked.clone(),
        depth: seen.depth,
        at: seen.at,
        findings,
        passed,
        not_looked,
        points: sum.points,
        grade: Grade::of(sum.points),
        formula: sum.formula,
    }
}

impl Review {
    /// The same review, saying that ZAP did not scan the site although it should have, and why.
    #[must_use]
    pub fn without_zap(self, reason: &str) -> Self {
        Self { depth: Depth::Active, ..self.with_zap_cut(reason) }
    }

    /// The same review, saying that not all that ZAP found is in it, and why.
    #[must_use]
    pub fn with_zap_cut(mut self, reason: &str) -> Self {
        let id = rules::ZAP.id;
        self.passed.retain(|passed| passed != id);
        self.not_looked.push(NotLooked { ids: vec![id.to_owned()], reason: super::notes::clip(reason) });
        self
    }

    /// What changed since an earlier review of the same site.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Changes {
        let (newly_seen, new) = self.findings_unknown_to(before).partition(|finding| before.was_blind_to(&finding.id));
        let gone = before.findings_unknown_to(self);
        let (not_seen_again, gone): (Vec<_>, Vec<_>) = gone.partition(|finding| self.was_blind_to(&finding.id));
        // A finding whose rule does not apply any more, as that of an unsafe policy when the policy is gone, is not mended.
        let mended = gone.into_iter().filter(|finding| self.has_passed(&finding.id)).collect();
        Changes {
            grade_before: before.grade,
            points: i64::from(self.points) - i64::from(before.points),
            new,
            mended,
            newly_seen,
            not_seen_again,
        }
    }

    fn findings_unknown_to<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Finding> + 'a {
        self.findings.iter().filter(|finding| other.findings.iter().all(|known| known.id != finding.id)).cloned()
    }

    fn was_blind_to(&self, id: &str) -> bool {
        rules::rule(id).is_some_and(|rule| self.not_looked.iter().any(|blind| blind.ids.iter().any(|i| i == rule.id)))
    }

    /// Of a family of findings, as those of libraries, each is well that was not found when the family was looked at.
    fn has_passed(&self, id: &str) -> bool {
        rules::rule(id).is_some_and(|rule| rule.is_family() || self.passed.iter().any(|passed| passed == rule.id))
    }
}
