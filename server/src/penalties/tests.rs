use super::*;

fn penalties() -> Penalties {
    Penalties::new(PenaltyRules::default(), AuditLog::unwritten())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const PEER: &str = "192.0.2.1";

#[test]
fn fifteen_points_shut_an_address_out_and_no_other() {
    let (penalties, now) = (penalties(), Instant::now());
    for _ in 0..14 {
        penalties.wrong_login(ip(PEER), "ann", true, now);
    }
    assert_eq!(penalties.ban(ip(PEER), now), None);
    penalties.wrong_login(ip(PEER), "ann", true, now);
    assert_eq!(penalties.ban(ip(PEER), now), Some(Duration::from_mins(30)));
    assert_eq!(penalties.ban(ip("192.0.2.2"), now), None);
    assert_eq!(penalties.ban(ip(PEER), now + Duration::from_mins(31)), None);
}

#[test]
fn whoever_guesses_names_is_shut_out_sooner_and_existence_does_not_matter() {
    let now = Instant::now();
    let tries_until_ban = |is_known| {
        let penalties = penalties();
        let tried = (0..100).take_while(|number| {
            penalties.wrong_login(ip(PEER), &format!("name{number}"), is_known, now);
            penalties.ban(ip(PEER), now).is_none()
        });
        tried.count() + 1
    };
    assert_eq!(tries_until_ban(true), 8);
    assert_eq!(tries_until_ban(true), tries_until_ban(false));
}

#[test]
fn points_are_forgotten_and_bans_grow() {
    let (penalties, mut now) = (penalties(), Instant::now());
    for _ in 0..20 {
        penalties.charge(ip(PEER), Offence::Garbage, now);
        now += Duration::from_mins(10);
    }
    assert_eq!(penalties.ban(ip(PEER), now), None, "12 points in half an hour");
    let mut lengths = Vec::new();
    for _ in 0..30 {
        while penalties.ban(ip(PEER), now).is_none() {
            penalties.charge(ip(PEER), Offence::Garbage, now);
        }
        let ban = penalties.ban(ip(PEER), now).unwrap();
        lengths.push(ban.as_secs() / 60);
        now += ban + Duration::from_secs(1);
    }
    assert_eq!(lengths[..4], [30, 45, 67, 101]);
    assert_eq!(lengths.last(), Some(&(24 * 60)));
    now += Duration::from_hours(25);
    for _ in 0..5 {
        penalties.charge(ip(PEER), Offence::Garbage, now);
    }
    assert_eq!(penalties.ban(ip(PEER), now), Some(Duration::from_mins(30)), "a day of peace");
}

#[test]
fn an_ipv6_host_is_one_address_and_a_mapped_one_is_its_ipv4() {
    let (penalties, now) = (penalties(), Instant::now());
    for number in 0..5 {
        penalties.charge(ip(&format!("2001:db8::{number}")), Offence::Garbage, now);
    }
    assert!(penalties.ban(ip("2001:db8::ffff"), now).is_some());
    assert_eq!(penalties.ban(ip("2001:db8:0:1::1"), now), None);
    for _ in 0..5 {
        penalties.charge(ip("::ffff:192.0.2.9"), Offence::Garbage, now);
    }
    assert!(penalties.ban(ip("192.0.2.9"), now).is_some());
}

/// All of a local network have one /64 of link-local addresses: one that guessed shut out all.
#[test]
fn a_link_local_host_is_one_address_and_not_its_network() {
    let (penalties, now) = (penalties(), Instant::now());
    for _ in 0..5 {
        penalties.charge(ip("fe80::1"), Offence::Garbage, now);
    }
    assert!(penalties.ban(ip("fe80::1"), now).is_some());
    assert_eq!(penalties.ban(ip("fe80::2"), now), None);
    assert_eq!(penalties.report(now).addresses[0].address, "fe80::1");
    assert_eq!(penalties.clear("fe80::1"), 1);
}

#[test]
fn nobody_is_exempt_unless_listed() {
    let exempt = vec!["127.0.0.2".parse().unwrap()];
    let penalties =
        Penalties::new(PenaltyRules { exempt, ..PenaltyRules::default() }, AuditLog::unwritten());
    let now = Instant::now();
    for _ in 0..5 {
        penalties.charge(ip("127.0.0.1"), Offence::Garbage, now);
        penalties.charge(ip("127.0.0.2"), Offence::Garbage, now);
    }
    assert!(penalties.ban(ip("127.0.0.1"), now).is_some());
    assert_eq!(penalties.ban(ip("127.0.0.2"), now), None);
}

#[test]
fn a_name_grows_slow_but_is_never_locked() {
    let (penalties, now) = (penalties(), Instant::now());
    let mut waits = Vec::new();
    for number in 0..100_u32 {
        waits.push(penalties.patience("ann", now).as_millis());
        penalties.wrong_login(ip(&format!("10.0.0.{number}")), "ann", true, now);
    }
    assert_eq!(waits[..7], [0, 0, 0, 0, 250, 500, 1000]);
    assert_eq!(waits.last(), Some(&4000));
    assert_eq!(penalties.patience("bob", now), Duration::ZERO);
    assert_eq!(penalties.patience("ann", now + Duration::from_mins(31)), Duration::ZERO);
}

#[test]
fn the_table_is_bounded_and_keeps_those_who_are_shut_out() {
    let (penalties, mut now) = (penalties(), Instant::now());
    for _ in 0..5 {
        penalties.charge(ip(PEER), Offence::Garbage, now);
    }
    for number in 0..30_000_u32 {
        now += Duration::from_millis(1);
        let address = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
        penalties.wrong_login(address, &number.to_string(), false, now);
    }
    let report = penalties.report(now);
    assert!(report.address_count <= ENTRIES_MAX && report.name_count <= ENTRIES_MAX);
    assert!(penalties.ban(ip(PEER), now).is_some());
    assert_eq!(report.addresses[0].address, PEER);
    assert_eq!(report.addresses.len(), 200);
}

#[test]
fn what_strangers_typed_is_not_shown_and_all_can_be_cleared() {
    let (penalties, now) = (penalties(), Instant::now());
    penalties.wrong_login(ip(PEER), "hunter2", false, now);
    penalties.wrong_login(ip("2001:db8::1"), "ann", true, now);
    let shown = serde_json::to_string(&penalties.report(now)).unwrap();
    assert!(shown.contains("ann") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(penalties.clear("nobody"), 0);
    assert_eq!(penalties.clear("ann"), 1);
    assert_eq!(penalties.clear("2001:db8::/64"), 1);
    assert_eq!(penalties.clear(PEER), 1);
    assert_eq!(penalties.clear(ALL), 1);
    assert_eq!(penalties.report(now), PenaltyReport::default());
}
