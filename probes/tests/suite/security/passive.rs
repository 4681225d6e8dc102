use std::sync::Mutex;

use monitor_core::security::observed::{Answer as Seen, Depth, Script};
use probes::Outbound;
use probes::security::{LookError, look};
use test_support::targets::tls::{Authority, Flaw, plain_http};
use test_support::targets::{Answer, Received, misbehaving, site};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{NOW, gzip, looked};
use crate::tls::trusting;
use crate::{config, outbound};

const PAGE: &str = "<!doctype html><title>Shop</title><script src=/js/app.js></script><script src=gone.js></script>";

const SECURITY_TXT: &str = "Contact: mailto:security@shop.example\nExpires: 2030-01-01T00:00:00Z\n";

fn path(request: &Received) -> String {
    request.request_line().split(' ').nth(1).unwrap().to_owned()
}

/// A shop with everything that is looked at.
fn shop(request: &Received) -> Answer {
    match path(request).split('?').next().unwrap() {
        "/" => Answer::redirect(302, "/home").header("Set-Cookie", "first=s3cret; Path=/"),
        "/home" => Answer::ok(PAGE)
            .header("Content-Security-Policy", "default-src 'self'")
            .header("Set-Cookie", "sid=s3cret; HttpOnly")
            .header("Set-Cookie", "theme=dark")
            .header("Access-Control-Allow-Origin", request.header("origin").unwrap_or("none"))
            .header("Access-Control-Allow-Credentials", "true"),
        "/js/app.js" => Answer::ok("/*! app 1.0 */"),
        "/.well-known/security.txt" => Answer::ok(SECURITY_TXT),
        _ => Answer::status(404),
    }
}

#[tokio::test]
async fn a_visit_sends_what_a_browser_would_and_sees_what_a_browser_does() {
    let authority = Authority::new();
    let target = authority.serve_site(Flaw::None, shop).await;
    let told = Mutex::new(Vec::new());
    let progress = |text: &str| told.lock().unwrap().push(text.to_owned());
    let url = Url::parse(&target.url()).unwrap();
    let seen =
        look(&url, Depth::Passive, &trusting(&authority), NOW, &CancellationToken::new(), &progress).await.unwrap();

    assert_eq!(
        target.asked(),
        ["GET /", "GET /home", "GET /js/app.js", "GET /gone.js", "GET /home", "GET /.well-known/security.txt"]
    );
    assert_eq!(target.most_open(), 1, "one connection at a time");
    let requests = target.requests();
    let agent = "Watchword/test (security check; see docs/security-check.md of Watchword)";
    assert!(requests.iter().all(|request| request.header("user-agent") == Some(agent)));
    assert_eq!(requests[1].header("cookie"), Some("first=s3cret"), "as a browser does");
    let origins: Vec<_> = requests.iter().filter_map(|request| request.header("origin")).collect();
    assert_eq!(origins, ["https://origin.example"]);

    assert_eq!((seen.asked, seen.depth, seen.at, seen.active), (url.to_string(), Depth::Passive, NOW, None));
    let urls: Vec<_> = seen.hops.iter().map(|hop| (hop.url.as_str(), hop.status)).collect();
    assert_eq!(urls, [(url.as_str(), 302), (format!("{url}home").as_str(), 200)]);
    assert_eq!(header(&seen.hops[0], "set-cookie"), ["first=; Path=/"]);
    assert_eq!(header(&seen.hops[1], "set-cookie"), ["sid=; HttpOnly", "theme="]);
    assert_eq!(header(&seen.hops[1], "content-security-policy"), ["default-src 'self'"]);
    assert_eq!(seen.body, PAGE);
    assert_eq!(seen.scripts, [Script { url: format!("{url}js/app.js"), text: "/*! app 1.0 */".into() }]);
    let cors = seen.cors.unwrap();
    assert_eq!((cors.allow_origin.as_deref(), cors.credentials), (Some("https://origin.example"), true));
    assert_eq!(seen.security_txt, Ok(Some(SECURITY_TXT.into())));
    assert_eq!(seen.plain, Ok(Vec::new()), "nothing listens there");
    assert_eq!((seen.body_cut, seen.scripts_cut), (None, None));

    let tls = seen.tls.unwrap().unwrap();
    assert_eq!((tls.version.as_str(), tls.untrusted), ("TLSv1.3", None));
    assert!(tls.cipher.starts_with("TLS_"), "{}", tls.cipher);
    let leaf = &tls.chain[0];
    assert_eq!((leaf.key.as_str(), leaf.signature.as_str()), ("EC P-256", "ecdsa-with-SHA256"));
    assert_eq!((leaf.not_before.to_day(), leaf.not_after.to_day()), ("2020-01-01".into(), "2090-01-01".into()));
    assert_eq!(leaf.issuer, "CN=Test authority");
    assert_eq!(told.into_inner().unwrap()[0], "asking for the page");
}

