//! The calls that are kept against those counted anew.

use super::*;

const TRACES: u32 = 20;

fn document(trace: u32, id: u32, parent: Option<u32>, name: &str, origin: &str) -> Document {
    Document {
        id: format!("{id:016x}"),
        trace_id: format!("1-5759e988-{trace:024x}"),
        parent_id: parent.map(|parent| format!("{parent:016x}")),
        name: name.to_owned(),
        start_time: f64::from(trace),
        end_time: Some(f64::from(trace + id)),
        origin: Some(origin.to_owned()),
        ..Document::default()
    }
}

/// Calls by their ends, and how long they took together.
fn counted(index: &CallIndex, traces: &Traces, since: f64) -> Vec<((End, End), (usize, f64))> {
    let add = |sum: &mut (usize, f64), call: &Call| {
        *sum = (sum.0 + 1, sum.1 + call.duration_ms.unwrap_or_default());
    };
    let mut found = index.since(since, traces, &Services::default(), add);
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

#[test]
fn what_is_kept_of_earlier_looks_is_what_a_first_look_finds() {
    let (traces, index) = (Traces::limited_to(10, 1_000), CallIndex::default());
    for number in 0..TRACES {
        traces.put(document(number, 1, None, "api", "AWS::ApiGateway::Stage"));
        for since in [0.0, 5.0, 12.0] {
            assert_eq!(counted(&index, &traces, since), counted(&CallIndex::default(), &traces, since));
        }
        // The rest of an earlier one arrives late, when its trace has been counted.
        let late = number.saturating_sub(3);
        traces.put(document(late, 2, Some(1), "book", "AWS::Lambda"));
        traces.put(document(late, 3, Some(2), "book", "AWS::Lambda::Function"));
        assert_eq!(counted(&index, &traces, 0.0), counted(&CallIndex::default(), &traces, 0.0));
    }
    let whole = counted(&index, &traces, 0.0);
    let requests: Vec<usize> = whole.iter().map(|(_, (count, _))| *count).collect();
    assert_eq!(requests, [10, 7], "ten traces are kept, and three of them are not complete");
    assert!(index.0.lock().expect("whole").traces.len() <= 10, "what the store has forgotten is forgotten");
}

#[test]
fn a_call_that_failed_for_its_caller_has_failed_whatever_the_callee_says_of_itself() {
    let (traces, index) = (Traces::limited_to(10, 1_000), CallIndex::default());
    traces.put(document(1, 1, None, "api", "AWS::ApiGateway::Stage"));
    // What API Gateway says of the invocation: the function answered 503.
    let invoked = Document {
        origin: None,
        namespace: Some("aws".to_owned()),
        fault: true,
        ..document(1, 2, Some(1), "Lambda", "")
    };
    traces.put(invoked);
    traces.put(document(1, 3, Some(2), "book", "AWS::Lambda"));
    let faults = |sum: &mut usize, call: &Call| *sum += usize::from(call.fault);
    let mut found: Vec<(String, usize)> = index
        .since(0.0, &traces, &Services::default(), faults)
        .into_iter()
        .map(|((_, to), faults)| (to.id(), faults))
        .collect();
    found.sort();
    assert_eq!(found, [("function:book".to_owned(), 1), ("gateway:api".to_owned(), 0)]);
}
