//! Destinations: places outside that people are told at.

use std::collections::{BTreeMap, HashMap};

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Target};
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::people::{Actor, Permission};
use monitor_core::secret::Secret;
use notifiers::{DestinationKind, Settings};
use storage::{Budget, Destination, DestinationSettings, Tx};

use crate::delivery::budget_of;
use crate::monitors::closest;
use crate::{Result, ServiceError, Services, require};

/// Most characters of a destination's name.
const MAX_NAME_CHARS: usize = 60;

/// Fields that say which machine is told. What is secret is not sent to another one unless it is given anew.
const WHERE: [&str; 1] = ["url"];

/// A destination that is to be added.
#[derive(Debug, Clone, Default)]
pub struct NewDestination {
    /// Its name.
    pub name: String,
    /// The name of its kind.
    pub kind: String,
    /// What is given for the fields of its kind.
    pub fields: Fields,
    /// A budget in place of that of its kind.
    pub rate: Option<Budget>,
    /// The name of the destination that is told instead when this one takes nothing.
    pub fallback: Option<String>,
}

/// What a person gave for the fields of a kind, never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(pub BTreeMap<String, String>);

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What is to be changed of a destination. Within, `None` takes something away.
#[derive(Debug, Clone, Default)]
pub struct DestinationChange {
    /// Another name.
    pub name: Option<String>,
    /// Other values of fields.
    pub fields: Fields,
    /// Fields that are given no more.
    pub without: Vec<String>,
    /// Another budget.
    pub rate: Option<Option<Budget>>,
    /// Another fallback.
    pub fallback: Option<Option<String>>,
}

/// A destination as people may see it.
#[derive(Debug, Clone)]
pub struct DestinationView {
    /// Its id.
    pub id: DestinationId,
    /// Its name.
    pub name: String,
    /// The name of its kind.
    pub kind: String,
    /// What may be seen of its fields, or why it does not work.
    pub shown: std::result::Result<Vec<(&'static str, String)>, String>,
    /// How much it is told.
    pub budget: Budget,
    /// Whether that is a budget of its own, not that of its kind.
    pub own_budget: bool,
    /// The name of what is told instead when it takes nothing.
    pub fallback: Option<String>,
    /// The names of those for which it is told instead.
    pub fallback_of: Vec<String>,
    /// Since when it takes nothing.
    pub failing_since: Option<Timestamp>,
    /// When it last did not take a test, if it has taken nothing since.
    pub test_failed: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Services {
    /// The destinations of the organisation, by name.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn destinations(&self, actor: &Actor) -> Result<Vec<DestinationView>> {
        require(actor, Permission::Read)?;
        let all = self.store().destinations(actor.organisation).await?;
        let failed = self.store().failed_tests(actor.organisation).await?;
        Ok(all.iter().map(|destination| view(destination, &all, &failed)).collect())
    }

    /// The destination of that name, in any case.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn destination(&self, actor: &Actor, name: &str) -> Result<DestinationView> {
        require(actor, Permission::Read)?;
        let all = self.store().destinations(actor.organisation).await?;
        let failed = self.store().failed_tests(actor.organisation).await?;
        Ok(view(named(&all, name)?, &all, &failed))
    }

    /// Adds a destination.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::InvalidDestination`], [`ServiceError::DestinationTaken`],
    /// [`ServiceError::DestinationNotFound`] for its fallback, [`ServiceError::Internal`].
    pub async fn add_destination(&self, actor: &Actor, new: &NewDestination) -> Result<DestinationView> {
        require(actor, Permission::Edit)?;
        let kind = notifiers::kind(&new.kind).map_or(new.kind.as_str(), |kind| kind.name);
        let all = self.store().destinations(actor.organisation).await?;
        let fallback = new.fallback.as_deref().map(|name| named(&all, name)).transpose()?;
        let settings = DestinationSettings {
            name: check_name(&new.name)?,
            kind: kind.to_owned(),
            fields: check_fields(kind, &new.fields)?,
            rate: new.rate.map(check_rate).transpose()?,
            fallback: fallback.map(|fallback| fallback.id),
        };
        let tx = self.store().begin().await?;
        let added = tx.insert_destination(actor.organisation, actor.person, &settings, self.now()).await?;
        let id = added.ok_or_else(|| ServiceError::DestinationTaken(settings.name.clone()))?;
        tx.commit().await?;
        tracing::info!(destination = %settings.name, destination_id = %id, kind, person_id = %actor.person, "destination added");
        self.destination(actor, &settings.name).await
    }

