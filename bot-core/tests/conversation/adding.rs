use insta::assert_snapshot;
use test_support::targets::answering::Answer;
use test_support::targets::misbehaving::nothing_listens;

use crate::chat::Chat;

#[tokio::test]
async fn adding_shows_what_was_found_and_asks() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add-monitor {} every 30s contains ok", chat.target.url())).await, @r#"
    I tried it once. It is up and answered in [ms].

    What I found
      status  200 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  6 B
      peer  127.0.0.1
      holds  contains "ok"

    I would watch it like this
      name  127.0.0.1-PORT
      address  http://127.0.0.1:PORT/
      interval  every 30s
      timeout  10s
      expects  status 200..299
      and  contains "ok"
      redirects  followed, up to 10
      down after  a failed check (tried again 2 times), up after 1 good check

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    "#);
    assert_snapshot!(chat.say("every 10s name shop").await, @r#"
    I tried it once. It is up and answered in [ms].

    What I found
      status  200 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  6 B
      peer  127.0.0.1
      holds  contains "ok"

    I would watch it like this
      name  shop
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status 200..299
      and  contains "ok"
      redirects  followed, up to 10
      down after  a failed check (tried again 2 times), up after 1 good check

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    "#);
    assert_snapshot!(chat.say("Yes!").await, @"I watch `shop` now, every 10s, and tell you here when it fails. `show-monitor shop` shows how it is.");
    assert_snapshot!(chat.say("yes").await, @"✗ There is no question open, so nothing was done. `help` shows what I can do.");
    assert_snapshot!(chat.say("show-monitor SHOP").await, @r#"
      ○ unknown  shop

    Now
      next check  due now
      uptime (24 h)  – (nothing known)
      p95 (24 h)  –

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status 200..299
      and  contains "ok"
      redirects  followed, up to 10
      down after  a failed check (tried again 2 times), up after 1 good check

    [chart: Uptime of shop]
    "#);
}

#[tokio::test]
async fn an_address_alone_is_to_be_watched() {
    let chat = Chat::start().await;
    let reply = chat.reply(&chat.target.url()).await;
    assert_snapshot!(chat.press(&reply, "Yes").await, @"I watch `127.0.0.1-PORT` now, every 1m, and tell you here when it fails. `show-monitor 127.0.0.1-PORT` shows how it is.");
    assert_snapshot!(chat.press(&reply, "Yes").await, @"✗ That question is settled, or was asked of somebody else.");
}

#[tokio::test]
async fn yes_in_advance_asks_nothing() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add {} name shop --yes", chat.target.url())).await, @r"
    I tried it once. It is up and answered in [ms].

    What I found
      status  200 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  6 B
      peer  127.0.0.1

    I watch `shop` now, every 1m, and tell you here when it fails. `show-monitor shop` shows how it is.
    ");
    assert_snapshot!(chat.say(&format!("add {} name Shop yes", chat.target.url())).await, @"✗ There is a monitor `Shop` already; choose another name, like `name Shop-2`.");
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let proposal = chat.say(&format!("add-monitor {} name shop", chat.target.url())).await;
    assert!(proposal.contains("There is a monitor `shop` already, so I propose `shop-2`."), "{proposal}");
    assert_snapshot!(chat.say("yes").await, @"I watch `shop-2` now, every 1m, and tell you here when it fails. `show-monitor shop-2` shows how it is.");
}

#[tokio::test]
async fn what_is_down_can_be_watched_all_the_same() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add-monitor http://{} name gone", nothing_listens())).await, @r"
    I tried it once. It failed after [ms]: the connection was refused while connecting to 127.0.0.1 port PORT (connection_refused).

    What I found
      TCP connection  [ms]
      total  [ms]
      peer  127.0.0.1

    I would watch it like this
      name  gone
      address  http://127.0.0.1:PORT/
      interval  every 1m
      timeout  10s
      expects  status 200..299
      redirects  followed, up to 10
      down after  a failed check (tried again 2 times), up after 1 good check

    As it is now it would count as down. I can watch it all the same.

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    ");
    assert_snapshot!(chat.say("ok").await, @"I watch `gone` now, every 1m, and tell you here when it fails. `show-monitor gone` shows how it is.");
}

