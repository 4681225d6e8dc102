use std::sync::atomic::{AtomicUsize, Ordering};

use monitor_core::security::observed::{Active, Depth};
use test_support::targets::site::reluctant;
use test_support::targets::tls::{Authority, Flaw, plain_http};
use test_support::targets::{Answer, Received, site};

use super::looked;
use crate::outbound;
use crate::tls::trusting;

/// What is asked for of a host shown to be one's own, beside what every visit asks for.
const ASKED: [&str; 13] = [
    "/.git/HEAD",
    "/.env",
    "/.env.production",
    "/backup.zip",
    "/backup.tar.gz",
    "/backup.sql",
    "/dump.sql",
    "/wp-config.php.bak",
    "/index.php.bak",
    "/.htpasswd",
    "/.svn/wc.db",
    "/.DS_Store",
    "/server-status",
];

fn path(request: &Received) -> String {
    request.request_line().split(' ').nth(1).unwrap().to_owned()
}

async fn active(url: &str) -> Active {
    looked(url, Depth::Active, &outbound()).await.unwrap().active.unwrap()
}

/// A shop that gives away what it has.
pub(super) fn careless(request: &Received) -> Answer {
    if request.request_line().starts_with("TRACE ") {
        return Answer::ok(&request.head);
    }
    match path(request).as_str() {
        "/" => {
            let page = Answer::ok("<script src=/js/app.js></script>");
            match request.header("origin") {
                Some(origin) => page
                    .header("Access-Control-Allow-Origin", origin)
                    .header("Access-Control-Allow-Credentials", "true"),
                None => page,
            }
        }
        "/js/app.js" => Answer::ok("app()\n//# sourceMappingURL=app.js.map"),
        "/js/app.js.map" => Answer::ok("{\"version\":3,\"sources\":[\"app.ts\"]}"),
        "/js/" => Answer::ok("<html><head><title>Index of /js/</title></head>"),
        "/.git/HEAD" => Answer::ok("ref: refs/heads/main\n"),
        "/.env" => Answer::ok("DB_PASSWORD=s3cret\nAPP_KEY=s3cret\n"),
        "/backup.zip" => Answer::ok(b"PK\x03\x04s3cret"),
        "/server-status" => Answer::ok("<h1>Apache Server Status for shop.example</h1>"),
        _ => Answer::status(404),
    }
}

#[tokio::test]
async fn a_careless_host_is_seen_through_and_its_secrets_are_not_told() {
    let target = site(careless).await;
    let seen = active(&target.url()).await;
    let (url, host) = (target.url(), "127.0.0.1");
    let exposed: Vec<_> =
        seen.exposed.iter().map(|file| (file.kind.as_str(), file.url.as_str(), file.sign.as_str())).collect();
    let at = |path: &str| format!("{url}{path}");
    assert_eq!(
        exposed,
        [
            ("git", at(".git/HEAD").as_str(), "begins with “ref: refs/”"),
            ("env", &at(".env"), "2 lines like NAME=value"),
            ("backup", &at("backup.zip"), "begins as a ZIP archive does"),
            ("server-status", &at("server-status"), "has “Apache Server Status for”"),
            ("source-map", &at("js/app.js.map"), "is JSON with the fields of a source map"),
            ("directory-listing", &at("js/"), "has “Index of /”"),
        ]
    );
    assert!(!format!("{seen:?}").contains("s3cret"));
    let origins = [format!("https://{host}.origin.example"), format!("https://origin-{host}"), "null".into()];
    assert_eq!(seen.cors.iter().map(|cors| cors.origin.clone()).collect::<Vec<_>>(), origins);
    assert!(seen.cors.iter().all(|cors| cors.allow_origin.as_deref() == Some(&cors.origin) && cors.credentials));
    assert_eq!((seen.methods, seen.cut_short), (vec!["TRACE".to_owned()], None));
    assert_eq!(seen.protocols, Err("the host is not asked by HTTPS".into()));

    let asked = target.asked();
    let random = asked.iter().find(|line| line.starts_with("GET /watchword-")).unwrap();
    let mut expected: Vec<String> =
        ["/", "/js/app.js", "/", "/.well-known/security.txt"].map(|path| format!("GET {path}")).into();
    expected.push(random.clone());
    expected.extend(ASKED.iter().chain(&["/js/app.js.map", "/js/", "/", "/", "/"]).map(|path| format!("GET {path}")));
    expected.push("TRACE /".into());
    assert_eq!(asked, expected);
    assert_eq!(target.most_open(), 1, "one connection at a time");
}

