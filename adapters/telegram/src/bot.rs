use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter_common::Lanes;
use bot_core::reply::Block;
use bot_core::{Engine, Input, Reply, may_hold_secret};
use monitor_core::Timestamp;
use monitor_core::code::ErrorCode;
use services::Services;
use tokio::sync::{OnceCell, oneshot};
use tokio_util::task::TaskTracker;

use crate::api::{Api, ApiError};
use crate::asked::{Asked, Question};
use crate::heard::{Address, Deed, Heard};
use crate::moved::{let_in, moved};
use crate::render::{self, Keyboard, Message};
use crate::seen::Seen;
use crate::wire::{Me, Update, What};

/// What was said longer ago than this, while nobody listened, is not done any more.
const STALE: Duration = Duration::from_secs(3_600);

/// Conversations that are remembered to have been told that something was too old.
const MAX_TOLD: usize = 10_000;

/// How long what there is no room for may come again, and holds up what was said after it, anywhere; and how long nothing does then.
const HOLD: Duration = Duration::from_secs(60);
const HOLDS_APART: Duration = Duration::from_secs(600);

const TOO_MUCH: &str = "More is said here at once than I can do. This is not done, and what follows it may not be either: look at \
                        what there is, and say again what is missing.";

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
    asked: Mutex<Asked>,
    /// When a conversation was told something last that is not to be told there again and again.
    told: Mutex<HashMap<(Address, &'static str), Timestamp>>,
    /// When all that had happened until then was known.
    up_to_date: Mutex<Option<Timestamp>>,
    /// Since when something is held up by what there is no room for.
    holds_since: Mutex<Option<Timestamp>>,
}

impl Bot {
    /// What is answered is answered among the tasks.
    pub(crate) fn new(api: Api, engine: Arc<Engine>, services: Services, tasks: TaskTracker) -> Arc<Self> {
        let (me, seen, asked, told) = (OnceCell::new(), Mutex::default(), Mutex::default(), Mutex::default());
        let (up_to_date, holds_since) = (Mutex::default(), Mutex::default());
        let lanes = Lanes::from(tasks);
        Arc::new(Self { api, engine, services, me, lanes, seen, asked, told, up_to_date, holds_since })
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.services.now()
    }

    /// Notes that all was taken that had happened by then.
    pub(crate) fn is_up_to_date_at(&self, at: Timestamp) {
        *lock(&self.up_to_date) = Some(at);
    }

    /// Who the bot is. Telegram is asked once.
    pub(crate) async fn me(&self) -> Result<&Me, ApiError> {
        self.me.get_or_try_init(|| async { self.api.ask("GetMe").await.map(|(me, _)| me) }).await
    }

    /// Takes an update, to be answered in the order of its conversation; `false`: there is no room for it, and it should come again.
    pub(crate) fn take(self: &Arc<Self>, me: &Me, update: Update) -> bool {
        if !lock(&self.seen).insert(update.id) {
            return true;
        }
        let (tell, expired) = oneshot::channel();
        let (heard, press) = match update.what {
            Some(What::Said(message)) => (Heard::said(&message, me), None),
            Some(What::Pressed(query)) => {
                let id = query.id.clone();
                (Heard::pressed(*query), Some(id))
            }
            Some(What::Member(membership)) => (Heard::member(&membership), None),
            None => (None, None),
        };
        if let Some(heard) = heard.map(Arc::new) {
            let (bot, said) = (Arc::clone(self), Arc::clone(&heard));
            // What comes now was pressed a short time ago when all was known then, whatever Telegram says of it.
            let expired = (press.is_some() && !self.is_up_to_date()).then_some(expired);
            if !self.lanes.put(heard.address, update.id, async move { bot.answer(&said, expired).await }) {
                if self.holds() {
                    lock(&self.seen).remove(update.id);
                    return false;
                }
                self.leave_undone(heard);
            }
        }
        if let Some(id) = press {
            self.hear_press(id, tell);
        }
        true
    }

    /// Whether all was known that had happened until lately.
    fn is_up_to_date(&self) -> bool {
        lock(&self.up_to_date).is_some_and(|at| self.now().since(at) <= STALE)
    }

    /// Whether what there is no room for may hold up what comes after it. Who floods one chat does not hold up all others for long.
    fn holds(&self) -> bool {
        let now = self.now();
        let mut since = lock(&self.holds_since);
        let began = since.filter(|began| now.since(*began) <= HOLDS_APART).unwrap_or(now);
        *since = Some(began);
        now.since(began) <= HOLD
    }

    /// Says that something is not done, once for a while.
    fn leave_undone(self: &Arc<Self>, heard: Arc<Heard>) {
        tracing::warn!(conversation = %heard.address, "too much is said at once on telegram; some of it is not done");
        if !self.is_news(heard.address, TOO_MUCH, HOLD) {
            return;
        }
        let bot = Arc::clone(self);
        self.lanes.beside(async move { bot.answer_to(&heard, &Reply::text(TOO_MUCH)).await });
    }

