//! Any legal value survives its wire form, and no bytes at all make the decoders panic.

#![expect(clippy::unwrap_used, reason = "a test's own tools")]

mod wire;

use ferry_protocol::{
    Account, Answer, Attributes, Busy, Change, Content, Device, DeviceKey, DeviceLogin, Digest,
    Entry, EntryFlags, EntryKind, Epoch, Fault, Fitness, GoOn, Hello, IfExists, InvitationSecret,
    Missing, Name, OperationId, Page, PartEntry, PartPage, Permissions, Preflight, PreflightEntry,
    Problem, Progress, Put, PutValues, Range, Redeem, RemotePath, Removal, Request, RequestedPath,
    Rights, Secret, SegmentRange, SegmentValue, ServerStatus, Space, Status, Stored, StoredDigest,
    StoredValues, Timestamp, Token, TransferId, UndoEntry, UndoGroup, UndoId, UndoPage, UndoReason,
    Welcome, WireLimits, escape, fuzz,
};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::{Body, Decoded, Message, Rest, decode};

proptest! {
    #[test]
    fn names_and_paths_keep_their_bytes(bytes in vec(any::<u8>(), 0..300), below in path_bytes()) {
        if let Ok(name) = Name::parse(&bytes) {
            prop_assert_eq!(name.as_bytes(), &bytes);
            let path = RemotePath::root().join(&name).unwrap();
            prop_assert_eq!(path.name(), Some(name));
        }
        let path = RemotePath::parse(&below).unwrap();
        prop_assert_eq!(&RemotePath::parse(&path.to_wire()).unwrap(), &path);
        prop_assert_eq!(path.as_relative_bytes(), &below);
        prop_assert_eq!(RequestedPath::parse(&below).unwrap().to_wire(), below);
    }

    #[test]
    fn what_is_shown_is_one_printable_line(bytes in vec(any::<u8>(), 0..100)) {
        prop_assert!(!escape(&bytes).chars().any(char::is_control));
    }

    #[test]
    fn requests_survive(number in any::<u32>(), request in request(), step in 1..40_usize) {
        let is_same = survives(number, Body::Request(request), step);
        prop_assert!(is_same);
    }

    #[test]
    fn answers_survive(number in any::<u32>(), answer in answer(), step in 1..40_usize) {
        let is_same = survives(number, Body::Answer(answer), step);
        prop_assert!(is_same);
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        fuzz::header(&bytes);
        fuzz::request(&bytes);
        fuzz::answer(&bytes);
        fuzz::deframer(&bytes);
        fuzz::server_session_ops(&bytes);
    }
}

fn survives(number: u32, body: Body, step: usize) -> bool {
    let message = Message { number, body };
    let decoded = decode(&message.encode(), || step);
    decoded == Decoded { messages: vec![message], rest: Rest::Nothing }
}

fn path_bytes() -> impl Strategy<Value = Vec<u8>> {
    let name = vec(any::<u8>(), 1..20).prop_filter("a name", |name| Name::parse(name).is_ok());
    vec(name, 0..8).prop_map(|names| names.join(&b'/'))
}

prop_compose! {
    fn path()(bytes in path_bytes(), from_root in any::<bool>()) -> RequestedPath {
        let wire = if from_root { [b"/", bytes.as_slice()].concat() } else { bytes };
        RequestedPath::parse(&wire).unwrap()
    }
}

prop_compose! {
    fn remote_path()(bytes in path_bytes()) -> RemotePath { RemotePath::parse(&bytes).unwrap() }
}

prop_compose! {
    fn digest()(bytes in any::<[u8; 32]>()) -> Digest { Digest::from_bytes(bytes) }
}

prop_compose! {
    fn permissions()(mode in any::<u32>()) -> Permissions { Permissions::from_mode(mode) }
}

prop_compose! {
    fn range()(offset in any::<u64>(), len in any::<u64>()) -> Range { Range { offset, len } }
}

fn if_exists() -> impl Strategy<Value = IfExists> {
    prop_oneof![Just(IfExists::Refuse), Just(IfExists::Replace)]
}

