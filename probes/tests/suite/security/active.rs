use std::sync::atomic::{AtomicUsize, Ordering};

use monitor_core::security::observed::{Active, Depth, ErrorPage};
use probes::security::LookError;
use test_support::targets::site::reluctant;
use test_support::targets::tls::{Authority, Flaw, plain_http};
use test_support::targets::{Answer, Received, site};

use super::{gzip, looked};
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
    let url = target.url();
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
    let origins: Vec<&str> = seen.cors.iter().map(|cors| cors.origin.as_str()).collect();
    assert_eq!(origins, ["https://127.0.0.1.origin.example", "null"]);
    assert!(seen.cors.iter().all(|cors| cors.allow_origin.as_deref() == Some(&cors.origin) && cors.credentials));
    assert_eq!((seen.methods, seen.cut_short), (vec!["TRACE".to_owned()], None));
    assert_eq!(seen.protocols, Err("the host is not asked by HTTPS".into()));

    let asked = target.asked();
    let random = asked.iter().find(|line| line.starts_with("GET /watchword-")).unwrap();
    let mut expected: Vec<String> =
        ["/", "/js/app.js", "/", "/.well-known/security.txt"].map(|path| format!("GET {path}")).into();
    expected.push(random.clone());
    expected.extend(ASKED.iter().chain(&["/js/app.js.map", "/js/", "/", "/"]).map(|path| format!("GET {path}")));
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
        Answer::ok(gzip("A=1")).header("Content-Encoding", "gzip"),
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
async fn a_host_that_wants_fewer_requests_gets_no_greetings_either() {
    let authority = Authority::new();
    let target = authority.serve_site(Flaw::None, |request| match path(request).as_str() {
        "/" | "/.well-known/security.txt" => Answer::ok(""),
        _ => Answer::status(429),
    });
    let target = target.await;
    let seen = looked(&target.url(), Depth::Active, &trusting(&authority)).await.unwrap().active.unwrap();
    let told = seen.cut_short.unwrap();
    assert!(told.starts_with("the host wants fewer requests"), "{told}");
    assert_eq!((seen.protocols, seen.weak_ciphers), (Err(told.clone()), Err(told)));
}

#[tokio::test]
async fn a_host_that_fails_is_left_in_peace_and_what_it_did_not_say_is_told_as_not_seen() {
    let count = AtomicUsize::new(0);
    let target = site(move |request| match path(request).as_str() {
        "/" => Answer::ok(""),
        "/.git/HEAD" => Answer::ok("ref: refs/heads/main\n"),
        _ if count.fetch_add(1, Ordering::SeqCst) < 2 => Answer::status(404),
        _ => Answer::status(503),
    })
    .await;
    let seen = active(&target.url()).await;
    assert_eq!(seen.exposed.len(), 1);
    assert_eq!(seen.cut_short.as_deref(), Some("/backup.zip was answered with status 503"));
    assert_eq!(target.asked().last().map(String::as_str), Some("GET /backup.zip"));
}

#[tokio::test]
async fn a_method_that_a_host_does_not_know_is_no_failure() {
    let target = site(|request| match request.request_line().starts_with("TRACE ") {
        true => Answer::status(501),
        false if path(request) == "/" => Answer::ok(""),
        false => Answer::status(404),
    })
    .await;
    let seen = active(&target.url()).await;
    assert_eq!((seen.methods, seen.cut_short), (Vec::new(), None));
}

#[tokio::test]
async fn an_origin_that_is_not_let_in_is_not_taken_for_well() {
    // A host that lets in no other origin, and a guard that after the first visit lets in nothing.
    for (missing, cut_short) in [(404, None), (403, Some(()))] {
        let target = site(move |request| match (path(request).as_str(), request.header("origin")) {
            ("/", None) => Answer::ok(""),
            ("/", Some(_)) => Answer::status(403),
            _ => Answer::status(missing),
        })
        .await;
        let seen = looked(&target.url(), Depth::Active, &outbound()).await.unwrap();
        assert_eq!(seen.cors, Err("asked from another site, the page answered with status 403".into()));
        let active = seen.active.unwrap();
        let why = "asked from https://127.0.0.1.origin.example, the host answered with status 403";
        assert_eq!((active.cors.len(), active.cors_cut.as_deref()), (0, Some(why)));
        assert_eq!(active.cut_short.as_deref(), cut_short.map(|()| why));
    }
}

