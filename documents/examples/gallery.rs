//! Writes documents of every kind as HTML into the folder given as argument: ordinary ones, empty ones, hostile ones. Further
//! arguments are a summary of an audit as JSON, to see it as a document.

use std::error::Error;
use std::path::PathBuf;

#[path = "../tests/samples/mod.rs"]
mod samples;

use samples::{Sample, report_samples};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: gallery FOLDER [SUMMARY]")?);
    std::fs::create_dir_all(&folder)?;
    let mut all = vec![
        ("audit", samples::slow()),
        ("audit-first", samples::first()),
        ("audit-good", samples::good()),
        ("audit-empty", samples::empty()),
        ("audit-hostile", samples::hostile()),
        ("audit-many", samples::many()),
        ("audit-languages", samples::languages()),
    ];
    if let Some(summary) = arguments.next() {
        let summary = serde_json::from_str(&std::fs::read_to_string(summary)?)?;
        all.push(("audit-given", Sample { summary, ..samples::slow() }));
    }
    for (name, sample) in &all {
        std::fs::write(folder.join(format!("{name}.html")), sample.html())?;
    }
    for (name, html) in report_samples() {
        std::fs::write(folder.join(format!("{name}.html")), html)?;
    }
    Ok(())
}
