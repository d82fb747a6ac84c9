//! `parts`: shows the uploads that are not finished, and gives them up.

use crate::terminal::arguments::PartsArguments;
use crate::terminal::failure::{Failure, Result};
use crate::terminal::screen::{Screen, insert_name};
use crate::terminal::session::Session;
use crate::terminal::size::human;
use crate::terminal::time::push_rfc3339;
use ferry_protocol::{PartEntry, TransferId, escape};
use serde_json::{Map, Value, json};

/// Lists the account's unfinished uploads, or removes one of them.
pub(crate) fn parts(session: &mut Session, how: &PartsArguments) -> Result {
    if let Some(text) = &how.abandon {
        let transfer = parse_id(text)?;
        session.client.abandon_part(transfer)?;
        let object = json!({ "abandoned": transfer.to_string() });
        return Ok(session.screen.result(&object, &format!("abandoned {transfer}"))?);
    }
    let screen = session.screen.clone();
    for part in session.client.parts()? {
        screen.result(&object(&part), &line(&screen, &part))?;
    }
    Ok(())
}

fn parse_id(text: &str) -> Result<TransferId> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(TransferId).ok_or_else(|| {
        let shown = escape(text.as_bytes());
        Failure::Usage(format!("\"{shown}\" is no id; ferry parts shows them"))
    })
}

fn object(part: &PartEntry) -> Value {
    let mut fields = Map::new();
    insert_name(&mut fields, "target", &part.target.to_wire());
    fields.insert("id".to_owned(), json!(part.transfer.to_string()));
    fields.insert("size".to_owned(), json!(part.size));
    fields.insert("held".to_owned(), json!(part.held));
    let mut touched = String::new();
    push_rfc3339(part.touched, &mut touched);
    fields.insert("touched".to_owned(), json!(touched));
    fields.insert("is_open".to_owned(), json!(part.is_open));
    Value::Object(fields)
}

fn line(screen: &Screen, part: &PartEntry) -> String {
    let mut touched = String::new();
    screen.clock.push_long(part.touched, &mut touched);
    let state = if part.is_open { "open" } else { "idle" };
    let (held, size) = (human(part.held), human(part.size));
    let (target, id) = (&part.target, part.transfer);
    format!("{touched}  {state}  {held:>9} of {size:>9}  {target}\n    --abandon {id}")
}
