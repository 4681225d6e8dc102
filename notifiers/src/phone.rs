//! Phone numbers: read as people write them, sent as the platforms want them, never shown.

use std::fmt;
use std::time::Duration;

use monitor_core::secret::Secret;

use crate::destination::Field;
use crate::fields::{FieldError, Fields};
use crate::message::{Receipt, SendError};

/// Most numbers of one destination, so that a slow platform takes all of them in one try.
const MAX_NUMBERS: usize = 5;

/// The field that says whose phones these are.
pub(crate) const TO: Field = Field {
    name: "to",
    help: "phone numbers with country code, parted by commas, 5 at most",
    example: "+447700900123",
    required: true,
    secret: true,
};

/// Fewest and most digits of a number in the international format. Source: ITU-T E.164; the shortest ones in use have 7.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A phone number in the international format. It shows its last two digits only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Number(Secret);

impl Number {
    /// Reads `+44 7700 900-123`; also without the plus or with `00` instead of it.
    pub(crate) fn read(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
        let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
        let valid = DIGITS.contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if valid {
            Ok(Self(Secret::new(digits)))
        } else {
            Err(FieldError::new(field, "is no phone number; write it with the country code, like +12025550143"))
        }
    }

    /// `447700900123`.
    pub(crate) fn digits(&self) -> &str {
        self.0.expose()
    }

    /// `+447700900123`.
    pub(crate) fn e164(&self) -> String {
        format!("+{}", self.digits())
    }
}

/// `…23`
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "…{}", digits.get(digits.len().saturating_sub(2)..).unwrap_or_default())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who a text message comes from: a number, or a name where the country allows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A number of ours.
    Number(Number),
    /// Letters, digits and spaces, not digits alone.
    Name(String),
}

/// Longest name of a sender. Source: 3GPP TS 23.040, 9.1.2.5: 20 semi-octets hold 11 characters.
const MAX_SENDER_NAME: usize = 11;

impl Sender {
    pub(crate) fn read(field: &'static str, text: &str) -> Result<Self, FieldError> {
        if !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return Number::read(field, text).map(Self::Number);
        }
        let valid = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
        if valid && text.len() <= MAX_SENDER_NAME {
            Ok(Self::Name(text.to_owned()))
        } else {
            let why = format!(
                "is no sender: give a number with its country code, or a name of letters, digits and spaces, {MAX_SENDER_NAME} at most"
            );
            Err(FieldError::new(field, why))
        }
    }
}

/// `…87`, `Watchword`
impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The numbers of one destination.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Numbers(Vec<Number>);

impl Numbers {
    /// What was given for [`TO`].
    pub(crate) fn of(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Self::read(TO.name, fields.line(TO.name)?)
    }

    /// Reads one or several, parted by commas.
    fn read(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let mut numbers: Vec<Number> = Vec::new();
        for number in text.split(',').map(str::trim).filter(|number| !number.is_empty()) {
            let number = Number::read(field, number)?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        match numbers.len() {
            0 => Err(FieldError::new(field, "names no phone number; write it like +12025550143")),
            1..=MAX_NUMBERS => Ok(Self(numbers)),
            more => {
                let why =
                    format!("has {more} numbers and may have {MAX_NUMBERS}; make a second destination of the others");
                Err(FieldError::new(field, why))
            }
        }
    }

    /// Sends to one number after the other. What one number refuses for good does not keep the others from being told, and
    /// neither does what may pass. That is tried once more here, since a second try of the whole tells those again who
    /// have been told: rather twice to somebody than to somebody never.
    pub(crate) async fn each<F>(&self, mut send: impl FnMut(Number) -> F) -> Result<Receipt, SendError>
    where
        F: Future<Output = Result<Receipt, SendError>>,
    {
        let mut round = Round::default();
        for number in &self.0 {
            round.take(number, send(number.clone()).await);
            if round.is_hopeless() {
                break;
            }
        }
        if !round.taken.is_empty() && !round.passing.is_empty() {
            tokio::time::sleep(PAUSE).await;
            for (number, _) in std::mem::take(&mut round.passing) {
                round.take(number, send(number.clone()).await);
            }
        }
        round.outcome(self.0.len())
    }
}

/// Between two tries of a number. A long number sends one segment a second.
const PAUSE: Duration = Duration::from_millis(1_100);

/// What became of the numbers.
#[derive(Default)]
struct Round<'a> {
    taken: Vec<Receipt>,
    refused: Vec<String>,
    passing: Vec<(&'a Number, SendError)>,
}

impl<'a> Round<'a> {
    fn take(&mut self, number: &'a Number, result: Result<Receipt, SendError>) {
        match result {
            Ok(receipt) => self.taken.push(receipt),
            Err(SendError::Never { why }) => self.refused.push(why),
            Err(passing) => self.passing.push((number, passing)),
        }
    }

