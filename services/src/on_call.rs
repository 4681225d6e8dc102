//! On-call rotations: who is told when it is their turn.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Handover, OnCall, Override, Rotation, RoutingError, Target, Zone};
use monitor_core::people::{Actor, Permission};
use monitor_core::report::Window;
use storage::RotationRow;

use crate::routes::Names;
use crate::{Result, ServiceError, Services, require};

/// Most rotations of an organisation.
const MOST: usize = 100;

/// Most overrides of a rotation that are remembered.
const MOST_OVERRIDES: usize = 500;

/// Most characters of a name.
const MAX_NAME_CHARS: usize = 60;

/// Hand-overs that are shown.
const SHOWN: usize = 4;

/// A rotation that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRotation {
    /// Its name.
    pub name: String,
    /// The names of the destinations that take turns, in this order; the first one is on call at once.
    pub participants: Vec<String>,
    /// When one hands over to the next.
    pub handover: Handover,
    /// Where the time of the hand-over is read.
    pub zone: Zone,
}

/// A rotation as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationView {
    /// Its name.
    pub name: String,
    /// When one hands over to the next.
    pub handover: Handover,
    /// Where the time of the hand-over is read.
    pub zone: Zone,
    /// Who takes turns.
    pub participants: Vec<String>,
    /// Who is on call at the time that was asked for.
    pub on_call: Turn,
    /// Who is next, and since when; the next four changes at most.
    pub next: Vec<(Timestamp, Turn)>,
    /// Who stands in from when to when, as far as that is not over.
    pub overrides: Vec<(String, Timestamp, Timestamp)>,
}

/// Who is on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The name of the destination.
    pub name: String,
    /// Whether that is instead of somebody else.
    pub stands_in: bool,
}

impl Services {
    /// The rotations of the organisation by name, or that one, as they are at a time.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RotationNotFound`], [`ServiceError::Internal`].
    pub async fn rotations(&self, actor: &Actor, name: Option<&str>, at: Timestamp) -> Result<Vec<RotationView>> {
        require(actor, Permission::Read)?;
        let names = self.names(actor).await?;
        let Some(name) = name else {
            return Ok(names.rotations.iter().filter_map(|row| view(row, &names, at)).collect());
        };
        Ok(view(names.rotation(name)?, &names, at).into_iter().collect())
    }

    /// Makes a rotation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Routing`],
    /// [`ServiceError::RotationTaken`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn add_rotation(&self, actor: &Actor, new: &NewRotation) -> Result<RotationView> {
        require(actor, Permission::Edit)?;
        let name = check_name(&new.name)?;
        let names = self.names(actor).await?;
        let participants = new.participants.iter().map(|name| names.listener(name).map(|listener| listener.id));
        let participants = participants.collect::<Result<Vec<DestinationId>>>()?;
        let now = self.now();
        let rotation = Rotation { zone: new.zone.clone(), handover: new.handover, participants, start: now };
        rotation.validate()?;
        if names.rotations.len() >= MOST {
            return Err(ServiceError::TooMany { what: "rotations", most: MOST });
        }
        let tx = self.store().begin().await?;
        let id = tx.insert_rotation(actor, name, &rotation, now).await?;
        let id = id.ok_or_else(|| ServiceError::RotationTaken(name.to_owned()))?;
        tx.commit().await?;
        tracing::info!(rotation = name, rotation_id = %id, person_id = %actor.person, "rotation added");
        self.rotation(actor, name, now).await
    }

    /// Removes a rotation that no route and no rule tells. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RotationNotFound`], [`ServiceError::RotationInUse`],
    /// [`ServiceError::Internal`].
    pub async fn delete_rotation(&self, actor: &Actor, name: &str) -> Result<RotationView> {
        require(actor, Permission::Edit)?;
        let gone = self.rotation(actor, name, self.now()).await?;
        let id = self.names(actor).await?.rotation(name)?.id;
        let tx = self.store().begin().await?;
        let routes = tx.routes(actor.organisation).await?;
        let in_use =
            |by: String, first: String| Err(ServiceError::RotationInUse { name: gone.name.clone(), by, first });
        if let Some(row) = routes.iter().find(|row| row.route.targets().any(|target| target == Target::Rotation(id))) {
            return in_use(format!("route {}", row.id), format!("delete-route {}", row.id));
        }
        let said = |name: &String| name.strip_prefix('@').is_some_and(|name| same_name(name, &gone.name));
        let rules = tx.alert_rules(Some(actor.organisation)).await?;
        if let Some(row) = rules.iter().find(|row| row.rule.notify.iter().any(said)) {
            return in_use(format!("rule {}", row.id), format!("delete-alert {}", row.id));
        }
        tx.delete_rotation(id).await?;
        tx.commit().await?;
        tracing::info!(rotation = %gone.name, rotation_id = %id, person_id = %actor.person, "rotation deleted");
        Ok(gone)
    }

    /// Has a destination stand in for those whose turn it is.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RotationNotFound`], [`ServiceError::DestinationNotFound`],
    /// [`ServiceError::EndsTooEarly`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn override_on_call(
        &self,
        actor: &Actor,
        rotation: &str,
        who: &str,
        window: Window,
    ) -> Result<RotationView> {
        require(actor, Permission::Respond)?;
        let names = self.names(actor).await?;
        let (row, listener) = (names.rotation(rotation)?, names.listener(who)?);
        let now = self.now();
        let Window { from, to } = window;
        if to <= from.max(now) {
            return Err(ServiceError::EndsTooEarly);
        }
        if row.overrides.len() >= MOST_OVERRIDES {
            return Err(ServiceError::TooMany { what: "overrides of a rotation", most: MOST_OVERRIDES });
        }
        let stands_in = Override { participant: listener.id, from, to };
        let tx = self.store().begin().await?;
        tx.insert_override(row.id, actor.person, &stands_in, now).await?;
        tx.commit().await?;
        tracing::info!(rotation = %row.name, rotation_id = %row.id, person_id = %actor.person, "override added");
        self.rotation(actor, rotation, now).await
    }

    async fn rotation(&self, actor: &Actor, name: &str, at: Timestamp) -> Result<RotationView> {
        let not_found = || ServiceError::RotationNotFound { name: name.to_owned(), suggestions: Vec::new() };
        self.rotations(actor, Some(name), at).await?.pop().ok_or_else(not_found)
    }
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A name that can be said after an `@`.
fn check_name(name: &str) -> Result<&str> {
    let name = name.trim().trim_start_matches('@');
    let plain = name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    match plain && (1..=MAX_NAME_CHARS).contains(&name.chars().count()) {
        true => Ok(name),
        false => Err(RoutingError::Name(monitor_core::http::shorten(name, MAX_NAME_CHARS)).into()),
    }
}

/// `None`: nobody takes turns in it.
fn view(row: &RotationRow, names: &Names, at: Timestamp) -> Option<RotationView> {
    let RotationRow { name, rotation, overrides, .. } = row;
    let turn = |turn: OnCall| Turn { name: names.of(turn.participant), stands_in: turn.stands_in };
    let next = rotation.handovers(overrides, at, SHOWN).into_iter().map(|(at, next)| (at, turn(next))).collect();
    let lasting = overrides.iter().filter(|other| other.to > at);
    Some(RotationView {
        name: name.clone(),
        handover: rotation.handover,
        zone: rotation.zone.clone(),
        participants: rotation.participants.iter().map(|participant| names.of(*participant)).collect(),
        on_call: turn(rotation.on_call(overrides, at)?),
        next,
        overrides: lasting.map(|other| (names.of(other.participant), other.from, other.to)).collect(),
    })
}
