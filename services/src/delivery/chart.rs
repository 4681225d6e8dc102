//! The picture that goes with some notifications.

use std::collections::BTreeMap;
use std::time::Duration;

use charts::{Chart, LineChart, Point, Series, Theme, Unit};
use monitor_core::monitor::MonitorName;
use monitor_core::report::Window;
use monitor_core::rollup::Sample;
use storage::{NotificationClaim, Scope};

use crate::Services;

/// The kinds of destinations that show a picture.
const WITH_CHART: [&str; 1] = ["email"];

/// How much of the past it shows.
const SHOWN: Duration = Duration::from_secs(3 * 3_600);

/// The time that one point stands for.
const STEP: Duration = Duration::from_secs(60);

/// Pixels for each of the chart's, so that it is sharp on any screen.
const SCALE: f32 = 2.0;

impl Services {
    /// A PNG of the latency of an incident's first monitor, if the kind shows one and there is something to show. A
    /// notification goes without it rather than not at all.
    pub(super) async fn latency_chart(&self, claim: &NotificationClaim, kind: &str) -> Option<Vec<u8>> {
        let member =
            claim.content.as_ref()?.incident.as_ref()?.members.first().filter(|_| WITH_CHART.contains(&kind))?;
        let name = MonitorName::new(&member.name).ok()?;
        let now = self.now();
        let window = Window { from: now - SHOWN, to: now };
        let found = async {
            let Some(monitor) = self.store().monitor(claim.organisation, &name.key()).await? else { return Ok(None) };
            self.store().samples(Scope::Monitor(monitor.id), window).await.map(Some)
        };
        let samples = found.await.unwrap_or_else(|error: storage::StoreError| {
            tracing::warn!(%error, "a notification goes without its chart");
            None
        });
        let samples = samples.filter(|samples| !samples.is_empty())?;
        let chart = chart(name.as_str(), window, &samples);
        let drawn = tokio::task::spawn_blocking(move || chart.png(Theme::Light, SCALE)).await;
        drawn.ok().and_then(|png| png.inspect_err(|error| tracing::warn!(%error, "a chart cannot be drawn")).ok())
    }
}

/// The longest latency of each minute: a mean would hide what the notification is about.
fn chart(name: &str, window: Window, samples: &[Sample]) -> Chart {
    let mut minutes = BTreeMap::new();
    for sample in samples {
        let longest: &mut Duration = minutes.entry(sample.at.floor(STEP)).or_default();
        *longest = (*longest).max(sample.duration);
    }
    let point = |(at, longest): (&monitor_core::Timestamp, &Duration)| Point {
        at_ms: (*at).max(window.from).as_millis(),
        value: (!longest.is_zero()).then_some(longest.as_secs_f64() * 1e3),
    };
    Chart::Line(LineChart {
        title: format!("Latency of {name}"),
        unit: Unit::Milliseconds,
        start_ms: window.from.as_millis(),
        end_ms: window.to.as_millis(),
        series: vec![Series { name: "longest".to_owned(), points: minutes.iter().map(point).collect() }],
    })
}
