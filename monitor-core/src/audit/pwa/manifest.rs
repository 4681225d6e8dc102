//! What the manifest has to say, read as it was served: Chromium's own reading leaves out the purposes of icons.
//! Source of the members: <https://www.w3.org/TR/appmanifest/>.

use serde_json::Value;

use super::{Finding, Observed};
use crate::audit::summary::json::{list, one_line};

/// Smallest side of the icon on a splash screen, in pixels.
/// Source: <https://developer.chrome.com/docs/lighthouse/pwa/splash-screen>.
const SPLASH_ICON: u32 = 512;

pub(super) struct Manifest<'a> {
    manifest: &'a Value,
    errors: &'a [String],
}

impl<'a> Manifest<'a> {
    pub(super) fn of(observed: &'a Observed) -> Self {
        Self { manifest: observed.manifest.as_ref().unwrap_or(&Value::Null), errors: &observed.manifest_errors }
    }

    /// A name, two colours and a large icon: from these the system makes what is shown until the page is there.
    pub(super) fn splash_screen(&self) -> Finding {
        if !self.manifest.is_object() {
            return Err(NO_MANIFEST.to_owned());
        }
        if self.text("name").is_none() {
            return Err("The manifest has no `name`: add the app's full name.".to_owned());
        }
        let background = self.color("background_color")?;
        let theme = self.color("theme_color")?;
        let large = list(&self.manifest["icons"]).find(|icon| has_source(icon) && is_large(icon));
        match large {
            Some(_) => Ok(format!("The manifest has a name, the colours {background} and {theme}, and a large icon.")),
            None => {
                Err(format!("The manifest has no icon of {SPLASH_ICON}×{SPLASH_ICON} pixels or more: add one, as PNG."))
            }
        }
    }

    /// An icon whose edges may be cut off, which fits the shape that the system gives all icons.
    pub(super) fn maskable_icon(&self) -> Finding {
        if !self.manifest.is_object() {
            return Err(NO_MANIFEST.to_owned());
        }
        let maskable = |icon: &&Value| {
            let purpose = icon["purpose"].as_str().unwrap_or_default();
            has_source(icon) && purpose.split_whitespace().any(|word| word.eq_ignore_ascii_case("maskable"))
        };
        match list(&self.manifest["icons"]).find(maskable) {
            Some(icon) => Ok(format!("The icon {} is maskable.", one_line(icon["src"].as_str().unwrap_or_default(), 100))),
            None => Err("No icon of the manifest has `\"purpose\": \"maskable\"`: add one with its motif within the middle 80 %."
                .to_owned()),
        }
    }

    /// A colour that Chromium takes.
    pub(super) fn color(&self, name: &str) -> Finding {
        if !self.manifest.is_object() {
            return Err(NO_MANIFEST.to_owned());
        }
        match self.text(name) {
            None => Err(format!("The manifest has no `{name}`: add one, such as \"#1a73e8\".")),
            Some(color) if self.errors.iter().any(|error| error.contains(name)) => {
                Err(format!("The manifest's `{name}` is {}, which is not a colour.", one_line(color, 40)))
            }
            Some(color) => Ok(one_line(color, 40)),
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.manifest[name].as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}

const NO_MANIFEST: &str = "There is no manifest that could be read: link one with <link rel=\"manifest\" href=\"…\">.";

fn has_source(icon: &Value) -> bool {
    icon["src"].as_str().is_some_and(|src| !src.trim().is_empty())
}

/// Of any size, or of one that is at least that wide and high.
fn is_large(icon: &Value) -> bool {
    let sizes = icon["sizes"].as_str().unwrap_or_default().to_ascii_lowercase();
    sizes.split_whitespace().any(|size| {
        let sides = size.split_once('x').and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)));
        size == "any" || sides.is_some_and(|(width, height)| width.min(height) >= SPLASH_ICON)
    })
}
