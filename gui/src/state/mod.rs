//! All that the window shows, as plain data. Knows neither egui nor the client.

pub mod arrangement;
pub mod connection;
pub mod dialog;
pub mod kept;
pub mod moves;
pub mod notice;
pub mod obstacles;
pub mod pane;
pub mod percent;
pub mod picking;
pub mod place;
pub mod problem;
pub mod row_set;
pub mod rows;
pub mod secret;
pub mod selection;
pub mod servers;
pub mod sharing;
pub mod side;
pub mod transfers;

use connection::Connection;
use dialog::Dialog;
use kept::Kept;
use notice::Notices;
use pane::Pane;
use picking::Picking;
use servers::Servers;
use sharing::Sharing;
use side::Side;
use transfers::Transfers;

/// The whole state of the app.
#[derive(Debug)]
pub struct State {
    /// The connect screen, and the server that the window is connected to.
    pub connection: Connection,
    /// This computer.
    pub here: Pane,
    /// The server.
    pub server: Pane,
    /// The side that buttons and keys speak of.
    pub active: Side,
    /// Transfers, with what waits for an answer.
    pub transfers: Transfers,
    /// What went wrong lately.
    pub notices: Notices,
    /// The question that is open over the window.
    pub dialog: Option<Dialog>,
    /// Recent and bookmarked servers.
    pub servers: Servers,
    /// The embedded server.
    pub sharing: Sharing,
    /// What the server keeps for the account.
    pub kept: Kept,
    /// The native dialog that is open.
    pub picking: Option<Picking>,
    /// Where times are shown.
    pub zone: jiff::tz::TimeZone,
    /// What the user chose, or the system's.
    pub theme: ThemeChoice,
    /// The window closes once no transfer runs; the number is that of the transfers that had
    /// something to say when this was chosen.
    pub closes_when_done: Option<usize>,
    /// The window closes, whatever runs.
    pub is_closing: bool,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the system wants it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Default for State {
    fn default() -> Self {
        Self {
            connection: Connection::default(),
            here: Pane::new(Side::Here),
            server: Pane::new(Side::Server),
            active: Side::Here,
            transfers: Transfers::default(),
            notices: Notices::default(),
            dialog: None,
            servers: Servers::default(),
            sharing: Sharing::default(),
            kept: Kept::default(),
            picking: None,
            zone: jiff::tz::TimeZone::UTC,
            theme: ThemeChoice::System,
            closes_when_done: None,
            is_closing: false,
        }
    }
}

impl State {
    /// The pane of a side.
    #[must_use]
    pub fn pane(&self, side: Side) -> &Pane {
        match side {
            Side::Here => &self.here,
            Side::Server => &self.server,
        }
    }

    /// The pane of a side, to change it.
    pub fn pane_mut(&mut self, side: Side) -> &mut Pane {
        match side {
            Side::Here => &mut self.here,
            Side::Server => &mut self.server,
        }
    }
}
