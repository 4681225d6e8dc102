//! Points and grades, after the [HTTP Observatory](https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rules::Bonus;

/// What every site starts with.
const START: u32 = 100;

/// From how many points on bonuses are added.
const BONUSES_FROM: u32 = 90;

/// A grade, the worst first, so that a better one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they say themselves what they are")]
pub enum Grade {
    F,
    #[serde(rename = "D-")]
    DMinus,
    D,
    #[serde(rename = "D+")]
    DPlus,
    #[serde(rename = "C-")]
    CMinus,
    C,
    #[serde(rename = "C+")]
    CPlus,
    #[serde(rename = "B-")]
    BMinus,
    B,
    #[serde(rename = "B+")]
    BPlus,
    #[serde(rename = "A-")]
    AMinus,
    A,
    #[serde(rename = "A+")]
    APlus,
}

/// Each grade, how it is written, and the least points for it; the best first.
pub(super) const SCALE: [(Grade, &str, u32); 13] = [
    (Grade::APlus, "A+", 100),
    (Grade::A, "A", 90),
    (Grade::AMinus, "A-", 85),
    (Grade::BPlus, "B+", 80),
    (Grade::B, "B", 70),
    (Grade::BMinus, "B-", 65),
    (Grade::CPlus, "C+", 60),
    (Grade::C, "C", 50),
    (Grade::CMinus, "C-", 45),
    (Grade::DPlus, "D+", 40),
    (Grade::D, "D", 30),
    (Grade::DMinus, "D-", 25),
    (Grade::F, "F", 0),
];

impl Grade {
    /// The grade for so many points.
    #[must_use]
    pub fn of(points: u32) -> Self {
        SCALE.iter().find(|(_, _, least)| points >= *least).map_or(Self::F, |(grade, _, _)| *grade)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(SCALE.iter().find(|(grade, _, _)| grade == self).map_or("F", |(_, written, _)| written))
    }
}

/// Points, and how they came about.
pub(super) struct Sum {
    pub(super) points: u32,
    pub(super) formula: String,
}

/// Adds up what findings cost (ids with their points), and then the bonuses if there is enough left.
pub(super) fn add_up(costs: &[(String, u32)], bonuses: &[&Bonus]) -> Sum {
    let mut formula = START.to_string();
    let mut lost = 0_u32;
    for (id, points) in costs.iter().filter(|(_, points)| *points > 0) {
        lost = lost.saturating_add(*points);
        formula.push_str(&format!(" - {points} ({id})"));
    }
    let mut points = START.saturating_sub(lost);
    if points >= BONUSES_FROM {
        for bonus in bonuses {
            points += bonus.points;
            formula.push_str(&format!(" + {} ({})", bonus.points, bonus.id));
        }
    }
    let floor = if lost > START { ", no less than 0" } else { "" };
    formula.push_str(&format!(" = {points}{floor}, {}", Grade::of(points)));
    Sum { points, formula }
}
