//! The sentiment task.
