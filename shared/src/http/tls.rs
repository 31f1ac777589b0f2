use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The TLS stack cannot be set up: a fault of the build, not of the machine.
#[derive(Debug, thiserror::Error)]
pub enum NoTls {
    /// rustls and its provider do not fit together.
    #[error("the TLS provider supports no protocol version")]
    Provider(#[source] rustls::Error),
    /// reqwest refuses what it is given.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// rustls with the provider that the AWS SDK brings anyway, and Mozilla's roots as ready-made trust anchors: they are
/// constants, so nothing is parsed at start, and what is trusted does not depend on the machine.
pub(super) fn config() -> Result<ClientConfig, NoTls> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(NoTls::Provider)?.with_root_certificates(roots).with_no_client_auth())
}
