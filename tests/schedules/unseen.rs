//! Seeded bugs that no schedule detects, each with the reason. Every other seeded bug must be
//! detected.

/// A seeded bug that schedules cannot detect.
pub(crate) struct Unseen {
    pub(crate) strategy: &'static str,
    pub(crate) reason: &'static str,
}

/// All of these bugs.
pub(crate) const UNSEEN: &[Unseen] = &[
    Unseen {
        strategy: "drop-on-full-but-ack",
        reason: "its queue is full at 1,024 commands, and a schedule has a dozen",
    },
    Unseen {
        strategy: "overflow-starves",
        reason: "its queue is full at 1,024 commands, and a schedule has a dozen",
    },
    Unseen {
        strategy: "readers-first",
        reason: "the readers of a schedule end, and then the writer is served",
    },
];
