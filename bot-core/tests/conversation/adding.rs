use insta::assert_snapshot;
use test_support::targets::answering::Answer;
use test_support::targets::misbehaving::nothing_listens;

use crate::chat::{Chat, redacted};

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
      holds  body contains "ok"

    I would watch it like this
      name  127.0.0.1-PORT
      address  http://127.0.0.1:PORT/
      interval  every 30s
      timeout  10s
      expects  status in 200..299
      and  body contains "ok"
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
      holds  body contains "ok"

    I would watch it like this
      name  shop
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status in 200..299
      and  body contains "ok"
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
      expects  status in 200..299
      and  body contains "ok"
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
    assert_snapshot!(chat.press(&reply, "Yes").await, @"✗ That question is settled, or I asked another one since.");
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
      expects  status in 200..299
      redirects  followed, up to 10
      down after  a failed check (tried again 2 times), up after 1 good check

    As it is now it would count as down. I can watch it all the same.

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    ");
    assert_snapshot!(chat.say("ok").await, @"I watch `gone` now, every 1m, and tell you here when it fails. `show-monitor gone` shows how it is.");
}

#[tokio::test]
async fn a_failing_status_is_told_and_expected_only_if_the_owner_says_so() {
    let chat = Chat::start().await;
    chat.target.set(Answer::status(404));
    let proposal = chat.say(&format!("add-monitor {} name teapot", chat.target.url())).await;
    let meant = "It answers 404, which is not what is expected, so it would count as down. If it is meant to answer so, say `expect 404`.";
    assert!(proposal.contains("status in 200..299") && proposal.contains(meant), "{proposal}");
    assert!(chat.say("yes").await.starts_with("I watch `teapot` now"));
    assert!(chat.say("show-monitor teapot").await.contains("status in 200..299"));

    chat.say(&format!("add-monitor {} name meant", chat.target.url())).await;
    let proposal = chat.say("expect 404").await;
    assert!(proposal.contains("status in 404") && !proposal.contains("It answers 404"), "{proposal}");
    assert!(chat.say("yes").await.starts_with("I watch `meant` now"));
    assert!(chat.say("show-monitor meant").await.contains("status in 404"));

    let proposal = chat.say(&format!("add-monitor {} name other expect 204", chat.target.url())).await;
    assert!(proposal.contains("It answers 404, which is") && !proposal.contains("say `expect"), "{proposal}");
    chat.say("no").await;
    chat.target.set(Answer::status(301));
    let proposal = chat.say(&format!("add-monitor {} name moved redirects no", chat.target.url())).await;
    assert!(
        proposal.contains("status in 301") && proposal.contains("It answers 301, so I would expect that."),
        "{proposal}"
    );
}

#[tokio::test]
async fn bad_input_is_answered_with_what_to_do() {
    let chat = Chat::start().await;
    for (text, code, expected) in [
        (
            "add-monitor not_a url",
            "invalid_url",
            "✗ `url`: `not_a` is not an address I can watch; write it like https://shop.example/health. `help add-monitor` shows what it takes.",
        ),
        (
            "add-monitor ftp://x.example",
            "unsupported_scheme",
            "✗ `url`: I cannot watch `ftp:` addresses; use one like https://, tcp:// or dns://. `help add-monitor` shows what it takes.",
        ),
        (
            "add-monitor https://x.example every 0s",
            "invalid_interval",
            "✗ An interval of 0s is not possible; choose between 1s and 1d.",
        ),
        (
            "add-monitor https://x.example every 365d",
            "invalid_interval",
            "✗ An interval of 365d is not possible; choose between 1s and 1d.",
        ),
        (
            "add-monitor https://x.example timeout 0s",
            "invalid_timeout",
            "✗ A timeout of 0s is not possible; choose between 100ms and 60s.",
        ),
        (
            "add-monitor https://x.example bearer a basic b:c",
            "conflicting_arguments",
            "✗ Say either `bearer` or `basic`; a request has one kind of authentication.",
        ),
        (
            "ad-monitor https://x.example",
            "unknown_command",
            "✗ I don't know “ad-monitor”. Did you mean `add-monitor`? `help` shows what I can do.",
        ),
        (
            "add-monitor https://x.example every 1y",
            "invalid_interval",
            "✗ An interval of 365d is not possible; choose between 1s and 1d.",
        ),
        (
            "add-monitor https://x.example timeout 5s slow 10s",
            "invalid_option",
            "✗ An answer cannot be slow from 10s on when checks time out after 5s; choose less for `slow` or more for `timeout`.",
        ),
        (
            "add-monitor https://x.example bearer a secret-header authorization:b",
            "conflicting_arguments",
            "✗ A request has one Authorization: say `bearer`, `basic` or another login, or send a header of that name, not both.",
        ),
        (
            "add-monitor https://x.example json status=ok",
            "invalid_json_path",
            "✗ This is not a JSONPath: it has to begin with `$`; write it like $.status or $.items[0].id.\n\njson status == \"ok\"\n     ^^^^^^",
        ),
        (
            "add-monitor https://x.example name all",
            "invalid_name",
            "✗ `name`: `all` says something else in commands; choose another name, like `shop-all`. `help add-monitor` shows what it takes.",
        ),
        (
            "pause-monitor a b",
            "unknown_argument",
            "✗ I take one monitor at a time; say it again for “b”. `help pause-monitor` shows what it takes.",
        ),
        ("show-monitor shpo", "monitor_not_found", "✗ There is no monitor `shpo`; did you mean `shop`?"),
        ("frobnicate", "unknown_command", "✗ I don't know “frobnicate”. `help` shows what I can do."),
        (
            "status \"now",
            "unterminated_quote",
            "✗ A quote is opened before “now” and never closed; put a \" where it ends.",
        ),
    ] {
        if text.contains("shpo") {
            chat.add("shop").await;
        }
        let reply = chat.reply(text).await;
        assert_eq!((redacted(&reply).as_str(), reply.code.as_deref()), (expected, Some(code)), "{text}");
    }
    let pasted = chat.reply(&"lorem ipsum \"".repeat(800_000)).await;
    assert_eq!(redacted(&pasted), "✗ That is more than I read: a message may have 8000 characters.");
    assert_eq!(pasted.code.as_deref(), Some("message_too_long"));
    let taken = chat.reply(&format!("add-monitor {} name shop yes", chat.target.url())).await;
    assert_eq!(taken.code.as_deref(), Some("name_taken"));
    assert_eq!(chat.reply("status").await.code, None);
}

