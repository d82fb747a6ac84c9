//! What each action does to the state, and what it asks of the world. Pure: no clock, no disk, no
//! thread, no window.

mod arrange;
mod attempt;
mod browse;
mod choose;
mod command;
mod connect;
mod dialog;
mod event;
mod kept;
mod share;
mod transfer;
mod window;

#[cfg(test)]
mod tests;

use crate::action::{Action, NoticeAction};
use crate::request::{Request, Work};
use crate::state::State;
use crate::state::notice::Remedy;
use crate::state::side::Side;

/// Requests that an action leads to, in order.
pub type Requests = Vec<Request>;

/// What is asked for at the start of the app.
#[must_use]
pub fn start() -> Requests {
    vec![Request::Work(Work::Load), Request::Share(crate::state::sharing::ShareRequest::Find)]
}

/// Changes the state as an action wants it.
#[must_use]
pub fn update(state: &mut State, action: Action) -> Requests {
    let mut requests = Requests::new();
    match action {
        Action::Connect(action) => connect::update(state, action, &mut requests),
        Action::Pane(side, action) => browse::update(state, side, action, &mut requests),
        Action::Command(command) => command::update(state, command, &mut requests),
        Action::Paste(text) => command::paste(state, &text, &mut requests),
        Action::Transfer(action) => transfer::update(state, &action, &mut requests),
        Action::Dialog(action) => dialog::update(state, action, &mut requests),
        Action::Notice(action) => notice(state, action, &mut requests),
        Action::Share(action) => share::update(state, action, &mut requests),
        Action::Kept(action) => kept::update(state, action, &mut requests),
        Action::Window(action) => window::update(state, action, &mut requests),
        Action::Event(event) => event::update(state, *event, &mut requests),
    }
    requests
}

fn notice(state: &mut State, action: NoticeAction, requests: &mut Requests) {
    match action {
        NoticeAction::Dismiss(id) => state.notices.dismiss(id),
        NoticeAction::Remedy(id, remedy) => {
            state.notices.dismiss(id);
            match remedy {
                Remedy::Refresh => {
                    for side in Side::BOTH {
                        browse::refresh(state, side, requests);
                    }
                }
                Remedy::Reconnect => state.connection.is_choosing = true,
            }
        }
    }
}
