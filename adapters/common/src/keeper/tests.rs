//! The keeper over the real services on SQLite, and a platform in memory. Time is told to it, so that nothing waits.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use bot_core::{Reply, TextStyle};
use monitor_core::Timestamp;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::health::Policy;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use monitor_core::people::{Actor, ConversationId};
use probes::{Outbound, OutboundConfig};
use services::testing::Scripted;
use services::{Clock, Finished, LEASE_SLACK, Options};
use test_support::builders::{START, outcome, settings};
use test_support::database::{KEY, TestDatabase};
use tokio::sync::Notify;

use super::*;
use crate::courier::Rest;
use crate::{Fault, Sent, Target};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A platform in memory.
#[derive(Default)]
struct Memory {
    seen: Mutex<Seen>,
    /// Conversations whose calls end only when this is told.
    slow: Mutex<HashMap<String, Arc<Notify>>>,
    rest: Rest,
}

#[derive(Default)]
struct Seen {
    /// All that was posted and is there, by its id: where, what it shows, and its thread.
    messages: Vec<(String, Option<String>, Vec<String>)>,
    /// Each call that was taken, in its order: `post ops`.
    calls: Vec<String>,
    /// How calls end, before they do as they should.
    faults: VecDeque<Fault>,
    /// How all calls end.
    down: Option<Fault>,
    /// Nothing can be told in threads.
    closed_threads: bool,
    tries: usize,
    /// What followed a first message is there.
    rest_is_there: bool,
}

impl Memory {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    async fn call(&self, what: &str, to: &Target) -> Result<(), Fault> {
        let slow = self.slow.lock().unwrap().get(&to.conversation).cloned();
        if let Some(slow) = slow {
            slow.notified().await;
        }
        let mut seen = self.seen();
        seen.tries += 1;
        if let Some(fault) = seen.faults.pop_front().or_else(|| seen.down.clone()) {
            return Err(fault);
        }
        seen.calls.push(format!("{what} {}", to.conversation));
        Ok(())
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.seen().calls)
    }

    /// All that can be read in a conversation.
    fn shown(&self, conversation: &str) -> String {
        let seen = self.seen();
        let here = seen.messages.iter().filter(|(to, text, _)| to == conversation && text.is_some());
        let text = |(_, text, thread): &(String, Option<String>, Vec<String>)| {
            let thread = thread.iter().map(|line| format!("\n    > {}", line.replace('\n', "\n    > ")));
            format!("{}{}", text.clone().unwrap_or_default(), thread.collect::<String>())
        };
        here.map(text).collect::<Vec<_>>().join("\n")
    }
}

fn text(reply: &Reply) -> String {
    reply.to_text(TextStyle { width: 200, ..TextStyle::PLAIN }).trim().to_owned()
}

impl Courier for Memory {
    const PLATFORM: &'static str = "discord";
    const PACE: Duration = SECOND;

    fn rest(&self) -> &Rest {
        &self.rest
    }

    async fn post(&self, to: &Target, reply: &Reply) -> Result<Sent, Fault> {
        self.call("post", to).await?;
        let mut seen = self.seen();
        seen.messages.push((to.conversation.clone(), Some(text(reply)), Vec::new()));
        Ok(Sent { message: (seen.messages.len() - 1).to_string(), thread: None })
    }

    async fn edit(&self, to: &Target, sent: &Sent, reply: &Reply) -> Result<(), Fault> {
        self.call("edit", to).await?;
        let mut seen = self.seen();
        let (place, shown, _) = &mut seen.messages[sent.message.parse::<usize>().unwrap()];
        assert_eq!(*place, to.conversation);
        if shown.is_none() {
            return Err(Fault::Gone("deleted".to_owned()));
        }
        *shown = Some(text(reply));
        Ok(())
    }

