use monitor_core::checks::IcmpSpec;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Reason, Verdict};

use crate::{AMPLE, config, outbound, run_settings, settings, told};

fn spec(host: &str) -> CheckSpec {
    CheckSpec::Icmp(IcmpSpec::new(host).unwrap())
}

/// Both ends of what a system may permit are right: an answer, or what to do for one.
#[tokio::test]
async fn a_host_answers_where_the_system_permits_to_ask() {
    let outbound = outbound();
    for host in ["127.0.0.1", "localhost"] {
        let outcome = run_settings(&settings(spec(host), &["loss == 0", "latency < 5s"]), &outbound, AMPLE).await;
        if outcome.reason == Reason::PermissionMissing {
            assert!(outcome.message.contains("sysctl -w net.ipv4.ping_group_range=\"0 2147483647\""));
            assert_eq!(outcome.verdict(), Verdict::Inconclusive);
        } else {
            assert_eq!(told(&outcome), "ok");
            assert!(outcome.duration.as_secs() < 1 && outcome.timings.time_to_first_byte == Some(outcome.duration));
        }
    }
}

#[tokio::test]
async fn checks_of_the_same_host_at_the_same_time_get_their_own_replies() {
    let outbound = outbound();
    let monitor = settings(spec("127.0.0.1"), &["loss == 0"]);
    let checks = (0..50).map(|_| {
        let (monitor, outbound) = (monitor.clone(), outbound.clone());
        tokio::spawn(async move { run_settings(&monitor, &outbound, AMPLE).await })
    });
    for check in checks.collect::<Vec<_>>() {
        let outcome = check.await.unwrap();
        assert!(matches!(outcome.reason, Reason::Ok | Reason::PermissionMissing), "{}", told(&outcome));
    }
}

#[tokio::test]
async fn refused_addresses_are_not_asked() {
    let strict = probes::Outbound::new(&config(false)).unwrap();
    for host in ["127.0.0.1", "localhost", "::1", "10.0.0.1"] {
        let outcome = run_settings(&settings(spec(host), &[]), &strict, AMPLE).await;
        assert_eq!(outcome.reason, Reason::AddressRefused, "{host}");
    }
}
