//! Addresses, tokens and numbers of destinations of every kind, of which the real program may tell nobody: not in its log, not
//! in an answer, not in its files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use test_support::receiver::{Reaction, Receiver};
use test_support::targets::misbehaving::nothing_listens;
use test_support::targets::{Answer, answering};

use crate::common::{Server, chat, piped};

/// What nobody may be told. All of it is in the lines of [`destinations`].
const SECRETS: &[&str] = &[
    "hookpath8f14e45fceea",
    "whsec_MbKQ2w1GKYvwThoU",
    "headervalue55c1a0",
    "T37QK0ZV5/B39MXR14JHD",
    "h6NeEj8TlLu2UcZd5RpVv0Fx",
    "Qr0gXp5_ZyR2hLeN7xYdHo1uGfFcEz",
    "0537841629:AAGb6pXh2ZvTs8VdYe5LwJf1MmPx9Ez4KtI",
    "9d41c7e05b3a4f8d77aa",
    "sigvalueYb5nTjH8sPgF",
    "p0ih6kv2ydsu8jbowr1fxe4mca",
    "AIkcSjD6pQ2gR0yLr5XhZ",
    "Le3bWg5TpXt2SdGr",
    "+447700900461",
    "447700900461",
    "+447700900742",
    "EAAJZBi2T5pQhBO0sV7eYfL4xMmZ",
    "1f6d3b9c7e5a20848da3e0fc24b7561a",
    "0d6e2a4f",
    "Q2iT7rL0gB5pR1hZ",
    "R3K0QZ7VY5M2XC4T1WJ8HB6ND9PFGSAE",
    "8b5f14e9-26cd-7a30-d4b7-9e3a0f5c21d6",
    "xmtu-cqawyx-0b6c24e5",
    "tk_AlQfv0rVBtFD60kQVN52RmzMkNIk5",
    "AKk0gCp5dQb4T2a",
    "zQnRkut7DXlmDrw2QkkbQz50erVRxG",
    "ckGDORaPK1lMcC3QOYAMjEEzkJsjUn",
    "syt_f5F3Y5m6d6Jp_pZvXgTsRdYhLeMmPxJfE_6pVb2G",
    "etwwaey-mtwxa-dcyyawj-xycuqa",
    "tgrambot110201543AAHdq",
];

/// A destination of every kind, each at the receiver.
fn destinations(url: &str) -> Vec<(&'static str, String)> {
    let closed = nothing_listens();
    let base = url.trim_end_matches('/');
    vec![
        (
            "webhook",
            format!("url={base}/hookpath8f14e45fceea secret=whsec_MbKQ2w1GKYvwThoU headers=X-Key:headervalue55c1a0"),
        ),
        ("slack", format!("url={base}/services/T37QK0ZV5/B39MXR14JHD/h6NeEj8TlLu2UcZd5RpVv0Fx")),
        ("discord", format!("url={base}/api/webhooks/1098765432109876543/Qr0gXp5_ZyR2hLeN7xYdHo1uGfFcEz")),
        ("telegram", format!("token=0537841629:AAGb6pXh2ZvTs8VdYe5LwJf1MmPx9Ez4KtI chat=-1001894527360 url={base}")),
        ("teams", format!("url={base}/workflows/9d41c7e05b3a4f8d77aa/invoke?sig=sigvalueYb5nTjH8sPgF")),
        ("mattermost", format!("url={base}/hooks/p0ih6kv2ydsu8jbowr1fxe4mca")),
        (
            "google-chat",
            format!("url={base}/v1/spaces/AAQA7xWk2Zc/messages?key=AIkcSjD6pQ2gR0yLr5XhZ&token=Le3bWg5TpXt2SdGr"),
        ),
        (
            "whatsapp",
            format!(
                "to=+447700900461 phone=106540352242922 token=EAAJZBi2T5pQhBO0sV7eYfL4xMmZ template=watchword_alert url={base}"
            ),
        ),
        (
            "twilio",
            format!(
                "to=+447700900461 from=+447700900742 account=AC5e1f7d09b3c84a2690d7f4e8b1a6c352 token=1f6d3b9c7e5a20848da3e0fc24b7561a url={base}"
            ),
        ),
        ("vonage", format!("to=+447700900461 from=+447700900742 key=0d6e2a4f secret=Q2iT7rL0gB5pR1hZ url={base}")),
        ("pagerduty", format!("key=R3K0QZ7VY5M2XC4T1WJ8HB6ND9PFGSAE url={base}")),
        ("opsgenie", format!("key=8b5f14e9-26cd-7a30-d4b7-9e3a0f5c21d6 url={base}")),
        ("ntfy", format!("topic=xmtu-cqawyx-0b6c24e5 token=tk_AlQfv0rVBtFD60kQVN52RmzMkNIk5 url={base}")),
        ("gotify", format!("url={base} token=AKk0gCp5dQb4T2a")),
        ("pushover", format!("user=zQnRkut7DXlmDrw2QkkbQz50erVRxG token=ckGDORaPK1lMcC3QOYAMjEEzkJsjUn url={base}")),
        (
            "matrix",
            format!(
                "url={base} token=syt_f5F3Y5m6d6Jp_pZvXgTsRdYhLeMmPxJfE_6pVb2G room=!KqWxTzRbNvYcLmPhSd:shop.example"
            ),
        ),
        ("apprise", format!("url={base} to=json://tgrambot110201543AAHdq@127.0.0.1")),
        (
            "email",
            format!(
                "url=smtp://{closed} from=watchword@shop.example to=ops@shop.example user=watchword password=etwwaey-mtwxa-dcyyawj-xycuqa security=none"
            ),
        ),
    ]
}

