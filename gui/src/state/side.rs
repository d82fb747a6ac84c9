//! The two sides of the window.

/// Where something lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// This computer.
    Here,
    /// The server.
    Server,
}

impl Side {
    /// Both, left first.
    pub const BOTH: [Self; 2] = [Self::Here, Self::Server];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Here => Self::Server,
            Self::Server => Self::Here,
        }
    }
}