prop_compose! {
    fn entry()(
        name in path_bytes(),
        kind in prop_oneof![
            Just(EntryKind::File), Just(EntryKind::Folder), Just(EntryKind::Link), Just(EntryKind::Other),
        ],
        (linked, unreadable) in any::<(bool, bool)>(),
        (size, modified) in any::<(u64, i64)>(),
        permissions in permissions(),
    ) -> Entry {
        let flags = EntryFlags { linked, unreadable };
        Entry { name, kind, flags, size, modified: Timestamp(modified), permissions }
    }
}

prop_compose! {
    fn put()(
        (operation, transfer, size, modified) in any::<([u8; 16], [u8; 16], u64, i64)>(),
        path in path(),
        permissions in permissions(),
        if_exists in if_exists(),
        (resume, with_parents) in any::<(bool, bool)>(),
    ) -> Put {
        let (operation, transfer) = (OperationId(operation), TransferId(transfer));
        let modified = Timestamp(modified);
        Put { operation, transfer, path, size, modified, permissions, if_exists, resume, with_parents }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let removal = prop_oneof![Just(Removal::File), Just(Removal::EmptyFolder), Just(Removal::Tree)];
    let attributes = (any::<Option<i64>>(), proptest::option::of(permissions()));
    prop_oneof![
        (path(), any::<bool>())
            .prop_map(|(path, with_parents)| Change::MakeDirectory { path, with_parents }),
        (path(), path(), any::<bool>()).prop_map(|(from, to, replace)| Change::Rename {
            from,
            to,
            replace
        }),
        (path(), removal).prop_map(|(path, removal)| Change::Remove { path, removal }),
        (path(), attributes).prop_map(|(path, (modified, permissions))| {
            let modified = modified.map(Timestamp);
            Change::SetAttributes { path, attributes: Attributes { modified, permissions } }
        }),
        (path(), path(), if_exists()).prop_map(|(from, to, if_exists)| Change::Copy {
            from,
            to,
            if_exists
        }),
        (any::<[u8; 16]>(), path(), if_exists()).prop_map(|(id, to, if_exists)| Change::Undo {
            id: UndoId(id),
            to,
            if_exists
        }),
        any::<[u8; 16]>().prop_map(|id| Change::UndoForget { id: UndoId(id) }),
    ]
}

/// An id that may be none; zeros are never one.
fn optional_id() -> impl Strategy<Value = Option<[u8; 16]>> {
    proptest::option::of(any::<[u8; 16]>().prop_filter("an id", |id| *id != [0; 16]))
}

prop_compose! {
    fn undo_entry()(
        (id, group, kept_at) in any::<([u8; 16], [u8; 16], i64)>(),
        reason in prop_oneof![Just(UndoReason::Replaced), Just(UndoReason::Removed)],
        account in ".{0,20}",
        entry in entry(),
    ) -> UndoEntry {
        let (id, group, kept_at) = (UndoId(id), UndoGroup(group), Timestamp(kept_at));
        UndoEntry { id, group, reason, kept_at, account, entry }
    }
}

fn device() -> impl Strategy<Value = Device> {
    (any::<[u8; 32]>(), ".{0,20}").prop_map(|(key, name)| Device { key: DeviceKey(key), name })
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (".{0,20}", any::<u64>())
            .prop_map(|(program, features)| Request::Hello(Hello { program, features })),
        (".{0,20}", vec(any::<u8>(), 0..255)).prop_map(|(name, password)| {
            Request::LoginPassword { name, password: Secret::new(&password) }
        }),
        any::<[u8; 32]>().prop_map(|token| Request::LoginToken(Token::new(token))),
        (".{0,20}", any::<[u8; 32]>(), vec(any::<u8>(), 64)).prop_map(|(account, key, bytes)| {
            let signature = bytes.try_into().unwrap();
            Request::LoginDevice(DeviceLogin { account, key: DeviceKey(key), signature })
        }),
        (any::<[u8; 16]>(), device(), vec(any::<u8>(), 0..255)).prop_map(
            |(secret, device, password)| {
                let invitation = InvitationSecret::new(secret);
                Request::Redeem(Redeem { invitation, device, password: Secret::new(&password) })
            }
        ),
        device().prop_map(Request::Enrol),
        path().prop_map(Request::List),
        path().prop_map(Request::Walk),
        path().prop_map(Request::Stat),
        path().prop_map(Request::ChangeDirectory),
        path().prop_map(Request::Space),
        (path(), range()).prop_map(|(path, range)| Request::Get { path, range }),
        (path(), range()).prop_map(|(path, range)| Request::Digest { path, range }),
        put().prop_map(Request::Put),
        preflight().prop_map(Request::Preflight),
        digest().prop_map(Request::PutEnd),
        segment_request(),
        optional_id().prop_map(|group| Request::UndoGroup(group.map(UndoGroup))),
        (optional_id(), optional_id()).prop_map(|(group, before)| Request::UndoList {
            group: group.map(UndoGroup),
            before: before.map(UndoId),
        }),
        (any::<[u8; 16]>(), change()).prop_map(|(operation, change)| {
            Request::Change { operation: OperationId(operation), change }
        }),
    ]
}

