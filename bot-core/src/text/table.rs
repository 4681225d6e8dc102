//! A table, its columns aligned and shortened until it fits.

use super::line::{fit, one_line, pad, pad_left, width};
use super::{DIM, TextStyle};
use crate::reply::{Align, Column};

/// Spaces between columns.
const GAP: usize = 2;
/// Columns narrower than this say nothing.
const NARROWEST: usize = 4;
/// Cells wider than this are shortened whatever the width.
const WIDEST: usize = 200;

pub(super) fn draw(style: TextStyle, columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| width(&one_line(&column.name))).collect();
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width(cell).clamp(*widest, WIDEST.max(*widest));
        }
    }
    narrow(&mut widths, style.width.saturating_sub(2 + GAP * columns.len().saturating_sub(1)));
    let head: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let head = style.paint(DIM, &row(columns, &widths, &head));
    let lines = rows.iter().map(|cells| row(columns, &widths, cells));
    std::iter::once(head).chain(lines).map(|line| format!("  {line}")).collect()
}

/// Takes from the widest column, column by column, until all fit.
fn narrow(widths: &mut [usize], room: usize) {
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    while excess > 0 {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > NARROWEST) else {
            return;
        };
        *widest -= 1;
        excess -= 1;
    }
}

fn row(columns: &[Column], widths: &[usize], cells: &[String]) -> String {
    let cell = |((column, &width), cell): ((&Column, &usize), &String)| match column.align {
        Align::Left => pad(&fit(cell, width), width),
        Align::Right => pad_left(&fit(cell, width), width),
    };
    let cells: Vec<String> = columns.iter().zip(widths).zip(cells).map(cell).collect();
    cells.join(&" ".repeat(GAP)).trim_end().to_owned()
}
