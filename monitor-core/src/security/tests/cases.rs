//! One change to a good site for each rule, and changes that break none.

use super::good::{active, answer, days, remove, set, site, tls};
use crate::security::observed::{Cors, Exposed, Observed, Script};
use crate::security::{Review, review, rules};

type Change = fn(&mut Observed);

/// What breaks each rule. Beside it others may be broken, which the snapshot shows.
const CASES: &[(&str, Change)] = &[
    ("https-missing", |site| {
        site.hops[0].url = "http://shop.example/".to_owned();
        site.tls = None;
    }),
    ("redirect-missing", |site| site.plain = Ok(vec![answer("http://shop.example/", 200, &[])])),
    ("redirect-missing", |site| site.plain = Ok(vec![answer("http://shop.example/", 401, &[])])),
    ("redirect-missing", |site| {
        site.plain = Ok(vec![answer("http://shop.example/", 302, &[("location", "/start")])]);
    }),
    ("redirect-downgrade", |site| {
        site.hops.insert(0, answer("https://shop.example/start", 302, &[]));
        site.hops.insert(1, answer("http://shop.example/middle", 302, &[]));
    }),
    ("redirect-late", |site| {
        let on_the_way = ["http://shop.example/", "http://www.shop.example/"].map(|url| answer(url, 301, &[]));
        site.plain = Ok(on_the_way.into_iter().chain(site.hops.clone()).collect());
    }),
    ("redirect-other-host", |site| {
        site.plain = Ok(vec![answer("http://shop.example/", 301, &[]), answer("https://www.shop.example/", 200, &[])]);
    }),
    ("redirect-elsewhere", |site| site.hops[0].url = "https://other.example/".to_owned()),
    ("page-error", |site| site.hops[0].status = 404),
    ("tls-handshake", |site| site.tls = Some(Err("the server does not speak TLS 1.2 or 1.3".to_owned()))),
    ("certificate-untrusted", |site| tls(site).untrusted = Some("unknown issuer".to_owned())),
    ("certificate-expired", |site| tls(site).chain[0].not_after = days(0)),
    ("certificate-expires", |site| expires_in(site, 13)),
    ("certificate-key", |site| tls(site).chain[0].key = "RSA 1024".to_owned()),
    ("certificate-signature", |site| tls(site).chain[1].signature = "sha1WithRSAEncryption".to_owned()),
    ("tls13-missing", |site| tls(site).version = "TLSv1.2".to_owned()),
    ("tls-ssl3", |site| active(site).protocols = Ok(vec!["SSLv3".to_owned()])),
    ("tls-old", |site| active(site).protocols = Ok(vec!["TLSv1.1".to_owned(), "TLSv1.2".to_owned()])),
    ("tls-broken-cipher", |site| active(site).weak_ciphers = Ok(vec!["TLS_RSA_WITH_RC4_128_SHA".to_owned()])),
    ("tls-weak-cipher", |site| active(site).weak_ciphers = Ok(vec!["TLS_RSA_WITH_3DES_EDE_CBC_SHA".to_owned()])),
    ("hsts-missing", |site| set(site, "strict-transport-security", "max-age=0")),
    ("hsts-invalid", |site| set(site, "strict-transport-security", "max-age=1y")),
    ("hsts-invalid", |site| set(site, "strict-transport-security", "max-age=1; max-age=31536000")),
    ("hsts-invalid", |site| set(site, "strict-transport-security", "includeSubDomains")),
    ("hsts-short", |site| set(site, "strict-transport-security", "max-age=15767999; includeSubDomains")),
    ("hsts-subdomains", |site| set(site, "strict-transport-security", "max-age=31536000")),
    ("content-type-sniffing", |site| remove(site, "x-content-type-options")),
    ("framing", |site| set(site, "content-security-policy", "default-src 'none'; base-uri 'none'")),
    ("framing", |site| {
        policy_alone(site, "default-src 'none'; base-uri 'none'; frame-ancestors 'self' https:");
        set(site, "x-frame-options", "DENY");
    }),
    ("framing", |site| {
        policy_alone(site, "default-src 'none'; base-uri 'none'");
        set(site, "x-frame-options", "ALLOW-FROM https://a.example");
    }),
    ("referrer-unsafe", |site| set(site, "referrer-policy", "no-referrer, unsafe-url")),
    ("referrer-missing", |site| set(site, "referrer-policy", "very-private")),
    ("permissions-missing", |site| remove(site, "permissions-policy")),
    ("opener-policy-missing", |site| remove(site, "cross-origin-opener-policy")),
    ("csp-missing", |site| remove(site, "content-security-policy")),
    ("csp-report-only", |site| {
        remove(site, "content-security-policy");
        set(site, "content-security-policy-report-only", "default-src 'self'");
    }),
    ("csp-unsafe-inline", |site| policy(site, "script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'")),
    ("csp-any-source", |site| policy(site, "script-src https:; object-src 'none'; base-uri 'none'")),
    ("csp-unsafe-eval", |site| policy(site, "script-src 'self' 'unsafe-eval'; object-src 'none'; base-uri 'none'")),
    ("csp-insecure-source", |site| policy(site, "default-src 'self'; img-src http:; base-uri 'none'")),
    ("csp-object", |site| policy(site, "script-src 'self'; base-uri 'none'")),
    ("csp-base", |site| policy(site, "default-src 'self'")),
    ("cookie-session-insecure", |site| {
        remove(site, "strict-transport-security");
        set(site, "set-cookie", "PHPSESSID=; HttpOnly; SameSite=Lax");
    }),
    ("cookie-insecure", |site| {
        remove(site, "strict-transport-security");
        set(site, "set-cookie", "theme=; SameSite=Lax");
    }),
    ("cookie-insecure-hsts", |site| set(site, "set-cookie", "PHPSESSID=; HttpOnly; SameSite=Lax")),
    ("cookie-readable", |site| set(site, "set-cookie", "JSESSIONID=; Secure; SameSite=Strict")),
    ("cookie-samesite-missing", |site| set(site, "set-cookie", "connect.sid=; Secure; HttpOnly")),
    ("cookie-samesite-invalid", |site| set(site, "set-cookie", "theme=; Secure; SameSite=Loose")),
    ("cookie-prefix", |site| {
        set(site, "set-cookie", "__Host-theme=; Secure; Path=/; Domain=shop.example; SameSite=Lax");
    }),
    ("cookie-prefix", |site| set(site, "set-cookie", "__Secure-theme=; SameSite=Lax")),
    ("cookie-samesite-invalid", |site| set(site, "set-cookie", "theme=; SameSite=None")),
    ("mixed-content", |site| site.body.push_str("<iframe src=http://shop.example/x?token=1></iframe>")),
    ("mixed-content-media", |site| site.body.push_str("<img srcset='/a.png 1x, http://shop.example/b.png 2x'>")),
    ("form-insecure", |site| site.body.push_str("<form action=http://shop.example/buy>")),
    ("sri-missing", |site| site.body.push_str("<script src=//cdn.example/x.js></script>")),
    ("cors-any-origin", |site| {
        let cors = site.cors.as_mut().unwrap();
        (cors.allow_origin, cors.credentials) = (Some(cors.origin.clone()), true);
    }),
    ("cors-reflected", |site| {
        let cors = site.cors.as_mut().unwrap();
        cors.allow_origin = Some(cors.origin.clone());
    }),
    ("cors-null", |site| active(site).cors = vec![allowed("null")]),
    ("cors-similar-origin", |site| active(site).cors = vec![allowed("https://shop.example.attacker.invalid")]),
    ("version-banner", |site| set(site, "server", "nginx/1.18.0 (Ubuntu)")),
    ("debug-page", |site| {
        site.hops[0].status = 500;
        site.body = "<pre>Traceback (most recent call last):".to_owned();
    }),
    ("version-banner", |site| site.body.push_str("<meta name=generator content='WordPress 6.4.2'>")),
    ("source-map-named", |site| {
        site.active = None;
        site.scripts[0].text = "x()\n//# sourceMappingURL=app.js.map".to_owned();
    }),
    ("exposed-source-map", |site| exposed(site, "source-map")),
    ("exposed-git", |site| exposed(site, "git")),
    ("exposed-env", |site| exposed(site, "env")),
    ("exposed-backup", |site| exposed(site, "backup")),
    ("exposed-server-status", |site| exposed(site, "server-status")),
    ("exposed-directory-listing", |site| exposed(site, "directory-listing")),
    ("exposed-file", |site| exposed(site, "core-dump")),
    ("method-trace", |site| active(site).methods = vec!["TRACE".to_owned()]),
    ("library-jquery", |site| {
        let text = "/*! jQuery v3.4.1 | (c) JS Foundation */".to_owned();
        site.scripts.push(Script { url: "https://shop.example/j.js".to_owned(), text });
    }),
    ("caa-missing", |site| site.dns.caa = Ok(vec!["0 iodef \"mailto:ca@shop.example\"".to_owned()])),
    ("spf-missing", |site| site.dns.spf = Ok(Vec::new())),
    ("spf-invalid", |site| site.dns.spf = Ok(vec!["v=spf1 -all".to_owned(), "v=spf1 mx -all".to_owned()])),
    ("spf-invalid", |site| {
        let includes: String = (0..11).map(|n| format!("include:{n}.example ")).collect();
        site.dns.spf = Ok(vec![format!("v=spf1 {includes}~all")]);
    }),
    ("spf-open", |site| site.dns.spf = Ok(vec!["v=spf1 +all".to_owned()])),
    ("spf-neutral", |site| site.dns.spf = Ok(vec!["v=spf1 mx ?all".to_owned()])),
    ("dmarc-missing", |site| site.dns.dmarc = Ok(vec!["verification=1".to_owned()])),
    ("dmarc-invalid", |site| site.dns.dmarc = Ok(vec!["v=DMARC1; rua=mailto:d@shop.example".to_owned()])),
    ("dmarc-none", |site| site.dns.dmarc = Ok(vec!["v=DMARC1; p=none".to_owned()])),
    ("dmarc-invalid", |site| {
        site.dns.dmarc = Ok(vec!["v=DMARC1; p=reject".to_owned(), "v=DMARC1; p=none".to_owned()]);
    }),
    ("dmarc-none", |site| site.dns.dmarc = Ok(vec!["v=DMARC1; p=reject; sp=none".to_owned()])),
    ("security-txt-missing", |site| site.security_txt = Ok(None)),
    ("security-txt-invalid", |site| site.security_txt = Ok(Some("Expires: 2026-02-28T23:59:59Z".to_owned()))),
];

