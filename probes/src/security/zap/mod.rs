//! A deep scan by OWASP ZAP, which the operator runs: ZAP crawls the target and attacks what it finds, and its alerts are
//! fetched. ZAP connects to the target by itself, without the address policy; so only hosts shown to be one's own are given
//! to it.

mod api;

use std::convert::identity;
use std::time::Duration;

use monitor_core::duration::humanize;
use monitor_core::secret::Secret;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::api::Api;
use crate::outbound::Outbound;

/// Waits between two looks at a scan: the first, twice as long each time, up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Alerts that are asked for at once, and how many are enough.
const PAGE: usize = 100;
const MAX_ALERTS: usize = 2_000;

/// More than ZAP can list of a site.
const ENDLESS: usize = 1_000_000;

/// ZAP's numbers of risks, the highest first.
const RISKS: [&str; 4] = ["3", "2", "1", "0"];

/// Where ZAP listens, and the key that its API wants.
#[derive(Debug, Clone)]
pub struct Zap {
    /// Where its API is: `http://127.0.0.1:8080/`. The operator has named it, so it may be a private address.
    pub url: Url,
    /// Its API key; `None`: it wants none.
    pub key: Option<Secret>,
}

/// What ZAP tells of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    /// A JSON list of what ZAP's API calls alerts, the highest risk first. Once there are 2,000 no more are asked for.
    pub list: Value,
    /// Why that may not be all of them; `None`: it is.
    pub cut: Option<String>,
}

/// Why there are no alerts. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZapError {
    /// It was cancelled, and what ran in ZAP was stopped.
    #[error("the scan was cancelled")]
    Cancelled,
    /// ZAP does not answer. It says nothing to those whose key is wrong or whose address it does not know.
    #[error(
        "ZAP does not answer: {0}; check security.zap_url and security.zap_key, and that ZAP's API lets this machine in \
         (-config api.addrs.addr.name=ADDRESS)"
    )]
    Unreachable(String),
    /// ZAP does not do it.
    #[error("ZAP refuses: {0}")]
    Refused(String),
    /// What answers is not ZAP's API.
    #[error("what answers is not ZAP's API: {0}; check security.zap_url")]
    NotZap(String),
    /// It took too long, and what ran in ZAP was stopped.
    #[error("ZAP was not done within {0}")]
    TooLong(String),
}

/// Lets ZAP forget its alerts about the target's origin, crawl the target and scan it actively, all of it within that time, and
/// gives its alerts about that origin. Says in a few words to `progress` how far it is. However it ends, nothing of it goes on in
/// ZAP; only if it is dropped does it.
///
/// # Errors
/// See [`ZapError`].
#[expect(clippy::too_many_arguments, reason = "who, what and how long; and two ways to talk while it goes on")]
pub async fn scan(
    zap: &Zap,
    target: &Url,
    within: Duration,
    outbound: &Outbound,
    cancel: &CancellationToken,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<Alerts, ZapError> {
    let stop = Stop { cancel, end: Instant::now() + within, within };
    // Boxed: a request takes a lot of room, and whoever scans has futures of their own.
    Box::pin(run(&Api::new(zap, outbound.to_configured()), target, &stop, progress)).await
}

/// Stops what ZAP still crawls and attacks of the target's origin for somebody who is not there any more to stop it.
///
/// # Errors
/// See [`ZapError`].
pub async fn stop(zap: &Zap, target: &Url, outbound: &Outbound) -> Result<(), ZapError> {
    Box::pin(end_scans(&Api::new(zap, outbound.to_configured()), target)).await
}

/// The version of the ZAP that answers there.
///
/// # Errors
/// [`ZapError::Unreachable`] and [`ZapError::NotZap`].
pub async fn version(zap: &Zap, outbound: &Outbound) -> Result<String, ZapError> {
    Api::new(zap, outbound.to_configured()).text("core/view/version", "version", &[]).await
}

/// When to give up.
struct Stop<'a> {
    cancel: &'a CancellationToken,
    end: Instant,
    within: Duration,
}

impl Stop<'_> {
    /// Does it, unless it is cancelled or the time is over before it is done.
    async fn or<T>(&self, doing: impl Future<Output = Result<T, ZapError>>) -> Result<T, ZapError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ZapError::Cancelled),
            () = tokio::time::sleep_until(self.end) => Err(ZapError::TooLong(humanize(self.within))),
            done = doing => done,
        }
    }
}

async fn run(
    api: &Api,
    target: &Url,
    stop: &Stop<'_>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<Alerts, ZapError> {
    stop.or(forget(api, target)).await?;
    finish(api, "spider", target, stop, &|percent| progress(&format!("ZAP crawls, {percent} %"))).await?;
    progress("ZAP looks through what it has crawled");
    stop.or(settle(api)).await?;
    finish(api, "ascan", target, stop, &|percent| progress(&format!("ZAP attacks, {percent} %"))).await?;
    progress("fetching ZAP's alerts");
    let (list, whole) = stop.or(alerts(api, target, MAX_ALERTS, identity)).await?;
    let cut =
        || format!("ZAP has {MAX_ALERTS} alerts of the site or more, and the lowest risks may not have been read");
    Ok(Alerts { list: Value::Array(list), cut: (!whole).then(cut) })
}

/// Has ZAP delete its alerts about the target: it keeps those of earlier scans, also of what was mended since, and does not
/// tell anew what it knows already.
async fn forget(api: &Api, target: &Url) -> Result<(), ZapError> {
    let id = |alert: Value| alert.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (ids, whole) = alerts(api, target, ENDLESS, id).await?;
    if !whole {
        return Err(ZapError::NotZap("its list of alerts has no end".to_owned()));
    }
    for id in ids {
        match api.ask("alert/action/deleteAlert", &[("id", &id)]).await {
            // It has gone since.
            Err(ZapError::Refused(why)) if why.contains("(does_not_exist)") => {}
            deleted => {
                deleted?;
            }
        }
    }
    Ok(())
}

