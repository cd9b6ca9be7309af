use super::split::draws;
use super::*;
use crate::records::Source;
use crate::tokenizer::Tokenizer;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

mod reading;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let texts = (0..40).map(|i| document(i) + " and the miller sells flour to the baker in the village");
    Tokenizer::train(texts, 320).unwrap()
});

fn document(i: usize) -> String {
    format!("Story {i}: {}", "the baker bakes bread. ".repeat(1 + i % 5))
}

fn config(sources: Vec<CorpusSource>, validation: f64) -> CorpusConfig {
    CorpusConfig { sources, validation, near_duplicates: 0.0, exclude: Vec::new() }
}

/// A folder with a corpus, a small one and a cache.
struct Place {
    dir: tempfile::TempDir,
    config: CorpusConfig,
}

impl Place {
    fn new(documents: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lines: String = (0..documents).map(|i| format!("{{\"body\": {:?}}}\n", document(i))).collect();
        fs::write(dir.path().join("stories.jsonl.zst"), zstd::encode_all(lines.as_bytes(), 1).unwrap()).unwrap();
        fs::write(dir.path().join("notes.txt"), "A note about bread. ".repeat(30)).unwrap();
        let mut stories = CorpusSource::new("stories.jsonl.zst");
        stories.text = "body".into();
        let mut notes = CorpusSource::new("notes.txt");
        notes.weight = 0.25;
        Self { dir, config: config(vec![stories, notes], 0.2) }
    }

    fn prepare(&self) -> (Corpus, Vec<Stage>) {
        let mut stages = Vec::new();
        let corpus = self.try_prepare(&mut |p| stages.push(p.stage)).unwrap();
        stages.retain(|s| matches!(s, Stage::Built | Stage::Reused));
        (corpus, stages)
    }

    fn try_prepare(&self, on_progress: &mut dyn FnMut(Progress)) -> Result<Corpus, CorpusError> {
        Corpus::prepare(&self.config, self.dir.path(), &TOKENIZER, &self.cache(), on_progress)
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// The cache's folders for the stories.
    fn folders(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> = fs::read_dir(self.cache()).unwrap().map(|e| e.unwrap().path()).collect();
        all.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("stories-"));
        all
    }
}

/// All tokens of one source of a split, read back from rows of `length`.
fn concatenated(corpus: &Corpus, split: Split, source: usize, length: usize) -> Vec<u32> {
    let windows = corpus.windows(split, length, false);
    let rows = (0..windows.sizes()[source]).map(|i| windows.row(source, i));
    rows.flat_map(|w| {
        assert_eq!((w.ids.len(), w.segments.len()), (length, length));
        w.ids.into_iter().zip(w.segments).filter(|(_, segment)| *segment > 0).map(|(id, _)| id)
    })
    .collect()
}

#[test]
fn every_document_is_stored_once_in_one_split() {
    let place = Place::new(200);
    let (corpus, _) = place.prepare();
    let special = TOKENIZER.special();
    let expected = |held_out: bool| -> Vec<u32> {
        let kept = (0..200).map(document).filter(|text| (draws(text).0 < 0.2) == held_out);
        kept.flat_map(|text| [vec![special.bos], TOKENIZER.encode(&text), vec![special.eos]].concat()).collect()
    };
    for (split, held_out) in [(Split::Train, false), (Split::Validation, true)] {
        for length in [1, 7, 64, 100_000] {
            assert_eq!(concatenated(&corpus, split, 0, length), expected(held_out), "{split:?} {length}");
        }
    }
    let statistics = &corpus.statistics()[0];
    assert_eq!(statistics.train.documents + statistics.validation.documents, 200);
    assert!((20..60).contains(&statistics.validation.documents), "{statistics:?}");
    assert_eq!(statistics.train.tokens, expected(false).len() as u64);
    let bytes: usize = (0..200).map(|i| document(i).len()).sum();
    assert_eq!(statistics.train.bytes + statistics.validation.bytes, bytes as u64);
}

