//! The tables of `PROTOCOL.md` and the constants of this crate say the same.

use ferry_protocol::{Kind, Side, Status, limits};

const PAGE: &str = include_str!("../PROTOCOL.md");

#[test]
fn the_page_lists_every_kind_with_its_code() {
    for kind in Kind::ALL {
        let name = kind.name().unwrap();
        if kind.is_reserved() {
            assert!(PAGE.contains(&format!("`{name}`")), "{name}");
        } else {
            let row = format!("| 0x{:04X} | `{name}` |", kind.code());
            assert_eq!(PAGE.matches(&row).count(), 1, "{row}");
        }
    }
}

#[test]
fn the_page_lists_every_status_with_side_and_retry() {
    let table = PAGE.split("| Code | Status |").nth(1).unwrap();
    for status in Status::ALL {
        let side = match status.side() {
            Side::Client => "client",
            Side::Server => "server",
        };
        let retry = if status.may_retry() { "yes" } else { "no" };
        let (start, end) = (format!("\n| {} | ", status.code()), format!(" | {side} | {retry} | "));
        let row = table.split(&start).nth(1).unwrap().lines().next().unwrap();
        assert!(row.contains(&end), "status {}: {row}", status.code());
    }
}

#[test]
fn the_page_states_every_limit() {
    let grouped = |value: u64| {
        let digits = value.to_string();
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| str::from_utf8(group).unwrap())
            .collect();
        groups.join(",")
    };
    for (what, value) in [
        ("body from a client before login", u64::from(limits::GREETING_BODY_MAX)),
        ("body from a client after login", u64::from(limits::REQUEST_BODY_MAX)),
        ("body from a server", u64::from(limits::ANSWER_BODY_MAX)),
        ("body of `data`", u64::from(limits::DATA_BODY_MAX)),
        ("entries of a page", u64::try_from(limits::PAGE_ENTRIES_MAX).unwrap()),
        ("entries of a page of history", u64::try_from(limits::HISTORY_ENTRIES_MAX).unwrap()),
        ("name", u64::try_from(limits::NAME_MAX).unwrap()),
        ("path", u64::try_from(limits::PATH_MAX).unwrap()),
        ("account name, password", u64::try_from(limits::CREDENTIAL_MAX).unwrap()),
        ("message of the day", u64::try_from(limits::WELCOME_TEXT_MAX).unwrap()),
        ("text of a failure", u64::try_from(limits::FAULT_TEXT_MAX).unwrap()),
        ("put without waiting", limits::SMALL_PUT_MAX),
        ("requests without a last answer", u64::try_from(limits::UNANSWERED_MAX).unwrap()),
        ("answers unread", u64::try_from(limits::UNREAD_ANSWERS_MAX).unwrap()),
        ("requests unanswered", u64::try_from(limits::UNANSWERED_BYTES_MAX).unwrap()),
        ("entries of a `preflight`", u64::try_from(limits::PREFLIGHT_NAMES_MAX).unwrap()),
        ("refused logins", u64::from(limits::LOGIN_ATTEMPTS_MAX)),
        ("values in a `put-values`", u64::try_from(limits::PUT_VALUES_MAX).unwrap()),
        ("values in a `segment-values-are`", u64::try_from(limits::STORED_VALUES_MAX).unwrap()),
        ("ranges in a `missing`", u64::try_from(limits::MISSING_RANGES_MAX).unwrap()),
        ("parts in a `parts-are`", u64::try_from(limits::PARTS_MAX).unwrap()),
        ("wrong segments", u64::from(limits::BAD_SEGMENTS_MAX)),
    ] {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| {what}")));
        assert!(row.is_some_and(|row| row.contains(&grouped(value))), "{what}: {row:?}");
    }
}
