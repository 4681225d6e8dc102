//! Reports, from rollups where they exist and single results where they do not yet.

mod document;

use std::collections::HashMap;

use monitor_core::health::Flip;
use monitor_core::monitor::MonitorId;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::{Inputs, Report, Segment, Source, Span, Window, cover, timeline};
use monitor_core::rollup::Tally;
use monitor_core::{Timestamp, rollup::Sample};
use storage::{IncidentFilter, Scope};

pub use document::PrintedReport;

use crate::view::ReportView;
use crate::{Result, Services, require};

/// Most incidents that a report reads.
const MAX_INCIDENTS: u64 = 10_000;

impl Services {
    /// What a period looked like, for one monitor or all. The future is cut off; the edges may move outwards to whole
    /// rollups, and the report's own window says where they are.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::MonitorNotFound`], [`crate::ServiceError::Internal`].
    pub async fn report(&self, actor: &Actor, monitor: Option<&str>, window: Window) -> Result<ReportView> {
        require(actor, Permission::Read)?;
        let now = self.now();
        let window = Window { from: window.from.min(now), to: window.to.min(now) };
        let monitor = match monitor {
            Some(name) => Some(self.monitor(actor, name).await?),
            None => None,
        };
        let (scope, monitors) = match &monitor {
            Some(monitor) => (Scope::Monitor(monitor.id), 1),
            None => {
                let counts = self.store().status_counts(actor.organisation).await?;
                (Scope::Organisation(actor.organisation), counts.iter().map(|(_, count)| count).sum())
            }
        };
        let progress = self.store().progress().await?;
        let (covered, segments) = cover(window, now, monitors, &progress, &self.inner.retention);
        let covered = Window { from: covered.from, to: covered.to.min(now) };
        let mut tallies = Vec::new();
        for segment in segments {
            tallies.extend(self.tallies(scope, segment).await?);
        }
        let timelines = self.timelines(scope, covered).await?;
        let filter = IncidentFilter { window: Some(covered), ..IncidentFilter::default() };
        let incidents = self.store().outages(scope, &filter, MAX_INCIDENTS).await?;
        let single = if monitor.is_some() { timelines.first().cloned().unwrap_or_default() } else { Vec::new() };
        let report = Report::build(Inputs {
            window: covered,
            now,
            tallies,
            timelines,
            incidents: incidents.iter().map(|named| named.alert.clone()).collect(),
        });
        Ok(ReportView { report, asked: window, monitor, monitors, timeline: single, incidents })
    }

    async fn tallies(&self, scope: Scope, segment: Segment) -> Result<Vec<(Timestamp, Tally)>> {
        match segment.source {
            Source::Rollup(resolution) => Ok(self.store().rollups(scope, resolution, segment.window).await?),
            Source::Raw => Ok(self.store().samples(scope, segment.window).await?.iter().map(single).collect()),
        }
    }

    /// The statuses of every monitor in the scope over the window.
    async fn timelines(&self, scope: Scope, window: Window) -> Result<Vec<Vec<Span>>> {
        let mut flips: HashMap<MonitorId, Vec<Flip>> = HashMap::new();
        for (monitor, flip) in self.store().flips(scope, window).await? {
            flips.entry(monitor).or_default().push(flip);
        }
        let before = self.store().statuses_before(scope, window.from).await?;
        let spans = |(monitor, status)| timeline(window, status, flips.get(&monitor).map_or(&[], Vec::as_slice));
        Ok(before.into_iter().map(spans).collect())
    }
}

fn single(sample: &Sample) -> (Timestamp, Tally) {
    let mut tally = Tally::default();
    tally.add(sample);
    (sample.at, tally)
}
