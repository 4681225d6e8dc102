//! Answers as they are told.

use monitor_core::security::observed::{Answer, Cors};

use crate::http::Answered;

/// Answers without the values of their cookies.
pub(super) fn answers(answers: &[Answered]) -> Vec<Answer> {
    let header = |(name, value): &(String, String)| match name.as_str() {
        "set-cookie" => (name.clone(), without_value(value)),
        _ => (name.clone(), value.clone()),
    };
    let answer = |answer: &Answered| Answer {
        url: answer.url.to_string(),
        status: answer.status,
        headers: answer.headers.iter().map(header).collect(),
    };
    answers.iter().map(answer).collect()
}

/// A cookie's name and attributes: `sid=; Path=/; Secure`.
fn without_value(cookie: &str) -> String {
    let (pair, attributes) = match cookie.split_once(';') {
        Some((pair, attributes)) => (pair, Some(attributes)),
        None => (cookie, None),
    };
    // Browsers take what has no `=` for the value of a cookie without a name.
    let name = pair.split_once('=').map_or("", |(name, _)| name.trim());
    attributes.map_or_else(|| format!("{name}="), |attributes| format!("{name}=;{attributes}"))
}

/// What an answer says to the origin that was asked from.
pub(super) fn cors(origin: &str, answer: &Answered) -> Cors {
    let credentials = answer.header("access-control-allow-credentials");
    Cors {
        origin: origin.to_owned(),
        allow_origin: answer.header("access-control-allow-origin").map(str::to_owned),
        credentials: credentials.is_some_and(|value| value.trim() == "true"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_cookies_are_told_to_nobody() {
        for (cookie, told) in [
            ("sid=s3cret; Path=/; Secure", "sid=; Path=/; Secure"),
            ("sid=s3cret", "sid="),
            (" __Host-a = s3cret=s3cret ;HttpOnly", "__Host-a=;HttpOnly"),
            ("s3cret; Secure", "=; Secure"),
            ("", "="),
        ] {
            assert_eq!(without_value(cookie), told);
        }
    }
}
