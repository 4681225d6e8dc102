use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter_common::Lanes;
use bot_core::reply::Block;
use bot_core::{Engine, Input, Reply};
use monitor_core::Timestamp;
use services::Services;
use tokio::sync::{OnceCell, oneshot};
use tokio_util::task::TaskTracker;

use crate::api::{Api, ApiError};
use crate::heard::{Address, Deed, Heard};
use crate::moved::moved;
use crate::render::{self, Keyboard};
use crate::wire::{Me, Update, What};

/// What was said longer ago than this, while nobody listened, is not done any more.
const STALE: Duration = Duration::from_secs(3_600);

/// Updates that are remembered, so that one that comes twice is done once.
const REMEMBERED: usize = 1_000;

/// Conversations that are remembered to have been told that something was too old.
const MAX_TOLD: usize = 10_000;

const AWAY: &str = "I was away, and what was said here meanwhile is not done. Say it again if you still want it.";

const ANONYMOUS: &str = "You speak as the group, so I cannot know who you are and what you may do. Switch off “Remain anonymous” \
                         in your administrator rights and say it again.";

const TAKEN_AWAY: &str = "I took your message away, for it may hold a secret.";

const LEFT_THERE: &str = "Your message may hold a secret, and I may not take it away here: please delete it. I can do so myself \
                          where I am an administrator who may delete messages.";

const ANSWERED_ALONE: &str = "I have answered you in a direct message.";

const ASK_ALONE: &str = "Ask me that in a direct message, for others read along here: open my profile, write to me there, press \
                         Start, and say it again.";

/// Answers what happens on Telegram, however it comes here.
pub(crate) struct Bot {
    pub(crate) api: Api,
    engine: Arc<Engine>,
    services: Services,
    me: OnceCell<Me>,
    pub(crate) lanes: Lanes<Address, i64>,
    seen: Mutex<Seen>,
    told: Mutex<HashMap<Address, Timestamp>>,
}

/// The ids of the latest updates.
#[derive(Default)]
struct Seen {
    ids: HashSet<i64>,
    order: VecDeque<i64>,
}

