//! The terminal instead of the window: the same embedded server, under the prompt of `ferry`.

use super::arguments::Arguments;
use crate::share;
use crate::text::start as text;
use ferry_client::{Address, terminal};
use ferry_protocol::Secret;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Does in the terminal what the window was asked to do.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Some(folder) = &arguments.share else {
        let program = OsString::from("ferry");
        return terminal::run(
            std::iter::once(program).chain(arguments.url.clone().map(Into::into)),
        )
        .into();
    };
    match share_at_prompt(folder) {
        Ok(code) => code,
        Err(text) => {
            eprintln!("ferry-gui: {text}");
            ExitCode::FAILURE
        }
    }
}

fn share_at_prompt(folder: &Path) -> Result<ExitCode, String> {
    let shared = share::share_here(folder)?;
    let mut address = Address::parse(&shared.login.link).map_err(|err| err.to_string())?;
    address.user = Some(shared.login.account.clone());
    let shown = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let shown = ferry_protocol::escape(shown.as_os_str().as_encoded_bytes());
    eprintln!("ferry-gui: {}", text::shared_at_prompt(&shown));
    let password = Secret::new(shared.login.password.reveal().as_bytes());
    let exit = terminal::run_at(&address, password);
    drop(shared);
    Ok(exit.into())
}
