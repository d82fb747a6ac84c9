//! One request, one answer: each arm asks the service and translates its outcome.

use super::connection::{Broken, Message, NativeConnection, Stop};
use super::deadline::Wait;
use super::history;
use super::status;
use super::work::{Running, Work};
use crate::door::{Interest, Turn};
use crate::service::{self, Pages, Session};
use ferry_protocol::session::Incoming;
use ferry_protocol::{
    Answer, Change, DecodeError, Device, Fault, Header, Kind, OperationId, PeerMisbehaved,
    RemotePath, Request, RequestedPath, ServerStatus, Status, Timestamp, escape, feature,
};
use std::time::{SystemTime, UNIX_EPOCH};

impl NativeConnection {
    /// Waits for a request and serves it.
    pub(super) fn take_request(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        if turn.is_draining && self.session.is_some() {
            if !self.replies.is_empty() {
                return Ok(Stop::Wait(Interest::Woken, Wait::Outcome));
            }
            self.replies.push(0, Answer::GoAway(stopping()));
            self.begin_linger();
            return Ok(Stop::GoOn);
        }
        if self.replies.is_full() {
            return Ok(Stop::Wait(Interest::Woken, Wait::Outcome));
        }
        if turn.quantum.is_spent() {
            return Ok(Stop::Spent);
        }
        match self.read_message(turn)? {
            Ok(Message::Request(header, request)) => self.judge(&header, request, turn),
            Ok(Message::Data(header, prefix, content_len)) => {
                // Legal only for a put that was refused while its content was on the way.
                self.order.accept_data(&header, prefix, content_len)?;
                self.pass_over(content_len);
                Ok(Stop::GoOn)
            }
            Err(stop) => Ok(stop),
        }
    }

    fn judge(
        &mut self,
        header: &Header,
        request: Result<Option<Request>, DecodeError>,
        turn: &mut Turn<'_>,
    ) -> Result<Stop, Broken> {
        match self.order.accept(header)? {
            Incoming::Request => {
                turn.quantum.spend_request();
                turn.cipher.fill_moderately();
            }
            Incoming::RefusedPutEnd => {
                self.deadlines.transfer_ended();
                return Ok(Stop::GoOn);
            }
            _ => return Err(PeerMisbehaved::NoTransferOpen.into()),
        }
        match request {
            Ok(Some(request)) if must_wait(&request) && !self.replies.is_empty() => {
                self.work = Work::Held(Box::new(request));
                Ok(Stop::GoOn)
            }
            Ok(Some(request)) => Ok(self.serve(request, turn)),
            Ok(None) => {
                let text = format!("this server does not know {}", header.kind);
                self.answer(Answer::Error(Fault::new(Status::UNSUPPORTED, text)));
                Ok(Stop::GoOn)
            }
            Err(err) => {
                if header.kind == Kind::PUT {
                    self.order.put_refused();
                }
                self.answer(Answer::Error(Fault::new(err.status(), err.to_string())));
                Ok(Stop::GoOn)
            }
        }
    }

    /// Serves a request whose turn has come.
    pub(super) fn serve(&mut self, request: Request, turn: &Turn<'_>) -> Stop {
        if matches!(request, Request::List(_) | Request::Walk(_)) {
            self.pages = None;
        }
        match request {
            Request::Hello(hello) => return self.greet(&hello),
            Request::LoginPassword { name, password } => self.check_password(name, password),
            Request::LoginToken(token) => return self.log_in_by_token(&token),
            Request::LoginDevice(_) | Request::Redeem(_) | Request::Enrol(_)
                if !self.has_feature(feature::DEVICES) =>
            {
                let text = format!("{} is not in use on this connection", request.kind());
                self.answer(Answer::Error(Fault::new(Status::UNSUPPORTED, text)));
            }
            Request::LoginDevice(login) => return self.log_in_by_device(&login),
            Request::Redeem(redeem) => self.redeem(redeem),
            Request::Ping => self.answer(Answer::Pong),
            Request::Bye => {
                self.answer(Answer::Done);
                self.begin_linger();
            }
            request => return self.serve_session(request, turn),
        }
        Stop::GoOn
    }

    fn serve_session(&mut self, request: Request, turn: &Turn<'_>) -> Stop {
        let Some(mut session) = self.session.take() else { return Stop::Over };
        let served = match self.door.service.refresh(&mut session) {
            Ok(()) => self.dispatch(&mut session, request, turn),
            Err(gone) => {
                self.answer(status::answer(&gone));
                self.begin_linger();
                return Stop::GoOn;
            }
        };
        self.session = Some(session);
        match served {
            Ok(Some(answer)) => self.answer(answer),
            Ok(None) => {}
            Err(err) => self.answer(status::answer(&err)),
        }
        Stop::GoOn
    }

