use super::*;
use std::fs;
use std::time::Duration;

struct Place {
    base: tempfile::TempDir,
}

impl Place {
    fn new(config: &str) -> Self {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("share")).unwrap();
        fs::create_dir(base.path().join("state")).unwrap();
        fs::write(base.path().join("state/config.toml"), config).unwrap();
        Self { base }
    }

    fn arguments(&self) -> ServeArguments {
        ServeArguments { folder: Some(self.base.path().join("share")), ..Default::default() }
    }

    fn resolve(&self, arguments: &ServeArguments) -> Result<Config, Mistakes> {
        Config::resolve(arguments, Some(&self.base.path().join("state")))
    }

    fn mistakes(&self) -> String {
        self.resolve(&self.arguments()).unwrap_err().to_string()
    }
}

#[test]
fn an_empty_file_leaves_the_defaults() {
    let place = Place::new("");
    let config = place.resolve(&place.arguments()).unwrap();
    assert_eq!((config.listen.len(), config.port, config.workers), (0, 3000, 16));
    assert_eq!(config.guest, None);
    assert_eq!(config.durability, Durability::Group);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.undo, UndoLimits::default());
    assert!(!config.name.is_empty());
}

#[test]
fn a_file_sets_every_word_and_flags_win() {
    let place = Place::new(
        "share = \"../share\"\nlisten = \"127.0.0.1:0\"\nguest = \"read\"\nwelcome = \"from file\"\n\
         name = \"box\"\nworkers = 4\ndurability = \"file\"\n\
         [limits]\nhandshake_secs = 1\nidle_secs = 0.5\nconnections_max = 12\n\
         [undo]\ndays = 0.5\ndisk_percent = 0\n",
    );
    let config = place.resolve(&ServeArguments::default()).unwrap();
    assert_eq!(config.share, place.base.path().join("share").canonicalize().unwrap());
    assert_eq!(config.listen, ["127.0.0.1:0".parse().unwrap()]);
    assert_eq!(config.guest, Some(Rights::read_only()));
    assert_eq!((config.name.as_str(), config.workers), ("box", 4));
    assert_eq!(config.durability, Durability::File);
    assert_eq!(config.limits.handshake, Duration::from_secs(1));
    assert_eq!(config.limits.idle, Duration::from_millis(500));
    assert_eq!(config.limits.connections_max, 12);
    assert_eq!(config.limits.before_login_max, 9, "three quarters of all, unless it is named");
    assert_eq!(config.undo.lifetime, Duration::from_hours(12));
    assert!(!config.undo.is_on());

    let flags = ServeArguments {
        guest: Some(Access::Write),
        welcome: Some("typed".to_owned()),
        workers: Some(9),
        listen: Some(ListenOn::All(7)),
        ..Default::default()
    };
    let config = place.resolve(&flags).unwrap();
    assert_eq!(config.guest, Some(Rights::read_write()));
    assert_eq!((config.welcome.as_str(), config.workers, config.port), ("typed", 9, 7));
    assert!(config.listen.is_empty());
}

#[test]
fn every_mistake_is_found_with_its_line() {
    let place = Place::new(
        "lisen = \"x\"\nlisten = \"localhost:1\"\nworkers = 0\nguest = \"admin\"\n\
         durability = 3\n\n[limits]\nidle_secs = -1\nconnections_max = 0\nhandshake = 5\n\
         [undo]\ndays = -1\ndisk_percent = 91\nweeks = 1\n",
    );
    let text = place.mistakes();
    let lines: Vec<&str> = text.lines().collect();
    for (line, words) in [
        (1, "unknown word `lisen`; the words here are: share, listen, guest"),
        (2, "`localhost:1` is not an address to listen on; write ADDR:PORT"),
        (3, "`workers` cannot be 0"),
        (4, "write guest = \"read\" or \"write\""),
        (5, "`durability` cannot have this value"),
        (8, "`idle_secs` cannot be -1"),
        (9, "`connections_max` cannot be 0"),
        (10, "unknown word `handshake` in [limits]"),
        (12, "`days` cannot be -1"),
        (13, "`disk_percent` cannot be 91"),
        (14, "unknown word `weeks` in [undo]"),
    ] {
        let place = format!("config.toml:{line}: ");
        assert!(
            lines.iter().any(|told| told.contains(&place) && told.contains(words)),
            "{place}{words} is not in:\n{text}"
        );
    }
    assert_eq!(lines.len(), 11, "{text}");
}

#[test]
fn a_syntax_error_does_not_hide_the_others() {
    let text = Place::new("welcome = \nlisten = 5\n").mistakes();
    assert!(text.contains("config.toml:1: this is not TOML"), "{text}");
    assert!(text.contains("config.toml:2: `listen`"), "{text}");
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let place = Place::new("");
    let named = place.base.path().join("other.toml");
    let arguments = ServeArguments { config: Some(named), ..place.arguments() };
    let text = place.resolve(&arguments).unwrap_err().to_string();
    assert!(text.contains("other.toml") && text.contains("--config"), "{text}");
}
