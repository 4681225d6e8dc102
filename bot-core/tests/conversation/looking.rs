use std::time::Duration;

use bot_core::reply::Block;
use bot_core::{Reply, cards};
use insta::assert_snapshot;
use services::view::IncidentFilter;
use test_support::targets::answering::Answer;

use crate::chat::{Chat, redacted};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_newcomer_is_shown_the_way() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("hi").await, @"");
    assert_eq!(chat.say("What can you do?").await, chat.say("hi").await);
    assert_eq!(chat.say("watchword").await, chat.say("").await);
    assert_snapshot!(chat.say("status").await, @"");
    assert_snapshot!(chat.say("list-monitors").await, @"");
    assert_snapshot!(chat.say("list-incidents").await, @"");
    assert_snapshot!(chat.say("help").await, @"");
    assert_snapshot!(chat.say("help delete monitor").await, @"");
    assert_snapshot!(chat.say("help shwo-report").await, @"");
}

#[tokio::test]
async fn an_incident_is_seen_everywhere_and_its_card_turns_into_recovered() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert!(chat.reply("check-now shop").await.ok);
    assert_snapshot!(chat.say("status").await, @"");
    chat.pass(MINUTE);
    chat.target.set(Answer::status(500));
    assert_snapshot!(chat.say("check-now shop").await, @"");
    chat.pass(MINUTE * 2);
    assert_snapshot!(chat.say("status").await, @"");
    assert_snapshot!(chat.say("list-monitors down").await, @"");
    assert_snapshot!(chat.say("list-incidents open").await, @"");
    assert_snapshot!(card(&chat).await, @"");
    chat.target.set(Answer::ok("all ok"));
    assert!(chat.reply("check shop").await.ok);
    assert_snapshot!(card(&chat).await, @"");
    assert_snapshot!(chat.say("list-incidents shop 1h").await, @"");
    assert_snapshot!(chat.say("show-monitor shop").await, @"");
}

async fn card(chat: &Chat) -> String {
    let named = chat.services.incidents(&chat.actor, None, &IncidentFilter::default(), 1).await.unwrap().remove(0);
    redacted(&cards::incident(&named, chat.services.now()))
}

#[tokio::test]
async fn pausing_and_resuming_say_what_was_and_what_is() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("pause-monitor shop").await, @"");
    assert_snapshot!(chat.say("pause shop").await, @"");
    assert_snapshot!(chat.say("status").await, @"");
    assert_snapshot!(chat.say("resume-monitor shop").await, @"");
    assert_snapshot!(chat.say("resume shop").await, @"");
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let chat = Chat::start().await;
    for number in 0..27 {
        chat.add(&format!("m{number:02}")).await;
    }
    let first = chat.reply("list-monitors").await;
    let text = redacted(&first);
    assert!(text.starts_with("27 monitors, page 1 of 2\n") && text.ends_with("`list-monitors page 2` shows more."), "{text}");
    assert_snapshot!(chat.press(&first, "Next page").await, @"");
    assert_snapshot!(chat.say("list page 3").await, @"");
    assert_snapshot!(chat.say("list m11").await, @"");
    assert_snapshot!(chat.say("list down").await, @"");
}

/// A morning: ten good checks, two minutes of failure, ten good checks.
async fn after_a_morning() -> Chat {
    let chat = Chat::start().await;
    chat.pass(MINUTE * 60 * 8);
    chat.add("shop").await;
    for minute in 0..22 {
        chat.target.set(if (10..12).contains(&minute) { Answer::status(500) } else { Answer::ok("x".repeat(1_000)) });
        chat.reply("check-now shop").await;
        chat.pass(MINUTE);
    }
    chat
}

