//! YAML text into the tree. JSON is read by the same way: it is YAML.
//!
//! Aliases are followed, as PyYAML and so SAM's tools follow them; CloudFormation itself takes neither aliases nor merge
//! keys: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>.
//!
//! Built from parser events on a stack of our own, so that neither depth nor aliases cost more than their limits.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::error::TemplateError;
use super::scalar;
use super::tags::{self, Meaning};
use super::tree::{Entry, Node, Path, Place, Value};

/// CloudFormation's limit for a template in S3:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_BYTES: usize = 1024 * 1024;
/// Deep enough for any OpenAPI body, shallow enough for recursion over the tree.
const MAX_DEPTH: usize = 64;
/// Aliases included: ten lines of them can otherwise make a billion nodes.
const MAX_NODES: usize = 100_000;

pub(crate) fn read(text: &str) -> Result<Node, TemplateError> {
    build(text, Builder::default())
}

/// Reads a file of the lab's own, which has no tags of CloudFormation's.
pub(crate) fn read_plain(text: &str) -> Result<Node, TemplateError> {
    build(text, Builder { plain: true, ..Builder::default() })
}

fn build(text: &str, mut builder: Builder) -> Result<Node, TemplateError> {
    if text.len() > MAX_BYTES {
        return Err(TemplateError::whole("is larger than 1 MB, which is CloudFormation's limit"));
    }
    // A byte order mark belongs to the encoding, not to the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            TemplateError::at(
                number(mark.line()),
                number(mark.col() + 1),
                String::new(),
                format!("not YAML: {}", error.info()),
            )
        })?;
        builder.take(event, span)?;
    }
    let mut root = builder.root.ok_or_else(|| TemplateError::whole("is empty"))?;
    root.set_paths(&Path::default());
    Ok(root)
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Builder {
    /// A file of the lab's own, not a template.
    plain: bool,
    stack: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    anchors: HashMap<usize, Anchored>,
}

struct Anchored {
    node: Node,
    size: Size,
}

/// Nodes and levels of a subtree.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    depth: usize,
}

struct Frame {
    at: Place,
    anchor: usize,
    function: Option<String>,
    children: Children,
}

