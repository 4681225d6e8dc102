//! As much of HTTP/1.1 as is needed to read an answer without a client that would cost more than what is measured.

/// The status and the length, head included, of the answer that bytes begin with, once it is whole. Its body has to
/// have a `content-length`.
pub(crate) fn whole(bytes: &[u8]) -> Option<(u16, usize)> {
    let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..head_end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let is_length = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("content-length");
    let (_, body) = lines.filter_map(|line| line.split_once(':')).find(is_length)?;
    let length = head_end.checked_add(body.trim().parse().ok()?)?;
    (bytes.len() >= length).then_some((status, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 201 Created\r\nDate: x\r\ncontent-length: 7\r\n\r\nCreated";
        for end in 0..answer.len() {
            assert_eq!(whole(&answer[..end]), None, "{end}");
        }
        assert_eq!(whole(answer), Some((201, answer.len())));
        assert_eq!(whole(&[answer.as_slice(), b"HTTP"].concat()), Some((201, answer.len())));
    }

    #[test]
    fn what_has_no_length_is_no_answer() {
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"), None);
        assert_eq!(whole(b"SSH-2.0-x\r\n\r\n"), None);
    }
}