#[test]
fn rows_number_their_documents_and_pad_only_at_the_end() {
    let (corpus, _) = Place::new(60).prepare();
    let special = TOKENIZER.special();
    let windows = corpus.windows(Split::Train, 50, false);
    let rows = windows.sizes()[0];
    for i in 0..rows {
        let Window { ids, segments } = windows.at(i);
        assert_eq!((segments[0], &ids), (1, &windows.row(0, i).ids));
        for k in 1..50 {
            let expected = match ids[k] {
                id if id == special.pad => 0,
                id if id == special.bos => segments[k - 1] + 1,
                _ => segments[k - 1],
            };
            assert_eq!(segments[k], expected, "row {i}, token {k}: {ids:?} {segments:?}");
        }
        assert_eq!(segments.contains(&0), i == rows - 1 && corpus.statistics()[0].train.tokens % 50 != 0);
    }
    assert_eq!(windows.len(), windows.sizes().iter().sum::<usize>());
    assert_eq!(windows.at(rows).ids, windows.row(1, 0).ids);
    let mixture = windows.mixture().unwrap();
    assert_eq!(mixture.epoch_len(), windows.len());
    assert_eq!(mixture.quota(1), (windows.len() as f64 * 0.2).round() as usize);
}

#[test]
fn opened_rows_hold_the_same_tokens_behind_one_more() {
    let (corpus, _) = Place::new(60).prepare();
    let bos = TOKENIZER.special().bos;
    let whole = concatenated(&corpus, Split::Train, 0, 50);
    let windows = corpus.windows(Split::Train, 50, true);
    assert_eq!(windows.sizes()[0], whole.len().div_ceil(49));
    let mut within = 0;
    for (i, text) in whole.chunks(49).enumerate() {
        let Window { ids, segments } = windows.row(0, i);
        assert_eq!((ids.len(), segments.len(), ids[0], segments[0]), (50, 50, bos, 1));
        let from = usize::from(text[0] != bos);
        assert_eq!(ids[from..][..text.len()], *text);
        // What is in front belongs to the document that goes on.
        assert_eq!(segments[1], 1);
        assert_eq!(segments.iter().filter(|&&segment| segment == 0).count(), 50 - text.len() - from);
        within += from;
    }
    assert!(within > 10, "{within} rows begin within a document");
}

#[test]
fn tokens_are_reused_until_something_changes() {
    let mut place = Place::new(50);
    let (first, built) = place.prepare();
    assert_eq!(built, [Stage::Built, Stage::Built]);
    let (again, reused) = place.prepare();
    assert_eq!((reused, again.hash()), (vec![Stage::Reused, Stage::Reused], first.hash()));
    // The modification time alone is no change.
    let stories = place.dir.path().join("stories.jsonl.zst");
    fs::write(&stories, fs::read(&stories).unwrap()).unwrap();
    assert_eq!(place.prepare().1, [Stage::Reused, Stage::Reused]);
    place.config.sources[0].weight = 2.0;
    let (reweighted, stages) = place.prepare();
    assert_eq!(stages, [Stage::Reused, Stage::Reused]);
    assert_ne!(reweighted.hash(), first.hash());
    // Another text, limit, share and tokenizer each give other tokens.
    fs::write(place.dir.path().join("notes.txt"), "Another note.").unwrap();
    assert_eq!(place.prepare().1, [Stage::Reused, Stage::Built]);
    place.config.sources[0].limit = Some(10);
    let (limited, stages) = place.prepare();
    assert_eq!(stages, [Stage::Built, Stage::Reused]);
    assert_eq!(limited.statistics()[0].train.documents + limited.statistics()[0].validation.documents, 10);
    place.config.validation = 0.3;
    assert_eq!(place.prepare().1, [Stage::Built, Stage::Built]);
    let other = Tokenizer::train((0..20).map(document), 300).unwrap();
    let mut stages = Vec::new();
    Corpus::prepare(&place.config, place.dir.path(), &other, &place.cache(), &mut |p| stages.push(p.stage)).unwrap();
    assert!(!stages.contains(&Stage::Reused));
}