fn assert_untold(place: &str, text: &[u8]) {
    for secret in SECRETS {
        let secret = secret.as_bytes();
        if let Some(at) = text.windows(secret.len()).position(|window| window == secret) {
            let around = &text[at.saturating_sub(200)..(at + secret.len() + 100).min(text.len())];
            panic!("{place} tells `{}`: {}", String::from_utf8_lossy(secret), String::from_utf8_lossy(around));
        }
    }
}

/// Every file that the program has written, but the key.
fn assert_files_hold_none(folder: &Path) -> Vec<String> {
    let mut searched = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            searched.extend(assert_files_hold_none(&path));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert_untold(&name, &std::fs::read(&path).unwrap());
            searched.push(name);
        }
    }
    searched
}

/// Says all lines; what was answered, which tells no secret.
async fn say_all(server: &Server, lines: &[String]) -> String {
    let said = piped(server, &(lines.join("\n") + "\n")).await.text;
    assert_untold("an answer", said.as_bytes());
    said
}

#[tokio::test]
async fn what_is_secret_of_destinations_is_told_nowhere_however_they_fail() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let variables = [("WATCHWORD_LOG", "trace"), ("WATCHWORD_LOG_DIR", logs.to_str().unwrap())];
    let mut server = Server::start_with(folder.path(), &variables).await;
    let (receiver, target) = (Receiver::start().await, answering(Answer::ok("fine")).await);
    let monitor = format!("add-monitor {} name shop every 1s retries 0 timeout 5s --yes", target.url());
    assert_eq!(chat(&server, &monitor).await.code, 0);

    let all = destinations(&receiver.url());
    let add: Vec<_> =
        all.iter().map(|(kind, fields)| format!("add-destination {kind} {kind} rate=6000/m:100 {fields}")).collect();
    let added = say_all(&server, &add).await;
    assert_eq!(added.matches("I can tell").count(), all.len(), "{added}");
    // What does not work is not repeated either, nor what is asked for piece by piece.
    let wrong = all.iter().map(|(kind, fields)| format!("add-destination x-{kind} {kind} {fields} colour=blue"));
    say_all(&server, &wrong.collect::<Vec<_>>()).await;
    let asked =
        ["add-destination again slack", "http://127.0.0.1:9/services/T37QK0ZV5/B39MXR14JHD/h6NeEj8TlLu2UcZd5RpVv0Fx"];
    let asked = say_all(&server, &asked.map(str::to_owned)).await;
    assert!(asked.contains("I can tell `again`"), "{asked}");

    let tests: Vec<_> = all.iter().map(|(kind, _)| format!("test-destination {kind}")).collect();
    let reactions = [
        Answer::ok("{}").into(),
        Reaction::Echo(400),
        Reaction::Echo(401),
        Reaction::Echo(404),
        Reaction::Echo(410),
        Reaction::Echo(429),
        Reaction::Echo(500),
        Reaction::Reset,
        Answer::redirect(302, "/elsewhere/hookpath8f14e45fceea").into(),
        Answer::ok("this is no JSON: hookpath8f14e45fceea +447700900461").into(),
    ];
    for reaction in reactions {
        receiver.otherwise(reaction);
        let before = receiver.requests().len();
        say_all(&server, &tests).await;
        assert!(receiver.requests().len() >= before + all.len() - 2, "all but mail, and what is held, came");
    }
    // What fails is also told in the timelines of incidents.
    let names: Vec<_> = all.iter().map(|(kind, _)| *kind).collect();
    say_all(&server, &[format!("add-route all notify {}", names.join(" "))]).await;
    receiver.otherwise(Reaction::Echo(400));
    let reached = receiver.requests().len();
    target.set_status(500);
    receiver.reached(reached + all.len() - 1).await;
    let failed = async {
        while !chat(&server, "list-notifications failed")
            .await
            .text
            .contains(&format!("{} notifications", all.len() - 1))
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), failed).await.expect("all of them fail");

    let mut look: Vec<String> =
        ["list-destinations", "list-notifications failed", "why", "why shop", "show-incident", "postmortem"]
            .map(str::to_owned)
            .into();
    look.extend((1..=9).map(|page| format!("list-notifications all page {page}")));
    look.extend(names.iter().map(|name| format!("show-destination {name}")));
    let seen = say_all(&server, &look).await;
    assert!(seen.contains("400 Bad Request") && seen.contains("410 Gone") && seen.contains("Who was told"), "{seen}");

    assert!(server.terminate().await.success());
    let log = server.log();
    assert!(log.contains("\"level\":\"DEBUG\""), "it was logged in full");
    assert_untold("the log", log.as_bytes());
    let searched = assert_files_hold_none(folder.path());
    let database = std::fs::read(folder.path().join("watchword.db")).unwrap();
    assert!(database.windows(15).any(|window| window == b"400 Bad Request"), "what was told is in it, and readable");
    assert!(searched.iter().any(|name| name.ends_with(".log")), "{searched:?}");
}
