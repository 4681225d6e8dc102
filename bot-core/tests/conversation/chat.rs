//! A conversation for tests: the real engine over real services, a real database and a real target.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bot_core::reply::Block;
use bot_core::{Encounter, Engine, Input, Place, Reply, Request, TextStyle, Visitor};
use monitor_core::Timestamp;
use monitor_core::people::{Actor, ConversationId, Role};
use probes::{Outbound, OutboundConfig};
use regex::Regex;
use services::testing::{Scripted, Sites};
use services::{AuditOptions, Auditing, Clock, Options, Services};
use test_support::builders::START;
use test_support::database::TestDatabase;
use test_support::targets::answering::{Answer, Answering, answering};
use tokio_util::sync::CancellationToken;

/// A clock that the test sets.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// One person in one conversation, and a target to watch.
pub(crate) struct Chat {
    database: TestDatabase,
    pub(crate) services: Services,
    engine: Engine,
    clock: Arc<TestClock>,
    pub(crate) actor: Actor,
    pub(crate) conversation: ConversationId,
    pub(crate) target: Answering,
    /// Makes audits as it is told.
    pub(crate) audits: Scripted,
    /// What security checks see.
    pub(crate) sites: Sites,
}

impl Chat {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::sqlite().await;
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_millis())));
        let (audits, sites) = (Scripted::default(), Sites::default());
        let services = services(&database, &clock, true, &audits, &sites);
        let actor = services.local_owner().await.unwrap();
        let conversation = services.conversation(&actor, "test", "room").await.unwrap();
        let target = answering(Answer::ok("all ok")).await;
        let engine = Engine::new(services.clone());
        Self { engine, database, services, clock, actor, conversation, target, audits, sites }
    }

    /// The program restarted over the same database.
    pub(crate) fn restart(&mut self) {
        self.services = services(&self.database, &self.clock, true, &self.audits, &self.sites);
        self.engine = Engine::new(self.services.clone());
    }

    /// The program configured to reach public addresses only.
    pub(crate) fn allow_public_only(&mut self) {
        self.services = services(&self.database, &self.clock, false, &self.audits, &self.sites);
        self.engine = Engine::new(self.services.clone());
    }

    /// The program where nothing makes audits.
    pub(crate) fn without_audits(&mut self, why: &str) {
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
        let audits = AuditOptions { auditing: Auditing::Nowhere(why.to_owned()), ..AuditOptions::default() };
        let (store, outbound) = (self.database.store.clone(), Outbound::new(&config).unwrap());
        let options = Options { audits, ..Options::default() };
        self.services = Services::with_options(store, outbound, self.clock.clone(), options);
        self.engine = Engine::new(self.services.clone());
    }

    pub(crate) fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) async fn person(&self, role: Role) -> Actor {
        let organisation = self.actor.organisation;
        let person = self.services.store().add_person(organisation, "somebody", role, START).await.unwrap();
        Actor { organisation, person, role }
    }

    pub(crate) async fn reply_to(&self, actor: Actor, input: Input) -> Reply {
        let request = Request { platform: "test", conversation: self.conversation, actor, input };
        let mut replies = self.engine.handle(request).await;
        assert_eq!(replies.len(), 1, "one answer to one message");
        replies.remove(0)
    }

    /// What is answered on a chat platform.
    pub(crate) async fn receive(&self, place: Place<'_>, visitor: Visitor<'_>, input: Input) -> Reply {
        let mut replies = self.engine.receive(Encounter { place, visitor, input }).await;
        assert_eq!(replies.len(), 1, "one answer to one message");
        replies.remove(0)
    }

    /// What an argument could be on a chat platform.
    #[expect(clippy::too_many_arguments, reason = "as Engine::suggest")]
    pub(crate) async fn suggestions(
        &self,
        place: Place<'_>,
        visitor: Visitor<'_>,
        command: &str,
        argument: &str,
        typed: &str,
    ) -> Vec<String> {
        let choices = self.engine.suggest(&place, &visitor, command, argument, typed).await;
        choices.into_iter().map(|choice| choice.text).collect()
    }

    /// Connects a guild with that id and name.
    pub(crate) async fn connect(&self, guild: &str) {
        let code = self.services.code_to_connect(&self.actor, "discord").await.unwrap();
        self.services.connect(&in_guild(guild), &code.code).await.unwrap();
    }

    /// Links a person to a user of Discord.
    pub(crate) async fn link(&self, person: &Actor) {
        let code = self.services.code_to_link(person, "discord").await.unwrap();
        let user = person.person.to_string();
        let visitor = Visitor { scope: "", user: &user, name: "somebody", roles: &[] };
        self.services.link(&in_guild("any"), &visitor, &code.code).await.unwrap();
    }

    /// Has the conversation be one of a guild.
    pub(crate) async fn share_room(&self) {
        self.connect("kept").await;
        let share = "UPDATE conversation SET workspace_id = (SELECT max(id) FROM workspace) WHERE id =";
        self.database.execute(&format!("{share} {}", self.conversation)).await;
    }

    /// The owner of another organisation.
    pub(crate) async fn stranger(&self) -> Actor {
        self.database.stranger().await
    }

    pub(crate) async fn reply(&self, text: &str) -> Reply {
        self.reply_to(self.actor, Input::Text(text.to_owned())).await
    }

    /// What is answered, as text, with what differs from run to run taken out; what failed begins with a cross.
    pub(crate) async fn say(&self, text: &str) -> String {
        redacted(&self.reply(text).await)
    }

    pub(crate) async fn says(&self, actor: Actor, text: &str) -> String {
        redacted(&self.reply_to(actor, Input::Text(text.to_owned())).await)
    }

    pub(crate) async fn press(&self, reply: &Reply, label: &str) -> String {
        self.presses(self.actor, reply, label).await
    }

    /// What is answered to a button, as it is.
    pub(crate) async fn press_for(&self, reply: &Reply, label: &str) -> Reply {
        let action = reply.actions.iter().find(|action| action.label == label).expect("there is such a button");
        self.reply_to(self.actor, Input::Action(action.token.clone())).await
    }

    pub(crate) async fn presses(&self, actor: Actor, reply: &Reply, label: &str) -> String {
        let action = reply.actions.iter().find(|action| action.label == label).expect("there is such a button");
        assert!(action.token.len() <= 48);
        redacted(&self.reply_to(actor, Input::Action(action.token.clone())).await)
    }

    /// Fills in the form of a question.
    pub(crate) async fn fill_in(&self, actor: Actor, asked: &Reply, values: &[(&str, &str)]) -> Reply {
        let form = |block: &Block| if let Block::Form { token, .. } = block { Some(token.clone()) } else { None };
        let token = asked.blocks.iter().find_map(form).expect("there is a form");
        assert!((1..=16).contains(&token.len()), "{token}");
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.reply_to(actor, Input::Answer { token, values }).await
    }

    pub(crate) async fn completions(&self, text: &str) -> (usize, Vec<String>) {
        let completion = self.engine.complete(&self.actor, text).await;
        (completion.start, completion.choices.into_iter().map(|choice| choice.text).collect())
    }

    /// Makes the audit that waits, 42 seconds long.
    pub(crate) async fn make_audit(&self) {
        let claim = self.services.claim_audit().await.unwrap().expect("an audit waits");
        self.pass(Duration::from_secs(42));
        self.services.work_on_audit(claim, &CancellationToken::new()).await.unwrap();
    }

    /// Makes the security check that waits, 12 seconds long.
    pub(crate) async fn make_security_check(&self) {
        let claim = self.services.claim_security_check().await.unwrap().expect("a security check waits");
        self.pass(Duration::from_secs(12));
        self.services.work_on_security_check(claim, &CancellationToken::new()).await.unwrap();
    }

    /// Adds a monitor of the target.
    pub(crate) async fn add(&self, name: &str) {
        let added = self.reply(&format!("add-monitor {} name {name} retries 0 --yes", self.target.url())).await;
        assert!(added.ok, "{added:?}");
    }
}

