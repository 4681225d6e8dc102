//! The figures of an audit by name, as budgets, trends and changes speak of them.

mod metric;
mod resource;
mod unit;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use metric::MetricId;
pub use resource::ResourceKind;
pub use unit::Unit;
pub(crate) use unit::{float, whole};

use super::Category;
use super::summary::Summary;

/// A figure of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// The score of a category, 0 to 100.
    Score(Category),
    /// A core metric.
    Metric(MetricId),
    /// Bytes that were transferred of a type.
    Bytes(ResourceKind),
    /// Requests for a type.
    Requests(ResourceKind),
}

impl Figure {
    /// All, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        let scores = Category::ALL.into_iter().map(Self::Score);
        let metrics = MetricId::ALL.into_iter().map(Self::Metric);
        let bytes = ResourceKind::ALL.into_iter().map(Self::Bytes);
        scores.chain(metrics).chain(bytes).chain(ResourceKind::ALL.into_iter().map(Self::Requests))
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Score(category) => category.title().to_owned(),
            Self::Metric(metric) => metric.title().to_owned(),
            Self::Bytes(kind) => kind.title().to_owned(),
            Self::Requests(ResourceKind::Total) => "Requests".to_owned(),
            Self::Requests(kind) => format!("Requests ({})", kind.title().to_lowercase()),
        }
    }

    /// What it is counted in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Score(_) => Unit::Score,
            Self::Metric(MetricId::Cls) => Unit::Shift,
            Self::Metric(_) => Unit::Time,
            Self::Bytes(_) => Unit::Bytes,
            Self::Requests(_) => Unit::Count,
        }
    }

    /// Whether more of it is better. It is of scores alone.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::Score(_))
    }

    /// What an audit found; `None`: it did not find out.
    #[must_use]
    pub fn of(self, summary: &Summary) -> Option<f64> {
        let transfer = |kind: ResourceKind| summary.transfer.iter().find(|part| part.kind == kind.id());
        match self {
            Self::Score(category) => summary.scores.get(&category).copied().map(f64::from),
            Self::Metric(id) => summary.metrics.iter().find(|metric| metric.id == id.id()).map(|metric| metric.value),
            Self::Bytes(kind) => transfer(kind).map(|part| float(part.bytes)),
            Self::Requests(kind) => transfer(kind).map(|part| float(part.requests)),
        }
    }
}

/// The word in budgets: `lcp`, `performance`, `size`, `script`, `requests`, `image requests`.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Score(category) => f.write_str(category.id()),
            Self::Metric(metric) => f.write_str(metric.id()),
            Self::Bytes(ResourceKind::Total) => f.write_str("size"),
            Self::Bytes(kind) => f.write_str(kind.id()),
            Self::Requests(ResourceKind::Total) => f.write_str("requests"),
            Self::Requests(kind) => write!(f, "{} requests", kind.id()),
        }
    }
}

/// Other words that people use.
const ALIASES: [(&str, &str); 16] = [
    ("perf", "performance"),
    ("a11y", "accessibility"),
    ("speed-index", "si"),
    ("weight", "size"),
    ("bytes", "size"),
    ("total", "size"),
    ("html", "document"),
    ("js", "script"),
    ("javascript", "script"),
    ("scripts", "script"),
    ("css", "stylesheet"),
    ("stylesheets", "stylesheet"),
    ("images", "image"),
    ("fonts", "font"),
    ("third-parties", "third-party"),
    ("best-practice", "best-practices"),
];

impl FromStr for Figure {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Self, UnknownFigure> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().map(without_alias).collect();
        let wanted = words.join(" ");
        Self::all().find(|figure| figure.to_string() == wanted).ok_or(UnknownFigure)
    }
}

fn without_alias(word: &str) -> &str {
    ALIASES.into_iter().find(|(alias, _)| *alias == word).map_or(word, |(_, known)| known)
}

/// A word that is no figure's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is no figure of an audit; use one like performance, lcp, size, script or requests")]
pub struct UnknownFigure;

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_figure_has_a_word_of_its_own_that_is_read_back() {
        let words: HashSet<String> = Figure::all().map(|figure| figure.to_string()).collect();
        assert_eq!(words.len(), 5 + 6 + 9 + 9);
        for figure in Figure::all() {
            assert_eq!(figure.to_string().parse(), Ok(figure));
            let json = serde_json::to_string(&figure).unwrap();
            assert_eq!(serde_json::from_str::<Figure>(&json).unwrap(), figure);
        }
    }

    #[test]
    fn other_words_are_understood() {
        for (word, figure) in [
            ("JS", Figure::Bytes(ResourceKind::Script)),
            ("images  Requests", Figure::Requests(ResourceKind::Image)),
            ("a11y", Figure::Score(Category::Accessibility)),
        ] {
            assert_eq!(word.parse(), Ok(figure));
        }
        for word in ["", "requests requests", "lcp requests", "fid"] {
            assert_eq!(word.parse::<Figure>(), Err(UnknownFigure), "{word}");
        }
        for (alias, known) in ALIASES {
            assert!(
                known.parse::<Figure>().is_ok() && Figure::all().all(|figure| figure.to_string() != alias),
                "{alias}"
            );
        }
    }
}