fn segment_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (path(), segment_range()).prop_map(|(path, range)| Request::GetSegments { path, range }),
        (path(), segment_range()).prop_map(|(path, range)| Request::SegmentValues { path, range }),
        (any::<u32>(), values())
            .prop_map(|(first, values)| Request::PutValues(PutValues { first, values })),
        any::<[u8; 16]>().prop_map(|id| Request::Parts(TransferId(id))),
        any::<[u8; 16]>().prop_map(|id| Request::PartAbandon(TransferId(id))),
    ]
}

fn segment_range() -> impl Strategy<Value = SegmentRange> {
    any::<(u32, u32)>().prop_map(|(first, count)| SegmentRange { first, count })
}

fn values() -> impl Strategy<Value = Vec<SegmentValue>> {
    vec(any::<[u8; 32]>().prop_map(SegmentValue::from_bytes), 0..20)
}

prop_compose! {
    fn part()(
        (transfer, size, held, touched, is_open) in any::<([u8; 16], u64, u64, i64, bool)>(),
        target in remote_path(),
    ) -> PartEntry {
        let (transfer, touched) = (TransferId(transfer), Timestamp(touched));
        PartEntry { transfer, target, size, held, touched, is_open }
    }
}

fn segment_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        (1..=u32::MAX, vec(segment_range(), 0..20))
            .prop_map(|(run_len, ranges)| Answer::Missing(Missing { run_len, ranges })),
        any::<[u8; 32]>().prop_map(|value| Answer::SegmentValue(SegmentValue::from_bytes(value))),
        (any::<(u64, i64)>(), values()).prop_map(|((file_size, modified), values)| {
            let modified = Timestamp(modified);
            Answer::SegmentValuesAre(StoredValues { file_size, modified, values })
        }),
        (vec(part(), 0..16), any::<bool>())
            .prop_map(|(parts, is_last)| Answer::PartsAre(PartPage { parts, is_last })),
    ]
}

fn preflight() -> impl Strategy<Value = Preflight> {
    let entry = (any::<bool>(), vec(any::<u8>(), 0..300))
        .prop_map(|(is_folder, name)| PreflightEntry { is_folder, name });
    (any::<[u8; 16]>(), path(), any::<u64>(), vec(entry, 0..20)).prop_map(
        |(job, folder, bytes, entries)| Preflight { job: TransferId(job), folder, bytes, entries },
    )
}

