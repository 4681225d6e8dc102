use monitor_core::http::{Auth, Body};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;
use test_support::targets::{Answer, answering, misbehaving};

use crate::{AMPLE, get, outbound, plain, run, run_settings, secret, settings, spec, url_of};

#[tokio::test]
async fn redirects_are_followed_to_their_end() {
    let end = answering(Answer::ok("here")).await;
    for status in [301, 302, 303, 307, 308] {
        let start = answering(Answer::redirect(status, &format!("{}a/b?token=x#top", end.url()))).await;
        let outcome = get(&start.url()).await;
        assert_eq!((outcome.reason, outcome.http_status, outcome.response_bytes), (Reason::Ok, Some(200), 4));
        assert_eq!(outcome.details.final_url, Some(format!("{}a/b", end.url())));
        assert_eq!(end.last_request().request_line(), "GET /a/b?token=x HTTP/1.1");
        let sum: std::time::Duration = outcome.timings.phases().iter().filter_map(|(_, phase)| *phase).sum();
        assert!(sum <= outcome.duration);
    }
}

#[tokio::test]
async fn relative_locations_are_resolved() {
    let target = answering(Answer::redirect(302, "../c?d")).await;
    let mut spec = spec(&format!("{}a/b/", target.url()));
    spec.max_redirects = 1;
    let outcome = run(spec).await;
    assert_eq!(target.last_request().request_line(), "GET /a/c?d HTTP/1.1");
    // It redirects once more from there.
    assert_eq!(outcome.reason, Reason::TooManyRedirects);
    assert_eq!(outcome.message, "answered with more than 1 redirect");
}

#[tokio::test]
async fn without_redirects_the_redirect_itself_is_judged() {
    let target = answering(Answer::redirect(302, "/x")).await;
    let mut spec = spec(&target.url());
    spec.max_redirects = 0;
    let outcome = run(spec.clone()).await;
    assert_eq!(
        (outcome.reason, outcome.message.as_str()),
        (Reason::UnexpectedStatus, "answered 302 Found, expected 200..299")
    );
    let expecting = settings(CheckSpec::Http(spec), &["status == 302"]);
    assert_eq!(run_settings(&expecting, &outbound(), AMPLE).await.reason, Reason::Ok);
    assert_eq!(target.requests(), 2);
}

#[tokio::test]
async fn what_is_no_redirect_is_not_followed() {
    for status in [300, 304, 305] {
        let target = answering(Answer::redirect(status, "/x")).await;
        assert_eq!(get(&target.url()).await.reason, Reason::UnexpectedStatus);
        assert_eq!(target.requests(), 1);
    }
}

#[tokio::test]
async fn a_circle_is_noticed() {
    let target = answering(Answer::redirect(302, "/loop")).await;
    let outcome = get(&target.url()).await;
    assert_eq!(outcome.reason, Reason::TooManyRedirects);
    assert_eq!(outcome.message, format!("redirects in a circle, back to {}loop", target.url()));
    assert_eq!(target.requests(), 2);
}

#[tokio::test]
async fn locations_that_lead_nowhere_are_bad_redirects() {
    for (location, message) in [
        ("http://", "redirects to “http://”, which is no address"),
        ("file:///etc/passwd", "redirects to file: which is not followed"),
        ("javascript:alert(1)", "redirects to javascript: which is not followed"),
        ("ftp://files.example/x", "redirects to ftp: which is not followed"),
        ("http://a:b:c/", "redirects to “http://a:b:c/”, which is no address"),
    ] {
        let target = answering(Answer::redirect(302, location)).await;
        let outcome = get(&target.url()).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::BadRedirect, message), "{location}");
    }
    let target = answering(Answer::status(302)).await;
    assert_eq!(get(&target.url()).await.message, "answered 302 Found without saying where to");
}

#[tokio::test]
async fn a_redirect_to_a_refused_address_is_refused() {
    for location in ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://0/"] {
        let target = answering(Answer::redirect(302, location)).await;
        let outcome = get(&target.url()).await;
        assert_eq!(outcome.reason, Reason::AddressRefused, "{location}");
        assert_eq!((outcome.http_status, outcome.details.peer), (None, None));
    }
}

#[tokio::test]
async fn a_redirect_to_nothing_tells_where_it_ended() {
    let gone = url_of(misbehaving::nothing_listens());
    let target = answering(Answer::redirect(302, &gone)).await;
    let outcome = get(&target.url()).await;
    assert_eq!((outcome.reason, outcome.details.final_url), (Reason::ConnectionRefused, Some(gone)));
}

#[tokio::test]
async fn the_method_changes_by_the_rules_of_browsers() {
    let end = answering(Answer::ok("")).await;
    for (status, method, expected, body) in [
        (301, "POST", "GET", ""),
        (302, "POST", "GET", ""),
        (302, "PUT", "PUT", "data"),
        (303, "PUT", "GET", ""),
        (303, "HEAD", "HEAD", "data"),
        (307, "POST", "POST", "data"),
        (308, "POST", "POST", "data"),
    ] {
        let start = answering(Answer::redirect(status, &end.url())).await;
        let mut spec = spec(&start.url());
        spec.method = method.into();
        spec.body = Some(Body::Text("data".into()));
        spec.headers = vec![plain("Content-Language", "en")];
        assert_eq!(run(spec).await.reason, Reason::Ok);
        let request = end.last_request();
        assert_eq!(request.request_line(), format!("{expected} / HTTP/1.1"), "{method} {status}");
        assert_eq!(request.body, body.as_bytes(), "{method} {status}");
        assert_eq!(request.header("content-type").is_some(), !body.is_empty(), "{method} {status}");
        assert_eq!(request.header("content-language").is_some(), !body.is_empty(), "{method} {status}");
    }
}

#[tokio::test]
async fn secrets_stay_with_the_origin_that_they_are_for() {
    let other = answering(Answer::ok("")).await;
    let start = answering(Answer::redirect(307, &other.url().replace("http://", "http://eve:pw@"))).await;
    let mut spec = spec(&start.url());
    spec.auth = Some(Auth::Bearer(Secret::new("hunter2")));
    spec.headers = vec![
        secret("X-Api-Key", "hunter2"),
        plain("Cookie", "session=hunter2"),
        plain("Host", "shop.example"),
        plain("X-Plain", "kept"),
    ];
    assert_eq!(run(spec.clone()).await.reason, Reason::Ok);
    assert!(start.last_request().head.contains("hunter2"));
    let request = other.last_request();
    assert!(!request.head.contains("hunter2"), "{}", request.head);
    assert_eq!(request.header("X-Plain"), Some("kept"));
    assert_eq!(request.header("Host"), Some(other.addr().to_string().as_str()));
    assert_eq!(request.header("Authorization"), None);

    // Within the origin they go along.
    let target = answering(Answer::redirect(307, "/next")).await;
    spec.url = target.url().parse().unwrap();
    spec.max_redirects = 1;
    run(spec).await;
    let request = target.last_request();
    assert_eq!(request.request_line(), "GET /next HTTP/1.1");
    for (name, value) in [("X-Api-Key", "hunter2"), ("Authorization", "Bearer hunter2"), ("Host", "shop.example")] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
}
