//! Who is told of what happens to incidents.
//!
//! All routes apply that mean a monitor of an incident whose alert is loud enough; so do the names that rules tell. A silence
//! takes monitors out of that, quiet hours let a destination wait. Whoever was told that an incident began is told how it
//! ends. Everything is decided in the transaction of what happened, and written down in the incident's timeline with its
//! reason, also what was not told.

mod book;
mod later;
mod teller;

use std::collections::{BTreeMap, BTreeSet};

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::monitor::MonitorId;
use monitor_core::people::OrganisationId;
use storage::{Cards, Cohort, NewNotification, RuleRow, Standing, StoreError, Subject, Tx};

use book::{Book, Wanted};
pub(crate) use book::{declared, silencing};
use teller::Teller;
pub use teller::UNROUTED;

/// Most fallbacks that are told one after another.
pub(crate) const MOST_FALLBACKS: usize = 3;

/// Why something is not told after quiet hours.
const OVER_BEFORE: &str = "it was over before the quiet hours were";

/// Why nobody is called any more.
pub(crate) const TAKEN_CARE_OF: &str = "somebody acknowledged it meanwhile";

/// Something that happened to an incident.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The incident.
    pub(crate) incident: IncidentId,
    /// What happened.
    pub(crate) event: Event,
    /// The monitors that belong to it from now on.
    pub(crate) joined: Vec<MonitorId>,
}

impl Change {
    /// A change by which nothing joined.
    pub(crate) fn of(incident: IncidentId, event: Event) -> Self {
        Self { incident, event, joined: Vec::new() }
    }
}

/// Tells everybody who is to be told, in the transaction in which it happens. Answers whether a card was posted or edited.
pub(crate) async fn tell(tx: &Tx, changes: &[Change], now: Timestamp) -> Result<bool, StoreError> {
    let mut books = BTreeMap::new();
    let mut told = false;
    for change in with_absorbed(tx, changes).await? {
        if change.event == Event::Grew && change.joined.is_empty() {
            // Something of it is well again, or known to be as bad as before, which only its cards show.
            told |= !tx.post_incident(change.incident, Cards::Edited, now).await?.is_empty();
            continue;
        }
        let Some(standing) = tx.standing(change.incident).await? else { continue };
        let book = book_of(tx, &mut books, standing.organisation, now).await?;
        let Some(mut teller) = Teller::new(tx, book, change.incident, standing).await? else { continue };
        match change.event {
            Event::Opened | Event::Reopened => teller.open(change.event).await?,
            Event::Grew => teller.grow(&change.joined).await?,
            Event::Worse => teller.worsen(&change.joined).await?,
            Event::Acknowledged => teller.acknowledge().await?,
            Event::Resolved => teller.resolve().await?,
            // These come of time that passes, not of something that happens.
            Event::Escalated | Event::Reminder | Event::Test | Event::Notice => {}
        }
        let cards = if teller.is_heard() { Cards::All } else { Cards::Edited };
        teller.write().await?;
        told |= !tx.post_incident(change.incident, cards, now).await?.is_empty();
    }
    Ok(told)
}

/// Tells after what is told late of incidents which are over by now that they are, so that nobody thinks that they last.
pub(crate) async fn tell_ends(
    tx: &Tx,
    late: &[NotificationId],
    because: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (incident, destination, name) in tx.without_end(late).await? {
        let Some(standing) = tx.standing(incident).await?.filter(|standing| !standing.open) else { continue };
        let Some(brief) = tx.incident_brief(incident).await? else { continue };
        let new = teller::about(&standing, &brief, (destination, late.iter().max().copied()), Event::Resolved, now);
        for notification in tx.enqueue(&[new], now).await?.into_iter().flatten() {
            let because = because.to_owned();
            let entry = Entry::Queued { notification, destination: name.clone(), event: Event::Resolved, because };
            tx.add_entries(&[(incident, now, None, entry)]).await?;
        }
    }
    Ok(())
}

/// When a destination may be told something so loud, about no incident, that another one did not take.
pub(crate) async fn not_before(
    tx: &Tx,
    organisation: OrganisationId,
    destination: DestinationId,
    severity: Severity,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    Ok(Book::load(tx, organisation, now).await?.quiet_until(destination, severity).unwrap_or(now))
}

/// Has a destination told of an incident after a silence or its quiet hours what another one did not take, unless it is over
/// already; `false`: neither is about it now.
pub(crate) async fn hold(
    tx: &Tx,
    (incident, standing): (IncidentId, Standing),
    (destination, event): (DestinationId, Event),
    because: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let book = Book::load(tx, standing.organisation, now).await?;
    let quiet = book.quiet_until(destination, standing.loudest).is_some();
    let Some(mut teller) = Teller::new(tx, &book, incident, standing).await? else { return Ok(false) };
    let wanted = Wanted { destination, because: because.to_owned() };
    let hushed = standing.open && event != Event::Resolved && teller.is_hushed(&wanted, event).await?;
    if !hushed && !quiet {
        return Ok(false);
    }
    if !hushed && (standing.open || event == Event::Resolved) {
        teller.deliver(wanted, event);
    } else if !hushed {
        let name = teller.name(destination);
        teller.suppress(&name, event, OVER_BEFORE.to_owned());
    }
    teller.write().await?;
    Ok(true)
}

