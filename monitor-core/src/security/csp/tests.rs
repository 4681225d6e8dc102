//! What policies let through, case by case.

use super::*;

fn policy(text: &str) -> Policy {
    Policy::read(text, false).remove(0)
}

fn inline(text: &str) -> bool {
    policy(text).allows_inline(Inline::Script)
}

#[test]
fn inline_scripts_run_by_unsafe_inline_unless_something_stronger_stands_beside_it() {
    assert!(inline("script-src 'self' 'unsafe-inline'"));
    assert!(inline("default-src 'unsafe-inline'"), "default-src stands in");
    assert!(inline("SCRIPT-SRC 'UNSAFE-INLINE'"), "case does not matter");
    assert!(inline("img-src 'self'"), "without a list everything runs");
    assert!(
        !inline("script-src 'self'; default-src 'unsafe-inline'"),
        "default-src stands in only for what is missing"
    );
    assert!(!inline("script-src 'unsafe-inline' 'nonce-cmFuZG9t'"));
    assert!(!inline("script-src 'unsafe-inline' 'sha256-abc='"));
    assert!(!inline("script-src 'unsafe-inline' 'strict-dynamic'"));
    assert!(!inline("script-src 'none'"));
    assert!(!inline("script-src"));
    assert!(inline("script-src 'unsafe-inline' 'nonce-'"), "an empty nonce is none");
    assert!(inline("script-src 'unsafe-inline'; script-src 'self'"), "of a doubled directive the first counts");
}

#[test]
fn elements_and_attributes_have_directives_of_their_own() {
    let attributes = |text| policy(text).allows_inline(Inline::ScriptAttribute);
    assert!(!inline("script-src 'unsafe-inline'; script-src-elem 'self'"));
    assert!(attributes("script-src 'unsafe-inline'; script-src-elem 'self'"));
    assert!(!attributes("script-src 'unsafe-inline'; script-src-attr 'none'"));
    assert!(attributes("script-src 'self'; script-src-attr 'unsafe-inline'"));
    let styles = |text| policy(text).allows_inline(Inline::Style);
    assert!(styles("script-src 'self'; style-src 'unsafe-inline' 'strict-dynamic'"), "strict-dynamic is for scripts");
    assert!(!styles("default-src 'self'"));
}

#[test]
fn scripts_come_from_anywhere_by_wildcards_and_schemes_unless_strict_dynamic_stands_there() {
    let anywhere = |text: &str| policy(text).any_script_source();
    for open in ["*", "https:", "http:", "data:", "https://*", "*:*", "http://*:8080/x", "HTTPS:"] {
        assert_eq!(anywhere(&format!("script-src 'self' {open}")).as_deref(), Some(open));
    }
    for closed in [
        "'self'",
        "https://cdn.example",
        "*.shop.example",
        "cdn.example:443",
        "blob:",
        "'none'",
        "https: 'strict-dynamic' 'nonce-a1'",
    ] {
        assert_eq!(anywhere(&format!("script-src {closed}")), None, "{closed}");
    }
    assert_eq!(anywhere("img-src *").as_deref(), Some("neither script-src nor default-src"));
    assert_eq!(anywhere("default-src *; script-src-elem 'self'"), None);
}

#[test]
fn eval_objects_base_and_insecure_sources_are_told() {
    assert!(policy("script-src 'unsafe-eval'").allows_eval());
    assert!(policy("default-src 'unsafe-eval'").allows_eval());
    assert!(!policy("default-src 'unsafe-eval'; script-src 'self' 'wasm-unsafe-eval'").allows_eval());
    assert!(policy("script-src 'self'").allows_objects());
    assert!(policy("default-src *").allows_objects());
    assert!(!policy("default-src 'self'").allows_objects());
    assert!(!policy("default-src *; object-src 'none'").allows_objects());
    assert!(policy("default-src 'none'").leaves_base_open(), "default-src does not stand in for base-uri");
    assert!(!policy("base-uri 'self'").leaves_base_open());
    assert_eq!(policy("img-src http://a.example").insecure_source().as_deref(), Some("img-src http://a.example"));
    assert_eq!(policy("img-src http:; upgrade-insecure-requests").insecure_source(), None);
    assert_eq!(policy("report-uri http://a.example; form-action http:").insecure_source(), None);
}

#[test]
fn with_strict_dynamic_schemes_and_hosts_of_scripts_are_ignored_and_no_others() {
    let insecure = |text: &str| policy(text).insecure_source();
    assert_eq!(insecure("script-src 'nonce-YWJj' 'strict-dynamic' https: http: 'unsafe-inline'"), None);
    assert_eq!(insecure("script-src-elem 'nonce-YWJj' 'STRICT-DYNAMIC' http://cdn.example"), None);
    assert_eq!(insecure("script-src 'nonce-YWJj' http:").as_deref(), Some("script-src http:"));
    assert_eq!(
        insecure("script-src 'strict-dynamic' http:; img-src http:").as_deref(),
        Some("img-src http:"),
        "pictures come from there all the same"
    );
    assert_eq!(
        insecure("default-src 'nonce-YWJj' 'strict-dynamic' http:").as_deref(),
        Some("default-src http:"),
        "default-src is for pictures as well"
    );
}

/// Compared with all before it, each of so many would take minutes.
#[test]
fn a_policy_of_very_many_directives_is_read_as_any_other() {
    let many: String = (0..250_000).map(|n| format!("{n};")).collect();
    let policy = policy(&format!("{many}script-src 'self';script-src *"));
    assert_eq!(policy.any_script_source(), None);
}

#[test]
fn some_directives_do_not_count_in_a_page() {
    let in_page = Policy::read("frame-ancestors 'none'; sandbox; default-src 'self'", true);
    assert_eq!(in_page[0].frame_ancestors(), None);
    assert_eq!(policy("frame-ancestors 'none'").frame_ancestors(), Some(("'none'".to_owned(), false)));
    assert_eq!(policy("frame-ancestors https:").frame_ancestors(), Some(("https:".to_owned(), true)));
    assert_eq!(Policy::read("frame-ancestors 'none'", true), []);
}

#[test]
fn commas_part_policies_and_each_forbids_more() {
    assert_eq!(Policy::read("default-src 'self', script-src 'none',, ;", false).len(), 2);
    let answer = Answer {
        url: "https://shop.example/".to_owned(),
        status: 200,
        headers: vec![(
            "content-security-policy".to_owned(),
            "script-src 'unsafe-inline', script-src 'self'".to_owned(),
        )],
    };
    let policies = Policies::of(&answer, &Page::read(""));
    assert!(!policies.allow_inline(Inline::Script));
    let policies = Policies::of(
        &Answer { headers: Vec::new(), ..answer },
        &Page::read("<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">"),
    );
    assert!(policies.allow_inline(Inline::Script));
}
