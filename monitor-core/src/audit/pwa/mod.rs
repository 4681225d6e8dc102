//! Whether a page is a Progressive Web App: what Chromium says of it, and its score.
//!
//! Lighthouse dropped the category in version 12. The checks and their weights are those of its last PWA category (11.7), but
//! for the offline start, which it had dropped before and which is why people install a page.

mod installable;
mod manifest;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::summary::json::one_line;
use manifest::Manifest;

/// What Chromium says of a page as an app, before it is judged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observed {
    /// The address of the manifest; `None`: the page names none.
    pub manifest_url: Option<String>,
    /// The manifest as it was served, when it is JSON.
    pub manifest: Option<serde_json::Value>,
    /// What Chromium found wrong with the manifest.
    pub manifest_errors: Vec<String>,
    /// Chromium's ids of why the page cannot be installed, without `in-incognito`.
    pub installability_errors: Vec<String>,
    /// Whether a service worker's scope covers the page.
    pub service_worker: bool,
    /// The status that the start address answered without a network; `None`: nothing answered.
    pub offline_status: Option<u16>,
    /// The content of `<meta name="theme-color">`.
    pub theme_color: Option<String>,
    /// The content of `<meta name="viewport">`.
    pub viewport: Option<String>,
    /// The page's width and the window's, in CSS pixels.
    pub content_width: Option<(u32, u32)>,
}

/// One thing that an app should do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// A stable id, such as `installable`.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    /// How much of the score it is.
    pub weight: u8,
    /// Whether the page does it.
    pub passed: bool,
    /// What was found, and what to do when it does not.
    pub detail: String,
}

/// What a check found: `Ok` when the page does it.
type Finding = Result<String, String>;

/// Judges a page as an app, always by all seven checks, the weightiest first.
#[must_use]
pub fn checks(observed: &Observed) -> Vec<Check> {
    let manifest = Manifest::of(observed);
    [
        ("installable", "Can be installed", 2, installable::judge(observed)),
        ("viewport", "Is laid out for the device's width", 2, viewport(observed)),
        ("offline-start", "Starts without a network", 2, offline_start(observed)),
        ("splash-screen", "Has a splash screen", 1, manifest.splash_screen()),
        ("theme-color", "Colours the window's frame", 1, theme_color(observed, &manifest)),
        ("content-width", "Fits the window's width", 1, content_width(observed)),
        ("maskable-icon", "Has an icon that may be cut to any shape", 1, manifest.maskable_icon()),
    ]
    .map(|(id, title, weight, finding)| {
        let passed = finding.is_ok();
        let (Ok(detail) | Err(detail)) = finding;
        Check { id: id.to_owned(), title: title.to_owned(), weight, passed, detail }
    })
    .into()
}

/// The share of the weights that passed, 0 to 100. `None` without checks.
#[must_use]
pub fn score(checks: &[Check]) -> Option<u8> {
    let sum = |checks: &mut dyn Iterator<Item = &Check>| checks.map(|check| u32::from(check.weight)).sum::<u32>();
    let (passed, all) = (sum(&mut checks.iter().filter(|check| check.passed)), sum(&mut checks.iter()));
    u8::try_from((passed * 200 + all).checked_div(all * 2)?).ok()
}

/// A page without a viewport is laid out 980 pixels wide on phones and shrunk.
/// Source: <https://developer.mozilla.org/docs/Web/HTML/Guides/Viewport_meta_element>.
fn viewport(observed: &Observed) -> Finding {
    const MEND: &str = "add <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
    let Some(content) = &observed.viewport else {
        return Err(format!("The page has no viewport: {MEND}."));
    };
    let lower = content.to_ascii_lowercase();
    let pairs = || lower.split([',', ';']).filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.trim(), v.trim()));
    let scale = pairs().find(|(name, _)| *name == "initial-scale").and_then(|(_, value)| value.parse::<f64>().ok());
    let device_width = pairs().any(|pair| pair == ("width", "device-width"));
    let shown = one_line(content, 100);
    match scale {
        Some(scale) if scale < 1.0 => Err(format!("The viewport `{shown}` shrinks the page: {MEND}.")),
        _ if device_width || scale.is_some() => Ok(format!("The viewport is `{shown}`.")),
        _ => Err(format!("The viewport `{shown}` does not follow the device's width: {MEND}.")),
    }
}

fn offline_start(observed: &Observed) -> Finding {
    match (observed.service_worker, observed.offline_status) {
        (true, Some(status @ 200..300)) => Ok(format!("Without a network the start address answers {status}.")),
        (true, Some(status)) => Err(format!(
            "Without a network the start address answers {status}: have the service worker answer it with a page that it \
             keeps in its cache."
        )),
        (true, None) => {
            Err("There is a service worker, but without a network the start address does not answer: keep it in \
                             the worker's cache when it is installed, and answer `fetch` from there."
                .to_owned())
        }
        (false, _) => {
            Err("No service worker covers the page: register one whose scope contains it, and have it answer the \
                           start address from its cache."
                .to_owned())
        }
    }
}

fn theme_color(observed: &Observed, manifest: &Manifest<'_>) -> Finding {
    let of_page = observed.theme_color.as_deref().map(str::trim).filter(|color| !color.is_empty());
    match (of_page, manifest.color("theme_color")) {
        (Some(of_page), Ok(of_manifest)) => {
            Ok(format!("The page says {}, the manifest {of_manifest}.", one_line(of_page, 40)))
        }
        (None, _) => Err("The page names no colour: add <meta name=\"theme-color\" content=\"…\">.".to_owned()),
        (Some(_), Err(why)) => Err(why),
    }
}

fn content_width(observed: &Observed) -> Finding {
    match observed.content_width {
        Some((page, window)) if page <= window => Ok(format!("The page is {page} pixels wide, the window {window}.")),
        Some((page, window)) => Err(format!(
            "The page is {page} pixels wide, the window {window}: let what is wider shrink or wrap, such as pictures by \
             `max-width: 100%`."
        )),
        None => Err("The page's width could not be measured.".to_owned()),
    }
}
