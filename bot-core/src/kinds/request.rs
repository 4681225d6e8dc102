//! What is sent over HTTP, whichever kind sends it.

use monitor_core::checks::{ClientIdentity, Login};
use monitor_core::code::ErrorCode;
use monitor_core::http::{Auth, Body, Header, HeaderValue, HttpSpec, Proxy, Version, shorten};
use monitor_core::secret::Secret;
use url::Url;

use super::target;
use crate::command::Failure;
use crate::grammar::{Given, parse_header, parse_redirects};
use crate::reply::Field;

/// The options that every kind over HTTP takes.
macro_rules! request_options {
    ($($own:literal),*) => {
        &[
            $($own,)* "header", "secret-header", "bearer", "basic", "digest", "ntlm", "oauth2", "sigv4", "client-cert",
            "redirects", "proxy", "http-version", "keep-alive", "cookies",
        ]
    };
}
pub(super) use request_options;

/// The words that say how a request is authenticated, of which it has one.
const AUTHS: [&str; 6] = ["bearer", "basic", "digest", "ntlm", "oauth2", "sigv4"];

/// Changes a request as far as something was given.
///
/// # Errors
/// What does not work, and what would; secrets are not repeated in it.
pub(super) fn apply(given: &Given, spec: &mut HttpSpec) -> Result<(), Failure> {
    if let Some(method) = given.get("method") {
        spec.method = method.to_ascii_uppercase();
    }
    spec.max_redirects = given.get("redirects").and_then(parse_redirects).unwrap_or(spec.max_redirects);
    body(given, &mut spec.body)?;
    headers(given, &mut spec.headers);
    auth(given, &mut spec.auth)?;
    if given.has("client-cert") {
        spec.identity = given.get("client-cert").map(identity).transpose()?;
    }
    if given.has("proxy") {
        spec.proxy = given.get("proxy").map(proxy).transpose()?;
    }
    if let Some(version) = given.get("http-version") {
        spec.version = match version {
            "2" => Version::Http2,
            "1.1" => Version::Http1,
            _ => Version::Auto,
        };
    }
    spec.keep_alive = given.switch("keep-alive").unwrap_or(spec.keep_alive);
    spec.cookies = given.switch("cookies").unwrap_or(spec.cookies);
    Ok(())
}

fn body(given: &Given, body: &mut Option<Body>) -> Result<(), Failure> {
    match (given.get("body"), given.get("form")) {
        (Some(_), Some(_)) => {
            let text = "Say either `body` or `form`; a request has one body.";
            return Err(Failure::new(ErrorCode::ConflictingArguments, text));
        }
        (Some(text), None) => *body = Some(json_or_text(text)),
        (None, Some(text)) => {
            let fields = url::form_urlencoded::parse(text.as_bytes());
            *body = Some(Body::Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()));
        }
        (None, None) if given.has("body") || given.has("form") => *body = None,
        (None, None) => {}
    }
    Ok(())
}

/// JSON if it is JSON. Phones and chats make quotes curly, which JSON does not take.
fn json_or_text(text: &str) -> Body {
    let straight = || serde_json::from_str(&text.replace(['“', '”', '„'], "\""));
    match serde_json::from_str(text).or_else(|_| straight()) {
        Ok(json) => Body::Json(json),
        Err(_) => Body::Text(text.to_owned()),
    }
}

/// A header given anew replaces the one of its name; `none` takes those of its kind away.
pub(super) fn headers(given: &Given, headers: &mut Vec<Header>) {
    for (argument, secret) in [("header", false), ("secret-header", true)] {
        for value in given.all(argument) {
            match value.and_then(parse_header) {
                Some((name, value)) => {
                    headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
                    let value = match secret {
                        true => HeaderValue::Secret(Secret::new(value)),
                        false => HeaderValue::Plain(value.to_owned()),
                    };
                    headers.push(Header { name: name.to_owned(), value });
                }
                None => headers.retain(|header| matches!(header.value, HeaderValue::Secret(_)) != secret),
            }
        }
    }
}