impl Seen {
    /// Remembers an id; `false`: it is remembered already.
    fn insert(&mut self, id: i64) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl Bot {
    /// What is answered is answered among the tasks.
    pub(crate) fn new(api: Api, engine: Arc<Engine>, services: Services, tasks: TaskTracker) -> Arc<Self> {
        let (me, seen, told) = (OnceCell::new(), Mutex::default(), Mutex::default());
        Arc::new(Self { api, engine, services, me, lanes: Lanes::from(tasks), seen, told })
    }

    /// Who the bot is. Telegram is asked once.
    pub(crate) async fn me(&self) -> Result<&Me, ApiError> {
        self.me.get_or_try_init(|| async { self.api.ask("GetMe").await.map(|(me, _)| me) }).await
    }

    /// Takes an update, to be answered in the order of its conversation.
    pub(crate) fn take(self: &Arc<Self>, me: &Me, update: Update) {
        if !lock(&self.seen).insert(update.id) {
            return;
        }
        let (heard, expired) = match update.what {
            Some(What::Said(message)) => (Heard::said(&message, me), None),
            Some(What::Pressed(query)) => {
                let expired = self.hear_press(query.id.clone());
                (Heard::pressed(*query), Some(expired))
            }
            None => (None, None),
        };
        let Some(heard) = heard else { return };
        let (address, bot) = (heard.address, Arc::clone(self));
        if !self.lanes.put(address, update.id, async move { bot.answer(&heard, expired).await }) {
            tracing::warn!(conversation = %address, "too much is said at once on telegram; some of it is not answered");
        }
    }

    /// Shows whoever pressed a button at once that it was heard, however long what was said before takes. Tells whether Telegram
    /// says that it comes too late for that.
    fn hear_press(&self, id: String) -> oneshot::Receiver<bool> {
        let (tell, expired) = oneshot::channel();
        let api = self.api.clone();
        self.lanes.beside(async move {
            let too_old = api.hear_press(&id).await.is_err_and(|error| error.says("query is too old"));
            // Only a press whose message is old is asked about.
            let _ = tell.send(too_old);
        });
        expired
    }

    async fn answer(&self, heard: &Heard, expired: Option<oneshot::Receiver<bool>>) {
        if self.is_too_late(heard, expired).await {
            return self.was_away(heard).await;
        }
        let input = match &heard.deed {
            Deed::Moved(from) => return moved(&self.services, *from, heard.address.chat).await,
            Deed::Anonymous => return self.say(heard, &Reply::text(ANONYMOUS), false).await,
            Deed::Said(line, _) => Input::Text(line.clone()),
            Deed::Pressed(token, _) => Input::Action(token.clone()),
        };
        let mut replies = heard.answer(&self.engine, input).await;
        if heard.address.is_group() {
            for reply in replies.iter_mut().filter(|reply| reply.private) {
                self.answer_alone(heard, reply).await;
            }
        }
        let secret = matches!(heard.deed, Deed::Said(..)) && replies.iter().any(|reply| reply.sensitive);
        let taken_away = secret && self.api.delete(heard.address, heard.message).await.is_ok();
        if let Some(first) = replies.first_mut().filter(|_| secret) {
            first.blocks.push(Block::text(if taken_away { TAKEN_AWAY } else { LEFT_THERE }));
        }
        for reply in &replies {
            self.say(heard, reply, taken_away).await;
        }
    }

    /// Brings an answer to whoever asked, and to nobody else, and puts in its place what others may read.
    async fn answer_alone(&self, heard: &Heard, reply: &mut Reply) {
        let brought = match heard.alone() {
            Some(alone) => self.bring_to(alone, reply).await,
            None => false,
        };
        // What is left holds no secret any more, nor did the line that asked for one.
        *reply = Reply { ok: reply.ok, ..Reply::text(if brought { ANSWERED_ALONE } else { ASK_ALONE }) };
    }

    /// Whether all of an answer came to a chat. Nobody can be written to who never wrote to the bot.
    async fn bring_to(&self, address: Address, reply: &Reply) -> bool {
        for message in render::messages(reply) {
            if let Err(error) = self.api.send_patiently(&self.services, address, None, &message).await {
                tracing::info!(%error, "an answer for one person could not be brought to that person's chat on telegram");
                return false;
            }
        }
        true
    }

    async fn say(&self, heard: &Heard, reply: &Reply, taken_away: bool) {
        let pressed = matches!(heard.deed, Deed::Pressed(..));
        for message in render::messages(reply) {
            // A forced reply is for whoever is answered.
            let asks = matches!(message.keyboard, Keyboard::Choices { .. } | Keyboard::Answer { .. });
            let quotes = !taken_away && (pressed || asks || heard.address.is_group());
            let answers = quotes.then_some(heard.message);
            if let Err(error) = self.api.send_patiently(&self.services, heard.address, answers, &message).await {
                tracing::warn!(%error, conversation = %heard.address, "an answer could not be sent to telegram");
            }
        }
    }

    /// Whether it was said too long ago to be done. When a button was pressed is not told: not before its message came, and long
    /// ago when Telegram takes no answer to it any more.
    async fn is_too_late(&self, heard: &Heard, expired: Option<oneshot::Receiver<bool>>) -> bool {
        let (Deed::Said(_, at) | Deed::Pressed(_, at)) = heard.deed else { return false };
        if !self.is_stale(at) {
            return false;
        }
        match expired {
            Some(expired) => expired.await.unwrap_or(false),
            None => true,
        }
    }

    fn is_stale(&self, at_seconds: i64) -> bool {
        let at = Timestamp::from_millis(at_seconds.saturating_mul(1_000));
        self.services.now().since(at) > STALE
    }

    /// Says once that something was not done.
    async fn was_away(&self, heard: &Heard) {
        let now = self.services.now();
        let before = {
            let mut told = lock(&self.told);
            if told.len() >= MAX_TOLD {
                told.clear();
            }
            told.insert(heard.address, now)
        };
        if before.is_none_or(|before| now.since(before) > STALE) {
            self.say(heard, &Reply::text(AWAY), false).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_done_once_and_not_remembered_for_ever() {
        let mut seen = Seen::default();
        assert!(seen.insert(1) && !seen.insert(1));
        let more = i64::try_from(REMEMBERED).unwrap();
        assert!((2..=more + 1).all(|id| seen.insert(id)));
        assert_eq!((seen.ids.len(), seen.order.len()), (REMEMBERED, REMEMBERED));
    }
}
