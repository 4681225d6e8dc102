//! What the channels and guilds are called, and which channel a thread belongs to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serenity::http::Route;
use serenity::model::id::{ChannelId, GuildId};

use crate::api::Api;

/// Most entries of each kind that are remembered; then they are asked for anew.
const MOST: usize = 10_000;

/// The types of channels that are threads.
/// Source: <https://discord.com/developers/docs/resources/channel#channel-object-channel-types>.
const THREADS: [u64; 3] = [10, 11, 12];

/// A channel, or a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) name: String,
    /// The channel of a thread.
    pub(crate) parent: Option<u64>,
}

/// What was asked for is remembered.
pub(crate) struct Directory {
    api: Api,
    guilds: Mutex<HashMap<u64, String>>,
    channels: Mutex<HashMap<u64, Spot>>,
}

impl Directory {
    pub(crate) fn new(api: Api) -> Self {
        Self { api, guilds: Mutex::default(), channels: Mutex::default() }
    }

    /// What a guild is called; empty when it cannot be found out.
    pub(crate) async fn guild(&self, id: u64) -> String {
        if let Some(known) = recall(&self.guilds, id) {
            return known;
        }
        let Ok(guild) = self.api.get(Route::Guild { guild_id: GuildId::new(id) }).await else { return String::new() };
        let name = guild["name"].as_str().unwrap_or_default().to_owned();
        self.call_guild(id, name.clone());
        name
    }

    /// Remembers what a guild is called.
    pub(crate) fn call_guild(&self, id: u64, name: String) {
        remember(&self.guilds, id, name);
    }

    /// A channel or a thread. What cannot be found out is taken for a channel without a name.
    pub(crate) async fn channel(&self, id: u64) -> Spot {
        if let Some(known) = recall(&self.channels, id) {
            return known;
        }
        let Ok(channel) = self.api.get(Route::Channel { channel_id: ChannelId::new(id) }).await else {
            return Spot { name: String::new(), parent: None };
        };
        let thread = channel["type"].as_u64().is_some_and(|kind| THREADS.contains(&kind));
        let parent = channel["parent_id"].as_str().and_then(|id| id.parse().ok()).filter(|_| thread);
        let spot = Spot { name: channel["name"].as_str().unwrap_or_default().to_owned(), parent };
        remember(&self.channels, id, spot.clone());
        spot
    }

    /// Forgets a channel that has changed.
    pub(crate) fn forget_channel(&self, id: u64) {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

fn recall<T: Clone>(map: &Mutex<HashMap<u64, T>>, id: u64) -> Option<T> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

fn remember<T>(map: &Mutex<HashMap<u64, T>>, id: u64, value: T) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= MOST {
        map.clear();
    }
    map.insert(id, value);
}
