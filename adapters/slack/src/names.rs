//! What people and channels are called and whose they are, for events that bring only their ids.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::api::{Api, Refusal};

/// Names that are remembered; a workspace with more people than this is asked again for some.
const REMEMBERED: usize = 10_000;

/// Names that Slack was asked for, or told.
#[derive(Debug, Default)]
pub(crate) struct Names {
    workspace: OnceCell<String>,
    known: Mutex<HashMap<String, String>>,
    own: Mutex<HashMap<String, bool>>,
}

impl Names {
    /// The workspace's name; its id when Slack does not say.
    pub(crate) async fn workspace(&self, api: &Api, id: &str) -> String {
        let asked = self.workspace.get_or_try_init(|| async {
            let answer = api.call("auth.test", &Value::Object(Default::default())).await?;
            Ok::<_, Refusal>(answer["team"].as_str().unwrap_or(id).to_owned())
        });
        asked.await.cloned().unwrap_or_else(|_| id.to_owned())
    }

    /// A person's name, as others see it; what the event told when Slack does not say, else the id.
    pub(crate) async fn user(&self, api: &Api, id: &str, told: &str) -> String {
        let ask = async {
            let answer = api.ask("users.info", &[("user", id)]).await?;
            let user = &answer["user"];
            let names = [&user["profile"]["display_name"], &user["real_name"], &user["name"]];
            Ok(names.into_iter().filter_map(Value::as_str).find(|name| !name.is_empty()).map(str::to_owned))
        };
        let name = self.name(id, ask).await;
        name.unwrap_or_else(|| if told.is_empty() { id } else { told }.to_owned())
    }

    /// A channel's name with its `#`; the id when Slack does not say.
    pub(crate) async fn channel(&self, api: &Api, id: &str, told: &str) -> String {
        // What Slack says of conversations whose names it does not tell.
        let told = if matches!(told, "directmessage" | "privategroup" | "mpdm") { "" } else { told };
        if !told.is_empty() {
            self.remember(id, told);
        }
        let ask = async {
            let answer = api.ask("conversations.info", &[("channel", id)]).await?;
            Ok(answer["channel"]["name"].as_str().map(str::to_owned))
        };
        self.name(id, ask).await.map_or_else(|| id.to_owned(), |name| format!("#{name}"))
    }

    /// Whether a direct conversation is one person's with the bot. The slash command is known in those between two people as
    /// well, which the bot is not in and may not read.
    ///
    /// # Errors
    /// Slack does not say.
    pub(crate) async fn is_own(&self, api: &Api, id: &str) -> Result<bool, Refusal> {
        let known = self.own.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied();
        if let Some(own) = known {
            return Ok(own);
        }
        let own = match api.ask("conversations.history", &[("channel", id), ("limit", "1")]).await {
            Ok(_) => true,
            Err(Refusal::Said(code)) if matches!(code.as_str(), "channel_not_found" | "not_in_channel") => false,
            Err(refusal) => return Err(refusal),
        };
        self.remember_own(id, own);
        Ok(own)
    }

    /// Remembers whether a direct conversation is one person's with the bot.
    pub(crate) fn remember_own(&self, id: &str, own: bool) {
        let mut known = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id.to_owned(), own);
    }

    /// What is remembered, else what Slack says.
    async fn name(&self, id: &str, ask: impl Future<Output = Result<Option<String>, Refusal>>) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if known.is_some() {
            return known;
        }
        match ask.await {
            Ok(name) => {
                name.iter().for_each(|name| self.remember(id, name));
                name
            }
            Err(refusal) => {
                tracing::debug!(id, %refusal, "slack does not tell a name");
                None
            }
        }
    }

    fn remember(&self, id: &str, name: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id.to_owned(), name.to_owned());
    }
}