    async fn follow_up(&self, to: &Target, card: &Sent, reply: &Reply) -> Result<Sent, Fault> {
        self.call("tell", to).await?;
        let mut seen = self.seen();
        if seen.closed_threads {
            return Err(Fault::Closed("missing permissions".to_owned()));
        }
        let (_, shown, thread) = &mut seen.messages[card.message.parse::<usize>().unwrap()];
        if shown.is_none() {
            return Err(Fault::Gone("deleted".to_owned()));
        }
        assert_eq!(card.thread.is_some(), !thread.is_empty(), "the thread is remembered");
        thread.push(text(reply));
        Ok(Sent { thread: Some(format!("thread-{}", card.message)), ..card.clone() })
    }
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct World {
    database: TestDatabase,
    clock: Arc<TestClock>,
    services: Services,
    owner: Actor,
    platform: Arc<Memory>,
    keeper: Keeper<Memory>,
    began: Instant,
}

fn services(store: storage::Store, clock: &Arc<TestClock>) -> Services {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
    let options = Options { audits: Scripted::default().options(), ..Options::default() };
    Services::with_options(store, Outbound::new(&config).unwrap(), Arc::clone(clock) as Arc<dyn Clock>, options)
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::sqlite().await;
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_millis())));
        let services = services(database.store.clone(), &clock);
        let owner = services.local_owner().await.unwrap();
        let platform = Arc::new(Memory::default());
        let keeper = Keeper::new(Arc::clone(&platform), services.clone());
        Self { database, clock, services, owner, platform, keeper, began: Instant::now() }
    }

    async fn conversation(&self, name: &str) -> ConversationId {
        self.services.conversation(&self.owner, "discord", name).await.unwrap()
    }

    /// Adds a monitor whose incidents are told there, each of its own.
    async fn add(&self, name: &str, conversation: &str) -> Monitor {
        let conversation = self.conversation(conversation).await;
        let policy = Policy { retries: 0, ..Policy::default() };
        let settings = Settings { policy, ..settings(name, MINUTE) };
        self.services.add_monitor(&self.owner, &settings, conversation).await.unwrap()
    }

    async fn check(&self, monitor: &Monitor, reason: Reason) {
        let now = self.services.now();
        let claim = self.services.store().claim_one(monitor.id, now, LEASE_SLACK).await.unwrap().unwrap();
        let finished = Finished { claim, policy: monitor.settings.policy, outcome: outcome(now, reason) };
        self.services.record(&[finished]).await.unwrap();
    }

    async fn fail(&self, monitor: &Monitor) {
        self.check(monitor, Reason::ConnectionRefused).await;
    }

    fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The present, as the keeper sees it.
    fn now(&self) -> Instant {
        self.began + self.services.now().since(START)
    }

    /// Lets the keeper work until so much time has passed.
    async fn keep_for(&mut self, time: Duration) {
        let end = self.now() + time;
        loop {
            let now = self.now();
            let next = self.keeper.look(now).await;
            while let Some(done) = self.keeper.running.next().await {
                self.keeper.finish(done, now);
            }
            if now >= end {
                return;
            }
            // The clock knows milliseconds, and time has to pass.
            let next = next.min(self.keeper.lanes.next(now)).min(end);
            self.pass((next - now).max(Duration::from_millis(1)));
        }
    }

    /// A new process goes on over the same database.
    async fn restart(&mut self) {
        self.services = services(self.database.open_again(KEY).await, &self.clock);
        self.keeper = Keeper::new(Arc::clone(&self.platform), self.services.clone());
    }

    async fn waits(&self) -> usize {
        self.services.conversations_waiting("discord").await.unwrap().len()
    }
}

#[tokio::test]
async fn an_incident_is_one_card_and_its_thread_is_the_story() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops"], "the card alone tells that it was opened");

    world.pass(MINUTE);
    world.services.acknowledge(&world.owner, Some("shop"), "on it").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"]);

    world.pass(MINUTE);
    world.services.note(&world.owner, Some("shop"), "the `disk` is full").await.unwrap();
    world.keep_for(10 * SECOND).await;
    world.pass(MINUTE);
    world.check(&shop, Reason::Ok).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops", "edit ops", "tell ops"]);
    insta::assert_snapshot!(world.platform.shown("ops"), @r"
    ● up  shop  recovered after 3 min 30 s at 00:03 UTC; it was: Nothing listens on the target's port. #1
        > 00:00 UTC · shop failed: Nothing listens on the target's port.
        > 00:01 UTC · Owner acknowledged it: on it
        > 00:02 UTC · Owner noted: the 'disk' is full
        > 00:03 UTC · It is over: recovered.
    ");
    world.keep_for(MINUTE).await;
    assert_eq!((world.platform.calls(), world.waits().await), (vec![], 0), "each of it once");
}

