//! Conditions as assertions. Source: <https://github.com/TwiN/gatus#conditions>.

use monitor_core::monitor::CheckSpec;
use serde_json::Value;

use super::duration;
use crate::asserted::{quoted, value};
use crate::draft::Draft;

/// Operators, the longer ones first, each with the one that means the same from right to left.
const OPERATORS: [(&str, &str); 6] = [("==", "=="), ("!=", "!="), ("<=", ">="), (">=", "<="), ("<", ">"), (">", "<")];

/// Adds an assertion for every condition, or a note that there is none.
pub(super) fn add(draft: &mut Draft, conditions: &[Value]) {
    let mut about_status = false;
    for condition in conditions.iter().filter_map(Value::as_str) {
        about_status |= condition.to_uppercase().contains("[STATUS]");
        let meant = format!("the condition {condition}");
        match assertion(condition) {
            Said::Assertion(assertion) => draft.assert(&assertion, &meant),
            Said::Implied => {}
            Said::Nothing => draft.lose(&meant),
        }
    }
    // Gatus does not mind the status unless it is told to.
    if !about_status && matches!(draft.settings.spec, CheckSpec::Http(_)) {
        draft.assert("status in 100..599", "any status");
    }
}

/// A condition in our words.
#[derive(Debug, PartialEq)]
enum Said {
    Assertion(String),
    /// Every check asserts it.
    Implied,
    /// It cannot be said.
    Nothing,
}

fn assertion(condition: &str) -> Said {
    let split = OPERATORS.iter().find_map(|(operator, flipped)| {
        let (left, right) = condition.split_once(&format!(" {operator} "))?;
        let (left, right) = (left.trim(), right.trim());
        let swapped = is_subject(right) && !is_subject(left);
        Some(if swapped { (right, *flipped, left) } else { (left, *operator, right) })
    });
    let Some((subject, operator, right)) = split else { return Said::Nothing };
    let upper = subject.to_uppercase();
    let said = match upper.as_str() {
        "[CONNECTED]" if (operator, right) == ("==", "true") => return Said::Implied,
        "[DNS_RCODE]" if (operator, right) == ("==", "NOERROR") => return Said::Implied,
        "[STATUS]" => Some(compare("status", operator, right)),
        "[RESPONSE_TIME]" => time(right).map(|time| format!("latency {operator} {time}")),
        "[CERTIFICATE_EXPIRATION]" => days(right).map(|days| format!("certificate.days {operator} {days}")),
        "[DOMAIN_EXPIRATION]" => days(right).map(|days| format!("domain.days {operator} {days}")),
        "[BODY]" => Some(compare("body", operator, right)),
        _ => answered(subject, operator, right),
    };
    said.map_or(Said::Nothing, Said::Assertion)
}

fn is_subject(text: &str) -> bool {
    ["[", "len(", "has(", "age("].iter().any(|start| text.starts_with(start))
}

/// What is about a part of the answer.
fn answered(subject: &str, operator: &str, right: &str) -> Option<String> {
    if let Some(inner) = within(subject, "len(") {
        return Some(format!("{} length {operator} {}", part(inner)?, right.parse::<u64>().ok()?));
    }
    if let Some(inner) = within(subject, "has(") {
        let wanted = (operator == "==") == right.parse::<bool>().ok()?;
        return Some(format!("{}{} exists", if wanted { "" } else { "not " }, part(inner)?));
    }
    Some(compare(&part(subject)?, operator, right))
}

fn within<'a>(text: &'a str, function: &str) -> Option<&'a str> {
    text.strip_prefix(function)?.strip_suffix(')')
}

/// `[BODY].a[0].b` or `[HEADER].Name`
fn part(text: &str) -> Option<String> {
    let start = |prefix: &str| text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
    if start("[HEADER].").is_some() {
        return Some(format!("header {}", quoted(&text["[HEADER].".len()..])));
    }
    start("[BODY]")?;
    let mut path = "$".to_owned();
    for step in text["[BODY]".len()..].split('.').filter(|step| !step.is_empty()) {
        let (name, indices) = step.split_at(step.find('[').unwrap_or(step.len()));
        let plain =
            name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
        match name {
            "" => {}
            name if plain => path.extend([".", name]),
            name => path.push_str(&format!("['{}']", name.replace('\\', r"\\").replace('\'', r"\'"))),
        }
        path.push_str(indices);
    }
    if path.contains("[*]") { None } else { Some(format!("json {path}")) }
}

