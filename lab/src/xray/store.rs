//! The traces that are kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::document::Document;

/// Traces kept; the oldest go first. X-Ray keeps them for thirty days; here a load test must not fill the memory.
const KEPT: usize = 10_000;

/// Documents kept of all traces together: one takes three to four kilobytes, a ride with its payment makes some thirty.
const DOCUMENTS: usize = 100_000;

/// Documents kept of one trace. X-Ray refuses a trace beyond 500 KB:
/// <https://docs.aws.amazon.com/general/latest/gr/xray.html#limits_xray>
const DOCUMENTS_OF_A_TRACE: usize = 2_000;

/// Every trace of a lab, up to a limit. Clones share them.
#[derive(Debug, Clone)]
pub struct Traces {
    kept: Arc<Mutex<Kept>>,
    limit: usize,
    documents: usize,
}

#[derive(Debug, Default)]
struct Kept {
    /// In the order in which they were first heard of.
    held: VecDeque<Held>,
    /// Numbers of the traces by id. The oldest one that is kept has the number of those evicted.
    numbers: HashMap<String, u64>,
    /// Of all traces.
    documents: usize,
    evicted: u64,
    changes: u64,
}

#[derive(Debug)]
struct Held {
    id: String,
    documents: Vec<Arc<Document>>,
    changed: u64,
}

/// A trace as it is kept, for whoever reads them all.
#[derive(Debug, Clone, Copy)]
pub struct KeptTrace<'a> {
    /// Traces are numbered as they come, from 0.
    pub number: u64,
    /// Grows with every document that any trace gets: what was made of a trace stands as long as its figure does.
    pub changed: u64,
    /// Its id.
    pub id: &'a str,
    /// Its documents, in the order of arrival.
    pub documents: &'a [Arc<Document>],
}

impl Default for Traces {
    fn default() -> Self {
        Self::limited_to(KEPT, DOCUMENTS)
    }
}

impl Traces {
    /// A store of at most so many traces, which have at most so many documents. The newest trace is kept whatever it has.
    pub fn limited_to(limit: usize, documents: usize) -> Self {
        Self { kept: Arc::default(), limit: limit.max(1), documents }
    }

    /// Keeps a document with its embedded subsegments. The final one takes the place of one in progress.
    pub fn put(&self, document: Document) {
        let mut kept = self.lock();
        if !kept.numbers.contains_key(&document.trace_id) {
            while kept.held.len() >= self.limit {
                kept.evict();
            }
            let (number, id) = (kept.evicted + kept.held.len() as u64, document.trace_id.clone());
            kept.numbers.insert(id.clone(), number);
            kept.held.push_back(Held { id, documents: Vec::new(), changed: 0 });
        }
        kept.changes += 1;
        let changed = kept.changes;
        let Some(held) = kept.held_mut(&document.trace_id) else { return };
        held.changed = changed;
        let documents = &mut held.documents;
        let before = documents.len();
        for document in document.flatten() {
            match documents.iter().position(|known| known.id == document.id) {
                Some(index) if documents[index].in_progress => documents[index] = Arc::new(document),
                // Sent twice.
                Some(_) => {}
                None if documents.len() < DOCUMENTS_OF_A_TRACE => documents.push(Arc::new(document)),
                None => {}
            }
        }
        let added = documents.len() - before;
        kept.documents += added;
        while kept.documents > self.documents && kept.held.len() > 1 {
            kept.evict();
        }
    }

    /// A trace as far as it has arrived.
    pub fn get(&self, trace_id: &str) -> Option<Trace> {
        let documents = self.lock().held(trace_id)?.documents.clone();
        Some(Trace { id: trace_id.to_owned(), documents })
    }

    /// How many documents of a trace have arrived, and how many of them are final: what is made of a trace stands as long as
    /// these do.
    pub fn revision(&self, trace_id: &str) -> Option<(usize, usize)> {
        let kept = self.lock();
        let documents = &kept.held(trace_id)?.documents;
        Some((documents.len(), documents.iter().filter(|document| !document.in_progress).count()))
    }

    /// Reads every trace, newest first, without copying it; stops when `read` says so by returning false.
    pub fn each(&self, mut read: impl FnMut(KeptTrace<'_>) -> bool) {
        let kept = self.lock();
        for (index, held) in kept.held.iter().enumerate().rev() {
            let (number, Held { id, documents, changed }) = (kept.evicted + index as u64, held);
            if !read(KeptTrace { number, changed: *changed, id, documents }) {
                return;
            }
        }
    }

    /// How many traces are kept, and how many were dropped to make room.
    pub fn counts(&self) -> (usize, u64) {
        let kept = self.lock();
        (kept.held.len(), kept.evicted)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The oldest makes room.
    fn evict(&mut self) {
        let Some(oldest) = self.held.pop_front() else { return };
        self.numbers.remove(&oldest.id);
        self.documents -= oldest.documents.len();
        self.evicted += 1;
    }

    fn index(&self, trace_id: &str) -> Option<usize> {
        usize::try_from(self.numbers.get(trace_id)?.checked_sub(self.evicted)?).ok()
    }

    fn held(&self, trace_id: &str) -> Option<&Held> {
        self.held.get(self.index(trace_id)?)
    }

    fn held_mut(&mut self, trace_id: &str) -> Option<&mut Held> {
        let index = self.index(trace_id)?;
        self.held.get_mut(index)
    }
}

/// A trace: its segments and subsegments side by side, in the order of arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its id.
    pub id: String,
    /// Each with its parent's id; none embeds another.
    pub documents: Vec<Arc<Document>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(trace: u32, id: u32) -> Document {
        Document {
            id: format!("{id:016x}"),
            trace_id: format!("1-5759e988-{trace:024x}"),
            name: "a".to_owned(),
            end_time: Some(1.0),
            ..Document::default()
        }
    }

    #[test]
    fn the_oldest_traces_make_room_and_clones_share() {
        let traces = Traces::limited_to(2, 10);
        for trace in 1..=3 {
            traces.clone().put(document(trace, 1));
        }
        // A late subsegment of a trace that is kept evicts nothing.
        traces.put(document(3, 2));
        assert_eq!(traces.counts(), (2, 1));
        assert_eq!(traces.get(&document(1, 1).trace_id), None);
        assert_eq!(traces.get(&document(3, 1).trace_id).map(|trace| trace.documents.len()), Some(2));
    }

    #[test]
    fn traces_with_many_documents_make_room_sooner_but_never_the_last_one() {
        let traces = Traces::limited_to(10, 3);
        traces.put(document(1, 1));
        traces.put(document(2, 1));
        traces.put(document(2, 2));
        assert_eq!(traces.counts(), (2, 0));
        traces.put(document(2, 3));
        assert_eq!(traces.counts(), (1, 1));
        (4..8).for_each(|id| traces.put(document(2, id)));
        assert_eq!(traces.counts(), (1, 1));
        // Those that were evicted are not counted any more.
        traces.put(document(3, 1));
        traces.put(document(3, 2));
        traces.put(document(3, 3));
        assert_eq!(traces.counts(), (1, 2));
    }

    #[test]
    fn the_final_document_takes_the_place_of_the_one_in_progress() {
        let traces = Traces::default();
        let begun = Document { in_progress: true, end_time: None, ..document(1, 1) };
        traces.put(begun.clone());
        traces.put(document(1, 1));
        traces.put(begun);
        let trace = traces.get(&document(1, 1).trace_id).expect("kept");
        assert_eq!(trace.documents, [Arc::new(document(1, 1))]);
    }
}