#[tokio::test]
async fn what_nobody_looks_at_any_more_is_not_said_to_be_well() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.delete_monitor(&world.owner, "shop").await.unwrap();
    world.keep_for(5 * SECOND).await;
    let shown = world.platform.shown("ops");
    assert!(shown.contains("It is over: its monitor or its alert rule was deleted."), "{shown}");
}

#[tokio::test]
async fn what_happens_elsewhere_edits_the_card_here() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let elsewhere = world.services.conversation(&world.owner, "web", "page").await.unwrap();
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let other = services(world.database.open_again(KEY).await, &world.clock);
    assert!(other.last_seq(&world.owner, elsewhere).await.unwrap() == 0);
    other.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(5 * SECOND).await;
    assert!(world.platform.shown("ops").contains("has acknowledged it"), "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn changes_of_a_card_are_told_as_one_and_not_too_often() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(Duration::ZERO).await;
    for minute in 0..5 {
        world.services.note(&world.owner, Some("shop"), &format!("note {minute}")).await.unwrap();
        world.keep_for(SECOND / 10).await;
    }
    assert_eq!(world.platform.calls(), ["post ops"], "two seconds have not passed");
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"]);
    assert_eq!(world.platform.shown("ops").matches("noted: note").count(), 5);
}

#[tokio::test]
async fn the_cursor_waits_until_the_platform_has_taken_it() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let later = |after| Fault::Later { after, why: "429".to_owned() };
    world.platform.seen().faults.extend([later(Some(20 * SECOND)), later(None)]);
    world.fail(&shop).await;
    world.keep_for(19 * SECOND).await;
    assert_eq!((world.waits().await, world.platform.seen().tries), (1, 1), "it asked for 20 s");
    world.keep_for(SECOND).await;
    assert_eq!(world.platform.seen().tries, 2);
    world.keep_for(5 * SECOND).await;
    assert_eq!((world.platform.calls(), world.waits().await), (vec!["post ops".to_owned()], 0));
}

#[tokio::test]
async fn a_restart_in_the_middle_posts_nothing_twice() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    // Killed after the first card was taken, and before anything after it.
    world.keep_for(Duration::ZERO).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    world.restart().await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    assert!(world.platform.shown("ops").contains("blog"));
    world.restart().await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_slow_conversation_holds_up_no_other() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "slow").await, world.add("blog", "fast").await);
    let gate = Arc::new(Notify::new());
    world.platform.slow.lock().unwrap().insert("slow".to_owned(), Arc::clone(&gate));
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    for _ in 0..2 {
        let now = world.now();
        world.keeper.look(now).await;
        let done = world.keeper.running.next().await.unwrap();
        world.keeper.finish(done, now);
        world.pass(SECOND);
    }
    assert_eq!(world.platform.calls(), ["post fast"]);
    assert_eq!(world.keeper.running.len(), 1);
    gate.notify_one();
    let done = world.keeper.running.next().await.unwrap();
    world.keeper.finish(done, world.now());
    assert_eq!(world.platform.calls(), ["post slow"]);
}

