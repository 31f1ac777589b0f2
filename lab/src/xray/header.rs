//! The trace header, `Root=1-...;Parent=...;Sampled=0|1`.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::fmt;

use super::id::{is_segment_id, is_trace_id};

/// What a trace header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceHeader {
    /// The trace's id.
    pub root: String,
    /// The segment or subsegment that calls.
    pub parent: Option<String>,
    /// Whether the trace is recorded; `None` leaves it to whoever receives the header (`Sampled=?`, or no word of it).
    pub sampled: Option<bool>,
}

impl TraceHeader {
    /// Reads a header; `None` where it names no trace. What else it carries (`Self`, `Lineage`) is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |name: &str| text.split(';').find_map(|part| part.trim().strip_prefix(name));
        let root = part("Root=").filter(|root| is_trace_id(root))?;
        Some(Self {
            root: root.to_owned(),
            parent: part("Parent=").filter(|parent| is_segment_id(parent)).map(str::to_owned),
            sampled: match part("Sampled=") {
                Some("1") => Some(true),
                Some("0") => Some(false),
                _ => None,
            },
        })
    }

    /// The same trace and decision, called by another segment.
    pub fn called_by(&self, parent: &str) -> Self {
        Self { parent: Some(parent.to_owned()), ..self.clone() }
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Root={}", self.root)?;
        if let Some(parent) = &self.parent {
            write!(formatter, ";Parent={parent}")?;
        }
        self.sampled.map_or(Ok(()), |sampled| write!(formatter, ";Sampled={}", u8::from(sampled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_header_comes_out_as_it_went_in() {
        let header = TraceHeader::parse(WHOLE).expect("a header");
        assert_eq!(header.to_string(), WHOLE);
        assert_eq!(header.called_by("0123456789abcdef").parent.as_deref(), Some("0123456789abcdef"));
    }

    #[test]
    fn what_is_not_said_or_not_known_is_left_open() {
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        for text in [root.to_owned(), format!("{root};Sampled=?;Parent=x;Self=1"), format!("Lineage=a:0; {root}")] {
            let header = TraceHeader::parse(&text).expect("a header");
            assert_eq!((header.parent, header.sampled), (None, None), "{text}");
        }
        assert_eq!(TraceHeader::parse("Root=nonsense;Sampled=1"), None);
    }
}
