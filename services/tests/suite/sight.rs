//! Looking at oneself before blaming the world.

use std::time::Duration;

use monitor_core::checks::{DnsSpec, IcmpSpec};
use monitor_core::health::Status;
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::outcome::{Details, Outcome, Reason, Verdict};
use probes::Check;
use services::Finished;
use services::view::Content;
use test_support::both;
use test_support::builders::outcome;
use test_support::database::TestDatabase;
use test_support::targets::{Answer, answering};

use crate::common::{World, watching};

fn check(settings: &Settings) -> Check {
    Check::compile(settings).unwrap()
}

/// A check of a host of that name by echo requests, of which only what is told of it is known.
fn ping(host: &str) -> Check {
    let spec = CheckSpec::Icmp(IcmpSpec::new(&format!("{host}.example")).unwrap());
    check(&Settings::new(MonitorName::new("x").unwrap(), spec))
}

impl World {
    async fn found(&self, check: &Check, reason: Reason) -> Outcome {
        self.services.examine(check, outcome(self.now(), reason)).await
    }

    /// Echo requests to these hosts, which all answered a minute ago.
    async fn known(&self, hosts: &[&str]) -> Vec<Check> {
        let checks: Vec<Check> = hosts.iter().map(|host| ping(host)).collect();
        for check in &checks {
            self.found(check, Reason::Ok).await;
        }
        self.clock.advance(Duration::from_secs(60));
        checks
    }

    pub(crate) async fn notices(&self) -> Vec<(i32, String)> {
        let posts = self.cards().await.into_iter();
        let notices = posts.filter_map(|post| match post.content {
            Content::Notice(text) => Some((post.revision, text)),
            _ => None,
        });
        notices.collect()
    }
}

both!(most_hosts_falling_silent_at_once_are_told_in_one_notice, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    world.known(&["a", "b", "c", "d", "e", "f", "g"]).await;
    for host in ["a", "b"] {
        assert_eq!(world.found(&ping(host), Reason::NoReply).await.verdict(), Verdict::Failed, "{host}");
        world.clock.advance(Duration::from_secs(2));
    }
    let blind = world.found(&ping("c"), Reason::DnsTimeout).await;
    assert_eq!((blind.reason, blind.verdict()), (Reason::LocalNetwork, Verdict::Inconclusive));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.found(&ping("d"), Reason::NoReply).await.reason, Reason::LocalNetwork);
    let [(1, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.starts_with("I cannot see the network: 3 of 3 hosts do not answer"), "{notice}");

    // One of four that answers, if wrongly, shows that the network is there.
    world.clock.advance(Duration::from_secs(60));
    world.found(&ping("a"), Reason::UnexpectedAnswer).await;
    let [(2, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.contains("for 1 min 1 s; 2 checks told nothing"), "{notice}");

    // Another loss soon after is told in the same notice.
    world.clock.advance(Duration::from_secs(100));
    for host in ["e", "f", "g"] {
        world.clock.advance(Duration::from_secs(3));
        world.found(&ping(host), Reason::NoReply).await;
    }
    let [(3, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.starts_with("I cannot see"), "{notice}");
});

both!(hosts_that_fail_among_others_that_answer_are_down, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    // Most have gone down; the others answer all the time.
    let down: Vec<Check> = (0..12).map(|number| ping(&format!("down-{number}"))).collect();
    let fine: Vec<Check> = (0..8).map(|number| ping(&format!("fine-{number}"))).collect();
    for check in &down {
        world.found(check, Reason::Ok).await;
    }
    world.clock.advance(Duration::from_secs(60));
    for round in 0..30 {
        for check in &fine {
            world.found(check, Reason::Ok).await;
        }
        for check in &down {
            world.clock.advance(Duration::from_millis(300));
            let found = world.found(check, Reason::NoReply).await.reason;
            // When most fall silent within seconds, the next answers of the others, and the next look, are waited for.
            assert!(round < 2 || found == Reason::NoReply, "{round}");
        }
    }
    let notices = world.notices().await;
    assert!(matches!(&notices[..], [(2, over)] if over.starts_with("I can see the network again")), "{notices:?}");
});

both!(what_has_never_answered_is_down_whatever_else_is, async |database: TestDatabase| {
    let world = World::new(database).await;
    let good = ping("good");
    let mut monitors = Vec::new();
    for name in ["a", "b", "c", "d"] {
        monitors.push(world.watch(name, &format!("https://{name}.example")).await);
    }
    for monitor in &monitors {
        world.clock.advance(Duration::from_secs(5));
        world.found(&good, Reason::Ok).await;
        let Finished { claim, policy, outcome } = world.finished(monitor, Reason::ConnectTimeout).await;
        let outcome = world.services.examine(&check(&monitor.settings), outcome).await;
        world.services.record(&[Finished { claim, policy, outcome }]).await.unwrap();
        assert_eq!(world.status(monitor).await, Status::Down);
    }
    assert_eq!(world.incidents().await.len(), 4);
    assert_eq!(world.notices().await, []);
});