/// One kind of authentication given anew replaces another; `none` takes away the one that it names.
///
/// # Errors
/// When two are given, or one cannot be read.
pub(super) fn auth(given: &Given, auth: &mut Option<Auth>) -> Result<(), Failure> {
    let said: Vec<(&str, &str)> = AUTHS.iter().filter_map(|word| Some((*word, given.get(word)?))).collect();
    match said.as_slice() {
        [] if auth.as_ref().is_some_and(|auth| given.has(word_of(auth))) => *auth = None,
        [] => {}
        [(word, value)] => *auth = Some(read_auth(word, value)?),
        [(one, _), (other, _), ..] => {
            let text = format!("Say either `{one}` or `{other}`; a request has one kind of authentication.");
            return Err(Failure::new(ErrorCode::ConflictingArguments, text));
        }
    }
    Ok(())
}

fn word_of(auth: &Auth) -> &'static str {
    match auth {
        Auth::Bearer(_) => "bearer",
        Auth::Basic { .. } => "basic",
        Auth::Digest { .. } => "digest",
        Auth::Ntlm { .. } => "ntlm",
        Auth::OAuth2 { .. } => "oauth2",
        Auth::SigV4 { .. } => "sigv4",
    }
}

fn read_auth(word: &str, value: &str) -> Result<Auth, Failure> {
    let wrong = |like: &str| Failure::new(ErrorCode::InvalidValue, format!("`{word}`: write it like {like}."));
    let (first, second) = value.split_once(':').unwrap_or((value, ""));
    let (user, password) = (first.to_owned(), Secret::new(second));
    Ok(match word {
        "bearer" => Auth::Bearer(Secret::new(value.trim())),
        "digest" => Auth::Digest { user, password },
        "ntlm" => Auth::Ntlm { user, password },
        "oauth2" => oauth2(value).ok_or_else(|| wrong("`\"https://id.example/token client-id:secret scope\"`"))?,
        "sigv4" => sigv4(value).ok_or_else(|| wrong("`\"KEY:SECRET eu-central-1/execute-api\"`"))?,
        _ => Auth::Basic { user, password },
    })
}

fn oauth2(text: &str) -> Option<Auth> {
    let mut words = text.split_whitespace();
    let token_url = Url::parse(words.next()?).ok()?;
    let (client_id, secret) = words.next()?.split_once(':')?;
    let fits = ["http", "https"].contains(&token_url.scheme()) && !client_id.is_empty() && !secret.is_empty();
    let scope = words.collect::<Vec<_>>().join(" ");
    let (client_id, client_secret) = (client_id.to_owned(), Secret::new(secret));
    fits.then_some(Auth::OAuth2 { token_url, client_id, client_secret, scope })
}

fn sigv4(text: &str) -> Option<Auth> {
    let mut words = text.split_whitespace();
    let (access_key, secret) = words.next()?.split_once(':')?;
    let (region, service) = words.next()?.split_once('/')?;
    let all = [access_key, secret, region, service];
    if all.iter().any(|part| part.is_empty()) || words.next().is_some() {
        return None;
    }
    let [access_key, secret, region, service] = all.map(str::to_owned);
    Some(Auth::SigV4 { access_key, secret_key: Secret::new(secret), region, service })
}

/// Reads certificates and a key out of one text.
fn identity(text: &str) -> Result<ClientIdentity, Failure> {
    let (mut certificate, mut keys) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(begin) = rest.find("-----BEGIN ") {
        let block = &rest[begin..];
        let label = block["-----BEGIN ".len()..].split("-----").next().unwrap_or_default();
        let end = format!("-----END {label}-----");
        let Some(length) = block.find(&end).map(|at| at + end.len()) else { break };
        match label {
            "CERTIFICATE" => certificate.extend([&block[..length], "\n"]),
            label if label.ends_with("PRIVATE KEY") => keys.push(&block[..length]),
            _ => {}
        }
        rest = &block[length..];
    }
    match (certificate.is_empty(), keys.as_slice()) {
        (false, [key]) => Ok(ClientIdentity { certificate, key: Secret::new(format!("{key}\n")) }),
        _ => {
            let text = "`client-cert`: paste the certificate and its one private key, both as PEM, in quotes: `client-cert \"-----BEGIN CERTIFICATE----- … -----END PRIVATE KEY-----\"`.";
            Err(Failure::new(ErrorCode::InvalidOption, text))
        }
    }
}

