//! `[penalties]`: what misbehaviour costs an address, and who is exempt.

use super::file::{plain, seconds, whole_number};
use super::{Network, Reading, Section};
use std::time::Duration;

/// When an address is shut out, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PenaltyRules {
    /// Points within the window at which an address is shut out.
    pub threshold: usize,
    /// For how long points count.
    pub window: Duration,
    /// How long the first ban lasts; each further one lasts half as long again.
    pub ban: Duration,
    /// Longest ban.
    pub ban_max: Duration,
    /// Addresses that are never shut out; none unless they are listed.
    pub exempt: Vec<Network>,
}

impl Default for PenaltyRules {
    fn default() -> Self {
        Self {
            threshold: 15,
            window: Duration::from_mins(30),
            ban: Duration::from_mins(30),
            ban_max: Duration::from_hours(24),
            exempt: Vec::new(),
        }
    }
}

impl PenaltyRules {
    pub(super) fn read<'t>(mut section: Section<'t>, reading: &mut Reading<'t>) -> Self {
        let mut rules = Self::default();
        if let Some(threshold) = whole_number(&mut section, "threshold", reading) {
            rules.threshold = threshold;
        }
        for (word, duration) in [
            ("window_secs", &mut rules.window),
            ("ban_secs", &mut rules.ban),
            ("ban_max_secs", &mut rules.ban_max),
        ] {
            if let Some(value) = seconds(&mut section, word, reading) {
                *duration = value;
            }
        }
        rules.exempt = networks(&mut section, "exempt", reading);
        section.end(reading);
        rules
    }
}

fn networks<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    reading: &mut Reading<'t>,
) -> Vec<Network> {
    let expected = "[\"192.0.2.7\", \"10.0.0.0/8\"]";
    let Some(texts) = section.value::<Vec<String>>(word, expected, reading) else {
        return Vec::new();
    };
    let span = texts.span();
    let mut networks = Vec::new();
    for text in plain(Some(texts)).unwrap_or_default() {
        match text.parse() {
            Ok(network) => networks.push(network),
            Err(err) => {
                let shown = ferry_protocol::escape(text.as_bytes());
                let what = format!("`{shown}` in `{word}` is {err}");
                reading.mistake(span.clone(), what, format!("write {word} = {expected}"));
            }
        }
    }
    networks
}
