//! Reads server-sent events off a byte stream: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>.

/// Longest event taken; a stream with a longer one is broken.
const LONGEST: usize = 4 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

/// Takes bytes as they come and gives whole events.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// What follows the last complete line.
    rest: Vec<u8>,
    event: Event,
}

impl Parser {
    /// The events that these bytes complete; `None` when no end of an event is in sight.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<Vec<Event>> {
        self.rest.extend_from_slice(bytes);
        let mut events = Vec::new();
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return (self.rest.len() < LONGEST).then_some(events);
        };
        let lines: Vec<u8> = self.rest.drain(..=end).collect();
        for line in lines[..end].split(|byte| *byte == b'\n') {
            events.extend(self.line(line.strip_suffix(b"\r").unwrap_or(line)));
        }
        (self.rest.len() + self.event.data.len() < LONGEST).then_some(events)
    }

    /// An empty line ends an event; one without data is none.
    fn line(&mut self, line: &[u8]) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.data.is_empty()).then_some(event);
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                let separator = if self.event.data.is_empty() { "" } else { "\n" };
                self.event.data += separator;
                self.event.data += value;
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, id: Option<&str>, data: &str) -> Event {
        Event { name: name.to_owned(), id: id.map(str::to_owned), data: data.to_owned() }
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let stream = "retry: 2000\n\n: still here\n\nid: 7\nevent: card\ndata: {\"ä\":1}\n\ndata:a\r\ndata: b\r\n\r\n"
            .as_bytes();
        let wanted = [event("card", Some("7"), "{\"ä\":1}"), event("", None, "a\nb")];
        for size in 1..=stream.len() {
            let mut parser = Parser::default();
            let events: Vec<Event> = stream.chunks(size).flat_map(|chunk| parser.push(chunk).unwrap()).collect();
            assert_eq!(events, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_that_is_cut_off_is_not_told() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(b"id: 1\ndata: half").unwrap(), []);
    }

    #[test]
    fn a_stream_without_end_is_given_up() {
        let endless = vec![b'x'; LONGEST];
        assert_eq!(Parser::default().push(&endless), None);
        let mut parser = Parser::default();
        let line = [b"data: ", &endless[..LONGEST / 2], b"\n"].concat();
        assert!(parser.push(&line).is_some());
        assert_eq!(parser.push(&line), None);
    }
}