fn in_guild(id: &str) -> Place<'_> {
    Place { platform: "discord", workspace: Some(id), workspace_name: id, conversation: "channel", title: "#ops" }
}

fn services(
    database: &TestDatabase,
    clock: &Arc<TestClock>,
    allow_private: bool,
    audits: &Scripted,
    sites: &Sites,
) -> Services {
    let config = OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() };
    let outbound = Outbound::new(&config).unwrap();
    let options = Options { audits: audits.options(), security: sites.options(), ..Options::default() };
    Services::with_options(database.store.clone(), outbound, clock.clone(), options)
}

pub(crate) fn redacted(reply: &Reply) -> String {
    // How charts look is the business of their own crate.
    let mut reply = reply.clone();
    for block in &mut reply.blocks {
        if let Block::Chart { chart } = block {
            *block = Block::text(format!("[chart: {}]", chart.title()));
        }
    }
    let mut text = reply.to_text(TextStyle { width: 140, colour: false });
    for (pattern, with) in [
        (r"127\.0\.0\.1([-:])\d+", "127.0.0.1${1}PORT"),
        (r" port \d+", " port PORT"),
        (r"<?\d+(\.\d+)? (ms|µs)\b|\d+\.\d+ s\b", "[ms]"),
        (r"\d+\.\d{3}%", "[%]"),
        // How far columns are apart depends on how wide the figures are.
        (r"(\S) {2,}", "$1  "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    if reply.ok { text } else { format!("✗ {text}") }
}
