//! Medians, goals and the table that shows them.

use std::collections::BTreeMap;
use std::time::Duration;

/// Measured values of one thing, one a round or one a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle value; 0 where there is none.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value that this share of the values does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let mut rank = 0;
        let mut below = 0.0;
        let step = 1.0 / as_f64(sorted.len().max(1));
        while below + step < share && rank + 1 < sorted.len() {
            below += step;
            rank += 1;
        }
        sorted.get(rank).copied().unwrap_or_default()
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Samples by what was measured.
#[derive(Debug, Default)]
pub(crate) struct Series(BTreeMap<String, Samples>);

impl Series {
    /// Adds a value to a series.
    pub(crate) fn push(&mut self, name: impl Into<String>, value: f64) {
        self.0.entry(name.into()).or_default().push(value);
    }

    /// Adds seconds to a series.
    pub(crate) fn push_time(&mut self, name: impl Into<String>, time: Duration) {
        self.push(name, time.as_secs_f64());
    }

    /// Median of a series.
    pub(crate) fn median(&self, name: &str) -> f64 {
        self.0.get(name).map_or(0.0, Samples::median)
    }

    /// Prints every median with the least and the most.
    pub(crate) fn print(&self, unit: &str) {
        for (name, samples) in &self.0 {
            let [least, median, most] = [0.0, 0.5, 1.0].map(|share| samples.quantile(share));
            println!("  {name:<34} median {median:>10.3} {unit}   ({least:.3} to {most:.3})");
        }
    }
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

impl Goal {
    fn is_reached(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("<= {most}"),
            Self::AtLeast(least) => format!(">= {least}"),
        }
    }
}

/// All figures that have a goal.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<(String, f64, Goal)>);

impl Report {
    /// Adds a figure.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64, goal: Goal) {
        self.0.push((name.into(), value, goal));
    }

    /// Adds one value over another.
    pub(crate) fn add_ratio(&mut self, name: &str, (ours, theirs): (f64, f64), goal: Goal) {
        let ratio = if theirs > 0.0 { ours / theirs } else { f64::NAN };
        self.add(name, ratio, goal);
    }

    /// Whether every goal was reached. What could not be computed was not.
    pub(crate) fn is_reached(&self) -> bool {
        self.0.iter().all(|(_, value, goal)| goal.is_reached(*value))
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        println!("\n{:<58} {:>10} {:>10}  verdict", "figure", "value", "goal");
        for (name, value, goal) in &self.0 {
            let verdict = if goal.is_reached(*value) { "ok" } else { "MISSED" };
            println!("{name:<58} {value:>10.3} {:>10}  {verdict}", goal.text());
        }
    }
}

/// A count as a number to divide by; counts here are far below 2^52.
pub(crate) fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles() {
        let samples: Samples = [5.0, 1.0, 3.0, 2.0, 4.0].into_iter().collect();
        assert!((samples.median() - 3.0).abs() < f64::EPSILON);
        assert!((samples.quantile(1.0) - 5.0).abs() < f64::EPSILON);
        assert!((samples.quantile(0.0) - 1.0).abs() < f64::EPSILON);
        let hundred: Samples = (1..=100).map(f64::from).collect();
        assert!((hundred.quantile(0.99) - 99.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_missed_goal_and_a_figure_that_is_none_are_not_reached() {
        let mut report = Report::default();
        report.add("a", 1.0, Goal::AtMost(1.0));
        assert!(report.is_reached());
        report.add_ratio("b", (1.0, 0.0), Goal::AtLeast(1.0));
        assert!(!report.is_reached());
    }
}
