//! An expression as a tree.

use crate::template::MathFunction as Function;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `50.25`
    Number(f64),
    /// `m1`
    Id(String),
    /// `"errors"`, which only METRICS takes.
    Text(String),
    /// `[m1, m2]`
    Array(Vec<Node>),
    /// `-m1`
    Minus(Box<Node>),
    /// `m1 / m2`
    Binary(Operator, Box<Node>, Box<Node>),
    /// `SUM([m1, m2])`
    Call(Function, Vec<Node>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

impl Operator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::And => "AND",
            Self::Or => "OR",
        }
    }

    /// Whether it computes rather than compares: only then it takes arrays.
    pub(super) fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Power)
    }
}

/// What is read of a tree, part by part, in no promised order.
pub(super) fn walk<'a>(root: &'a Node, visit: &mut dyn FnMut(&'a Node)) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        visit(node);
        match node {
            Node::Number(_) | Node::Id(_) | Node::Text(_) => {}
            Node::Array(members) | Node::Call(_, members) => open.extend(members),
            Node::Minus(inner) => open.push(inner),
            Node::Binary(_, left, right) => open.extend([left.as_ref(), right.as_ref()]),
        }
    }
}