    /// Changes a destination.
    ///
    /// # Errors
    /// Those of [`Services::add_destination`], and [`ServiceError::InvalidDestination`] when a secret would be sent to
    /// another machine.
    pub async fn edit_destination(
        &self,
        actor: &Actor,
        name: &str,
        change: &DestinationChange,
    ) -> Result<DestinationView> {
        require(actor, Permission::Edit)?;
        let all = self.store().destinations(actor.organisation).await?;
        let before = named(&all, name)?;
        let mut settings = before.settings.clone();
        if let Some(name) = &change.name {
            settings.name = check_name(name)?;
        }
        if let Some(rate) = change.rate {
            settings.rate = rate.map(check_rate).transpose()?;
        }
        if let Some(fallback) = &change.fallback {
            let fallback = fallback.as_deref().map(|name| named(&all, name)).transpose()?;
            settings.fallback = fallback.map(|fallback| check_chain(before, fallback, &all)).transpose()?;
        }
        settings.fields = changed(&settings, change)?;
        let tx = self.store().begin().await?;
        if !tx.update_destination(before, &settings, self.now()).await? {
            self.destination(actor, name).await?; // it may be gone by now
            return Err(ServiceError::DestinationTaken(settings.name));
        }
        self.rename_in_rules(&tx, actor, &before.settings.name, &settings.name).await?;
        tx.commit().await?;
        self.outbox().notify_one();
        tracing::info!(destination = %settings.name, destination_id = %before.id, person_id = %actor.person, "destination changed");
        self.destination(actor, &settings.name).await
    }

    /// Rules name whom they tell, so they follow a new name.
    async fn rename_in_rules(&self, tx: &Tx, actor: &Actor, before: &str, after: &str) -> Result<()> {
        if before == after {
            return Ok(());
        }
        let key = before.to_lowercase();
        let names = |name: &String| plain(name).to_lowercase() == key;
        for row in self.store().alert_rules(Some(actor.organisation)).await? {
            if row.rule.notify.iter().any(names) {
                let renamed = |name: &String| if names(name) { after.to_owned() } else { name.clone() };
                let notify: Vec<String> = row.rule.notify.iter().map(renamed).collect();
                tx.set_rule_notify(row.id, &notify).await?;
            }
        }
        Ok(())
    }

    /// What tells a destination, in words: destinations that fall back on it, routes, rotations and alert rules.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn destination_uses(&self, actor: &Actor, name: &str) -> Result<Vec<String>> {
        let view = self.destination(actor, name).await?;
        let mut uses: Vec<String> = view.fallback_of.iter().map(|name| format!("`{name}` as its fallback")).collect();
        let target = Target::Destination(view.id);
        for row in self.store().routes(actor.organisation).await? {
            if row.route.steps.iter().any(|step| step.targets.contains(&target)) {
                uses.push(format!("route {}", row.id));
            }
        }
        for row in self.store().rotations(actor.organisation).await? {
            if row.rotation.participants.contains(&view.id) {
                uses.push(format!("rotation `@{}`", row.name));
            }
        }
        let key = plain(&view.name).to_lowercase();
        for row in self.store().alert_rules(Some(actor.organisation)).await? {
            if row.rule.notify.iter().any(|name| plain(name).to_lowercase() == key) {
                uses.push(format!("alert rule {}", row.id));
            }
        }
        Ok(uses)
    }

    /// Removes a destination. What it was still to be told is dropped, and stays on record; the timelines of the incidents say
    /// so. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn delete_destination(&self, actor: &Actor, name: &str) -> Result<DestinationView> {
        require(actor, Permission::Edit)?;
        let gone = self.destination(actor, name).await?;
        let (now, tx) = (self.now(), self.store().begin().await?);
        // As everybody does who takes what is told later.
        tx.lock_incidents().await?;
        let untold = tx.delete_destination(gone.id, now).await?;
        let entry = |(incident, event): (IncidentId, Event)| {
            let because = "the destination was deleted".to_owned();
            (incident, now, None, Entry::Suppressed { destination: gone.name.clone(), event, because })
        };
        tx.add_entries(&untold.into_iter().map(entry).collect::<Vec<_>>()).await?;
        tx.commit().await?;
        tracing::info!(destination = %gone.name, destination_id = %gone.id, person_id = %actor.person, "destination deleted");
        Ok(gone)
    }
}

