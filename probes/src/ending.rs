//! Warnings of what ends on a known day: certificates and registrations.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::Reason;

use crate::failure::Failure;
use crate::trace::Trace;

const DAY: Duration = Duration::from_secs(86_400);

/// Something that ends.
pub(crate) struct Ending<'a> {
    /// What it is, for people: `shop.example's certificate`.
    pub(crate) what: &'a str,
    /// When it ends.
    pub(crate) end: Timestamp,
    /// Numbers of days left at which is warned.
    pub(crate) warn_days: &'a [u16],
    /// The reason of the warning.
    pub(crate) reason: Reason,
}

impl Ending<'_> {
    /// Warns when so few days are left that one of the thresholds has been crossed. The news names the last one crossed, so
    /// that each is told once.
    pub(crate) fn warn(&self, trace: &mut Trace) {
        let left = self.end.since(trace.at);
        let Some(crossed) = self.warn_days.iter().copied().filter(|days| left <= DAY * u32::from(*days)).min() else {
            return;
        };
        let (what, day) = (self.what, self.end.to_day());
        let plural = if crossed == 1 { "" } else { "s" };
        let message = format!("{what} ends in {}, on {day}", humanize(left));
        let news = format!("{what} ends in {crossed} day{plural} or less, on {day}");
        trace.warn(Failure::new(self.reason, message), news);
    }
}
