//! A server that takes the part of OWASP ZAP: as much of its JSON API as it takes to scan a site. It keeps scans, lets them go
//! on with every look at them, finds what it is told to find, refuses what ZAP refuses, and fails on request. The official
//! client for Python is held against it by `test-support/clients/zap/client.py`.
//! Source: <https://github.com/zaproxy/zaproxy>, `zap/src/main/java/org/zaproxy/zap/extension/api`.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use url::Url;

use crate::targets::Target;
use crate::targets::answering::{Received, read_request};

/// The key of its API.
pub const KEY: &str = "5dgd8tq0c1m4bqqlsdbm9qfa6i";

/// Its version.
pub const VERSION: &str = "2.16.1";

/// Its risks, by their numbers.
static RISKS: [&str; 4] = ["Informational", "Low", "Medium", "High"];

/// How far a scan goes with every look at it, in percent.
const STEP: u64 = 50;

/// A running ZAP. It stops when it is dropped.
#[derive(Debug)]
pub struct Zap {
    target: Target,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<String>,
    scans: HashMap<&'static str, Vec<Scan>>,
    /// Origins that were crawled.
    crawled: Vec<String>,
    /// What the passive scanner has still to look through.
    records: u64,
    /// What an active scan finds.
    findings: Vec<Value>,
    alerts: Vec<Value>,
    stuck: bool,
    silent: bool,
}

#[derive(Debug)]
struct Scan {
    url: String,
    progress: u64,
    stopped: bool,
}

impl Scan {
    fn runs(&self) -> bool {
        !self.stopped && self.progress < 100
    }
}

/// Why a call is refused, by the names that ZAP has for it.
struct Refusal(&'static str, &'static str, String);

impl Zap {
    /// Starts one.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: watch::Sender::new(0) });
        let serving = Arc::clone(&shared);
        let target = Target::serve("http", move |stream| {
            let shared = Arc::clone(&serving);
            async move { shared.serve(stream).await }
        });
        Self { target: target.await, shared }
    }

    /// Its address, with a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.target.url()
    }

    /// Lets active scans find that many alerts, all of the same plugin.
    pub fn find(&self, count: usize) {
        self.shared.state().findings.clear();
        self.find_also(count, "High");
    }

    /// Lets active scans find that many more, after the others.
    pub fn find_also(&self, count: usize, risk: &str) {
        let mut state = self.shared.state();
        let known = state.findings.len();
        state.findings.extend((known..known + count).map(|number| alert(number, risk)));
    }

    /// Lets scans go on without ever coming to an end.
    pub fn get_stuck(&self) {
        self.shared.state().stuck = true;
    }

    /// Lets it take calls and answer none.
    pub fn fall_silent(&self) {
        self.shared.state().silent = true;
    }

    /// What it was called for so far, such as `spider/action/scan`, in order; of equal ones in a row the first.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let mut calls = self.shared.state().calls.clone();
        calls.dedup();
        calls
    }

    /// Waits until it has been called for that.
    ///
    /// # Panics
    /// When it stops.
    pub async fn called(&self, call: &str) {
        let mut changed = self.shared.changed.subscribe();
        while !self.shared.state().calls.iter().any(|known| known == call) {
            assert!(changed.changed().await.is_ok(), "it runs as long as this");
        }
    }

    /// How many alerts it keeps.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.shared.state().alerts.len()
    }

    /// Scans that run.
    #[must_use]
    pub fn running(&self) -> usize {
        let state = self.shared.state();
        state.scans.values().flatten().filter(|scan| scan.runs()).count()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers requests, as they come to a server and as they come to a proxy.
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(request) = read_request(&mut stream, &mut buffer).await? {
            let Some(call) = Call::read(&request) else { return Ok(()) };
            self.state().calls.push(call.what.clone());
            self.changed.send_modify(|count| *count += 1);
            if self.state().silent {
                pending::<()>().await;
            }
            // As long as ZAP is not told to report such errors, it says nothing to those without the key.
            if call.key.as_deref() != Some(KEY) {
                return Ok(());
            }
            let answered = call.run(&mut self.state());
            let (status, body) = match answered {
                Ok(body) => ("200 OK", body),
                Err(Refusal(code, message, detail)) => {
                    ("400 Bad Request", json!({ "code": code, "message": message, "detail": detail }))
                }
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await?;
        }
        Ok(())
    }
}

/// A call of the API.
struct Call {
    /// `COMPONENT/view/NAME` or `COMPONENT/action/NAME`.
    what: String,
    params: HashMap<String, String>,
    key: Option<String>,
}

impl Call {
    fn read(request: &Received) -> Option<Self> {
        let address = request.request_line().split(' ').nth(1)?;
        let url = Url::parse("http://zap/").ok()?.join(address).ok()?;
        let params: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let what = url.path().strip_prefix("/JSON/")?.trim_end_matches('/').to_owned();
        let key = request.header("x-zap-api-key").map(str::to_owned).or_else(|| params.get("apikey").cloned());
        Some(Self { what, params, key })
    }

    fn param(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal("missing_parameter", "Missing Parameter", name.to_owned());
        self.params.get(name).map(String::as_str).ok_or_else(missing)
    }

