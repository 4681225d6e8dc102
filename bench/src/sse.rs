//! Reading server-sent events. Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Gathers bytes into events.
#[derive(Default)]
pub(crate) struct Reader(Vec<u8>);

impl Reader {
    /// Takes bytes in and answers the events that are complete now.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.0.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.0.drain(..end + 2).collect();
            let event = parse(&String::from_utf8_lossy(&block));
            if !event.data.is_empty() {
                events.push(event);
            }
        }
        events
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.name),
            "data" => event.data.push_str(value),
            _ => {}
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_the_bytes_are_cut() {
        let stream =
            b"retry: 2000\n\nid: 1\nevent: card\ndata: {\"a\":1}\n\n: still here\n\nevent: overview\ndata: {}\n\n";
        let mut reader = Reader::default();
        let events: Vec<Event> = stream.iter().flat_map(|byte| reader.take(&[*byte])).collect();
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        assert_eq!(events, [event("card", "{\"a\":1}"), event("overview", "{}")]);
    }
}