#[tokio::test]
async fn an_unusual_status_is_proposed_and_a_broken_server_is_not() {
    let chat = Chat::start().await;
    chat.target.set(Answer::status(404));
    let proposal = chat.say(&format!("add-monitor {} name teapot", chat.target.url())).await;
    assert!(
        proposal.contains("status 404") && proposal.contains("It answers 404, so I would expect that."),
        "{proposal}"
    );
    assert!(chat.say("yes").await.starts_with("I watch `teapot` now"));
    assert!(chat.say("show-monitor teapot").await.contains("status 404"));
    chat.target.set(Answer::status(503));
    let proposal = chat.say(&format!("add-monitor {} name broken", chat.target.url())).await;
    assert!(
        proposal.contains("status 200..299") && proposal.contains("It answers 503, which is not among 200..299"),
        "{proposal}"
    );
}

#[tokio::test]
async fn bad_input_is_answered_with_what_to_do() {
    let chat = Chat::start().await;
    for (text, expected) in [
        (
            "add-monitor ftp://x.example",
            "✗ `url`: I cannot watch `ftp:` addresses; use http:// or https://. `help add-monitor` shows what it takes.",
        ),
        ("add-monitor https://x.example every 0s", "✗ An interval of 0s is not possible; choose between 1s and 1d."),
        (
            "add-monitor https://x.example every 365d",
            "✗ An interval of 365d is not possible; choose between 1s and 1d.",
        ),
        (
            "add-monitor https://x.example bearer a basic b:c",
            "✗ Say either `bearer` or `basic`; a request has one kind of authentication.",
        ),
        (
            "ad-monitor https://x.example",
            "✗ I don't know “ad-monitor”. Did you mean `add-monitor`? `help` shows what I can do.",
        ),
        ("show-monitor shpo", "✗ There is no monitor `shpo`; did you mean `shop`?"),
        ("frobnicate", "✗ I don't know “frobnicate”. `help` shows what I can do."),
        ("status \"now", "✗ A quote is opened before “now” and never closed; put a \" where it ends."),
    ] {
        if text.contains("shpo") {
            chat.add("shop").await;
        }
        assert_eq!(chat.say(text).await, expected, "{text}");
    }
    let pasted = chat.say(&"lorem ipsum \"".repeat(800_000)).await;
    assert_eq!(pasted, "✗ That is more than I read: a message may have 8000 characters.");
}

#[tokio::test]
async fn secrets_are_sent_and_never_shown_again() {
    let chat = Chat::start().await;
    let secrets = "bearer T0PSECRET secret-header \"X-Key: T0PSECRET\" header X-Plain: seen";
    let proposal = chat.reply(&format!("add-monitor {} name shop {secrets}", chat.target.url())).await;
    assert_eq!(chat.target.last_request().header("authorization"), Some("Bearer T0PSECRET"));
    let shown = serde_shown(&[
        proposal,
        chat.reply("yes").await,
        chat.reply("show-monitor shop").await,
        chat.reply("edit shop every 5s").await,
    ]);
    assert!(
        !shown.contains("T0PSECRET") && shown.contains("X-Key: (hidden)") && shown.contains("X-Plain: seen"),
        "{shown}"
    );
    assert!(chat.reply("check-now shop").await.ok);
    assert_eq!(chat.target.last_request().header("x-key"), Some("T0PSECRET"));
    let moved = chat.say("edit-monitor shop url https://evil.example").await;
    assert!(moved.starts_with("✗ `shop` sends secrets to 127.0.0.1, which I do not send elsewhere."), "{moved}");
}

fn serde_shown(replies: &[bot_core::Reply]) -> String {
    format!("{replies:?}")
}

#[tokio::test]
async fn editing_changes_what_is_named_and_nothing_else() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("edit-monitor shop every 10s contains ok contains all slow 800ms confirm 2/3 name web").await, @r#"
    I changed `web`.

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status 200..299
      and  contains "ok"
      and  contains "all"
      slow  from 800ms
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    "#);
    assert_snapshot!(chat.say("edit web contains none slow none").await, @r"
    I changed `web`.

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status 200..299
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    ");
    assert_snapshot!(chat.say("edit web every 10s").await, @r"
    Nothing to change: `web` is like that already. Name what should be different, like `edit-monitor web every 10s`.

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status 200..299
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    ");
    assert!(chat.say("edit web every 2d").await.starts_with("✗ An interval of 2d is not possible"));
    assert!(chat.say("edit shop every 1m").await.starts_with("✗ There is no monitor `shop`"));
}
