//! Columns of text.

use crate::cli::terminal::{self, Palette, Style};

/// Rows whose columns are as wide as their widest cell; the last column is as wide as it comes.
#[derive(Debug)]
pub(in crate::cli) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<(String, Option<Style>)>>,
}

impl Table {
    pub(in crate::cli) fn new(head: &[&'static str]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    pub(in crate::cli) fn row(&mut self, cells: impl IntoIterator<Item = (String, Option<Style>)>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it, or what there is to say when it is empty.
    pub(in crate::cli) fn print(&self, empty: &str) {
        if self.rows.is_empty() {
            terminal::print(empty);
            return;
        }
        let palette = Palette::stdout();
        let head: Vec<_> = self.head.iter().map(|title| ((*title).to_owned(), Some(Style::Dim))).collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            if !terminal::print(self.line(row, palette).trim_end()) {
                return;
            }
        }
    }

    fn line(&self, row: &[(String, Option<Style>)], palette: Palette) -> String {
        let mut line = String::new();
        for (column, (text, style)) in row.iter().enumerate() {
            let last = column + 1 == row.len();
            let padded = if last { text.clone() } else { format!("{text:<width$}  ", width = self.width(column)) };
            line.push_str(&style.map_or(padded.clone(), |style| palette.paint(style, &padded)));
        }
        line
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.chars().count());
        cells.chain(self.head.get(column).map(|title| title.len())).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_the_last_one_runs_free() {
        let mut table = Table::new(&["state", "alarm"]);
        table.row([("OK".to_owned(), None), ("a".to_owned(), None)]);
        table.row([("ALARM".to_owned(), Some(Style::Red)), ("b".to_owned(), None)]);
        let lines: Vec<String> = table.rows.iter().map(|row| table.line(row, Palette::plain())).collect();
        assert_eq!(lines, ["OK     a", "ALARM  b"]);
    }
}