#[tokio::test]
async fn a_report_has_its_figures_how_they_were_counted_and_its_charts() {
    let chat = after_a_morning().await;
    let reply = chat.reply("show-report shop 1h").await;
    let (charts, rest): (Vec<Block>, Vec<Block>) = reply.blocks.into_iter().partition(|block| matches!(block, Block::Chart { .. }));
    assert_snapshot!(redacted(&Reply::of(rest)), @"");
    let titles: Vec<String> = charts.iter().map(|block| if let Block::Chart { chart } = block { chart.title().to_owned() } else { String::new() }).collect();
    assert_eq!(titles, ["Latency of shop", "Traffic per day of shop", "Uptime of shop"]);
    let all = chat.say("show-report all from 2026-03-01 08:00 to 2026-03-01 as chart").await;
    assert!(all.starts_with("Report on 1 monitor: 2026-03-01 08:00 to 2026-03-01 08:22 UTC (22 min)"), "{all}");
}

#[tokio::test]
async fn a_report_comes_as_files_or_json_too() {
    let chat = after_a_morning().await;
    for (kind, media, start) in [("png", "image/png", "iVBORw0KGgo"), ("svg", "image/svg+xml", "PHN2Zy")] {
        let reply = chat.reply(&format!("show-report shop 1h as {kind}")).await;
        let files: Vec<&str> = reply
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::File { name, media_type, data } => {
                    assert_eq!(media_type, media);
                    assert!(data.starts_with(start), "{}", &data[..20]);
                    Some(name.as_str())
                }
                _ => None,
            })
            .collect();
        assert_eq!(files, [format!("shop-latency.{kind}"), format!("shop-traffic.{kind}"), format!("shop-uptime.{kind}")]);
    }
    let reply = chat.reply("show-report shop 1h as json").await;
    let [Block::Code { text }] = reply.blocks.as_slice() else { panic!("{reply:?}") };
    let figures: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(figures["checks"]["total"], 22);
    assert_eq!(figures["checks"]["failed"], 2);
    assert_eq!(figures["incidents"][0]["reason"], "unexpected_status");
    assert_eq!(figures["mttr_seconds"], 120.0);
}

#[tokio::test]
async fn periods_that_make_no_sense_are_explained() {
    let chat = Chat::start().await;
    for (text, expected) in [
        ("show-report from 2026-03-08 to 2026-03-01", "✗ The period starts at 2026-03-08 00:00 UTC, which has not come yet."),
        ("show-report from 2026-02-08 to 2026-02-01", "✗ The period ends (2026-02-02 00:00 UTC) before it starts (2026-02-08 00:00 UTC)."),
        ("show-report to 2026-02-01", "✗ Say where it starts, like `from 2026-03-01 to 2026-03-08`."),
        ("show-report 7d from 2026-02-01", "✗ Say either a period like 7d, or from and to, not both."),
        ("show-report from 0001-01-01", "✗ A report covers 5 minutes to 10 years, not 739676 d."),
        ("show-report period 10s", "✗ `period`: a report covers 5 minutes to 10 years, not 10 s. `help show-report` shows what it takes."),
        ("show-report shpo 7d", "✗ There is no monitor `shpo`; `list-monitors` shows those there are."),
    ] {
        assert_eq!(chat.say(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn completion_offers_what_can_come_next() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.add("shop-api").await;
    for (text, start, expected) in [
        ("sho", 0, &["show-monitor", "show-report"][..]),
        ("/sho", 1, &["show-monitor", "show-report"]),
        ("show-monitor ", 13, &["shop", "shop-api"]),
        ("show-monitor SHOP-", 13, &["shop-api"]),
        ("pause-monitor monitor:sh", 22, &["shop", "shop-api"]),
        ("edit-monitor shop ti", 18, &["timeout"]),
        ("edit-monitor shop --int", 18, &["--interval"]),
        ("edit-monitor shop every 3", 24, &["30s"]),
        ("edit-monitor shop every 30s ev", 28, &[]),
        ("show-report shop as ", 20, &["chart", "png", "svg", "json"]),
        ("show-report 9", 12, &["90d"]),
        ("list-monitors d", 14, &["degraded", "down"]),
        ("help add", 5, &["add-monitor"]),
        ("frobnicate x", 12, &[]),
        ("show-monitor \"sh", 16, &[]),
    ] {
        let (at, choices) = chat.completions(text).await;
        assert_eq!(choices, expected, "{text}");
        assert!(choices.is_empty() || at == start, "{text}: {at}");
    }
}