#[tokio::test]
async fn a_host_that_refuses_origins_and_trace_with_an_error_has_not_had_enough() {
    let target =
        site(|request| match (path(request).as_str(), request.header("origin"), request.header("x-watchword")) {
            (_, _, Some(mark)) => Answer::status(500).with_body(mark),
            ("/", Some(_), _) => Answer::status(500),
            ("/", None, _) => Answer::ok(""),
            _ => Answer::status(404),
        })
        .await;
    let seen = active(&target.url()).await;
    let why = "asked from https://127.0.0.1.origin.example, the host answered with status 500";
    assert_eq!((seen.cors.len(), seen.cors_cut.as_deref()), (0, Some(why)));
    assert_eq!((seen.methods, seen.cut_short), (Vec::new(), None));
}

#[tokio::test]
async fn files_that_come_packed_are_read() {
    let target = site(|request| {
        let packed = |text: &str| Answer::ok(gzip(text)).header("Content-Encoding", "gzip");
        match path(request).as_str() {
            "/" => Answer::ok(""),
            "/.env" => packed("DB_PASSWORD=s3cret\n"),
            "/backup.tar.gz" => packed(&format!("{}ustar", "\0".repeat(257))),
            "/dump.sql" => Answer::ok("?").header("Content-Encoding", "br"),
            _ => Answer::status(404),
        }
    })
    .await;
    let seen = active(&target.url()).await;
    let kinds: Vec<&str> = seen.exposed.iter().map(|file| file.kind.as_str()).collect();
    assert_eq!(kinds, ["env", "backup"]);
    let why = "/dump.sql could not be read: it came packed (br), which was not asked for and cannot be read";
    assert_eq!(seen.cut_short.as_deref(), Some(why));
}

#[tokio::test]
async fn the_maps_of_all_scripts_are_asked_for() {
    let target = site(|request| match path(request).as_str() {
        "/" => Answer::ok((0..12).map(|n| format!("<script src=/{n}/a.js></script>")).collect::<String>()),
        script if script.ends_with(".js") => Answer::ok("//# sourceMappingURL=a.js.map"),
        map if map.ends_with(".map") => Answer::ok("{\"version\":3,\"sources\":[]}"),
        folder if folder.ends_with('/') => Answer::ok("<title>Index of /"),
        _ => Answer::status(404),
    })
    .await;
    let seen = active(&target.url()).await;
    let of = |kind: &str| seen.exposed.iter().filter(|file| file.kind == kind).count();
    assert_eq!((of("source-map"), of("directory-listing"), seen.cut_short), (12, 12, None));
}

#[tokio::test]
async fn what_is_answered_for_what_is_not_there_is_handed_over() {
    let page = format!("{}You're seeing this error because you have <code>DEBUG = True</code>", "<p>".repeat(5_000));
    let shown = page.clone();
    let target = site(move |request| match path(request).as_str() {
        "/" => Answer::ok(""),
        _ => Answer::status(404).with_body(&shown),
    })
    .await;
    assert_eq!(active(&target.url()).await.error_page, Some(ErrorPage { status: 404, body: page, cut: false }));
}

#[tokio::test]
async fn what_cannot_be_read_of_an_error_is_told_as_not_read() {
    let target = site(|request| match path(request).as_str() {
        "/" => Answer::ok(""),
        _ => Answer::status(404).with_body("?").header("Content-Encoding", "br"),
    })
    .await;
    let seen = active(&target.url()).await;
    assert_eq!(seen.error_page, Some(ErrorPage { status: 404, body: String::new(), cut: true }));
    assert_eq!(seen.cut_short, None);
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
    assert_eq!((seen.cors.len(), seen.cut_short), (2, None));
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
async fn a_host_without_any_tls_cannot_be_looked_at() {
    let plain = plain_http().await;
    let told = looked(&plain.url(), Depth::Active, &outbound()).await.unwrap_err();
    assert_eq!(told, LookError::Unreachable("what came back is not TLS; does the port speak plain HTTP?".into()));
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
