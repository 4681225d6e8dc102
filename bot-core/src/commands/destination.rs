//! What commands about destinations share.

use monitor_core::code::ErrorCode;
use services::DestinationView;
use services::view::Budget;

use crate::command::Failure;
use crate::grammar::{Argument, Kind, Known};
use crate::present;
use crate::reply::{Block, Field};

/// The destination that a command is about.
pub(super) const DESTINATION: Argument = Argument::new("destination", Kind::Text, "The destination's name.")
    .of(Known::Destination)
    .like("ops-mail")
    .positional()
    .required("Which destination?");

/// A budget of its own.
pub(super) const RATE: Argument = Argument::new(
    "rate",
    Kind::Text,
    "How many a minute at most, in place of what its kind takes; `20/m burst 5` is `20/m:5`.",
)
.like("10/m")
.removable();

/// What is told instead.
pub(super) const FALLBACK: Argument =
    Argument::new("fallback", Kind::Text, "The destination that is told instead when this one takes nothing.")
        .of(Known::Destination)
        .like("ops-mail")
        .removable();

/// Reads `10/m`, `10` or `10/m:3`, with the burst behind the colon; otherwise the burst is a tenth.
pub(super) fn rate(text: &str) -> Result<Budget, Failure> {
    let wrong = || {
        let text =
            format!("`{}` is not a rate; write so many a minute like `10/m`.", monitor_core::http::shorten(text, 40));
        Failure::new(ErrorCode::InvalidDestination, text)
    };
    let (rate, burst) = text.split_once(':').map_or((text, None), |(rate, burst)| (rate, Some(burst)));
    let minute = ["/minute", "/min", "/m"].iter().find_map(|end| rate.strip_suffix(end)).unwrap_or(rate);
    let per_minute: u32 = minute.trim().parse().map_err(|_| wrong())?;
    let burst = match burst {
        Some(burst) => burst.trim().parse().map_err(|_| wrong())?,
        None => (per_minute / 10).max(1),
    };
    Ok(Budget { burst, per_minute })
}

/// What was chosen for a destination.
pub(super) fn settings(view: &DestinationView) -> Block {
    let mut fields = vec![Field::new("name", &view.name), Field::new("kind", &view.kind)];
    match &view.shown {
        Ok(shown) => fields.extend(shown.iter().map(|(name, value)| Field::new(name, value))),
        Err(why) => fields.push(Field::new("does not work", why)),
    }
    let Budget { burst, per_minute } = view.budget;
    let own = if view.own_budget { "" } else { ", as its kind takes" };
    fields.push(Field::new("rate", format!("{per_minute}/m, {burst} at once{own}")));
    fields.extend(view.fallback.as_ref().map(|fallback| Field::new("fallback", fallback)));
    if !view.fallback_of.is_empty() {
        fields.push(Field::new("fallback of", view.fallback_of.join(", ")));
    }
    Block::fields("Settings", fields)
}

/// Whether it takes what it is told.
pub(super) fn state(view: &DestinationView, now: monitor_core::Timestamp) -> String {
    match (&view.shown, view.failing_since, view.test_failed) {
        (Err(_), ..) => "does not work".to_owned(),
        (Ok(_), Some(since), _) => format!("takes nothing {}", present::lasting(since, now)),
        (Ok(_), None, Some(at)) => format!("did not take its test {}", present::ago(at, now)),
        (Ok(_), None, None) => "ok".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_a_minute() {
        for (text, burst, per_minute) in [("10/m", 1, 10), ("120", 12, 120), ("20/min:5", 5, 20), ("1/minute", 1, 1)] {
            assert_eq!(rate(text).unwrap(), Budget { burst, per_minute }, "{text}");
        }
        for text in ["", "fast", "10/s", "-1/m", "10/m:", "1.5/m"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
