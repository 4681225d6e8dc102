//! The judgement as a whole: each rule fires on what breaks it, and all are silent about a good site.

mod cases;
mod changes;
mod docs;
mod good;
mod libraries;
mod unseen;
mod zap;

use super::*;

fn ids(review: &Review) -> Vec<&str> {
    review.findings.iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn a_good_site_breaks_no_rule_and_earns_every_bonus() {
    let review = review(&good::site(), &[]);
    assert_eq!(ids(&review), Vec::<&str>::new());
    assert_eq!(
        review.formula,
        "100 + 5 (hsts-preload) + 5 (framing-by-csp) + 5 (referrer-private) + 5 (csp-strict) + 5 (cookies-strict) + 5 (sri-everywhere) = 130, A+"
    );
    assert_eq!((review.points, review.grade.to_string().as_str()), (130, "A+"));
    let [zap] = review.not_looked.as_slice() else { panic!("{:?}", review.not_looked) };
    assert_eq!(zap.ids, ["zap-*"]);
}

#[test]
fn every_rule_is_passed_by_a_good_site_or_does_not_apply_there() {
    let review = review(&good::site(), &[]);
    let missing: Vec<&str> =
        rules::ALL.iter().map(|rule| rule.id).filter(|id| !review.passed.iter().any(|passed| passed == id)).collect();
    // Maps are looked for themselves where more is asked for; ZAP was not asked.
    assert_eq!(missing, ["source-map-named", "zap-*"]);
}

#[test]
fn what_takes_more_than_a_browser_sends_is_said_not_to_be_looked_at() {
    let passive = Observed { active: None, depth: Depth::Passive, ..good::site() };
    let review = review(&passive, &[]);
    let mut active: Vec<&str> = rules::ALL.iter().filter(|rule| rule.active).map(|rule| rule.id).collect();
    // A page that is an error shows it by itself, but this is none.
    active.push("debug-page");
    let mut blind: Vec<&str> =
        review.not_looked.iter().flat_map(|blind| blind.ids.iter().map(String::as_str)).collect();
    blind.sort_by_key(|id| active.iter().position(|known| known == id));
    assert_eq!(blind, active);
    assert!(review.passed.iter().all(|id| !active.contains(&id.as_str())));
}

#[test]
fn what_could_not_be_looked_at_is_neither_found_nor_passed() {
    let failed = || "timed out".to_owned();
    let site = Observed {
        cors: Err(failed()),
        security_txt: Err(failed()),
        dns: observed::Dns { caa: Err(failed()), spf: Err(failed()), dmarc: Err(failed()), ..good::site().dns },
        active: Some(observed::Active {
            protocols: Err(failed()),
            weak_ciphers: Err(failed()),
            ..good::site().active.unwrap()
        }),
        ..good::site()
    };
    let review = review(&site, &[]);
    let blind = review.not_looked.iter().find(|blind| blind.reason == "timed out").unwrap();
    assert_eq!(blind.ids.len(), 16, "{:?}", blind.ids);
    assert!(blind.ids.iter().all(|id| !review.passed.contains(id) && !ids(&review).contains(&id.as_str())));
}

#[test]
fn without_an_answer_nothing_is_said_of_the_page() {
    let review = review(&Observed { hops: Vec::new(), body: String::new(), ..good::site() }, &[]);
    assert_eq!(ids(&review), Vec::<&str>::new());
    let blind = review.not_looked.iter().find(|blind| blind.reason == "the page could not be had").unwrap();
    assert!(blind.ids.iter().any(|id| id == "csp-missing") && !review.passed.iter().any(|id| id == "csp-missing"));
}

#[test]
fn a_redirect_to_a_page_that_cannot_be_had_is_not_the_page() {
    let mut site = good::site();
    site.hops = vec![good::answer("http://shop.example/", 301, &[])];
    site.tls = Some(Err("the server does not speak TLS 1.2".to_owned()));
    let review = review(&site, &[]);
    assert_eq!(ids(&review), ["tls-handshake"]);
    assert!(!review.passed.iter().any(|id| id == "https-missing"));
    let blind = review.not_looked.iter().find(|blind| blind.reason == "the server does not speak TLS 1.2").unwrap();
    assert_eq!(blind.ids.len(), 6);
}

#[test]
fn what_was_cut_short_is_not_passed() {
    let mut site = good::site();
    let active = good::active(&mut site);
    active.cut_short = Some("the server wants fewer requests".to_owned());
    active.exposed = vec![observed::Exposed { kind: "git".to_owned(), url: "u".to_owned(), sign: "s".to_owned() }];
    let review = review(&site, &[]);
    assert_eq!(ids(&review), ["exposed-git"]);
    let blind = review.not_looked.iter().find(|blind| blind.reason == "the server wants fewer requests").unwrap();
    let expected = [
        "cors-null",
        "cors-similar-origin",
        "exposed-env",
        "exposed-backup",
        "exposed-server-status",
        "exposed-directory-listing",
        "exposed-source-map",
        "exposed-file",
        "method-trace",
    ];
    assert_eq!(blind.ids, expected);
}

/// What a review says of rules: `Err` with the reason where they were not looked at.
fn said<'r>(review: &'r Review, id: &str) -> Result<bool, &'r str> {
    match review.not_looked.iter().find(|blind| blind.ids.iter().any(|known| known == id)) {
        Some(blind) => Err(&blind.reason),
        None => Ok(review.passed.iter().any(|passed| passed == id)),
    }
}