    fn run(&self, state: &mut State) -> Result<Value, Refusal> {
        match self.what.as_str() {
            "core/view/version" => Ok(json!({ "version": VERSION })),
            "spider/action/scan" => self.start("spider", state),
            "spider/view/status" => self.status("spider", state),
            "spider/action/stop" => self.stop("spider", state),
            "spider/view/scans" => Ok(scans("spider", state)),
            "spider/view/results" => Ok(json!({ "results": [self.scan("spider", state)?.url] })),
            "ascan/action/scan" => self.start("ascan", state),
            "ascan/view/status" => self.status("ascan", state),
            "ascan/action/stop" => self.stop("ascan", state),
            "ascan/view/scans" => Ok(scans("ascan", state)),
            "ascan/view/scanProgress" => {
                let url = &self.scan("ascan", state)?.url;
                let host = Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
                Ok(json!({ "scanProgress": [host, { "HostProcess": [] }] }))
            }
            "pscan/view/recordsToScan" => {
                let left = state.records;
                state.records = left.saturating_sub(1);
                Ok(json!({ "recordsToScan": left.to_string() }))
            }
            "alert/view/alerts" => self.alerts(state),
            "alert/action/deleteAlert" => self.delete(state),
            _ => Err(Refusal("bad_view", "Bad View", self.what.clone())),
        }
    }

    fn start(&self, component: &'static str, state: &mut State) -> Result<Value, Refusal> {
        let url = self.param("url")?;
        let illegal =
            || Refusal("illegal_parameter", "Provided parameter has illegal or unrecognized value", "url".into());
        let origin = Url::parse(url).map_err(|_| illegal())?.origin().ascii_serialization();
        if component == "spider" {
            state.crawled.push(origin);
            state.records = 2;
        } else if !state.crawled.contains(&origin) {
            return Err(Refusal("url_not_found", "URL Not Found in the Scan Tree", String::new()));
        }
        let scans = state.scans.entry(component).or_default();
        scans.push(Scan { url: url.to_owned(), progress: 0, stopped: false });
        Ok(json!({ "scan": (scans.len() - 1).to_string() }))
    }

    fn scan<'a>(&self, component: &'static str, state: &'a mut State) -> Result<&'a mut Scan, Refusal> {
        let id = self.param("scanId")?;
        let unknown = || Refusal("does_not_exist", "Does Not Exist", id.to_owned());
        let scans = state.scans.get_mut(component);
        scans.zip(id.parse::<usize>().ok()).and_then(|(scans, id)| scans.get_mut(id)).ok_or_else(unknown)
    }

    fn status(&self, component: &'static str, state: &mut State) -> Result<Value, Refusal> {
        let stuck = state.stuck;
        let scan = self.scan(component, state)?;
        // The status of one that was stopped is that of one that has ended.
        let shown = if scan.stopped { 100 } else { scan.progress };
        if !stuck && !scan.stopped {
            scan.progress = (scan.progress + STEP).min(100);
        }
        let url = scan.url.clone();
        if component == "ascan" && shown == 100 {
            let found = state.findings.drain(..).map(|mut alert| {
                alert["url"] = url.clone().into();
                alert
            });
            state.alerts.extend(found);
        }
        Ok(json!({ "status": shown.to_string() }))
    }

    fn stop(&self, component: &'static str, state: &mut State) -> Result<Value, Refusal> {
        self.scan(component, state)?.stopped = true;
        Ok(json!({ "Result": "OK" }))
    }

    fn delete(&self, state: &mut State) -> Result<Value, Refusal> {
        let (id, count) = (self.param("id")?, state.alerts.len());
        state.alerts.retain(|alert| alert["id"] != id);
        let unknown = || Refusal("does_not_exist", "Does Not Exist", id.to_owned());
        (state.alerts.len() < count).then(|| json!({ "Result": "OK" })).ok_or_else(unknown)
    }

    fn alerts(&self, state: &State) -> Result<Value, Refusal> {
        let number = |name: &str| self.params.get(name).and_then(|text| text.parse::<usize>().ok());
        let base = self.params.get("baseurl").map_or("", String::as_str);
        let about = state.alerts.iter().filter(|alert| alert["url"].as_str().is_some_and(|url| url.starts_with(base)));
        let risk = self.params.get("riskId").and_then(|id| RISKS.get(id.parse::<usize>().ok()?));
        let about = about.filter(|alert| risk.is_none_or(|risk| alert["risk"] == **risk));
        // It counts from 1, and takes 0 for no start at all.
        let before = number("start").unwrap_or(0).saturating_sub(1);
        let page = about.skip(before).take(number("count").unwrap_or(usize::MAX));
        Ok(json!({ "alerts": page.collect::<Vec<_>>() }))
    }
}

/// The list of a component's scans, which does not say of what they are.
fn scans(component: &str, state: &State) -> Value {
    let one = |(id, scan): (usize, &Scan)| {
        let state = if scan.runs() { "RUNNING" } else { "FINISHED" };
        json!({ "id": id.to_string(), "progress": scan.progress.to_string(), "state": state })
    };
    let scans: Vec<Value> = state.scans.get(component).into_iter().flatten().enumerate().map(one).collect();
    json!({ "scans": scans })
}

/// An alert with the fields that ZAP gives, all of them texts but for tags.
fn alert(number: usize, risk: &str) -> Value {
    json!({
        "id": number.to_string(),
        "sourceid": "1",
        "pluginId": "40012",
        "alertRef": "40012",
        "cweid": "79",
        "wascid": "8",
        "sourceMessageId": "1",
        "messageId": number.to_string(),
        "name": "Cross Site Scripting (Reflected)",
        "alert": "Cross Site Scripting (Reflected)",
        "description": "Cross-site Scripting (XSS) is an attack technique.",
        "solution": "Use a vetted library or framework.",
        "reference": "https://owasp.org/www-community/attacks/xss/",
        "risk": risk,
        "confidence": "Medium",
        "method": "GET",
        "param": format!("q{number}"),
        "attack": "<scrIpt>alert(1);</scRipt>",
        "evidence": "<scrIpt>alert(1);</scRipt>",
        "other": "",
        "inputVector": "querystring",
        "nodeName": "",
        "tags": { "OWASP_2021_A03": "https://owasp.org/Top10/A03_2021-Injection/" },
    })
}