both!(one_host_that_answers_shows_that_the_others_are_down, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    let hosts = world.known(&["good", "a", "b", "c", "d"]).await;
    let (good, others) = hosts.split_first().unwrap();
    for check in others {
        world.clock.advance(Duration::from_secs(3));
        world.found(check, Reason::NoReply).await;
    }
    assert!(matches!(&world.notices().await[..], [(1, _)]), "at first it may be the network");
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(5));
        world.found(good, Reason::Ok).await;
        for check in others {
            world.clock.advance(Duration::from_secs(3));
            assert_eq!(world.found(check, Reason::NoReply).await.reason, Reason::NoReply);
        }
    }
    let notices = world.notices().await;
    assert!(matches!(&notices[..], [(2, over)] if over.starts_with("I can see the network again")), "{notices:?}");
});

both!(name_servers_that_refuse_to_answer_are_down, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    let names: Vec<Check> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            let resolver = Some(format!("{name}.ns.example:53").parse().unwrap());
            let spec = DnsSpec { resolver, ..DnsSpec::new(&format!("{name}.example")) };
            check(&Settings::new(MonitorName::new(name).unwrap(), CheckSpec::Dns(spec)))
        })
        .collect();
    for reason in [Reason::Ok, Reason::DnsFailure, Reason::DnsFailure] {
        for check in &names {
            world.clock.advance(Duration::from_secs(3));
            assert_eq!(world.found(check, reason).await.reason, reason);
        }
    }
    assert_eq!(world.notices().await, []);
});

both!(no_network_lies_between_this_machine_and_itself, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    for check in world.known(&["a", "b", "c"]).await {
        world.clock.advance(Duration::from_secs(3));
        world.found(&check, Reason::NoReply).await;
    }
    let peer = Some("127.0.0.1".parse().unwrap());
    let here = Outcome { details: Details { peer, ..Details::default() }, ..outcome(world.now(), Reason::NoReply) };
    assert_eq!(world.services.examine(&ping("here"), here).await.reason, Reason::NoReply);
    assert_eq!(world.found(&ping("elsewhere"), Reason::NoReply).await.reason, Reason::LocalNetwork);
});

both!(a_host_that_refuses_or_hangs_shows_that_the_network_is_there, async |database: TestDatabase| {
    let world = World::new(database).await;
    let reasons = [Reason::ConnectionRefused, Reason::ConnectionReset, Reason::ResponseTimeout, Reason::DnsNotFound];
    for (host, reason) in ["a", "b", "c", "d"].into_iter().zip(reasons) {
        world.clock.advance(Duration::from_secs(3));
        assert_eq!(world.found(&ping(host), reason).await.reason, reason);
    }
});

both!(several_monitors_of_one_host_count_once, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.known(&["shop"]).await;
    for _ in 0..5 {
        assert_eq!(world.found(&ping("shop"), Reason::NoReply).await.reason, Reason::NoReply);
        world.clock.advance(Duration::from_secs(3));
    }
});

both!(hosts_that_answered_before_are_looked_at_first, async |database: TestDatabase| {
    let world = World::new(database).await;
    // The same machine by two names, which are two hosts to whoever counts names.
    let answers = answering(Answer::status(503)).await;
    let by_name = answers.url().replace("127.0.0.1", "localhost");
    for url in [answers.url(), by_name] {
        world.found(&check(&watching("x", &url)), Reason::Ok).await;
    }
    world.known(&["a", "b", "c"]).await;
    for host in ["a", "b", "c"] {
        assert_eq!(world.found(&ping(host), Reason::NoReply).await.reason, Reason::NoReply, "{host}");
        world.clock.advance(Duration::from_secs(3));
    }
    assert_eq!(world.notices().await, []);
});

both!(witnesses_decide_alone, async |database: TestDatabase| {
    let mut world = World::new(database).await;
    let answers = answering(Answer::status(503)).await;
    world.believe(vec![check(&watching("witness", &answers.url()))]);
    for check in world.known(&["a", "b", "c", "d"]).await {
        world.clock.advance(Duration::from_secs(3));
        assert_eq!(world.found(&check, Reason::NoReply).await.reason, Reason::NoReply);
    }
});
