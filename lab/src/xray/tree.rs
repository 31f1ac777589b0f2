//! A trace put in order: who called whom, whatever the order of arrival.

use std::collections::{HashMap, HashSet};

use super::document::Document;
use super::store::Trace;

/// A document in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed<'a> {
    /// The document.
    pub document: &'a Document,
    /// Index of the parent among the placed, where it has arrived.
    pub parent: Option<usize>,
    /// Callers above it; 0 is a root.
    pub depth: usize,
}

impl Trace {
    /// The documents depth first, siblings by their start. One whose parent is missing is a root; so is the earliest of a
    /// ring, which only a broken sender makes.
    ///
    /// What a function sends under its segment stands under the segment's `Invocation`, as X-Ray shows it.
    pub fn placed(&self) -> Vec<Placed<'_>> {
        let by_id: HashMap<&str, usize> =
            self.documents.iter().enumerate().map(|(index, one)| (one.id.as_str(), index)).collect();
        let parents: Vec<Option<usize>> = self.documents.iter().map(|one| self.parent(one, &by_id)).collect();
        let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (index, parent) in parents.iter().enumerate() {
            children.entry(*parent).or_default().push(index);
        }
        let by_start = |a: &usize, b: &usize| self.documents[*a].start_time.total_cmp(&self.documents[*b].start_time);
        for siblings in children.values_mut() {
            siblings.sort_by(by_start);
        }
        let mut placed: Vec<Placed<'_>> = Vec::with_capacity(self.documents.len());
        let mut seen = HashSet::new();
        let mut rest: Vec<usize> = (0..self.documents.len()).collect();
        rest.sort_by(by_start);
        let roots = children.get(&None).cloned().unwrap_or_default();
        for root in roots.into_iter().chain(rest) {
            let mut waiting = vec![(root, None, 0)];
            while let Some((index, parent, depth)) = waiting.pop() {
                if !seen.insert(index) {
                    continue;
                }
                let at = placed.len();
                placed.push(Placed { document: &self.documents[index], parent, depth });
                let below = children.get(&Some(index)).map(Vec::as_slice).unwrap_or_default();
                waiting.extend(below.iter().rev().map(|child| (*child, Some(at), depth + 1)));
            }
        }
        placed
    }

    fn parent(&self, document: &Document, by_id: &HashMap<&str, usize>) -> Option<usize> {
        let parent = *by_id.get(document.parent_id.as_deref()?)?;
        let stands_alone = document.kind.as_deref() == Some("subsegment");
        if !stands_alone || self.documents[parent].origin.as_deref() != Some("AWS::Lambda::Function") {
            return Some(parent);
        }
        let segment = Some(self.documents[parent].id.as_str());
        let invocation =
            self.documents.iter().position(|one| one.name == "Invocation" && one.parent_id.as_deref() == segment);
        invocation.or(Some(parent))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn document(id: &str, parent: Option<&str>, start: f64) -> Document {
        Document {
            id: id.to_owned(),
            name: id.to_owned(),
            parent_id: parent.map(str::to_owned),
            start_time: start,
            ..Document::default()
        }
    }

    fn shape(documents: Vec<Document>) -> Vec<(String, usize)> {
        let trace = Trace { id: String::new(), documents: documents.into_iter().map(Arc::new).collect() };
        trace.placed().iter().map(|one| (one.document.id.clone(), one.depth)).collect()
    }

    #[test]
    fn what_arrives_out_of_order_is_put_in_order() {
        let documents = vec![
            document("grandchild", Some("second"), 3.0),
            document("second", Some("root"), 2.0),
            document("first", Some("root"), 1.0),
            document("root", None, 0.0),
            document("orphan", Some("missing"), 0.5),
        ];
        let expected = [("root", 0), ("first", 1), ("second", 1), ("grandchild", 2), ("orphan", 0)];
        assert_eq!(shape(documents), expected.map(|(id, depth)| (id.to_owned(), depth)));
    }

    #[test]
    fn a_ring_is_shown_once() {
        let documents = vec![document("a", Some("b"), 2.0), document("b", Some("a"), 1.0)];
        assert_eq!(shape(documents), [("b".to_owned(), 0), ("a".to_owned(), 1)]);
    }

    #[test]
    fn what_a_function_sends_stands_under_its_invocation() {
        let mut function = document("function", None, 0.0);
        function.origin = Some("AWS::Lambda::Function".to_owned());
        let mut invocation = document("invocation", Some("function"), 1.0);
        invocation.name = "Invocation".to_owned();
        let mut step = document("step", Some("function"), 1.5);
        step.kind = Some("subsegment".to_owned());
        let expected = [("function", 0), ("invocation", 1), ("step", 2)];
        assert_eq!(shape(vec![step, function, invocation]), expected.map(|(id, depth)| (id.to_owned(), depth)));
    }
}
