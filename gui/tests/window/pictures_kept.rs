//! Pictures of what the server keeps, light and dark.

use crate::kept::{deed, group, part, tell, thing};
use crate::pictures::{connect, full_world, picture};
use crate::support::{Window, place, problem};
use ferry_gui::action::{Action, Command, KeptAction, KeptEvent};
use ferry_gui::state::kept::{Deed, DeedEnd, DeedKind, Fate, IfTaken, Reason};

fn opened(window: &mut Window, command: Command) {
    connect(window);
    window.act(Action::Command(command));
}

#[test]
fn undo() {
    picture("kept-undo", full_world, |window| {
        opened(window, Command::BringBack);
        let name = |index: u8| format!("/Archive/2025/IMG_{index:04}.jpg");
        let photos = (1..=4).map(|index| {
            thing(index, &name(index), Reason::Removed, 2_400_000 + u64::from(index) * 91_337)
        });
        let long = "/Shared with everybody/A very long name that goes on and on until nobody can \
                    read it any more, final version 3 (copy).docx";
        let groups = vec![
            group(20, vec![thing(9, "/minutes.txt", Reason::Replaced, 3_400)]),
            group(21, photos.collect()),
            group(22, vec![thing(10, "/Übersicht.pdf", Reason::Removed, 812_300)]),
            group(23, vec![thing(11, long, Reason::Replaced, 48_211)]),
            group(24, vec![thing(12, "/plan.svg", Reason::Removed, 18_000)]),
        ];
        tell(window, KeptEvent::Undo(groups));
        window.act(Action::Kept(KeptAction::Open([21; 16])));
        for (group, id, fate) in [
            (20, 9, Fate::Taken),
            (21, 1, Fate::Back(place(&name(1)))),
            (21, 2, Fate::Failed(problem("Cannot bring it back"))),
        ] {
            let (group, thing) = ([group; 16], Some([id; 16]));
            let if_taken = IfTaken::Ask;
            window.act(Action::Kept(KeptAction::BringBack { group, thing, if_taken }));
            let fates = vec![([id; 16], fate)];
            tell(window, KeptEvent::Fates { group, is_whole: false, fates });
            tell(window, KeptEvent::Returned { group, problem: None });
        }
    });
}

#[test]
fn nothing_to_bring_back() {
    picture("kept-empty", full_world, |window| {
        opened(window, Command::BringBack);
        tell(window, KeptEvent::Undo(Vec::new()));
    });
}

#[test]
fn parts() {
    picture("kept-parts", full_world, |window| {
        opened(window, Command::Unfinished);
        tell(
            window,
            KeptEvent::Parts(vec![
                part(1, "/Archive/holiday.mp4", (1_100_000_000, 1_480_211_009), true),
                part(2, "/backup-2026-11-19.tar.zst", (412_000_000, 734_003_200), false),
                part(3, "/Shared with everybody/project.zip", (9_000_000, 96_000_000), false),
            ]),
        );
        window.act(Action::Kept(KeptAction::AskAbandon([2; 16])));
    });
}

#[test]
fn history() {
    picture("kept-history", full_world, |window| {
        opened(window, Command::History);
        let done = DeedEnd::Done;
        let deeds = vec![
            deed(DeedKind::Upload, "/Archive/holiday.mp4", DeedEnd::Interrupted),
            Deed {
                to: "/minutes of November.txt".to_owned(),
                ..deed(DeedKind::Rename, "/minutes.txt", done)
            },
            deed(DeedKind::Download, "/Übersicht.pdf", done),
            Deed {
                text: "this account may not delete here".to_owned(),
                ..deed(DeedKind::Remove, "/plan.svg", DeedEnd::Failed)
            },
            deed(DeedKind::BringBack, "/Archive/2025/IMG_0001.jpg", done),
            deed(DeedKind::MakeFolder, "/Shared with everybody/2027", done),
            deed(DeedKind::Upload, "/Übersicht.pdf", done),
        ];
        tell(window, KeptEvent::History { before: 0, deeds, older: Some(9) });
    });
}
