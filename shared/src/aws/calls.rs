use super::answer::Answer;
use super::attempts;
use crate::telemetry::trace::{Attempt, Aws, Metadata, Namespace, Subsegment, shortened};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
    Input,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata as Operation;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::SdkConfig;
use std::time::Instant;

/// Which table a call is about, if it is about one.
pub(crate) type TableOf = fn(&Input) -> Option<&str>;

/// Watches every call of a client: one subsegment a call, with all its attempts, and their count for [`super::counted`].
///
/// The call finds its request by the task it runs in: all hooks run inside the future of the call, which the request's
/// task polls, so several requests may share one client. What belongs to one call lies in its configuration bag, which
/// is dropped with it: a call that is given up is sent then.
///
/// Every hook returns `Ok`: an error would fail the call.
#[derive(Debug)]
pub(crate) struct Calls {
    service: &'static str,
    region: String,
    table_of: TableOf,
}

impl Calls {
    /// Calls of a client of this configuration, to a service by X-Ray's name for it, such as `DynamoDB`.
    pub(crate) fn of(service: &'static str, config: &SdkConfig, table_of: TableOf) -> Self {
        Self { service, region: config.region().map(ToString::to_string).unwrap_or_default(), table_of }
    }
}

/// One call under way, in a trace that is sampled.
#[derive(Debug)]
struct Call {
    subsegment: Subsegment,
    /// When the attempt under way began.
    attempt: Option<Instant>,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    // The earliest hook that knows the operation.
    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(mut subsegment) = Subsegment::open(self.service) {
            subsegment.details.namespace = Some(Namespace::Aws);
            subsegment.details.aws = Some(Aws {
                operation: bag.load::<Operation>().map_or("unknown", Operation::name).to_owned(),
                region: self.region.clone(),
                table_name: (self.table_of)(context.input()).map(str::to_owned),
                ..Aws::default()
            });
            bag.interceptor_state().store_put(Call { subsegment, attempt: None });
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        attempts::add(1);
        if let Some(call) = bag.get_mut_from_interceptor_state::<Call>() {
            call.attempt = Some(Instant::now());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.get_mut_from_interceptor_state::<Call>() {
            #[cfg(feature = "faults")]
            if let Some(marked) = crate::faults::marked() {
                call.subsegment.annotate("fault", marked.mode.name());
            }
            let answer = Answer::of(context);
            call.attempted(answer.status(), answer.kind().into_owned());
            call.answered(&answer);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.get_mut_from_interceptor_state::<Call>() {
            call.subsegment.finish(&Answer::of(context).outcome());
        }
        Ok(())
    }
}

impl Call {
    fn attempted(&mut self, status: Option<u16>, outcome: String) {
        let Some(began) = self.attempt.take() else { return };
        let details = &mut self.subsegment.details;
        let attempts = &mut details.metadata.get_or_insert_with(|| Metadata { attempts: Vec::new() }).attempts;
        attempts.push(Attempt { duration_ms: began.elapsed().as_micros() as f64 / 1_000.0, status, outcome });
        if let Some(aws) = &mut details.aws {
            aws.retries = u32::try_from(attempts.len() - 1).unwrap_or(u32::MAX);
        }
    }

    fn answered(&mut self, answer: &Answer<'_>) {
        let details = &mut self.subsegment.details;
        details.http = answer.http();
        if let (Some(aws), Some(id)) = (&mut details.aws, answer.request_id()) {
            aws.request_id = Some(shortened(id));
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // A call that is given up leaves its last attempt open.
        self.attempted(None, "given up".into());
    }
}
