use std::time::Duration;

use monitor_core::checks::{Capture, FlowSpec, Source, Step};
use monitor_core::code::ErrorCode;
use monitor_core::http::{HttpSpec, shorten};
use monitor_core::monitor::{CheckSpec, Settings};

use super::options::{
    BASIC, BEARER, BODY, CAPTURE, DIGEST, EXPECT, FORM, HEADER, NTLM, OAUTH2, REDIRECTS, SECRET_HEADER, SIGV4,
};
use super::{CheckKind, request, sugar};
use crate::command::Failure;
use crate::grammar::{self, Argument, Given, Quoted, Token};
use crate::reply::Field;

/// What can be said within a step, after its address.
pub(super) const STEP: &[Argument] = &[
    EXPECT,
    sugar::ASSERT,
    sugar::CONTAINS,
    sugar::MATCHES,
    sugar::JSON,
    CAPTURE,
    HEADER,
    SECRET_HEADER,
    BEARER,
    BASIC,
    DIGEST,
    NTLM,
    OAUTH2,
    SIGV4,
    BODY,
    FORM,
    REDIRECTS,
];

pub(super) const KIND: CheckKind = CheckKind {
    name: "flow",
    aliases: &["steps"],
    schemes: &[],
    target: "NAME",
    options: &["step"],
    examples: &[
        "add-monitor flow checkout step 'login: POST https://shop.example/login body {\"user\":\"ada\"} capture token=json $.token' step 'cart: GET https://shop.example/cart bearer {{token}} expect 200 json $.items' timeout 20s",
    ],
    interval: Duration::from_secs(60),
    start: |_| Ok(CheckSpec::Flow(FlowSpec { steps: Vec::new() })),
    moved: |_, _| {},
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Flow(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("step") {
        let steps = given.all("step").flatten().enumerate();
        spec.steps = steps.map(|(index, text)| step(index + 1, text)).collect::<Result<_, _>>()?;
    }
    match spec.steps.is_empty() {
        true => {
            let text =
                "A flow needs steps, like `step 'GET https://shop.example/cart expect 200'`. `help flow` shows more.";
            Err(Failure::new(ErrorCode::MissingValue, text))
        }
        false => Ok(()),
    }
}

/// Reads `[NAME:] [METHOD] ADDRESS`, then options.
fn step(number: usize, text: &str) -> Result<Step, Failure> {
    read_step(number, text).map_err(|failure| failure.about(&format!("Step {number}")))
}

fn read_step(number: usize, text: &str) -> Result<Step, Failure> {
    let mut tokens = grammar::tokenize(text)?;
    let bare = |token: &Token| token.quoted == Quoted::No;
    let mut next = |fits: &dyn Fn(&str) -> bool| match tokens.first() {
        Some(token) if bare(token) && fits(&token.text) => Some(tokens.remove(0).text),
        _ => None,
    };
    let name = next(&|word| word.ends_with(':')).map(|word| word.trim_end_matches(':').to_owned());
    let method = next(&|word| word.len() <= 20 && word.bytes().all(|b| b.is_ascii_alphabetic()));
    let Some(address) = next(&|word| word.contains(['.', ':', '{'])) else {
        let text = "it does not say an address; write it like `GET https://shop.example/cart expect 200`.";
        return Err(Failure::new(ErrorCode::InvalidUrl, text));
    };
    let given = grammar::parse(&[STEP], &tokens, &Given::default())?;
    let (address, mut request) = request_to(&address)?;
    if let Some(method) = method {
        request.method = method.to_ascii_uppercase();
    }
    request::apply(&given, &mut request)?;
    let mut assertions = monitor_core::assertion::Assertions::default();
    sugar::asserted(&given, &mut assertions)?;
    sugar::expect(&given, &mut assertions, "status ")?;
    sugar::of_answer(&given, &mut assertions)?;
    let captures = given.all("capture").flatten().map(capture).collect::<Result<_, _>>()?;
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("step {number}"));
    Ok(Step { name, address, request, assertions, captures })
}

