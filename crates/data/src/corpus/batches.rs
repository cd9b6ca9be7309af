//! The documents of a source in batches, read ahead.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::documents::{Document, Documents, Input};
use super::error::CorpusError;
use crate::unusable;

/// Text handed to the tokenizer at once: enough to keep all cores busy, little enough to bound memory.
const BATCH_BYTES: usize = 4 << 20;

type Batch = Result<Vec<Document>, CorpusError>;

/// Hands all documents of a source to `work` in batches and in order, while a thread reads ahead and adds to `read` what
/// it has taken from the files. Returns those that could not be read.
pub(super) fn in_batches(
    input: &Input,
    read: Arc<AtomicU64>,
    mut work: impl FnMut(Vec<Document>) -> Result<(), CorpusError>,
) -> Result<unusable::LeftOut, CorpusError> {
    let documents = input.documents(read)?;
    let (sender, batches): (SyncSender<Batch>, Receiver<Batch>) = sync_channel(1);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || read_batches(documents, &sender));
        batches.into_iter().try_for_each(|batch| work(batch?))?;
        Ok(reader.join().expect("reading does not panic"))
    })
}

/// Sends documents in batches until there are no more, one is bad, or nobody listens. Returns what was left out.
fn read_batches(mut documents: Documents, sender: &SyncSender<Batch>) -> unusable::LeftOut {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for document in documents.by_ref() {
        match document {
            Ok(document) => {
                bytes += document.record.text.len() + size_of::<Document>();
                batch.push(document.record);
            }
            Err(e) => {
                let _ = sender.send(Err(e));
                return documents.left_out();
            }
        }
        if bytes >= BATCH_BYTES {
            bytes = 0;
            if sender.send(Ok(std::mem::take(&mut batch))).is_err() {
                return documents.left_out();
            }
        }
    }
    let _ = sender.send(Ok(batch));
    documents.left_out()
}