fn header<'a>(answer: &'a Seen, name: &str) -> Vec<&'a str> {
    answer.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn a_page_without_encryption_is_its_own_plain_answer() {
    let target = site(shop).await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.tls, None);
    assert_eq!(seen.plain, Ok(seen.hops));
}

#[tokio::test]
async fn a_login_in_the_address_is_neither_sent_nor_shown() {
    let target = site(shop).await;
    let url = target.url().replace("http://", "http://ada:s3cret@");
    let seen = looked(&format!("{url}home?a=b#s3cret"), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.asked, format!("{}home?a=b", target.url()));
    assert!(!format!("{seen:?}").contains("s3cret"));
    assert!(target.requests().iter().all(|request| !request.head.contains("uthorization")));
    assert_eq!(target.asked()[0], "GET /home?a=b");
}

#[tokio::test]
async fn a_page_is_seen_whatever_its_certificate_and_what_is_wrong_with_that_is_told() {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (flaw, why) in [
        (Flaw::Expired, "the certificate expired on 2020-01-01"),
        (Flaw::NotYetValid, "the certificate is not valid before 2090-01-01"),
        (Flaw::WrongName, "the certificate is for wrong.example, other.example, not for 127.0.0.1"),
        (Flaw::SelfSigned, "the certificate is signed by nobody who is trusted here"),
        (Flaw::SelfSignedAuthority, "the certificate is "),
    ] {
        let target = authority.serve_site(flaw, shop).await;
        let seen = looked(&target.url(), Depth::Passive, &outbound).await.unwrap();
        let untrusted = seen.tls.unwrap().unwrap().untrusted.unwrap();
        assert!(untrusted.starts_with(why), "{flaw:?}: {untrusted}");
        assert_eq!(seen.body, PAGE, "{flaw:?}");
    }
}

#[tokio::test]
async fn every_address_that_a_page_leads_to_is_held_to_the_address_policy() {
    let target = site(shop).await;
    let strict = Outbound::new(&config(false)).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", target.addr().port());
        let refused = looked(&url, Depth::Active, &strict).await.unwrap_err();
        assert!(matches!(&refused, LookError::Refused(why) if why.contains("loopback")), "{refused:?}");
    }
    assert_eq!(target.requests(), []);

    // These are refused to everybody, so that it shows beside local servers.
    let to = "http://169.254.169.254/latest";
    let redirecting = site(move |_| Answer::redirect(302, to)).await;
    let refused = looked(&redirecting.url(), Depth::Passive, &outbound()).await.unwrap_err();
    let why = "after a redirect: 169.254.169.254 is a cloud metadata address; such addresses are never watched";
    assert_eq!(refused, LookError::Refused(why.into()));

    let naming = site(move |request| match path(request).as_str() {
        "/" => Answer::ok(format!("<script src={to}></script><script src=/moved></script>")),
        "/moved" => Answer::redirect(302, to),
        "/.well-known/security.txt" => Answer::redirect(302, to),
        _ => Answer::status(404),
    })
    .await;
    let seen = looked(&naming.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.scripts, []);
    assert!(seen.scripts_cut.unwrap().contains("cloud metadata"));
    assert!(seen.security_txt.unwrap_err().contains("cloud metadata"));
}

