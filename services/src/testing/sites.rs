use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use monitor_core::Timestamp;
use monitor_core::security::Depth;
use monitor_core::security::observed::{
    Active, Answer, Certificate, Cors, Dns, ErrorPage, Exposed, Observed, Proof, Tls,
};
use probes::security::LookError;
use probes::security::zap::{Alerts, ZapError};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{Inspector, SecurityOptions, Telling};

/// What looking at a site comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It has what is asked of a site.
    Good,
    /// It has no headers of security at all, and, looked at more deeply, an open `.git`.
    Poor,
    /// It cannot be looked at.
    Fail(LookError),
    /// It goes on until it is called off.
    Hang,
}

/// Sites that are as they are told to be, in order; without anything left all are good.
#[derive(Debug, Clone, Default)]
pub struct Sites(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    begun: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    sights: VecDeque<Sight>,
    asked: Vec<(String, Depth)>,
    /// What is seen of the tokens of hosts.
    proofs: HashMap<String, Result<Option<Proof>, String>>,
    /// How often tokens were looked for.
    looked: usize,
    /// What ZAP says, if there is one.
    zap: Option<Result<Alerts, ZapError>>,
    /// How often ZAP was to stop what it did.
    stops: usize,
}

impl Sites {
    /// How the next sites are, in order.
    pub fn then(&self, sights: impl IntoIterator<Item = Sight>) {
        self.state().sights.extend(sights);
    }

    /// What is seen of a host's token from now on.
    pub fn prove(&self, host: &str, seen: Result<Option<Proof>, String>) {
        self.state().proofs.insert(host.to_owned(), seen);
    }

    /// There is a ZAP, which says that.
    pub fn scan_with(&self, says: Result<Value, ZapError>) {
        self.state().zap = Some(says.map(|list| Alerts { list, cut: None }));
    }

    /// There is a ZAP, which has found nothing among what was read of its alerts.
    pub fn scan_cut_short(&self, why: &str) {
        self.state().zap = Some(Ok(Alerts { list: Value::Array(Vec::new()), cut: Some(why.to_owned()) }));
    }

    /// What was looked at, and how deeply.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, Depth)> {
        self.state().asked.clone()
    }

    /// How often tokens were looked for.
    #[must_use]
    pub fn tokens_looked_for(&self) -> usize {
        self.state().looked
    }

    /// How often ZAP was to stop what it did for a process that was killed.
    #[must_use]
    pub fn scans_stopped(&self) -> usize {
        self.state().stops
    }

    /// Waits until so many sites were begun to be looked at.
    pub async fn begun(&self, number: usize) {
        let mut begun = self.0.begun.subscribe();
        // It is told as long as these sites are there.
        let _ = begun.wait_for(|begun| *begun >= number).await;
    }

    /// Options with these sites.
    #[must_use]
    pub fn options(&self) -> SecurityOptions {
        SecurityOptions { inspector: Some(Arc::new(self.clone())) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inspector for Sites {
    fn look<'a>(
        &'a self,
        page: &'a Url,
        depth: Depth,
        now: Timestamp,
        telling: Telling<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Observed, LookError>> {
        let sight = {
            let mut state = self.state();
            state.asked.push((page.to_string(), depth));
            state.sights.pop_front().unwrap_or(Sight::Good)
        };
        telling("Looking at the page");
        self.0.begun.send_modify(|begun| *begun += 1);
        async move {
            match sight {
                Sight::Good => Ok(observed(page, depth, now, true)),
                Sight::Poor => Ok(observed(page, depth, now, false)),
                Sight::Fail(error) => Err(error),
                Sight::Hang => {
                    cancel.cancelled().await;
                    Err(LookError::Cancelled)
                }
            }
        }
        .boxed()
    }

    fn ownership<'a>(&'a self, host: &'a str, _token: &'a str) -> BoxFuture<'a, Result<Option<Proof>, String>> {
        let mut state = self.state();
        state.looked += 1;
        ready(state.proofs.get(host).cloned().unwrap_or(Ok(None))).boxed()
    }

    fn can_scan(&self) -> bool {
        self.state().zap.is_some()
    }

    fn scan<'a>(
        &'a self,
        _page: &'a Url,
        telling: Telling<'a>,
        _cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Alerts, ZapError>> {
        telling("ZAP scans the site");
        let none = || Err(ZapError::Unreachable("none is set up".to_owned()));
        ready(self.state().zap.clone().unwrap_or_else(none)).boxed()
    }

    fn stop_scan<'a>(&'a self, _page: &'a Url) -> BoxFuture<'a, Result<(), ZapError>> {
        self.state().stops += 1;
        ready(Ok(())).boxed()
    }
}

