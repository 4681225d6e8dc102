//! What is seen and what is made of it belong together: a real host, looked at and judged.

use monitor_core::security::observed::Depth;
use monitor_core::security::{Grade, Risk, review};
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::{Answer, Received};

use super::active::careless;
use super::handshakes::openssl;
use super::looked;
use crate::outbound;
use crate::tls::trusting;

#[tokio::test]
async fn a_careless_host_fails() {
    let authority = Authority::new();
    let target = authority.serve_site(Flaw::Expired, careless).await;
    let review = review(&looked(&target.url(), Depth::Active, &outbound()).await.unwrap(), &[]);
    assert_eq!((review.grade, review.points), (Grade::F, 0), "{}", review.formula);
    let found: Vec<_> = review.findings.iter().map(|finding| finding.id.as_str()).collect();
    for id in [
        "certificate-expired",
        "exposed-env",
        "exposed-git",
        "exposed-backup",
        "exposed-server-status",
        "exposed-source-map",
        "exposed-directory-listing",
        "cors-any-origin",
        "cors-null",
        "method-trace",
        "csp-missing",
        "hsts-missing",
    ] {
        assert!(found.contains(&id), "{id} is not among {found:?}");
    }
    assert!(!format!("{review:?}").contains("s3cret"));
}

#[tokio::test]
async fn old_protocols_and_ciphers_are_found() {
    let server = openssl(&["-min_protocol", "TLSv1", "-cipher", "ALL:eNULL:@SECLEVEL=0"]).await;
    let review = review(&looked(&server.url, Depth::Active, &outbound()).await.unwrap(), &[]);
    let found: Vec<_> = review.findings.iter().map(|finding| finding.id.as_str()).collect();
    for id in ["tls-broken-cipher", "tls-weak-cipher", "tls-old"] {
        assert!(found.contains(&id), "{id} is not among {found:?}");
    }
    assert!(review.passed.iter().any(|id| id == "tls-ssl3"), "{:?}", review.passed);
}

/// A site with nothing to say against it, but for what a server on this machine cannot have.
fn careful(request: &Received) -> Answer {
    match request.request_line() {
        "GET / HTTP/1.1" => Answer::ok("<!doctype html><title>Shop</title><p>Here is nothing.</p>")
            .header("Content-Type", "text/html; charset=utf-8")
            .header("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload")
            .header(
                "Content-Security-Policy",
                "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            )
            .header("X-Content-Type-Options", "nosniff")
            .header("X-Frame-Options", "DENY")
            .header("Referrer-Policy", "no-referrer")
            .header("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
            .header("Cross-Origin-Opener-Policy", "same-origin")
            .header("Set-Cookie", "__Host-sid=s3cret; Path=/; Secure; HttpOnly; SameSite=Lax"),
        "GET /.well-known/security.txt HTTP/1.1" => {
            Answer::ok("Contact: mailto:security@shop.example\nExpires: 1970-06-01T00:00:00Z\n")
                .header("Content-Type", "text/plain; charset=utf-8")
        }
        _ => Answer::status(404),
    }
}

#[tokio::test]
async fn a_careful_host_is_found_good() {
    let authority = Authority::new();
    let target = authority.serve_site(Flaw::None, careful).await;
    let review = review(&looked(&target.url(), Depth::Active, &trusting(&authority)).await.unwrap(), &[]);
    let bad: Vec<_> = review.findings.iter().filter(|finding| finding.risk > Risk::Info).collect();
    // The clock of the test stands at 1970, before its certificate begins.
    assert!(bad.iter().all(|finding| finding.id == "certificate-expired"), "{bad:?}");
    let blind: Vec<_> = review.not_looked.iter().map(|blind| blind.reason.as_str()).collect();
    assert_eq!(
        blind,
        ["the host is an address, which has no such records", "only a deep check lets ZAP scan the site"]
    );
}
