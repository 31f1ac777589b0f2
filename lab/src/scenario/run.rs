//! Plays a scenario on a lab of its own.

use std::collections::BTreeSet;

use super::error::RunError;
use super::evidence::Evidence;
use super::file::{Act, Scenario};
use super::order::{Order, Progress};
use super::overrides;
use super::stage::Stage;
use crate::assembly::{Lab, Options, Plan};
use crate::binaries;

/// Plays an act of a scenario. `told` hears of it meanwhile.
///
/// # Errors
/// Whatever keeps it from being played. What happens in it is no error: see [`judge`](super::judge).
pub async fn run(
    scenario: &Scenario,
    order: &Order,
    told: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Evidence, RunError> {
    let act = act(scenario, order)?;
    let lab = start(scenario, act, order, told).await?;
    let stage = Stage::new(scenario, act, order, &lab, told)?;
    stage.quiet().await?;
    stage.play().await
}

/// Plays an act as [`run`] does, on a lab that others are shown while it comes up and that stays until this is dropped.
/// Nothing is judged.
///
/// # Errors
/// Whatever keeps it from being played, or `shown` from showing it.
pub async fn stay<T>(
    scenario: &Scenario,
    order: &Order,
    told: &(dyn Fn(Progress) + Send + Sync),
    shown: impl FnOnce(&Lab) -> T,
) -> Result<std::convert::Infallible, RunError> {
    let act = act(scenario, order)?;
    let lab = start(scenario, act, order, told).await?;
    let _shown = shown(&lab);
    let stage = Stage::new(scenario, act, order, &lab, told)?;
    stage.play().await?;
    std::future::pending().await
}

fn act<'a>(scenario: &'a Scenario, order: &Order) -> Result<&'a Act, RunError> {
    let variant = order.variant;
    let act = scenario.act(variant).ok_or_else(|| RunError::NoAct(scenario.name.clone(), variant.name()))?;
    let limit = scenario.compress(variant);
    if order.compress > limit.most {
        let (most, because) = (limit.most, limit.because.clone());
        return Err(RunError::Compress { name: scenario.name.clone(), most, because });
    }
    Ok(act)
}

async fn start(
    scenario: &Scenario,
    act: &Act,
    order: &Order,
    told: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Lab, RunError> {
    let options = Options {
        template: order.template.clone(),
        parameters: act.all_parameters(),
        port: order.ports.0,
        console_port: order.ports.1,
        compress: order.compress,
        ..Options::default()
    };
    let mut plan = Plan::new(&options).await?;
    // Those that are replaced are built too: cargo would otherwise choose other features for what they share, and build
    // everything again whenever acts alternate.
    let mut names = plan.binaries();
    if let Some(old) = act.binaries.keys().find(|old| !names.contains(*old)) {
        return Err(RunError::NoBinary(old.clone()));
    }
    overrides::apply(act, order.compress, &mut plan.stack)?;
    if act.faults.iter().any(|fault| fault.injection.is_some()) {
        // Functions keep what they have read for ten seconds of the machine: minutes of a compressed scenario.
        for function in plan.stack.functions.values_mut() {
            if function.environment.contains_key("FAILURE_INJECTION_PARAM") {
                function.environment.insert("FAILURE_CACHE_TTL".to_owned(), "1".to_owned());
            }
        }
    }
    told(Progress::Building);
    let mut built = order.built.clone();
    names.extend(act.binaries.values().cloned());
    let missing: BTreeSet<String> = names.into_iter().filter(|name| !built.contains_key(name)).collect();
    if !missing.is_empty() {
        let (workspace, profile) = (order.workspace.clone(), order.profile);
        let new = tokio::task::spawn_blocking(move || binaries::build(&workspace, &missing, profile)).await;
        built.extend(new.map_err(|_| RunError::Died)??);
    }
    // In the other's place, under its name: traces and metrics are read as those of the function.
    let places = act.binaries.iter().filter_map(|(old, new)| Some((old.clone(), built.get(new)?.clone())));
    built.extend(places.collect::<Vec<_>>());
    told(Progress::Starting);
    let lab = Lab::start(plan, &built).await?;
    for rows in &scenario.rows {
        rows.place(&lab).await?;
    }
    Ok(lab)
}
