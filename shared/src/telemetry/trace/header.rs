use super::{SegmentId, TraceId};
use std::fmt;

/// AWS X-Ray's trace header, reduced to the three parts that matter here.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceHeader {
    /// The whole trace.
    pub root: TraceId,
    /// The segment or subsegment that the next one hangs under.
    pub parent: Option<SegmentId>,
    /// Whether the trace is kept.
    pub sampled: Option<Sampling>,
}

/// The sampling decision of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// `0`: nobody sends anything.
    No,
    /// `1`: everybody sends.
    Yes,
    /// `?`: the caller wants to be told. On Lambda the platform has decided before a function runs, so a function
    /// neither decides nor sends; it hands the question on.
    Asked,
}

impl TraceHeader {
    /// The parts of a header that are what they should be; `None` without a trace. The first of several counts.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |name: &str| text.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let sampled = match part("Sampled") {
            Some("0") => Some(Sampling::No),
            Some("1") => Some(Sampling::Yes),
            Some("?") => Some(Sampling::Asked),
            _ => None,
        };
        Some(Self { root: TraceId::parse(part("Root")?)?, parent: part("Parent").and_then(SegmentId::parse), sampled })
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Root={}", self.root)?;
        if let Some(parent) = self.parent {
            write!(formatter, ";Parent={parent}")?;
        }
        match self.sampled {
            Some(Sampling::No) => formatter.write_str(";Sampled=0"),
            Some(Sampling::Yes) => formatter.write_str(";Sampled=1"),
            Some(Sampling::Asked) => formatter.write_str(";Sampled=?"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_header_comes_back_from_its_text(
            root in "1-[0-9a-f]{8}-[0-9a-f]{24}",
            parent in proptest::option::of("[0-9a-f]{16}"),
            sampled in proptest::option::of("[01?]"),
            junk in proptest::collection::vec("[A-Za-z]{1,5}=[^;]{0,9}", 0..3),
        ) {
            let parent = parent.map(|parent| format!("Parent={parent}"));
            let sampled = sampled.map(|sampled| format!("Sampled={sampled}"));
            let parts: Vec<String> = [Some(format!("Root={root}")), parent, sampled].into_iter().flatten().collect();
            let text = parts.join(";");
            let header = TraceHeader::parse(&text).expect("a legal header");
            prop_assert_eq!(header.to_string(), text);
            // What others write around and between the parts changes nothing, in whatever order they stand.
            let mixed: Vec<String> = parts.into_iter().rev().chain(junk).collect();
            prop_assert_eq!(TraceHeader::parse(&mixed.join("; ")), Some(header));
        }

        #[test]
        fn whatever_comes_in_what_goes_out_is_a_header(text in ".{0,200}") {
            if let Some(header) = TraceHeader::parse(&text) {
                prop_assert_eq!(TraceHeader::parse(&header.to_string()), Some(header));
            }
        }
    }
}
