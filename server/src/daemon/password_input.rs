//! Where a new password comes from: a file, the environment, or a person at a terminal.

use super::failure::Failure;
use crate::accounts::PASSWORD_MAX;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Environment variable that scripts give a password by.
pub(super) const PASSWORD_VARIABLE: &str = "FERRY_PASSWORD";

/// A password; its memory is cleared when it is dropped.
pub(super) type Password = Zeroizing<Vec<u8>>;

/// The first line of `file`, else `FERRY_PASSWORD`, else asked for twice.
pub(super) fn read(file: Option<&Path>, name: &str) -> Result<Password, Failure> {
    if let Some(path) = file {
        return first_line(path).map_err(|err| {
            let path = path.display();
            Failure::refused(format!(
                "cannot read the password from {path}: {err}; name a readable file with \
                 --password-file"
            ))
        });
    }
    match std::env::var_os(PASSWORD_VARIABLE) {
        Some(password) => Ok(Zeroizing::new(password.into_encoded_bytes())),
        None => ask(name),
    }
}

fn first_line(path: &Path) -> io::Result<Password> {
    // Room for one byte too many, so that a password too long is refused and not cut short; all of
    // it at once, since a buffer that grows leaves copies behind.
    const ROOM: usize = PASSWORD_MAX + 3;
    let mut line = Zeroizing::new(Vec::with_capacity(ROOM));
    BufReader::with_capacity(ROOM, File::open(path)?.take(ROOM as u64))
        .read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(line)
}

fn ask(name: &str) -> Result<Password, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::refused(format!(
            "there is no terminal to ask for a password on; give one with --password-file FILE, \
             or in {PASSWORD_VARIABLE}"
        )));
    }
    let first = prompt(&format!("Password for {name}: "))?;
    let second = prompt("The same again: ")?;
    if first != second {
        return Err(Failure::refused("the two passwords differ; try again"));
    }
    Ok(first)
}

fn prompt(text: &str) -> Result<Password, Failure> {
    rpassword::prompt_password(text)
        .map(|password| Zeroizing::new(password.into_bytes()))
        .map_err(|err| Failure::refused(format!("cannot ask for a password: {err}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, expected) in [
            (&b"tree\nrest"[..], &b"tree"[..]),
            (b"tree\r\n", b"tree"),
            (b" tr\xffee ", b" tr\xffee "),
            (b"", b""),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(*first_line(&path).unwrap(), expected);
        }
        std::fs::write(&path, vec![b'x'; 4000]).unwrap();
        assert!(first_line(&path).unwrap().len() > PASSWORD_MAX);
        let told = format!("{:?}", read(Some(&folder.path().join("no")), "a").unwrap_err());
        assert!(told.contains("--password-file"), "{told}");
    }
}