fn fitness() -> impl Strategy<Value = Fitness> {
    let names = (vec(any::<u8>(), 0..300), vec(any::<u8>(), 0..255));
    let problem = (any::<(u16, bool)>(), names).prop_map(|((code, is_blocking), (name, other))| {
        Problem { status: Status::new(code), is_blocking, name, other }
    });
    (any::<(bool, u64)>(), vec(problem, 0..20)).prop_map(
        |((folder_exists, available), problems)| Fitness { folder_exists, available, problems },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        segment_answer(),
        greeting_answer(),
        (vec(entry(), 0..20), any::<bool>())
            .prop_map(|(entries, is_last)| Answer::Page(Page { entries, is_last })),
        (vec(undo_entry(), 0..20), optional_id()).prop_map(|(entries, next)| {
            Answer::UndoPage(UndoPage { entries, next: next.map(UndoId) })
        }),
        entry().prop_map(Answer::Entry),
        remote_path().prop_map(Answer::Directory),
        (any::<(u64, u64, i64)>(), permissions()).prop_map(
            |((file_size, len, modified), permissions)| {
                Answer::Content(Content {
                    file_size,
                    len,
                    modified: Timestamp(modified),
                    permissions,
                })
            }
        ),
        digest().prop_map(Answer::ContentEnd),
        (any::<u64>(), digest())
            .prop_map(|(held, held_digest)| Answer::GoOn(GoOn { held, held_digest })),
        (digest(), any::<(bool, bool)>()).prop_map(|(digest, (was_there, is_durable))| {
            Answer::Stored(Stored { digest, was_there, is_durable })
        }),
        any::<(u64, u64)>().prop_map(|(done, total)| Answer::Progress(Progress { done, total })),
        fitness().prop_map(Answer::FitnessIs),
        any::<(u64, u64)>()
            .prop_map(|(total, available)| Answer::SpaceIs(Space { total, available })),
        (any::<(u64, i64)>(), digest()).prop_map(|((file_size, modified), digest)| {
            Answer::DigestIs(StoredDigest { file_size, modified: Timestamp(modified), digest })
        }),
        (any::<u16>(), ".{0,90}")
            .prop_map(|(code, text)| Answer::Error(Fault::new(Status::new(code), text))),
        (any::<u16>(), ".{0,90}")
            .prop_map(|(code, text)| Answer::GoAway(Fault::new(Status::new(code), text))),
        (any::<u32>(), ".{0,90}")
            .prop_map(|(retry_after_ms, text)| Answer::Busy(Busy { retry_after_ms, text })),
    ]
}

fn greeting_answer() -> impl Strategy<Value = Answer> {
    let rights =
        prop_oneof![Just(Rights::none()), Just(Rights::read_only()), Just(Rights::read_write())];
    prop_oneof![
        (".{0,20}", ".{0,20}", ".{0,90}", any::<(u64, u32)>()).prop_map(
            |(name, program, text, (features, idle_ms))| {
                let limits = WireLimits::with_idle_ms(idle_ms);
                Answer::Welcome(Welcome { name, program, text, features, limits })
            }
        ),
        (".{0,20}", rights, any::<[u8; 32]>(), remote_path(), epoch()).prop_map(
            |(name, rights, token, directory, epoch)| {
                let token = Token::new(token);
                Answer::LoggedIn(Account { name, rights, token, directory, epoch })
            }
        ),
        epoch().prop_map(Answer::Synced),
        (".{0,20}", remote_path(), any::<(i64, u64, u32)>()).prop_map(
            |(account, directory, (now, uptime_ms, connections))| {
                let now = Timestamp(now);
                Answer::StatusIs(ServerStatus { account, directory, now, uptime_ms, connections })
            }
        ),
    ]
}

fn epoch() -> impl Strategy<Value = Epoch> {
    any::<([u8; 16], u64)>().prop_map(|(run, failed_syncs)| Epoch { run, failed_syncs })
}

#[test]
fn what_a_server_may_not_send_is_refused() {
    let entry = |name: &[u8]| Entry {
        name: name.to_vec(),
        kind: EntryKind::File,
        flags: EntryFlags::default(),
        size: 0,
        modified: Timestamp(0),
        permissions: Permissions::from_mode(0),
    };
    for name in [&b".."[..], b"../a", b"a/../b", b"/etc/passwd", b"/", b"a//b", b"a\0", b".ferry-x"]
    {
        let number = 1;
        let message = Message { number, body: Body::Answer(Answer::Entry(entry(name))) };
        assert!(matches!(decode(&message.encode(), || 99).rest, Rest::Wrong(_)), "{name:?}");
    }
}
