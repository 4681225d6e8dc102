//! The keeper over the real services on SQLite, and a platform in memory. Time is told to it, so that nothing waits.

mod audits;
mod cards;
mod faults;
mod outages;
mod running;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use bot_core::{Reply, TextStyle};
use monitor_core::Timestamp;
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