#[tokio::test]
async fn an_address_that_may_not_be_reached_is_not_saved() {
    let mut chat = Chat::start().await;
    for text in ["add-monitor http://169.254.169.254/ --yes", "add-monitor http://169.254.169.254/"] {
        let reply = chat.reply(text).await;
        assert_eq!(reply.code.as_deref(), Some("address_refused"));
        assert_eq!(
            redacted(&reply),
            "✗ I cannot watch it: 169.254.169.254 is a cloud metadata address; such addresses are never watched."
        );
    }
    chat.target.set(Answer::redirect(302, "http://169.254.169.254/"));
    assert_snapshot!(chat.say(&format!("add-monitor {} --yes", chat.target.url())).await, @r"
    ✗ I cannot watch it: 169.254.169.254 is a cloud metadata address; such addresses are never watched. It redirects there
    (http://169.254.169.254/); `redirects no` judges the redirect itself.
    ");
    assert_snapshot!(chat.say("yes").await, @"✗ There is no question open, so nothing was done. `help` shows what I can do.");
    assert_snapshot!(chat.say("list-monitors").await, @"There are no monitors yet. `add-monitor https://shop.example` adds one.");
    chat.allow_public_only();
    assert_snapshot!(chat.say(&format!("add-monitor {} --yes", chat.target.url())).await, @"✗ I cannot watch it: 127.0.0.1 is a loopback address; allow private targets in the configuration (allow_private_targets = true) to watch it.");
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

#[tokio::test]
async fn where_tls_was_a_guess_and_fails_the_words_that_work_are_said() {
    let chat = Chat::start().await;
    let bare = chat.target.url().replace("http://", "");
    let bare = bare.trim_end_matches('/');
    let proposal = chat.reply(&format!("add-monitor {bare} name shop timeout 300ms")).await;
    let proposal = proposal.to_text(bot_core::TextStyle { width: 200, colour: false });
    let words = format!("url http://{bare}");
    assert!(proposal.contains(&format!("If it speaks plain HTTP, say `{words}`.")), "{proposal}");
    let typed = chat.say(&format!("url https://{bare}")).await;
    assert!(typed.contains("(tls_timeout)") && !typed.contains("plain HTTP, say"), "{typed}");
    let right = chat.say(&format!("{words} timeout 10s")).await;
    assert!(right.starts_with("I tried it once. It is up"), "{right}");
}

#[tokio::test]
async fn a_proposed_name_can_be_used_in_commands() {
    let chat = Chat::start().await;
    let proposal = chat.say("add-monitor http://status:1 every 2 minutes").await;
    assert!(proposal.contains("name  status-1\n") && proposal.contains("every 2m"), "{proposal}");
    let proposal = chat.say("add-monitor http://down").await;
    assert!(proposal.contains("name  site-down\n"), "{proposal}");
}

#[tokio::test]
async fn what_is_expected_is_taken_away_in_plain_words() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("edit-monitor shop contains ok header X-A:1").await;
    let said = chat.say("edit-monitor shop without contains remove header").await;
    assert!(said.starts_with("I changed `shop`.") && !said.contains("X-A") && !said.contains("contains"), "{said}");
    let refused = chat.say("edit-monitor shop name 7d").await;
    assert!(refused.contains("like `shop-7d`"), "{refused}");
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
      expects  status in 200..299
      and  body contains "ok"
      and  body contains "all"
      and  latency < 800ms as degraded
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    "#);
    assert_snapshot!(chat.say("edit web contains none slow none").await, @r"
    I changed `web`.

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status in 200..299
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    ");
    assert_snapshot!(chat.say("edit web every 10s").await, @r"
    Nothing to change: `web` is like that already. Name what should be different, like `edit-monitor web every 10s`.

    Settings
      address  http://127.0.0.1:PORT/
      interval  every 10s
      timeout  10s
      expects  status in 200..299
      redirects  followed, up to 10
      down after  2 failed of the last 3 checks (not tried again), up after 1 good check
    ");
    assert!(chat.say("edit web every 2d").await.starts_with("✗ An interval of 2d is not possible"));
    assert!(chat.say("edit shop every 1m").await.starts_with("✗ There is no monitor `shop`"));
}