/// A comparison, in which the right side may be `any(…)` or `pat(…)`.
fn compare(subject: &str, operator: &str, right: &str) -> String {
    let not = if operator == "!=" { "not " } else { "" };
    let alike = matches!(operator, "==" | "!=");
    if let Some(options) = within(right, "any(").filter(|_| alike) {
        let options: Vec<String> = options.split(',').map(|option| value(option.trim())).collect();
        return format!("{not}{subject} in {}", options.join(", "));
    }
    if let Some(pattern) = within(right, "pat(").filter(|_| alike) {
        return format!("{not}{subject} {}", pattern_test(pattern));
    }
    format!("{subject} {operator} {}", value(right))
}

/// A pattern in which `*` stands for anything.
fn pattern_test(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('*').collect();
    match parts.as_slice() {
        [whole] => format!("== {}", quoted(whole)),
        ["", middle, ""] if !middle.is_empty() => format!("contains {}", quoted(middle)),
        [start, ""] if !start.is_empty() => format!("starts with {}", quoted(start)),
        ["", end] if !end.is_empty() => format!("ends with {}", quoted(end)),
        parts => {
            let escaped: Vec<String> = parts.iter().map(|part| escape(part)).collect();
            format!("matches /^{}$/s", escaped.join(".*"))
        }
    }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// Milliseconds, or a duration.
fn time(text: &str) -> Option<String> {
    let millis = text
        .parse::<u64>()
        .ok()
        .or_else(|| duration(Some(text.to_owned())).and_then(|time| u64::try_from(time.as_millis()).ok()))?;
    Some(format!("{millis}ms"))
}

/// A duration in days.
fn days(text: &str) -> Option<f64> {
    let time =
        duration(Some(text.to_owned())).or_else(|| text.parse::<u64>().ok().map(std::time::Duration::from_millis))?;
    Some((time.as_secs_f64() / 86_400.0 * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor_core::assertion::Assertion;

    #[test]
    fn conditions_become_assertions() {
        for (condition, expected) in [
            ("[STATUS] == 200", "status == 200"),
            ("[STATUS] == any(200, 429)", "status in 200, 429"),
            ("[STATUS] < 300", "status < 300"),
            ("300 > [STATUS]", "status < 300"),
            ("[RESPONSE_TIME] < 300", "latency < 300ms"),
            ("[RESPONSE_TIME] <= 1.5s", "latency <= 1500ms"),
            ("[CERTIFICATE_EXPIRATION] > 48h", "certificate.days > 2"),
            ("[DOMAIN_EXPIRATION] > 720h", "domain.days > 30"),
            ("[BODY] == pat(*healthy*)", r#"body contains "healthy""#),
            ("[BODY] != pat(*error*)", r#"not body contains "error""#),
            ("[BODY] == pat(a*b*c)", "body matches /^a.*b.*c$/s"),
            ("[BODY].status == UP", r#"json $.status == "UP""#),
            ("[body].data[0].id == 1", "json $.data[0].id == 1"),
            ("[BODY][0].my-name != x y", r#"json $[0]['my-name'] != "x y""#),
            ("len([BODY].items) > 5", "json $.items length > 5"),
            ("has([BODY].errors) == false", "not json $.errors exists"),
            (
                "[HEADER].Content-Type == pat(application/json*)",
                r#"header "Content-Type" starts with "application/json""#,
            ),
        ] {
            assert_eq!(assertion(condition), Said::Assertion(expected.to_owned()), "{condition}");
            Assertion::parse(expected).unwrap();
        }
        for condition in ["[CONNECTED] == true", "[DNS_RCODE] == NOERROR"] {
            assert_eq!(assertion(condition), Said::Implied);
        }
        for condition in ["[IP] == 127.0.0.1", "[CONNECTED] == false", "[BODY].a[*].b == 1", "age([BODY].at) < 1h", "x"]
        {
            assert_eq!(assertion(condition), Said::Nothing, "{condition}");
        }
    }
}