#[test]
fn what_was_asked_of_one_host_is_not_told_as_well_for_the_page_on_another() {
    let looked = ["exposed-git", "exposed-source-map", "method-trace", "cors-null", "cors-similar-origin", "tls-old"];
    for (asked, page, told) in [
        ("https://shop.example/", "https://www.shop.example/", "www.shop.example"),
        ("https://shop.example/", "https://shop.example:8443/", "shop.example:8443"),
        ("https://shop.example:8443/", "https://shop.example/", "shop.example"),
        ("http://shop.example:8080/", "https://shop.example:8443/", "shop.example:8443"),
    ] {
        let mut site = good::site();
        site.asked = asked.to_owned();
        site.hops[0].url = page.to_owned();
        good::active(&mut site).protocols = Ok(vec!["TLSv1.0".to_owned()]);
        let review = review(&site, &[]);
        for id in looked.iter().filter(|id| **id != "tls-old").chain(&["tls-ssl3", "tls-weak-cipher"]) {
            let reason = said(&review, id).unwrap_err();
            assert!(
                reason.contains(&format!("verify-host {told}, and check {}", page.trim_end_matches('/'))),
                "{reason}"
            );
        }
        assert!(ids(&review).contains(&"tls-old"), "what was found is told");
    }
    for asked in ["https://shop.example/start", "https://shop.example:443/", "http://shop.example/"] {
        let review = review(&Observed { asked: asked.to_owned(), ..good::site() }, &[]);
        assert!(looked.iter().all(|id| said(&review, id) == Ok(true)), "{asked}: {:?}", review.not_looked);
    }
}

#[test]
fn what_may_stand_in_what_was_not_read_is_not_told_as_well() {
    let cut = || Some("only 2 MB were read".to_owned());
    let page = review(&Observed { body_cut: cut(), ..good::site() }, &[]);
    for id in
        ["mixed-content", "mixed-content-media", "form-insecure", "sri-missing", "library-*", "exposed-source-map"]
    {
        assert_eq!(said(&page, id), Err("only 2 MB were read"), "{id}");
    }
    assert!(!page.formula.contains("sri-everywhere"), "{}", page.formula);
    let scripts = review(&Observed { scripts_cut: cut(), ..good::site() }, &[]);
    assert_eq!(said(&scripts, "mixed-content"), Ok(true));
    for id in ["library-*", "exposed-source-map"] {
        assert_eq!(said(&scripts, id), Err("only 2 MB were read"), "{id}");
    }
    let passive = review(&Observed { scripts_cut: cut(), active: None, ..good::site() }, &[]);
    assert_eq!(said(&passive, "source-map-named"), Err("only 2 MB were read"));

    let mut found = Observed { body_cut: cut(), scripts_cut: cut(), ..good::site() };
    found.body.push_str("<iframe src=http://shop.example/></iframe>");
    found.scripts[0].text = "/*! jQuery v3.4.1 | (c) JS Foundation */".to_owned();
    let found = review(&found, &[]);
    assert!(["mixed-content", "library-jquery"].iter().all(|id| ids(&found).contains(id)), "{:?}", ids(&found));
    let mended = page.changes_since(&found).mended;
    assert!(mended.is_empty(), "nobody knows: {mended:?}");
}

#[test]
fn what_http_says_is_not_told_as_well_when_it_is_not_known() {
    let hangs = review(&Observed { plain: Err("it did not answer".to_owned()), ..good::site() }, &[]);
    let closed = review(&Observed { plain: Ok(Vec::new()), ..good::site() }, &[]);
    for id in ["redirect-missing", "redirect-late", "redirect-other-host"] {
        assert_eq!((said(&hangs, id), said(&closed, id)), (Err("it did not answer"), Ok(true)), "{id}");
    }
}

#[test]
fn versions_are_known_from_what_only_looks_like_them() {
    let told = |server: &str| {
        let mut site = good::site();
        good::set(&mut site, "server", server);
        ids(&review(&site, &[])).contains(&"version-banner")
    };
    for server in
        ["nginx/1.25.3", "PHP/8", "Drupal 10", "Apache (Ubuntu) PHP/8", "OpenSSL/1.1.1k", "Jetty(9.4.z)", "PHP/8;"]
    {
        assert!(told(server), "{server}");
    }
    for server in ["HTTP3Server", "ECS (nyb/1D2B)", "ECAcc (lac/5584)", "cdn-7", "h2o", "web 1a"] {
        assert!(!told(server), "{server}");
    }
}

