//! This process and others: limits, sessions, names.

/// Descriptors that this process may hold open now.
pub(crate) fn descriptors_max() -> usize {
    system::descriptors_max()
}

/// Raises the number of descriptors to what the system allows without privilege, up to `wanted`.
pub(crate) fn raise_descriptors(wanted: u64) {
    system::raise_descriptors(wanted);
}

/// Makes this process the leader of a session of its own, so that no terminal ends it.
pub(crate) fn leave_terminal() -> std::io::Result<()> {
    system::leave_terminal()
}

/// Whether a process of this id lives. One that has ended but is not yet collected does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    system::is_alive(pid)
}

/// Name of this host, as the system gives it.
pub(crate) fn host_name() -> Option<String> {
    system::host_name().filter(|name| !name.is_empty())
}

#[cfg(unix)]
mod system {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit, setsid, test_kill_process};

    pub(super) fn descriptors_max() -> usize {
        getrlimit(Resource::Nofile)
            .current
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(usize::MAX)
    }

    pub(super) fn raise_descriptors(wanted: u64) {
        let limit = getrlimit(Resource::Nofile);
        let goal = limit.maximum.map_or(wanted, |hard| hard.min(wanted));
        if limit.current.is_some_and(|soft| soft < goal) {
            // The lower limit serves as well; `connections_max` follows it.
            setrlimit(Resource::Nofile, Rlimit { current: Some(goal), maximum: limit.maximum })
                .ok();
        }
    }

    pub(super) fn leave_terminal() -> std::io::Result<()> {
        setsid()?;
        Ok(())
    }

    pub(super) fn is_alive(pid: u32) -> bool {
        let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return false;
        };
        // Refused permission means that there is such a process, of another user.
        test_kill_process(process) != Err(rustix::io::Errno::SRCH) && !has_ended(pid)
    }

    /// Linux only: elsewhere an uncollected process counts as living.
    fn has_ended(pid: u32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
            stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
        })
    }

    pub(super) fn host_name() -> Option<String> {
        rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
    }
}

#[cfg(not(unix))]
mod system {
    const DESCRIPTORS: usize = 8192;

    pub(super) fn descriptors_max() -> usize {
        DESCRIPTORS
    }

    pub(super) fn raise_descriptors(_wanted: u64) {}

    pub(super) fn leave_terminal() -> std::io::Result<()> {
        Ok(())
    }

    pub(super) fn is_alive(_pid: u32) -> bool {
        false
    }

    pub(super) fn host_name() -> Option<String> {
        std::env::var("COMPUTERNAME").ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_process_zero_does_not() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(0));
        assert!(!is_alive(u32::MAX));
    }
}
