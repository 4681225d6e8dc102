//! What the worker is asked to do.

use monitor_core::audit::spec::{AuditSpec, Named};
use serde_json::{Value, json};

/// How long a page may load until it is judged as it is. What never becomes quiet is judged after that.
const MAX_WAIT_MS: u32 = 30_000;

/// How much memory the scripts of a page may take until the page counts as crashed.
const MAX_HEAP_MB: u32 = 512;

/// A job, without what only its place knows: folder, browser, proxy.
pub(crate) enum Job<'a> {
    /// Audit a page.
    Audit(&'a AuditSpec),
    /// Print a document.
    Print(&'a str),
}

impl Job<'_> {
    /// The job as the worker takes it. A document stands in it as a whole.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Audit(spec) => json!({
                "job": "audit",
                "url": spec.url,
                "device": spec.device,
                "runs": spec.runs,
                "throttling": spec.throttling,
                "locale": spec.locale,
                "headers": exposed(&spec.headers),
                "cookies": exposed(&spec.cookies),
                "max_wait_ms": MAX_WAIT_MS,
                "max_heap_mb": MAX_HEAP_MB,
            }),
            Self::Print(html) => json!({ "job": "print", "html": html, "title": title(html) }),
        }
    }
}

fn exposed(all: &[Named]) -> Vec<Value> {
    all.iter().map(|one| json!({ "name": one.name, "value": one.value.expose() })).collect()
}

/// What a document calls itself.
fn title(html: &str) -> String {
    let found = html.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let text = found.map(|(title, _)| title.trim()).unwrap_or_default();
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_s_title_is_read_as_text() {
        let document =
            "<!doctype html><head><title> Shop &amp; &lt;b&gt; &#39;x&#39; </title></head><title>other</title>";
        assert_eq!(title(document), "Shop & <b> 'x'");
        assert_eq!(title("<p>none"), "");
    }

    #[test]
    fn secrets_reach_the_worker_although_they_are_not_shown_elsewhere() {
        let mut spec = spec();
        spec.cookies = vec![Named { name: "sid".into(), value: monitor_core::secret::Secret::new("hunter2") }];
        assert_eq!(Job::Audit(&spec).to_json()["cookies"], json!([{ "name": "sid", "value": "hunter2" }]));
        assert!(!serde_json::to_string(&spec).unwrap().contains("hunter2"));
    }

    fn spec() -> AuditSpec {
        serde_json::from_value(json!({
            "url": "https://shop.example/", "device": "mobile", "runs": 1, "throttling": "simulate", "locale": "en-US",
            "headers": [], "cookies": [], "budgets": [],
        }))
        .unwrap()
    }
}
