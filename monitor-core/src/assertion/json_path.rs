//! JSONPaths whose evaluation is bounded.
//!
//! A path is evaluated on whatever a target sends, and nothing can interrupt that. Without bounds a path of a few
//! characters is enough to select each node of a document thousands of times (`$..*..*..*`, `$[0,0][0,0][0,0]`), to compare
//! every node with all below it (`$..[?@==@]`), or to compile a pattern anew for every node (`match`). Within the bounds
//! below no node is selected twice, and a node is looked at a fixed number of times for each level it is deep, of which a
//! document has at most 128.

use serde_json_path::JsonPath;

use crate::code::ErrorCode;
use crate::http::shorten;

const MAX_CHARS: usize = 256;
const MAX_STEPS: usize = 16;
const MAX_DESCENTS: usize = 1;
const MAX_WIDE: usize = 2;
const MAX_FILTER_PATHS: usize = 4;
const MAX_PARENTHESES: usize = 8;

/// Why a path is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PathFault {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    /// Where in the path, in characters, unless it is wrong as a whole.
    pub(super) position: usize,
}

/// Parses a path that stays within the bounds.
pub(super) fn parse(path: &str) -> Result<JsonPath, PathFault> {
    // Before it is parsed, since the parser itself goes as deep as brackets do.
    if let Some(why) = too_broad(path) {
        let message = format!("this JSONPath could take too long: {why}");
        return Err(PathFault { code: ErrorCode::JsonPathTooBroad, message, position: 0 });
    }
    JsonPath::parse(path).map_err(|error| {
        let message = format!(
            "this is not a JSONPath: {}; write it like $.status or $.items[0].id",
            wrong(path, error.position())
        );
        let before = path.get(..error.position()).unwrap_or_default();
        let position = if path.starts_with('$') { before.chars().count() } else { 0 };
        PathFault { code: ErrorCode::InvalidJsonPath, message, position }
    })
}

/// Where the parser stopped: it has no words for what it found there.
fn wrong(path: &str, position: usize) -> String {
    let rest = path.get(position..).unwrap_or_default();
    match path.chars().next() {
        Some('$') if rest.is_empty() => "something is missing at its end".to_owned(),
        Some('$') => format!("I don't understand it from “{}” on", shorten(rest, 20)),
        _ => "it has to begin with `$`".to_owned(),
    }
}

/// The first bound that a path breaks, in words.
fn too_broad(path: &str) -> Option<String> {
    if path.chars().count() > MAX_CHARS {
        return Some(format!("it may have {MAX_CHARS} characters at most"));
    }
    let bare = without_quoted(path);
    let count = |wanted: &[char]| bare.chars().filter(|c| wanted.contains(c)).count();
    let descents = bare.matches("..").count();
    if descents > MAX_DESCENTS {
        return Some("use `..` once at most".to_owned());
    }
    let slices = bare.split('[').filter(|step| step.contains(':')).count();
    if count(&['*', '?']) + slices > MAX_WIDE {
        return Some(format!("it may have {MAX_WIDE} of `*`, `[?…]` and `[from:to]` at most"));
    }
    if bare.contains(',') {
        return Some("select one thing in each pair of brackets, without commas".to_owned());
    }
    if bare.trim_start().chars().skip(1).any(|c| c == '$') {
        return Some("within `[?…]` begin paths with `@`, not with `$`".to_owned());
    }
    if count(&['@']) > MAX_FILTER_PATHS {
        return Some(format!("within `[?…]` use `@` {MAX_FILTER_PATHS} times at most"));
    }
    if compares_paths(&bare) {
        return Some(
            "within `[?…]` compare with a text, a number, true, false or null, not with another path".to_owned(),
        );
    }
    if count(&['.', '[']) - descents > MAX_STEPS {
        return Some(format!("it may have {MAX_STEPS} steps at most"));
    }
    (count(&['(']) > MAX_PARENTHESES).then(|| format!("it may have {MAX_PARENTHESES} pairs of parentheses at most"))
}

/// Whether a path stands on the right of a comparison: both sides could be large, and are compared to their last leaf.
fn compares_paths(bare: &str) -> bool {
    bare.split(['=', '<', '>'])
        .skip(1)
        .map(str::trim_start)
        .any(|right| right.starts_with('@') || right.starts_with("value"))
}

