//! Reads a SAM template and resolves it into a [`Stack`].
//!
//! Text becomes a tree ([`Template::parse`]), the tree loses its parameters, conditions and intrinsic functions, and what is
//! left is read into typed resources ([`Template::resolve`]). Whatever the lab does not know is an error that names its
//! line: a template that resolves here runs here as it is written.

mod api;
mod asynchronous;
mod callers;
mod cognito;
mod conditions;
mod custom;
mod dependencies;
pub(crate) mod error;
mod event_source;
mod function;
mod globals;
mod iam;
mod integration;
mod intrinsics;
mod model;
mod names;
mod outputs;
mod parameters;
mod permission;
mod pipe;
mod properties;
mod pseudo;
mod queue;
mod queue_policy;
mod queued;
mod references;
mod resources;
mod responses;
mod routes;
mod rules;
mod scalar;
mod security;
mod simple;
mod stack;
mod sub;
mod table;
mod tags;
pub(crate) mod tree;
mod watched;
mod watching;
pub(crate) mod wildcard;
pub(crate) mod yaml;

#[cfg(test)]
mod tests;

pub use error::TemplateError;
pub use model::*;
pub use parameters::{Parameter, ParameterType};
pub use pipe::{EventPattern, Pipe, PipeSource, StartingPosition};
pub use queued::*;
pub use watched::*;
pub use watching::{Graphed, graphed};
pub(crate) use watching::{MathFunction, expand, metric_of_row};

use properties::Known;
use tree::Node;

const SECTIONS: Known = Known {
    what: "a template",
    used: &["Conditions", "Globals", "Mappings", "Outputs", "Parameters", "Resources", "Rules", "Transform"],
    without_effect: &[
        ("AWSTemplateFormatVersion", "there is one version, which is checked"),
        ("Description", "is for people"),
        ("Metadata", "is for consoles and build tools"),
    ],
};

/// A template that has been read but not resolved.
#[derive(Debug)]
pub struct Template {
    origin: String,
    root: Node,
    parameters: Vec<Parameter>,
}

impl Template {
    /// Reads `text`, YAML or JSON; `origin` is the file's name in errors.
    ///
    /// # Errors
    /// The text is no YAML, or not shaped like a template, or declares parameters that the lab does not know.
    pub fn parse(text: &str, origin: &str) -> Result<Self, TemplateError> {
        Self::read(text, origin).map_err(|error| error.in_file(origin))
    }

    /// The declared parameters, in the template's order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Resolves parameters, conditions and intrinsic functions, and reads every resource.
    ///
    /// # Errors
    /// A parameter is missing, unknown or not allowed; something refers to what is not there; a resource has a type, a
    /// property or a value that the lab does not know or that AWS would refuse.
    pub fn resolve(&self, inputs: &Inputs) -> Result<Stack, TemplateError> {
        stack::resolve(&self.root, &self.parameters, inputs).map_err(|error| error.in_file(&self.origin))
    }

    fn read(text: &str, origin: &str) -> Result<Self, TemplateError> {
        let root = yaml::read(text)?;
        SECTIONS.check(&root)?;
        if let Some(version) = root.get("AWSTemplateFormatVersion") {
            version.one_of(&["2010-09-09"])?;
        }
        root.require("Resources")?.map()?;
        let parameters = match root.get("Parameters") {
            Some(section) => section
                .map()?
                .iter()
                .map(|entry| Parameter::declare(&entry.key, &entry.value))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self { origin: origin.to_owned(), root, parameters })
    }
}
