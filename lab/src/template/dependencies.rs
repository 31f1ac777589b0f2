//! Circular dependencies: what CloudFormation refuses before it makes anything.

use std::collections::{BTreeMap, BTreeSet};

/// A circle of logical ids, the first repeated at the end, if there is one.
pub(crate) fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut finished = BTreeSet::new();
    for start in edges.keys() {
        // A stack of our own: 500 resources in a row are allowed.
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, successors(edges, start))];
        while let Some((_, next)) = way.last_mut() {
            let Some(id) = next.pop() else {
                if let Some((id, _)) = way.pop() {
                    finished.insert(id);
                }
                continue;
            };
            if let Some(first) = way.iter().position(|(open, _)| *open == id) {
                let ids = way[first..].iter().map(|(id, _)| *id).chain([id]);
                return Some(ids.map(str::to_owned).collect());
            }
            if !finished.contains(id) {
                way.push((id, successors(edges, id)));
            }
        }
    }
    None
}

fn successors<'e>(edges: &'e BTreeMap<String, BTreeSet<String>>, id: &str) -> Vec<&'e str> {
    edges.get(id).into_iter().flatten().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&str, &str)], expected: Option<&[&str]>) {
        let mut map: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            map.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        let expected: Option<Vec<String>> = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(circle(&map), expected);
    }

    #[test]
    fn a_circle_is_found_and_named() {
        check(&[("A", "B"), ("B", "C")], None);
        check(&[("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")], None);
        check(&[("A", "A")], Some(&["A", "A"]));
        check(&[("X", "A"), ("A", "B"), ("B", "A")], Some(&["A", "B", "A"]));
    }
}
