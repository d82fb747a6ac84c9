//! The prompt: lines in, verbs run, until the end of input or `quit`.

use super::arguments::{JobsAction, Verb};
use super::completion::Completion;
use super::exit::Exit;
use super::failure::{Failure, Result};
use super::input::{Input, Line};
use super::line::{os_string, split};
use super::prompt_line::{self, Parsed, PromptVerb};
use super::screen::{Screen, insert_name};
use super::session::Session;
use super::target::{LocalTarget, RemoteTarget};
use super::verbs::{history, inspect, jobs, list, local, namespace, parts, transfer, undo};
use ferry_protocol::escape;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::rc::Rc;
use std::sync::Arc;

/// Runs lines until the end of input or `quit`. A failed line does not stop the others; in a
/// script it makes the exit code 1, and a connection lost for good ends it.
pub fn run_prompt(session: Session, mut input: Input) -> Exit {
    let history = session.settings.state_folder.join("history");
    if let Err(failure) = greet(&session) {
        return failure.exit();
    }
    let session = Rc::new(RefCell::new(session));
    input.start_editor(Completion::new(&session), &history);
    let exit = run_lines(&session, &mut input);
    if let Err(err) = input.save_history() {
        session.borrow().person.tell(&format!("ferry: the history was not kept: {err}"));
    }
    exit
}

/// Shows who answers there and what it has to say.
fn greet(session: &Session) -> Result {
    let (client, welcome) = (&session.client, session.client.welcome());
    let account = match client.account().name.as_str() {
        "" => "guest",
        name => name,
    };
    let mut text = format!(
        "Connected to {} at {}, encrypted, as {}.",
        escape(welcome.name.as_bytes()),
        client.server(),
        escape(account.as_bytes())
    );
    for line in welcome.text.lines() {
        text.push('\n');
        text.push_str(&escape(line.as_bytes()));
    }
    let object = json!({ "welcome": {
        "server": client.server(),
        "name": welcome.name,
        "program": welcome.program,
        "text": welcome.text,
        "account": client.account().name,
        "fingerprint": client.fingerprint().to_string(),
    }});
    Ok(session.screen.result(&object, &text)?)
}

fn run_lines(session: &Rc<RefCell<Session>>, input: &mut Input) -> Exit {
    let mut exit = Exit::Done;
    loop {
        input.forget_names();
        let prompt = format!("ferry {}> ", session.borrow().remote);
        let line = match input.line(&prompt) {
            Ok(Line::Text(line)) => line,
            Ok(Line::Interrupted) => continue,
            Ok(Line::End) => return exit,
            Err(err) => {
                session.borrow().screen.failure(&Failure::Refused(format!("cannot read: {err}")));
                return Exit::Failed;
            }
        };
        // Bound first: the borrow must end before a failure is shown.
        let result = run_line(&mut session.borrow_mut(), input, &line);
        match result {
            Ok(Next::Line) => {}
            Ok(Next::Quit) => return exit,
            Err(failure) => {
                session.borrow().screen.failure(&failure);
                match failure.exit() {
                    _ if !input.is_script() => {}
                    // Nobody reads the output any more.
                    Exit::Done => return exit,
                    stop if failure.stops_all() => return stop,
                    _ => exit = Exit::Failed,
                }
            }
        }
    }
}

enum Next {
    Line,
    Quit,
}

fn run_line(session: &mut Session, input: &mut Input, line: &[u8]) -> Result<Next> {
    let words = split(line)?;
    if words.is_empty() {
        return Ok(Next::Line);
    }
    let mut verb = match prompt_line::parse(&words)? {
        Parsed::Verb(PromptVerb::Quit) => return Ok(Next::Quit),
        Parsed::Verb(verb) => verb,
        Parsed::Help(text) => {
            Screen::line(text.trim_end())?;
            return Ok(Next::Line);
        }
    };
    ask_what_is_missing(&mut verb, input)?;
    session.run(|session| perform(session, &verb))?;
    Ok(Next::Line)
}

