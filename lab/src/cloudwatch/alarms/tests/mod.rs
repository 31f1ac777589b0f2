//! What CloudWatch documents, as tests, and what must hold beyond it.

mod burn_rate;
mod composites;
mod evaluation;
mod literal;
mod missing_data;
mod of_the_template;
mod properties;
mod rules;
mod suppression;
