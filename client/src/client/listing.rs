//! Pages of a listing or walk, fetched one at a time.

use super::{Backoff, Client, unexpected};
use crate::Error;
use ferry_protocol::{Answer, Entry, Page, RemotePath, Request};

/// Iterates over the pages of a listing or walk. Dropping it before its end is fine: the server
/// forgets it with the next request.
///
/// A connection that is lost before the first page is opened again; later the listing ends with
/// an error, because another listing could repeat or miss entries.
#[derive(Debug)]
pub struct Listing<'a> {
    client: &'a mut Client,
    path: RemotePath,
    first: Option<Page>,
    is_over: bool,
    entries_seen: u64,
}

/// Entries after which a listing is taken for a hostile one that never ends.
const ENTRIES_MAX: u64 = 100_000_000;

impl<'a> Listing<'a> {
    pub(super) fn open(
        client: &'a mut Client,
        path: &RemotePath,
        request: &Request,
    ) -> Result<Self, Error> {
        let mut backoff = Backoff::new(&client.site, &client.cancel);
        let first = loop {
            match client.call_once(request, path) {
                Err(err) if err.is_retryable() => backoff.wait(err)?,
                answered => break answered,
            }
        };
        // A refusal is an answer, too.
        backoff.succeeded();
        let Answer::Page(first) = first? else { return Err(unexpected()) };
        Ok(Self { client, path: path.clone(), first: Some(first), is_over: false, entries_seen: 0 })
    }

    fn next_page(&mut self) -> Result<Vec<Entry>, Error> {
        let page = match self.first.take() {
            Some(page) => page,
            None => match self.ask_next()? {
                Answer::Page(page) => page,
                _ => return Err(unexpected()),
            },
        };
        self.is_over = page.is_last;
        self.entries_seen += page.entries.len() as u64;
        let is_endless = page.entries.is_empty() && !page.is_last;
        if self.entries_seen > ENTRIES_MAX || is_endless {
            return Err(Error::Untrustworthy {
                subject: self.path.to_string(),
                what: "the listing never ends",
            });
        }
        Ok(page.entries)
    }

    fn ask_next(&mut self) -> Result<Answer, Error> {
        // Without its connection the listing is gone: a new one must not be asked for its page.
        let Some(connection) = self.client.connection.as_mut() else {
            return Err(unexpected());
        };
        let answer = connection.ask(&Request::NextPage, &self.path.to_wire());
        if !matches!(answer, Ok(_) | Err(Error::Remote { .. })) {
            self.client.connection = None;
        }
        answer
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<Vec<Entry>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let page = self.next_page();
        self.is_over |= page.is_err();
        Some(page)
    }
}
