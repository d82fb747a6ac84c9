//! The native door: Ferry/1 over TLS. It translates messages into calls of the service and
//! outcomes into answers; rights, names and files are the service's matter.

mod connection;
mod deadline;
mod download;
mod history;
mod login;
mod operations;
mod reply;
mod request;
mod segments;
mod status;
mod upload;
mod work;

use crate::admission::Permit;
use crate::config::Limits;
use crate::door::{Connection, Door};
use crate::metrics::Metrics;
use crate::service::Service;
use crate::transport::tls::{TlsConfig, TlsStream};
use crate::wake::Waker;
use connection::NativeConnection;
use ferry_protocol::{Welcome, WireLimits, feature};
use operations::Operations;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// What all connections of this door share.
#[derive(Debug)]
pub(crate) struct NativeDoor {
    service: Arc<Service>,
    tls: TlsConfig,
    limits: Limits,
    welcome: Welcome,
    operations: Operations,
    metrics: Arc<Metrics>,
    started_at: Instant,
}

impl NativeDoor {
    /// Opens the door: `name` and `text` are shown to every client.
    pub(crate) fn new(
        service: Arc<Service>,
        tls: TlsConfig,
        limits: &Limits,
        metrics: &Arc<Metrics>,
        (name, text): (&str, &str),
    ) -> Self {
        let idle_ms = u32::try_from(limits.idle.as_millis()).unwrap_or(u32::MAX);
        let welcome = Welcome {
            name: name.to_owned(),
            program: concat!("ferry-server ", env!("CARGO_PKG_VERSION")).to_owned(),
            text: text.to_owned(),
            features: feature::SEGMENTS
                | feature::UNDO
                | feature::PREFLIGHT
                | feature::DEVICES
                | feature::HISTORY,
            limits: WireLimits::with_idle_ms(idle_ms),
        };
        Self {
            service,
            tls,
            limits: limits.clone(),
            welcome,
            operations: Operations::default(),
            metrics: Arc::clone(metrics),
            started_at: Instant::now(),
        }
    }
}

impl Door for NativeDoor {
    /// The handshake is done by workers later.
    fn receive(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> io::Result<(Box<dyn Connection>, Instant)> {
        let stream = TlsStream::new(socket, &self.tls, &self.metrics)?;
        let mut connection = NativeConnection::new(self, stream, peer, permit, waker);
        let until = connection.handshake_deadline();
        Ok((Box::new(connection), until))
    }
}
