//! What a chart says, as data.

use serde::{Deserialize, Serialize};

/// A chart as data, tagged by `kind` in JSON (`line`, `bars`, `timeline`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Chart {
    /// Values over time, such as latency.
    Line(LineChart),
    /// One value per label, such as bytes per day.
    Bars(BarChart),
    /// States over time: the uptime bar.
    Timeline(TimelineChart),
}

/// Values over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineChart {
    /// What is shown, such as "Latency of shop".
    pub title: String,
    /// What the values are.
    pub unit: Unit,
    /// Start of the period, milliseconds since 1970 UTC.
    pub start_ms: i64,
    /// End of the period, milliseconds since 1970 UTC.
    pub end_ms: i64,
    /// The lines; the first is drawn in front, the last softly filled behind (p50, then p95).
    pub series: Vec<Series>,
}

/// One line of a [`LineChart`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name in the legend, such as "p95".
    pub name: String,
    /// Its points, best in order of time.
    pub points: Vec<Point>,
}

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When, milliseconds since 1970 UTC; a point outside the period is not drawn.
    pub at_ms: i64,
    /// How much; `None` is a gap, at which the line breaks.
    pub value: Option<f64>,
}

/// What a number is, which decides how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A short time, in milliseconds.
    Milliseconds,
    /// A size, in bytes; written with decimal prefixes (1 kB = 1,000 B).
    Bytes,
    /// A number of things.
    Count,
    /// A share, 0 to 100.
    Percent,
}

/// One value per label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarChart {
    /// What is shown, such as "Traffic per day".
    pub title: String,
    /// What the values are.
    pub unit: Unit,
    /// The bars, left to right.
    pub bars: Vec<Bar>,
}

/// One bar of a [`BarChart`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What stands below it, such as "3 Aug".
    pub label: String,
    /// How much; `None` is no data, which is not the same as zero.
    pub value: Option<f64>,
    /// What else to say about it where there is room, such as "2,880 checks".
    pub detail: Option<String>,
}

/// States over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineChart {
    /// What is shown, such as "Uptime of shop".
    pub title: String,
    /// Start of the period, milliseconds since 1970 UTC.
    pub start_ms: i64,
    /// End of the period, milliseconds since 1970 UTC.
    pub end_ms: i64,
    /// The spans; they are clipped to the period, and where they overlap the worse state is drawn.
    pub spans: Vec<Span>,
}

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its start, milliseconds since 1970 UTC.
    pub start_ms: i64,
    /// Its end, milliseconds since 1970 UTC.
    pub end_ms: i64,
    /// The state during it.
    pub state: State,
}

/// The state a timeline shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Checks succeed.
    Up,
    /// Checks succeed, but not as well as they should.
    Degraded,
    /// Checks fail.
    Down,
    /// Not being checked, as somebody asked.
    Paused,
    /// Announced maintenance.
    Maintenance,
    /// Nothing is known.
    Unknown,
    /// Checks could not run, so nothing is known about the target.
    Inconclusive,
}

impl State {
    /// All states in the order legends list them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Up, Self::Degraded, Self::Down, Self::Maintenance, Self::Inconclusive, Self::Paused, Self::Unknown];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Degraded => "Degraded",
            Self::Down => "Down",
            Self::Paused => "Paused",
            Self::Maintenance => "Maintenance",
            Self::Unknown => "Unknown",
            Self::Inconclusive => "Inconclusive",
        }
    }

    /// How much it matters that this state is seen where two share a pixel.
    pub(crate) fn severity(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Paused => 1,
            Self::Up => 2,
            Self::Maintenance => 3,
            Self::Inconclusive => 4,
            Self::Degraded => 5,
            Self::Down => 6,
        }
    }
}