/// Asks for names that the verb cannot do without.
fn ask_what_is_missing(verb: &mut PromptVerb, input: &mut Input) -> Result {
    let (places, questions): (_, &[&str]) = match verb {
        PromptVerb::Shared(Verb::Get(what)) => (&mut what.places, &["Remote file: "]),
        PromptVerb::Shared(Verb::Put(what)) => (&mut what.places, &["Local file: "]),
        PromptVerb::Shared(Verb::Mkdir(what)) => (&mut what.places, &["New folder: "]),
        PromptVerb::Shared(Verb::Rm(what)) => (&mut what.places, &["Remove what: "]),
        PromptVerb::Shared(Verb::Stat(what)) => (&mut what.places, &["File or folder: "]),
        PromptVerb::Shared(Verb::Digest(what)) => (&mut what.places, &["Remote file: "]),
        PromptVerb::Shared(Verb::Mv(what) | Verb::Cp(what)) => {
            (&mut what.places, &["From: ", "To: "])
        }
        PromptVerb::Cd { place } | PromptVerb::Lcd { place } => {
            if place.is_none() {
                *place = Some(ask(input, "Folder: ")?);
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    for question in questions.iter().skip(places.len()) {
        places.push(ask(input, question)?);
    }
    Ok(())
}

fn ask(input: &mut Input, question: &str) -> Result<OsString> {
    let answer = input.answer(question).filter(|answer| !answer.is_empty());
    let answer = answer.ok_or_else(|| Failure::Usage("no name was given".to_owned()))?;
    Ok(os_string(&answer))
}

fn perform(session: &mut Session, verb: &PromptVerb) -> Result {
    match verb {
        PromptVerb::Shared(verb) => perform_shared(session, verb),
        PromptVerb::Cd { place } => change_folder(session, place.as_deref()),
        PromptVerb::Pwd => {
            let mut fields = Map::new();
            insert_name(&mut fields, "folder", &session.remote.to_wire());
            Ok(session.screen.result(&Value::Object(fields), &session.remote.to_string())?)
        }
        PromptVerb::Lcd { place } => {
            local::change(session, place.as_deref().unwrap_or_else(|| OsStr::new(".")))
        }
        PromptVerb::Lls { place } => {
            local::list(session, place.as_deref().unwrap_or_else(|| OsStr::new(".")))
        }
        PromptVerb::Lpwd => local::print(session),
        PromptVerb::Status => inspect::status(session),
        PromptVerb::Help { verb } => Ok(Screen::line(&prompt_line::help(verb.as_deref()))?),
        PromptVerb::Quit => Ok(()),
    }
}

fn perform_shared(session: &mut Session, verb: &Verb) -> Result {
    match verb {
        Verb::Ls(how) => {
            let places = or_here(session, &how.places)?;
            list::list(session, &places, how)
        }
        Verb::Df(at) => {
            let places = or_here(session, &at.places)?;
            inspect::space(session, &places)
        }
        Verb::Get(what) => get(session, &what.places),
        Verb::Put(what) => put(session, &what.places),
        Verb::Mkdir(how) => {
            let places = remote_places(session, &how.places)?;
            namespace::make_folders(session, &places, how)
        }
        Verb::Rm(how) => {
            let places = remote_places(session, &how.places)?;
            namespace::remove(session, &places, how)
        }
        Verb::Stat(at) => {
            let places = remote_places(session, &at.places)?;
            inspect::stat(session, &places)
        }
        Verb::Digest(at) => {
            let places = remote_places(session, &at.places)?;
            inspect::digest(session, &places)
        }
        Verb::Undo(how) => {
            let places = or_here(session, &how.places)?;
            undo::undo(session, &places, how)
        }
        Verb::Parts(how) => parts::parts(session, how),
        Verb::History(how) => history::show(session, how.count),
        Verb::Mv(at) => carry(session, &at.places, namespace::rename),
        Verb::Cp(at) => carry(session, &at.places, namespace::copy),
        Verb::Jobs { action } => on_jobs(session, &action.clone().unwrap_or_default()),
    }
}

fn on_jobs(session: &mut Session, action: &JobsAction) -> Result {
    let (settings, person) = (session.settings.clone(), Arc::clone(&session.person));
    let (interrupts, screen) = (session.interrupts.clone(), session.screen.clone());
    let mut at = jobs::At {
        settings: &settings,
        person: &person,
        interrupts: &interrupts,
        screen: &screen,
        session: Some(session),
    };
    jobs::jobs(&mut at, action)
}

/// The server proves that the folder is there before it becomes the current one.
fn change_folder(session: &mut Session, place: Option<&OsStr>) -> Result {
    let typed = place.map(OsStr::as_encoded_bytes).unwrap_or_default();
    let wanted = RemoteTarget::typed(&session.remote, typed)?;
    session.remote = session.client.change_directory(&wanted.path)?;
    Ok(())
}

fn get(session: &mut Session, typed: &[OsString]) -> Result {
    let (sources, target) = match typed.split_last() {
        Some((target, sources)) if !sources.is_empty() => {
            (sources, LocalTarget::typed(&session.local, target))
        }
        _ => (typed, LocalTarget::folder(&session.local)),
    };
    let sources = remote_places(session, sources)?;
    transfer::get(session, &sources, &target)
}

fn put(session: &mut Session, typed: &[OsString]) -> Result {
    let (sources, target) = match typed.split_last() {
        Some((target, sources)) if !sources.is_empty() => (sources, remote_place(session, target)?),
        _ => (typed, RemoteTarget::folder(session.remote.clone())),
    };
    transfer::put(session, sources, &target, None)
}

fn carry(
    session: &mut Session,
    typed: &[OsString],
    act: fn(&mut Session, &[RemoteTarget], &RemoteTarget) -> Result,
) -> Result {
    let places = remote_places(session, typed)?;
    let Some((target, sources)) = places.split_last() else {
        return Ok(());
    };
    target.check_count(sources.len())?;
    act(session, sources, target)
}

fn remote_places(session: &Session, typed: &[OsString]) -> Result<Vec<RemoteTarget>> {
    typed.iter().map(|typed| remote_place(session, typed)).collect()
}

fn remote_place(session: &Session, typed: &OsStr) -> Result<RemoteTarget> {
    Ok(RemoteTarget::typed(&session.remote, typed.as_encoded_bytes())?)
}

fn or_here(session: &Session, typed: &[OsString]) -> Result<Vec<RemoteTarget>> {
    if typed.is_empty() {
        return Ok(vec![RemoteTarget::folder(session.remote.clone())]);
    }
    remote_places(session, typed)
}
