//! The entry in the desktop's list of apps (freedesktop.org, Desktop Entry 1.5).

use std::path::Path;

/// The entry for a program that lies here.
pub(super) fn text(program: &Path) -> String {
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Version=1.5\n\
         Name=Ferry\n\
         GenericName=File transfer\n\
         Comment=Send and fetch files by dragging and dropping them\n\
         Exec={} %u\n\
         Icon=ferry-gui\n\
         StartupWMClass=ferry-gui\n\
         StartupNotify=true\n\
         Terminal=false\n\
         Categories=Network;FileTransfer;\n\
         Keywords=upload;download;share;server;\n\
         MimeType=x-scheme-handler/ferry;\n",
        quoted(&program.to_string_lossy())
    )
}

/// A word of a command: in quotes, with a backslash before what means something in them; then all
/// backslashes twice, as in every text of the file, and a percent sign twice.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for character in word.chars() {
        match character {
            '"' | '`' | '$' => {
                quoted.push_str("\\\\");
                quoted.push(character);
            }
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_with_odd_characters_is_quoted() {
        assert_eq!(quoted("/h/a b/x"), "\"/h/a b/x\"");
        assert_eq!(quoted("/h/5%$"), r#""/h/5%%\\$""#);
        assert_eq!(quoted("a\\b"), r#""a\\\\b""#);
    }

    #[test]
    fn links_open_the_program() {
        let text = text(Path::new("/anna/.local/bin/ferry-gui"));
        assert!(text.contains("\nExec=\"/anna/.local/bin/ferry-gui\" %u\n"), "{text}");
        assert!(text.contains("\nMimeType=x-scheme-handler/ferry;\n"), "{text}");
    }
}
