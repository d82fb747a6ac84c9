//! Commands in the README that name a verb or a flag that the sources do not have. The programs
//! themselves are asked in the end-to-end run.

use super::Finding;
use super::tree::{SourceFile, Tree};

/// One call of one of our programs in a `sh` block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadmeCommand {
    /// Line of the page.
    pub(crate) line: usize,
    /// `ferry`, `ferry-server` or `xtask`.
    pub(crate) program: String,
    /// The verb, where there is one, and the verb below it.
    pub(crate) verbs: Vec<String>,
    /// Long flags without their values.
    pub(crate) flags: Vec<String>,
}

/// The calls of our programs in a page's `sh` blocks.
pub(crate) fn readme_commands(page: &str) -> Vec<ReadmeCommand> {
    let mut is_shell = false;
    let mut commands = Vec::new();
    for (index, text) in page.lines().enumerate() {
        if let Some(language) = text.trim_start().strip_prefix("```") {
            is_shell = !is_shell && matches!(language.trim(), "sh" | "console" | "shell");
            continue;
        }
        if is_shell {
            let text = text.split(" #").next().unwrap_or_default();
            let calls = text.split(['|', ';', '&']);
            commands.extend(calls.filter_map(|call| parse(index + 1, call)));
        }
    }
    commands
}

/// Finds verbs and flags that no source of the program names.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(readme) = tree.file("README.md") else {
        return Vec::new();
    };
    let commands = readme_commands(&readme.text);
    commands.iter().flat_map(|command| unknown(tree, readme, command)).collect()
}

fn unknown(tree: &Tree, readme: &SourceFile, command: &ReadmeCommand) -> Vec<Finding> {
    let Some((_, folder)) = SOURCES.iter().find(|(program, _)| *program == command.program) else {
        return Vec::new();
    };
    let words = command.verbs.iter().chain(&command.flags);
    words
        .filter(|word| !is_named(tree, folder, word))
        .map(|word| {
            let text = format!("{} does not know \"{word}\"", command.program);
            Finding::new(&readme.path, command.line, text)
        })
        .collect()
}

/// Whether a program's sources name the word: as an option's field, as a verb's variant, or as
/// a text.
fn is_named(tree: &Tree, folder: &str, word: &str) -> bool {
    let field = format!("{}:", word.replace('-', "_"));
    let variant: String = word.split('-').map(capitalised).collect();
    let starts = [',', '(', ' '].map(|end| format!("    {variant}{end}"));
    let quoted = format!("\"{word}\"");
    tree.rust().filter(|file| file.path.starts_with(folder)).any(|file| {
        let text = &file.text;
        text.contains(&field)
            || text.contains(&quoted)
            || starts.iter().any(|start| text.contains(start))
    })
}

fn parse(line: usize, call: &str) -> Option<ReadmeCommand> {
    let mut words = call.split_whitespace().skip_while(|word| *word == "$" || word.contains('='));
    let first = words.next()?;
    let program = match first.rsplit('/').next()? {
        "cargo" => words.next().filter(|word| *word == "xtask")?,
        name @ ("ferry" | "ferry-server") => name,
        _ => return None,
    };
    let rest: Vec<&str> = words.collect();
    let is_verb = |word: &&&str| {
        word.chars().all(|char| char.is_ascii_lowercase() || char == '-') && !word.starts_with('-')
    };
    let depth = if rest.first() == Some(&"user") { 2 } else { 1 };
    let verbs = rest.iter().take(depth).take_while(is_verb);
    let flags = rest.iter().filter_map(|word| word.strip_prefix("--"));
    Some(ReadmeCommand {
        line,
        program: program.to_owned(),
        verbs: verbs.map(|word| (*word).to_owned()).collect(),
        flags: flags
            .filter_map(|flag| flag.split('=').next())
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|char| char.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

const SOURCES: &[(&str, &str)] =
    &[("ferry", "client/src/"), ("ferry-server", "server/src/"), ("xtask", "xtask/src/")];

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# a\n```sh\n$ ferry put --if-exists skip DIR URL  # send\nferry-server user add anna --rights read && cargo xtask end-to-end\n```\n```text\nferry nothing\n```\n";

    #[test]
    fn commands_are_read_from_shell_blocks_only() {
        let commands = readme_commands(README);
        let read: Vec<_> = commands
            .iter()
            .map(|command| (command.verbs.join(" "), command.flags.join(" ")))
            .collect();
        let expected = [("put", "if-exists"), ("user add", "rights"), ("end-to-end", "")];
        assert_eq!(read, expected.map(|(verb, flag)| (verb.to_owned(), flag.to_owned())));
    }

    #[test]
    fn a_verb_or_flag_that_does_not_exist_is_found() {
        let client = "enum Verb {\n    Put(Put),\n}\nstruct Put {\n    if_exists: Rule,\n}\n";
        let server = "enum Verb {\n    User,\n    Add,\n}\n";
        let xtask = "    EndToEnd(Options),\n";
        let tree = |client| {
            Tree::of(&[
                ("README.md", README),
                ("client/src/arguments.rs", client),
                ("server/src/arguments.rs", server),
                ("xtask/src/main.rs", xtask),
            ])
        };
        let missing = Finding::new("README.md", 4, "ferry-server does not know \"rights\"");
        assert_eq!(check(&tree(client)), [missing]);
        assert_eq!(check(&tree("enum Verb {\n    Put,\n}\n")).len(), 2);
    }
}
