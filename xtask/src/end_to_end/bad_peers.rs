//! Peers that are no Ferry server, and strangers at the server's door.

use super::{DEADLINE, Outcome, Scenario, Stage, ensure, expect_code, expect_complaint};
use crate::failure::{During as _, Failure};
use crate::process::{self, Background};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("an HTTP server is no Ferry server", http_server),
    ("a silent server is given up", silent_server),
    ("a server that hangs up at once", closing_server),
    ("strangers do not stop the server", strangers),
];

fn http_server(stage: &Stage) -> Result<Outcome, Failure> {
    let address = process::free_address()?;
    let mut python = Command::new("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &address.port().to_string()]);
    python.current_dir(stage.folder("web")?);
    python.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Background::start(&mut python)?;
    server.wait_until_open(address)?;
    let mut list = stage.client();
    list.args(["ls", &format!("ferry://{address}/"), "--retry-for", "0"]);
    expect_complaint(&mut list, 3, &["ferry server", "no ferry", "not a ferry", "does not speak"])?;
    Ok(Outcome::Passed)
}

fn silent_server(stage: &Stage) -> Result<Outcome, Failure> {
    // The backlog accepts, and nobody ever speaks.
    let listener = TcpListener::bind("127.0.0.1:0").during("no free port")?;
    let address = listener.local_addr().during("own address")?;
    let mut list = stage.client();
    list.args(["ls", &format!("ferry://{address}/"), "--retry-for", "0"]);
    expect_complaint(&mut list, 3, &["answer", "silent", "time"])?;
    Ok(Outcome::Passed)
}

fn closing_server(stage: &Stage) -> Result<Outcome, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").during("no free port")?;
    let address = listener.local_addr().during("own address")?;
    listener.set_nonblocking(true).during("listener")?;
    let mut list = stage.client();
    list.args(["ls", &format!("ferry://{address}/"), "--retry-for", "0"]);
    list.stdout(Stdio::null()).stderr(Stdio::null());
    let mut client = Background::start(&mut list)?;
    super::wait_until("the client ends", || {
        drop(listener.accept());
        matches!(client.child().try_wait(), Ok(Some(_)))
    })?;
    let status = client.child().wait().during("ferry ls")?;
    ensure(status.code() == Some(3), || format!("ended with {status}"))?;
    Ok(Outcome::Passed)
}

fn strangers(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let greetings: [&[u8]; 4] = [b"GET / HTTP/1.1\r\n\r\n", b"", &[0xFF; 4096], b"SSH-2.0-x\r\n"];
    for greeting in greetings {
        let mut socket = TcpStream::connect_timeout(&server.address, DEADLINE).during("connect")?;
        socket.set_read_timeout(Some(Duration::from_secs(30))).during("socket")?;
        socket.write_all(greeting).during("write")?;
        if greeting.is_empty() {
            continue;
        }
        // It must not be held open for ever; a reset is an end too.
        let ended = socket.read_to_end(&mut Vec::new());
        let timed_out = ended.is_err_and(|err| err.kind() == std::io::ErrorKind::WouldBlock);
        ensure(!timed_out, || "a stranger was held on the line".to_owned())?;
    }
    expect_code(server.client("ls").arg(server.url("")), 0)?;
    Ok(Outcome::Passed)
}
