//! Verbs of the command line: URLs are sorted by server, and each server's part is run at once.

use super::arguments::{JobsAction, Transfer, Verb};
use super::failure::{Failure, Result};
use super::interrupt::Interrupts;
use super::person::Person;
use super::screen::{Screen, complain};
use super::session::{Parts, Session};
use super::settings::Settings;
use super::target::{LocalTarget, RemoteTarget};
use super::verbs::{history, inspect, jobs, list, namespace, parts, transfer, undo};
use crate::Address;
use crate::preflight::Survey;
use ferry_protocol::escape;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// What every verb of one command line needs.
#[derive(Debug)]
pub(crate) struct OneShot {
    pub(crate) settings: Settings,
    pub(crate) person: Arc<Person>,
    pub(crate) interrupts: Interrupts,
}

impl OneShot {
    /// Runs one verb.
    pub(crate) fn run(&self, verb: &Verb) -> Result {
        match verb {
            Verb::Ls(how) => {
                self.on_servers("ls", &how.places, |session, at| list::list(session, at, how))
            }
            Verb::Mkdir(how) => self.on_servers("mkdir", &how.places, |session, at| {
                namespace::make_folders(session, at, how)
            }),
            Verb::Rm(how) => self
                .on_servers("rm", &how.places, |session, at| namespace::remove(session, at, how)),
            Verb::Stat(at) => self.on_servers("stat", &at.places, inspect::stat),
            Verb::Digest(at) => self.on_servers("digest", &at.places, inspect::digest),
            Verb::Df(at) => self.on_servers("df", &at.places, inspect::space),
            Verb::Undo(how) => {
                self.on_servers("undo", &how.places, |session, at| undo::undo(session, at, how))
            }
            Verb::Parts(how) => {
                self.on_servers("parts", &how.places, |session, _| parts::parts(session, how))
            }
            Verb::History(how) => self
                .on_servers("history", &how.places, |session, _| history::show(session, how.count)),
            Verb::Get(what) => self.get(what),
            Verb::Put(what) => self.put(what),
            Verb::Mv(at) => self.carry("mv", &at.places, namespace::rename),
            Verb::Cp(at) => self.carry("cp", &at.places, namespace::copy),
            Verb::Jobs { action } => self.jobs(&action.clone().unwrap_or_default()),
        }
    }

    fn jobs(&self, action: &JobsAction) -> Result {
        let screen = Screen::new(self.settings.json);
        let mut at = jobs::At {
            settings: &self.settings,
            person: &self.person,
            interrupts: &self.interrupts,
            screen: &screen,
            session: None,
        };
        jobs::jobs(&mut at, action)
    }

    fn get(&self, what: &Transfer) -> Result {
        let (sources, target) = split_get(&what.places)?;
        let here = std::env::current_dir().unwrap_or_default();
        let target = match target {
            Some(typed) => LocalTarget::typed(&here, typed),
            None => LocalTarget::folder(&here),
        };
        target.check_count(sources.len())?;
        self.on_servers("get", sources, |session, at| transfer::get(session, at, &target))
    }

    fn put(&self, what: &Transfer) -> Result {
        let (target, sources) = match what.places.split_last() {
            Some((target, sources)) if !sources.is_empty() => (target, sources),
            _ => return Err(wrong_use("put FILE... URL")),
        };
        if let Some(url) = sources.iter().find(|source| is_url(source)) {
            let text = format!("{} is no local file; put sends local files", shown(url));
            return Err(Failure::Usage(text));
        }
        let address = parse_url(target)?;
        let target = remote_target(&address);
        target.check_count(sources.len())?;
        let here = std::env::current_dir().unwrap_or_default();
        let paths = sources.iter().map(|source| here.join(source)).collect();
        // Looked through while the connection is made; without a thread it is done after that.
        let survey = Survey::start(paths).ok();
        self.on_server(&address, |session| transfer::put(session, sources, &target, survey))
    }

    fn carry(
        &self,
        name: &str,
        places: &[OsString],
        act: fn(&mut Session, &[RemoteTarget], &RemoteTarget) -> Result,
    ) -> Result {
        let addresses = parse_urls(name, places)?;
        let (target, sources) = match addresses.split_last() {
            Some((target, sources)) if !sources.is_empty() => (target, sources),
            _ => return Err(wrong_use(&format!("{name} URL... URL"))),
        };
        if !sources.iter().all(|source| is_same_server(source, target)) {
            let text = format!("{name} works within one server; get and put go between servers");
            return Err(Failure::Usage(text));
        }
        let to = remote_target(target);
        to.check_count(sources.len())?;
        let from: Vec<_> = sources.iter().map(remote_target).collect();
        self.on_server(target, |session| act(session, &from, &to))
    }

