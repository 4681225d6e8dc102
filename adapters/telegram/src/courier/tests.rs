use std::sync::Arc;

use bot_core::reply::{Action, ActionStyle, Block, StatusItem};
use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::report::Retention;
use monitor_core::secret::Secret;
use probes::{Outbound, OutboundConfig};
use serde_json::json;
use services::Clock;
use test_support::builders::START;
use test_support::database::TestDatabase;
use test_support::platforms::telegram::{Failure, Fake, TOKEN};

use super::*;
use crate::config::Config;

const ADA: i64 = 5;
const OPS: i64 = -1_001_234_567_890;
const NOW: i64 = 1_772_323_200;

struct World {
    fake: Fake,
    courier: TelegramCourier,
    _database: TestDatabase,
}

/// Stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        START
    }
}

impl World {
    async fn start() -> Self {
        let fake = Fake::start(NOW).await;
        fake.person(ADA, "Ada");
        fake.group(OPS, "Ops", true);
        let api_url = Some(fake.url().parse().unwrap());
        let api = Api::new(&Config { token: Secret::new(TOKEN), api_url, webhook: None }).unwrap();
        let database = TestDatabase::sqlite().await;
        let outbound = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
        let outbound = Outbound::new(&outbound).unwrap();
        let services = Services::new(database.store.clone(), outbound, Arc::new(Still), Retention::default());
        Self { fake, courier: TelegramCourier { api, services, rest: Rest::default() }, _database: database }
    }
}

fn to(conversation: impl ToString) -> Target {
    Target { workspace: None, conversation: conversation.to_string() }
}

fn card(status: Status, detail: &str) -> Reply {
    let item = StatusItem { status, name: "shop".to_owned(), detail: detail.to_owned() };
    let mut reply = Reply::of(vec![Block::StatusList { title: None, items: vec![item] }]);
    let button = |label: &str, token: &str, style| Action { label: label.to_owned(), token: token.to_owned(), style };
    if status == Status::Down {
        reply.actions.push(button("Acknowledge", "card.1.ack", ActionStyle::Primary));
    }
    reply.actions.push(button("Report", "card.1.report", ActionStyle::Default));
    reply
}

#[tokio::test]
async fn a_card_is_posted_changed_and_answered_in_its_topic() {
    let World { fake, courier, .. } = World::start().await;
    let topic = fake.topic(OPS, "Incidents");
    let place = to(format!("{OPS}/{topic}"));
    let sent = courier.post(&place, &card(Status::Down, "is down. #1")).await.unwrap();
    let up = card(Status::Up, "recovered. #1");
    courier.edit(&place, &sent, &up).await.unwrap();
    // What is so already is no failure.
    courier.edit(&place, &sent, &up).await.unwrap();
    let again = courier.follow_up(&place, &sent, &Reply::text("shop recovered after 5 m")).await.unwrap();
    assert_eq!(again, sent);

    let messages = fake.messages(OPS);
    assert_eq!(fake.said(OPS), ["🟢 shop up — recovered. #1", "shop recovered after 5 m"]);
    assert_eq!(
        messages[0]["reply_markup"]["inline_keyboard"],
        json!([[{ "text": "Report", "callback_data": "card.1.report" }]])
    );
    assert_eq!(messages[1]["reply_to_message"]["message_id"].to_string(), sent.message);
    assert!(messages.iter().all(|message| message["message_thread_id"] == topic), "{messages:?}");
}

#[tokio::test]
async fn what_is_gone_or_closed_is_told_from_what_passes() {
    let World { fake, courier, .. } = World::start().await;
    let reply = card(Status::Down, "is down. #1");
    let closed = |fault: Result<Sent, Fault>| matches!(fault, Err(Fault::Closed(_)));
    let sent = courier.post(&to(ADA), &reply).await.unwrap();
    let nothing = Sent { message: "999".to_owned(), thread: None };
    assert!(matches!(courier.edit(&to(ADA), &nothing, &reply).await, Err(Fault::Gone(_))));
    // A card that was deleted can be answered all the same: the answer then stands alone.
    assert!(courier.follow_up(&to(ADA), &nothing, &reply).await.is_ok());

    assert!(closed(courier.post(&to(4_711), &reply).await));
    assert!(closed(courier.post(&to(format!("{OPS}/77")), &reply).await));
    let topic = fake.topic(OPS, "Old");
    fake.close_topic(OPS, topic);
    assert!(closed(courier.post(&to(format!("{OPS}/{topic}")), &reply).await));
    assert!(closed(courier.post(&to("general"), &reply).await));
    fake.shut_out(ADA, "bot was blocked by the user");
    assert!(closed(courier.post(&to(ADA), &reply).await));
    assert!(matches!(courier.edit(&to(ADA), &sent, &card(Status::Up, "")).await, Err(Fault::Closed(_))));
}

#[tokio::test]
async fn whatever_happens_on_the_way_passes_and_tells_no_token() {
    let World { fake, courier, .. } = World::start().await;
    let reply = card(Status::Down, "is down. #1");
    for (failure, after) in [
        (Failure::TooMany(35), Some(Duration::from_secs(35))),
        (Failure::Refused(500, "Internal Server Error"), None),
        (Failure::Page(502), None),
        (Failure::Page(200), None),
        (Failure::Page(400), None),
        (Failure::Page(403), None),
        (Failure::Page(404), None),
        (Failure::Break, None),
        (Failure::Refused(401, "Unauthorized"), None),
    ] {
        fake.fail("sendMessage", failure.clone());
        match courier.post(&to(ADA), &reply).await {
            Err(Fault::Later { after: found, why }) => {
                assert_eq!(found, after, "{failure:?}");
                assert!(!why.contains("AAGf") && !why.contains("http"), "{why}");
            }
            other => panic!("{failure:?}: {other:?}"),
        }
    }
    assert_eq!(fake.said(ADA), Vec::<String>::new());
    assert!(courier.post(&to(ADA), &reply).await.is_ok());
}

