//! Mistakes that no schedule shows, each with the reason. Whoever is wrong and not listed here must be
//! caught.

/// A strategy that is wrong in a way that is not seen here.
pub(crate) struct Unseen {
    pub(crate) strategy: &'static str,
    pub(crate) reason: &'static str,
}

/// All of them.
pub(crate) const UNSEEN: &[Unseen] = &[
    Unseen {
        strategy: "full-says-ok",
        reason: "its line must hold 1,024 commands before it is full, and a schedule has a dozen",
    },
    Unseen {
        strategy: "overflow-starves",
        reason: "its line must hold 1,024 commands before it is full, and a schedule has a dozen",
    },
    Unseen {
        strategy: "readers-first",
        reason: "the readers of a schedule end, and the writer is served then",
    },
];
