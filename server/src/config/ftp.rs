//! `[ftp]`: the door for FTP programs, which is closed unless it is asked for.

use super::{ListenOn, Network, Reading, Section};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use toml::Spanned;

/// How the FTP door is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FtpConfig {
    /// Addresses to listen on; empty means all of this host, at `port`.
    pub listen: Vec<SocketAddr>,
    /// Port for all addresses; 0 takes a free one.
    pub port: u16,
    /// Where to listen for clients that begin with TLS, as they do at port 990: addresses, empty
    /// for all, and the port for all.
    pub implicit_tls: Option<(Vec<SocketAddr>, u16)>,
    /// Who may log in without TLS.
    pub plaintext: Plaintext,
    /// Whether clients may have the server connect to them (PORT and EPRT); it connects to the
    /// client's own address only.
    pub active: bool,
    /// Ports for data connections; `None` lets the system choose.
    pub passive_ports: Option<RangeInclusive<u16>>,
    /// Addresses to name to clients behind a translating router; the first that fits holds.
    pub announce: Vec<Announced>,
    /// What a data connection must prove under TLS.
    pub data_binding: DataBinding,
    /// What the end of an upload must look like under TLS.
    pub close_notify: CloseNotify,
}

/// Who may log in without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plaintext {
    /// Nobody.
    Never,
    /// Clients on this computer.
    #[default]
    Loopback,
    /// Everyone: passwords and files can be read on the way.
    Always,
}

impl Plaintext {
    /// Whether a client at this address may go without TLS.
    pub(crate) fn allows(self, client: IpAddr) -> bool {
        match self {
            Self::Always => true,
            Self::Loopback => client.to_canonical().is_loopback(),
            Self::Never => false,
        }
    }
}

/// What a data connection must prove under TLS, beyond its address: that it belongs to its control
/// connection, by resuming its TLS session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataBinding {
    /// Nothing.
    Off,
    /// Nothing, but one that does not prove it is logged.
    #[default]
    Prefer,
    /// It must resume its own.
    Require,
}

/// What the end of an upload must look like under TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloseNotify {
    /// The sender says that it is the end; otherwise the upload stays a part.
    Strict,
    /// The end of the connection will do, as old clients need it; it is logged.
    #[default]
    Compat,
}

/// An address to name to clients of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The clients.
    pub network: Network,
    /// The address by which they reach this server.
    pub address: Ipv4Addr,
}

/// Port of the FTP door where none is named.
pub const FTP_PORT_DEFAULT: u16 = 2121;

impl FtpConfig {
    /// The defaults, at a place to listen.
    pub fn at(listen: ListenOn) -> Self {
        let (listen, port) = listen.parts();
        Self {
            listen,
            port,
            implicit_tls: None,
            plaintext: Plaintext::default(),
            active: false,
            passive_ports: None,
            announce: Vec::new(),
            data_binding: DataBinding::default(),
            close_notify: CloseNotify::default(),
        }
    }

    /// Reads `[ftp]`.
    pub(super) fn read<'t>(mut section: Section<'t>, reading: &mut Reading<'t>) -> Self {
        let listen = listen(&mut section, "listen", FTP_PORT_DEFAULT, reading);
        let mut config = Self::at(listen.unwrap_or(ListenOn::All(FTP_PORT_DEFAULT)));
        config.implicit_tls = listen_implicit(&mut section, reading).map(ListenOn::parts);
        let words = "\"never\", \"loopback\" or \"always\"";
        set(&mut config.plaintext, section.value("plaintext", words, reading));
        set(&mut config.active, section.value("active", "true or false", reading));
        let words = "\"off\", \"prefer\" or \"require\"";
        set(&mut config.data_binding, section.value("data_binding", words, reading));
        let words = "\"strict\" or \"compat\"";
        set(&mut config.close_notify, section.value("close_notify", words, reading));
        config.passive_ports = passive_ports(&mut section, reading);
        for announced in section.sections("announce", reading) {
            config.announce.extend(read_announced(announced, reading));
        }
        section.end(reading);
        config
    }
}

fn set<T>(place: &mut T, value: Option<Spanned<T>>) {
    if let Some(value) = value {
        *place = value.into_inner();
    }
}

fn listen<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    default_port: u16,
    reading: &mut Reading<'t>,
) -> Option<ListenOn> {
    let text = section.value::<String>(word, "\"ADDR:PORT\", in quotes", reading)?;
    super::file::listen_on(&text, default_port, reading)
}

fn listen_implicit<'t>(section: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<ListenOn> {
    listen(section, "implicit_tls", IMPLICIT_PORT_DEFAULT, reading)
}

fn passive_ports<'t>(
    section: &mut Section<'t>,
    reading: &mut Reading<'t>,
) -> Option<RangeInclusive<u16>> {
    let expected = "\"FIRST-LAST\", such as \"50000-50199\"";
    let text = section.value::<String>("passive_ports", expected, reading)?;
    let range = text.get_ref().split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (1024 <= first && first <= last).then_some(first..=last)
    });
    if range.is_none() {
        let shown = ferry_protocol::escape(text.get_ref().as_bytes());
        let what = format!("`{shown}` is no range of ports from 1024 to 65535");
        reading.mistake(text.span(), what, format!("write passive_ports = {expected}"));
    }
    range
}

fn read_announced<'t>(
    section: Spanned<Section<'t>>,
    reading: &mut Reading<'t>,
) -> Option<Announced> {
    let span = section.span();
    let mut section = section.into_inner();
    let network = section.value::<String>("network", "\"10.0.0.0/8\"", reading);
    let address = section.value::<Ipv4Addr>("address", "\"203.0.113.7\"", reading);
    section.end(reading);
    let (Some(network), Some(address)) = (network, address) else {
        let what = "an announcement needs both the clients' network and an address";
        reading.mistake(span, what, "write network = \"0.0.0.0/0\" and address = \"203.0.113.7\"");
        return None;
    };
    match network.get_ref().parse() {
        Ok(fitting) => Some(Announced { network: fitting, address: address.into_inner() }),
        Err(err) => {
            let shown = ferry_protocol::escape(network.get_ref().as_bytes());
            let what = format!("`{shown}` is {err}");
            reading.mistake(network.span(), what, "write network = \"10.0.0.0/8\"");
            None
        }
    }
}

/// Port for clients that begin with TLS where none is named.
const IMPLICIT_PORT_DEFAULT: u16 = 990;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_logins_stay_on_this_computer_unless_asked_for() {
        for (address, is_here) in
            [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.9", true), ("192.168.1.9", false)]
        {
            let client = address.parse().unwrap();
            assert_eq!(Plaintext::default().allows(client), is_here, "{address}");
            assert!(Plaintext::Always.allows(client) && !Plaintext::Never.allows(client));
        }
    }
}
