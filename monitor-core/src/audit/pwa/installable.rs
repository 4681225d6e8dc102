//! Chromium's reasons why a page cannot be installed, in words.
//! Source: `components/webapps/browser/installable/installable_logging.cc` of Chromium.

use super::{Finding, Observed};
use crate::audit::summary::json::one_line;

/// Most reasons that are told.
const MAX_REASONS: usize = 5;

pub(super) fn judge(observed: &Observed) -> Finding {
    let errors = &observed.installability_errors;
    if errors.is_empty() && observed.manifest_url.is_some() {
        return Ok("Chromium would install it.".to_owned());
    }
    if errors.is_empty() {
        return Err(mend("no-manifest").to_owned());
    }
    let reason = |id: &String| match mend(id) {
        "" => format!("Chromium refuses: {}.", one_line(id, 60)),
        words => words.to_owned(),
    };
    let mut reasons: Vec<String> = Vec::new();
    for reason in errors.iter().take(MAX_REASONS).map(reason) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Err(reasons.join(" "))
}

/// What to do about a reason; empty for one that is not known.
fn mend(id: &str) -> &'static str {
    match id {
        "no-manifest" => "The page names no manifest: link one with <link rel=\"manifest\" href=\"…\">.",
        "manifest-empty" | "manifest-parsing-or-network-error" => {
            "The manifest cannot be loaded, is empty or is not JSON: open its address and mend what is wrong there."
        }
        "start-url-not-valid" => "The manifest has no valid `start_url`: give an address of the same origin.",
        "manifest-missing-name-or-short-name" => "The manifest has neither `name` nor `short_name`: add them.",
        "manifest-display-not-supported" | "manifest-display-override-not-supported" => {
            "The manifest's `display` opens it as a page: use \"standalone\", \"fullscreen\" or \"minimal-ui\"."
        }
        "manifest-missing-suitable-icon" | "no-acceptable-icon" => {
            "The manifest has no suitable icon: add a square PNG, SVG or WebP of at least 144 pixels, for any purpose."
        }
        "cannot-download-icon" | "no-icon-available" => "The manifest's icon cannot be loaded: check its address.",
        "not-from-secure-origin" => "The page does not come by https: serve it so.",
        "not-in-main-frame" => "The page is shown within another one.",
        "prefer-related-applications" | "prefer-related-applications-only-beta-stable" => {
            "The manifest says `prefer_related_applications`: leave it out, or people are sent to a store."
        }
        "url-not-supported-for-webapk" => "The manifest has an address with a user, a password or a port in it.",
        "manifest-location-changed" => "The manifest's address changed while the page loaded.",
        "not-offline-capable" | "warn-not-offline-capable" => "The page does not start without a network.",
        _ => "",
    }
}
