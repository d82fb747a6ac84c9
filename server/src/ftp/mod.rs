//! The FTP door: RFC 959 and what grew around it, plain or over TLS. It translates commands into
//! calls of the service and outcomes into replies; rights, names and files are the service's
//! matter. A transfer has a connection of its own in the pool, so that its control connection
//! answers meanwhile.

mod command;
mod commands;
mod control;
mod data;
mod deadline;
mod dialogue;
mod list_format;
mod parse;
mod path;
mod pattern;
mod refusal;
mod reply;
mod text;
mod time;
mod turn;
mod work;

use crate::admission::Permit;
use crate::config::{FtpConfig, Limits};
use crate::door::{Connection, Door, Intake};
use crate::metrics::Metrics;
use crate::service::{PartNames, Service};
use crate::transport::Channel;
use crate::transport::tls::FtpTls;
use crate::wake::Waker;
use control::ControlConnection;
use reply::Reply;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// What all connections of this door share.
#[derive(Debug)]
pub(crate) struct FtpDoor {
    service: Arc<Service>,
    tls: FtpTls,
    part_names: PartNames,
    config: FtpConfig,
    limits: Limits,
    metrics: Arc<Metrics>,
    intake: Arc<dyn Intake>,
    greeting: Reply,
}

/// What the door needs of the server around it.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) service: Arc<Service>,
    pub(crate) tls: FtpTls,
    pub(crate) part_names: PartNames,
    pub(crate) limits: &'a Limits,
    pub(crate) metrics: &'a Arc<Metrics>,
    pub(crate) intake: Arc<dyn Intake>,
    /// The server's name and its welcome, shown to every client.
    pub(crate) texts: (&'a str, &'a str),
}

/// The same door for clients that begin with TLS.
#[derive(Debug)]
pub(crate) struct ImplicitTlsDoor(pub(crate) Arc<FtpDoor>);

impl FtpDoor {
    /// Makes the door.
    pub(crate) fn new(config: &FtpConfig, around: Surroundings<'_>) -> Self {
        let (name, welcome) = around.texts;
        let ready = format!("{name} FTP server ready.");
        let lines = welcome.lines().chain([ready.as_str()]);
        Self {
            service: around.service,
            tls: around.tls,
            part_names: around.part_names,
            config: config.clone(),
            limits: around.limits.clone(),
            metrics: Arc::clone(around.metrics),
            intake: around.intake,
            greeting: Reply::banner(220, lines),
        }
    }
}

impl Door for FtpDoor {
    /// The greeting goes out at once: the client waits for it.
    fn receive(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> io::Result<(Box<dyn Connection>, Instant)> {
        let channel = Channel::plain(socket, &self.metrics);
        let mut connection = ControlConnection::new(self, channel, peer, permit, waker)?;
        connection.greet();
        let until = connection.first_deadline();
        Ok((Box::new(connection), until))
    }
}

impl Door for ImplicitTlsDoor {
    fn receive(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> io::Result<(Box<dyn Connection>, Instant)> {
        let door = Arc::clone(&self.0);
        let channel = Channel::encrypted(socket, &door.tls.control(waker.key()), &door.metrics)?;
        let mut connection = ControlConnection::new(door, channel, peer, permit, waker)?;
        connection.expect_handshake(true);
        connection.protect_data();
        let until = connection.first_deadline();
        Ok((Box::new(connection), until))
    }
}
