//! Digest. Source: <https://www.rfc-editor.org/rfc/rfc7616>.

use md5::Md5;
use monitor_core::secret::Secret;
use sha2::{Digest as _, Sha256, Sha512_256};

use super::challenge::Challenge;
use super::{authorized, challenges, hex, is_challenge, not_offered, random};
use crate::failure::Failure;
use crate::http::client::Client;
use crate::http::exchange::Exchange;
use crate::http::hop::Hop;
use crate::outbound::Outbound;
use crate::trace::Trace;

/// A user and a password.
pub(in crate::http) struct Digest {
    user: String,
    password: Secret,
}

/// How the hash is made, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// The algorithm of that name, and whether it is the variant for sessions.
    fn parse(name: &str) -> Option<(Self, bool)> {
        let name = name.to_ascii_uppercase();
        let (base, session) = name.strip_suffix("-SESS").map_or((name.as_str(), false), |base| (base, true));
        let algorithm = match base {
            "MD5" => Self::Md5,
            "SHA-256" => Self::Sha256,
            "SHA-512-256" => Self::Sha512,
            _ => return None,
        };
        Some((algorithm, session))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512 => hex(&Sha512_256::digest(text)),
        }
    }
}

impl Digest {
    pub(super) fn new(user: &str, password: &Secret) -> Self {
        Self { user: user.to_owned(), password: password.clone() }
    }

    /// Asks, and when it is challenged asks again with the answer to the challenge.
    pub(super) async fn ask(
        &self,
        client: &Client,
        hop: &Hop,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Exchange, Failure> {
        let first = client.send(hop, outbound, trace).await?;
        if !is_challenge(&first) {
            return Ok(first);
        }
        let challenges = challenges(&first);
        let cnonce = hex(&random::<16>()?);
        let authorization = self.answer(&challenges, hop.method.as_str(), hop.uri.as_str(), &cnonce);
        let authorization = authorization.ok_or_else(|| not_offered("Digest (MD5 or SHA-256, auth)", &challenges))?;
        let hop = authorized(hop, &authorization, trace)?;
        let connection = match first.into_connection().await {
            Some(connection) => connection,
            None => client.connect(&hop.url, outbound, trace).await?,
        };
        connection.send(&hop, outbound.user_agent(), trace).await
    }

    /// `Authorization` for the strongest of the challenges that can be answered.
    fn answer(&self, challenges: &[Challenge], method: &str, uri: &str, cnonce: &str) -> Option<String> {
        let digests = challenges.iter().filter(|challenge| challenge.is("Digest") && auth_only(challenge));
        let known = digests.filter_map(|challenge| {
            Algorithm::parse(challenge.get("algorithm").unwrap_or("MD5")).map(|algorithm| (algorithm, challenge))
        });
        let ((algorithm, session), challenge) = known.max_by_key(|((algorithm, _), _)| *algorithm)?;
        let (realm, nonce) = (challenge.get("realm").unwrap_or_default(), challenge.get("nonce")?);
        let hash = |text: &str| algorithm.hash(text);
        let mut ha1 = hash(&format!("{}:{realm}:{}", self.user, self.password.expose()));
        if session {
            ha1 = hash(&format!("{ha1}:{nonce}:{cnonce}"));
        }
        let ha2 = hash(&format!("{method}:{uri}"));
        let qop = challenge.get("qop").is_some();
        let response = match qop {
            true => hash(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")),
            false => hash(&format!("{ha1}:{nonce}:{ha2}")),
        };
        let user_hash = challenge.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let user = if user_hash { hash(&format!("{}:{realm}", self.user)) } else { self.user.clone() };
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
        let mut text = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(&user),
            quoted(realm),
            quoted(nonce),
            quoted(uri)
        );
        if let Some(name) = challenge.get("algorithm") {
            text.push_str(&format!(", algorithm={name}"));
        }
        if let Some(opaque) = challenge.get("opaque") {
            text.push_str(&format!(", opaque={}", quoted(opaque)));
        }
        if qop {
            text.push_str(&format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\""));
        } else if session {
            text.push_str(&format!(", cnonce=\"{cnonce}\""));
        }
        if user_hash {
            text.push_str(", userhash=true");
        }
        Some(text)
    }
}

/// Whether a hash of the body is not insisted on.
fn auth_only(challenge: &Challenge) -> bool {
    challenge.get("qop").is_none_or(|qop| qop.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")))
}

#[cfg(test)]
mod tests {
    use super::super::challenge::parse;
    use super::*;

    fn answer(user: &str, password: &str, header: &str, uri: &str, cnonce: &str) -> Option<String> {
        Digest::new(user, &Secret::new(password)).answer(&parse(header), "GET", uri, cnonce)
    }

    /// The examples of RFC 7616, section 3.9.1.
    #[test]
    fn the_strongest_challenge_is_answered_as_the_standard_has_it() {
        let challenge = |algorithm: &str| {
            format!(
                r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            )
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let answer = |header: &str| answer("Mufasa", "Circle of Life", header, "/dir/index.html", cnonce).unwrap();
        let md5 = answer(&challenge("MD5"));
        assert!(md5.contains(r#"response="8ca523f5e9506fed4657c9700eebdbec""#), "{md5}");
        let sha = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        for header in [challenge("SHA-256"), format!("{}, {}", challenge("SHA-256"), challenge("MD5"))] {
            let told = answer(&header);
            assert!(told.contains(&format!("response=\"{sha}\"")), "{told}");
            assert!(told.contains("qop=auth, nc=00000001") && told.contains("algorithm=SHA-256"), "{told}");
        }
    }

    /// The example of RFC 2069 as its errata mend it, which knows neither `qop` nor `algorithm`.
    #[test]
    fn old_challenges_are_answered() {
        let header = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let told = answer("Mufasa", "CircleOfLife", header, "/dir/index.html", "x").unwrap();
        assert!(told.contains(r#"response="1949323746fe6a43ef61f9606e7febea""#), "{told}");
        assert!(!told.contains("cnonce") && !told.contains("algorithm"), "{told}");
    }

    #[test]
    fn sessions_and_hashed_users_are_told_so() {
        let header = r#"Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess, userhash=true"#;
        let told = answer("a", "b", header, "/", "c").unwrap();
        let md5 = |text: &str| Algorithm::Md5.hash(text);
        let expected = md5(&format!("{}:n:00000001:c:auth:{}", md5(&format!("{}:n:c", md5("a:r:b"))), md5("GET:/")));
        assert!(told.contains(&expected) && told.contains(&md5("a:r")) && told.ends_with("userhash=true"), "{told}");
    }

    #[test]
    fn what_cannot_be_answered_is_not() {
        for header in [
            r#"Basic realm="x""#,
            r#"Digest realm="x", nonce="n", algorithm=SHA-1"#,
            r#"Digest realm="x", nonce="n", qop="auth-int""#,
            r#"Digest realm="x""#,
        ] {
            assert_eq!(answer("a", "b", header, "/", "c"), None, "{header}");
        }
    }
}
