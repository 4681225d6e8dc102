//! Looking at oneself before blaming the world.

use std::time::Duration;

use monitor_core::monitor::Settings;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use probes::Check;
use services::view::Content;
use test_support::both;
use test_support::builders::{START, outcome};
use test_support::database::TestDatabase;
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};

use crate::common::{World, watching, witnessed};

fn check(settings: &Settings) -> Check {
    Check::compile(settings).unwrap()
}

/// A check of a host of that name, which nothing reaches.
fn lost(host: &str) -> Check {
    check(&watching("x", &format!("https://{host}.example")))
}

impl World {
    async fn found(&self, check: &Check, reason: Reason) -> Outcome {
        self.services.examine(check, outcome(self.now(), reason)).await
    }

    async fn notices(&self) -> Vec<(i32, String)> {
        let posts = self.cards().await.into_iter();
        let notices = posts.filter_map(|post| match post.content {
            Content::Notice(text) => Some((post.revision, text)),
            Content::Incident(_) => None,
        });
        notices.collect()
    }
}

both!(when_most_hosts_fail_at_once_nothing_is_said_of_them_and_one_notice_tells, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    for host in ["a", "b"] {
        assert_eq!(world.found(&lost(host), Reason::ConnectTimeout).await.verdict(), Verdict::Failed, "{host}");
        world.clock.advance(Duration::from_secs(2));
    }
    let blind = world.found(&lost("c"), Reason::DnsTimeout).await;
    assert_eq!((blind.reason, blind.verdict()), (Reason::LocalNetwork, Verdict::Inconclusive));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.found(&lost("d"), Reason::ConnectTimeout).await.reason, Reason::LocalNetwork);
    let [(1, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.starts_with("I cannot see the network: 3 of 3 hosts do not answer"), "{notice}");

    // Whoever answers, if wrongly, proves that the network is there.
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.found(&lost("a"), Reason::UnexpectedStatus).await.reason, Reason::UnexpectedStatus);
    let [(2, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.contains("for 1 min 1 s") && notice.contains("2 checks told nothing"), "{notice}");
});

both!(one_host_that_fails_among_others_that_answer_is_down, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    for host in ["a", "b", "c"] {
        world.found(&lost(host), Reason::Ok).await;
    }
    for host in ["x", "y", "z"] {
        assert_eq!(world.found(&lost(host), Reason::ConnectTimeout).await.reason, Reason::ConnectTimeout, "{host}");
    }
    assert_eq!(world.notices().await, []);
});

both!(several_monitors_of_one_host_count_once, async |database: TestDatabase| {
    let world = World::new(database).await;
    for path in ["a", "b", "c", "d"] {
        let check = check(&watching("x", &format!("https://shop.example:8443/{path}")));
        assert_eq!(world.found(&check, Reason::ConnectionRefused).await.reason, Reason::ConnectionRefused, "{path}");
        world.clock.advance(Duration::from_secs(2));
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
    world.clock.advance(Duration::from_secs(60));
    for host in ["a", "b"] {
        assert_eq!(world.found(&lost(host), Reason::HostUnreachable).await.reason, Reason::HostUnreachable, "{host}");
        world.clock.advance(Duration::from_secs(2));
    }
    assert_eq!(world.notices().await, []);
});

both!(when_no_witness_answers_it_is_this_machine, async |database: TestDatabase| {
    for (witness_answers, expected) in [(true, Reason::ConnectTimeout), (false, Reason::LocalNetwork)] {
        let answers = answering(Answer::status(503)).await;
        let gone = misbehaving(Misbehaviour::Refuses).await;
        let url = if witness_answers { answers.url() } else { format!("http://{}", gone.addr()) };
        let services = witnessed(&database, vec![check(&watching("witness", &url))]);
        let found = async |host, reason| services.examine(&lost(host), outcome(START, reason)).await.reason;
        // Even if all else answers, which may be on this side of the router.
        for host in ["a", "b", "c"] {
            assert_eq!(found(host, Reason::Ok).await, Reason::Ok);
        }
        assert_eq!(found("d", Reason::ConnectTimeout).await, expected);
    }
});
