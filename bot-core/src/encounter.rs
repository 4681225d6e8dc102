//! Somebody on a chat platform says something: who that is and what may be done there is found out first.

use monitor_core::code::ErrorCode;
use services::platforms::{Meeting, PLATFORMS};
pub use services::platforms::{Place, Visitor};

use crate::command::Failure;
use crate::commands::{self, Command, connect, help, link};
use crate::engine::{Engine, Input};
use crate::grammar::{self, Given, Line};
use crate::reply::{Block, Reply};
use crate::{Choice, Request};

/// What is said of something that is none.
const NO_CODE: &str = "That is no code that works: a code has ten letters and digits and no space in it, like `7KQ2M-X9D4T`. \
                       Say it once more just as you were told it, or have a new one made.";

/// Fewest characters of a word that is taken for a part of a code although it has no digit.
const PART_CHARS: usize = 4;

/// Something that was said on a chat platform.
#[derive(Debug, Clone)]
pub struct Encounter<'a> {
    /// Where.
    pub place: Place<'a>,
    /// By whom.
    pub visitor: Visitor<'a>,
    /// What.
    pub input: Input,
}

impl Engine {
    /// Answers somebody on a chat platform. Whoever may not speak there is told how to be let in, and nothing else.
    pub async fn receive(&self, encounter: Encounter<'_>) -> Vec<Reply> {
        let Encounter { place, visitor, input } = encounter;
        let said = Said::of(&input);
        // A code lets in, so it is understood before anybody is.
        if let Said::Code(command, code) = &said {
            let done = match command.name == connect::COMMAND.name {
                true => connect::redeem(&self.services, &place, code).await,
                false => link::redeem(&self.services, &place, &visitor, code).await,
            };
            let mut reply = done.unwrap_or_else(Reply::from);
            reply.sensitive = true;
            return vec![reply];
        }
        let no_code = matches!(said, Said::NoCode);
        let meeting = self.services.meet(&place, &visitor).await;
        let stranger = match meeting {
            Ok(Meeting::Admitted(..)) if no_code => return vec![refused_code("")],
            Ok(Meeting::Admitted(actor, conversation)) => {
                return self.handle(Request { platform: place.platform, conversation, actor, input }).await;
            }
            Ok(Meeting::Unlinked) => Stranger::Unlinked,
            Ok(Meeting::Unconnected) => Stranger::Unconnected,
            Err(error) => return vec![Failure::from(error).into()],
        };
        vec![match said {
            Said::NoCode => refused_code(&stranger.way_in(&place)),
            Said::Help => stranger.help(&place),
            Said::Code(..) | Said::Anything => stranger.turned_away(&place),
        }]
    }

    /// The values that an argument of a command could have, of which `typed` is the beginning; none for whoever may not speak
    /// there or not say the command.
    #[expect(clippy::too_many_arguments, reason = "where, who, and what is being typed, as platforms ask it")]
    pub async fn suggest(
        &self,
        place: &Place<'_>,
        visitor: &Visitor<'_>,
        command: &str,
        argument: &str,
        typed: &str,
    ) -> Vec<Choice> {
        let Some(command) = commands::find(command) else { return Vec::new() };
        let Some(argument) = grammar::find(command.arguments, argument) else { return Vec::new() };
        match self.services.meet(place, visitor).await {
            Ok(Meeting::Admitted(actor, _)) if actor.role.may(command.permission) => {
                self.values(&actor, argument, typed).await
            }
            _ => Vec::new(),
        }
    }
}

/// What is said of something that is no code. It may be one but for a slip of the finger, so nobody keeps it.
fn refused_code(then: &str) -> Reply {
    let failure = Failure::new(ErrorCode::InvalidCode, NO_CODE);
    let failure = if then.is_empty() { failure } else { failure.and(then) };
    Reply { sensitive: true, ..failure.into() }
}

/// What somebody says who may not have been let in yet.
enum Said {
    /// One of the two commands that take a code, with one.
    Code(&'static Command, String),
    /// One of them with something that is no code.
    NoCode,
    /// A question what this is.
    Help,
    /// Anything else.
    Anything,
}

impl Said {
    fn of(input: &Input) -> Self {
        let Input::Text(text) = input else { return Self::Anything };
        match Line::read(text) {
            Ok(Line::Command(command, tokens))
                if [connect::COMMAND.name, link::COMMAND.name].contains(&command.name) =>
            {
                let given = grammar::parse(command.arguments, &tokens, &Given::default());
                match given.map(|given| given.get(connect::CODE.name).map(str::to_owned)) {
                    Ok(Some(code)) => Self::Code(command, code),
                    Ok(None) => Self::Anything,
                    Err(_) if tokens.iter().any(|token| may_be_of_code(command, &token.text)) => Self::NoCode,
                    Err(_) => Self::Anything,
                }
            }
            Ok(Line::Command(command, _)) if command.name == help::COMMAND.name => Self::Help,
            Ok(Line::Empty) => Self::Help,
            Ok(Line::Other(_, tokens)) if help::is_greeting(&tokens) => Self::Help,
            _ => Self::Anything,
        }
    }
}

/// Whether a word behind such a command may be a code, or a part of one, and is nothing else that can stand there.
fn may_be_of_code(command: &Command, word: &str) -> bool {
    let is_other =
        grammar::find(command.arguments, word).is_some() || grammar::closest(word, PLATFORMS.iter().copied()).is_some();
    !is_other && (word.contains(|c: char| c.is_ascii_digit()) || word.chars().count() >= PART_CHARS)
}

/// Somebody who may do nothing there.
#[derive(Debug, Clone, Copy)]
enum Stranger {
    /// The place is nobody's.
    Unconnected,
    /// The place is somebody's, or is no place that is connected.
    Unlinked,
}

impl Stranger {
    /// How to be let in. Nothing of the organisation is told, not even its name.
    fn way_in(self, place: &Place<'_>) -> String {
        let platform = place.platform;
        match self {
            Self::Unconnected => format!(
                "To connect this place, an owner or admin says `connect {platform}` where Watchword knows them already \
                 (in its terminal, on the web, or in another chat), and then here the `connect CODE` that they are told there."
            ),
            Self::Unlinked => format!(
                "If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say `link {platform}` there, \
                 and then here the `link CODE` that you are told. If not, ask an owner or admin to `invite` you."
            ),
        }
    }

    fn turned_away(self, place: &Place<'_>) -> Reply {
        let (code, what) = match self {
            Self::Unconnected => (ErrorCode::Unconnected, "I do not know this place yet, so I do nothing here."),
            Self::Unlinked => (ErrorCode::Unlinked, "I do not know you here yet, so I do nothing for you."),
        };
        Failure::new(code, format!("{what} {}", self.way_in(place))).into()
    }

    fn help(self, place: &Place<'_>) -> Reply {
        let hello = "Hello! I am Watchword: I watch websites, servers and jobs, and tell people when they fail.";
        let mut blocks = vec![Block::text(hello), Block::text(self.way_in(place))];
        if matches!(self, Self::Unlinked) && place.workspace.is_some() {
            let open = "An owner or admin can also say `set-access read` here, and then everybody here may look.";
            blocks.push(Block::text(open));
        }
        Reply::of(blocks)
    }
}
