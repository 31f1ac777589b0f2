use std::collections::BTreeMap;

use super::LabError;
use super::rooms::Rooms;
use crate::aws::Guard;
use crate::cognito::{KeyError, UserPool};
use crate::gateway::Access;
use crate::keyring::Keyring;
use crate::template::Stack;

/// User pools with their origins, by logical id.
pub(super) type UserPools = BTreeMap<String, (UserPool, String)>;

/// Opens the user pools of a stack.
pub(super) async fn user_pools(stack: &Stack, rooms: &mut Rooms) -> Result<UserPools, LabError> {
    let mut user_pools = BTreeMap::new();
    for (id, pool) in &stack.user_pools {
        let (region, pool) = (stack.region.clone(), pool.clone());
        // Making a key takes a processor for a while.
        let made = tokio::task::spawn_blocking(move || UserPool::new(&region, &pool.id, pool.clients));
        let pool = made.await.map_err(|_| KeyError)??;
        let origin = rooms.open(|listener| pool.clone().serve(listener)).await?;
        user_pools.insert(id.clone(), (pool, origin));
    }
    Ok(user_pools)
}

/// By whom the API is let in: riders of these pools, and whoever signs with a key of this keyring.
pub(super) fn access(stack: &Stack, user_pools: &UserPools, keyring: Keyring, guard: Guard) -> Access {
    let by_arn = |(id, (pool, _)): (&String, &(UserPool, String))| {
        stack.user_pools.get(id).map(|made| (made.arn.clone(), pool.clone()))
    };
    let user_pools = user_pools.iter().filter_map(by_arn).collect();
    Access { region: stack.region.clone(), keyring, guard, user_pools }
}
