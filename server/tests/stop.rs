//! Stopping: idle clients are told, running transfers are finished, and nothing half is seen.

mod support;

use ferry_protocol::{Answer, Digest, IfExists, Request};
use ferry_server::Stopped;
use std::time::Duration;
use support::{Received, put, serve, serve_with};

#[test]
fn idle_clients_are_told_to_go_and_running_uploads_are_finished() {
    let fixture = serve();
    let mut idle = fixture.guest();
    let mut busy = fixture.guest();
    let content = vec![3; 2 << 20];
    let number = busy.send(&Request::Put(put("/x", content.len() as u64, IfExists::Refuse)));
    assert!(matches!(busy.answer(), Answer::GoOn(_)));
    let stopped = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            fixture.server.drain();
            fixture.server.wait()
        });
        assert!(matches!(idle.receive(), Some(Received::Answer(0, Answer::GoAway(_)))));
        for (index, piece) in content.chunks(256 * 1024).enumerate() {
            busy.send_data(number, index as u64 * 256 * 1024, piece);
        }
        busy.send_as(number, &Request::PutEnd(Digest::of(&content)));
        assert!(matches!(busy.answer(), Answer::Stored(_)));
        assert!(matches!(busy.receive(), Some(Received::Answer(0, Answer::GoAway(_)))));
        waiting.join().unwrap()
    });
    assert_eq!(stopped, Stopped::Drained);
    assert_eq!(std::fs::read(fixture.share.path().join("x")).unwrap(), content);
    assert!(std::net::TcpStream::connect(fixture.address()).is_err());
}

#[test]
fn a_transfer_that_does_not_end_is_cut_and_its_part_is_kept_hidden() {
    let fixture = serve_with(|config| config.limits.drain = Duration::from_millis(200));
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(put("/x", 2 << 20, IfExists::Refuse)));
    assert!(matches!(client.answer(), Answer::GoOn(_)));
    client.send_data(number, 0, &vec![1; 256 * 1024]);
    fixture.server.drain();
    assert_eq!(fixture.server.wait(), Stopped::Cut);
    assert!(!fixture.share.path().join("x").exists());
    assert!(fixture.parts().len() <= 1);
}

/// A stranger who never began its handshake kept the server from stopping until its deadline.
#[test]
fn a_silent_stranger_does_not_hold_up_the_stop() {
    // Waiting for the stranger would outlast the drain, and be a cut.
    let fixture = serve_with(|config| config.limits.handshake = Duration::from_hours(1));
    let _silent = std::net::TcpStream::connect(fixture.address()).unwrap();
    while fixture.server.counters().connections == 0 {
        std::thread::yield_now();
    }
    fixture.server.drain();
    assert_eq!(fixture.server.wait(), Stopped::Drained);
}

/// Nothing new is begun for a client that always has an upload on its way.
#[test]
fn a_stream_of_uploads_does_not_outlast_the_stop() {
    let fixture = serve();
    let mut client = fixture.guest();
    for index in 0..100 {
        client.send_small(&format!("/f{index}"), b"x", IfExists::Refuse);
    }
    assert!(matches!(client.answer(), Answer::Stored(_)));
    fixture.server.drain();
    let stopped = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| fixture.server.wait());
        let last = loop {
            match client.receive() {
                Some(Received::Answer(_, Answer::Stored(_))) => {
                    client.try_send_small("/again", b"x");
                }
                other => break other,
            }
        };
        assert!(matches!(last, Some(Received::Answer(0, Answer::GoAway(_)))), "{last:?}");
        waiting.join().unwrap()
    });
    assert_eq!(stopped, Stopped::Drained);
}
