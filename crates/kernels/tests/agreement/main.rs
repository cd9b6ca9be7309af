//! Every operation gives the values and the gradients of its definition, at odd sizes and at the edges.

mod attention;
mod operations;
mod optimizer;
mod support;
