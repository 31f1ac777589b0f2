//! Whether the values of dimensions are those of the stack's own resources.

use super::{Family, Missing, Only, Platform};
use crate::template::error::did_you_mean;
use crate::template::model::{Function, Table};
use crate::template::watched::MetricName;

impl Platform<'_> {
    pub(super) fn check_values(&self, family: &Family, metric: &MetricName) -> Result<(), Missing> {
        let value = |key: &str| metric.dimensions.get(key).map_or("", String::as_str);
        if let Only::From(from) = family.only {
            return self.check_own(from, metric);
        }
        let stack = self.stack;
        if metric.dimensions.contains_key("ApiName") {
            self.check_api(family, metric)?;
        }
        if metric.dimensions.contains_key("FunctionName") {
            let known = stack.functions.values().map(|function| function.name.as_str());
            one_of("FunctionName", value("FunctionName"), "function", known)?;
            // Without aliases there is one resource, the function itself.
            if metric.dimensions.contains_key("Resource") {
                one_of("Resource", value("Resource"), "version or alias", [value("FunctionName")].into_iter())?;
            }
        }
        if metric.dimensions.contains_key("TableName") {
            self.check_table(family, metric)?;
        }
        if metric.dimensions.contains_key("PipeName") {
            let enriched = family.only == Only::EnrichedPipes;
            let pipes = stack.pipes.values().filter(|pipe| !enriched || pipe.enrichment.is_some());
            let what = if enriched { "pipe with an enrichment" } else { "pipe" };
            one_of("PipeName", value("PipeName"), what, pipes.map(|pipe| pipe.name.as_str()))?;
        }
        if metric.dimensions.contains_key("AwsAccountId") {
            one_of(
                "AwsAccountId",
                value("AwsAccountId"),
                "account of the stack",
                [stack.account_id.as_str()].into_iter(),
            )?;
        }
        if metric.dimensions.contains_key("QueueName") {
            let known = stack.queues.values().map(|queue| queue.name.as_str());
            one_of("QueueName", value("QueueName"), "queue", known)?;
        }
        if metric.dimensions.contains_key("LogGroupName") {
            let known = stack.functions.values().map(|function| function.log_group.as_str());
            one_of("LogGroupName", value("LogGroupName"), "function's log group", known)?;
        }
        Ok(())
    }

    fn check_api(&self, family: &Family, metric: &MetricName) -> Result<(), Missing> {
        let value = |key: &str| metric.dimensions.get(key).map_or("", String::as_str);
        let apis = || self.stack.apis.values();
        one_of("ApiName", value("ApiName"), "API's name", apis().map(|api| api.name.as_str()))?;
        if metric.dimensions.contains_key("Stage") {
            let of_api = apis().filter(|api| api.name == value("ApiName"));
            one_of("Stage", value("Stage"), "stage", of_api.map(|api| api.stage.as_str()))?;
        }
        if family.only != Only::DetailedApis {
            return Ok(());
        }
        let (name, stage) = (value("ApiName"), value("Stage"));
        let Some(api) = apis().find(|api| api.name == name && api.stage == stage) else { return Ok(()) };
        if !api.detailed_metrics {
            let message = "metrics by method are off: set MetricsEnabled for \"/*\" and \"*\" in MethodSettings";
            return Err(Missing::new(super::Part::Dimensions, message));
        }
        let paths = api.routes.iter().map(|route| route.path.as_str());
        one_of("Resource", value("Resource"), "path", paths)?;
        let of_path = api.routes.iter().filter(|route| route.path == value("Resource"));
        // AWS does not say how it files a method that a route takes as ANY, so a metric of one is not to be built upon.
        one_of("Method", value("Method"), "method with a route of its own", of_path.map(|route| route.method.as_str()))
    }

    fn check_table(&self, family: &Family, metric: &MetricName) -> Result<(), Missing> {
        let value = |key: &str| metric.dimensions.get(key).map_or("", String::as_str);
        let tables = self.stack.tables.values();
        one_of("TableName", value("TableName"), "table", tables.map(|table| table.name.as_str()))?;
        let Some(table) = self.stack.tables.values().find(|table| table.name == value("TableName")) else {
            return Ok(());
        };
        if metric.dimensions.contains_key("GlobalSecondaryIndexName") {
            one_of(
                "GlobalSecondaryIndexName",
                value("GlobalSecondaryIndexName"),
                "index of the table",
                indexes(table),
            )?;
        }
        if metric.dimensions.contains_key("Operation") {
            let operations = self.operations(table);
            let what = "operation that a role of the stack may do on the table";
            one_of("Operation", value("Operation"), what, operations.into_iter())?;
        }
        if family.only == Only::ProvisionedTables && table.create_request["BillingMode"] != "PROVISIONED" {
            let message = format!("{} is billed on demand and has no provisioned capacity", table.name);
            return Err(Missing { by_choice: true, ..Missing::new(super::Part::Name, message) });
        }
        Ok(())
    }

    /// Metrics that functions write: `service` is the binary's name, `stage` the variable `STAGE`.
    fn check_own(&self, from: &[(&str, &[&str])], metric: &MetricName) -> Result<(), Missing> {
        let value = |key: &str| metric.dimensions.get(key).map(String::as_str);
        let emitters: Vec<&Function> = self
            .stack
            .functions
            .values()
            .filter(|function| from.iter().any(|(binary, _)| *binary == function.binary))
            .collect();
        if let Some(service) = value("service") {
            let known = emitters.iter().map(|function| function.binary.as_str());
            one_of("service", service, &format!("service that writes {}", metric.name), known)?;
        }
        if let Some(stage) = value("stage") {
            let of_service = |function: &&&Function| value("service").is_none_or(|service| service == function.binary);
            let stages = emitters.iter().filter(of_service).filter_map(|one| one.environment.get("STAGE"));
            one_of("stage", stage, "stage (variable STAGE of its function)", stages.map(String::as_str))?;
        }
        if let Some(dependency) = value("dependency") {
            let of_service = from.iter().filter(|(binary, _)| value("service") == Some(*binary));
            one_of(
                "dependency",
                dependency,
                "dependency of that service",
                of_service.flat_map(|(_, all)| all.iter().copied()),
            )?;
        }
        Ok(())
    }
}

fn indexes(table: &Table) -> impl Iterator<Item = &str> {
    let indexes = table.create_request["GlobalSecondaryIndexes"].as_array();
    indexes.into_iter().flatten().filter_map(|index| index["IndexName"].as_str())
}

fn one_of<'a>(key: &str, value: &str, what: &str, known: impl Iterator<Item = &'a str>) -> Result<(), Missing> {
    let known: Vec<&str> = known.collect();
    if known.contains(&value) {
        return Ok(());
    }
    Err(Missing::value(key, format!("\"{value}\" is no {what}{}", did_you_mean(value, known))))
}
