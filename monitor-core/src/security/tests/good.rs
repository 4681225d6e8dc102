//! A site that does everything right.

use crate::Timestamp;
use crate::security::observed::*;

const DAY: i64 = 86_400_000;

/// 2026-03-01.
pub(super) const NOW: i64 = 1_772_323_200_000;

pub(super) fn days(days: i64) -> Timestamp {
    Timestamp::from_millis(NOW + days * DAY)
}

fn certificate(subject: &str, issuer: &str) -> Certificate {
    Certificate {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        not_before: days(-30),
        not_after: days(60),
        key: "EC P-256".to_owned(),
        signature: "ecdsa-with-SHA384".to_owned(),
    }
}

pub(super) fn answer(url: &str, status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { url: url.to_owned(), status, headers }
}

pub(super) fn site() -> Observed {
    Observed {
        asked: "https://shop.example/".to_owned(),
        depth: Depth::Active,
        at: Timestamp::from_millis(NOW),
        hops: vec![page()],
        body: "<!doctype html><title>Shop</title><link rel=stylesheet href=https://cdn.example/a.css integrity=sha384-abc>\
            <script src=/app.js></script><form action=/buy></form>"
            .to_owned(),
        body_cut: None,
        plain: Ok(vec![
            answer("http://shop.example/", 301, &[("location", "https://shop.example/")]),
            answer("https://shop.example/", 200, &[]),
        ]),
        tls: Some(Ok(Tls {
            version: "TLSv1.3".to_owned(),
            cipher: "TLS_AES_128_GCM_SHA256".to_owned(),
            chain: vec![certificate("CN=shop.example", "CN=E7"), certificate("CN=E7", "CN=Root")],
            untrusted: None,
        })),
        scripts: vec![Script { url: "https://shop.example/app.js".to_owned(), text: "console.log(1)".to_owned() }],
        scripts_cut: None,
        cors: Ok(Cors { origin: "https://watchword.invalid".to_owned(), allow_origin: None, credentials: false }),
        security_txt: Ok(Some("Contact: mailto:security@shop.example\nExpires: 2026-12-31T00:00:00Z\n".to_owned())),
        dns: Dns {
            domain: "shop.example".to_owned(),
            caa: Ok(vec!["0 issue \"letsencrypt.org\"".to_owned()]),
            spf: Ok(vec!["v=spf1 include:_spf.example.net -all".to_owned()]),
            dmarc: Ok(vec!["v=DMARC1; p=reject; rua=mailto:d@shop.example".to_owned()]),
            mx: Ok(vec!["mx.example.net".to_owned()]),
        },
        active: Some(Active {
            protocols: Ok(vec!["TLSv1.2".to_owned(), "TLSv1.3".to_owned()]),
            protocols_cut: None,
            weak_ciphers: Ok(Vec::new()),
            exposed: Vec::new(),
            cors: vec![Cors { origin: "null".to_owned(), allow_origin: None, credentials: false }],
            cors_cut: None,
            methods: Vec::new(),
            error_page: Some(ErrorPage { status: 404, body: "There is no such page.".to_owned(), cut: false }),
            cut_short: None,
        }),
    }
}

fn page() -> Answer {
    answer(
        "https://shop.example/",
        200,
        &[
            ("content-type", "text/html; charset=utf-8"),
            ("server", "nginx"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self' https://cdn.example; object-src 'none'; \
                 base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("permissions-policy", "camera=()"),
            ("cross-origin-opener-policy", "same-origin"),
            ("set-cookie", "__Host-sid=; Secure; HttpOnly; Path=/; SameSite=Lax"),
        ],
    )
}

/// Sends a header of the page with this value, alone.
pub(super) fn set(site: &mut Observed, name: &str, value: &str) {
    remove(site, name);
    site.hops.last_mut().unwrap().headers.push((name.to_owned(), value.to_owned()));
}

pub(super) fn remove(site: &mut Observed, name: &str) {
    site.hops.last_mut().unwrap().headers.retain(|(known, _)| known != name);
}

pub(super) fn tls(site: &mut Observed) -> &mut Tls {
    site.tls.as_mut().unwrap().as_mut().unwrap()
}

pub(super) fn active(site: &mut Observed) -> &mut Active {
    site.active.as_mut().unwrap()
}
