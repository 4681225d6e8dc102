use serde::{Deserialize, Serialize};

use super::{Endpoint, Login, MAX_TEXT_BYTES, check_text};
use crate::http::SpecError;
use crate::secret::Secret;

/// An MQTT broker: it lets us in and, when a topic is given, delivers a message of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MqttSpec {
    /// Where to connect; port 1883 unless said otherwise, 8883 with TLS.
    pub endpoint: Endpoint,
    /// Whether TLS is spoken.
    #[serde(default)]
    pub tls: bool,
    /// Who logs in.
    #[serde(default)]
    pub login: Option<Login>,
    /// A topic to subscribe to. A message of it, such as a retained one, has to come within the timeout; it is the body.
    #[serde(default)]
    pub topic: Option<String>,
}

impl MqttSpec {
    /// A connection to that broker.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false, login: None, topic: None }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        if let Some(login) = &self.login {
            check_text("user", &login.user)?;
            if login.password.expose().len() > MAX_TEXT_BYTES {
                return Err(SpecError::TooMuch(format!("the password is longer than {MAX_TEXT_BYTES} bytes")));
            }
        }
        let Some(topic) = &self.topic else { return Ok(()) };
        check_text("topic", topic)?;
        if !is_filter(topic) {
            let like = "a topic is like shop/orders; + stands for one level and # at the end for all that follow";
            return Err(SpecError::Option(like.into()));
        }
        Ok(())
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.login.iter_mut().map(|login| &mut login.password).collect()
    }
}

/// Source: <https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718106>.
fn is_filter(topic: &str) -> bool {
    let last = topic.split('/').count() - 1;
    let fits = |(index, level): (usize, &str)| match level {
        "#" => index == last,
        "+" => true,
        _ => !level.contains(['#', '+', '\0']),
    };
    topic.split('/').enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> MqttSpec {
        MqttSpec::new(Endpoint::parse("broker.example", Some(1883)).unwrap())
    }

    #[test]
    fn a_topic_is_a_filter() {
        let about = |topic: &str| MqttSpec { topic: Some(topic.into()), ..spec() }.validate();
        for topic in ["shop", "shop/orders", "/", "+/orders/#", "#", "$SYS/broker/uptime"] {
            assert_eq!(about(topic), Ok(()), "{topic}");
        }
        for topic in ["", "shop/#/x", "shop#", "a+/b", "a\0b"] {
            assert!(about(topic).is_err(), "{topic:?}");
        }
    }

    #[test]
    fn a_password_needs_a_user() {
        let login = |user: &str| Some(Login { user: user.into(), password: Secret::new("hunter2") });
        assert_eq!(MqttSpec { login: login("ada"), ..spec() }.validate(), Ok(()));
        assert!(MqttSpec { login: login(""), ..spec() }.validate().is_err());
    }
}
