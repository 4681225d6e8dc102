//! The page that all documents share: policy, style sheet, numbers at the foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text::Clean;

const STYLE: &str = include_str!("style.css");

/// The font is put into the document by whoever prints it.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";

/// A whole document. `kind` says what it is, in words of ours, and stands with `made` at the foot of every page.
pub(crate) fn page(title: &str, kind: &str, made: &str, body: &Markup) -> String {
    let foot = format!("@page{{@bottom-left{{content:\"Watchword · {} · {}\"}}}}", plain(kind), plain(made));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (Clean(title)) }
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                style { (PreEscaped(STYLE)) (PreEscaped(foot)) }
            }
            body {
                header.band {
                    p.brand { (mark()) "Watchword" }
                    p.kind { (kind) }
                }
                main { (body) }
            }
        }
    };
    page.into_string()
}

/// A text within a style sheet: letters and digits, and what stands between them in numbers and times.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | ':' | '-')).collect()
}

/// The sign of Watchword: a pulse.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            rect width="24" height="24" rx="6" fill="#1f4fd0" {}
            path d="M4 13h4l2.2-6 3.6 11 2.4-5H20" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}
        }
    }
}

/// A chapter: its heading stays with what follows it.
pub(crate) fn chapter(title: &str, lead: Option<&str>, body: &Markup) -> Markup {
    html! {
        section.chapter {
            h2 { (title) }
            @if let Some(lead) = lead { p.lead { (lead) } }
            (body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foot_cannot_leave_its_string() {
        let page = page("t", "Audit 1\"}} * {content:url(x)", "2026-11-22 10:00 UTC", &html! {});
        assert!(page.contains("content:\"Watchword · Audit 1  content:urlx · 2026-11-22 10:00 UTC\""), "{page}");
    }

    /// The relative luminance of a colour. Source: <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
    fn luminance(hex: &str) -> f64 {
        let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
    }

    fn colour(name: &str) -> &'static str {
        let at = STYLE.find(&format!("--{name}: #")).unwrap_or_else(|| panic!("no colour {name}"));
        &STYLE[at + name.len() + 4..][..7]
    }

    #[test]
    fn every_text_stands_out_from_what_is_behind_it() {
        let grounds = ["paper", "shade"];
        let pairs = ["ink", "muted", "accent", "good", "fair", "poor"].map(|ink| grounds.map(|ground| (ink, ground)));
        let tinted = [("good", "good-tint"), ("fair", "fair-tint"), ("poor", "poor-tint"), ("muted", "none-tint")];
        for (ink, ground) in pairs.into_iter().flatten().chain(tinted) {
            let (a, b) = (luminance(colour(ink)), luminance(colour(ground)));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{ink} on {ground}: {contrast:.2}");
        }
    }
}