#[tokio::test]
async fn a_host_that_has_an_answer_for_everything_exposes_nothing() {
    let git = "ref: refs/heads/main";
    let checks = [
        Answer::ok("<!doctype html><title>Shop</title>"),
        Answer::ok("status=ok\nfound=no\n"),
        Answer::ok(git),
        Answer::ok(b"PK\x03\x04"),
        Answer::ok("Index of /: <title>Index of /</title>"),
        Answer::redirect(302, "/"),
        Answer::status(404).with_body(git),
        Answer::status(403).with_body("A=1"),
        Answer::status(500).with_body("A=1"),
        Answer::ok(b"\x1f\x8b\x08").header("Content-Encoding", "gzip"),
    ]
    .map(|answer| async move {
        let shown = format!("{answer:?}");
        let target = site(move |request| match path(request).as_str() {
            "/" => Answer::ok("<script src=/js/a.js></script>"),
            _ => answer.clone(),
        })
        .await;
        let seen = active(&target.url()).await;
        assert_eq!((seen.exposed, seen.methods, seen.cut_short), (Vec::new(), Vec::new(), None), "{shown}");
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn a_host_that_wants_fewer_requests_gets_no_more_and_that_is_told() {
    for answer in [Answer::status(429), Answer::status(503).header("Retry-After", "60")] {
        let (status, count) = (answer.clone(), AtomicUsize::new(0));
        let target = site(move |request| match path(request).as_str() {
            "/" | "/.well-known/security.txt" => Answer::ok(""),
            _ if count.fetch_add(1, Ordering::SeqCst) < 3 => Answer::status(404),
            _ => status.clone(),
        })
        .await;
        let seen = active(&target.url()).await;
        let told = seen.cut_short.unwrap();
        assert!(told.starts_with("the host wants fewer requests: it answered /.env.production with status "), "{told}");
        assert_eq!(target.asked().last().map(String::as_str), Some("GET /.env.production"));
        assert_eq!((seen.cors, seen.methods), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn only_the_host_and_port_that_were_asked_for_are_looked_at_more_closely() {
    // The same machine by another name is another host, and so is another port of it.
    for name in ["localhost", "127.0.0.1"] {
        let other = site(careless).await;
        let to = other.url_as(name);
        let own = site(move |request| match path(request).as_str() {
            "/" => Answer::redirect(301, &to),
            "/.git/HEAD" => Answer::ok("ref: refs/heads/main"),
            _ => Answer::status(404),
        })
        .await;
        let seen = looked(&own.url(), Depth::Active, &outbound()).await.unwrap();
        let exposed = seen.active.unwrap().exposed;
        let urls: Vec<_> = exposed.iter().map(|file| file.url.clone()).collect();
        assert_eq!(urls, [format!("{}.git/HEAD", own.url())], "{name}");
        assert_eq!(other.asked(), ["GET /", "GET /js/app.js", "GET /", "GET /.well-known/security.txt"], "{name}");
    }
}

#[tokio::test]
async fn a_host_that_breaks_off_where_there_is_nothing_is_asked_for_everything_all_the_same() {
    let target = reluctant(|request| match path(request).as_str() {
        "/" => Some(Answer::ok("")),
        "/.git/HEAD" => Some(Answer::ok("ref: refs/heads/main\n")),
        "/.env" => Some(Answer::ok("DB_PASSWORD=s3cret\n")),
        _ => None,
    })
    .await;
    let seen = active(&target.url()).await;
    assert_eq!(seen.exposed.iter().map(|file| file.kind.as_str()).collect::<Vec<_>>(), ["git", "env"]);
    assert_eq!((seen.cors.len(), seen.cut_short), (3, None));
    let asked = target.asked();
    assert!(ASKED.iter().all(|path| asked.contains(&format!("GET {path}"))), "{asked:?}");
}

#[tokio::test]
async fn a_host_that_breaks_off_when_other_origins_ask_is_not_taken_for_well() {
    let target = reluctant(|request| match (path(request).as_str(), request.header("origin")) {
        (_, Some(origin)) if origin != "https://origin.example" => None,
        ("/", _) => Some(Answer::ok("")),
        _ => Some(Answer::status(404)),
    })
    .await;
    let seen = active(&target.url()).await;
    assert_eq!(seen.cors, []);
    let why = "the host broke off when it was asked from https://127.0.0.1.origin.example";
    assert_eq!(seen.cut_short.as_deref(), Some(why));
}

#[tokio::test]
async fn a_passive_look_asks_for_none_of_it() {
    let target = site(careless).await;
    assert_eq!(looked(&target.url(), Depth::Passive, &outbound()).await.unwrap().active, None);
    assert_eq!(target.asked(), ["GET /", "GET /js/app.js", "GET /", "GET /.well-known/security.txt"]);
}

#[tokio::test]
async fn a_host_without_tls_that_we_speak_is_told_as_not_looked_at() {
    let plain = plain_http().await;
    let seen = active(&plain.url()).await;
    assert!(seen.cut_short.unwrap().contains("was not answered: what came back is not TLS"));
    assert_eq!(seen.protocols, Err("what came back is not TLS".into()));
    assert_eq!(seen.weak_ciphers, seen.protocols);
}

#[tokio::test]
async fn a_host_behind_tls_is_looked_at_in_the_same_way() {
    let authority = Authority::new();
    let target = authority.serve_site(Flaw::None, careless).await;
    let seen = looked(&target.url(), Depth::Deep, &trusting(&authority)).await.unwrap().active.unwrap();
    assert_eq!(seen.exposed.len(), 6);
    assert_eq!(seen.protocols, Ok(vec!["TLSv1.2".into(), "TLSv1.3".into()]));
    assert_eq!(seen.weak_ciphers, Ok(Vec::new()));
}