    /// Runs `act` once for each run of URLs of one server.
    fn on_servers(
        &self,
        name: &str,
        places: &[OsString],
        mut act: impl FnMut(&mut Session, &[RemoteTarget]) -> Result,
    ) -> Result {
        let addresses = parse_urls(name, places)?;
        let groups: Vec<_> = addresses.chunk_by(is_same_server).collect();
        let mut parts = Parts::default();
        let screen = Screen::new(self.settings.json);
        for group in &groups {
            let Some(address) = group.first() else {
                continue;
            };
            let targets: Vec<_> = group.iter().map(remote_target).collect();
            let result = self.on_server(address, |session| act(session, &targets));
            if groups.len() == 1 {
                return result;
            }
            parts.add(&screen, result)?;
        }
        parts.end()
    }

    fn on_server(&self, address: &Address, act: impl FnOnce(&mut Session) -> Result) -> Result {
        let mut session = Session::open(address, &self.settings, &self.person, &self.interrupts)?;
        let welcome = &session.client.welcome().text;
        if !self.settings.json {
            for line in welcome.lines() {
                complain(&format!("the server says: {}", escape(line.as_bytes())));
            }
        }
        let result = session.run(act);
        if result.is_ok() {
            // All was answered: a lost goodbye changes nothing.
            drop(session.client.bye());
        }
        result
    }
}

/// Sources and the local target, if there is one: the last place, when it is no URL.
fn split_get(places: &[OsString]) -> Result<(&[OsString], Option<&OsStr>)> {
    let (sources, target) = match places.split_last() {
        Some((last, sources)) if !is_url(last) => (sources, Some(last.as_os_str())),
        _ => (places, None),
    };
    if sources.is_empty() {
        return Err(wrong_use("get URL... [FILE or FOLDER/]"));
    }
    Ok((sources, target))
}

fn parse_urls(name: &str, places: &[OsString]) -> Result<Vec<Address>> {
    if places.is_empty() {
        return Err(wrong_use(&format!("{name} URL...")));
    }
    places.iter().map(|place| parse_url(place)).collect()
}

fn parse_url(place: &OsStr) -> Result<Address> {
    let typed = place.to_str().ok_or_else(|| {
        Failure::Usage(format!("{}: write bytes that are no text as %XX", shown(place)))
    })?;
    Address::parse(typed).map_err(|err| match Failure::from(err) {
        Failure::Usage(text) => Failure::Usage(format!("{}: {text}", shown(place))),
        Failure::Refused(text) => Failure::Refused(format!("{}: {text}", shown(place))),
        other => other,
    })
}

fn is_url(place: &OsStr) -> bool {
    place.to_str().is_some_and(Address::is_url)
}

/// What may be a password is never repeated.
pub(crate) fn shown(place: &OsStr) -> String {
    let shown = escape(place.as_encoded_bytes());
    match (shown.split_once("://"), shown.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://...@{rest}"),
        _ => shown,
    }
}

fn remote_target(address: &Address) -> RemoteTarget {
    RemoteTarget { path: address.path.clone(), is_folder: address.is_folder_target }
}

fn is_same_server(one: &Address, other: &Address) -> bool {
    one.user == other.user && one.authority() == other.authority()
}

fn wrong_use(how: &str) -> Failure {
    Failure::Usage(format!("use it like this: ferry {how}; see ferry --help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(typed: &[&str]) -> Vec<OsString> {
        typed.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_last_place_of_get_is_the_target_unless_it_is_a_url() {
        let typed = places(&["ferry://h/a", "ferry://h/b", "x/"]);
        let (sources, target) = split_get(&typed).unwrap();
        assert_eq!((sources.len(), target), (2, Some(OsStr::new("x/"))));
        assert_eq!(split_get(&typed[..2]).unwrap().1, None);
        assert!(split_get(&typed[2..]).is_err());
    }

    #[test]
    fn a_password_is_not_repeated() {
        let err = parse_url(OsStr::new("ferry://anna:secret@host/")).unwrap_err();
        let text = err.text().unwrap();
        assert!(!text.contains("secret") && text.contains("FERRY_PASSWORD"), "{text}");
    }

    #[test]
    fn servers_are_told_apart_by_port_and_account() {
        let address = |url| Address::parse(url).unwrap();
        assert!(is_same_server(&address("ferry://h/a"), &address("ferry://h:3000/b")));
        assert!(!is_same_server(&address("ferry://h/a"), &address("ferry://h:1/a")));
        assert!(!is_same_server(&address("ferry://h/a"), &address("ferry://anna@h/a")));
    }
}
