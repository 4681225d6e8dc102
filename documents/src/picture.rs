//! Pictures of strangers' pages.

use maud::{Markup, html};

/// Longest picture, in characters of base64.
const LONGEST: usize = 4_000_000;

/// A JPEG with its words; `None`: this is none, and nothing of it is shown.
pub(crate) fn jpeg(base64: &str, alt: &str) -> Option<Markup> {
    is_jpeg(base64).then(|| html! { img src={ "data:image/jpeg;base64," (base64) } alt=(alt); })
}

/// Whether a text is standard base64 of something that begins like a JPEG.
fn is_jpeg(base64: &str) -> bool {
    let digits = base64.trim_end_matches('=');
    let padded = base64.len() - digits.len() <= 2 && base64.len().is_multiple_of(4);
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    base64.starts_with("/9j/") && padded && base64.len() <= LONGEST && digits.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_jpegs_in_base64_are_shown() {
        let shown = jpeg("/9j/4A==", "A \"page\"").unwrap().into_string();
        assert_eq!(shown, "<img src=\"data:image/jpeg;base64,/9j/4A==\" alt=\"A &quot;page&quot;\">");
        for other in
            ["", "/9j/4A=", "/9j/\"><script>", "data:image/jpeg;base64,/9j/", "iVBORw0K", "/9j/ 4A=", "/9j/4A-_"]
        {
            assert!(jpeg(other, "").is_none(), "{other}");
        }
    }
}
