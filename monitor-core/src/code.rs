//! Codes of refused requests, the counterpart of [`Reason`](crate::outcome::Reason) for checks.

use std::fmt;

/// Declares the codes once: variant, stable code, and the sentence that explains it.
macro_rules! codes {
    ($($variant:ident $code:literal $about:literal;)+) => {
        /// Why something was not done: a stable code that scripts and docs may rely on. One list for the whole program, so
        /// that no code has two meanings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $about] $variant,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, in snake case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// One sentence for the docs.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

codes! {
    MessageTooLong "message_too_long" "The message is longer than is read.";
    UnterminatedQuote "unterminated_quote" "A quote is opened and never closed.";
    UnknownCommand "unknown_command" "The message begins with no command.";
    UnknownArgument "unknown_argument" "The command takes no such argument.";
    MissingValue "missing_value" "A value is missing or empty.";
    RepeatedArgument "repeated_argument" "An argument is given twice that may be given once.";
    ConflictingArguments "conflicting_arguments" "Arguments exclude each other.";
    TooMuch "too_much" "Something is larger or more than it may be.";
    NotRemovable "not_removable" "`none` for an argument that has to have a value.";
    InvalidValue "invalid_value" "The argument does not take that value.";
    InvalidUrl "invalid_url" "The address is none that can be watched.";
    UnsupportedScheme "unsupported_scheme" "The address is neither `http:` nor `https:`.";
    UrlTooLong "url_too_long" "The address is too long.";
    AddressRefused "address_refused" "The target's address is one that this Watchword may not reach, so it is not watched.";
    InvalidName "invalid_name" "The name is not one that commands could take.";
    NameTaken "name_taken" "Something else of that sort has that name.";
    IncidentNotFound "incident_not_found" "There is no such incident, or it is not clear which one is meant.";
    Settled "settled" "It was done already, or is over.";
    InvalidDuration "invalid_duration" "The value is not a duration.";
    InvalidInterval "invalid_interval" "The interval is out of range.";
    InvalidSchedule "invalid_schedule" "The value is not a schedule or not a time zone.";
    InvalidTimeout "invalid_timeout" "The timeout is out of range.";
    InvalidPolicy "invalid_policy" "Retries, confirmation and recovery do not fit together.";
    InvalidMethod "invalid_method" "The value is not an HTTP method.";
    InvalidHeader "invalid_header" "The header cannot be sent.";
    InvalidEndpoint "invalid_endpoint" "The value is not a host, or not a host and a port.";
    DependsInCircle "depends_in_circle" "Monitors would depend on each other.";
    InvalidLabel "invalid_label" "The value is not a label.";
    InvalidOption "invalid_option" "An option of the check does not work.";
    InvalidAssertion "invalid_assertion" "The assertion is not one that can be checked.";
    InvalidCondition "invalid_condition" "The condition of an alert rule is not one that can be watched for.";
    InvalidBudget "invalid_budget" "The budget is not one that an audit could judge.";
    InvalidPattern "invalid_pattern" "The regular expression does not work.";
    InvalidJsonPath "invalid_json_path" "The value is not a JSONPath.";
    JsonPathTooBroad "json_path_too_broad" "The JSONPath could take without bound to evaluate.";
    InvalidPeriod "invalid_period" "The period, or its beginning and end, cannot be reported on.";
    InvalidTime "invalid_time" "The value is not a day or a time.";
    SecretsStay "secrets_stay" "The monitor's secrets are not sent to another origin.";
    MonitorNotFound "monitor_not_found" "There is no such monitor.";
    DestinationNotFound "destination_not_found" "There is no such destination.";
    InvalidDestination "invalid_destination" "A field of the destination is missing or does not work.";
    NotDelivered "not_delivered" "The destination did not take the test.";
    NotificationNotFound "notification_not_found" "There is no such notification, or it is not one that could be sent again.";
    NotFound "not_found" "There is no such route, rotation, silence, maintenance, place, person, audit, security check, host or schedule.";
    InvalidCode "invalid_code" "The code is none that can be said there: it was said before, is too old, or is for another platform.";
    Unconnected "unconnected" "The place where it was said is connected to no organisation.";
    Unlinked "unlinked" "Whoever said it is not linked, and may do nothing there without that.";
    InUse "in_use" "It cannot be deleted, because something else needs it.";
    RuleNotFound "rule_not_found" "There is no such alert rule.";
    NotHeartbeat "not_heartbeat" "The monitor is no heartbeat, to which jobs report in.";
    NotChecked "not_checked" "The monitor is a heartbeat, which nothing can check from here.";
    ConversationNotFound "conversation_not_found" "There is no such conversation.";
    PageNotFound "page_not_found" "The list has fewer pages.";
    NoQuestion "no_question" "There is no question open, or it is settled.";
    ExpiredButton "expired_button" "The button is unknown or too old.";
    Unverified "unverified" "It is done only to hosts that are shown to be one's own.";
    Denied "denied" "The person's role does not allow it.";
    Unavailable "unavailable" "What it needs is not there: the message says what to install or set.";
    Busy "busy" "The monitor is being checked and did not become free in time.";
    Internal "internal" "Something broke in Watchword; its log says what.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_words_in_snake_case() {
        let codes: HashSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')), "{codes:?}");
    }
}
