//! Rows of equal length over the token files.

use std::sync::Arc;

use super::store::TokenFile;
use crate::order::Mixture;

/// A row of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Token ids, `length` of them; padding only at the end: behind the last document of a source, and one where rows are
    /// opened and this one begins with a document.
    pub ids: Vec<u32>,
    /// For each token the number of its document within the row, from 1; 0 for padding. Attention stays within a
    /// segment, and positions start anew in each.
    pub segments: Vec<u32>,
}

/// All rows of one split: each token of each source is in exactly one (and `[bos]` in all, if they are opened). Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Windows {
    files: Vec<Arc<TokenFile>>,
    weights: Vec<f64>,
    /// Rows of source `s` are `starts[s]..starts[s + 1]`.
    starts: Vec<usize>,
    length: usize,
    pad: u32,
    /// What stands before the tokens of every row.
    bos: Option<u32>,
}

impl Windows {
    pub(super) fn new(sources: Vec<(Arc<TokenFile>, f64)>, length: usize, pad: u32) -> Self {
        assert!(length > 0, "a row has at least one token");
        let (files, weights) = sources.into_iter().unzip();
        Self { files, weights, starts: Vec::new(), length, pad, bos: None }.counted()
    }

    /// The same rows, each with `bos` before its tokens, of which there is one fewer: a text may begin anywhere then. A row that
    /// begins with a document begins with `bos` anyway.
    pub(super) fn opened(self, bos: u32) -> Self {
        assert!(self.length > 1, "a row has at least one token of the text");
        Self { bos: Some(bos), ..self }.counted()
    }

    fn counted(self) -> Self {
        let mut starts = vec![0];
        for file in &self.files {
            starts.push(starts[starts.len() - 1] + file.len().div_ceil(self.stride()));
        }
        Self { starts, ..self }
    }

    /// Tokens of the text that a row holds.
    fn stride(&self) -> usize {
        self.length - usize::from(self.bos.is_some())
    }

    /// Rows of all sources.
    pub fn len(&self) -> usize {
        self.starts[self.files.len()]
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tokens a row.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Rows of each source.
    pub fn sizes(&self) -> Vec<usize> {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// The order of training: sources mixed by their weights. `None` if there is no row.
    pub fn mixture(&self) -> Option<Mixture> {
        (!self.is_empty()).then(|| Mixture::new(self.sizes(), &self.weights))
    }

    /// Row `index` of all sources, one source after the other.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn at(&self, index: usize) -> Window {
        assert!(index < self.len(), "row {index} of {}", self.len());
        let source = self.starts.partition_point(|start| *start <= index) - 1;
        self.row(source, index - self.starts[source])
    }

    /// Row `index` of one source, as a [`Mixture`] draws them.
    ///
    /// # Panics
    /// If there is no such source or row.
    pub fn row(&self, source: usize, index: usize) -> Window {
        let file = &self.files[source];
        let start = index * self.stride();
        assert!(start < file.len(), "row {index} of source {source}, which has {} tokens", file.len());
        let end = (start + self.stride()).min(file.len());
        let mut ids = file.tokens(start..end);
        let mut segments = Vec::with_capacity(self.length);
        for (segment, document_end) in (1..).zip(file.ends_after(start)) {
            segments.resize(document_end.min(end) - start, segment);
            if document_end >= end {
                break;
            }
        }
        if let Some(bos) = self.bos.filter(|&bos| ids[0] != bos) {
            ids.insert(0, bos);
            segments.insert(0, 1);
        }
        ids.resize(self.length, self.pad);
        segments.resize(self.length, 0);
        Window { ids, segments }
    }
}
