//! Cron expressions, as Debian's cron and Healthchecks read them.

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::civil::{self, Skipped};

/// The largest number of each field, for a step that begins at a number.
const LAST: [&str; 5] = ["59", "23", "31", "12", "7"];

/// A cron expression.
#[derive(Debug, Clone)]
pub struct Cron {
    pattern: croner::Cron,
    /// Whether it follows the hands of the clock, whatever they do: Debian's cron does when the minutes or the hours begin with `*`.
    follows_clock: bool,
}

impl Cron {
    /// Reads an expression of five fields, or a name such as `@daily`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let star = |number: usize| fields.get(number).is_some_and(|field| field.starts_with('*'));
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            // Both days have to fit when either is said with `*`, as in `*/5`; else one is enough.
            .dom_and_dow(star(2) || star(4))
            .build();
        let pattern =
            parser.parse(&complete(&fields)).map_err(|error| error.to_string().trim_end_matches('.').to_owned())?;
        Ok(Self { pattern, follows_clock: star(0) || star(1) || text.trim().eq_ignore_ascii_case("@hourly") })
    }

    /// The first time after that one.
    pub(super) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.follows_clock {
            return self.next_by_clock(after, zone);
        }
        civil::next(after, zone, Skipped::AtTheChange, |from| self.next_civil(from))
    }

    /// The first local time that is not before that one.
    fn next_civil(&self, from: DateTime) -> Option<DateTime> {
        let from = from.to_zoned(TimeZone::UTC).ok()?;
        self.pattern.find_next_occurrence(&from, true).ok().map(|next| next.datetime())
    }

    /// The search gives up at a time within a gap of more than two hours, such as a day that a zone left out when it moved across
    /// the date line: that time comes when the gap ends.
    fn next_by_clock(&self, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let find = |from: Timestamp| self.pattern.find_next_occurrence(&from.to_zoned(zone.clone()), false);
        match find(start) {
            Ok(next) => Some(next.timestamp()),
            // It fails as well when the time never comes, as on 31 February.
            Err(_) => {
                let ahead = |at: Timestamp| zone.to_offset(at).seconds();
                let jumps = |at: &Timestamp| ahead(*at) - ahead(*at - SignedDuration::from_secs(1)) > 2 * 3_600;
                let goes_on = |at: &Timestamp| find(*at).is_ok();
                zone.following(start).map(|transition| transition.timestamp()).take(8).find(jumps).filter(goes_on)
            }
        }
    }
}

/// The expression with an end for each step that begins at a number: `5/15` of the minutes is `5-59/15`.
fn complete(fields: &[&str]) -> String {
    let item = |item: &str, last: &str| match item.split_once('/') {
        Some((first, step)) if !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{first}-{last}/{step}")
        }
        _ => item.to_owned(),
    };
    let field = |(number, text): (usize, &&str)| match LAST.get(number) {
        Some(last) => text.split(',').map(|part| item(part, last)).collect::<Vec<_>>().join(","),
        None => (*text).to_owned(),
    };
    fields.iter().enumerate().map(field).collect::<Vec<_>>().join(" ")
}
