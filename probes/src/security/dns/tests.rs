use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::security::observed::Dns;
use test_support::services;
use test_support::targets::dns::{Zone, name_server};

use super::*;
use crate::Outbound;
use crate::connect::borrowed;
use crate::resolve::tests::asking;
use crate::security::{Proof, ownership};

async fn looked_up(host: &str, outbound: &Outbound, limit: Duration) -> Dns {
    let asker = Asker::new(outbound, Timestamp::from_millis(0), limit);
    look(&borrowed(&Host::parse(host).unwrap()), &asker).await
}

fn ok(texts: &[&str]) -> Result<Vec<String>, String> {
    Ok(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[tokio::test]
async fn records_are_those_of_the_host_and_of_its_domain() {
    let outbound = asking(services::dns(), true);
    let ample = Duration::from_secs(10);
    for host in ["watchword.test", "WWW.watchword.test.", "nothing.here.watchword.test", "alias.watchword.test"] {
        let seen = looked_up(host, &outbound, ample).await;
        let expected = Dns {
            domain: "watchword.test".into(),
            caa: ok(&["0 issue \"ca.example\""]),
            spf: ok(&["v=spf1 mx -all"]),
            dmarc: ok(&["v=DMARC1; p=reject"]),
            mx: ok(&["10 mail.watchword.test", "20 backup.mail.watchword.test"]),
        };
        assert_eq!(sorted(seen), expected, "{host}");
    }
    let broken = looked_up("www.bogus.test", &outbound, ample).await;
    assert_eq!(broken.domain, "bogus.test");
    let why = "the name server answered “Server Failure” for CAA of www.bogus.test";
    assert_eq!(broken.caa.unwrap_err().to_lowercase(), why.to_lowercase());
    assert!(broken.spf.is_err() && broken.dmarc.is_err() && broken.mx.is_err());
}

/// Name servers turn the order of their answers around.
fn sorted(mut dns: Dns) -> Dns {
    for records in [&mut dns.caa, &mut dns.spf, &mut dns.dmarc, &mut dns.mx].into_iter().flatten() {
        records.sort_unstable();
    }
    dns
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_from_what_cannot_be_asked() {
    let nothing = name_server(Zone::NoSuchName).await;
    let seen = looked_up("www.shop.example", &asking(nothing.addr(), true), Duration::from_secs(10)).await;
    let none = Dns { domain: "shop.example".into(), caa: ok(&[]), spf: ok(&[]), dmarc: ok(&[]), mx: ok(&[]) };
    assert_eq!(seen, none);
    for zone in [Zone::ServerFailure, Zone::Silent] {
        let server = name_server(zone).await;
        let seen = looked_up("shop.example", &asking(server.addr(), true), Duration::from_millis(300)).await;
        assert_eq!(seen.domain, "shop.example");
        assert!([&seen.caa, &seen.spf, &seen.dmarc, &seen.mx].iter().all(|records| records.is_err()), "{seen:?}");
    }
    let address = looked_up("192.0.2.1", &asking(nothing.addr(), true), Duration::from_secs(10)).await;
    assert_eq!(address.domain, "192.0.2.1");
    assert_eq!(address.caa.unwrap_err(), "the host is an address, which has no such records");
}

#[tokio::test]
async fn a_record_shows_whose_the_host_is() {
    let outbound = asking(services::dns(), true);
    let host = "www.watchword.test";
    assert_eq!(ownership(host, "8f14e45fceea167a", &outbound).await, Ok(Some(Proof::Dns)));
    // The addresses of this host lead nowhere, so the file cannot be looked at when the record is another's.
    let policy = asking(services::dns(), false);
    for token in ["8f14e45fceea167", "8f14e45fceea167a1", "8F14E45FCEEA167A", "watchword-verification=8f14e45fceea167a"]
    {
        let told = ownership(host, token, &policy).await.unwrap_err();
        assert!(
            told.starts_with("no TXT record of _watchword.www.watchword.test has the token, and https://"),
            "{told}"
        );
    }
    assert_eq!(ownership(host, "", &outbound).await, Ok(None));
}
