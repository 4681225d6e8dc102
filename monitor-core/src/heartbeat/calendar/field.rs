//! One field of a calendar event: which numbers it means.

/// Numbers, as a list of ranges with steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    first: i16,
    last: i16,
    step: i16,
    repeating: bool,
}

impl Field {
    /// Every number of the range.
    pub(super) fn any(first: i16, last: i16) -> Self {
        Self(vec![Part { first, last, step: 1, repeating: true }])
    }

    /// That number alone.
    pub(super) fn just(number: i16) -> Self {
        Self(vec![Part { first: number, last: number, step: 1, repeating: false }])
    }

    /// Reads a list like `1,5..8,*/10` of numbers between `least` and `most`.
    pub(super) fn parse(text: &str, least: i16, most: i16) -> Result<Self, String> {
        text.split(',').map(|part| Part::parse(part, least, most)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn has(&self, number: i16) -> bool {
        self.0.iter().any(|part| part.has(number))
    }

    /// The same for a day of a month with that many days, when 1 is the last day and steps still lead towards the end.
    pub(super) fn has_from_end(&self, day: i16, length: i16) -> bool {
        let counted = length - day + 1;
        self.0.iter().any(|part| match part.repeating {
            true => counted <= part.first && (part.first - counted) % part.step == 0,
            false => (part.first.min(part.last)..=part.first.max(part.last)).contains(&counted),
        })
    }

    /// The first of them that is neither less than `from` nor more than `most`.
    pub(super) fn first_from(&self, from: i16, most: i16) -> Option<i16> {
        (from..=most).find(|number| self.has(*number))
    }
}

impl Part {
    fn parse(text: &str, least: i16, most: i16) -> Result<Self, String> {
        let number = |text: &str| {
            let value: Option<i16> = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
            value.filter(|value| (least..=most).contains(value)).ok_or(format!("`{text}` is none of {least} to {most}"))
        };
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => {
                let step: Option<i16> = step.parse().ok().filter(|step| *step > 0);
                (range, Some(step.ok_or(format!("`{text}` has no step of 1 or more"))?))
            }
            None => (text, None),
        };
        let (first, last) = match range.split_once("..") {
            _ if range == "*" => (least, most),
            Some((first, last)) => (number(first)?, number(last)?),
            // A number with a step goes on to the end of the range.
            None if step.is_some() => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        Ok(Self { first, last, step: step.unwrap_or(1), repeating: step.is_some() || range == "*" })
    }

    fn has(self, number: i16) -> bool {
        (self.first..=self.last).contains(&number) && (number - self.first) % self.step == 0
    }
}
