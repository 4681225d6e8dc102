//! What changed between two reviews.

use super::good::{active, remove, set, site};
use super::ids;
use crate::security::observed::Observed;
use crate::security::{Changes, Depth, Finding, Grade, review};

fn names(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id.as_str()).collect()
}

fn between(before: &Observed, after: &Observed) -> Changes {
    review(after, &[]).changes_since(&review(before, &[]))
}

fn without(header: &str) -> Observed {
    let mut site = site();
    remove(&mut site, header);
    site
}

#[test]
fn what_is_new_and_what_is_mended_is_told_with_the_points() {
    let changes = between(&without("x-content-type-options"), &without("content-security-policy"));
    assert_eq!(names(&changes.new), ["csp-missing", "framing"]);
    assert_eq!(names(&changes.mended), ["content-type-sniffing"]);
    assert_eq!((changes.grade_before, changes.points), (Grade::APlus, 55 - 125));
    assert!(between(&site(), &site()).is_empty());
}

#[test]
fn what_was_not_looked_at_again_is_not_mended() {
    let mut before = site();
    active(&mut before).methods = vec!["TRACE".to_owned()];
    let after = Observed { active: None, depth: Depth::Passive, ..site() };
    let changes = between(&before, &after);
    assert_eq!((names(&changes.mended), names(&changes.not_seen_again)), (vec![], vec!["method-trace"]));
    assert!(!changes.is_empty());
}

#[test]
fn what_was_not_looked_at_before_is_not_new() {
    let mut after = site();
    active(&mut after).methods = vec!["TRACE".to_owned()];
    let before = Observed { active: None, depth: Depth::Passive, ..site() };
    let changes = between(&before, &after);
    assert_eq!((names(&changes.new), names(&changes.newly_seen)), (vec![], vec!["method-trace"]));
}

#[test]
fn a_policy_that_is_gone_has_not_mended_what_was_wrong_with_it() {
    let mut before = site();
    set(&mut before, "content-security-policy", "default-src 'self'; frame-ancestors 'none'");
    assert_eq!(ids(&review(&before, &[])), ["csp-base"]);
    let changes = between(&before, &without("content-security-policy"));
    assert_eq!((names(&changes.new), names(&changes.mended)), (vec!["csp-missing", "framing"], vec![]));
    let back = between(&without("content-security-policy"), &before);
    assert_eq!((names(&back.new), names(&back.mended)), (vec!["csp-base"], vec!["csp-missing", "framing"]));
}

#[test]
fn one_of_two_libraries_mended_is_told() {
    let with = |scripts: &str| {
        let mut site = site();
        site.body = scripts.to_owned();
        site
    };
    let both = with("<script src=/jquery-1.8.3.js></script><script src=/moment-2.10.0.min.js></script>");
    let changes =
        between(&both, &with("<script src=/jquery-1.8.3.js></script><script src=/moment-2.30.1.min.js></script>"));
    assert_eq!((names(&changes.new), names(&changes.mended)), (vec![], vec!["library-moment"]));
}
