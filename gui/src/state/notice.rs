//! Notices: what a person should know, until it is waved away.

use super::problem::Problem;

/// What the button of a notice does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Reads the folders again.
    Refresh,
    /// Shows the connect screen.
    Reconnect,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names it.
    pub id: u64,
    /// What went wrong.
    pub problem: Problem,
    /// What can be done about it at once.
    pub remedy: Option<Remedy>,
    /// How often it happened in a row.
    pub count: u32,
}

/// All notices, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Those that are shown.
    pub list: Vec<Notice>,
    next_id: u64,
}

/// Notices that are shown at once; older ones go.
const SHOWN_MAX: usize = 4;

impl Notices {
    /// Adds one. What is there already is said once, and counted.
    pub fn add(&mut self, problem: Problem, remedy: Option<Remedy>) {
        if let Some(same) = self.list.iter_mut().find(|notice| notice.problem == problem) {
            same.count += 1;
            return;
        }
        self.next_id += 1;
        self.list.push(Notice { id: self.next_id, problem, remedy, count: 1 });
        let surplus = self.list.len().saturating_sub(SHOWN_MAX);
        self.list.drain(..surplus);
    }

    /// Takes one away.
    pub fn dismiss(&mut self, id: u64) {
        self.list.retain(|notice| notice.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Fault;
    use super::*;

    fn problem(summary: &str) -> Problem {
        Problem { summary: summary.to_owned(), details: String::new(), fault: Fault::Here }
    }

    #[test]
    fn the_same_is_said_once() {
        let mut notices = Notices::default();
        notices.add(problem("a"), None);
        notices.add(problem("a"), None);
        assert_eq!((notices.list.len(), notices.list[0].count), (1, 2));
        for index in 0..9 {
            notices.add(problem(&index.to_string()), None);
        }
        assert_eq!(notices.list.len(), SHOWN_MAX);
        notices.dismiss(notices.list[0].id);
        assert_eq!(notices.list.len(), SHOWN_MAX - 1);
    }
}