    /// Shows whoever pressed a button at once that it was heard, however long what was said before takes. Tells whether Telegram
    /// says that it comes too late for that.
    fn hear_press(&self, id: String, tell: oneshot::Sender<bool>) {
        let api = self.api.clone();
        self.lanes.beside(async move {
            let too_old = api.hear_press(&id).await.is_err_and(|error| error.says("query is too old"));
            // Only a press whose message is old is asked about.
            let _ = tell.send(too_old);
        });
    }

    async fn answer(&self, heard: &Heard, expired: Option<oneshot::Receiver<bool>>) {
        if self.is_too_late(heard, expired).await {
            return self.was_away(heard).await;
        }
        let question = self.question(heard);
        let input = match &heard.deed {
            Deed::Moved(from) => return moved(&self.services, *from, heard.address.chat).await,
            Deed::LetIn => return let_in(&self.services, heard.address).await,
            Deed::Anonymous => return self.say(heard, &Reply::text(ANONYMOUS), false).await,
            Deed::Said(line, _) => match &question {
                Some(Question { token, field, .. }) => {
                    Input::Answer { token: token.clone(), values: vec![(field.clone(), line.clone())] }
                }
                None => Input::Text(line.clone()),
            },
            Deed::Pressed(token, _) => Input::Action(token.clone()),
        };
        let mut replies = heard.answer(&self.engine, input).await;
        if heard.address.is_group() {
            for reply in replies.iter_mut().filter(|reply| reply.private) {
                self.answer_alone(heard, reply).await;
            }
        }
        let secret = match &heard.deed {
            Deed::Said(line, _) => replies.iter().any(|reply| holds_secret(line, question.as_ref(), reply)),
            _ => false,
        };
        let taken_away = secret && self.api.delete(heard.address, heard.message).await.is_ok();
        if let Some(first) = replies.first_mut().filter(|_| secret) {
            first.blocks.push(Block::text(if taken_away { TAKEN_AWAY } else { LEFT_THERE }));
        }
        for reply in &replies {
            self.say(heard, reply, taken_away).await;
        }
    }

    /// The question that is answered: whoever was asked and answers the message of a question answers that question, also with what
    /// looks like a command.
    fn question(&self, heard: &Heard) -> Option<Question> {
        let asked = lock(&self.asked).get(heard.address.chat, heard.answers?);
        asked.filter(|question| question.whom == heard.user)
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
            let sent = self.send_one(heard.address, answers, &message).await;
            if let (true, Some(sent), Some(question)) = (asks, sent, Question::of(reply, &heard.user)) {
                lock(&self.asked).insert(heard.address.chat, sent, question);
            }
        }
    }

    /// Says something in answer to a message.
    async fn answer_to(&self, heard: &Heard, reply: &Reply) {
        for message in render::messages(reply) {
            self.send_one(heard.address, Some(heard.message), &message).await;
        }
    }

    /// Sends a message and gives its number, if that could be done.
    async fn send_one(&self, to: Address, answers: Option<i32>, message: &Message) -> Option<i32> {
        let sent = self.api.send_patiently(&self.services, to, answers, message).await;
        sent.inspect_err(|error| tracing::warn!(%error, conversation = %to, "an answer could not be sent to telegram"))
            .ok()
    }

    /// Whether it was said too long ago to be done. When a button was pressed is not told: not before its message came, not before
    /// all was known (then nothing is `expired`), and long ago when Telegram takes no answer to it any more.
    async fn is_too_late(&self, heard: &Heard, expired: Option<oneshot::Receiver<bool>>) -> bool {
        let (Deed::Said(_, at) | Deed::Pressed(_, at)) = heard.deed else { return false };
        match (&heard.deed, expired) {
            (Deed::Pressed(..), None) => false,
            (_, Some(expired)) => self.is_stale(at) && expired.await.unwrap_or(false),
            (_, None) => self.is_stale(at),
        }
    }

    fn is_stale(&self, at_seconds: i64) -> bool {
        let at = Timestamp::from_millis(at_seconds.saturating_mul(1_000));
        self.services.now().since(at) > STALE
    }

    /// Says that something was not done: once for all lines of a conversation, and for each press, which looks as if it were done.
    async fn was_away(&self, heard: &Heard) {
        if matches!(heard.deed, Deed::Pressed(..)) || self.is_news(heard.address, AWAY, STALE) {
            self.say(heard, &Reply::text(AWAY), false).await;
        }
    }

    /// Whether a conversation was not told that in such a time.
    fn is_news(&self, address: Address, says: &'static str, apart: Duration) -> bool {
        let now = self.now();
        let mut told = lock(&self.told);
        if told.len() >= MAX_TOLD {
            told.clear();
        }
        let is_news = told.get(&(address, says)).is_none_or(|before| now.since(*before) > apart);
        if is_news {
            told.insert((address, says), now);
        }
        is_news
    }
}

/// Whether a line may hold a secret, of which the answer is known. What is answered with a code held none. Whatever is said to a
/// question that is over may be the answer to it, which matters where that was to be a secret.
fn holds_secret(line: &str, question: Option<&Question>, reply: &Reply) -> bool {
    let settled = reply.code.as_deref() == Some(ErrorCode::NoQuestion.as_str());
    match question {
        Some(question) if settled && !question.secret => may_hold_secret(line, false),
        _ => reply.sensitive && !reply.private,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
