//! Texts of the connect screen.

use crate::state::percent;
use crate::state::place::shown;

/// Above the form.
pub const TITLE: &str = "Connect to a server";
/// Below the title.
pub const INTRO: &str = "Paste a server's link, or type its address.";
/// The address field.
pub const ADDRESS: &str = "Address or link";
/// What an address looks like.
pub const ADDRESS_HINT: &str = "ferry://host  or  192.168.1.20:3000";
/// The account's field.
pub const ACCOUNT: &str = "Name";
/// What no name means.
pub const ACCOUNT_HINT: &str = "empty for guest";
/// The password's field.
pub const PASSWORD: &str = "Password";
/// Shows the password.
pub const SHOW_PASSWORD: &str = "Show password";
/// Connects.
pub const CONNECT: &str = "Connect";
/// Takes what the server says on connecting out of the way.
pub const CLOSE_WELCOME: &str = "Close the server's welcome";
/// Leaves the server.
pub const DISCONNECT: &str = "Disconnect";
/// Gives up.
pub const CANCEL: &str = "Cancel";
/// From the connect screen to the server that is connected.
pub const BACK: &str = "Back to the server";
/// The saved servers.
pub const SAVED: &str = "Your servers";
/// No server was connected yet.
pub const SAVED_NONE: &str = "Servers you connect to appear here. Give one a name to keep it.";
/// Instead of connecting.
pub const OR_SHARE: &str = "Or be the server: share a folder of this computer.";
/// Makes a bookmark.
pub const PIN: &str = "Keep this server";
/// Makes it none.
pub const UNPIN: &str = "Keep no more";
/// Forgets a saved server.
pub const FORGET: &str = "Forget this server";
/// Gives a saved server a name of one's own.
pub const GIVE_NAME: &str = "Name this server";
/// The field for that name.
pub const NAME_FIELD: &str = "Name of the server";

/// While connecting.
#[must_use]
pub fn connecting(server: &str) -> String {
    format!("Connecting to {server} …")
}

/// Above the question of trust.
pub const TRUST_TITLE: &str = "Is this the right server?";
/// Says why it is asked.
#[must_use]
pub fn trust(server: &str) -> String {
    format!(
        "You have not met {server} before. Compare this fingerprint with the one that the server \
         printed when it started, or that its owner tells you."
    )
}
/// Says what happens then.
pub const TRUST_THEN: &str = "If they agree, Ferry remembers it and will not ask again. Nothing has been sent yet, no name and no password.";
/// They agree.
pub const TRUST_YES: &str = "They agree, connect";
/// They do not.
pub const TRUST_NO: &str = "Do not connect";

/// Above the hard stop.
pub const KEY_CHANGED_TITLE: &str = "This is not the server you know";
/// Says why it stopped.
#[must_use]
pub fn key_changed(server: &str, was_in_link: bool) -> String {
    if was_in_link {
        format!(
            "{server} does not have the key that the link names. Either the link is old, or \
             somebody stands between you and the server. Nothing was sent."
        )
    } else {
        format!(
            "The key of {server} has changed. Either the server was set up anew, or somebody \
             stands between you and it. Nothing was sent."
        )
    }
}
/// What to do.
#[must_use]
pub fn key_changed_remedy(was_in_link: bool) -> &'static str {
    if was_in_link {
        "Ask whoever gave you the link, by another way than this one, for a new one. This link \
         leads no further."
    } else {
        "Ask the server's owner, by another way than this one, which fingerprint is right. Only if \
         it is the new one, forget this server under Your servers, connect again, and compare."
    }
}
/// The key that is known.
#[must_use]
pub fn key_known(was_in_link: bool) -> &'static str {
    if was_in_link { "Named by the link" } else { "Known until now" }
}
/// The key that is shown.
pub const KEY_PRESENTED: &str = "Shown now";
/// The only way.
pub const KEY_STOP: &str = "Stay away";

/// A fingerprint in groups that can be read aloud.
#[must_use]
pub fn grouped(fingerprint: &str) -> String {
    let chars: Vec<char> = fingerprint.chars().collect();
    let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// A server's address in little room: without the port, if it is the usual one, and without the
/// signs that a link needs.
#[must_use]
pub fn server(address: &str) -> String {
    let address = shown(&percent::decoded(address));
    match address.split_once(USUAL_PORT) {
        Some((host, rest)) if rest.is_empty() || rest.starts_with('/') => format!("{host}{rest}"),
        _ => address,
    }
}

const USUAL_PORT: &str = ":3000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_grouped() {
        assert_eq!(grouped("abcdefghij"), "abcd efgh ij");
    }

    #[test]
    fn a_servers_address_is_shown_as_it_is_meant() {
        assert_eq!(server("ben@[fe80::1%25eth0]:3000/my%20music"), "ben@[fe80::1%eth0]/my music");
    }

    #[test]
    fn the_usual_port_is_left_out() {
        assert_eq!(server("ana@nas.local:3000/photos"), "ana@nas.local/photos");
        assert_eq!(server("[::1]:3000"), "[::1]");
        assert_eq!(server("nas.local:30001"), "nas.local:30001");
    }
}
