//! Writing assertions.

/// A text in the quotes of the assertion language.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A value as the assertion language compares with it: numbers, `true`, `false` and `null` bare, all else in quotes.
pub(crate) fn value(text: &str) -> String {
    let bare = text.parse::<f64>().is_ok_and(f64::is_finite) || matches!(text, "true" | "false" | "null");
    if bare { text.to_owned() } else { quoted(text) }
}