/// The destination of that name among these.
pub(crate) fn named<'a>(all: &'a [Destination], name: &str) -> Result<&'a Destination> {
    let key = plain(name).to_lowercase();
    all.iter().find(|destination| destination.settings.name.to_lowercase() == key).ok_or_else(|| {
        let names = all.iter().map(|destination| destination.settings.name.clone()).collect();
        let name = monitor_core::http::shorten(name.trim(), MAX_NAME_CHARS);
        ServiceError::DestinationNotFound { suggestions: closest(&key, names), name }
    })
}

/// A name without the `#` that it may be said with, as that of a channel.
fn plain(name: &str) -> &str {
    let name = name.trim();
    name.strip_prefix('#').unwrap_or(name)
}

/// What was given for the fields of a destination, read anew.
pub(crate) fn read(settings: &DestinationSettings) -> std::result::Result<Settings, String> {
    let fields = given(settings).ok_or("its settings cannot be read; give them anew with `edit-destination`")?;
    Settings::read(&settings.kind, &fields.0).map_err(|error| error.to_string())
}

fn given(settings: &DestinationSettings) -> Option<Fields> {
    serde_json::from_str(settings.fields.expose()).ok().map(Fields)
}

fn view(
    destination: &Destination,
    all: &[Destination],
    failed_tests: &HashMap<DestinationId, Timestamp>,
) -> DestinationView {
    let Destination { id, settings, failing_since, created_at, .. } = destination;
    let name = |other: &Destination| other.settings.name.clone();
    DestinationView {
        id: *id,
        name: settings.name.clone(),
        kind: settings.kind.clone(),
        shown: read(settings).map(|settings| settings.shown()),
        budget: settings.rate.unwrap_or_else(|| budget_of(&settings.kind)),
        own_budget: settings.rate.is_some(),
        fallback: settings.fallback.and_then(|id| all.iter().find(|other| other.id == id)).map(name),
        fallback_of: all.iter().filter(|other| other.settings.fallback == Some(*id)).map(name).collect(),
        failing_since: *failing_since,
        test_failed: failed_tests.get(id).copied(),
        created_at: *created_at,
    }
}

