//! What an interaction says, and where it came from.

use bot_core::Input;
use bot_core::commands::find;
use serde_json::Value;
use serenity::model::application::{
    ActionRowComponent, CommandDataOptionValue, CommandInteraction, ComponentInteraction, ComponentInteractionDataKind,
    Interaction, ModalInteraction,
};
use serenity::model::guild::Member;

use crate::line;
use crate::render::{self, Said};
use crate::scene::Origin;

/// Where an interaction came from: its three kinds name that alike, and share no trait.
macro_rules! of {
    ($interaction:expr) => {
        Origin {
            guild: $interaction.guild_id,
            channel_id: $interaction.channel_id,
            channel: $interaction.channel.as_ref(),
            member: Membership::member(&$interaction.member),
            user: &$interaction.user,
        }
    };
}

/// What a slash command says.
pub(crate) fn by_command(command: &CommandInteraction) -> Input {
    let options: Vec<(&str, String)> =
        command.data.options.iter().map(|option| (option.name.as_str(), value(&option.value))).collect();
    let given = options.iter().map(|(name, value)| (*name, value.as_str()));
    Input::Text(match find(&command.data.name) {
        Some(known) => line::slash(known, given),
        // One that is still registered and no longer there: the engine says so.
        None => command.data.name.clone(),
    })
}

/// What a button or a menu says, or the modal that it opens.
pub(crate) fn by_component(component: &ComponentInteraction) -> Option<Result<Input, Value>> {
    let id = &component.data.custom_id;
    Some(match (Said::of(id)?, &component.data.kind) {
        (Said::Press(token), _) => Ok(Input::Action(token.to_owned())),
        (Said::Answer(question), ComponentInteractionDataKind::StringSelect { values }) => {
            Ok(question.answer(values.first()?.clone()))
        }
        (Said::Answer(question), _) => Err(render::modal(id, &question)),
    })
}

/// What was filled into a modal.
pub(crate) fn by_modal(modal: &ModalInteraction) -> Option<Input> {
    let Said::Answer(question) = Said::of(&modal.data.custom_id)? else { return None };
    let inputs = modal.data.components.iter().flat_map(|row| &row.components);
    let typed = inputs.into_iter().find_map(|component| match component {
        ActionRowComponent::InputText(input) => input.value.as_deref(),
        _ => None,
    })?;
    Some(question.answer(line::typed(typed)))
}

/// Where an interaction came from.
pub(crate) fn origin(interaction: &Interaction) -> Option<Origin<'_>> {
    match interaction {
        Interaction::Command(said) | Interaction::Autocomplete(said) => Some(of!(said)),
        Interaction::Component(said) => Some(of!(said)),
        Interaction::Modal(said) => Some(of!(said)),
        _ => None,
    }
}

/// What was said with an option, as text.
fn value(value: &CommandDataOptionValue) -> String {
    match value {
        CommandDataOptionValue::String(text) | CommandDataOptionValue::Autocomplete { value: text, .. } => text.clone(),
        CommandDataOptionValue::Boolean(yes) => yes.to_string(),
        CommandDataOptionValue::Integer(number) => number.to_string(),
        CommandDataOptionValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A member that one kind of interaction keeps in a box.
trait Membership {
    fn member(&self) -> Option<&Member>;
}

impl Membership for Option<Box<Member>> {
    fn member(&self) -> Option<&Member> {
        self.as_deref()
    }
}

impl Membership for Option<Member> {
    fn member(&self) -> Option<&Member> {
        self.as_ref()
    }
}
