//! What went wrong, as a person is told.

/// The side on which something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This computer.
    Here,
    /// The server.
    Server,
    /// What lies between.
    Network,
    /// Nobody noted it.
    Untold,
}

/// Something that went wrong: each says what, where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What did not work, in a few words.
    pub summary: String,
    /// Why, and what to do, in a sentence or two.
    pub details: String,
    /// The side it lies on.
    pub fault: Fault,
}
