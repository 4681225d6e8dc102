//! Alert rules, by talking.

use std::time::Duration;

use monitor_core::people::Role;
use test_support::targets::answering::Answer;

use crate::chat::Chat;

#[tokio::test]
async fn a_rule_is_said_listed_and_deleted() {
    let chat = Chat::start().await;
    for (name, label) in [("shop", "env=prod"), ("blog", "env=test")] {
        let line = format!("add-monitor {} name {name} label {label} retries 0 --yes", chat.target.url());
        assert!(chat.reply(&line).await.ok);
    }
    assert!(chat.say("list-alerts").await.contains("no alert rules of your own"));
    let line = "add-alert shop when p95 over 10m > 800ms for 5m severity warning notify #ops @primary";
    insta::assert_snapshot!(chat.say(line).await, @r"
    Rule 1: `shop` when p95 over 10m > 800ms for 5m severity warning notify #ops @primary. It is about 1 monitor and now: quiet.

    There is no `#ops` yet, so that name tells nobody until you add it.

    There is no `@primary` yet, so that name tells nobody until you add it.
    ");
    let line = "add-alert env=prod when down for 3 checks severity critical remind 1h cooldown 10m";
    insta::assert_snapshot!(chat.say(line).await, @"Rule 2: `env=prod` when down for 3 checks severity critical cooldown 10m remind 1h. It is about 1 monitor and now: quiet.");
    let line = "add-alert all when certificate.days < 14 severity warning";
    insta::assert_snapshot!(chat.say(line).await, @"Rule 3: `all` when certificate.days < 14 severity warning. It is about 2 monitors and now: quiet.");
    insta::assert_snapshot!(chat.say("list-alerts").await, @r"
    3 alert rules
      rule  about  when  severity  tells  now
         1  shop  p95 over 10m > 800ms for 5m  warning  #ops @primary  quiet
         2  env=prod  down for 3 checks  critical  again every 1h  quiet
         3  all  certificate.days < 14  warning  quiet

    A monitor that is down is told at once, as critical, unless one of these rules about `down` is for it.
    ");
    insta::assert_snapshot!(chat.say("delete-alert 2").await, @r"
    Shall I delete rule 2, `env=prod` when down for 3 checks severity critical cooldown 10m remind 1h? It is now: quiet. What it has told ends
    with it. `yes` or `no`.
    ");
    insta::assert_snapshot!(chat.say("yes").await, @"Rule 2 (`env=prod` when down for 3 checks severity critical cooldown 10m remind 1h) is deleted.");
    insta::assert_snapshot!(chat.say("delete-alert 2 --yes").await, @"✗ There is no alert rule 2; `list-alerts` shows those there are.");
}

#[tokio::test]
async fn a_condition_runs_to_the_next_word_and_may_stand_in_quotes_or_be_asked_for() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    for line in [
        "add-alert shop when \"down for 5m\" severity info",
        "add-alert severity info shop when down for 5m",
        "add-alert monitor shop severity=info when:down for 5m",
        "add-alert shop down for 5m severity info",
    ] {
        let said = chat.say(line).await;
        assert!(said.contains("`shop` when down for 5m severity info."), "{line}: {said}");
    }
    let asked = chat.say("add-alert shop severity info").await;
    assert!(asked.contains("When? Say it like `down for 5m`"), "{asked}");
    assert!(
        chat.say("not (degraded or down) for 5m").await.contains("when not (degraded or down) for 5m severity info")
    );
    assert!(chat.say("add-alert when down").await.contains("Which monitor?"));
    assert!(chat.say("shop").await.contains("`shop` when down severity critical"));
}

#[tokio::test]
async fn a_fault_is_pointed_at() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    insta::assert_snapshot!(chat.say("add-alert shop when p95 over 10m > 800 severity warning").await, @r"
    ✗ `800` has no unit; write 800ms or 800s.

    p95 over 10m > 800
                   ^^^
    ");
    insta::assert_snapshot!(chat.say("add-alert shop when dwon for 5m").await, @r"
    ✗ I don't know `dwon`; do you mean `down`?

    dwon for 5m
    ^^^^
    ");
    assert!(chat.say("add-alert shpo when down").await.contains("did you mean `shop`"));
    assert!(chat.say("add-alert shop when down cooldown 9d").await.contains("7d at most"));
    assert!(chat.say("add-alert shop when down notify a b! c").await.contains("`b!` is not the name of a destination"));
}

#[tokio::test]
async fn what_a_rule_does_now_and_would_have_done_is_told() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("check-now shop").await;
    chat.pass(Duration::from_secs(60));
    let slow = chat.say("add-alert shop when latency over 10m > 0s severity info").await;
    assert!(slow.contains("now: fires: shop"), "{slow}");
    assert!(chat.say("list-alerts").await.contains("fires: shop"));
    let never = chat.say("simulate-alert shop when down last 7d").await;
    assert!(never.contains("on 1 monitor from") && never.contains("it would have told nothing"), "{never}");
    let once = chat.say("simulate-alert shop when latency over 10m > 0s last 24h severity warning").await;
    assert!(once.contains("it would have told 1 alert, 1 as warning"), "{once}");
    assert!(once.contains("to the end") && once.contains("the mean latency over 10 min was"), "{once}");
    assert!(chat.say("simulate-alert shop when down for 3 checks last 7d").await.contains("kept for 1 d"));
    assert!(chat.say("list-alerts").await.contains("1 alert rule"), "trying one changes nothing");
    let cooled = chat.say("simulate-alert shop when latency over 10m > 0s cooldown 8d").await;
    assert!(cooled.contains("7d at most"), "{cooled}");
}

#[tokio::test]
async fn a_new_rule_is_tried_as_it_is() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("check-now shop").await;
    chat.pass(Duration::from_secs(60));
    let added = chat.reply("add-alert shop when latency over 10m > 0s severity info cooldown 0s").await;
    let tried = chat.press(&added, "What would it have told?").await;
    assert!(tried.contains("it would have told 1 alert, 1 as info"), "{tried}");
}

#[tokio::test]
async fn why_names_the_rule_that_waits() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("add-alert shop when down for 10m severity warning").await;
    chat.say("check-now shop").await;
    chat.pass(Duration::from_secs(60));
    chat.target.set(Answer::status(500));
    chat.say("check-now shop").await;
    let why = chat.say("why shop").await;
    assert!(why.contains("nobody is told yet: rule 1 (down for 10m) waits until 2026-03-01 00:11"), "{why}");
}

#[tokio::test]
async fn who_may_only_look_changes_no_rule() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let viewer = chat.person(Role::Viewer).await;
    for line in ["add-alert shop when down", "delete-alert 1"] {
        let said = chat.says(viewer, line).await;
        assert!(said.contains("as viewer you may not") || said.contains("As viewer you may not"), "{said}");
    }
    assert!(chat.says(viewer, "list-alerts").await.contains("no alert rules"));
    assert!(chat.says(viewer, "simulate-alert shop when down").await.contains("I tried"));
}
