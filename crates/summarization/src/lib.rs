//! The summarization task.
