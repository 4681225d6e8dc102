use lighthouse_bridge::AuditError;
use tokio_util::sync::CancellationToken;

use crate::support::{Worker, page};

#[path = "../../documents/tests/samples/mod.rs"]
mod samples;

#[tokio::test]
async fn a_document_is_printed_and_loads_nothing() {
    let (worker, target) = (Worker::start().await, page("image").await);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><title>Report &amp; more</title></head>\
         <body><h1>Report</h1><img alt=\"\" src=\"{}\"><script>document.body.textContent = ''</script></body></html>",
        target.url()
    );
    let pdf = worker.bridge.print(&html, &CancellationToken::new()).await.unwrap();
    assert!(pdf.starts_with(b"%PDF-1."));
    let text = String::from_utf8_lossy(&pdf);
    assert!(
        text.contains("/Title (Report & more)") && text.contains("/StructTreeRoot"),
        "{}",
        &text[..text.len().min(2_000)]
    );
    assert_eq!(target.requests(), 0);
    worker.assert_nothing_left();
}

#[tokio::test]
async fn a_print_can_be_called_off() {
    let worker = Worker::start().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let printed = worker.bridge.print("<!doctype html><html><head></head><body></body></html>", &cancel).await;
    assert_eq!(printed.unwrap_err(), AuditError::Cancelled);
    worker.assert_nothing_left();
}

/// Bookmarks stand in the file as they are, and come from the headings; what is printed of a page does not.
#[tokio::test]
async fn reports_become_tagged_documents_with_bookmarks() {
    let worker = Worker::start().await;
    let mut documents = vec![("What to mend first", 4..=9, samples::slow().html())];
    documents
        .extend(samples::report_samples().into_iter().take(1).map(|(_, html)| ("How it was counted", 2..=3, html)));
    for (bookmark, pages, html) in documents {
        let pdf = worker.bridge.print(&html, &CancellationToken::new()).await.unwrap();
        let text = String::from_utf8_lossy(&pdf);
        for part in ["/StructTreeRoot", "/MarkInfo", "/Lang (en)", &format!("/Title ({bookmark})")] {
            assert!(text.contains(part), "{part}");
        }
        let printed = text.matches("/Type /Page\n").count();
        assert!(pages.contains(&printed), "{printed} pages");
    }
    worker.assert_nothing_left();
}
