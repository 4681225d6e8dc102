//! Tables, for platforms that have none: drawn in columns while they are narrow, else as a file.

use bot_core::reply::{Align, Column};
use unicode_width::UnicodeWidthStr as _;

/// Spaces between columns.
const GAP: usize = 2;

/// A table drawn with nothing left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Its lines, the first of them the heads.
    pub text: String,
    /// Columns that the widest line takes in a fixed width.
    pub width: usize,
}

/// Draws a table in a fixed width, one line a row.
#[must_use]
pub fn draw(columns: &[Column], rows: &[Vec<String>]) -> Drawn {
    let heads: Vec<String> = columns.iter().map(|column| one_line(&column.name)).collect();
    let mut lines = vec![heads];
    lines.extend(rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()));
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; count];
    for line in &lines {
        for (widest, cell) in widths.iter_mut().zip(line) {
            *widest = cell.width().max(*widest);
        }
    }
    let drawn: Vec<String> = lines.iter().map(|line| row(columns, &widths, line)).collect();
    Drawn { width: drawn.iter().map(|line| line.width()).max().unwrap_or(0), text: drawn.join("\n") }
}

fn row(columns: &[Column], widths: &[usize], cells: &[String]) -> String {
    let mut line = String::new();
    for (index, cell) in cells.iter().enumerate() {
        let space = " ".repeat(widths.get(index).map_or(0, |width| width.saturating_sub(cell.width())));
        let right = columns.get(index).is_some_and(|column| column.align == Align::Right);
        let (before, after) = if right { (space.as_str(), "") } else { ("", space.as_str()) };
        let gap = if index > 0 { " ".repeat(GAP) } else { String::new() };
        line.extend([gap.as_str(), before, cell, after]);
    }
    line.trim_end().to_owned()
}

/// The cell on one line; control characters, which a fixed width cannot show, become spaces.
fn one_line(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The table as lines that may break anywhere, for what is too wide to be drawn in columns; nothing is left out.
#[must_use]
pub fn list(columns: &[Column], rows: &[Vec<String>]) -> String {
    let heads = columns.iter().map(|column| one_line(&column.name)).collect::<Vec<_>>().join(" · ");
    let cell = |cell: &String| if cell.is_empty() { "–".to_owned() } else { one_line(cell) };
    let line = |row: &Vec<String>| format!("• {}", row.iter().map(cell).collect::<Vec<_>>().join(" · "));
    std::iter::once(heads).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

/// The table as a file of comma-separated values, as RFC 4180 has it.
#[must_use]
pub fn csv(columns: &[Column], rows: &[Vec<String>]) -> String {
    let heads = std::iter::once(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    let rows = rows.iter().map(|row| row.iter().map(String::as_str).collect());
    let line = |cells: Vec<&str>| cells.into_iter().map(value).collect::<Vec<_>>().join(",") + "\r\n";
    heads.chain(rows).map(line).collect()
}

fn value(cell: &str) -> String {
    // A spreadsheet takes these for the beginning of a formula, and what is monitored may be a stranger's.
    // Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
    let number = cell.parse::<f64>().is_ok();
    let formula = !number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use bot_core::reply::Block;

    use super::*;

    fn table(heads: &[&str], rows: &[&[&str]]) -> (Vec<Column>, Vec<Vec<String>>) {
        let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        match Block::table("", heads, rows) {
            Block::Table { columns, rows, .. } => (columns, rows),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_are_aligned_whatever_is_in_them() {
        let (columns, rows) = table(&["monitor", ">time"], &[&["shop", "120 ms"], &["店\nfront", "9 ms"], &["a"]]);
        let drawn = draw(&columns, &rows);
        insta::assert_snapshot!(drawn.text, @r"
        monitor     time
        shop      120 ms
        店 front    9 ms
        a
        ");
        assert_eq!(drawn.width, 16);
        assert_eq!(draw(&[], &[]), Drawn { text: String::new(), width: 0 });
    }

    #[test]
    fn what_is_too_wide_is_a_list() {
        let (columns, rows) = table(&["monitor", ">time"], &[&["shop", "120 ms"], &["blog\n2", ""]]);
        assert_eq!(list(&columns, &rows), "monitor · time\n• shop · 120 ms\n• blog 2 · –");
    }

    #[test]
    fn a_file_keeps_every_cell_and_starts_no_formula() {
        let (columns, rows) = table(&["monitor", "why"], &[&["a,b", "it said \"no\"\n"], &["=cmd()", "-1.5"]]);
        assert_eq!(csv(&columns, &rows), "monitor,why\r\n\"a,b\",\"it said \"\"no\"\"\n\"\r\n'=cmd(),-1.5\r\n");
    }
}
