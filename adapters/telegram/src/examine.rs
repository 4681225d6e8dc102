use std::time::Duration;

use adapter_common::Finding;
use monitor_core::Timestamp;
use monitor_core::duration;
use services::{Clock as _, SystemClock};

use crate::api::{Api, ApiError};
use crate::config::{Config, StartError};
use crate::wire::{Me, WebhookInfo};

/// How far the clock may be off: the age of what was said is judged by it.
const MAX_SKEW: Duration = Duration::from_secs(60);

/// Failed deliveries that are older than this are history.
const RECENT: Duration = Duration::from_secs(3_600);

/// Looks whether Telegram can be spoken to as configured, and says what to mend. Changes nothing.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let now = SystemClock.now();
    let api = match Api::new(config) {
        Ok(api) => api,
        Err(error) => return vec![Finding::wrong("telegram: the configuration cannot work", error.to_string())],
    };
    let me: (Me, Option<Timestamp>) = match api.ask("GetMe").await {
        Ok(me) => me,
        Err(error) if error.is_token() => {
            return vec![Finding::wrong("telegram: the token is not known", StartError::Token.to_string())];
        }
        Err(error) => return vec![unreachable(config, &error)],
    };
    let (me, at) = me;
    let mut findings =
        vec![Finding::ok(format!("telegram: the token is that of @{}", me.username)), groups(&me), privacy(&me)];
    match api.ask::<WebhookInfo>("GetWebhookInfo").await {
        Ok((info, _)) => findings.extend(webhook(config, &info, now)),
        Err(error) => findings.push(unreachable(config, &error)),
    }
    findings.extend(at.map(|at| clock(at, now)));
    findings
}

fn unreachable(config: &Config, error: &ApiError) -> Finding {
    let host = config.api_url.as_ref().and_then(|url| url.host_str()).unwrap_or("api.telegram.org");
    let mend = format!("let this machine reach https://{host}, or set telegram.api_url to a server that it reaches");
    Finding::wrong(format!("telegram: cannot be asked: {error}"), mend)
}

fn groups(me: &Me) -> Finding {
    if me.can_join_groups {
        return Finding::ok("telegram: the bot may be added to groups");
    }
    let mend =
        format!("send @BotFather /setjoingroups, choose @{} and Enable; private chats work as they are", me.username);
    Finding::wrong("telegram: the bot may not be added to groups", mend)
}

/// Both settings work, and it is said what each means.
fn privacy(me: &Me) -> Finding {
    Finding::ok(if me.can_read_all_group_messages {
        "telegram: privacy mode is off: in groups the bot is sent everything that is said, and answers its commands, its name \
         and replies to it"
    } else {
        "telegram: privacy mode is on: in groups the bot is sent its commands and replies to it, which is all it needs. To be \
         called by its name as well, it has to be an administrator, or @BotFather /setprivacy has to be Disable and the bot added \
         again"
    })
}

fn webhook(config: &Config, info: &WebhookInfo, now: Timestamp) -> Vec<Finding> {
    let Some(webhook) = &config.webhook else {
        return vec![Finding::ok(match info.url.as_str() {
            "" => "telegram: is asked for updates by long polling".to_owned(),
            _ => "telegram: delivers to a webhook now; long polling takes its place at the next start".to_owned(),
        })];
    };
    let url = webhook.url.as_str();
    if info.url != url {
        let mend = "start Watchword, which sets it; if it runs already, look for another program with the same token";
        return vec![Finding::wrong(format!("telegram: does not deliver to {url} yet"), mend)];
    }
    let waiting = info.pending_update_count;
    let mut findings = vec![Finding::ok(format!("telegram: delivers to {url}; {waiting} updates wait"))];
    let failed = info.last_error_date.map(|at| Timestamp::from_millis(at.saturating_mul(1_000)));
    if let Some(at) = failed.filter(|at| now.since(*at) < RECENT) {
        let why = info.last_error_message.as_deref().unwrap_or("it does not say why");
        let mend =
            "let Telegram reach that address: a certificate that it trusts, and its path handed on to chat.listen";
        findings.push(Finding::wrong(format!("telegram: a delivery failed at {}: {why}", at.to_second()), mend));
    }
    findings
}

fn clock(at: Timestamp, now: Timestamp) -> Finding {
    let off = now.since(at).max(at.since(now));
    if off <= MAX_SKEW {
        return Finding::ok("telegram: its clock and this machine's agree");
    }
    let what = format!("telegram: this machine's clock is {} off", duration::humanize(off));
    Finding::wrong(what, "synchronise the clock, for example with `timedatectl set-ntp true`")
}