    /// Whether the platform seems to be out of order, so that the rest is left to the next try.
    fn is_hopeless(&self) -> bool {
        self.taken.is_empty() && self.passing.len() > 1
    }

    fn outcome(self, numbers: usize) -> Result<Receipt, SendError> {
        if let Some((_, passing)) = self.passing.into_iter().next() {
            return Err(passing);
        }
        let reached = self.taken.len();
        let why = self.refused.into_iter().next();
        let Some(first) = self.taken.into_iter().next() else { return Err(SendError::never(why.unwrap_or_default())) };
        let text = match why {
            None if numbers == 1 => first.text,
            None => format!("{}, {numbers} numbers", first.text),
            Some(why) => format!("{}, {reached} of {numbers} numbers; else: {why}", first.text),
        };
        Ok(Receipt { id: first.id, text })
    }
}

/// `…23, …45`
impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["+44 7700 900123", "447700900123", "0044-7700-900.123", "+44 (7700) 900/123"] {
            assert_eq!(Number::read("to", text).unwrap().e164(), "+447700900123", "{text}");
        }
        for text in ["", "07700 900123", "+44 7700", "+4477009001234567", "ops", "+44x7700900123", "+٤٤٧٧٠٠٩٠٠١٢٣"]
        {
            let error = Number::read("to", text).unwrap_err().to_string();
            assert!(error.contains("+12025550143"), "{text}: {error}");
        }
    }

    #[test]
    fn numbers_show_their_last_two_digits_only() {
        let numbers = Numbers::read("to", "+447700900123, +4915112345678,, +447700900123").unwrap();
        assert_eq!(numbers.to_string(), "…23, …78");
        assert_eq!(format!("{numbers:?}"), "…23, …78");
    }

    #[test]
    fn a_destination_has_one_to_five_numbers() {
        let several = |count: u32| (0..count).map(|n| format!("+4477009001{n:02}")).collect::<Vec<_>>().join(",");
        assert!(Numbers::read("to", &several(5)).is_ok());
        assert!(Numbers::read("to", &several(6)).unwrap_err().why.contains("6 numbers"));
        assert!(Numbers::read("to", " , ").is_err());
    }

    #[tokio::test]
    async fn a_number_that_refuses_does_not_keep_the_others_from_being_told() {
        let numbers = Numbers::read("to", "+447700900101,+447700900102,+447700900103").unwrap();
        let answer = |number: Number| async move {
            match number.digits().as_bytes().last() {
                Some(b'2') => Err(SendError::never("unsubscribed")),
                _ => Ok(Receipt { id: Some(number.to_string()), text: "201 Created".to_owned() }),
            }
        };
        let receipt = numbers.each(answer).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("…01"));
        assert_eq!(receipt.text, "201 Created, 2 of 3 numbers; else: unsubscribed");
    }

    #[tokio::test]
    async fn nobody_else_is_tried_while_the_platform_is_out_of_order() {
        let numbers = Numbers::read("to", "+447700900101,+447700900102,+447700900103").unwrap();
        let mut asked = 0;
        let passing = numbers.each(|_| {
            asked += 1;
            async { Err(SendError::again("503")) }
        });
        assert_eq!(passing.await, Err(SendError::again("503")));
        assert_eq!(asked, 2);
        let refused = numbers.each(|_| async { Err(SendError::never("unsubscribed")) }).await;
        assert_eq!(refused, Err(SendError::never("unsubscribed")));
    }

    #[tokio::test]
    async fn a_number_that_has_to_wait_is_tried_once_more_and_the_others_are_not_told_twice() {
        let numbers = Numbers::read("to", "+447700900101,+447700900102,+447700900103").unwrap();
        let mut asked = Vec::new();
        let told = numbers.each(|number| {
            let first = !asked.contains(&number.to_string());
            asked.push(number.to_string());
            let result = match number.to_string().as_str() {
                "…01" if first => Err(SendError::again("throttled")),
                _ => Ok(Receipt { id: None, text: "200 OK".to_owned() }),
            };
            async { result }
        });
        assert_eq!(told.await.unwrap().text, "200 OK, 3 numbers");
        assert_eq!(asked, ["…01", "…02", "…03", "…01"]);
        let still = numbers.each(|number| async move {
            if number.to_string() == "…02" {
                Err(SendError::again("throttled"))
            } else {
                Ok(Receipt { id: None, text: String::new() })
            }
        });
        assert_eq!(still.await, Err(SendError::again("throttled")), "the whole is tried again");
    }
}
