use monitor_core::code::ErrorCode;
use monitor_core::duration;
use monitor_core::heartbeat::{HeartbeatSpec, Schedule, Timetable};
use monitor_core::http::SpecError;
use monitor_core::monitor::{CheckSpec, Settings};

use super::CheckKind;
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// What only makes sense where something goes out and checks.
pub(super) const NOT_TAKEN: &[&str] = &["timeout", "retries", "confirm", "recover", "ip"];

/// The time zone of a schedule unless somebody says otherwise.
const ZONE: &str = "UTC";

pub(super) const KIND: CheckKind = CheckKind {
    name: "heartbeat",
    aliases: &["job"],
    schemes: &[],
    target: "NAME",
    options: &["grace", "cron", "oncalendar", "zone", "max-duration", "min-gap", "overlap", "keep-pings"],
    examples: &[
        "add-monitor heartbeat nightly-backup every 1d grace 1h",
        "add-monitor heartbeat invoices cron \"0 3 * * 1-5\" zone Europe/Berlin max-duration 30m",
        "add-monitor heartbeat newsletter oncalendar \"Mon..Fri 09:00\" zone Europe/Berlin overlap no assert \"exit == 0\"",
    ],
    interval: Settings::DEFAULT_INTERVAL,
    start: |_| {
        let schedule = Schedule::Every(HeartbeatSpec::DEFAULT_PERIOD);
        Ok(CheckSpec::Heartbeat(HeartbeatSpec::new(schedule, HeartbeatSpec::DEFAULT_GRACE)))
    },
    moved: |_, _| {},
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Heartbeat(spec) = &mut settings.spec else { return Ok(()) };
    if let Some(schedule) = schedule(given, &spec.schedule)? {
        Timetable::new(&schedule).map_err(SpecError::from)?;
        spec.schedule = schedule;
    }
    spec.grace = given.duration("grace").unwrap_or(spec.grace);
    if given.has("max-duration") {
        spec.max_duration = given.duration("max-duration");
    }
    if given.has("min-gap") {
        spec.min_gap = given.duration("min-gap");
    }
    spec.forbid_overlap = given.switch("overlap").map_or(spec.forbid_overlap, |may| !may);
    spec.keep_pings = given.number("keep-pings").unwrap_or(spec.keep_pings);
    Ok(())
}

/// The schedule that was given, in the zone that was given or that the old one has.
fn schedule(given: &Given, old: &Schedule) -> Result<Option<Schedule>, Failure> {
    let every = given.duration("interval").map(Schedule::Every);
    let zone = || {
        let old = match old {
            Schedule::Every(_) => ZONE,
            Schedule::Cron { zone, .. } | Schedule::OnCalendar { zone, .. } => zone,
        };
        given.get("zone").unwrap_or(old).to_owned()
    };
    let cron = given.get("cron").map(|text| Schedule::Cron { expression: text.to_owned(), zone: zone() });
    let calendar =
        given.get("oncalendar").map(|text| Schedule::OnCalendar { expression: text.to_owned(), zone: zone() });
    let mut said = [every, cron, calendar].into_iter().flatten();
    let schedule = said.next();
    if said.next().is_some() {
        let text = "Say one of `every`, `cron` and `oncalendar`; a heartbeat has one schedule.";
        return Err(Failure::new(ErrorCode::ConflictingArguments, text));
    }
    Ok(match (schedule, old) {
        (None, Schedule::Cron { expression, .. }) if given.has("zone") => {
            Some(Schedule::Cron { expression: expression.clone(), zone: zone() })
        }
        (None, Schedule::OnCalendar { expression, .. }) if given.has("zone") => {
            Some(Schedule::OnCalendar { expression: expression.clone(), zone: zone() })
        }
        (schedule, _) => schedule,
    })
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Heartbeat(spec) = spec else { return Vec::new() };
    let schedule = match &spec.schedule {
        Schedule::Every(period) => format!("every {}", duration::format(*period)),
        Schedule::Cron { expression, zone } => format!("at {expression} (cron), {zone}"),
        Schedule::OnCalendar { expression, zone } => format!("at {expression} (calendar event), {zone}"),
    };
    let mut fields = vec![Field::new("expected", schedule), Field::new("grace", duration::format(spec.grace))];
    fields.extend(spec.max_duration.map(|most| Field::new("runs", format!("for {} at most", duration::format(most)))));
    fields.extend(spec.min_gap.map(|gap| Field::new("runs", format!("{} apart at least", duration::format(gap)))));
    fields.extend(spec.forbid_overlap.then(|| Field::new("runs", "one at a time")));
    fields.push(Field::new("keeps", format!("the latest {} pings", spec.keep_pings)));
    fields
}