fn check_name(name: &str) -> Result<String> {
    let name = plain(name);
    let fits = name.chars().count() <= MAX_NAME_CHARS
        && name.chars().next().is_some_and(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
    if fits {
        return Ok(name.to_owned());
    }
    let why = format!(
        "has to be one word of at most {MAX_NAME_CHARS} letters, digits, dots, dashes and underscores, like `ops-mail`"
    );
    Err(ServiceError::InvalidDestination { field: "name".to_owned(), why })
}

fn check_rate(rate: Budget) -> Result<Budget> {
    if (1..=60_000).contains(&rate.per_minute) && (1..=60_000).contains(&rate.burst) {
        return Ok(rate);
    }
    let why = "has to be from 1 to 60000 a minute, like `10/m`".to_owned();
    Err(ServiceError::InvalidDestination { field: "rate".to_owned(), why })
}

/// Refuses a fallback that would come back to where it began.
fn check_chain(of: &Destination, fallback: &Destination, all: &[Destination]) -> Result<DestinationId> {
    let mut next = Some(fallback.id);
    // Never longer than there are destinations, even if there should be a circle.
    for _ in 0..=all.len() {
        if next == Some(of.id) {
            let why = format!("`{}` falls back on `{}` itself, or is it", fallback.settings.name, of.settings.name);
            return Err(ServiceError::InvalidDestination { field: "fallback".to_owned(), why });
        }
        next = all.iter().find(|other| Some(other.id) == next).and_then(|other| other.settings.fallback);
    }
    Ok(fallback.id)
}

/// Fields as they are stored, if they work.
fn check_fields(kind: &str, fields: &Fields) -> Result<Secret> {
    let text = |fields: &Fields| serde_json::to_string(&fields.0).unwrap_or_default();
    match Settings::read(kind, &fields.0) {
        Ok(_) => Ok(Secret::new(text(fields))),
        // A field that the kind has not is none of its fields.
        Err(error) if error.field == "fields" => {
            let why = error.why.strip_prefix(kind).unwrap_or(&error.why).trim_start().to_owned();
            Err(ServiceError::InvalidDestination { field: kind.to_owned(), why })
        }
        Err(error) => Err(ServiceError::InvalidDestination { field: error.field.to_owned(), why: error.why }),
    }
}

/// The fields of a destination after a change, as they are stored.
fn changed(settings: &DestinationSettings, change: &DestinationChange) -> Result<Secret> {
    let before = given(settings).unwrap_or_default();
    let mut fields = before.clone();
    fields.0.retain(|name, _| !change.without.contains(name));
    fields.0.extend(change.fields.0.clone());
    if fields == before {
        return Ok(settings.fields.clone());
    }
    if let Some(kind) = notifiers::kind(&settings.kind) {
        secrets_stay(kind, &before, &fields, change)?;
    }
    check_fields(&settings.kind, &fields)
}

/// Refuses to send to another machine what is secret and was not given anew.
fn secrets_stay(kind: &DestinationKind, before: &Fields, after: &Fields, change: &DestinationChange) -> Result<()> {
    let place = |fields: &Fields, name: &str| fields.0.get(name).map(|address| machine(address).to_owned());
    let Some(place) = WHERE.into_iter().find(|name| place(before, name) != place(after, name)) else {
        return Ok(());
    };
    let kept = kind.fields.iter().find(|field| {
        field.secret
            && field.name != place
            && after.0.contains_key(field.name)
            && !change.fields.0.contains_key(field.name)
    });
    kept.map_or(Ok(()), |kept| {
        let why = format!(
            "is another machine, to which `{}` would be sent; give that anew, or take it away with `{} none`",
            kept.name, kept.name
        );
        Err(ServiceError::InvalidDestination { field: place.to_owned(), why })
    })
}

/// What of an address says which machine it is: all up to its path, without a user. What is no address is compared as it is.
fn machine(address: &str) -> &str {
    let Some((_, rest)) = address.trim().split_once("://") else { return address.trim() };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_told_by_host_and_port() {
        assert_eq!(machine("https://ada:pw@mail.example:465/x?y"), "mail.example:465");
        assert_eq!(machine("https://mail.example\\@evil.example"), "mail.example");
        assert_eq!(machine("https://mail.example@evil.example/"), "evil.example");
        assert_eq!(machine("mail.example"), "mail.example");
    }

    #[test]
    fn names_are_one_word_that_may_be_said_like_that_of_a_channel() {
        for name in ["ops-mail", "#ops-mail", " ops-mail"] {
            assert_eq!(check_name(name).unwrap(), "ops-mail");
        }
        assert_eq!(check_name("Tëam_1.x").unwrap(), "Tëam_1.x");
        for name in ["", "#", "##ops", "@ada", "two words", "a/b", "a#b", "-x", &"x".repeat(61)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