#[tokio::test]
async fn an_hour_of_outage_ends_with_a_summary_and_the_cards_that_are_still_open() {
    let mut world = World::new().await;
    let before = world.add("before", "ops").await;
    world.fail(&before).await;
    world.keep_for(10 * SECOND).await;
    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    let mut monitors = Vec::new();
    for number in 0..14 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.keep_for(4 * MINUTE).await;
        world.fail(&monitor).await;
        monitors.push(monitor);
    }
    for monitor in monitors.iter().take(2).chain([&before]) {
        world.pass(SECOND);
        world.check(monitor, Reason::Ok).await;
    }
    world.platform.calls();
    assert!(world.platform.seen().tries < 40, "{}", world.platform.seen().tries);
    world.platform.seen().down = None;
    world.keep_for(10 * MINUTE).await;

    let calls = world.platform.calls();
    assert_eq!(calls.iter().filter(|call| *call == "post ops").count(), 11, "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "edit ops").count(), 1, "{calls:?}");
    assert_eq!(calls.len(), 12, "no thread is flooded: {calls:?}");
    // When it is tried again is left to chance, within limits.
    let shown = world.platform.shown("ops");
    let (before, (_, after)) =
        shown.split_once(" to 2026-03-01 ").map(|(b, a)| (b, a.split_once(" UTC: ").unwrap())).unwrap();
    insta::assert_snapshot!(format!("{before} until now: {after}"), @r"
    ● up  before  recovered after 56 min 13 s at 00:56 UTC; it was: Nothing listens on the target's port. #1
    Discord could not be told what happened from 2026-03-01 00:04 UTC until now: 15 incidents, 12 still open: m13 is down (#15), m12 is down (#14), m11 is down (#13), m10 is down (#12), m9
    is down (#11), m8 is down (#10), m7 is down (#9), m6 is down (#8), m5 is down (#7), m4 is down (#6), and 2 more. `list-incidents` shows them all.
    ✖ down  m4  is down — Nothing listens on the target's port. Since 00:20 UTC. #6
    ✖ down  m5  is down — Nothing listens on the target's port. Since 00:24 UTC. #7
    ✖ down  m6  is down — Nothing listens on the target's port. Since 00:28 UTC. #8
    ✖ down  m7  is down — Nothing listens on the target's port. Since 00:32 UTC. #9
    ✖ down  m8  is down — Nothing listens on the target's port. Since 00:36 UTC. #10
    ✖ down  m9  is down — Nothing listens on the target's port. Since 00:40 UTC. #11
    ✖ down  m10  is down — Nothing listens on the target's port. Since 00:44 UTC. #12
    ✖ down  m11  is down — Nothing listens on the target's port. Since 00:48 UTC. #13
    ✖ down  m12  is down — Nothing listens on the target's port. Since 00:52 UTC. #14
    ✖ down  m13  is down — Nothing listens on the target's port. Since 00:56 UTC. #15
    ");
    let all = services::view::IncidentFilter::default();
    let all = world.services.incidents(&world.owner, None, &all, 100).await.unwrap();
    assert_eq!((all.len(), world.waits().await), (15, 0));

    // What happens to them later is told again.
    world.check(&monitors[2], Reason::Ok).await;
    world.keep_for(MINUTE).await;
    world.services.acknowledge(&world.owner, Some("m13"), "").await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops", "tell ops", "edit ops", "tell ops"]);
}

#[tokio::test]
async fn an_outage_of_platform_and_targets_that_ends_for_all_at_once_is_a_summary() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..12 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        if number < 6 {
            // These have cards already, which change.
            world.fail(&monitor).await;
            world.keep_for(20 * MINUTE).await;
        }
        monitors.push(monitor);
    }
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.waits().await, 0);
    world.platform.calls();

    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    for (number, monitor) in monitors.iter().enumerate() {
        if number < 6 {
            world.services.acknowledge(&world.owner, Some(monitor.settings.name.as_str()), "").await.unwrap();
        } else {
            world.fail(monitor).await;
        }
        world.pass(11 * MINUTE);
    }
    world.keep_for(20 * MINUTE).await;
    // Targets and platform come back together.
    for monitor in &monitors {
        world.check(monitor, Reason::Ok).await;
    }
    world.platform.seen().down = None;
    world.keep_for(10 * MINUTE).await;
    let calls = world.platform.calls();
    assert_eq!(calls.iter().filter(|call| *call == "post ops").count(), 1, "the summary alone: {calls:?}");
    assert!(!calls.iter().any(|call| call == "tell ops"), "no thread is flooded: {calls:?}");
    assert!(
        world.platform.shown("ops").contains("12 incidents, none is open any more"),
        "{}",
        world.platform.shown("ops")
    );
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn many_that_recover_at_once_are_no_outage_of_the_platform() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..8 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.fail(&monitor).await;
        world.keep_for(20 * MINUTE).await;
        monitors.push(monitor);
    }
    world.keep_for(60 * MINUTE).await;
    for monitor in &monitors {
        world.check(monitor, Reason::Ok).await;
    }
    world.keep_for(10 * MINUTE).await;
    assert!(!world.platform.shown("ops").contains("could not be told"), "{}", world.platform.shown("ops"));
    assert_eq!(world.platform.calls().iter().filter(|call| *call == "tell ops").count(), 8);
}

