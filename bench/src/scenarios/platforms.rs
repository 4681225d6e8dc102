//! How long a command takes through each adapter of a chat platform: from the event to the first response. The platforms are
//! stand-ins on this machine that speak the real protocols, so what is measured is the adapter and what is behind it.

use anyhow::ensure;
use serde_json::Value;
use test_support::platforms::{discord, slack, telegram};

use super::commands::{add, timed};
use crate::board::Board;
use crate::chat::Chat;
use crate::clock::now;
use crate::seed;
use crate::setup::Setup;
use crate::watchword::Watchword;

/// What is said.
const LINE: &str = "status";

/// Who talks with the bot on Telegram.
const ADA: i64 = 5;

/// How many monitors there are, none of which is due meanwhile.
const MONITORS: usize = 10_000;

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("platforms")?;
    let store = seed::open(&data).await?;
    seed::heartbeats(&store, MONITORS, now()).await?;
    store.close().await;
    let on_discord = discord::Fake::start().await;
    let on_slack = slack::Fake::start().await;
    let on_telegram = telegram::Fake::start(now().as_millis() / 1_000).await;
    on_telegram.person(ADA, "Ada");
    let (discord_url, slack_url) = (on_discord.url(), on_slack.api_url().to_string());
    let settings = [
        ("WATCHWORD_DISCORD_TOKEN", discord::TOKEN),
        ("WATCHWORD_DISCORD_API_URL", discord_url.as_str()),
        ("WATCHWORD_SLACK_BOT_TOKEN", slack::BOT_TOKEN),
        ("WATCHWORD_SLACK_APP_TOKEN", slack::APP_TOKEN),
        ("WATCHWORD_SLACK_API_URL", slack_url.as_str()),
        ("WATCHWORD_TELEGRAM_TOKEN", telegram::TOKEN),
        ("WATCHWORD_TELEGRAM_API_URL", on_telegram.url()),
    ];
    let watchword = Watchword::start_with(setup, &data, &settings).await?;
    let chat = Chat::new(setup, &watchword);
    let count = setup.plan.commands;

    on_discord.connected(1).await;
    let say = async |line: String| {
        let before = on_discord.with(|state| state.of_bot(discord::CHANNEL).len());
        on_discord.say(discord::CHANNEL, &format!("<@{}> {line}", discord::BOT));
        on_discord.messages(discord::CHANNEL, before + 1).await;
    };
    for asks in ["connect", "link"] {
        say(format!("{asks} {}", code(&chat, &format!("{asks} discord")).await?)).await;
    }
    let slash = async || {
        let asked = on_discord.act(discord::CHANNEL, discord::Deed::Slash(LINE, &[]));
        on_discord.first_answer(asked).await;
        Ok(())
    };
    add(board, "platform.discord", "Discord, slash command to first response", &timed(count, slash).await?);

    on_slack.connected(2).await;
    let command = async |line: &str| {
        let own = |state: &slack::State| state.messages.iter().filter(|message| message.by_bot).count();
        let before = on_slack.look(own);
        on_slack.command(slack::OPS, slack::ADA, line).await;
        on_slack.until("a response", |state| (own(state) > before).then_some(())).await;
    };
    for asks in ["connect", "link"] {
        command(&format!("{asks} {}", code(&chat, &format!("{asks} slack")).await?)).await;
    }
    let times = timed(count, async || {
        command(LINE).await;
        Ok(())
    });
    add(board, "platform.slack", "Slack, slash command to first response", &times.await?);

    let write = async |line: &str| {
        let before = on_telegram.said(ADA).len();
        on_telegram.say(ADA, ADA, line);
        on_telegram.hears(ADA, before + 1).await;
    };
    write(&format!("link {}", code(&chat, "link telegram").await?)).await;
    let times = timed(count, async || {
        write(LINE).await;
        Ok(())
    });
    add(board, "platform.telegram", "Telegram, message to first response", &times.await?);
    watchword.process.stop().await
}

/// Asks for a code that lets a platform in.
async fn code(chat: &Chat, asks: &str) -> anyhow::Result<String> {
    let replies: Value = chat.say(asks).await?;
    let text = replies[0]["text"].as_str().unwrap_or_default();
    let is_code = |word: &&str| {
        word.len() == 11
            && word.as_bytes()[5] == b'-'
            && word.replace('-', "").bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let found = text.split(|c: char| c.is_whitespace() || c == '`').find(is_code);
    ensure!(found.is_some(), "`{asks}` was answered without a code");
    Ok(found.unwrap_or_default().to_owned())
}