fn proxy(text: &str) -> Result<Proxy, Failure> {
    let wrong = || {
        let text = "`proxy`: write it like `http://proxy.example:3128` or `http://user:password@proxy.example:3128`.";
        Failure::new(ErrorCode::InvalidOption, text)
    };
    let target = target::bare(text);
    let scheme_missing = !target.contains("://");
    let address = if scheme_missing { format!("http://{target}") } else { target.to_owned() };
    let mut url = Url::parse(&address).ok().filter(|url| url.scheme() == "http" && url.has_host()).ok_or_else(wrong)?;
    let login = (!url.username().is_empty() || url.password().is_some())
        .then(|| target::login(&format!("{}:{}", url.username(), url.password().unwrap_or_default())));
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return Err(wrong());
    }
    Ok(Proxy { url, login })
}

/// What there is to say of a request; no secrets.
pub(super) fn shown(spec: &HttpSpec) -> Vec<Field> {
    let mut fields: Vec<Field> = spec.auth.as_ref().map(shown_auth).into_iter().collect();
    fields.extend(spec.identity.is_some().then(|| Field::new("sends", "a client certificate (key hidden)")));
    fields.extend(shown_headers(&spec.headers));
    match &spec.body {
        Some(Body::Json(json)) => fields.push(Field::new("body", format!("JSON {}", shorten(&json.to_string(), 80)))),
        Some(Body::Text(text)) => fields.push(Field::new("body", shorten(text, 80))),
        Some(Body::Form(pairs)) => {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fields.push(Field::new("form", shorten(&pairs.join("&"), 80)));
        }
        None => {}
    }
    if let Some(proxy) = &spec.proxy {
        let login = proxy.login.as_ref().map(|login| format!(" as {}", user(login))).unwrap_or_default();
        fields.push(Field::new("proxy", format!("{}{login}", proxy.url)));
    }
    match spec.version {
        Version::Auto => {}
        Version::Http1 => fields.push(Field::new("speaks", "HTTP/1.1 only")),
        Version::Http2 => fields.push(Field::new("speaks", "HTTP/2 only")),
    }
    fields.extend(spec.keep_alive.then(|| Field::new("connection", "kept for the next check")));
    fields.extend((!spec.cookies).then(|| Field::new("cookies", "not sent back")));
    fields.push(Field::new(
        "redirects",
        match spec.max_redirects {
            0 => "not followed".to_owned(),
            most => format!("followed, up to {most}"),
        },
    ));
    fields
}

/// A login without its password.
pub(super) fn user(login: &Login) -> String {
    match login.user.as_str() {
        "" => "nobody (password hidden)".to_owned(),
        user => format!("{user} (password hidden)"),
    }
}

pub(super) fn shown_auth(auth: &Auth) -> Field {
    let text = match auth {
        Auth::Bearer(_) => "a bearer token (hidden)".to_owned(),
        Auth::Basic { user, .. } => format!("basic authentication as {user} (password hidden)"),
        Auth::Digest { user, .. } => format!("digest authentication as {user} (password hidden)"),
        Auth::Ntlm { user, .. } => format!("NTLM as {user} (password hidden)"),
        Auth::OAuth2 { token_url, client_id, scope, .. } => {
            let scope = if scope.is_empty() { String::new() } else { format!(" for {scope}") };
            format!("an OAuth 2 token of {token_url} as {client_id}{scope} (secret hidden)")
        }
        Auth::SigV4 { access_key, region, service, .. } => {
            format!("an AWS signature of {access_key} for {region}/{service} (secret hidden)")
        }
    };
    Field::new("sends", text)
}

pub(super) fn shown_headers(headers: &[Header]) -> impl Iterator<Item = Field> + '_ {
    headers.iter().map(|header| {
        let value = match &header.value {
            HeaderValue::Plain(value) => shorten(value, 80),
            HeaderValue::Secret(_) => "(hidden)".to_owned(),
        };
        Field::new("header", format!("{}: {value}", header.name))
    })
}