#[tokio::test]
async fn what_cannot_be_had_at_all_is_an_error_that_says_why() {
    let authority = Authority::new();
    let (closes, garbage) = (misbehaving::closes().await, misbehaving::garbage().await);
    let nothing = format!("http://{}/", misbehaving::nothing_listens());
    let circle = site(|_| Answer::redirect(302, "/")).await;
    let wrong = site(|_| Answer::redirect(302, "ftp://shop.example/")).await;
    for (url, why) in [
        (closes.url(), "the target closed the connection while waiting for its answer"),
        (garbage.url(), "the answer is not valid HTTP (invalid HTTP version parsed)"),
        (nothing.clone(), "the connection was refused while connecting to 127.0.0.1"),
        (circle.url(), "after 11 redirects: there are more than 10 redirects, the last to http://"),
        (wrong.url(), "after a redirect: redirects to ftp: which is not followed"),
    ] {
        let error = looked(&url, Depth::Passive, &outbound()).await.unwrap_err();
        assert!(matches!(&error, LookError::Unreachable(told) if told.starts_with(why)), "{error:?} for {why}");
    }
    assert_eq!(looked("ftp://shop.example/", Depth::Passive, &outbound()).await, Err(LookError::Address));
    let target = authority.serve_site(Flaw::None, |_| Answer::ok("")).await;
    let seen = looked(&target.url().replace("https", "http"), Depth::Passive, &outbound()).await;
    assert!(matches!(seen, Err(LookError::Unreachable(_))), "{seen:?}");
    let plain = plain_http().await;
    let seen = looked(&plain.url(), Depth::Passive, &outbound()).await;
    let why = "what came back is not TLS; does the port speak plain HTTP?";
    assert_eq!(seen, Err(LookError::Unreachable(why.into())));
}

#[tokio::test]
async fn a_page_for_everything_is_no_security_txt() {
    for answer in [Answer::ok(PAGE), Answer::ok("not here"), Answer::status(404), Answer::status(403)] {
        let target = site(move |_| answer.clone()).await;
        assert_eq!(looked(&target.url(), Depth::Passive, &outbound()).await.unwrap().security_txt, Ok(None));
    }
    for status in [429, 500, 503] {
        let target = site(move |request| match path(request).as_str() {
            "/" => Answer::ok(""),
            _ => Answer::status(status),
        })
        .await;
        let told = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap().security_txt;
        assert_eq!(told, Err(format!("/.well-known/security.txt answered with status {status}")));
    }
}

#[tokio::test]
async fn no_more_is_read_than_is_good() {
    let scripts: String = (0..30).map(|n| format!("<script src={n}.js></script>")).collect();
    let target = site(move |request| match path(request).as_str() {
        "/" => Answer::ok(format!("{scripts}{}", "x".repeat(3 * 1024 * 1024))),
        "/0.js" => Answer::ok(format!("begin{}end", "x".repeat(1024 * 1024))),
        _ => Answer::ok("short"),
    })
    .await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.body.len(), 2 * 1024 * 1024);
    assert_eq!(seen.body_cut.as_deref(), Some("the page was not read to its end: 2 MB are read at most"));
    assert_eq!(seen.scripts.len(), 20);
    let why = "0.js was not read whole: 512 kB of each are looked at, from its beginning and its end";
    assert!(seen.scripts_cut.as_ref().is_some_and(|told| told.ends_with(why)), "{:?}", seen.scripts_cut);
    let long = &seen.scripts[0].text;
    assert!(long.starts_with("begin") && long.ends_with("end") && long.len() <= 512 * 1024 + 1);
}