#[tokio::test]
async fn nothing_that_never_answers_holds_anybody_for_ever() {
    let World { fake, mut courier, .. } = World::start().await;
    courier.api.patience = Duration::from_millis(50);
    fake.fail("sendMessage", Failure::Hang);
    match courier.post(&to(ADA), &Reply::text("hello")).await {
        Err(Fault::Later { why, .. }) => assert!(why.starts_with("no answer in time"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_followed() {
    let World { fake, courier, .. } = World::start().await;
    let (old, new) = (-77, -1_009_876_543_210);
    fake.group(old, "Team", false);
    fake.move_group(old, new, "Team");
    let before = courier.post(&to(new), &Reply::text("of another incident")).await.unwrap();
    let sent = courier.post(&to(old), &card(Status::Down, "is down. #1")).await.unwrap();
    assert_eq!(fake.said(new), ["of another incident", "🔴 shop — is down. #1"]);
    // The number of a message of the old chat is that of another one in the new chat, or of none.
    let gone = courier.edit(&to(old), &before, &card(Status::Up, "recovered. #1")).await;
    assert!(matches!(gone, Err(Fault::Gone(_))), "{gone:?}");
    courier.edit(&to(new), &sent, &card(Status::Up, "recovered. #1")).await.unwrap();
    assert_eq!(fake.said(new), ["of another incident", "🟢 shop up — recovered. #1"]);
}

#[tokio::test]
async fn a_long_message_comes_in_parts_and_its_first_is_the_card() {
    let World { fake, courier, .. } = World::start().await;
    let mut reply = card(Status::Down, "is down. #1");
    reply.blocks.push(Block::text("every word counts ".repeat(400)));
    let sent = courier.post(&to(ADA), &reply).await.unwrap();
    fake.until("its second part is there", |fake| fake.messages(ADA).len() == 2).await;
    let messages = fake.messages(ADA);
    assert_eq!(messages[0]["message_id"].to_string(), sent.message);
    assert!(messages[0].get("reply_markup").is_some());
}

#[tokio::test]
async fn what_is_taken_is_told_at_once_however_long_the_rest_takes() {
    let World { fake, courier, .. } = World::start().await;
    let mut reply = card(Status::Down, "is down. #1");
    reply.blocks.push(Block::text("every word counts ".repeat(4_000)));
    // The keeper would not wait for so long, and say it all again.
    fake.fail("sendDocument", Failure::TooMany(60));
    let ada = to(ADA);
    let posting = courier.post(&ada, &reply);
    let sent = tokio::time::timeout(Duration::from_secs(30), posting).await.expect("it is told").unwrap();
    fake.until("the rest is tried", |fake| !fake.calls_of("sendDocument").is_empty()).await;
    assert_eq!(fake.messages(ADA)[0]["message_id"].to_string(), sent.message);
    // A rest that is refused is not said from the beginning.
    fake.fail("sendDocument", Failure::Refused(400, "Bad Request: file is too big"));
    courier.post(&to(ADA), &reply).await.unwrap();
    fake.until("the rest is tried", |fake| fake.calls_of("sendDocument").len() == 2).await;
    assert_eq!(fake.said(ADA).len(), 2);
}

#[test]
fn all_topics_of_a_group_have_one_pace() {
    let units = ["5", "-1001234567890", "-1001234567890/17"].map(TelegramCourier::unit);
    assert_eq!(units, ["5", "-1001234567890", "-1001234567890"]);
}

#[test]
fn telegrams_words_say_what_a_failure_means() {
    let refused = |status, description: &str| {
        let retry_after = (status == 429).then_some(Duration::from_secs(35));
        fault(ApiError::Refused { status, description: description.to_owned(), retry_after, moved_to: None })
    };
    for (status, words, expected) in [
        (403, "Forbidden: bot was blocked by the user", "closed"),
        (403, "Forbidden: bot was kicked from the group chat", "closed"),
        (400, "Bad Request: chat not found", "closed"),
        (400, "Bad Request: message thread not found", "closed"),
        (400, "Bad Request: TOPIC_CLOSED", "closed"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "closed"),
        (400, "Bad Request: message to edit not found", "gone"),
        (400, "Bad Request: message can't be edited", "gone"),
        (400, "Bad Request: can't parse entities: Unsupported start tag", "refused"),
        (413, "Request Entity Too Large", "refused"),
        (401, "Unauthorized", "later"),
        (409, "Conflict: terminated by other getUpdates request", "later"),
        (429, "Too Many Requests: retry after 35", "later 35"),
        (502, "Bad Gateway", "later"),
    ] {
        let found = match refused(status, words) {
            Fault::Later { after: Some(after), .. } => format!("later {}", after.as_secs()),
            Fault::Later { after: None, .. } => "later".to_owned(),
            Fault::Gone(_) => "gone".to_owned(),
            Fault::Closed(_) => "closed".to_owned(),
            Fault::Refused(_) => "refused".to_owned(),
        };
        assert_eq!(found, expected, "{status} {words}");
    }
}
