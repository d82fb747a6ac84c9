//! The real server on a folder of its own, and a place for local files.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test's own server may give up")]

use super::TrustsAll;
use ferry_client::trust::KnownServers;
use ferry_client::{Client, ConnectOptions};
use ferry_protocol::{RemotePath, Rights};
use ferry_server::Server;
use ferry_server::accounts::Accounts;
use ferry_server::config::Config;
use ferry_server::identity::Identity;
use parking_lot::Mutex;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

pub(crate) struct Place {
    server: Mutex<Server>,
    config: Config,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) fingerprint: String,
    folder: TempDir,
}

impl Place {
    /// A server whose guest may write.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with another configuration.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let below = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let mut config = Config {
            guest: Some(Rights::read_write()),
            welcome: "Welcome aboard".to_owned(),
            workers: 4,
            ..Config::on_loopback(below("share"), below("server"))
        };
        change(&mut config);
        let accounts = Arc::new(Accounts::open(&config.state_dir, config.guest).unwrap());
        let identity = Identity::load_or_create(&config.state_dir).unwrap();
        let server = Server::start(&config, Arc::clone(&accounts), &identity).unwrap();
        let server = Mutex::new(server);
        Self { server, config, accounts, fingerprint: identity.fingerprint, folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.lock().addresses()[0].port()
    }

    /// Has the server show another certificate from now on.
    pub(crate) fn present(&self, identity: &Identity) {
        self.server.lock().present(identity).unwrap();
    }

    /// Ends the server; its files stay.
    pub(crate) fn stop_server(&self) {
        let server = self.server.lock();
        server.stop_now();
        server.wait();
    }

    /// Ends the server, does something to its files, and starts it anew at the same port.
    pub(crate) fn restart(&self, meanwhile: impl FnOnce(&Path)) {
        let listen = self.server.lock().addresses();
        self.stop_server();
        meanwhile(&self.path("share"));
        let config = Config { listen, ..self.config.clone() };
        let identity = Identity::load_or_create(&config.state_dir).unwrap();
        let server = Server::start(&config, Arc::clone(&self.accounts), &identity).unwrap();
        *self.server.lock() = server;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("client")
    }

    pub(crate) fn client(&self, port: u16) -> Client {
        let known = KnownServers::in_folder(&self.state());
        let mut options = ConnectOptions::new("127.0.0.1", port, known);
        options.retry_for = Duration::from_mins(1);
        Client::connect(options, Arc::new(TrustsAll)).unwrap()
    }

    /// A tree of small files and a file of many segments.
    pub(crate) fn make_tree(&self) -> PathBuf {
        let tree = self.path("tree");
        fs::create_dir_all(tree.join("deep/empty")).unwrap();
        for index in 0..400 {
            fs::write(tree.join(format!("deep/{index}")), format!("file {index}")).unwrap();
        }
        fs::write(tree.join("big"), noise(9_000_001)).unwrap();
        fs::write(tree.join("nothing"), b"").unwrap();
        tree
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop_server();
    }
}

/// Content without a period that a segment could have.
pub(crate) fn noise(len: u32) -> Vec<u8> {
    (0..len).map(|n| n.to_le_bytes()[n as usize % 3]).collect()
}

pub(crate) fn remote(path: &str) -> RemotePath {
    RemotePath::parse(path.as_bytes()).unwrap()
}

/// Every path below a folder with its content and time, hidden parts too.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>, SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::metadata(&path).unwrap();
            let content = metadata.is_file().then(|| fs::read(&path).unwrap());
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            let name = path.strip_prefix(folder).unwrap().to_path_buf();
            found.push((name, content, metadata.modified().unwrap()));
        }
    }
    found.sort();
    found
}
