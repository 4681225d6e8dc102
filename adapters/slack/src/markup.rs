//! What people typed, without Slack's markup.
//! Source: <https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages>.

/// The line that somebody meant with a text that Slack brought. `bots` are the user ids under which the bot is mentioned.
pub(crate) fn heard(text: &str, bots: &[&str]) -> String {
    let names: Vec<String> = bots.iter().map(|id| format!("<@{id}>")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    adapter_common::hear(&typed(text), &names)
}

/// The text with each `<…>` as it was typed, and each entity as what it stands for.
fn typed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once('<') {
        out.push_str(&unescaped(before));
        let Some((inside, after)) = opened.split_once('>') else {
            out.push('<');
            rest = opened;
            continue;
        };
        out.push_str(&reference(inside));
        rest = after;
    }
    out + &unescaped(rest)
}

/// What stands between `<` and `>`.
fn reference(inside: &str) -> String {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inside, None),
    };
    let label = label.filter(|label| !label.is_empty());
    match target.chars().next() {
        // People keep their ids, for names are not unique.
        Some('@') => format!("<{target}>"),
        Some('#') => label.map_or_else(|| format!("<{target}>"), |label| format!("#{label}")),
        Some('!') => label.map_or_else(|| format!("@{}", &target[1..]), unescaped),
        _ => unescaped(label.filter(|label| is_what_was_typed(target, label)).unwrap_or(target)),
    }
}

/// Whether Slack made the target of what its label says, so that the label is what was typed. Of words that were made a link by
/// hand the target is what is meant.
fn is_what_was_typed(target: &str, label: &str) -> bool {
    ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| {
        let made = target.strip_prefix(scheme);
        made.is_some_and(|made| made == label || made.strip_suffix('/') == Some(label))
    })
}

/// Source: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use adapter_common::testing::{HEARD, SLACK_BOT};

    use super::*;

    #[test]
    fn a_line_is_the_same_whatever_slack_makes_of_it() {
        for line in HEARD {
            assert_eq!(heard(line.slack, &[SLACK_BOT]), line.wanted, "{}", line.slack);
        }
    }

    #[test]
    fn what_is_no_markup_is_left_alone() {
        for (text, wanted) in [
            ("contains:a &lt; b", "contains:a < b"),
            ("1 < 2", "1 < 2"),
            ("for <@U1> in <#C1|ops> and <#C2>", "for <@U1> in #ops and <#C2>"),
            ("<!here> and <!subteam^S1|@oncall>", "@here and @oncall"),
            ("call <tel:+49301234|+49301234>", "call +49301234"),
            ("<|>", ""),
            ("<>", ""),
        ] {
            assert_eq!(heard(text, &["UBOT"]), wanted, "{text}");
        }
    }
}
