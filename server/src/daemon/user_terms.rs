//! The terms of an account from and to the words of a command.

use super::failure::Failure;
use crate::accounts::{
    Expiry, Folder, RATE_MIN, StoredAccount, Terms, parse_folder_path, parse_network,
};
use crate::config::{Amount, NONE, OrNone, RightsWords, TermsArguments};
use std::path::PathBuf;
use std::time::SystemTime;

/// Changes what was typed.
pub(super) fn apply(typed: &TermsArguments, terms: &mut Terms) -> Result<(), Failure> {
    if let Some(rights) = typed.rights {
        terms.rights = rights.0;
    }
    if let Some(root) = typed.root.clone() {
        terms.root = root.option();
    }
    apply_folders(typed, terms)?;
    if let Some(quota) = typed.quota.clone() {
        terms.quota = quota.option().map(|amount| amount.0);
    }
    rate(typed.up_rate.clone(), &mut terms.up_rate, "--up-rate")?;
    rate(typed.down_rate.clone(), &mut terms.down_rate, "--down-rate")?;
    if let Some(connections) = typed.connections.clone() {
        terms.connections = connections.option().map(std::num::NonZeroUsize::get);
    }
    if !typed.network.is_empty() {
        let named = typed.network.iter().filter(|text| *text != NONE);
        let networks = named.map(|text| parse_network(text)).collect::<Result<_, _>>();
        terms.networks = networks.map_err(Failure::refused)?;
    }
    match typed.expires.as_deref() {
        None => {}
        Some(NONE) => terms.expires = None,
        Some(text) => {
            let expiry = Expiry::parse_from(text, SystemTime::now()).map_err(Failure::refused)?;
            terms.expires = Some(expiry);
        }
    }
    Ok(())
}

fn rate(
    typed: Option<OrNone<Amount>>,
    rate: &mut Option<u64>,
    option: &str,
) -> Result<(), Failure> {
    let Some(typed) = typed else { return Ok(()) };
    *rate = typed.option().map(|amount| amount.0);
    if rate.is_some_and(|rate| rate < RATE_MIN) {
        let least = Amount(RATE_MIN);
        return Err(Failure::refused(format!("{option} is too slow: {least} a second at least")));
    }
    Ok(())
}

fn apply_folders(typed: &TermsArguments, terms: &mut Terms) -> Result<(), Failure> {
    for rule in &typed.folder {
        match rule {
            OrNone::Some((path, rights)) => {
                folder_at(path, terms)?.rights = Some(rights.0);
            }
            OrNone::None => terms.folders.iter_mut().for_each(|folder| folder.rights = None),
        }
    }
    for mount in &typed.mount {
        match mount {
            OrNone::Some((name, folder)) => {
                folder_at(name, terms)?.mount = Some(PathBuf::clone(folder));
            }
            OrNone::None => terms.folders.iter_mut().for_each(|folder| folder.mount = None),
        }
    }
    terms.folders.retain(|folder| folder.rights.is_some() || folder.mount.is_some());
    let checked = std::mem::take(&mut terms.folders).into_iter().map(Folder::checked);
    terms.folders = checked.collect::<Result<_, _>>().map_err(Failure::refused)?;
    Ok(())
}

fn folder_at<'t>(path: &str, terms: &'t mut Terms) -> Result<&'t mut Folder, Failure> {
    let path = parse_folder_path(path).map_err(Failure::refused)?;
    let known = terms.folders.iter().position(|folder| folder.path == path);
    let index = known.unwrap_or_else(|| {
        terms.folders.push(Folder { path, rights: None, mount: None });
        terms.folders.len() - 1
    });
    terms.folders.get_mut(index).ok_or_else(|| Failure::refused("the folder is gone"))
}

/// All terms of an account in one line.
pub(super) fn line(stored: &StoredAccount) -> String {
    let terms = &stored.terms;
    let mut words = vec![RightsWords(terms.rights).to_string()];
    if stored.hash.is_none() {
        words.push("no password".to_owned());
    }
    words.extend(terms.root.as_ref().map(|root| format!("root {}", root.display())));
    for folder in &terms.folders {
        let mount = folder.mount.as_ref().map(|mount| format!(" from {}", mount.display()));
        let rights = folder.rights.map(|rights| format!(" {}", RightsWords(rights)));
        let (mount, rights) = (mount.unwrap_or_default(), rights.unwrap_or_default());
        words.push(format!("{}{mount}{rights}", folder.path));
    }
    words.extend(terms.quota.map(|bytes| format!("quota {}", Amount(bytes))));
    words.extend(terms.up_rate.map(|rate| format!("up {}/s", Amount(rate))));
    words.extend(terms.down_rate.map(|rate| format!("down {}/s", Amount(rate))));
    words.extend(terms.connections.map(|count| format!("{count} connections")));
    words.extend(terms.networks.iter().map(|network| format!("from {network}")));
    words.extend(terms.expires.map(|expiry| format!("until {expiry}")));
    words.join("; ")
}
