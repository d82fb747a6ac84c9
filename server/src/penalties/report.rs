//! What the table tells its owner.

use serde::{Deserialize, Serialize};

/// The worst of the table, and how much there is of it. The names are those of the JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PenaltyReport {
    /// Addresses that are shut out now.
    pub(crate) banned_count: usize,
    /// Addresses with points or a memory of bans.
    pub(crate) address_count: usize,
    /// Names with refused logins.
    pub(crate) name_count: usize,
    /// The worst addresses, those shut out first.
    pub(crate) addresses: Vec<AddressLine>,
    /// The names tried most.
    pub(crate) names: Vec<NameLine>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressLine {
    /// The address; an IPv6 one that stands for its network with `/64`.
    pub(crate) address: String,
    /// Its points.
    pub(crate) points: usize,
    /// Seconds for which it is still shut out.
    pub(crate) banned_for_secs: Option<u64>,
    /// How often it was shut out.
    pub(crate) bans: u32,
}

/// One name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NameLine {
    /// The account; none where strangers tried a name that there is not.
    pub(crate) name: Option<String>,
    /// Refused logins.
    pub(crate) refused: u32,
    /// How long its next login waits, in milliseconds.
    pub(crate) wait_ms: u64,
}

impl PenaltyReport {
    pub(super) fn new(mut addresses: Vec<AddressLine>, mut names: Vec<NameLine>) -> Self {
        let banned = addresses.iter().filter(|line| line.banned_for_secs.is_some());
        let (banned_count, address_count) = (banned.count(), addresses.len());
        let name_count = names.len();
        addresses.sort_by(|a, b| {
            let worth = |line: &AddressLine| (line.banned_for_secs, line.points, line.bans);
            worth(b).cmp(&worth(a)).then_with(|| a.address.cmp(&b.address))
        });
        names.sort_by(|a, b| b.refused.cmp(&a.refused).then_with(|| a.name.cmp(&b.name)));
        addresses.truncate(LINES_MAX);
        names.truncate(LINES_MAX);
        Self { banned_count, address_count, name_count, addresses, names }
    }
}

/// Lines of each kind that a report has at the most.
const LINES_MAX: usize = 200;
