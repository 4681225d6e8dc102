//! A report as files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charts::{Chart, Theme};
use monitor_core::code::ErrorCode;
use services::PrintedReport;
use services::view::ReportView;

use super::subject;
use crate::cards::audit::{file_block, plain};
use crate::command::Failure;
use crate::reply::Block;

/// The figures, days and incidents as tables for a spreadsheet.
pub(crate) fn csv(view: &ReportView) -> Vec<Block> {
    let subject = subject(view);
    let file = |(what, text): (&str, String)| Block::File {
        name: format!("{subject}-{what}.csv"),
        media_type: "text/csv; charset=utf-8".to_owned(),
        data: STANDARD.encode(text),
    };
    documents::tables(&view.document()).into_iter().map(file).collect()
}

/// The document to pass on, with where else it can be had.
pub(crate) fn pdf(printed: &PrintedReport) -> Vec<Block> {
    let mut blocks = vec![Block::text(plain(&format!("The report on {}", subject(&printed.view))))];
    if let Some((link, until)) = &printed.link {
        blocks
            .push(Block::text(format!("Whoever has this address can download it until {}: {link}", until.to_minute())));
    }
    blocks.push(file_block(&printed.file, &printed.bytes));
    blocks
}

/// The charts as files. Pixels take a while to draw, so this happens beside what waits for the network.
pub(crate) async fn drawn(view: &ReportView, kind: &str) -> Result<Vec<Block>, Failure> {
    let (subject, charts) = (subject(view), documents::charts(&view.document()));
    let png = kind == "png";
    let broken = |text| Failure::new(ErrorCode::Internal, text);
    let draw = move || -> Result<Vec<Block>, Failure> {
        let file = |(what, chart): &(&str, Chart)| {
            let bytes = if png {
                chart
                    .png(Theme::Light, 2.0)
                    .map_err(|error| broken(format!("The {what} chart could not be drawn: {error}.")))?
            } else {
                chart.svg(Theme::Auto).into_bytes()
            };
            let (extension, media_type) = if png { ("png", "image/png") } else { ("svg", "image/svg+xml") };
            let name = format!("{subject}-{what}.{extension}");
            Ok(Block::File { name, media_type: media_type.to_owned(), data: STANDARD.encode(bytes) })
        };
        charts.iter().map(file).collect()
    };
    let drawn = tokio::task::spawn_blocking(draw).await;
    drawn.map_err(|_| broken("The charts could not be drawn.".to_owned()))?
}
