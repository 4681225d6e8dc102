//! Checks of other kinds than HTTP, as people add and change them.

use bot_core::reply::Block;
use insta::assert_snapshot;
use monitor_core::people::Role;
use test_support::targets::answering::Answer;
use test_support::targets::{Misbehaviour, misbehaving};

use crate::chat::{Chat, redacted};

/// The host and port of the chat's target.
fn place(chat: &Chat) -> String {
    chat.target.url().replace("http://", "").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn a_port_is_watched_by_its_scheme() {
    let chat = Chat::start().await;
    let line = format!("tcp://{} send \"GET / HTTP/1.0\\r\\n\\r\\n\" expect \"all ok\" name port", place(&chat));
    assert_snapshot!(chat.say(&line).await, @r"
    I tried it once. It is up and answered in [ms].

    What I found
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      total  [ms]
      peer  127.0.0.1

    I would watch it like this
      name  port
      kind  tcp
      address  tcp://127.0.0.1:PORT
      interval  every 1m
      timeout  10s
      sends  GET / HTTP/1.0\r\n\r\n
      answers  with “all ok”
      down after  a failed check (tried again 2 times), up after 1 good check

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    ");
    assert!(chat.say("slow 5s label env=prod group shop").await.contains("expects  latency < 5s as degraded"));
    assert!(chat.say("yes").await.starts_with("I watch `port` now, every 1m"));
    assert_snapshot!(chat.say("edit-monitor port query x").await, @"✗ `query` is not an option of tcp checks, which take send, expect, tls.");
    assert_snapshot!(chat.say("edit-monitor port url ftp://shop.example").await, @"✗ Tcp checks take no `ftp:` addresses; write HOST:PORT or tcp://HOST:PORT.");
    assert_snapshot!(chat.say("edit-monitor port url https://shop.example redirects 3").await, @"✗ `redirects` is not an option of tcp checks, which take send, expect, tls.");
    assert_snapshot!(chat.say("edit-monitor port expect none send none tls label env=none").await, @r"
    I changed `port`.

    Settings
      kind  tcp
      address  tcp://127.0.0.1:PORT
      interval  every 1m
      timeout  10s
      expects  latency < 5s as degraded
      speaks  TLS
      group  shop
      down after  a failed check (tried again 2 times), up after 1 good check
    ");
}

#[tokio::test]
async fn a_heartbeat_is_not_tried_and_says_where_its_job_reports() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("add-monitor heartbeat nightly every 1d grace 2h").await, @r"
    I would watch it like this
      name  nightly
      kind  heartbeat
      expected  every 1d
      grace  2h
      keeps  the latest 100 pings

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    ");
    let added = chat.say("yes").await;
    assert!(added.contains("I wait for `nightly` now (every 1d, grace 2h)") && added.contains("/ping/"), "{added}");
    let shown = chat.say("show-monitor nightly").await;
    assert!(shown.contains("expected  every 1d") && shown.contains("reports in at  http"), "{shown}");
    let viewer = chat.person(Role::Viewer).await;
    assert!(
        !chat.says(viewer, "show-monitor nightly").await.contains("/ping/"),
        "who may not change it may not ping it"
    );
    let moved = chat.say("edit-monitor nightly cron \"0 3 * * *\" zone Europe/Berlin").await;
    assert!(moved.contains("expected  at 0 3 * * * (cron), Europe/Berlin"), "{moved}");
    let zone = chat.say("edit-monitor nightly zone UTC").await;
    assert!(zone.contains("expected  at 0 3 * * * (cron), UTC"), "{zone}");
    assert!(chat.say("pause nightly").await.contains("I do not wait for it"));
    assert!(chat.say("resume nightly").await.contains("I wait for `nightly` again (cron 0 3 * * * UTC"));
    let listed = chat.say("list-monitors").await;
    assert!(listed.ends_with("cron 0 3 * * * UTC, grace 2h"), "{listed}");
    assert_snapshot!(chat.say("show-monitor nightly").await.split_once("Settings").unwrap().0, @r"
      ○ unknown  nightly  since just now

    Now
      uptime (24 h)  – (nothing known)
      p95 (24 h)  –
    ");
    assert_snapshot!(chat.say("check-now nightly").await, @"✗ `nightly` is a heartbeat: its job reports in by itself, and there is nothing to check from here.");
    assert_snapshot!(chat.say("edit-monitor nightly url x").await, @"✗ A heartbeat has no address; `name` gives it another name.");
    assert_snapshot!(chat.say("edit-monitor nightly zone Mars/Phobos").await, @"✗ `Mars/Phobos` is not a time zone; write it like UTC or Europe/Berlin.");
}

#[tokio::test]
async fn a_heartbeat_gets_the_name_that_was_given_or_none() {
    let chat = Chat::start().await;
    assert!(chat.reply("add-monitor heartbeat UPPER --yes").await.ok);
    let taken = chat.reply("add-monitor heartbeat upper --yes").await;
    assert_eq!(taken.code.as_deref(), Some("name_taken"));
    let proposed = chat.say("add-monitor heartbeat upper").await;
    assert!(proposed.contains("There is a monitor `upper` already, so I propose `upper-2`."), "{proposed}");
}

#[tokio::test]
async fn what_a_check_found_is_shown() {
    let chat = Chat::start().await;
    let server = misbehaving(Misbehaviour::Hangs(b"+PONG\r\n")).await;
    let line = format!("redis://{}", server.addr());
    let proposal = chat.say(&line).await;
    assert!(proposal.contains("\n  value  PONG\n"), "{proposal}");
}

#[tokio::test]
async fn a_redis_check_sends_no_command_that_changes_something() {
    let chat = Chat::start().await;
    let server = misbehaving(Misbehaviour::Hangs(b"+PONG\r\n")).await;
    let refused = chat.reply(&format!("add-monitor redis://{} query FLUSHALL --yes", server.addr())).await;
    assert_eq!(refused.code.as_deref(), Some("invalid_option"));
    let added = chat.reply(&format!("add-monitor redis://{} query \"GET a\" name cache --yes", server.addr())).await;
    assert!(added.ok, "{added:?}");
    let refused = chat.say("edit-monitor cache query \"SET a 1\"").await;
    assert!(refused.contains("`SET a` is not sent: a check only reads; use one of PING, GET"), "{refused}");
    assert!(chat.say("edit-monitor cache query none").await.contains("command  PING"));
}

#[tokio::test]
async fn plain_http_is_proposed_where_tls_was_a_guess() {
    let chat = Chat::start().await;
    for answer in [Misbehaviour::SPEAKS_HTTP, Misbehaviour::Closes] {
        let server = misbehaving(answer).await;
        let proposal = chat.say(&format!("add-monitor {}/health", server.addr())).await;
        assert!(proposal.contains("say `url http://127.0.0.1:PORT/health`"), "{proposal}");
    }
}

#[tokio::test]
async fn a_flow_takes_its_steps_one_by_one() {
    let chat = Chat::start().await;
    chat.target.set(Answer::ok("{\"token\":\"T0PSECRET\"}"));
    let url = chat.target.url();
    let line = format!(
        "add-monitor flow checkout step 'login: POST {url}login form a=b bearer T0PSECRET capture token=json $.token' step 'GET {url}{{{{token}}}} expect 200 json $.token'"
    );
    let reply = chat.reply(&line).await;
    assert!(reply.sensitive && !format!("{reply:?}").contains("T0PSECRET"), "{reply:?}");
    assert_snapshot!(redacted(&reply), @r"
    I tried it once. It is up and answered in [ms].

    What I found
      status  200 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  42 B
      peer  127.0.0.1
      step 1  login: [ms]
      step 2  [ms]

    I would watch it like this
      name  checkout
      kind  flow
      interval  every 1m
      timeout  10s
      step 1  login: POST http://127.0.0.1:PORT/login
      sends  a bearer token (hidden)
      form  a=b
      captures  token from json $.token
      step 2  GET http://127.0.0.1:PORT/{{token}}
      expects  status in 200
      expects  json $.token exists
      down after  a failed check (tried again 2 times), up after 1 good check

    Shall I watch it? `yes` or `no`, or change something first, like `every 10s name shop`.
    ");
    assert!(chat.say("yes").await.starts_with("I watch `checkout` now"));
}

#[tokio::test]
async fn a_monitor_depends_on_others_that_there_are() {
    let chat = Chat::start().await;
    chat.add("router").await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("edit-monitor shop depends-on routr").await, @"✗ There is no monitor `routr`; did you mean `router`?");
    assert_snapshot!(chat.say("edit-monitor shop depends-on shop").await, @"✗ `shop` cannot depend on itself.");
    let changed = chat.say("edit-monitor shop depends-on ROUTER").await;
    assert!(changed.contains("depends on  router"), "{changed}");
    assert!(chat.say("show-monitor shop").await.contains("depends on  router"));
    assert!(!chat.say("edit-monitor shop depends-on none").await.contains("depends on"));
    let added = chat.say(&format!("add-monitor tcp://{} depends-on router", place(&chat))).await;
    assert!(added.contains("depends on  router"), "{added}");
}

#[tokio::test]
async fn a_wrong_assertion_is_answered_with_a_caret_in_a_fixed_width() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let reply = chat.reply("edit-monitor shop assert \"latency < 800\"").await;
    assert_eq!(reply.code.as_deref(), Some("invalid_assertion"));
    assert!(matches!(reply.blocks.as_slice(), [Block::Text { .. }, Block::Code { .. }]), "{reply:?}");
    assert_snapshot!(redacted(&reply), @r"
    ✗ `800` has no unit; write 800ms or 800s.

    latency < 800
              ^^^
    ");
    let changed =
        chat.say("edit-monitor shop assert \"latency < 8s as degraded\" assert 'header \"x-none\" exists'").await;
    assert!(changed.contains("and  header \"x-none\" exists"), "{changed}");
    assert_snapshot!(chat.say("check-now shop").await, @r#"
    `shop`: It failed after [ms]: expected header "x-none" exists, saw nothing (assertion_failed).

    What I found
      status  200 over HTTP/1.1
      TCP connection  [ms]
      request sent  [ms]
      first byte  [ms]
      body received  [ms]
      total  [ms]
      size  6 B
      peer  127.0.0.1
      holds  latency < 8s as degraded
      fails  header "x-none" exists, saw nothing
    "#);
}

#[tokio::test]
async fn a_password_in_an_address_is_kept_from_everybody() {
    let chat = Chat::start().await;
    let place = place(&chat);
    let asked = chat.reply(&format!("add-monitor redis://ada:hunter2@{place}/1 name cache timeout 1s")).await;
    let replies = [
        asked,
        chat.reply("yes").await,
        chat.reply("show-monitor cache").await,
        chat.reply("list-monitors").await,
        chat.reply("check-now cache").await,
        chat.reply("edit-monitor cache url rediss://evil.example").await,
    ];
    assert!(replies[0].sensitive && !format!("{replies:?}").contains("hunter2"), "{replies:?}");
    assert_eq!(replies[5].code.as_deref(), Some("secrets_stay"));
    assert!(chat.reply("edit-monitor cache url rediss://evil.example credentials none").await.ok);
}

#[tokio::test]
async fn help_tells_about_a_kind() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("help tls").await, @r#"
    `add-monitor tls …` A certificate: its chain, its names, the days it has left, and the TLS it is shown in.

      watches  HOST[:PORT] or tls://HOST[:PORT]
      interval  every 1h unless you say otherwise
      assert  certificate.days, certificate.issuer, certificate.subject, certificate.names, tls.protocol, tls.cipher, protocol, latency,
                latency.dns, latency.connect, latency.tls

    It takes, beside what `help add-monitor` shows
      server-name shop.example  The name to ask for and to find in the certificate, if it is not the host. `none` takes it away.
      starttls smtp  The protocol that begins in the clear and is upgraded to TLS. One of smtp, imap, pop3, postgres. `none` takes it
                                away.
      warn 30,14,7,1  The days left at which I warn, 1 to 365, 10 numbers at most. Default: 30,14,7,1.

    For example: `add-monitor tls shop.example warn 30,7`,
    `add-monitor tls mail.example:587 starttls smtp assert "tls.protocol == TLSv1.3 as degraded"`
    "#);
    assert_eq!(chat.say("help certificate").await, chat.say("help TLS").await);
    assert!(chat.say("help add-monitor").await.contains("heartbeat  A job or worker that reports in"));
    assert!(!chat.say("help add-monitor").await.contains("oncalendar"));
}

#[tokio::test]
async fn what_is_missing_is_asked_for_when_only_the_kind_is_said() {
    let chat = Chat::start().await;
    for (line, question) in [
        ("ping", "What should I watch? I take HOST or ping://HOST.\n\nFor example: 192.0.2.1"),
        ("heartbeat", "What should I call the heartbeat?\n\nFor example: nightly-backup"),
        ("flow", "What should I call the flow?\n\nFor example: checkout"),
        ("graphql", "What should I watch? I take "),
        ("tcp name port", "What should I watch? I take HOST:PORT or tcp://HOST:PORT."),
    ] {
        let asked = chat.say(&format!("add-monitor {line}")).await;
        let asked = asked.strip_prefix("I dropped my question about `add-monitor`.\n\n").unwrap_or(&asked);
        assert!(asked.starts_with(question), "{line}: {asked}");
    }
    let again = chat.say("hm").await.replace('\n', " ");
    assert!(again.ends_with("What should I watch? I take HOST:PORT or tcp://HOST:PORT. Or say `cancel`."), "{again}");
    let proposal = chat.say(&place(&chat)).await;
    assert!(proposal.contains("kind  tcp") && proposal.contains("name  port"), "{proposal}");
}

#[tokio::test]
async fn completion_knows_the_kinds_and_what_they_take() {
    let chat = Chat::start().await;
    for (text, expected) in [
        ("add-monitor po", &["postgres"][..]),
        ("add-monitor tls shop.example wa", &["warn"]),
        ("add-monitor tls shop.example que", &[]),
        ("add-monitor postgres://db.example/x que", &["query"]),
        ("add-monitor heartbeat x tim", &[]),
        ("add-monitor dns x.example type MX dns", &["dnssec"]),
        ("add-monitor tcp://x:1 tls ", &["yes", "no"]),
        ("help", &["help"]),
    ] {
        assert_eq!(chat.completions(text).await.1, expected, "{text}");
    }
}