/// Changes after which a site is as good as before.
const SILENT: &[(&str, Change)] = &[
    ("nothing listens for http", |site| site.plain = Ok(Vec::new())),
    ("a scheme beside strict-dynamic is for old browsers", |site| {
        let scripts = "script-src 'nonce-YWJj' 'strict-dynamic' https: http: 'unsafe-inline'";
        policy(site, &format!("{scripts}; object-src 'none'; base-uri 'none'"));
    }),
    ("a cookie that is deleted by its age", |site| set(site, "set-cookie", "PHPSESSID=; Max-Age=0")),
    ("a cookie that is deleted by its date", |site| {
        set(site, "set-cookie", "PHPSESSID=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    }),
    ("a cookie that is deleted by a date with dashes", |site| {
        set(site, "set-cookie", "PHPSESSID=; expires=Thu, 01-Jan-1970 00:00:01 GMT");
    }),
    ("a banner with the name of a machine", |site| set(site, "server", "ECS (nyb/1D2B)")),
    ("a banner with a machine's number", |site| set(site, "server", "ECS (nyb/1234)")),
    ("the page's name is whole", |site| site.hops[0].url = "https://shop.example./".to_owned()),
    ("http refuses", |site| site.plain = Ok(vec![answer("http://shop.example/", 403, &[])])),
    ("http leads to a page that could not be had", |site| {
        site.plain = Ok(vec![answer("http://shop.example/", 301, &[("location", "https://shop.example/")])]);
    }),
    ("the certificate is short-lived and has half its life left", |site| {
        let leaf = &mut tls(site).chain[0];
        (leaf.not_before, leaf.not_after) = (days(-3), days(3));
    }),
    ("exactly fourteen days are left", |site| expires_in(site, 14)),
    ("a root has an old signature", |site| {
        let mut root = tls(site).chain[1].clone();
        root.subject = root.issuer.clone();
        root.signature = "sha1WithRSAEncryption".to_owned();
        tls(site).chain.push(root);
    }),
    ("keys are just long enough", |site| {
        tls(site).chain[0].key = "RSA 2048".to_owned();
        tls(site).chain[1].key = "Ed25519".to_owned();
    }),
    ("quotes and case in HSTS", |site| {
        set(site, "strict-transport-security", "MAX-AGE=\"31536000\" ; includesubdomains; preload; later=1");
    }),
    ("X-Frame-Options in place of frame-ancestors", |site| {
        set(site, "content-security-policy", "default-src 'none'; base-uri 'none'");
        set(site, "x-frame-options", "SameOrigin, SAMEORIGIN");
    }),
    ("the policy stands in the page", |site| {
        remove(site, "content-security-policy");
        set(site, "x-frame-options", "DENY");
        site.body.insert_str(
            0,
            "<meta http-equiv='Content-Security-Policy' content=\"default-src 'self'; base-uri 'none'\">",
        );
    }),
    ("unsafe-inline beside a nonce is for old browsers", |site| {
        policy(
            site,
            "script-src 'nonce-YWJj' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'",
        );
    }),
    ("the referrer's policy stands in the page", |site| {
        remove(site, "referrer-policy");
        site.body.push_str("<meta name=referrer content=same-origin>");
    }),
    ("a cookie for scripts", |site| set(site, "set-cookie", "XSRF-TOKEN=; Secure; SameSite=Strict")),
    ("SameSite=None with Secure", |site| set(site, "set-cookie", "theme=; secure; samesite=none")),
    ("a stranger's cookie on the way", |site| {
        site.hops.insert(0, answer("https://login.example/", 302, &[("set-cookie", "sid=1")]));
    }),
    ("http is upgraded by the policy", |site| {
        policy(site, "default-src 'self'; base-uri 'none'; upgrade-insecure-requests");
        site.body.push_str("<img src=http://shop.example/a.png><script src=http://shop.example/a.js></script>");
    }),
    ("links to http", |site| {
        site.body.push_str("<a href=http://shop.example/>x</a><link rel=canonical href=http://shop.example/>");
    }),
    ("scripts of another host of the domain", |site| {
        site.body.push_str("<script src=https://static.shop.example/a.js></script>");
    }),
    ("a script in a comment", |site| site.body.push_str("<!-- <script src=http://cdn.example/a.js></script> -->")),
    ("anybody may read without cookies", |site| site.cors.as_mut().unwrap().allow_origin = Some("*".to_owned())),
    ("a similar origin is allowed without cookies", |site| {
        active(site).cors = vec![Cors { credentials: false, ..allowed("https://shop.example.attacker.invalid") }];
    }),
    ("a banner without a version", |site| set(site, "server", "Apache (Ubuntu)")),
    ("a trace in a page that is no error", |site| site.body.push_str("<pre>Traceback (most recent call last):</pre>")),
    ("a stranger's script names its map", |site| {
        site.active = None;
        let text = "//# sourceMappingURL=x.map".to_owned();
        site.scripts = vec![Script { url: "https://cdn.example/x.js".to_owned(), text }];
    }),
    ("SPF by redirect", |site| site.dns.spf = Ok(vec!["v=spf1 redirect=_spf.example.net".to_owned()])),
    ("SPF that fails softly, with ten look-ups", |site| {
        let includes: String = (0..10).map(|n| format!("include:{n}.example ")).collect();
        site.dns.spf = Ok(vec![format!("v=spf1 ip4:192.0.2.1 {includes}~all")]);
    }),
    ("DMARC in other words", |site| site.dns.dmarc = Ok(vec!["V=DMARC1 ; P=Quarantine".to_owned()])),
    ("CAA that lets nobody issue", |site| site.dns.caa = Ok(vec!["0 issue \";\"".to_owned()])),
    ("security.txt in other words", |site| {
        let text = "# hello\r\ncontact: https://shop.example/security\r\nEXPIRES: 2027-01-01T00:00:00+01:00\r\n";
        site.security_txt = Ok(Some(text.to_owned()));
    }),
];

/// A certificate of 90 days.
fn expires_in(site: &mut Observed, left: i64) {
    let leaf = &mut tls(site).chain[0];
    (leaf.not_before, leaf.not_after) = (days(left - 90), days(left));
}

fn policy(site: &mut Observed, text: &str) {
    set(site, "content-security-policy", &format!("{text}; frame-ancestors 'none'"));
}

fn policy_alone(site: &mut Observed, text: &str) {
    set(site, "content-security-policy", text);
}

fn allowed(origin: &str) -> Cors {
    Cors { origin: origin.to_owned(), allow_origin: Some(origin.to_owned()), credentials: true }
}

fn exposed(site: &mut Observed, kind: &str) {
    let url = format!("https://shop.example/{kind}");
    active(site).exposed = vec![Exposed { kind: kind.to_owned(), url, sign: "seen".to_owned() }];
}

fn after(change: Change) -> Review {
    let mut site = site();
    change(&mut site);
    review(&site, &[])
}

#[test]
fn every_rule_fires_on_what_breaks_it() {
    let mut shown = String::new();
    for (id, change) in CASES {
        let review = after(*change);
        let finding = review.findings.iter().find(|finding| finding.id == *id);
        let finding = finding.unwrap_or_else(|| panic!("{id} did not fire: {:?}", super::ids(&review)));
        let others: Vec<&str> = super::ids(&review).into_iter().filter(|other| other != id).collect();
        shown.push_str(&format!("{id}: {}\n", finding.evidence));
        if !others.is_empty() {
            shown.push_str(&format!("    with {}\n", others.join(", ")));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn every_rule_has_a_case() {
    let without =
        rules::ALL.iter().filter(|rule| CASES.iter().all(|(id, _)| rules::rule(id).map(|of| of.id) != Some(rule.id)));
    assert_eq!(without.map(|rule| rule.id).collect::<Vec<_>>(), ["zap-*"], "ZAP's have tests of their own");
}

#[test]
fn what_is_right_is_left_alone() {
    for (what, change) in SILENT {
        let review = after(*change);
        assert_eq!(
            super::ids(&review),
            Vec::<&str>::new(),
            "{what}: {:?}",
            review.findings.first().map(|f| &f.evidence)
        );
    }
}
