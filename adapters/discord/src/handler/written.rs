//! Messages that people write, and what is brought to them in answer.

use std::sync::Arc;

use bot_core::reply::Block;
use bot_core::{Input, Reply};
use serenity::http::Route;
use serenity::model::channel::{Message as Written, MessageType};
use tokio::time::Instant;

use super::{Answer, BRING_WITHIN, Handler, deadline};
use crate::line;
use crate::scene::Scene;
use crate::whisper::whisper;

impl Handler {
    /// Takes a message, to be answered after what the same person said in the same channel before, if it is for the bot. `me` is
    /// the bot's user id. Messages that are edited later are not answered anew.
    pub(crate) fn message(self: &Arc<Self>, written: Written, me: u64) {
        let by_person = !written.author.bot && written.webhook_id.is_none();
        let said = matches!(written.kind, MessageType::Regular | MessageType::InlineReply);
        let meant = written.guild_id.is_none() || written.mentions.iter().any(|user| user.id.get() == me);
        if !by_person || !said || !meant {
            return;
        }
        let (lane, place) = ((written.channel_id.get(), written.author.id.get()), written.id.get());
        let (handler, until) = (Arc::clone(self), deadline());
        let taken = self.lanes.put(lane, place, async move {
            let scene = Scene::of_message(&written, &handler.directory).await;
            let said = Input::Text(line::said(&written.content, me));
            let mut replies = handler.replies(&scene, said, until).await;
            // What is answered with a code held no secret.
            if let Some(reply) = replies.iter_mut().find(|reply| reply.sensitive && !reply.private) {
                reply.blocks.push(Block::text(handler.hide(&written, &scene).await));
            }
            let bring = Arc::clone(&handler);
            // However long it takes to be brought: what is said next is done meanwhile.
            if !handler.bringing.put(lane, place, async move { bring.bring(&written, &scene, replies, until).await }) {
                tracing::warn!(channel_id = lane.0, "too many answers wait to be brought to Discord: one is left out");
            }
        });
        if !taken {
            tracing::warn!("somebody says too much at once on Discord: some of it is not answered");
        }
    }

    /// Brings what a message is answered with.
    async fn bring(&self, written: &Written, scene: &Scene, mut replies: Vec<Reply>, until: Instant) {
        // What stood before it may have taken all of its time.
        let until = until.max(Instant::now() + BRING_WITHIN);
        if !scene.is_direct() {
            let private: Vec<Reply> = replies.extract_if(.., |reply| reply.private).collect();
            if !private.is_empty() {
                replies.push(Reply::text(whisper(&self.api, written.author.id, &private).await));
            }
        }
        for message in Answer::from(replies).messages {
            let message = message.answering(written.id.to_string());
            if let Err(error) = self.api.answer(written.channel_id, &message, until).await {
                tracing::warn!(channel_id = %written.channel_id, %error, "could not answer on Discord");
                return;
            }
        }
    }

    /// Takes away a message that may hold a secret, where that is allowed, and says what became of it.
    async fn hide(&self, written: &Written, scene: &Scene) -> &'static str {
        const PLEASE: &str = "Your message may hold a secret, and I may not delete it: please do.";
        if scene.is_direct() {
            return PLEASE;
        }
        let route = Route::ChannelMessage { channel_id: written.channel_id, message_id: written.id };
        match self.api.delete(route).await {
            Ok(()) => "I have deleted your message, for it may hold a secret.",
            Err(_) => PLEASE,
        }
    }
}
