//! What a lane waits for: work of its own, and big files of other lanes that it may help with.

use crossbeam_channel::{Receiver, Sender, bounded, select};

/// Invitations that wait for a lane with nothing to do.
const INVITATIONS_MAX: usize = 64;

/// What comes next.
pub(super) enum Next<T, H> {
    /// A file of the queue.
    Work(T),
    /// A big file that another lane has begun.
    Help(H),
    /// Nothing more will come.
    Over,
}

/// A lane's way in.
pub(super) struct Inbox<T, H> {
    queue: Receiver<T>,
    /// Whether more can come from the queue.
    is_queue_open: bool,
    invitations: Receiver<H>,
    /// Dropped once this lane has no work of its own any more: when all are gone, the job is done.
    inviter: Option<Sender<H>>,
}

impl<T, H> Inbox<T, H> {
    /// Inboxes for `count` lanes that share one queue.
    pub(super) fn all(queue: &Receiver<T>, count: usize) -> Vec<Self> {
        let (inviter, invitations) = bounded(INVITATIONS_MAX);
        (0..count)
            .map(|_| Self {
                queue: queue.clone(),
                is_queue_open: true,
                invitations: invitations.clone(),
                inviter: Some(inviter.clone()),
            })
            .collect()
    }

    /// Work that is there now.
    pub(super) fn try_work(&self) -> Option<T> {
        self.queue.try_recv().ok()
    }

    /// Whether no work is there now.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Waits until there is something to do. To be asked only with nothing left to do.
    pub(super) fn wait(&mut self) -> Next<T, H> {
        while self.is_queue_open {
            select! {
                recv(self.queue) -> work => match work {
                    Ok(work) => return Next::Work(work),
                    Err(_closed) => self.is_queue_open = false,
                },
                recv(self.invitations) -> help => {
                    if let Ok(help) = help {
                        return Next::Help(help);
                    }
                }
            }
        }
        self.inviter = None;
        self.invitations.recv().map_or(Next::Over, Next::Help)
    }

    /// A clone of the queue's end, which keeps it open.
    pub(super) fn queue(&self) -> Receiver<T> {
        self.queue.clone()
    }
}

impl<T, H: Clone> Inbox<T, H> {
    /// Invites other lanes. Those that are busy find the file done when they come to it.
    pub(super) fn invite(&self, help: &H, count: usize) {
        if let Some(inviter) = &self.inviter {
            for _ in 0..count {
                // With so many waiting already, nobody is idle.
                drop(inviter.try_send(help.clone()));
            }
        }
    }
}
