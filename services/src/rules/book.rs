//! Which rules are about which monitors, kept in memory so that recording a check asks the database nothing about it.
//!
//! What is kept may be a few seconds behind what another process has changed. Rules are about how things stand and not about
//! what changes, so that nothing is lost by it: what was overlooked is seen at the next look. When a monitor's status changes,
//! which is when most rules fire, it is made sure that no rule is overlooked.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::RuleId;
use monitor_core::alerting::rule::Class;
use monitor_core::monitor::MonitorId;
use storage::{RuleRow, RulesMark, Store, StoreError, Subject, SubjectsMark, Tx};

/// How long it is not asked whether rules or monitors have changed.
const TRUSTED: Duration = Duration::from_secs(5);

/// The rules of all organisations by the monitors that they are about.
#[derive(Default)]
pub(crate) struct Book {
    rules: HashMap<RuleId, Arc<RuleRow>>,
    by_monitor: HashMap<MonitorId, Vec<Arc<RuleRow>>>,
    known: HashSet<MonitorId>,
}

impl Book {
    /// The rules that are to tell of a monitor.
    pub(crate) fn of(&self, monitor: MonitorId) -> &[Arc<RuleRow>] {
        self.by_monitor.get(&monitor).map_or(&[], Vec::as_slice)
    }

    /// Whether it was known of all of these monitors whether there are rules for them.
    fn knows(&self, monitors: &[MonitorId]) -> bool {
        self.is_empty() || monitors.iter().all(|monitor| self.known.contains(monitor))
    }

    /// The monitors that a rule is to tell of, each with the rule.
    pub(crate) fn subjects(&self, rule: RuleId) -> Vec<(Arc<RuleRow>, MonitorId)> {
        let Some(row) = self.rules.get(&rule) else { return Vec::new() };
        let about = self.by_monitor.iter().filter(|(_, rules)| rules.iter().any(|known| known.id == rule));
        let mut pairs: Vec<_> = about.map(|(monitor, _)| (Arc::clone(row), *monitor)).collect();
        pairs.sort_unstable_by_key(|(_, monitor)| *monitor);
        pairs
    }

    /// Every rule.
    pub(crate) fn rules(&self) -> Vec<RuleId> {
        self.rules.keys().copied().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(super) fn new(rules: Vec<RuleRow>, subjects: &[Subject]) -> Self {
        let rules: Vec<Arc<RuleRow>> = rules.into_iter().map(Arc::new).collect();
        let mut by_monitor = HashMap::new();
        for subject in subjects {
            let meant: Vec<&Arc<RuleRow>> = rules.iter().filter(|row| is_about(row, subject)).collect();
            let telling: Vec<Arc<RuleRow>> =
                meant.iter().filter(|row| !is_overruled(row, &meant)).map(|row| Arc::clone(row)).collect();
            if !telling.is_empty() {
                by_monitor.insert(subject.monitor, telling);
            }
        }
        let known = subjects.iter().map(|subject| subject.monitor).collect();
        Self { rules: rules.into_iter().map(|row| (row.id, row)).collect(), by_monitor, known }
    }
}

fn is_about(row: &RuleRow, subject: &Subject) -> bool {
    row.organisation == subject.organisation
        && row.rule.selector.matches(subject.monitor, &subject.labels, subject.group.as_deref())
}

/// Whether a narrower rule of the same class tells of the monitor instead.
fn is_overruled(row: &RuleRow, meant: &[&Arc<RuleRow>]) -> bool {
    let class = row.rule.condition.class();
    let narrower = |other: &&Arc<RuleRow>| {
        other.rule.condition.class() == class && other.rule.selector.breadth() > row.rule.selector.breadth()
    };
    class != Class::Other && meant.iter().any(narrower)
}

/// Where the book is read from: within a transaction by its own connection, since there may be no other.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Store(&'a Store),
    Tx(&'a Tx),
}

impl Source<'_> {
    async fn rules_mark(self) -> Result<RulesMark, StoreError> {
        match self {
            Self::Store(store) => store.rules_mark().await,
            Self::Tx(tx) => tx.rules_mark().await,
        }
    }

    async fn subjects_mark(self) -> Result<SubjectsMark, StoreError> {
        match self {
            Self::Store(store) => store.subjects_mark().await,
            Self::Tx(tx) => tx.subjects_mark().await,
        }
    }

    async fn book(self) -> Result<Book, StoreError> {
        Ok(match self {
            Self::Store(store) => Book::new(store.alert_rules(None).await?, &store.subjects().await?),
            Self::Tx(tx) => Book::new(tx.alert_rules(None).await?, &tx.subjects().await?),
        })
    }
}

/// The book as it was read last.
#[derive(Default)]
pub(crate) struct Shelf {
    kept: Mutex<Kept>,
}

#[derive(Default, Clone)]
struct Kept {
    book: Arc<Book>,
    marks: Option<(RulesMark, Option<SubjectsMark>)>,
    asked_at: Option<Timestamp>,
}

impl Shelf {
    /// The book, some seconds old at most.
    pub(crate) async fn book(&self, from: Source<'_>, now: Timestamp) -> Result<Arc<Book>, StoreError> {
        let kept = self.kept();
        match kept.asked_at {
            Some(asked) if asked <= now && now.since(asked) < TRUSTED => Ok(kept.book),
            _ => self.read(from, kept, now).await,
        }
    }

    /// The book with all rules that there are, which knows these monitors.
    pub(crate) async fn fresh(
        &self,
        from: Source<'_>,
        monitors: &[MonitorId],
        now: Timestamp,
    ) -> Result<Arc<Book>, StoreError> {
        let kept = self.kept();
        let mark = from.rules_mark().await?;
        match &kept.marks {
            Some((known, _)) if *known == mark && kept.book.knows(monitors) => self.book(from, now).await,
            _ => self.read(from, kept, now).await,
        }
    }

    /// Has the next one who asks read it anew.
    pub(crate) fn forget(&self) {
        self.keep(Kept { asked_at: None, ..self.kept() });
    }

    async fn read(&self, from: Source<'_>, kept: Kept, now: Timestamp) -> Result<Arc<Book>, StoreError> {
        // Read before what they stand for, so that a change in between is seen the next time.
        let rules_mark = from.rules_mark().await?;
        let any = rules_mark != RulesMark::default();
        let subjects_mark = if any { Some(from.subjects_mark().await?) } else { None };
        let marks = Some((rules_mark, subjects_mark));
        let book = match (marks == kept.marks, any) {
            (true, _) => kept.book,
            (false, false) => Arc::default(),
            (false, true) => Arc::new(from.book().await?),
        };
        self.keep(Kept { book: Arc::clone(&book), marks, asked_at: Some(now) });
        Ok(book)
    }

    fn kept(&self) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}
