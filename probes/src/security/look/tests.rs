use test_support::targets::{Answer, Target, misbehaving, site, tls};

use super::*;
use crate::OutboundConfig;

/// Soon over, for looks whose time has to run out.
const SHORT: Duration = Duration::from_millis(700);

async fn looked_within(limit: Duration, url: &str, depth: Depth) -> Result<Observed, LookError> {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
    let outbound = Outbound::new(&config).unwrap();
    let asker = Asker::new(&outbound, Timestamp::from_millis(7), limit);
    see(&Url::parse(url).unwrap(), depth, &asker, &|_| {}).await
}

#[tokio::test]
async fn a_host_that_hangs_is_given_up() {
    let (http, tls) = (misbehaving::never_answers().await, tls::silent().await);
    let full = misbehaving::never_connects().await;
    for (url, why) in [
        (http.url(), "the answer did not come within 700 ms"),
        (tls.url(), "the TLS handshake did not end within 700 ms"),
        (format!("http://{}/", full.addr()), "the connection was not made within 700 ms"),
    ] {
        let ended = looked_within(SHORT, &url, Depth::Active).await;
        assert_eq!(ended, Err(LookError::Unreachable(why.into())));
    }
}

#[tokio::test]
async fn the_beginning_of_what_has_no_end_is_looked_at_and_the_rest_told_as_not_seen() {
    let (dripping, flood): (Target, Target) = (misbehaving::endless_body().await, misbehaving::flood_of_body().await);
    let seen = looked_within(SHORT, &dripping.url(), Depth::Active).await.unwrap();
    assert!(seen.body.starts_with('.'), "{}", seen.body);
    let cut = seen.body_cut.unwrap();
    assert!(cut.starts_with("the page was not read to its end: "), "{cut}");
    let over = "there was no time left of the 700 ms for everything";
    assert_eq!((seen.cors.unwrap_err(), seen.security_txt.unwrap_err()), (over.to_owned(), over.to_owned()));
    let active = seen.active.unwrap();
    assert!(active.cut_short.unwrap().ends_with(over));
    assert_eq!(active.exposed, []);

    let seen = looked_within(Duration::from_secs(30), &flood.url(), Depth::Passive).await.unwrap();
    assert_eq!(seen.body.len(), 2 * 1024 * 1024);
}

#[tokio::test]
async fn a_script_that_hangs_takes_nothing_from_what_was_seen_before() {
    let silent = misbehaving::never_answers().await;
    let script = format!("<script src=/a.js></script><script src={}></script>", silent.url());
    let target = site(move |request| match request.request_line() {
        "GET / HTTP/1.1" => Answer::ok(&script),
        _ => Answer::ok("a"),
    })
    .await;
    let seen = looked_within(SHORT, &target.url(), Depth::Passive).await.unwrap();
    assert_eq!(seen.scripts.len(), 1);
    let cut = seen.scripts_cut.unwrap();
    assert!(cut.starts_with(&format!("the script {} was not read whole: ", silent.url())), "{cut}");
    assert!(seen.cors.is_err());
}