#[tokio::test]
async fn a_summary_that_could_not_be_noted_is_not_said_again() {
    for table in ["INSERT ON posted", "UPDATE ON conversation"] {
        let mut world = World::new().await;
        for number in 0..8 {
            let monitor = world.add(&format!("m{number}"), "ops").await;
            world.pass(10 * MINUTE);
            world.fail(&monitor).await;
        }
        world.pass(10 * MINUTE);
        let full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
        world.database.execute(&format!("CREATE TRIGGER full BEFORE {table} {full}")).await;
        world.keep_for(60 * MINUTE).await;
        let summaries = |world: &World| world.platform.shown("ops").matches("could not be told").count();
        assert_eq!(summaries(&world), 1, "{table}");
        world.database.execute("DROP TRIGGER full").await;
        world.keep_for(10 * MINUTE).await;
        assert_eq!((summaries(&world), world.waits().await), (1, 0), "{table}");
        assert_eq!(world.platform.calls().len(), 9, "{table}: the summary, and each card once");
    }
}

#[tokio::test]
async fn a_restart_after_the_summary_tells_no_second_one() {
    let mut world = World::new().await;
    for number in 0..8 {
        let monitor = world.add(&format!("m{number}"), "ops").await;
        world.pass(10 * MINUTE);
        world.fail(&monitor).await;
    }
    world.pass(10 * MINUTE);
    world.keep_for(2 * SECOND).await;
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.shown("ops").matches("could not be told").count(), 1);
    assert_eq!(world.platform.calls().len(), 9);
}

/// Changes the cards of all monitors in the same moment.
async fn change_all(world: &World, monitors: &[Monitor]) {
    let names: Vec<&str> = monitors.iter().map(|monitor| monitor.settings.name.as_str()).collect();
    let what = services::Silenced::Monitors(names.join(","));
    world.services.silence(&world.owner, &what, 60 * MINUTE, "deploy").await.unwrap();
}

fn summaries(world: &World) -> usize {
    world.platform.shown("ops").matches("could not be told").count()
}

#[tokio::test]
async fn cards_that_a_summary_passed_over_and_that_change_at_once_are_no_outage() {
    let mut world = World::new().await;
    world.platform.seen().down = Some(Fault::Later { after: None, why: "connection refused".to_owned() });
    let mut monitors = Vec::new();
    for number in 0..16 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
        world.fail(&monitors[number]).await;
        world.keep_for(2 * MINUTE).await;
    }
    world.platform.seen().down = None;
    world.keep_for(20 * MINUTE).await;
    assert_eq!((summaries(&world), world.platform.calls().len(), world.waits().await), (1, 11, 0));

    change_all(&world, &monitors).await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!(summaries(&world), 1, "{}", world.platform.shown("ops"));
    let posts = world.platform.calls().iter().filter(|call| *call == "post ops").count();
    assert_eq!((posts, world.waits().await), (6, 0), "those that had no message");
}

#[tokio::test]
async fn cards_that_were_refused_once_or_are_gone_and_change_at_once_are_no_outage() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..8 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
        if number < 4 {
            world.platform.seen().faults.push_back(Fault::Refused("too odd".to_owned()));
        }
        world.fail(&monitors[number]).await;
        world.keep_for(2 * MINUTE).await;
    }
    world.keep_for(20 * MINUTE).await;
    for message in &mut world.platform.seen().messages {
        message.1 = None;
    }
    change_all(&world, &monitors).await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!((summaries(&world), world.waits().await), (0, 0), "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn a_storm_is_told_card_by_card_however_long_it_takes() {
    let mut world = World::new().await;
    let mut monitors = Vec::new();
    for number in 0..20 {
        monitors.push(world.add(&format!("m{number}"), "ops").await);
    }
    for monitor in &monitors {
        world.pass(2 * MINUTE);
        world.fail(monitor).await;
        world.keep_for(SECOND).await;
    }
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.platform.calls().iter().filter(|call| *call == "post ops").count(), 20);
    assert!(!world.platform.shown("ops").contains("could not be told"));
}

