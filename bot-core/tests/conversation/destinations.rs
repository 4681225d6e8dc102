//! Places outside, from the chat, with a real receiver at the other end.

use std::time::Duration;

use insta::assert_snapshot;
use monitor_core::people::Role;
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use crate::chat::{Chat, redacted};

async fn with_webhook() -> (Chat, Receiver) {
    let (chat, receiver) = (Chat::start().await, Receiver::start().await);
    let added = chat.reply(&format!("add-destination #ops webhook {}s3cr3t-path", receiver.url())).await;
    assert!(added.ok && added.sensitive, "{added:?}");
    (chat, receiver)
}

#[tokio::test]
async fn what_a_kind_needs_is_asked_for_one_after_another_and_kept_nowhere() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("add-destination").await, @r#"
    What shall I call it? One word, like ops-mail.

    For example: ops-mail
    "#);
    assert_snapshot!(chat.say("ops-chat").await, @r#"
    What kind of place is it?

    Possible answers: email, slack, discord, telegram, teams, mattermost, google-chat, matrix, webhook, ntfy, gotify, apprise, pushover, twilio, vonage, whatsapp, pagerduty, opsgenie
    "#);
    assert_snapshot!(chat.say("gotify").await, @r#"
    For gotify I need `url`: the server, with its path if it has one. What is it?

    For example: https://push.shop.example/gotify/
    "#);
    let answer = chat.reply("https://push.example.com/s3cr3t").await;
    assert_snapshot!(redacted(&answer), @r#"
    For gotify I need `token`: the token of an application, from Apps in its web page. What is it?

    For example: AKz7vCk2bQf1T9e
    "#);
    let answer = chat.reply("AbCdEf.s3cr3t-1").await;
    assert!(answer.sensitive, "the answer is a token, though nothing in it says so");
    assert_snapshot!(redacted(&answer), @r#"
    I can tell `ops-chat` now. `test-destination ops-chat` sends a test there. It is told of every incident, since nobody else was told of any:
    that is route 1, and `add-route` makes others.

    Settings
      name  ops-chat
      kind  gotify
      url  https://push.example.com/…
      token  ***
      rate  120/m, 60 at once, as its kind takes
    "#);
    assert!(!redacted(&chat.reply("show-destination ops-chat").await).contains("s3cr3t"));
}

#[tokio::test]
async fn a_test_goes_out_and_its_answer_comes_back() {
    let (chat, receiver) = with_webhook().await;
    assert_snapshot!(chat.say("test-destination #ops").await, @"`ops` took the test and answered: 200 OK. Look whether it is there.");
    receiver.reached(1).await;
    receiver.then(Answer::status(410));
    let failed = chat.reply("test-destination ops").await;
    assert_eq!((failed.ok, failed.code.as_deref()), (false, Some("not_delivered")));
    assert_snapshot!(crate::chat::redacted(&failed), @"✗ `ops` did not take the test. Answered 410 Gone. `edit-destination ops` changes it.");
    chat.pass(std::time::Duration::from_secs(300));
    assert_snapshot!(chat.say("list-destinations").await, @r"
    Destinations
      name  kind  state  fallback
      ops  webhook  did not take its test 5 min ago
    ");
    assert_snapshot!(chat.say("test-destination opps").await, @"✗ There is no destination `opps`; did you mean `ops`?");
    assert_snapshot!(chat.say("list-notifications").await, @r"
    2 notifications
      number  when  to  what  outcome
           2  5 min ago  ops  test  dropped: answered 410 Gone
           1  5 min ago  ops  test  sent: 200 OK
    ");
    chat.say("test-destination ops").await;
    assert!(chat.say("show-destination ops").await.starts_with("`ops`: ok"));
}

#[tokio::test]
async fn notifications_are_listed_by_their_destination() {
    let (chat, receiver) = with_webhook().await;
    chat.say(&format!("add-destination slk webhook {}", receiver.url())).await;
    chat.say("test-destination slk").await;
    chat.say("test-destination ops").await;
    let of_slk = chat.say("list-notifications slk").await;
    assert_snapshot!(of_slk, @r"
    1 notification
      number  when  to  what  outcome
           1  just now  slk  test  sent: 200 OK
    ");
    assert_eq!(chat.say("list-notifications sent #slk").await, of_slk);
    assert_eq!(chat.say("list-notifications slk sent").await, of_slk);
    assert_snapshot!(chat.say("list-notifications slck").await, @"✗ There is no destination `slck`; did you mean `slk`?");
}

#[tokio::test]
async fn a_destination_may_be_called_like_a_field() {
    let (chat, receiver) = (Chat::start().await, Receiver::start().await);
    let url = receiver.url();
    for (name, rest) in [("phone", "webhook"), ("to", "kind webhook url"), ("topic", "url")] {
        let kind = if rest == "url" { " kind webhook" } else { "" };
        let added = chat.say(&format!("add-destination {name} {rest} {url}{kind}")).await;
        assert!(added.starts_with(&format!("I can tell `{name}` now.")), "{added}");
    }
    let changed = chat.say("edit-destination phone rate 10/m").await;
    assert!(changed.starts_with("I changed `phone`."), "{changed}");
    let asked = chat.say("edit-destination phone").await;
    assert!(asked.starts_with("Name what should be different"), "{asked}");
    chat.say("add-destination").await;
    let asked = chat.say("token").await;
    assert!(asked.starts_with("What kind of place is it?"), "{asked}");
}

#[tokio::test]
async fn a_destination_is_listed_shown_changed_and_deleted() {
    let (chat, _receiver) = with_webhook().await;
    assert_snapshot!(chat.say("add-destination ops-mail email url smtp://127.0.0.1:2525 from a@example.com to ops@example.com rate 10/m fallback #ops").await, @r#"
    I can tell `ops-mail` now. `test-destination ops-mail` sends a test there. No route tells it of incidents yet:
    `add-route all notify ops-mail` makes one.

    Settings
      name  ops-mail
      kind  email
      url  smtp://127.0.0.1:PORT
      from  a@example.com
      to  ops@example.com
      rate  10/m, 1 at once
      fallback  ops
    "#);
    assert_snapshot!(chat.say("list-destinations").await, @r#"
    Destinations
      name  kind  state  fallback
      ops  webhook  ok
      ops-mail  email  ok  ops
    "#);
    assert_snapshot!(chat.say("show-destination OPS-MAIL").await, @r#"
    `ops-mail`: ok

    Settings
      name  ops-mail
      kind  email
      url  smtp://127.0.0.1:PORT
      from  a@example.com
      to  ops@example.com
      rate  10/m, 1 at once
      fallback  ops
    "#);
    assert_snapshot!(chat.say("edit-destination ops-mail rate none to oncall@example.com name mail").await, @r#"
    I changed `mail`.

    Settings
      name  mail
      kind  email
      url  smtp://127.0.0.1:PORT
      from  a@example.com
      to  oncall@example.com
      rate  30/m, 10 at once, as its kind takes
      fallback  ops
    "#);
    assert_snapshot!(chat.say("edit-destination ops fallback mail").await, @"✗ `fallback` `mail` falls back on `ops` itself, or is it.");
    assert_snapshot!(chat.say("edit-destination mail").await, @r#"
    Name what should be different, like `edit-destination mail rate 10/m`.

    Settings
      name  mail
      kind  email
      url  smtp://127.0.0.1:PORT
      from  a@example.com
      to  oncall@example.com
      rate  30/m, 10 at once, as its kind takes
      fallback  ops
    "#);
    assert_snapshot!(chat.say("delete-destination ops").await, @r#"
    Shall I delete `ops` (webhook)? These rely on it, and would tell nobody there any more: `mail` as its fallback, route 1. What it was still
    to be told is dropped, and its settings are gone. `yes` or `no`.
    "#);
    assert_snapshot!(chat.say("yes").await, @"`ops` is deleted.");
    assert_snapshot!(chat.say("show-destination ops").await, @"✗ There is no destination `ops`; `list-destinations` shows those there are.");
}

#[tokio::test]
async fn a_sender_keeps_the_name_that_is_shown() {
    let chat = Chat::start().await;
    let add = r#"add-destination ops email url smtp://127.0.0.1:2525 from "Ops <ops@example.org>" to "Ada L. <ada@example.org>, b@example.org""#;
    let added = chat.say(add).await;
    assert!(added.contains("  from  Ops <ops@example.org>"), "{added}");
    assert!(added.contains("  to  \"Ada L.\" <ada@example.org>, b@example.org"), "{added}");
    let bare = "add-destination bare email url smtp://127.0.0.1:2525 from Ops <ops@example.org> to ada@example.org";
    assert_snapshot!(chat.say(bare).await, @r"
    I can tell `bare` now. `test-destination bare` sends a test there. No route tells it of incidents yet: `add-route all notify bare` makes
    one.

    Settings
      name  bare
      kind  email
      url  smtp://127.0.0.1:PORT
      from  Ops <ops@example.org>
      to  ada@example.org
      rate  30/m, 10 at once, as its kind takes
    ");
    assert_snapshot!(chat.say("edit-destination ops security none").await, @r#"
    I changed `ops`.

    Settings
      name  ops
      kind  email
      url  smtp://127.0.0.1:PORT
      from  Ops <ops@example.org>
      to  "Ada L." <ada@example.org>, b@example.org
      rate  30/m, 10 at once, as its kind takes
    "#);
    assert_snapshot!(chat.say("edit-destination ops security \"none\"").await, @"✗ `security` has to be one of starttls, tls, plain.");
    assert_snapshot!(chat.say("edit-destination ops security plain").await, @r#"
    I changed `ops`.

    Settings
      name  ops
      kind  email
      url  smtp://127.0.0.1:PORT
      from  Ops <ops@example.org>
      to  "Ada L." <ada@example.org>, b@example.org
      security  plain
      rate  30/m, 10 at once, as its kind takes
    "#);
}

#[tokio::test]
async fn what_does_not_work_is_said_without_the_secret() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("add-destination ops slack s3cr3t").await, @"✗ `url` is no address; give one that begins with https://.");
    assert_snapshot!(chat.say("add-destination ops webhook https://x.example/s3cr3t topic s3cr3t").await, @"✗ `webhook` has no such field; its fields are url, secret, method, headers, body.");
    assert_snapshot!(chat.say("add-destination ops webhook https://x.example/s3cr3t rate fast").await, @"✗ `fast` is not a rate; write so many a minute like `10/m`.");
    assert_snapshot!(chat.say("add-destination \"two words\" webhook https://x.example/s3cr3t").await, @"✗ `name` has to be one word of at most 60 letters, digits, dots, dashes and underscores, like `ops-mail`.");
    assert_snapshot!(chat.say("add-destination ops carrier-pigeon").await, @r#"
    ✗ `kind`: `carrier-pigeon` is not one of email, slack, discord, telegram, teams, mattermost, google-chat, matrix, webhook, ntfy, gotify,
    apprise, pushover, twilio, vonage, whatsapp, pagerduty, opsgenie. `help add-destination` shows what it takes.
    "#);
    assert_snapshot!(chat.say("resend 12").await, @"✗ There is no notification 12; `list-notifications failed` shows those that could not be delivered.");
    assert_snapshot!(chat.say("resend soon").await, @"✗ `soon` is not the number of a notification; `list-notifications failed` shows them.");
    assert_snapshot!(chat.say("resend failed").await, @"Nothing failed whose destination is still there.");
    assert_snapshot!(chat.say("list-notifications failed").await, @"Nothing failed.");
}

#[tokio::test]
async fn who_may_only_look_can_neither_add_nor_test() {
    let (chat, receiver) = with_webhook().await;
    let viewer = chat.person(Role::Viewer).await;
    for line in [
        "add-destination x webhook https://x.example/",
        "test-destination ops",
        "delete-destination ops",
        "resend failed",
    ] {
        let refused = chat.says(viewer, line).await;
        assert!(refused.starts_with("✗ As viewer you may not"), "{line}: {refused}");
    }
    assert!(chat.says(viewer, "list-destinations").await.contains("ops"));
    chat.pass(Duration::from_secs(60));
    assert_eq!(receiver.requests().len(), 0);
}

#[tokio::test]
async fn help_tells_of_kinds() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("help ntfy").await, @r#"
    `add-destination NAME ntfy …` Push messages to phones and desktops by ntfy, on ntfy.sh or a server of your own.

    It takes, beside what `help add-destination` shows
      topic shop-alerts-7f3a91c2  The topic that the phones are subscribed to: 1 to 64 letters, digits, _ and -; hard to guess,
                                              since whoever knows it can read it. Needed.
      url https://ntfy.shop.example  The server; https://ntfy.sh unless it is given.
      token tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2  An access token, when the topic is protected.

    For example: `add-destination ops-phone ntfy topic=shop-alerts-7f3a91c2`
    "#);
    assert!(chat.say("help add-destination").await.contains("email"));
}
