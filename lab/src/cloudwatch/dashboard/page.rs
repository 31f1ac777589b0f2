//! A dashboard as a whole: its widgets on a grid of 24 columns.

use serde_json::Value;

use super::fields::{DashboardError, Fields, error};
use super::widget::Content;

/// Widgets of one dashboard.
const WIDGETS: usize = 500;

/// Columns of the grid.
const COLUMNS: u64 = 24;

/// A dashboard that has been read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) widgets: Vec<Widget>,
}

/// A widget and its place, in units of the grid.
#[derive(Debug)]
pub(super) struct Widget {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) content: Content,
}

impl Page {
    /// Reads a body. `start`, `end` and `periodOverride` are without effect: who looks at the page says how far back, and
    /// every widget keeps its period.
    pub(super) fn read(body: &Value) -> Result<Self, DashboardError> {
        let fields = Fields::read(String::new(), body, &["widgets", "start", "end", "periodOverride", "variables"])?;
        fields.choice("periodOverride", &["auto", "inherit"])?;
        if !fields.array("variables")?.is_empty() {
            return Err(fields.error("variables", "are not known to the lab"));
        }
        fields.needed("widgets")?;
        let widgets = fields.array("widgets")?;
        if widgets.len() > WIDGETS {
            return Err(fields.error("widgets", format!("are more than {WIDGETS}")));
        }
        let mut next = Free::default();
        let widgets = widgets.into_iter().map(|(path, widget)| Widget::read(path, widget, &mut next));
        Ok(Self { widgets: widgets.collect::<Result<_, _>>()? })
    }
}

impl Widget {
    fn read(path: String, value: &Value, next: &mut Free) -> Result<Self, DashboardError> {
        let fields = Fields::read(path, value, &["type", "x", "y", "width", "height", "properties"])?;
        let width = fields.whole("width", 1, COLUMNS)?.unwrap_or(6);
        let height = fields.whole("height", 1, 1000)?.unwrap_or(6);
        let (x, y) = match (fields.whole("x", 0, COLUMNS - 1)?, fields.whole("y", 0, u64::from(u32::MAX))?) {
            (Some(x), Some(y)) => (x, y),
            (None, None) => next.place(width, height),
            (None, Some(_)) => return Err(fields.error("x", "is missing beside y")),
            (Some(_), None) => return Err(fields.error("y", "is missing beside x")),
        };
        if x + width > COLUMNS {
            return Err(error(fields.path("width"), format!("reaches beyond the {COLUMNS} columns")));
        }
        next.occupied(y + height);
        Ok(Self { x, y, width, height, content: Content::read(&fields)? })
    }
}

/// Where a widget without a place goes: beside the one before it, or below everything.
#[derive(Debug, Default)]
struct Free {
    x: u64,
    y: u64,
    bottom: u64,
}

impl Free {
    fn place(&mut self, width: u64, height: u64) -> (u64, u64) {
        if self.x == 0 || self.x + width > COLUMNS {
            (self.x, self.y) = (0, self.bottom);
        }
        let place = (self.x, self.y);
        self.x += width;
        self.occupied(place.1 + height);
        place
    }

    fn occupied(&mut self, bottom: u64) {
        self.bottom = self.bottom.max(bottom);
    }
}