/// Headers that a good site sends.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// What is seen of a site.
fn observed(page: &Url, depth: Depth, now: Timestamp, good: bool) -> Observed {
    let headers = |with: &[(&str, &str)]| {
        let html = [("content-type", "text/html; charset=utf-8")];
        html.iter().chain(with).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let answer = |url: &str, status, headers| Answer { url: url.to_owned(), status, headers };
    let host = page.host_str().unwrap_or_default();
    let redirect = vec![("location".to_owned(), page.to_string())];
    Observed {
        asked: page.to_string(),
        depth,
        at: now,
        hops: vec![answer(page.as_str(), 200, headers(if good { &HEADERS } else { &[] }))],
        body: "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1></html>".to_owned(),
        body_cut: None,
        plain: Ok(vec![
            answer(&format!("http://{host}/"), 301, redirect),
            answer(page.as_str(), 200, headers(if good { &HEADERS } else { &[] })),
        ]),
        tls: Some(Ok(tls(host, now))),
        scripts: Vec::new(),
        scripts_cut: None,
        cors: Ok(Cors { origin: "https://watchword.invalid".to_owned(), allow_origin: None, credentials: false }),
        security_txt: Ok(good.then(|| format!("Contact: mailto:security@{host}\nExpires: 2099-01-01T00:00:00Z\n"))),
        dns: Dns {
            domain: host.to_owned(),
            caa: Ok(vec!["0 issue \"letsencrypt.org\"".to_owned()]),
            spf: Ok(vec!["v=spf1 -all".to_owned()]),
            dmarc: Ok(vec!["v=DMARC1; p=reject".to_owned()]),
            mx: Ok(Vec::new()),
        },
        active: (depth != Depth::Passive).then(|| active(page, good)),
    }
}

fn tls(host: &str, now: Timestamp) -> Tls {
    let day = std::time::Duration::from_secs(86_400);
    let certificate = Certificate {
        subject: format!("CN={host}"),
        issuer: "CN=E7, O=Let's Encrypt, C=US".to_owned(),
        not_before: now - 10 * day,
        not_after: now + 80 * day,
        key: "EC P-256".to_owned(),
        signature: "ecdsa-with-SHA384".to_owned(),
    };
    Tls {
        version: "TLSv1.3".to_owned(),
        cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
        chain: vec![certificate],
        untrusted: None,
    }
}

fn active(page: &Url, good: bool) -> Active {
    let git = Exposed {
        kind: "git".to_owned(),
        url: page.join("/.git/HEAD").map_or_else(|_| page.to_string(), |url| url.to_string()),
        sign: "begins with \"ref: refs/\"".to_owned(),
    };
    Active {
        protocols: Ok(vec!["TLSv1.2".to_owned(), "TLSv1.3".to_owned()]),
        protocols_cut: None,
        weak_ciphers: Ok(Vec::new()),
        exposed: if good { Vec::new() } else { vec![git] },
        cors: Vec::new(),
        cors_cut: None,
        methods: Vec::new(),
        error_page: Some(ErrorPage { status: 404, body: "There is no such page.".to_owned(), cut: false }),
        cut_short: None,
    }
}
