//! The figures as a table, in Markdown that also reads well as it is.

use crate::board::{Board, Figure, short};
use crate::goals::Of;
use crate::machine::Machine;

const HEAD: [&str; 7] = ["figure", "measured", "spread", "goal", "to the limit", "to the peer", ""];

/// All of a run: the machine, the table, and what is missing.
pub(crate) fn render(board: &Board, machine: &Machine, quick: bool) -> String {
    let Machine { processor, cores, memory_mb, kernel, rustc } = machine;
    let how = if quick { " Measured with `--quick`, which is less exact." } else { "" };
    let mut out = format!("{processor}, {cores} cores, {memory_mb} MB, Linux {kernel}, {rustc}.{how}\n\n");
    let rows: Vec<[String; 7]> = board.figures.iter().map(row).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len(), 3]).max().unwrap_or(3)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    out.push_str(&line(&HEAD.map(str::to_owned), &widths));
    out.push_str(&line(&widths.map(|width| "-".repeat(width)), &widths));
    for row in &rows {
        out.push_str(&line(row, &widths));
    }
    let missed = board.figures.iter().filter(|figure| figure.missed() == Some(true)).count();
    let held = board.figures.iter().filter(|figure| figure.missed() == Some(false)).count();
    out.push_str(&format!("\nGoals reached: {held}, missed: {missed}.\n"));
    for missing in &board.not_measured {
        out.push_str(&format!("\nNot measured: {missing}\n"));
    }
    out
}

fn row(figure: &Figure) -> [String; 7] {
    let times = |ratio: Option<f64>| ratio.map_or_else(String::new, |ratio| format!("{}x", short(ratio)));
    let goal = figure.goal().map_or_else(String::new, |goal| match goal.of {
        Of::Value => format!("<= {}", goal.most),
        Of::Limit => format!("<= {}x the limit", goal.most),
        Of::Peer => format!("<= {}x the peer", goal.most),
    });
    let verdict = match figure.missed() {
        Some(true) => "MISSED",
        Some(false) => "ok",
        None if figure.goal().is_some() => "not compared",
        None => "",
    };
    [
        figure.name.clone(),
        format!("{} {}", short(figure.value), figure.unit),
        figure.range().map_or_else(String::new, |(low, high)| format!("{} to {}", short(low), short(high))),
        goal,
        times(figure.to_limit()),
        times(figure.to_peer()),
        verdict.to_owned(),
    ]
}

fn line(cells: &[String; 7], widths: &[usize; 7]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!(" {cell:<width$} |"));
    std::iter::once("|".to_owned()).chain(padded).chain(["\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_and_what_is_missing_are_told() {
        let mut board = Board::default();
        let flat = Figure::runs("checks.flat.cpu", "checks flat out", "s", vec![0.2, 0.25, 0.35]);
        board.figures.push(flat.beside(Some(0.05), None));
        board.figures.push(Figure::once("idle.memory", "memory", "MB", 30.0));
        board.not_measured.push("peer: not installed".to_owned());
        let machine = Machine {
            processor: "CPU".to_owned(),
            cores: 2,
            memory_mb: 8_000,
            kernel: "6".to_owned(),
            rustc: "rustc".to_owned(),
        };
        let text = render(&board, &machine, false);
        for expected in [
            "| checks flat out | 0.250 s  | 0.200 to 0.350 | <= 3x the limit | 5.00x        |             | MISSED |",
            "| memory          | 30.0 MB  |                | <= 40           |              |             | ok     |",
            "Goals reached: 1, missed: 1.",
            "Not measured: peer: not installed",
            "CPU, 2 cores, 8000 MB, Linux 6, rustc.",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }
}
