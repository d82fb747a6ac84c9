//! [`Obstacles`]: what stands in the way of a job, found before its first byte.

use super::problem::Problem;

/// What stands in the way of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// Those that are listed, each with what to do.
    pub listed: Vec<Problem>,
    /// How many there are.
    pub count: u64,
}

impl Obstacles {
    /// Whether nothing stands in the way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