#[tokio::test]
async fn a_card_that_was_deleted_is_posted_anew() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.platform.seen().messages[0].1 = None;
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops", "edit ops", "post ops", "tell ops"]);
    assert!(world.platform.shown("ops").contains("has acknowledged it"));
}

#[tokio::test]
async fn a_card_that_is_taken_away_again_and_again_is_left_alone() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    for _ in 0..300 {
        for message in &mut world.platform.seen().messages {
            message.1 = None;
        }
        world.keep_for(Duration::from_millis(500)).await;
    }
    let posts = world.platform.calls().iter().filter(|call| *call == "post ops").count();
    assert_eq!((posts, world.waits().await), (4, 0));
}

#[tokio::test]
async fn a_thread_that_cannot_be_written_in_leaves_the_conversation_open() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.note(&world.owner, Some("shop"), "somebody looks").await.unwrap();
    world.platform.seen().closed_threads = true;
    world.keep_for(MINUTE).await;
    world.fail(&blog).await;
    world.keep_for(MINUTE).await;
    assert!(world.platform.shown("ops").contains("blog"), "{}", world.platform.shown("ops"));
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn what_could_not_be_noted_is_not_sent_again() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world
        .database
        .execute(
            "CREATE TRIGGER full BEFORE INSERT ON posted BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .await;
    world.fail(&shop).await;
    world.keep_for(60 * MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    world.database.execute("DROP TRIGGER full").await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.waits().await, 0);
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"], "it is the same card");
}

#[tokio::test]
async fn a_message_that_is_refused_is_passed_over() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.platform.seen().faults.push_back(Fault::Refused("too odd".to_owned()));
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.seen().tries, 2);
    assert!(world.platform.shown("ops").contains("blog"));
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn a_closed_conversation_is_tried_once_an_hour_and_when_somebody_speaks_there() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.platform.seen().faults.push_back(Fault::Closed("kicked".to_owned()));
    world.fail(&shop).await;
    world.keep_for(MINUTE).await;
    assert_eq!((world.waits().await, world.platform.seen().tries), (1, 1));
    let conversation = world.conversation("ops").await;
    let closed_at = async |world: &World| world.services.following(&world.owner, conversation).await.unwrap().closed_at;
    let since = closed_at(&world).await;
    assert!(since.is_some());
    // It is closed as long as it was, and again to a process that knows nothing of it.
    world.platform.seen().down = Some(Fault::Closed("kicked".to_owned()));
    world.keep_for(120 * MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 3));
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 4));
    // Who speaks there may be where the bot is not: it is tried at once, and closed as long as it was.
    world.services.store().hear_in_closed(conversation, world.services.now()).await.unwrap();
    world.keep_for(30 * MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 5));
    world.platform.seen().down = None;
    world.services.store().hear_in_closed(conversation, world.services.now()).await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!((world.platform.calls(), closed_at(&world).await), (vec!["post ops".to_owned()], None));

    world.platform.seen().faults.push_back(Fault::Closed("muted".to_owned()));
    world.check(&shop, Reason::Ok).await;
    world.keep_for(59 * MINUTE).await;
    assert_eq!(world.platform.calls(), [""; 0]);
    world.keep_for(2 * MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"], "it heals by itself");
    assert_eq!((world.waits().await, closed_at(&world).await), (0, None));
}

#[tokio::test]
async fn a_conversation_that_begins_to_follow_gets_no_history() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let late = world.conversation("late").await;
    let tx = world.services.store().begin().await.unwrap();
    tx.subscribe(shop.id, late).await.unwrap();
    tx.commit().await.unwrap();
    world.pass(MINUTE);
    world.check(&shop, Reason::Ok).await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.shown("late"), "", "it was over when it first came up there");
    world.pass(10 * MINUTE);
    world.fail(&shop).await;
    world.keep_for(MINUTE).await;
    assert!(world.platform.shown("late").contains("shop"));
}

