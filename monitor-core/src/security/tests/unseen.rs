//! What was not seen, or only in part, is not told as well.

use super::good::{active, answer, remove, set, site};
use super::{ids, said};
use crate::security::observed::{ErrorPage, Observed, Script};
use crate::security::{Grade, review};

#[test]
fn a_page_that_no_browser_can_open_is_not_good() {
    let mut site = site();
    site.tls = Some(Err("the server does not speak TLS 1.2 or 1.3".to_owned()));
    let review = review(&site, &[]);
    assert_eq!(ids(&review), ["tls-handshake"]);
    assert!(review.grade < Grade::C, "{}", review.formula);
}

#[test]
fn what_a_page_says_that_was_not_read_is_not_missed() {
    let mut site = site();
    remove(&mut site, "content-security-policy");
    remove(&mut site, "referrer-policy");
    set(&mut site, "x-frame-options", "DENY");
    assert_eq!(ids(&review(&site, &[])), ["csp-missing", "referrer-missing"]);
    let unread = Observed { body: String::new(), body_cut: Some("it came packed".to_owned()), ..site };
    let review = review(&unread, &[]);
    assert_eq!(ids(&review), [] as [&str; 0]);
    for id in ["csp-missing", "referrer-missing", "mixed-content", "version-banner"] {
        assert_eq!(said(&review, id), Err("it came packed"), "{id}");
    }
}

#[test]
fn an_origin_that_was_not_let_in_says_nothing_of_origins_alone() {
    let mut site = site();
    active(&mut site).cors_cut = Some("it answered with status 403".to_owned());
    let review = review(&site, &[]);
    for id in ["cors-null", "cors-similar-origin"] {
        assert_eq!(said(&review, id), Err("it answered with status 403"), "{id}");
    }
    assert_eq!(said(&review, "exposed-git"), Ok(true));
}

#[test]
fn debug_mode_is_seen_on_error_pages_alone() {
    let told = |site: &Observed| said(&review(site, &[]), "debug-page").map_err(str::to_owned);
    let with = |status, body: &str| {
        let mut site = site();
        active(&mut site).error_page = Some(ErrorPage { status, body: body.to_owned(), cut: false });
        site
    };
    assert_eq!(told(&with(404, "Not found")), Ok(true));
    let none = "no error was answered, also not for what is not there".to_owned();
    assert_eq!(told(&with(200, "<pre>Traceback (most recent call last):")), Err(none));
    let django = with(404, "You're seeing this error because you have <code>DEBUG = True</code> in your settings");
    let found = review(&django, &[]);
    assert_eq!(ids(&found), ["debug-page"]);
    let evidence = "a name that nothing has answered 404 with \"You're seeing this error because";
    assert!(found.findings[0].evidence.starts_with(evidence), "{}", found.findings[0].evidence);
    let mut unread = with(404, "");
    active(&mut unread).error_page.as_mut().unwrap().cut = true;
    assert_eq!(told(&unread), Err("the error page was not read to its end".to_owned()));
    // What is shown outside of debug mode too gives nothing away.
    let spring = "<h1>Whitelabel Error Page</h1>There was an unexpected error (type=Not Found, status=404).";
    assert_eq!(told(&with(404, spring)), Ok(true));
    assert_eq!(ids(&review(&with(500, spring), &[])), ["debug-page"]);
    let passive = Observed { active: None, ..site() };
    assert!(told(&passive).unwrap_err().starts_with("looking at it takes more than a browser would send"));
    let mut error = Observed { active: None, ..site() };
    error.hops[0].status = 404;
    assert_eq!(told(&error), Ok(true));
}

#[test]
fn maps_that_were_not_asked_for_are_told_as_a_visitor_would_see_them() {
    let mut site = site();
    let text = "x()\n//# sourceMappingURL=x.js.map".to_owned();
    site.scripts = vec![Script { url: "https://shop.example/x.js".to_owned(), text: text.clone() }];
    let asked = review(&site, &[]);
    assert_eq!((ids(&asked), said(&asked, "exposed-source-map")), (vec![], Ok(true)));
    site.scripts.push(Script { url: "https://static.shop.example/x.js".to_owned(), text });
    let other = review(&site, &[]);
    assert_eq!(ids(&other), ["source-map-named"]);
    assert_eq!(other.findings[0].evidence, "https://static.shop.example/x.js");
    let why = Err("maps that are not files of the host itself were not asked for");
    assert_eq!(said(&other, "exposed-source-map"), why);
    for map in ["https://maps.example/x.js.map", "data:application/json;base64,e30="] {
        site.scripts.truncate(1);
        site.scripts[0].text = format!("x()\n//# sourceMappingURL={map}");
        let other = review(&site, &[]);
        assert_eq!((ids(&other), said(&other, "exposed-source-map")), (vec!["source-map-named"], why), "{map}");
    }
}

#[test]
fn of_protocols_that_were_not_all_offered_those_that_were_taken_are_told() {
    let mut site = site();
    active(&mut site).protocols = Ok(vec!["TLSv1.0".to_owned()]);
    active(&mut site).protocols_cut = Some("the connection was refused".to_owned());
    let review = review(&site, &[]);
    assert_eq!(ids(&review), ["tls-old"]);
    assert_eq!(said(&review, "tls-ssl3"), Err("the connection was refused"));
}

#[test]
fn cookies_that_http_sets_are_judged() {
    let mut site = site();
    let headers = [("location", "https://shop.example/"), ("set-cookie", "sid=; HttpOnly; SameSite=Lax")];
    site.plain = Ok(vec![answer("http://shop.example/", 301, &headers)]);
    assert_eq!(ids(&review(&site, &[])), ["cookie-insecure-hsts"]);
    site.plain = Ok(vec![answer("http://other.example/", 301, &headers)]);
    assert_eq!(ids(&review(&site, &[])), [] as [&str; 0]);
}

#[test]
fn a_library_is_recognised_wherever_it_stands_in_what_was_read() {
    let mut site = site();
    let far = format!("{}\n/*! jQuery v3.4.1 | (c) JS Foundation */", "x".repeat(1_050_000));
    site.body = format!("<script>{far}</script>");
    assert_eq!(ids(&review(&site, &[])), ["library-jquery"]);
}