#[tokio::test]
async fn no_more_scripts_are_read_than_is_good() {
    let scripts: String = (0..30).map(|n| format!("<script src={n}.js></script>")).collect();
    let target = site(move |_| Answer::ok(&scripts)).await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.scripts.len(), 20);
    assert_eq!(seen.scripts_cut.as_deref(), Some("20 of the 30 scripts that the page names were read"));
}

#[tokio::test]
async fn what_comes_packed_is_read_all_the_same() {
    let target = site(|request| {
        let text = match path(request).as_str() {
            "/" => PAGE,
            "/js/app.js" => "/*! app 1.0 */",
            "/.well-known/security.txt" => SECURITY_TXT,
            _ => return Answer::status(404),
        };
        assert_eq!(request.header("accept-encoding"), Some("identity"));
        Answer::ok(gzip(text)).header("Content-Encoding", "gzip")
    })
    .await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!((seen.body.as_str(), seen.scripts[0].text.as_str()), (PAGE, "/*! app 1.0 */"));
    assert_eq!(seen.security_txt, Ok(Some(SECURITY_TXT.into())));
    assert_eq!((seen.body_cut, seen.scripts_cut), (None, None));
}

#[tokio::test]
async fn what_comes_packed_in_a_way_that_is_not_known_is_told_as_not_read() {
    let target = site(|request| match path(request).as_str() {
        "/" if request.header("origin").is_some() => Answer::ok(""),
        "/" => Answer::ok("<script src=/a.js></script>"),
        _ => Answer::ok("?").header("Content-Encoding", "br"),
    })
    .await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    let why = "it came packed (br), which was not asked for and cannot be read";
    let script = format!("the script {}a.js was not read whole: {why}", target.url());
    assert_eq!((seen.body_cut, seen.scripts_cut), (None, Some(script)));
    assert_eq!(seen.security_txt, Err(why.into()));

    let target = site(|_| Answer::ok("<script src=/a.js></script>").header("Content-Encoding", "br")).await;
    let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
    assert_eq!(seen.body_cut, Some(format!("the page was not read to its end: {why}")));
    assert_eq!((seen.body.as_str(), seen.scripts), ("", Vec::new()));
}

#[tokio::test]
async fn an_answer_of_a_moment_to_another_site_is_not_taken_for_well() {
    for status in [403, 429, 503] {
        let target = site(move |request| match request.header("origin") {
            Some(_) => Answer::status(status),
            None => Answer::ok(""),
        })
        .await;
        let told = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap().cors;
        assert_eq!(told, Err(format!("asked from another site, the page answered with status {status}")));
    }
    let error = site(|_| Answer::status(500)).await;
    let told = looked(&error.url(), Depth::Passive, &outbound()).await.unwrap().cors;
    assert!(told.is_ok(), "as the page does: {told:?}");
}

#[tokio::test]
async fn a_script_that_is_not_there_is_not_missed_and_one_that_fails_is() {
    for (status, missed) in [(404, None), (403, None), (429, Some(429)), (503, Some(503))] {
        let target = site(move |request| match path(request).as_str() {
            "/" => Answer::ok("<script src='/a.js?token=s3cret'></script>"),
            _ => Answer::status(status),
        })
        .await;
        let seen = looked(&target.url(), Depth::Passive, &outbound()).await.unwrap();
        let why = missed.map(|status| {
            format!("the script {}a.js was not read whole: it was answered with status {status}", target.url())
        });
        assert_eq!((seen.scripts, seen.scripts_cut), (Vec::new(), why));
    }
}

#[tokio::test]
async fn a_look_that_is_cancelled_ends_at_once() {
    let silent = misbehaving::never_answers().await;
    let cancel = CancellationToken::new();
    let url = Url::parse(&silent.url()).unwrap();
    let outbound = outbound();
    // Cancelled as soon as something is asked for.
    let progress = |_: &str| cancel.cancel();
    let ended = look(&url, Depth::Passive, &outbound, NOW, &cancel, &progress).await;
    assert_eq!(ended, Err(LookError::Cancelled));
}
