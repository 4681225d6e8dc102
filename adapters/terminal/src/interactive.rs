//! The conversation: lines that are typed, and what happens meanwhile.

use std::io::{self, Write};
use std::time::Duration;

use bot_core::grammar::is_too_long;
use bot_core::may_hold_secret;
use bot_core::reply::Action;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::client::{Client, Input};
use crate::line::{Line, Settings};
use crate::render::{self, Printed};
use crate::stream::{self, Happening};
use crate::{Ended, TerminalError, TerminalOptions};

/// Happenings that may wait while an answer is being awaited.
const WAITING: usize = 64;

/// How often a card that changes by itself is shown again: what stands on a terminal cannot be changed.
const SAME_CARD: Duration = Duration::from_secs(10);

/// How long the greeting waits to hear how everything stands.
const GREETING: Duration = Duration::from_secs(2);

pub(crate) async fn run(
    client: &Client,
    options: &TerminalOptions,
    out: &mut (dyn Write + Send),
) -> Result<Ended, TerminalError> {
    let (sender, mut happenings) = mpsc::channel(WAITING);
    let events = client.events(None).await?;
    let following = tokio::spawn(stream::follow(client.clone(), events, sender));
    let line = Line::start(client.clone(), Settings { history: options.history.clone(), colour: options.colour })?;
    if options.interactive && !options.json {
        greet(client, &mut happenings, out).await?;
    }
    let (printed, card) = (Printed::default(), Vec::new());
    let mut session =
        Session { client, options, width: line.width, line, printed, card, passing: None, failed: false, out };
    let ended = session.talk(&mut happenings).await;
    following.abort();
    ended.map(|()| if session.failed && !options.interactive { Ended::CommandFailed } else { Ended::Well })
}

async fn greet(client: &Client, happenings: &mut mpsc::Receiver<Happening>, out: &mut dyn Write) -> io::Result<()> {
    let stands = match timeout(GREETING, happenings.recv()).await {
        Ok(Some(Happening::Overview(counts))) => format!(": {}", render::overview(&counts)),
        _ => String::new(),
    };
    writeln!(out, "Watchword at {}{stands}.", client.server())?;
    writeln!(out, "Say `help` to see what I understand; Tab completes, Ctrl-D leaves.")?;
    out.flush()
}

struct Session<'a> {
    client: &'a Client,
    options: &'a TerminalOptions,
    line: Line,
    width: usize,
    /// What the last answer left behind.
    printed: Printed,
    /// The buttons of the last card, if no answer's were there to be pressed.
    card: Vec<Action>,
    /// The card that changes by itself which was shown last, and when.
    passing: Option<(String, Instant)>,
    /// Whether something that was said was not done.
    failed: bool,
    out: &'a mut (dyn Write + Send),
}

impl Session<'_> {
    /// Talks until the person leaves.
    async fn talk(&mut self, happenings: &mut mpsc::Receiver<Happening>) -> Result<(), TerminalError> {
        self.line.ask(None);
        loop {
            tokio::select! {
                typed = self.line.typed() => {
                    let Some(typed) = typed else { break };
                    let typed = typed?;
                    self.width = typed.width;
                    let keep = match typed.text.trim().to_ascii_lowercase().as_str() {
                        "" => false,
                        "exit" | "quit" => break,
                        _ => self.say(typed.text.trim()).await?,
                    };
                    self.line.ask(keep.then_some(typed.text));
                }
                Some(happening) = happenings.recv() => self.tell(&happening)?,
            }
        }
        Ok(())
    }

    /// Says a line; answers whether it may be kept to be recalled.
    async fn say(&mut self, text: &str) -> Result<bool, TerminalError> {
        let pressed = render::chosen(&self.printed.offers, text).or_else(|| render::chosen(&self.card, text));
        let input = match pressed {
            Some(action) => Input::Action(action.token.clone()),
            None => Input::Text(text.to_owned()),
        };
        let answer = tokio::select! {
            answer = self.client.say(&input) => answer,
            _ = tokio::signal::ctrl_c() => {
                writeln!(self.out, "\nI stopped waiting; what you asked for may still happen.")?;
                return Ok(!may_hold_secret(text, true));
            }
        };
        let keep = match answer {
            Ok(answer) => {
                self.printed = render::answer(self.out, self.options, self.width, &answer)?;
                if !self.options.json && !self.printed.offers.is_empty() {
                    writeln!(self.out, "{}", render::offers(&self.printed.offers))?;
                }
                self.failed |= !self.printed.ok;
                !self.printed.sensitive
            }
            Err(error @ TerminalError::Unreachable(_)) if !self.options.interactive => return Err(error),
            // The conversation goes on: the server may be back for the next line.
            Err(error @ (TerminalError::Unreachable(_) | TerminalError::Refused(_))) => {
                writeln!(self.out, "{error}")?;
                self.failed = true;
                // Nobody has judged it, and what is too long to be said is too long to be recalled.
                !is_too_long(text) && !may_hold_secret(text, true)
            }
            Err(error) => return Err(error),
        };
        if !self.options.json {
            writeln!(self.out)?;
        }
        self.out.flush()?;
        Ok(keep)
    }

    /// Whether a card that changes by itself was shown just now. If not, it is to be shown.
    fn was_shown(&mut self, id: &str) -> bool {
        let now = Instant::now();
        let shown = self.passing.as_ref().is_some_and(|(last, at)| last == id && now < *at + SAME_CARD);
        if !shown {
            self.passing = Some((id.to_owned(), now));
        }
        shown
    }

    /// A card with its buttons, unless those of a reply wait to be pressed.
    fn card(&mut self, reply: &Value) -> String {
        let card = render::card(self.options, self.width, reply);
        self.card = if self.printed.offers.is_empty() { render::actions(reply) } else { Vec::new() };
        if self.card.is_empty() { card } else { format!("{card}\n{}", render::offers(&self.card)) }
    }

    fn tell(&mut self, happening: &Happening) -> io::Result<()> {
        let message = match happening {
            Happening::Overview(_) => return Ok(()),
            Happening::Card { reply, .. } if self.options.json => reply.to_string(),
            Happening::Card { id, passing, .. } if *passing && self.was_shown(id) => return Ok(()),
            Happening::Card { reply, .. } => self.card(reply),
            Happening::Lost | Happening::Back if self.options.json => return Ok(()),
            Happening::Lost => "(The connection to Watchword is lost; I keep trying.)".to_owned(),
            Happening::Back => "(Connected again.)".to_owned(),
        };
        if let Some(message) = self.line.show_above(format!("{message}\n")) {
            self.out.write_all(message.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }
}
