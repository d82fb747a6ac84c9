//! `mimeapps.list`: which app opens `ferry://` links. Every other line stays as it is.

const SECTION: &str = "[Default Applications]";
const KEY: &str = "x-scheme-handler/ferry";
const APP: &str = "ferry-gui.desktop";

/// The list with Ferry as the one that opens its links.
pub(super) fn with_ferry(list: &str) -> String {
    let mut lines: Vec<String> = without_ferry(list).lines().map(str::to_owned).collect();
    let entry = format!("{KEY}={APP}");
    match lines.iter().position(|line| line.trim() == SECTION) {
        Some(section) => lines.insert(section + 1, entry),
        None => lines.extend([SECTION.to_owned(), entry]),
    }
    joined(&lines)
}

/// The list without Ferry; an app that the user chose for the links stays.
pub(super) fn without_ferry(list: &str) -> String {
    let mut lines: Vec<String> =
        list.lines().filter(|line| !is_ours(line)).map(str::to_owned).collect();
    // A section that held nothing but Ferry came with it.
    if lines.last().is_some_and(|line| line.trim() == SECTION) && lines.len() < list.lines().count()
    {
        lines.pop();
    }
    joined(&lines)
}

fn is_ours(line: &str) -> bool {
    line.split_once('=')
        .is_some_and(|(key, apps)| key.trim() == KEY && apps.trim().trim_end_matches(';') == APP)
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_stay() {
        let list = "[Added Associations]\ntext/plain=vi.desktop;\n\n[Default Applications]\n\
                    text/html=browser.desktop\n";
        let with = with_ferry(list);
        assert!(
            with.contains("[Default Applications]\nx-scheme-handler/ferry=ferry-gui.desktop\n")
        );
        assert_eq!(with_ferry(&with), with, "twice is once");
        assert_eq!(without_ferry(&with), list);
    }

    #[test]
    fn a_list_that_was_not_there_comes_and_goes() {
        let with = with_ferry("");
        assert_eq!(with, "[Default Applications]\nx-scheme-handler/ferry=ferry-gui.desktop\n");
        assert_eq!(without_ferry(&with), "");
    }

    #[test]
    fn another_choice_of_the_user_is_left_alone() {
        let list = "[Default Applications]\nx-scheme-handler/ferry=other.desktop\n";
        assert_eq!(without_ferry(list), list);
    }
}
