//! Reading calendar events.

use super::field::Field;
use super::{Calendar, Event, LAST_YEAR};

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Words that stand for an event.
const SHORTHANDS: [(&str, &str); 9] = [
    ("minutely", "*-*-* *:*:00"),
    ("hourly", "*-*-* *:00:00"),
    ("daily", "*-*-* 00:00:00"),
    ("weekly", "Mon *-*-* 00:00:00"),
    ("monthly", "*-*-01 00:00:00"),
    ("quarterly", "*-01,04,07,10-01 00:00:00"),
    ("semiannually", "*-01,07-01 00:00:00"),
    ("yearly", "*-01-01 00:00:00"),
    ("annually", "*-01-01 00:00:00"),
];

/// Most events in one schedule.
const MAX_EVENTS: usize = 16;

pub(super) fn calendar(text: &str) -> Result<(Calendar, Option<&str>), String> {
    let lines: Vec<&str> = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err("it is empty".to_owned());
    }
    if lines.len() > MAX_EVENTS {
        return Err(format!("it has more than {MAX_EVENTS} events"));
    }
    let mut events = Vec::new();
    let mut zone = None;
    for line in lines {
        let (parsed, own_zone) = event(line)?;
        if !events.is_empty() && own_zone != zone {
            return Err("its events are in several time zones".to_owned());
        }
        zone = own_zone;
        events.push(parsed);
    }
    Ok((Calendar { events }, zone))
}

/// One event, and the time zone behind it.
fn event(text: &str) -> Result<(Event, Option<&str>), String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let zone = words.pop_if(|word| is_zone(word));
    let [mut weekdays, mut day, mut time] = [None; 3];
    if let [word] = words[..]
        && let Some((_, event)) = SHORTHANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word))
    {
        words = event.split_whitespace().collect();
    }
    for word in &words {
        let place = match word {
            _ if word.contains(':') => &mut time,
            _ if word.starts_with(|c: char| c.is_ascii_alphabetic()) => &mut weekdays,
            _ => &mut day,
        };
        if place.replace(*word).is_some() {
            return Err(format!("`{word}` is one part too many"));
        }
    }
    if words.is_empty() {
        return Err("it says no time".to_owned());
    }
    let (years, months, days, from_end) = read_date(day.unwrap_or("*-*-*"))?;
    let (hours, minutes, seconds) = read_time(time.unwrap_or("00:00:00"))?;
    let weekdays = weekdays.map_or(Ok([true; 7]), read_weekdays)?;
    Ok((Event { weekdays, years, months, days, from_end, hours, minutes, seconds }, zone))
}

/// Whether the last word can only be a time zone: neither weekdays nor a word for an event begin so.
fn is_zone(word: &str) -> bool {
    let shorthand = SHORTHANDS.iter().any(|(name, _)| name.eq_ignore_ascii_case(word));
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && !shorthand && read_weekdays(word).is_err()
}

fn read_weekdays(text: &str) -> Result<[bool; 7], String> {
    let number = |name: &str| {
        let name = name.to_ascii_lowercase();
        let found = WEEKDAYS.iter().position(|day| *day == name || (name.len() == 3 && day.starts_with(&name)));
        found.ok_or(format!("`{name}` is not a day of the week"))
    };
    let mut weekdays = [false; 7];
    for part in text.trim_end_matches(',').split(',') {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let length = (last + 7 - first) % 7;
        (first..=first + length).for_each(|day| weekdays[day % 7] = true);
    }
    Ok(weekdays)
}

fn read_date(text: &str) -> Result<(Field, Field, Field, bool), String> {
    let wrong = || format!("`{text}` is not a date like *-*-01");
    let (rest, day, from_end) = match (text.rsplit_once('~'), text.rsplit_once('-')) {
        (Some((rest, day)), _) => (rest, day, true),
        (None, Some((rest, day))) => (rest, day, false),
        (None, None) => return Err(wrong()),
    };
    let (year, month) = rest.rsplit_once('-').unwrap_or(("*", rest));
    Ok((
        Field::parse(year, 1_970, LAST_YEAR)?,
        Field::parse(month, 1, 12)?,
        if from_end && day == "*" { Field::any(1, 31) } else { Field::parse(day, 1, 31)? },
        from_end && day != "*",
    ))
}

fn read_time(text: &str) -> Result<(Field, Field, Field), String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, Field::just(0)),
        [hours, minutes, seconds] => (hours, minutes, Field::parse(seconds, 0, 59)?),
        _ => return Err(format!("`{text}` is not a time like 09:30")),
    };
    Ok((Field::parse(hours, 0, 23)?, Field::parse(minutes, 0, 59)?, seconds))
}
