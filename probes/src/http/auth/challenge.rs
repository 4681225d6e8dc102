//! `WWW-Authenticate`. Source: <https://www.rfc-editor.org/rfc/rfc9110#section-11>.

/// Most challenges and parameters that are read of one header.
const MAX_PARTS: usize = 64;

/// One way to log in that a target offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The scheme as the target writes it.
    pub(super) scheme: String,
    /// What follows the scheme where that is no parameter.
    pub(super) token: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether it is of that scheme.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// A parameter's value without its quotes.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Reads the challenges of a header. What is none is left out.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for part in split(header).take(MAX_PARTS) {
        let (first, rest) = match part.split_once(char::is_whitespace) {
            Some((first, rest)) if !first.contains('=') && !rest.trim_start().starts_with('=') => {
                (Some(first), rest.trim())
            }
            _ if part.contains('=') => (None, part),
            _ => (Some(part), ""),
        };
        if let Some(scheme) = first {
            challenges.push(Challenge { scheme: scheme.to_owned(), token: None, parameters: Vec::new() });
        }
        let Some(challenge) = challenges.last_mut() else { continue };
        match rest.split_once('=') {
            // `abc==` is one token and no parameter.
            Some((name, value)) if !value.trim_matches('=').is_empty() => {
                challenge.parameters.push((name.trim().to_owned(), unquote(value.trim())));
            }
            _ if !rest.is_empty() => challenge.token = Some(rest.to_owned()),
            _ => {}
        }
    }
    challenges
}

/// What stands between commas that are not in quotes.
fn split(header: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = header.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        c == ',' && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest)) else {
        return value.to_owned();
    };
    let mut escaped = false;
    inner
        .chars()
        .filter(|&c| {
            escaped = c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_challenges_stand_in_one_header() {
        let read = parse(
            r#"Digest realm="a, \"b\"", qop = "auth,auth-int",nonce=x==, Basic realm="c" , NTLM TlRMTQ==,Negotiate"#,
        );
        let schemes: Vec<&str> = read.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["Digest", "Basic", "NTLM", "Negotiate"]);
        assert_eq!(read[0].get("Realm"), Some(r#"a, "b""#));
        assert_eq!((read[0].get("qop"), read[0].get("nonce")), (Some("auth,auth-int"), Some("x==")));
        assert_eq!((read[1].get("realm"), read[1].token.as_deref()), (Some("c"), None));
        assert_eq!(read[2].token.as_deref(), Some("TlRMTQ=="));
        assert!(read[3].is("negotiate"));
    }

    #[test]
    fn what_is_no_challenge_is_left_out() {
        for header in ["", ",,", "a=b", "\"", "=,="] {
            assert!(parse(header).iter().all(|challenge| challenge.get("realm").is_none()), "{header}");
        }
        assert!(parse(&"x=y,".repeat(10_000)).is_empty());
    }
}