    /// The answer, or `None` when it comes later.
    fn dispatch(
        &mut self,
        session: &mut Session,
        request: Request,
        turn: &Turn<'_>,
    ) -> service::Result<Option<Answer>> {
        let service = &self.door.service;
        let current = session.directory.clone();
        let resolve = |path: &RequestedPath| path.resolve(&current);
        Ok(Some(match request {
            Request::List(path) => {
                let pages = service.list(session, &resolve(&path)?)?;
                return self.open_pages(pages).map(Some);
            }
            Request::Walk(path) => {
                let pages = service.walk(session, resolve(&path)?)?;
                return self.open_pages(pages).map(Some);
            }
            Request::NextPage => return self.next_page().map(Some),
            Request::Stat(path) => Answer::Entry(service.stat(session, &resolve(&path)?)?),
            Request::ChangeDirectory(path) => {
                service.change_directory(session, resolve(&path)?)?;
                Answer::Directory(session.directory.clone())
            }
            Request::PrintDirectory => Answer::Directory(current),
            Request::Get { path, range } => {
                return self.serve_get(session, &resolve(&path)?, range, turn);
            }
            request @ (Request::GetSegments { .. }
            | Request::SegmentValues { .. }
            | Request::Parts(_)
            | Request::PartAbandon(_)) => return self.serve_segments(session, request, turn),
            Request::Put(put) => {
                self.begin_upload(session, &put, turn);
                return Ok(None);
            }
            Request::Change { operation, change } => {
                return self.begin_change(session, operation, &change, turn);
            }
            Request::Digest { path, range } => {
                let task = service.digest(session, &resolve(&path)?, range)?;
                self.work =
                    Work::Running(Box::new(Running { task, operation: None, told_at: turn.now }));
                return Ok(None);
            }
            Request::Space(path) => Answer::SpaceIs(service.space(session, &resolve(&path)?)?),
            Request::UndoGroup(group) => {
                session.undo_group = group;
                Answer::Done
            }
            Request::UndoList { group, before } => {
                Answer::UndoPage(service.undo_page(session, group, before)?)
            }
            Request::History { before } => {
                let (lines, next) = service.history(session, before);
                history::answer(&lines, next)
            }
            Request::Preflight(asked) => Answer::FitnessIs(service.preflight(session, &asked)?),
            Request::Sync => {
                self.work = Work::Syncing(service.sync(session, &self.waker));
                return Ok(None);
            }
            Request::Enrol(device) => self.enrol(session, &device)?,
            Request::Status => Answer::StatusIs(self.server_status(session, current)),
            _ => return Err(service::Error::Nonsense("this request is not for now")),
        }))
    }

    fn enrol(&self, session: &Session, device: &Device) -> service::Result<Answer> {
        self.door.service.enrol(session, device)?;
        tracing::info!(
            account = session.account_name(),
            device = escape(device.name.as_bytes()),
            "enrolled a device"
        );
        Ok(Answer::Done)
    }

    fn begin_change(
        &mut self,
        session: &Session,
        operation: OperationId,
        change: &Change,
        turn: &Turn<'_>,
    ) -> service::Result<Option<Answer>> {
        let account = session.account_name();
        if let Some(answer) = self.door.operations.recall(account, operation, turn.now) {
            return Ok(Some(answer));
        }
        if let Some(task) = self.door.service.change(session, change, operation)? {
            let operation = Some(operation);
            self.work = Work::Running(Box::new(Running { task, operation, told_at: turn.now }));
            return Ok(None);
        }
        let account = session.account_name();
        self.door.operations.remember(account, operation, &Answer::Done, turn.now);
        Ok(Some(Answer::Done))
    }

    fn open_pages(&mut self, pages: Pages) -> service::Result<Answer> {
        self.pages = Some(Box::new(pages));
        self.next_page()
    }

    fn next_page(&mut self) -> service::Result<Answer> {
        let Some(pages) = &mut self.pages else {
            let fault = Fault::new(Status::OUT_OF_ORDER, "no listing is open");
            return Ok(Answer::Error(fault));
        };
        let page = pages.next_page()?;
        if page.is_last {
            self.pages = None;
        }
        Ok(Answer::Page(page))
    }

    fn server_status(&self, session: &Session, directory: RemotePath) -> ServerStatus {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let secs = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
        let uptime = self.door.started_at.elapsed();
        ServerStatus {
            account: session.account_name().to_owned(),
            directory,
            now: Timestamp::from_parts(secs, since_epoch.subsec_nanos()),
            uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            connections: u32::try_from(self.door.metrics.connections.value()).unwrap_or(u32::MAX),
        }
    }
}

/// Whether a request has to see the effects of all uploads before it. A put and a new folder
/// cannot tell the difference, so a stream of them does not stop.
fn must_wait(request: &Request) -> bool {
    !matches!(
        request,
        Request::Put(_)
            | Request::Ping
            | Request::Change { change: Change::MakeDirectory { .. }, .. }
    )
}

fn stopping() -> Fault {
    Fault::new(Status::STOPPING, "the server is stopping; come back in a moment")
}
