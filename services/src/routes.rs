//! Routes: who is told of what, and when nobody is.

use std::time::Duration;

use monitor_core::alerting::{DestinationId, QuietHours, Route, RouteId, Selector, Severity, Step, Target};
use monitor_core::people::{Actor, Permission};
use storage::{Listener, RotationRow, RouteRow};

use crate::monitors::closest;
use crate::{Result, ServiceError, Services, require};

/// Most routes of an organisation.
const MOST: usize = 200;

/// A route that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoute {
    /// Which monitors it is about, said as for [`Services::about`].
    pub about: String,
    /// The least severity.
    pub severity: Severity,
    /// Who is told how long after the beginning: `#ops` or `ops` is a destination, `@primary` a rotation.
    pub steps: Vec<(Duration, Vec<String>)>,
}

/// A route as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteView {
    /// Its number.
    pub id: RouteId,
    /// Which monitors it is about.
    pub words: String,
    /// The least severity.
    pub severity: Severity,
    /// Who is told how long after the beginning; rotations begin with `@`.
    pub steps: Vec<(Duration, Vec<String>)>,
}

impl Services {
    /// The routes of the organisation, the oldest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn routes(&self, actor: &Actor) -> Result<Vec<RouteView>> {
        require(actor, Permission::Read)?;
        let names = self.names(actor).await?;
        let routes = self.store().routes(actor.organisation).await?;
        Ok(routes.iter().map(|row| names.view(row)).collect())
    }

    /// Makes a route.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::DestinationNotFound`],
    /// [`ServiceError::RotationNotFound`], [`ServiceError::Routing`], [`ServiceError::TooMany`],
    /// [`ServiceError::Internal`].
    pub async fn add_route(&self, actor: &Actor, new: &NewRoute) -> Result<RouteView> {
        require(actor, Permission::Edit)?;
        let selector = self.about(actor, &new.about).await?;
        let words = about_words(&new.about);
        let names = self.names(actor).await?;
        let mut steps = Vec::new();
        for (after, targets) in &new.steps {
            let targets = targets.iter().map(|name| names.target(name)).collect::<Result<Vec<Target>>>()?;
            steps.push(Step { after: *after, targets });
        }
        let route = Route { selector, severity: new.severity, steps };
        route.validate()?;
        if self.store().routes(actor.organisation).await?.len() >= MOST {
            return Err(ServiceError::TooMany { what: "routes", most: MOST });
        }
        let tx = self.store().begin().await?;
        let id = tx.insert_route(actor, &words, &route, self.now()).await?;
        tx.commit().await?;
        tracing::info!(route_id = %id, person_id = %actor.person, "route added");
        Ok(names.view(&RouteRow { id, words, route }))
    }

    /// Removes a route, and the steps of it that were still to come. Answers with what it was, without whom it told that is
    /// gone, so that it can be made again.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RouteNotFound`], [`ServiceError::Internal`].
    pub async fn delete_route(&self, actor: &Actor, id: RouteId) -> Result<RouteView> {
        require(actor, Permission::Edit)?;
        let gone = self.routes(actor).await?.into_iter().find(|route| route.id == id);
        let mut gone = gone.ok_or(ServiceError::RouteNotFound(id))?;
        for (_, names) in &mut gone.steps {
            names.retain(|name| name != GONE);
        }
        gone.steps.retain(|(_, names)| !names.is_empty());
        let tx = self.store().begin().await?;
        tx.delete_route(actor.organisation, id).await?;
        tx.commit().await?;
        tracing::info!(route_id = %id, person_id = %actor.person, "route deleted");
        Ok(gone)
    }

    /// Has a destination told of everything if nobody was told of anything before, and answers that route.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn route_everything_if_none(
        &self,
        actor: &Actor,
        destination: DestinationId,
    ) -> Result<Option<RouteView>> {
        require(actor, Permission::Edit)?;
        let names = self.names(actor).await?;
        if !names.listeners.iter().any(|listener| listener.id == destination) {
            let suggestions = names.listeners.into_iter().map(|listener| listener.name).collect();
            return Err(ServiceError::DestinationNotFound { name: destination.to_string(), suggestions });
        }
        let tx = self.store().begin().await?;
        if !tx.routes(actor.organisation).await?.is_empty() {
            return Ok(None);
        }
        let steps = vec![Step { after: Duration::ZERO, targets: vec![Target::Destination(destination)] }];
        let route = Route { selector: Selector::default(), severity: Severity::Info, steps };
        let words = ALL.to_owned();
        let id = tx.insert_route(actor, &words, &route, self.now()).await?;
        tx.commit().await?;
        tracing::info!(route_id = %id, destination_id = %destination, person_id = %actor.person, "route added");
        Ok(Some(names.view(&RouteRow { id, words, route })))
    }

    /// Sets when a destination is not told, or that it always is. What waited for the end of its quiet hours waits for that of
    /// the new ones, or is told within a moment. Answers the destination's name, and whether anything waited.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Routing`],
    /// [`ServiceError::Internal`].
    pub async fn set_quiet_hours(
        &self,
        actor: &Actor,
        name: &str,
        quiet: Option<&QuietHours>,
    ) -> Result<(String, bool)> {
        require(actor, Permission::Edit)?;
        quiet.map_or(Ok(()), QuietHours::validate)?;
        let Listener { id, name, .. } = self.names(actor).await?.listener(name)?.clone();
        let now = self.now();
        let tx = self.store().begin().await?;
        tx.set_quiet_hours(id, quiet).await?;
        let mut waited = tx.release_held(id, now).await?;
        for severity in Severity::ALL {
            let until = quiet.and_then(|quiet| quiet.until(now, severity));
            waited += tx.move_waiting(id, severity, until).await?;
        }
        tx.commit().await?;
        self.outbox().notify_one();
        tracing::info!(destination_id = %id, person_id = %actor.person, "quiet hours set");
        Ok((name, waited > 0))
    }

    /// When a destination is not told.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn quiet_hours(&self, actor: &Actor, name: &str) -> Result<(String, Option<QuietHours>)> {
        require(actor, Permission::Read)?;
        let Listener { name, quiet, .. } = self.names(actor).await?.listener(name)?.clone();
        Ok((name, quiet))
    }

    /// The names of those who can be told.
    pub(crate) async fn names(&self, actor: &Actor) -> Result<Names> {
        let listeners = self.store().listeners(actor.organisation).await?;
        Ok(Names { listeners, rotations: self.store().rotations(actor.organisation).await? })
    }
}

