//! A grid of braille dots: two by four in each character.

/// A drawing of dots.
pub(crate) struct Dots {
    columns: usize,
    cells: Vec<u8>,
}

impl Dots {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, cells: vec![0; columns * rows] }
    }

    /// Sets a dot, counted from the upper left; a dot outside the grid is left out.
    pub(crate) fn set(&mut self, x: usize, y: usize) {
        // Bits of the Unicode block "Braille Patterns", by row, left then right.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        if x / 2 < self.columns
            && let Some(cell) = self.cells.get_mut(y / 4 * self.columns + x / 2)
        {
            *cell |= BITS[y % 4][x % 2];
        }
    }

    /// Sets the dots between two, as a straight line.
    pub(crate) fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        for step in 0..=steps {
            let between = |from: usize, to: usize| (from * (steps - step) + to * step + steps / 2) / steps;
            self.set(between(from.0, to.0), between(from.1, to.1));
        }
    }

    /// The rows as text, an empty cell as a space.
    pub(crate) fn rows(&self) -> impl Iterator<Item = String> {
        self.cells.chunks(self.columns.max(1)).map(|row| {
            let character =
                |cell: &u8| if *cell == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(*cell)).unwrap_or(' ') };
            row.iter().map(character).collect()
        })
    }
}