/// Something in words, about no incident.
pub(crate) struct News<'a> {
    pub(crate) organisation: OrganisationId,
    /// The same for the same news.
    pub(crate) key: &'a str,
    pub(crate) text: &'a str,
}

/// Something in words that a rule tells of a monitor, about no incident.
pub(crate) struct RuleNews<'a> {
    pub(crate) rule: &'a RuleRow,
    pub(crate) subject: &'a Subject,
    /// The same for the same news.
    pub(crate) key: String,
    pub(crate) text: &'a str,
}

/// Tells the names of each rule and the destinations of routes that mean its monitor and are for news so loud, unless the
/// monitor is silenced. It waits until quiet hours are over.
pub(crate) async fn tell_rules(tx: &Tx, news: &[RuleNews<'_>], now: Timestamp) -> Result<(), StoreError> {
    let mut books = BTreeMap::new();
    let mut new = Vec::new();
    for RuleNews { rule, subject, key, text } in news {
        let book = book_of(tx, &mut books, rule.organisation, now).await?;
        let (organisation, severity) = (rule.organisation, rule.rule.severity);
        let cohort = Cohort {
            monitors: vec![subject.monitor],
            labels: subject.labels.clone(),
            group: subject.group.clone(),
            severity,
            rule: Some(rule.id),
        };
        // No incident has this id.
        let (audible, _) = book.audible(IncidentId(0), &[cohort]);
        let routes = book.matched(&audible).into_iter().flat_map(|matched| book.at_step(&matched, 0));
        // A destination may have another name since the rule was read.
        let own = book.rule(rule.id).filter(|_| !audible.is_empty()).map(|rule| book.told_by(rule));
        let destinations: BTreeSet<DestinationId> =
            routes.chain(own.into_iter().flatten()).map(|wanted| wanted.destination).collect();
        let news = News { organisation, key, text };
        new.extend(destinations.into_iter().map(|to| notice(book, to, severity, &news)));
    }
    tx.enqueue(&new, now).await.map(drop)
}

/// A notice for a destination, when its quiet hours are over.
fn notice(book: &Book, destination: DestinationId, severity: Severity, news: &News<'_>) -> NewNotification {
    let News { organisation, key, text } = *news;
    let (event, now) = (Event::Notice, book.now);
    let not_before = book.quiet_until(destination, severity).unwrap_or(now);
    let key = format!("watchword-{key}-{destination}");
    let content = Notification { key, event, at: now, incident: None, text: text.to_owned() };
    NewNotification { organisation, destination, incident: None, event, severity, not_before, content }
}

/// Tells the destinations of routes that mean one of these monitors. It waits until quiet hours are over.
pub(crate) async fn tell_notice(tx: &Tx, news: &News<'_>, about: &[Subject], now: Timestamp) -> Result<(), StoreError> {
    let book = Book::load(tx, news.organisation, now).await?;
    if !book.has_listeners() {
        return Ok(());
    }
    let cohort = |subject: &Subject| Cohort {
        monitors: vec![subject.monitor],
        labels: subject.labels.clone(),
        group: subject.group.clone(),
        severity: Severity::Info,
        rule: None,
    };
    let cohorts: Vec<Cohort> = about.iter().map(cohort).collect();
    let first = book.matched(&cohorts).into_iter().flat_map(|matched| book.at_step(&matched, 0));
    let destinations: BTreeSet<DestinationId> = first.map(|wanted| wanted.destination).collect();
    let new = destinations.into_iter().map(|to| notice(&book, to, Severity::Info, news));
    tx.enqueue(&new.collect::<Vec<_>>(), now).await.map(drop)
}

/// The changes, where what belonged to an incident that became part of another joins that one.
async fn with_absorbed(tx: &Tx, changes: &[Change]) -> Result<Vec<Change>, StoreError> {
    let mut absorbing = Vec::new();
    for change in changes.iter().filter(|change| change.event == Event::Resolved) {
        absorbing.extend(tx.standing(change.incident).await?.and_then(|standing| standing.merged_into));
    }
    let mut changes = changes.to_vec();
    absorbing.sort_unstable();
    absorbing.dedup();
    for incident in absorbing {
        let all = tx.incident_monitors(incident).await?;
        match changes.iter_mut().find(|change| change.incident == incident) {
            Some(change) => change.joined = all,
            None => changes.push(Change { incident, event: Event::Grew, joined: all }),
        }
    }
    Ok(changes)
}

async fn book_of<'a>(
    tx: &Tx,
    books: &'a mut BTreeMap<OrganisationId, Book>,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<&'a Book, StoreError> {
    if let std::collections::btree_map::Entry::Vacant(entry) = books.entry(organisation) {
        entry.insert(Book::load(tx, organisation, now).await?);
    }
    books.get(&organisation).ok_or_else(|| StoreError::Other("the routes were not read".into()))
}
