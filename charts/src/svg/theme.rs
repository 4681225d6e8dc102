//! Colours.

use std::fmt;

use crate::State;

/// Which colours an SVG uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near black.
    Dark,
    /// Follows the reader's system: CSS variables (`--ww-…` on `.ww-chart`, which a page may set itself) and
    /// `prefers-color-scheme`. SVG only.
    Auto,
}

/// What something is drawn with. The hues are told apart by colour-blind readers (blue, bluish green, amber, vermilion, violet,
/// each of another lightness), and states differ in shape as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Card,
    Border,
    Grid,
    Axis,
    Title,
    Label,
    /// Stretches without data.
    Void,
    Series(usize),
    State(State),
}

const SURFACES: [(Ink, &str, &str, &str); 7] = [
    (Ink::Card, "card", "#ffffff", "#12161f"),
    (Ink::Border, "border", "#e1e5ec", "#2a3140"),
    (Ink::Grid, "grid", "#edf0f5", "#212836"),
    (Ink::Axis, "axis", "#c2cad6", "#465064"),
    (Ink::Title, "title", "#172033", "#eaeef6"),
    (Ink::Label, "label", "#5f6b7e", "#9ca7ba"),
    (Ink::Void, "void", "#f1f3f8", "#1c222e"),
];
const SERIES: [(Ink, &str, &str, &str); 6] = [
    (Ink::Series(0), "series-1", "#1f4fd0", "#8db0ff"),
    (Ink::Series(1), "series-2", "#7399f2", "#4a6fd0"),
    (Ink::Series(2), "series-3", "#0e9384", "#3cc9b4"),
    (Ink::Series(3), "series-4", "#c96a00", "#f0a63c"),
    (Ink::Series(4), "series-5", "#7c4ddb", "#b397fc"),
    (Ink::Series(5), "series-6", "#56627a", "#94a3b8"),
];
const STATES: [(Ink, &str, &str, &str); 7] = [
    (Ink::State(State::Up), "up", "#27b386", "#2bab82"),
    (Ink::State(State::Degraded), "degraded", "#f0a500", "#f7bc45"),
    (Ink::State(State::Down), "down", "#c92a1c", "#ff6a55"),
    (Ink::State(State::Maintenance), "maintenance", "#4b86ee", "#5d97f7"),
    (Ink::State(State::Inconclusive), "inconclusive", "#9673d6", "#a98ae0"),
    (Ink::State(State::Paused), "paused", "#a3adbd", "#69758a"),
    (Ink::State(State::Unknown), "unknown", "#ccd3de", "#434d60"),
];

impl Theme {
    /// The value of a `fill` or `stroke` attribute.
    pub(crate) fn paint(self, ink: Ink) -> Paint {
        let ink = if let Ink::Series(index) = ink { Ink::Series(index % SERIES.len()) } else { ink };
        let (_, name, light, dark) = inks().find(|entry| entry.0 == ink).unwrap_or(SURFACES[0]);
        Paint { theme: self, name, light, dark }
    }

    /// The style sheet this theme needs: none unless it adapts.
    pub(crate) fn style(self) -> String {
        if self != Self::Auto {
            return String::new();
        }
        let light: String = inks().map(|(_, name, light, _)| format!("--ww-{name}:{light};")).collect();
        let dark: String = inks().map(|(_, name, _, dark)| format!("--ww-{name}:{dark};")).collect();
        // `:where` has no weight, so any rule of the page wins.
        format!(
            "<style>:where(.ww-chart){{{light}}}@media (prefers-color-scheme:dark){{:where(.ww-chart){{{dark}}}}}</style>\n"
        )
    }
}

fn inks() -> impl Iterator<Item = (Ink, &'static str, &'static str, &'static str)> {
    SURFACES.into_iter().chain(SERIES).chain(STATES)
}

/// A colour as an attribute's value.
pub(crate) struct Paint {
    theme: Theme,
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.theme {
            Theme::Light => f.write_str(self.light),
            Theme::Dark => f.write_str(self.dark),
            Theme::Auto => write!(f, "var(--ww-{},{})", self.name, self.light),
        }
    }
}