/// The address without user information, and a request to what it is like with something in its blanks.
fn request_to(address: &str) -> Result<(String, HttpSpec), Failure> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, after)) = after.split_once("}}") else {
            let text = "a `{{` is never closed; write captured values like {{token}}, without spaces.";
            return Err(Failure::new(ErrorCode::InvalidUrl, text));
        };
        filled.extend([before, "x"]);
        rest = after;
    }
    filled.push_str(rest);
    let CheckSpec::Http(request) = super::start(&super::http::KIND, &filled)? else {
        return Err(Failure::new(ErrorCode::InvalidUrl, "it needs an http:// or https:// address."));
    };
    let scheme_missing = !address.contains("://");
    let address = if scheme_missing { format!("https://{address}") } else { address.to_owned() };
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", &address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let without_user = authority.rsplit_once('@').map_or(rest, |(user, _)| &rest[user.len() + 1..]);
    Ok((format!("{scheme}://{without_user}"), request))
}

/// Reads `name=json PATH`, `name=header NAME`, `name=matches REGEX`.
fn capture(text: &str) -> Result<Capture, Failure> {
    let (name, from) = text.split_once('=').unwrap_or((text, ""));
    let (what, rest) = from.trim().split_once(char::is_whitespace).unwrap_or((from.trim(), ""));
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let (name, rest) = (name.trim(), rest.trim().to_owned());
    let from = match what.to_ascii_lowercase().as_str() {
        "json" => Some(Source::Json(rest.clone())),
        "header" => Some(Source::Header(rest.clone())),
        "matches" | "regex" => Some(Source::Pattern(rest.clone())),
        _ => None,
    };
    match from.filter(|_| !name.is_empty() && name.chars().all(known) && !rest.is_empty()) {
        Some(from) => Ok(Capture { name: name.to_owned(), from }),
        None => {
            let text = "`capture`: write it like `token=json $.token`, `id=header X-Id` or `csrf=matches 'csrf=\"([^\"]+)\"'`.";
            Err(Failure::new(ErrorCode::InvalidValue, text))
        }
    }
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Flow(spec) = spec else { return Vec::new() };
    let mut fields = Vec::new();
    for (index, step) in spec.steps.iter().enumerate() {
        let (method, address) = (&step.request.method, shorten(&step.address, 120));
        let number = format!("step {}", index + 1);
        let name = if step.name == number { String::new() } else { format!("{}: ", step.name) };
        fields.push(Field::new(&number, format!("{name}{method} {address}")));
        fields.extend(request::shown(&step.request).into_iter().filter(|field| field.name != "redirects"));
        fields.extend(step.assertions.iter().map(|assertion| Field::new("expects", shorten(assertion.as_str(), 120))));
        fields.extend(step.captures.iter().map(|capture| {
            let from = match &capture.from {
                Source::Json(path) => format!("json {path}"),
                Source::Header(name) => format!("header {name}"),
                Source::Pattern(pattern) => format!("matches {pattern}"),
            };
            Field::new("captures", format!("{} from {}", capture.name, shorten(&from, 80)))
        }));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_request_with_what_it_expects_and_captures() {
        let text = r#"login: post https://ada:pw@{{host}}/a/{{id}}?x=1 body {"a":1} expect 200,3xx capture token=json $.token capture csrf=matches 'x="([^"]+)"'"#;
        let step = step(1, text).unwrap();
        assert_eq!((step.name.as_str(), step.address.as_str()), ("login", "https://{{host}}/a/{{id}}?x=1"));
        assert_eq!((step.request.method.as_str(), step.request.auth.is_some()), ("POST", true));
        let assertions: Vec<&str> = step.assertions.iter().map(|assertion| assertion.as_str()).collect();
        assert_eq!(assertions, ["status in 200, 300..399"]);
        assert_eq!(step.captures[0].from, Source::Json("$.token".into()));
        assert_eq!(step.captures[1].from, Source::Pattern(r#"x="([^"]+)""#.into()));
    }

    #[test]
    fn a_step_that_cannot_be_read_says_which_and_why() {
        for (text, why) in [
            ("login:", "address"),
            ("GET https://x.example/{{a", "never closed"),
            ("GET https://x.example expct 200", "did you mean `expect`"),
            ("GET https://x.example capture token", "token=json"),
            ("GET https://x.example assert \"status im 200\"", "status im 200"),
            ("GET https://u:hunter2@a$b/", "not an address"),
        ] {
            let reply: crate::Reply = step(3, text).unwrap_err().into();
            let said = format!("{reply:?}");
            assert!(said.contains("Step 3") && said.contains(why) && !said.contains("hunter2"), "{text}: {said}");
        }
    }
}