#[tokio::test]
async fn a_silence_is_told_once() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let what = services::Silenced::Monitors("shop".to_owned());
    world.services.silence(&world.owner, &what, 60 * MINUTE, "deploy").await.unwrap();
    world.keep_for(10 * SECOND).await;
    world.services.note(&world.owner, Some("shop"), "again").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.shown("ops").matches("silenced it until").count(), 1, "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn a_notice_is_a_message_that_changes() {
    let mut world = World::new().await;
    world.add("shop", "ops").await;
    for says in ["I see nothing", "I see again"] {
        let tx = world.services.store().begin().await.unwrap();
        tx.post_notice(storage::Audience::Everybody, "sight", says, world.services.now()).await.unwrap();
        tx.commit().await.unwrap();
        world.keep_for(10 * SECOND).await;
        assert_eq!(world.platform.shown("ops"), says);
    }
    assert_eq!(world.platform.calls(), ["post ops", "edit ops"]);
}

#[tokio::test]
async fn an_audit_is_one_card_and_its_report_comes_in_its_thread_once() {
    let mut world = World::new().await;
    let ops = world.conversation("ops").await;
    let page = AuditSpec::of("http://127.0.0.1:9/").unwrap();
    world.services.audit(&world.owner, ops, &page).await.unwrap();
    world.keep_for(5 * SECOND).await;
    assert!(world.platform.shown("ops").contains("is the next to be made"), "{}", world.platform.shown("ops"));
    let claim = world.services.claim_audit().await.unwrap().unwrap();
    world.services.work_on_audit(claim, &CancellationToken::new()).await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops", "edit ops", "tell ops"]);
    let shown = world.platform.shown("ops");
    assert!(shown.contains("is done after") && shown.contains("> File audit-1-127.0.0.1.pdf"), "{shown}");

    // Whoever changes the card again, or starts anew, brings the report no second time.
    let tx = world.services.store().begin().await.unwrap();
    tx.post_task(monitor_core::audit::AuditId(1), world.services.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops"]);
    assert_eq!(world.platform.shown("ops"), shown);
}

#[tokio::test]
async fn a_report_that_cannot_be_brought_is_brought_later() {
    let mut world = World::new().await;
    let ops = world.conversation("ops").await;
    let page = AuditSpec::of("http://127.0.0.1:9/").unwrap();
    world.services.audit(&world.owner, ops, &page).await.unwrap();
    let claim = world.services.claim_audit().await.unwrap().unwrap();
    world.services.work_on_audit(claim, &CancellationToken::new()).await.unwrap();
    world.keep_for(Duration::ZERO).await;
    world.platform.seen().faults.push_back(Fault::Later { after: None, why: "down".to_owned() });
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops", "tell ops"]);
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn it_runs_until_it_is_told_to_stop() {
    let world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(Keeper::run(Arc::clone(&world.platform), world.services.clone(), shutdown.clone()));
    let mut changes = world.services.changes();
    world.fail(&shop).await;
    changes.changed().await.unwrap();
    while world.waits().await > 0 || world.platform.shown("ops").is_empty() {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(world.platform.calls(), ["post ops"]);
}

#[tokio::test]
async fn what_follows_a_first_message_is_waited_for_at_the_end() {
    let world = World::new().await;
    let (gate, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
    let (platform, open) = (Arc::clone(&world.platform), Arc::clone(&gate));
    world.platform.rest.bring("discord", vec![()], move |()| {
        let (platform, open) = (Arc::clone(&platform), Arc::clone(&open));
        async move {
            open.notified().await;
            platform.seen().rest_is_there = true;
            Ok(())
        }
    });
    shutdown.cancel();
    let mut running = Box::pin(Keeper::run(Arc::clone(&world.platform), world.services.clone(), shutdown));
    let looks = async {
        for _ in 0..20 {
            world.waits().await;
        }
    };
    tokio::select! {
        () = &mut running => panic!("it did not wait"),
        () = looks => {}
    }
    gate.notify_one();
    running.await;
    assert!(world.platform.seen().rest_is_there);
}
