//! The server that takes Slack's part is driven by Slack's own framework, so that what our adapter is tested against is not
//! only what we imagine.

use std::process::Stdio;

use test_support::platforms::node_script;
use test_support::platforms::slack::{ADA, ADA_DIRECT, APP_TOKEN, BOT_TOKEN, Fake, OPS};

#[tokio::test]
async fn bolt_finds_everything_as_it_is_with_slack() {
    let fake = Fake::start().await;
    let url = fake.api_url().to_string();
    let mut bolt =
        node_script("slack/client.cjs").args([&url, BOT_TOKEN, APP_TOKEN]).stderr(Stdio::inherit()).spawn().unwrap();
    tokio::select! {
        () = converse(&fake) => {}
        ended = bolt.wait() => panic!("bolt ended: {ended:?}"),
    }
}

async fn converse(fake: &Fake) {
    fake.connected(1).await;

    fake.command(OPS, ADA, "status").await;
    let heard = fake.messages(OPS, 1).await.remove(0);
    assert_eq!((heard.text.as_str(), &heard.only), ("heard status", &None));

    fake.press(ADA, &heard, "Answer").await;
    let modal = fake.until("a form", |state| state.views.first().cloned()).await;
    fake.submit(ADA, &modal.id, &[("name", "shop")]).await;
    let changed = |state: &test_support::platforms::slack::State| {
        state.messages.iter().find(|message| message.edits == 1).map(|message| message.text.clone())
    };
    assert_eq!(fake.until("the changed message", changed).await, "kept: shop, changed");

    fake.say(OPS, ADA, "hello").await;
    let answered = fake.messages(OPS, 3).await.remove(2);
    assert_eq!(answered.text, "Ada Lovelace in ops: <@U0BOT> hello");
    assert!(answered.thread.is_some());

    fake.say(ADA_DIRECT, ADA, "keep this").await;
    let file = fake.until("a file", |state| state.files.values().find(|file| file.shared.is_some()).cloned()).await;
    assert_eq!((file.name.as_str(), file.data.as_slice()), ("said.txt", &b"keep this"[..]));
    let aside = fake.messages(OPS, 4).await.remove(3);
    assert_eq!(aside.only.as_deref(), Some(ADA));

    fake.open_home(ADA).await;
    fake.until("a home", |state| state.homes.get(ADA).cloned()).await;

    // Bolt opens another connection when it is asked to, as everybody has to.
    fake.ask_to_refresh();
    let opened = |state: &test_support::platforms::slack::State| {
        (state.calls.iter().filter(|call| call.method == "apps.connections.open").count() >= 2).then_some(())
    };
    fake.until("another connection", opened).await;
}