#[test]
fn damage_to_the_cache_is_noticed_and_repaired() {
    let place = Place::new(50);
    let (sound, _) = place.prepare();
    let expected = concatenated(&sound, Split::Train, 0, 64);
    let folder = place.folders().remove(0);
    type Damage = (&'static str, fn(&Path));
    let damage: [Damage; 5] = [
        ("train.tokens", |p| {
            let mut bytes = fs::read(p).unwrap();
            bytes[100] ^= 1;
            fs::remove_file(p).unwrap();
            fs::write(p, bytes).unwrap();
        }),
        ("train.ends", |p| fs::write(p, fs::read(p).unwrap().split_last().unwrap().1).unwrap()),
        ("validation.tokens", |p| fs::remove_file(p).unwrap()),
        ("manifest.json", |p| fs::write(p, "{\"inputs\":").unwrap()),
        ("manifest.json", |p| fs::remove_file(p).unwrap()),
    ];
    for (name, damage) in damage {
        damage(&folder.join(name));
        let (repaired, stages) = place.prepare();
        assert_eq!(stages, [Stage::Built, Stage::Reused], "{name}");
        assert_eq!(concatenated(&repaired, Split::Train, 0, 64), expected, "{name}");
    }
    assert_eq!(place.folders(), [folder], "no second folder, nothing temporary");
}

#[test]
fn several_at_once_do_not_disturb_each_other() {
    let place = Place::new(120);
    let built = std::sync::atomic::AtomicUsize::new(0);
    let prepare = || {
        let mut count = |p: Progress| {
            built.fetch_add(usize::from(p.stage == Stage::Built), std::sync::atomic::Ordering::Relaxed);
        };
        concatenated(&place.try_prepare(&mut count).unwrap(), Split::Train, 0, 32)
    };
    let results: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(prepare)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(results.iter().all(|r| *r == results[0]));
    assert_eq!(built.into_inner(), 2, "each source is tokenised once");
    assert_eq!(place.folders().len(), 1);
}

#[test]
fn a_failure_leaves_nothing_behind_and_says_where() {
    let place = Place::new(5);
    let path = place.dir.path().join("stories.jsonl.zst");
    let bad = "{\"body\": \"fine\"}\n{\"body\": \"never ends";
    fs::write(&path, zstd::encode_all(bad.as_bytes(), 1).unwrap()).unwrap();
    let message = place.try_prepare(&mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("stories.jsonl.zst:2: invalid JSON"), "{message}");
    let left = fs::read_dir(place.cache()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| !name.ends_with(".lock")).count(), 0);
    let message = texts(&place.config, place.dir.path(), 1000).err().unwrap().to_string();
    assert!(message.contains("stories.jsonl.zst:2"), "{message}");
}

#[test]
fn a_file_that_grows_meanwhile_is_refused() {
    let place = Place::new(5);
    let notes = place.dir.path().join("notes.txt");
    let mut append = |p: Progress| {
        if p.source == 1 && p.stage == Stage::Tokenising {
            let text = fs::read_to_string(&notes).unwrap();
            fs::write(&notes, text + "more").unwrap();
        }
    };
    let message = place.try_prepare(&mut append).unwrap_err().to_string();
    assert!(message.contains("notes.txt: the file changed while it was being read"), "{message}");
}

