//! Where something was said on Discord, and by whom.

use bot_core::{Place, Visitor};
use serenity::model::channel::{ChannelType, Message, PartialChannel};
use serenity::model::guild::Member;
use serenity::model::id::{ChannelId, GuildId, RoleId};
use serenity::model::user::User;

use crate::PLATFORM;
use crate::directory::Directory;

/// Where and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    guild: Option<String>,
    guild_name: String,
    channel: String,
    title: String,
    user: String,
    name: String,
    roles: Vec<String>,
}

impl Scene {
    /// Where a message was written.
    pub(crate) async fn of_message(message: &Message, directory: &Directory) -> Self {
        let member = message.member.as_deref();
        let nick = member.and_then(|member| member.nick.as_deref());
        let roles = member.map(|member| member.roles.as_slice()).unwrap_or_default();
        let who = Who { user: &message.author, nick, roles };
        who.at(message.guild_id, message.channel_id, None, directory).await
    }

    /// Where an interaction came from.
    pub(crate) async fn of_interaction(from: Origin<'_>, directory: &Directory) -> Self {
        let nick = from.member.and_then(|member| member.nick.as_deref());
        let roles = from.member.map(|member| member.roles.as_slice()).unwrap_or_default();
        let who = Who { user: from.user, nick, roles };
        who.at(from.guild, from.channel_id, from.channel, directory).await
    }

    /// Whether somebody speaks to the bot alone.
    pub(crate) fn is_direct(&self) -> bool {
        self.guild.is_none()
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            platform: PLATFORM,
            workspace: self.guild.as_deref(),
            workspace_name: &self.guild_name,
            conversation: &self.channel,
            title: &self.title,
        }
    }

    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor { scope: "", user: &self.user, name: &self.name, roles: &self.roles }
    }
}

/// What an interaction says about where it came from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel_id: ChannelId,
    pub(crate) channel: Option<&'a PartialChannel>,
    pub(crate) member: Option<&'a Member>,
    pub(crate) user: &'a User,
}

struct Who<'a> {
    user: &'a User,
    nick: Option<&'a str>,
    roles: &'a [RoleId],
}

impl Who<'_> {
    async fn at(
        self,
        guild: Option<GuildId>,
        channel_id: ChannelId,
        channel: Option<&PartialChannel>,
        directory: &Directory,
    ) -> Scene {
        let mut scene = Scene {
            guild: guild.map(|guild| guild.to_string()),
            guild_name: String::new(),
            channel: channel_id.to_string(),
            title: "direct messages".to_owned(),
            user: self.user.id.to_string(),
            name: self.nick.unwrap_or_else(|| self.user.display_name()).to_owned(),
            roles: self.roles.iter().map(ToString::to_string).collect(),
        };
        if let Some(guild) = guild {
            scene.guild_name = directory.guild(guild.get()).await;
            let (id, name) = channel_of(channel_id, channel, directory).await;
            scene.channel = id.to_string();
            scene.title = if name.is_empty() { id.to_string() } else { format!("#{name}") };
        }
        scene
    }
}

/// The channel that somebody is in: of a thread the one that it belongs to.
async fn channel_of(id: ChannelId, told: Option<&PartialChannel>, directory: &Directory) -> (u64, String) {
    let threads = [ChannelType::PublicThread, ChannelType::PrivateThread, ChannelType::NewsThread];
    let parent = match told {
        Some(channel) if threads.contains(&channel.kind) => channel.parent_id.map(ChannelId::get),
        Some(channel) => return (id.get(), channel.name.clone().unwrap_or_default()),
        None => {
            let spot = directory.channel(id.get()).await;
            match spot.parent {
                None => return (id.get(), spot.name),
                parent => parent,
            }
        }
    };
    let parent = parent.unwrap_or(id.get());
    (parent, directory.channel(parent).await.name)
}
