//! Tokens to a tree. From loose to tight: OR, AND, comparison, + and -, * and /, unary minus, ^.
//!
//! AWS documents the operators but no precedence, so this is the usual one; what the usual one leaves in doubt needs parentheses.

use super::MAX_DEPTH;
use super::error::MathError;
use super::lexer::{Lexer, Token};
use super::tree::{Node, Operator};
use crate::template::MathFunction as Function;

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Result<Node, MathError> {
    let mut lexer = Lexer::new(text);
    let (token, at) = lexer.next()?;
    let mut parser = Parser { lexer, token, at, depth: 0 };
    let root = parser.logic(Operator::Or)?;
    match parser.token {
        Token::End => Ok(root),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that is read next, and where it is.
    token: Token,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token, MathError> {
        let (token, at) = self.lexer.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn expected(&self, wanted: &'static str) -> MathError {
        MathError::Expected { wanted, found: self.token.shown(), at: self.at }
    }

    fn sign(&self) -> &'static str {
        match &self.token {
            Token::Sign(sign) => sign,
            Token::Name(name) if name == "AND" => "&&",
            Token::Name(name) if name == "OR" => "||",
            _ => "",
        }
    }

    fn close(&mut self, sign: &'static str, wanted: &'static str) -> Result<(), MathError> {
        if self.sign() != sign {
            return Err(self.expected(wanted));
        }
        self.advance().map(drop)
    }

    /// OR of ANDs, or AND of comparisons.
    fn logic(&mut self, operator: Operator) -> Result<Node, MathError> {
        let sign = if operator == Operator::Or { "||" } else { "&&" };
        let mut left = self.side(operator)?;
        while self.sign() == sign {
            self.advance()?;
            left = Node::Binary(operator, Box::new(left), Box::new(self.side(operator)?));
        }
        Ok(left)
    }

    fn side(&mut self, operator: Operator) -> Result<Node, MathError> {
        if operator == Operator::Or { self.logic(Operator::And) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Result<Node, MathError> {
        let left = self.sum()?;
        let Some(operator) = comparison(self.sign()) else { return Ok(left) };
        self.advance()?;
        let right = self.sum()?;
        match comparison(self.sign()) {
            Some(_) => Err(MathError::Chain("a comparison")),
            None => Ok(Node::Binary(operator, Box::new(left), Box::new(right))),
        }
    }

    fn sum(&mut self) -> Result<Node, MathError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.sign() {
                "+" => Operator::Add,
                "-" => Operator::Subtract,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, MathError> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.sign() {
                "*" => Operator::Multiply,
                "/" => Operator::Divide,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Node::Binary(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Result<Node, MathError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(MathError::TooDeep);
        }
        let node = if self.sign() == "-" {
            self.advance()?;
            Node::Minus(Box::new(self.unary()?))
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn power(&mut self) -> Result<Node, MathError> {
        let base = self.operand()?;
        if self.sign() != "^" {
            return Ok(base);
        }
        self.advance()?;
        let exponent = if self.sign() == "-" {
            self.advance()?;
            Node::Minus(Box::new(self.operand()?))
        } else {
            self.operand()?
        };
        if self.sign() == "^" {
            return Err(MathError::Chain("^"));
        }
        Ok(Node::Binary(Operator::Power, Box::new(base), Box::new(exponent)))
    }

    fn operand(&mut self) -> Result<Node, MathError> {
        match &self.token {
            Token::Name(name) => {
                // Before anything else of it is read: the arguments of SEARCH have a syntax of their own.
                let function = Function::of(name).ok_or_else(|| MathError::Function(name.clone()))?;
                self.advance()?;
                self.call(function)
            }
            Token::Sign("(") => {
                self.advance()?;
                let inner = self.logic(Operator::Or)?;
                self.close(")", "an operator or )")?;
                Ok(inner)
            }
            Token::Sign("[") => {
                self.advance()?;
                let members = self.list()?;
                self.close("]", "an operator, a comma or ]")?;
                Ok(Node::Array(members))
            }
            Token::Number(_) | Token::Id(_) => match self.advance()? {
                Token::Number(number) => Ok(Node::Number(number)),
                other => Ok(Node::Id(other.shown())),
            },
            _ => Err(self.expected("a number, an id, a function, ( or [")),
        }
    }

    fn call(&mut self, function: Function) -> Result<Node, MathError> {
        self.close("(", "(")?;
        let arguments = match &self.token {
            Token::Sign(")") => Vec::new(),
            Token::Text(text) if function == Function::Metrics => {
                let text = Node::Text(text.clone());
                self.advance()?;
                vec![text]
            }
            _ => self.list()?,
        };
        self.close(")", "an operator, a comma or )")?;
        let (least, most) = function.arity();
        let fits = (least..=most).contains(&arguments.len()) && suits(function, &arguments);
        if !fits {
            return Err(MathError::Arguments { function: function.name(), takes: function.takes() });
        }
        Ok(Node::Call(function, arguments))
    }

    fn list(&mut self) -> Result<Vec<Node>, MathError> {
        let mut members = vec![self.logic(Operator::Or)?];
        while self.sign() == "," {
            self.advance()?;
            members.push(self.logic(Operator::Or)?);
        }
        Ok(members)
    }
}

/// What two functions ask of the form of their argument.
fn suits(function: Function, arguments: &[Node]) -> bool {
    match function {
        Function::Metrics => arguments.iter().all(|argument| matches!(argument, Node::Text(_))),
        Function::Period => matches!(arguments, [Node::Id(_)]),
        _ => true,
    }
}

fn comparison(sign: &str) -> Option<Operator> {
    Some(match sign {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        _ => return None,
    })
}
