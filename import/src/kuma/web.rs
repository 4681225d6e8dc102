//! Monitors of HTTP: `http`, `keyword` and `json-query`.

use monitor_core::checks::ClientIdentity;
use monitor_core::http::{Auth, Body, Header, HeaderValue, HttpSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::secret::Secret;
use serde_json::Value;

use crate::asserted::{quoted, value};
use crate::draft::Draft;
use crate::record::Record;
use crate::request;

/// Days left of a certificate from which on Uptime Kuma warns first, unless it is told otherwise.
const WARN_DAYS: u16 = 21;

pub(super) fn draft(
    kind: &str,
    record: &mut Record,
    start: impl FnOnce(CheckSpec) -> Result<Draft, String>,
) -> Result<Draft, String> {
    let url = record.text("url").ok_or("it has no address")?;
    let mut http = request::request(&url, record.text("method"))?;
    if let Some(most) = record.count("maxredirects") {
        http.max_redirects = u8::try_from(most).unwrap_or(u8::MAX).min(monitor_core::http::MAX_REDIRECTS);
    }
    http.headers = request::headers(record.take("headers"))?;
    let encoding = record.text("http_body_encoding").unwrap_or_default();
    if let Some(text) = record.text("body") {
        set_body(&mut http, &encoding, &text);
    }
    authenticate(&mut http, record)?;
    let https = http.url.scheme() == "https";
    let mut draft = start(CheckSpec::Http(http))?;
    statuses(record, &mut draft);
    let warned = [record.flag("expiry_notification"), record.flag("domain_expiry_notification")];
    if https && warned[0] == Some(true) {
        draft.assert(&format!("certificate.days > {WARN_DAYS} as degraded"), "expiry_notification");
    }
    if warned[1] == Some(true) {
        draft.lose("domain_expiry_notification: add a monitor of kind domain");
    }
    match kind {
        "keyword" => {
            let keyword = record.text("keyword").ok_or("it has no keyword")?;
            let not = if record.flag("invert_keyword") == Some(true) { "not " } else { "" };
            draft.assert(&format!("{not}body contains {}", quoted(&keyword)), "keyword");
        }
        "json-query" => json_query(record, &mut draft)?,
        _ => {}
    }
    Ok(draft)
}

fn set_body(http: &mut HttpSpec, encoding: &str, text: &str) {
    http.body = Some(match encoding {
        "form" => {
            let fields = url::form_urlencoded::parse(text.as_bytes());
            Body::Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
        }
        "xml" => {
            if !http.headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-type")) {
                let value = HeaderValue::Plain("text/xml; charset=utf-8".to_owned());
                http.headers.push(Header { name: "Content-Type".to_owned(), value });
            }
            Body::Text(text.to_owned())
        }
        _ => request::body(text),
    });
}

fn authenticate(http: &mut HttpSpec, record: &mut Record) -> Result<(), String> {
    let user = record.text("basic_auth_user");
    let password = Secret::new(record.text("basic_auth_pass").unwrap_or_default());
    let domain = record.text("auth_domain");
    let method = record.text("auth_method").unwrap_or_default();
    let (id, secret) = (record.text("oauth_client_id"), record.text("oauth_client_secret"));
    let (token_url, scopes) = (record.text("oauth_token_url"), record.text("oauth_scopes"));
    let (certificate, key) = (record.text("tls_cert"), record.text("tls_key"));
    match (method.as_str(), user) {
        ("ntlm", Some(user)) => {
            let user = domain.map_or(user.clone(), |domain| format!("{domain}\\{user}"));
            http.auth = Some(Auth::Ntlm { user, password });
        }
        ("oauth2-cc", _) => {
            let token_url = token_url.ok_or("its OAuth 2 login has no token address")?;
            let (id, secret) = (id.unwrap_or_default(), secret.unwrap_or_default());
            http.auth = Some(request::oauth2(&token_url, id, secret, scopes.unwrap_or_default())?);
        }
        ("mtls", _) => {
            let certificate = certificate.ok_or("its client certificate is missing")?;
            let key = Secret::new(key.ok_or("the key of its client certificate is missing")?);
            http.identity = Some(ClientIdentity { certificate, key });
        }
        ("" | "basic", Some(user)) => http.auth = Some(Auth::Basic { user, password }),
        ("" | "basic", None) => {}
        (other, _) => return Err(format!("its login ({other}) is not known here")),
    }
    record.ignore(&["oauth_auth_method", "auth_workstation"]);
    Ok(())
}

/// `["200-299", "301"]`
fn statuses(record: &mut Record, draft: &mut Draft) {
    let mut accepted = record.list("accepted_statuscodes_json");
    accepted.extend(record.list("accepted_statuscodes"));
    let ranges: Vec<String> =
        accepted.iter().filter_map(Value::as_str).map(|range| range.trim().replace('-', "..")).collect();
    if !ranges.is_empty() && ranges != ["200..299"] {
        draft.assert(&format!("status in {}", ranges.join(", ")), "accepted_statuscodes");
    }
}

/// The language of the queries is JSONata, of which plain paths mean the same here.
fn json_query(record: &mut Record, draft: &mut Draft) -> Result<(), String> {
    let query = record.text("json_path").ok_or("it has no JSON query")?;
    let expected = record.text("expected_value").unwrap_or_default();
    let operator = record.text("json_path_operator").unwrap_or_else(|| "==".to_owned());
    let query = query.trim();
    let plain = |c: char| c.is_alphanumeric() || "._[]$".contains(c);
    let names = query.trim_start_matches('$').trim_start_matches('.');
    let known = matches!(operator.as_str(), "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains");
    if !known || !query.chars().all(plain) || names.contains('$') {
        return Err(format!("its JSON query `{query}` {operator} … is JSONata that cannot be said here"));
    }
    let path = if names.is_empty() { "$".to_owned() } else { format!("$.{names}") };
    let assertion = format!("json {path} {operator} {}", value(&expected));
    match assertion.parse() {
        Ok(assertion) => draft.settings.assertions.push(assertion).map_err(|error| error.to_string()),
        Err(_) => Err(format!("its JSON query `{query}` cannot be said here")),
    }
}
