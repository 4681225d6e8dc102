use probes::Outbound;
use probes::security::{Proof, ownership};
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::{Answer, misbehaving};

use crate::tls::trusting;
use crate::{config, outbound};

const TOKEN: &str = "8f14e45fceea167a";

#[tokio::test]
async fn a_file_with_the_token_shows_whose_the_host_is() {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (answer, proof) in [
        (Answer::ok(TOKEN), Some(Proof::File)),
        (Answer::ok(format!("# Watchword\r\n  watchword-verification={TOKEN}\r\n")), Some(Proof::File)),
        (Answer::ok(format!("{TOKEN}0")), None),
        (Answer::ok(format!("<html><p>{TOKEN}</p>")), None),
        (Answer::ok(""), None),
        (Answer::status(404).with_body(TOKEN), None),
        (Answer::redirect(302, "/elsewhere").with_body(TOKEN), None),
    ] {
        let shown = format!("{answer:?}");
        let target = authority.serve_site(Flaw::None, move |_| answer.clone()).await;
        assert_eq!(ownership(&target.addr().to_string(), TOKEN, &outbound).await, Ok(proof), "{shown}");
        assert_eq!(target.asked(), ["GET /.well-known/watchword.txt"]);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_or_trusted_is_told_apart_from_one_that_is_not_there() {
    let authority = Authority::new();
    let trusting = trusting(&authority);
    for status in [429, 500, 503] {
        let target = authority.serve_site(Flaw::None, move |_| Answer::status(status)).await;
        let told = ownership(&target.addr().to_string(), TOKEN, &trusting).await.unwrap_err();
        assert!(told.ends_with(&format!("it answered with status {status}")), "{told}");
    }
    for flaw in [Flaw::Expired, Flaw::WrongName, Flaw::SelfSigned] {
        let target = authority.serve_site(flaw, |_| Answer::ok(TOKEN)).await;
        let told = ownership(&target.addr().to_string(), TOKEN, &trusting).await.unwrap_err();
        assert!(told.contains("the certificate "), "{told}");
        assert_eq!(target.asked(), [] as [&str; 0]);
    }
    let told = ownership(&misbehaving::nothing_listens().to_string(), TOKEN, &outbound()).await.unwrap_err();
    assert!(told.contains("the connection was refused"), "{told}");
    assert!(!told.contains("_watchword"), "an address has no records: {told}");
    let target = authority.serve_site(Flaw::None, |_| Answer::ok(TOKEN)).await;
    let strict = Outbound::new(&config(false)).unwrap();
    let told = ownership(&target.addr().to_string(), TOKEN, &strict).await.unwrap_err();
    assert!(told.contains("127.0.0.1 is a loopback address"), "{told}");
    assert_eq!(target.asked(), [] as [&str; 0]);
}

#[tokio::test]
async fn what_is_no_host_is_refused() {
    for host in ["", "shop.example/path", "ada@shop.example", "shop.example?x", "two words", "https://shop.example"] {
        let told = ownership(host, TOKEN, &outbound()).await.unwrap_err();
        assert!(told.ends_with("is no host; give a name such as shop.example"), "{told}");
    }
}