enum Children {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, lines: HashMap<String, u32>, key: Option<(String, Place)> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), TemplateError> {
        let at = Place { line: number(span.start.line()), column: number(span.start.col() + 1), path: Path::default() };
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(at.error("a second YAML document: a template is one document"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), at),
            Event::SequenceStart(anchor, tag) => self.open(at, anchor, tag.as_deref(), Children::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let children = Children::Map { entries: Vec::new(), lines: HashMap::new(), key: None };
                self.open(at, anchor, tag.as_deref(), children)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, &at),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, at: Place, anchor: usize, tag: Option<&Tag>, children: Children) -> Result<(), TemplateError> {
        if self.expects_key() {
            return Err(at.error("a key must be a string"));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(at.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let function = match self.meaning(tag, &at)? {
            Some(Meaning::Function(name)) => Some(name),
            Some(Meaning::Text) => return Err(at.error("tagged as a string, but is a list or a map")),
            Some(Meaning::Nothing) | None => None,
        };
        self.stack.push(Frame { at, anchor, function, children });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TemplateError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.children {
            Children::List(items) => Value::List(items),
            Children::Map { entries, .. } => Value::Map(entries),
        };
        let node = Node { at: frame.at, value };
        let node = match frame.function {
            Some(function) => tags::long_form(function, node)?,
            None => node,
        };
        self.attach(node, frame.anchor)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Place,
    ) -> Result<(), TemplateError> {
        let meaning = self.meaning(tag, &at)?;
        let plain = style == ScalarStyle::Plain && !matches!(meaning, Some(Meaning::Text | Meaning::Function(_)));
        if plain && scalar::is_octal_account_id(text) {
            return Err(at.error(format!("YAML reads {text} as an octal number; quote it if it is an account id")));
        }
        let value = if plain { scalar::plain(text) } else { Some(Value::Text(text.to_owned())) };
        if self.expects_key() {
            return self.key(text, plain, value, &at);
        }
        let node = match value {
            Some(value) => Node { at, value },
            // CloudFormation: "'null' values are not allowed in templates", in any section.
            None => {
                let key = self.pending_key();
                if self.plain {
                    return Err(at.error(format!("{key}there is no value; write one, or leave the key out")));
                }
                return Err(at.error(format!("{key}null is not allowed in a template; remove it or use AWS::NoValue")));
            }
        };
        match meaning {
            Some(Meaning::Function(function)) => self.attach(tags::long_form(function, node)?, anchor),
            _ => self.attach(node, anchor),
        }
    }

    fn key(&mut self, text: &str, plain: bool, value: Option<Value>, at: &Place) -> Result<(), TemplateError> {
        if plain && text == "<<" {
            return Err(at.error("merge keys (<<) are not CloudFormation; write the keys out"));
        }
        let key = match value {
            Some(Value::Text(text) | Value::Number(text)) => text,
            _ => return Err(at.error(format!("the key {text:?} is not a string to YAML 1.1; quote it"))),
        };
        let Some(Frame { children: Children::Map { lines, key: pending, .. }, .. }) = self.stack.last_mut() else {
            return Ok(());
        };
        if let Some(first) = lines.insert(key.clone(), at.line) {
            return Err(at.error(format!("the key \"{key}\" stands twice, on lines {first} and {}", at.line)));
        }
        *pending = Some((key, at.clone()));
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: &Place) -> Result<(), TemplateError> {
        if self.expects_key() {
            return Err(at.error("an alias cannot be a key"));
        }
        let Some(Anchored { node, size }) = self.anchors.get(&anchor) else {
            return Err(at.error("the alias stands inside what it names"));
        };
        if self.nodes + size.nodes > MAX_NODES {
            return Err(at.error(format!("more than {MAX_NODES} nodes once its aliases are followed")));
        }
        if self.stack.len() + size.depth > MAX_DEPTH {
            return Err(at.error(format!("nested deeper than {MAX_DEPTH} levels once its aliases are followed")));
        }
        let node = node.clone();
        self.nodes += size.nodes;
        self.attach(node, 0)
    }

    fn attach(&mut self, node: Node, anchor: usize) -> Result<(), TemplateError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(node.error(format!("more than {MAX_NODES} nodes")));
        }
        if anchor != 0 {
            // Anchors nested in anchors are copied once a level: the copies count too.
            let size = measure(&node);
            self.nodes += size.nodes;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame { children: Children::List(items), .. }) => items.push(node),
            Some(Frame { children: Children::Map { entries, key, .. }, .. }) => {
                if let Some((key, at)) = key.take() {
                    entries.push(Entry { key, at, value: node });
                }
            }
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { children: Children::Map { key: None, .. }, .. }))
    }

    fn pending_key(&self) -> String {
        match self.stack.last() {
            Some(Frame { children: Children::Map { key: Some((key, _)), .. }, .. }) => format!("{key}: "),
            _ => String::new(),
        }
    }

    fn meaning(&self, tag: Option<&Tag>, at: &Place) -> Result<Option<Meaning>, TemplateError> {
        match tag {
            Some(_) if self.expects_key() => Err(at.error("a key cannot carry a tag")),
            Some(tag) if self.plain && !tag.is_yaml_core_schema() => Err(at.error("a tag: only templates have them")),
            Some(tag) => tags::meaning(tag).map(Some).map_err(|message| at.error(message)),
            None => Ok(None),
        }
    }
}

fn measure(node: &Node) -> Size {
    let below = |sizes: &mut dyn Iterator<Item = Size>| {
        sizes.fold(Size { nodes: 1, depth: 1 }, |sum, size| Size {
            nodes: sum.nodes + size.nodes,
            depth: sum.depth.max(size.depth + 1),
        })
    };
    match &node.value {
        Value::List(items) => below(&mut items.iter().map(measure)),
        Value::Map(entries) => below(&mut entries.iter().map(|entry| measure(&entry.value))),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Size { nodes: 1, depth: 1 },
    }
}
