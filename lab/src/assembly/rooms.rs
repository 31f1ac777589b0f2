use tokio::net::TcpListener;

use super::LabError;
use crate::aws;
use crate::listen;
use crate::task::DropTask;

/// What runs as long as a lab does. Dropping it ends all of it, and closes every port.
#[derive(Debug)]
pub(super) struct Rooms(Vec<DropTask>);

impl Rooms {
    /// With those that run already.
    pub(super) fn of(running: impl Into<Vec<DropTask>>) -> Self {
        Self(running.into())
    }

    /// Runs one more.
    pub(super) fn run(&mut self, room: impl Future<Output = ()> + Send + 'static) {
        self.0.push(DropTask::spawn(room));
    }

    /// Opens a room on a free port of loopback and returns its origin.
    pub(super) async fn open<F>(&mut self, serve: impl FnOnce(TcpListener) -> F) -> Result<String, LabError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(LabError::Listen)?;
        let address = listener.local_addr().map_err(LabError::Listen)?;
        self.run(serve(listener));
        Ok(format!("http://{address}"))
    }
}

/// Every AWS service that the lab does not run: an error that says so, instead of a call that leaves the machine.
pub(super) async fn refuse(listener: TcpListener) {
    listen::serve(listener, |request, _| async move {
        let target = aws::operation(request.headers()).unwrap_or_else(|| request.uri().path().to_owned());
        let message = format!("the lab does not run the AWS service of '{target}'");
        aws::error(http::StatusCode::NOT_IMPLEMENTED, "UnknownServiceException", &message)
    })
    .await;
}
