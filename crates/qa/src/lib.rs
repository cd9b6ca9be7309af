//! The qa task.
