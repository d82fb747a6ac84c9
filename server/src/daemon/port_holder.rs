//! Which process holds a port, as far as the system tells. Linux tells by `/proc`.

use std::net::SocketAddr;

/// Half a sentence that follows "cannot listen on …".
pub(super) fn describe(address: SocketAddr) -> String {
    let remedy = "; stop it, or name another port with --listen ADDR:PORT (0 takes a free one)";
    format!("{}{remedy}", holder(address.port()))
}

#[cfg(target_os = "linux")]
fn holder(port: u16) -> String {
    let sockets = linux::listening(port);
    if let Some((pid, name)) = sockets.iter().find_map(|socket| linux::process_of(socket.inode)) {
        let name = ferry_protocol::escape(name.as_bytes());
        return format!("process {pid} ({name}) holds this port");
    }
    match sockets.first() {
        Some(socket) => format!(
            "a process of another user (id {}) holds this port, and its name cannot be seen from \
             here",
            socket.user
        ),
        None => "another process holds this port".to_owned(),
    }
}

#[cfg(not(target_os = "linux"))]
fn holder(_port: u16) -> String {
    "another process holds this port".to_owned()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::Path;

    /// A listening socket of the system's table.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Listening {
        pub(super) inode: u64,
        pub(super) user: u32,
    }

    /// Sockets that listen at a port, on whatever address.
    pub(super) fn listening(port: u16) -> Vec<Listening> {
        ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .flat_map(|table| {
                table.lines().filter_map(|line| parse(line, port)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// A line of the table: number, local and remote address, state, two pairs of queues and
    /// timers, retransmits, user, timeout, inode.
    pub(super) fn parse(line: &str, port: u16) -> Option<Listening> {
        const LISTEN: &str = "0A";
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let fits = u16::from_str_radix(local_port, 16).ok()? == port && *fields.get(3)? == LISTEN;
        let user = fields.get(7)?.parse().ok()?;
        let inode = fields.get(9)?.parse().ok()?;
        fits.then_some(Listening { inode, user })
    }

    /// Id and name of the process that has a socket open. Other users' are not to be seen.
    pub(super) fn process_of(inode: u64) -> Option<(u32, String)> {
        let socket = format!("socket:[{inode}]");
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let pid = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            if let Some(pid) = pid.filter(|_| has_open(&entry.path(), &socket)) {
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                return Some((pid, name.trim_end().to_owned()));
            }
        }
        None
    }

    fn has_open(process: &Path, socket: &str) -> bool {
        let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
            return false;
        };
        descriptors
            .flatten()
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
            .any(|target| target.as_os_str() == socket)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_process_is_named_by_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let told = describe(listener.local_addr().unwrap());
        assert!(told.contains(&format!("process {} (", std::process::id())), "{told}");
        assert!(told.contains("--listen"), "{told}");
    }

    #[test]
    fn a_line_of_the_table_is_understood() {
        let line = "   1: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 \
                    1000        0 31337 1 0000000000000000 100 0 0 10 0";
        let found = linux::parse(line, 3000).unwrap();
        assert_eq!((found.inode, found.user), (31_337, 1000));
        assert!(linux::parse(line, 3001).is_none());
        assert!(linux::parse(&line.replace(" 0A ", " 01 "), 3000).is_none());
        assert!(linux::parse("  sl  local_address rem_address", 3000).is_none());
    }
}