#[test]
fn impossible_configurations_are_refused() {
    let refused = |change: fn(&mut Place), part: &str| {
        let mut place = Place::new(3);
        change(&mut place);
        let message = place.try_prepare(&mut |_| {}).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    refused(|p| p.config.sources.clear(), "`sources` is empty");
    refused(|p| p.config.validation = 1.0, "`validation` is 1");
    refused(|p| p.config.sources[1].weight = -1.0, "`weight` of notes.txt is -1");
    refused(|p| p.config.sources[0].text = "text".into(), "no field `text`");
    refused(|p| p.config.validation = 0.999_999, "no text to train on: 4 documents, 0 of them empty, 4 held out");
    assert!(serde_json::from_str::<CorpusConfig>(r#"{"sources": [], "valdation": 0.1}"#).is_err());
    let least: CorpusConfig = serde_json::from_str(r#"{"sources": [{"path": "a.txt"}]}"#).unwrap();
    assert_eq!(least, config(vec![CorpusSource::new("a.txt")], 0.01));
}

#[test]
fn documents_without_text_are_skipped_and_counted() {
    let mut place = Place::new(0);
    fs::write(place.dir.path().join("a.jsonl"), "{\"text\": \" \"}\n{\"text\": \"bread\"}\n{\"text\": \"\"}\n")
        .unwrap();
    place.config = config(vec![CorpusSource::new("a.jsonl")], 0.0);
    let statistics = place.prepare().0.statistics().remove(0);
    assert_eq!((statistics.left_out.empty, statistics.train.documents), (2, 1));
    assert_eq!(statistics.validation, Counts::default());
}

#[test]
fn a_sample_is_even_repeatable_and_without_the_held_out() {
    let place = Place::new(400);
    let sample = |bytes| -> Vec<String> {
        texts(&place.config, place.dir.path(), bytes).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let everything = sample(u64::MAX);
    let held_out = (0..400).filter(|i| draws(&document(*i)).0 < 0.2).count();
    let notes = fs::read_to_string(place.dir.path().join("notes.txt")).unwrap();
    let with_notes = usize::from(draws(&notes).0 >= 0.2);
    assert_eq!(everything.len(), 400 - held_out + with_notes);
    let half = sample(12_000);
    assert_eq!(half, sample(12_000));
    let size: usize = half.iter().map(String::len).sum();
    assert!((8_000..16_000).contains(&size), "{size}");
    // From the whole source, not from its beginning.
    assert!(half.iter().any(|t| t.starts_with("Story 3") && t.as_str() > "Story 36"));
    let train = || train_tokenizer(&place.config, place.dir.path(), 300, 12_000).unwrap();
    assert_eq!(train().hash(), train().hash());
}

#[test]
fn a_tokenizer_is_trained_once_for_the_same_text() {
    let place = Place::new(400);
    let trained = train_tokenizer(&place.config, place.dir.path(), 300, 12_000).unwrap().hash();
    let find = |config: &CorpusConfig, size| {
        let mut new = false;
        let found = find_or_train_tokenizer(config, place.dir.path(), size, 12_000, &place.cache(), &mut || new = true);
        (found.unwrap().hash(), new)
    };
    assert_eq!(find(&place.config, 300), (trained.clone(), true));
    assert_eq!(find(&place.config, 300), (trained.clone(), false));
    // If this fails, the same text gives another tokenizer than it did: raise `VERSION` in `vocabulary.rs`, and correct it.
    assert_eq!(&trained[..16], "1e333b3bf319fd5a");
    // Another vocabulary, another share held out, other text: another tokenizer.
    assert!(find(&place.config, 310).1);
    assert!(find(&CorpusConfig { validation: 0.3, ..place.config.clone() }, 300).1);
    assert!(find(&CorpusConfig { exclude: vec![Source::new("notes.txt")], ..place.config.clone() }, 300).1);
    let changed = |change: &dyn Fn(&mut CorpusSource)| {
        let mut config = place.config.clone();
        change(&mut config.sources[0]);
        config
    };
    assert!(find(&changed(&|source| source.limit = Some(300)), 300).1);
    assert!(find(&changed(&|source| source.weight = 0.5), 300).1);
    let notes = place.dir.path().join("notes.txt");
    let before = fs::read_to_string(&notes).unwrap();
    fs::write(&notes, format!("{before} and more")).unwrap();
    assert!(find(&place.config, 300).1);
    fs::write(&notes, before).unwrap();
    assert_eq!(find(&place.config, 300), (trained.clone(), false));

    // A damaged one is made anew.
    let kept = || fs::read_dir(place.cache()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    for path in kept().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("vocab", "vocap", 1)).unwrap();
    }
    assert_eq!(find(&place.config, 300), (trained.clone(), true));
    assert_eq!(find(&place.config, 300), (trained.clone(), false));

    // Where none can be kept, it is trained every time.
    let file = place.dir.path().join("notes.txt");
    let mut times = 0;
    for _ in 0..2 {
        let unkept = find_or_train_tokenizer(&place.config, place.dir.path(), 300, 12_000, &file, &mut || times += 1);
        assert_eq!(unkept.unwrap().hash(), trained);
    }
    assert_eq!(times, 2);
}

#[test]
fn a_separator_makes_documents_of_a_text_and_is_part_of_the_key() {
    let mut place = Place::new(3);
    let stories = format!("{}<|endoftext|>{}<|endoftext|>{}", document(1), document(2), document(3));
    fs::write(place.dir.path().join("stories.txt"), stories).unwrap();
    place.config = config(vec![CorpusSource::new("stories.txt")], 0.0);
    let train = |place: &Place| place.prepare().0.statistics()[0].train.documents;
    assert_eq!(train(&place), 1);
    let marks = |place: &Place| {
        let examined = examine::examine(&place.config, place.dir.path(), &mut Default::default()).unwrap();
        examined.sources[0].marks.summary().map(|(said, most)| (said, most.to_owned()))
    };
    assert_eq!(marks(&place), Some(("\"<|endoftext|>\" occurs 2 times".into(), "<|endoftext|>".into())));
    let stored = fs::read_to_string(place.folders()[0].join("manifest.json")).unwrap();
    assert!(stored.contains("\"<|endoftext|>\": 2") && !stored.contains("separator"), "{stored}");
    place.config.sources[0].separator = Some("<|endoftext|>".into());
    assert_eq!(place.prepare().1, [Stage::Built]);
    assert_eq!((train(&place), marks(&place)), (3, None));
    assert_eq!(place.prepare().1, [Stage::Reused]);
}