/// Starts a scan in ZAP, a `spider` or an `ascan`, and waits for its end.
async fn finish(
    api: &Api,
    component: &str,
    target: &Url,
    stop: &Stop<'_>,
    told: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), ZapError> {
    stop.or(async { Ok(()) }).await?;
    // Not given up in the middle: whoever does not know its id cannot stop it.
    let start = [("url", target.as_str()), ("recurse", "true")];
    let id = api.text(&format!("{component}/action/scan"), "scan", &start).await?;
    let ended = stop.or(watch(api, component, &id, told)).await;
    if ended.is_err() {
        // What cannot be stopped is out of reach, which is told already.
        let _ = api.ask(&format!("{component}/action/stop"), &[("scanId", &id)]).await;
    }
    ended
}

/// Ends the scans of the target's origin, the attacks first. A list of scans does not say of what they are, but what each has
/// come to does.
async fn end_scans(api: &Api, target: &Url) -> Result<(), ZapError> {
    for (component, reached) in [("ascan", "scanProgress"), ("spider", "results")] {
        for id in running(api, component).await? {
            let scan = [("scanId", id.as_str())];
            let seen = match api.ask(&format!("{component}/view/{reached}"), &scan).await {
                Ok(mut seen) => seen.get_mut(reached).map(Value::take),
                // It has gone since.
                Err(ZapError::Refused(_)) => None,
                Err(error) => return Err(error),
            };
            let Some(Value::Array(seen)) = seen else { continue };
            if seen.iter().filter_map(Value::as_str).any(|address| is_of(target, address)) {
                api.ask(&format!("{component}/action/stop"), &scan).await?;
            }
        }
    }
    Ok(())
}

/// The ids of scans that have not ended.
async fn running(api: &Api, component: &str) -> Result<Vec<String>, ZapError> {
    let mut answer = api.ask(&format!("{component}/view/scans"), &[]).await?;
    let Some(Value::Array(scans)) = answer.get_mut("scans").map(Value::take) else {
        return Err(ZapError::NotZap("it tells no list of scans".to_owned()));
    };
    let text = |scan: &Value, key: &str| scan.get(key).and_then(Value::as_str).map(str::to_owned);
    let left = scans.iter().filter(|scan| text(scan, "state").as_deref() != Some("FINISHED"));
    Ok(left.filter_map(|scan| text(scan, "id")).collect())
}

/// Whether an address is of the target's origin.
fn is_of(target: &Url, address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.origin() == target.origin())
}

/// Waits for the end of a scan.
async fn watch(api: &Api, component: &str, id: &str, told: &(dyn Fn(u64) + Send + Sync)) -> Result<(), ZapError> {
    let (status, mut last) = (format!("{component}/view/status"), None);
    let mut pauses = Pauses(FIRST_WAIT);
    loop {
        let percent = api.number(&status, "status", &[("scanId", id)]).await?;
        if last.replace(percent) != Some(percent) {
            told(percent);
        }
        if percent >= 100 {
            return Ok(());
        }
        pauses.wait().await;
    }
}

/// Waits until ZAP has looked through what it crawled.
async fn settle(api: &Api) -> Result<(), ZapError> {
    let mut pauses = Pauses(FIRST_WAIT);
    while api.number("pscan/view/recordsToScan", "recordsToScan", &[]).await? > 0 {
        pauses.wait().await;
    }
    Ok(())
}

/// How long it is waited before ZAP is asked again how far it is: each time longer.
struct Pauses(Duration);

impl Pauses {
    async fn wait(&mut self) {
        tokio::time::sleep_until(Instant::now() + self.0).await;
        self.0 = (self.0 * 2).min(LAST_WAIT);
    }
}

/// What is to be kept of each alert about the target's origin, the highest risk first, and whether that is of all of them. ZAP
/// compares the beginnings of addresses alone: `https://shop.co` is also that of `https://shop.com/`.
async fn alerts<T>(api: &Api, target: &Url, enough: usize, keep: fn(Value) -> T) -> Result<(Vec<T>, bool), ZapError> {
    let own = |alert: &Value| alert.get("url").and_then(Value::as_str).is_some_and(|url| is_of(target, url));
    let (mut all, mut left) = (Vec::new(), enough);
    for risk in RISKS {
        let mut start = 1;
        loop {
            if left == 0 {
                return Ok((all, false));
            }
            let page = page(api, target, risk, start).await?;
            let count = page.len();
            all.extend(page.into_iter().filter(own).map(keep));
            (start, left) = (start + count, left.saturating_sub(count));
            if count < PAGE {
                break;
            }
        }
    }
    Ok((all, true))
}

/// The alerts of that risk from that one on, counted from 1.
async fn page(api: &Api, target: &Url, risk: &str, start: usize) -> Result<Vec<Value>, ZapError> {
    let base = format!("{}/", target.origin().ascii_serialization());
    let (start, count) = (start.to_string(), PAGE.to_string());
    let ask = [("baseurl", base.as_str()), ("riskId", risk), ("start", &start), ("count", &count)];
    match api.ask("alert/view/alerts", &ask).await?.get_mut("alerts").map(Value::take) {
        Some(Value::Array(page)) => Ok(page),
        _ => Err(ZapError::NotZap("it tells no list of alerts".to_owned())),
    }
}