/// The path without what stands in quotes, where a backslash keeps a quote from ending.
fn without_quoted(path: &str) -> String {
    let mut bare = String::new();
    let mut quote = None;
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => drop(chars.next()),
            Some(open) => quote = Some(open).filter(|open| *open != c),
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None => bare.push(c),
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Documents that are deep, wide, or both.
    fn adversarial() -> Vec<Value> {
        let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
        let bushy = format!("{}0{}", "[[],".repeat(100), "]".repeat(100));
        let wide = format!("[{}]", vec![deep.as_str(); 40].join(","));
        [deep, bushy, wide].iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }

    fn nodes(document: &Value) -> usize {
        1 + match document {
            Value::Array(items) => items.iter().map(nodes).sum(),
            Value::Object(fields) => fields.values().map(nodes).sum(),
            _ => 0,
        }
    }

    #[test]
    fn an_accepted_path_selects_no_node_twice() {
        for path in ["$..*", "$..*.*", "$.*.*", "$..[?@]", "$..[?@[?@]]", "$[::1][::-1]", "$..[*][0]", "$[?@..*]"] {
            let parsed = parse(path).unwrap();
            for document in adversarial() {
                let selected = parsed.query(&document);
                let mut distinct: Vec<_> = selected.iter().map(|node| std::ptr::from_ref(*node)).collect();
                distinct.sort();
                distinct.dedup();
                assert_eq!(distinct.len(), selected.len(), "{path}");
                assert!(selected.len() <= nodes(&document), "{path}");
            }
        }
    }

    #[test]
    fn a_path_that_multiplies_is_refused_with_what_to_do() {
        let brackets = format!("${}", "[?@".repeat(1_000));
        let parentheses = format!("$[?{}1==1{}]", "(".repeat(20), ")".repeat(20));
        let steps = format!("$.{}", ["a"; 17].join("."));
        for (path, why) in [
            ("$..*..*..*..*", "use `..` once at most"),
            ("$..a..b", "use `..` once at most"),
            ("$..['x'][?@..y]", "use `..` once at most"),
            ("$.*.*.*", "2 of `*`, `[?…]` and `[from:to]` at most"),
            ("$[?@[?@[?@]]]", "2 of `*`, `[?…]` and `[from:to]` at most"),
            ("$[0,0][0,0][0,0]", "without commas"),
            ("$[?match(@, @.pattern)]", "without commas"),
            ("$[?$==1]", "begin paths with `@`"),
            ("$[?count($..*)>1]", "begin paths with `@`"),
            ("$..[?@!=1||@!=2||@!=3||@!=4||@!=5]", "`@` 4 times at most"),
            ("$..[?@ == @]", "not with another path"),
            ("$..[?@.a>=value(@)]", "not with another path"),
            (&steps, "16 steps at most"),
            (&brackets, "256 characters at most"),
            (&parentheses, "8 pairs of parentheses at most"),
        ] {
            let fault = parse(path).unwrap_err();
            assert_eq!(fault.code, ErrorCode::JsonPathTooBroad, "{path}: {fault:?}");
            assert!(fault.message.contains(why), "{path}: {fault:?}");
        }
    }

    #[test]
    fn what_is_no_path_is_told_where_it_goes_wrong() {
        for (path, why) in [
            ("status", "it has to begin with `$`"),
            ("", "it has to begin with `$`"),
            ("$.a..", "something is missing at its end"),
            ("$.a[", ""),
            ("$.a!b", "I don't understand it from “!b” on"),
            ("$é[", ""),
        ] {
            let message = parse(path).unwrap_err().message;
            assert!(message.contains(why) && message.ends_with("write it like $.status or $.items[0].id"), "{message}");
        }
    }

    #[test]
    fn what_stands_in_quotes_is_only_a_name() {
        for path in [r#"$['a..b..c']["*,*,*,*"]"#, r"$['it\'s, $..*..*']", "$.items[?@.name=='..,..,$']"] {
            assert!(parse(path).is_ok(), "{path}");
        }
    }
}