/// What something is about that is about everything.
const ALL: &str = "all";

/// Shown in place of the name of somebody who is gone.
const GONE: &str = "(gone)";

/// What a person said something is about, as it is shown again.
pub(crate) fn about_words(said: &str) -> String {
    let words: Vec<&str> = said.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { ALL.to_owned() } else { words.join(" ") }
}

/// Who can be told.
pub(crate) struct Names {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) rotations: Vec<RotationRow>,
}

impl Names {
    /// The destination of that name, with or without a `#`.
    pub(crate) fn listener(&self, name: &str) -> Result<&Listener> {
        let name = name.trim();
        let key = name.strip_prefix('#').unwrap_or(name).to_lowercase();
        self.listeners.iter().find(|listener| listener.name.to_lowercase() == key).ok_or_else(|| {
            let names = self.listeners.iter().map(|listener| listener.name.clone()).collect();
            ServiceError::DestinationNotFound { name: shown(name), suggestions: closest(&key, names) }
        })
    }

    /// The rotation of that name, with or without an `@`.
    pub(crate) fn rotation(&self, name: &str) -> Result<&RotationRow> {
        let name = name.trim();
        let key = name.strip_prefix('@').unwrap_or(name).to_lowercase();
        self.rotations.iter().find(|rotation| rotation.name.to_lowercase() == key).ok_or_else(|| {
            let names = self.rotations.iter().map(|rotation| rotation.name.clone()).collect();
            ServiceError::RotationNotFound { name: shown(name), suggestions: closest(&key, names) }
        })
    }

    fn target(&self, name: &str) -> Result<Target> {
        match name.starts_with('@') {
            true => Ok(Target::Rotation(self.rotation(name)?.id)),
            false => Ok(Target::Destination(self.listener(name)?.id)),
        }
    }

    /// The name of a destination; of one that is gone, that it is.
    pub(crate) fn of(&self, destination: DestinationId) -> String {
        let listener = self.listeners.iter().find(|listener| listener.id == destination);
        listener.map_or_else(|| GONE.to_owned(), |listener| listener.name.clone())
    }

    fn name(&self, target: Target) -> String {
        match target {
            Target::Destination(destination) => self.of(destination),
            Target::Rotation(id) => {
                let rotation = self.rotations.iter().find(|rotation| rotation.id == id);
                rotation.map_or_else(|| GONE.to_owned(), |rotation| format!("@{}", rotation.name))
            }
        }
    }

    fn view(&self, row: &RouteRow) -> RouteView {
        let RouteRow { id, words, route } = row;
        let names = |step: &Step| step.targets.iter().map(|target| self.name(*target)).collect();
        let steps = route.steps.iter().map(|step| (step.after, names(step))).collect();
        RouteView { id: *id, words: words.clone(), severity: route.severity, steps }
    }
}

fn shown(name: &str) -> String {
    monitor_core::http::shorten(name, 60)
}