#[test]
fn cookies_are_judged_unless_they_are_deleted() {
    let judged = |cookie: &str| {
        let mut site = good::site();
        good::set(&mut site, "set-cookie", cookie);
        ids(&review(&site, &[])).contains(&"cookie-readable")
    };
    for kept in [
        "Max-Age=60",
        "Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Fri, 01 Jan 2027 00:00:00 GMT",
        "Expires=Friday, 01-Jan-27 00:00:00 GMT",
        "Expires=99 Foo 1970",
    ] {
        assert!(judged(&format!("sid=; Secure; SameSite=Lax; {kept}")), "{kept}");
    }
    for gone in [
        "Max-Age=-1",
        "Max-Age=0; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
        "Expires=Thu, 01-Jan-70 00:00:00 GMT",
        "expires=Thursday, 01-Jan-1970 00:00:00 GMT",
        "expires=Thu Jan  1 00:00:00 1970",
        "expires=Mon, 01 Jan 1970 00:00:00 GMT",
    ] {
        assert!(!judged(&format!("sid=; Secure; SameSite=Lax; {gone}")), "{gone}");
    }
}

#[test]
fn where_reports_go_is_shown_without_its_token() {
    let mut site = good::site();
    good::remove(&mut site, "content-security-policy");
    let policy = "default-src 'self'; report-uri https://r.example/csp?token=s3cret;";
    good::set(&mut site, "content-security-policy-report-only", policy);
    let review = review(&site, &[]);
    let finding = review.findings.iter().find(|finding| finding.id == "csp-report-only").unwrap();
    let shown = "Content-Security-Policy-Report-Only: default-src 'self'; report-uri https://r.example/csp";
    assert_eq!(finding.evidence, shown);
}

#[test]
fn a_weak_policy_never_costs_more_than_none() {
    let mut site = good::site();
    good::set(
        &mut site,
        "content-security-policy",
        "script-src * 'unsafe-inline' 'unsafe-eval'; img-src http:; frame-ancestors 'none'",
    );
    let review = review(&site, &[]);
    assert_eq!(review.formula, "100 - 20 (csp-any-source) - 5 (csp-unsafe-inline) = 75, B");
}

#[test]
fn points_never_fall_below_zero() {
    let (sum, formula) = {
        let sum = grade::add_up(&[("exposed-env".to_owned(), 80), ("exposed-git".to_owned(), 60)], &[]);
        (sum.points, sum.formula)
    };
    assert_eq!((sum, formula.as_str()), (0, "100 - 80 (exposed-env) - 60 (exposed-git) = 0, no less than 0, F"));
}

#[test]
fn bonuses_count_from_ninety_points_on() {
    let sum = |lost| grade::add_up(&[("x".to_owned(), lost)], &[&rules::CSP_STRICT]).formula;
    assert_eq!(sum(10), "100 - 10 (x) + 5 (csp-strict) = 95, A");
    assert_eq!(sum(11), "100 - 11 (x) = 89, A-");
}

#[test]
fn grades_begin_where_the_observatory_has_them_begin() {
    let grades: Vec<String> =
        [100, 99, 90, 89, 85, 84, 80, 79, 70, 69, 65, 64, 60, 59, 50, 49, 45, 44, 40, 39, 30, 29, 25, 24, 0]
            .iter()
            .map(|points| Grade::of(*points).to_string())
            .collect();
    let expected = "A+ A A A- A- B+ B+ B B B- B- C+ C+ C C C- C- D+ D+ D D D- D- F F";
    assert_eq!(grades.join(" "), expected);
    assert!(Grade::APlus > Grade::A && Grade::A > Grade::AMinus && Grade::DMinus > Grade::F);
}

#[test]
fn the_table_of_rules_is_sound() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in rules::ALL {
        assert!(seen.insert(rule.id), "{} stands twice", rule.id);
        assert_eq!(rule.points == 0, rule.risk == Risk::Info, "{}", rule.id);
        assert!([rule.title, rule.why, rule.mend, rule.reference].iter().all(|text| !text.is_empty()), "{}", rule.id);
        assert!(!rule.title.ends_with('.') && rule.why.ends_with('.') && rule.mend.ends_with('.'), "{}", rule.id);
    }
    assert_eq!(rules::rule("library-jquery").map(|rule| rule.id), Some("library-*"));
    assert!(rules::rule("csp").is_none());
}

#[test]
fn a_review_is_stored_and_read_again() {
    let mut site = good::site();
    site.hops[0].headers.clear();
    let review = review(&site, &[]);
    let stored = serde_json::to_value(&review).unwrap();
    assert_eq!(stored["grade"], serde_json::json!(review.grade.to_string()));
    assert_eq!(serde_json::from_value::<Review>(stored).unwrap(), review);
}

#[test]
fn evidence_is_one_bounded_line_whatever_a_server_sends() {
    let mut site = good::site();
    good::set(&mut site, "server", &format!("nginx/1.2\u{202e}\u{1b}[31m\n{}", "x".repeat(100_000)));
    let review = review(&site, &[]);
    let evidence = &review.findings[0].evidence;
    assert!(evidence.chars().count() <= 400 && !evidence.contains(['\n', '\u{1b}', '\u{202e}']), "{evidence}");
}
