//! Which files and which documents of a source are read.

use super::*;
use crate::unusable::OnBad;

#[test]
fn files_of_one_name_are_told_apart_by_their_folders() {
    let mut place = Place::new(1);
    for (name, text) in [("news/a/1.txt", "first"), ("news/b/1.txt", "second"), ("news/2.txt", "third")] {
        let path = place.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let files = |place: &Place| place.prepare().0.files();
    let hash = |text: &str| crate::files::hash_bytes(text.as_bytes());
    let (first, second, third) = (hash("first"), hash("second"), hash("third"));
    let named = |pairs: &[(&str, &String)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, hash)| (name.to_string(), (*hash).clone())).collect()
    };
    place.config = config(vec![CorpusSource::new("news/**/*.txt")], 0.0);
    let all = named(&[("news/2.txt", &third), ("news/a/1.txt", &first), ("news/b/1.txt", &second)]);
    assert_eq!(files(&place), all);
    for (path, name) in [("news/a", "news/a/1.txt"), ("news/a/*.txt", "news/a/1.txt"), ("news/a/1.txt", "news/a/1.txt")]
    {
        place.config.sources = vec![CorpusSource::new(path)];
        assert_eq!(files(&place), named(&[(name, &first)]), "{path}");
    }
    // A whole path stays one.
    let whole = place.dir.path().join("news/a/1.txt");
    place.config.sources = vec![CorpusSource::new(&whole)];
    assert_eq!(files(&place), named(&[(&whole.display().to_string(), &first)]));
    // What was tokenised before has the key that it had: names without their folders are in it.
    place.config.sources = vec![CorpusSource::new("news/a/1.txt")];
    let manifest = place.prepare().0.sources[0].stored.manifest.inputs.files.clone();
    assert_eq!(manifest.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["1.txt"]);
}

/// Ten stories, of which the third and the seventh are no JSON; with `notes.txt`.
fn with_bad_lines() -> Place {
    let mut place = Place::new(0);
    let line = |i: usize| match i {
        2 => "no json".to_owned(),
        6 => format!("{{\"txt\": {:?}}}", document(i)),
        _ => format!("{{\"text\": {:?}}}", document(i)),
    };
    fs::write(place.dir.path().join("stories.jsonl"), (0..10).map(|i| line(i) + "\n").collect::<String>()).unwrap();
    place.config = config(vec![CorpusSource::new("stories.jsonl")], 0.0);
    place
}

#[test]
fn bad_documents_are_left_out_up_to_a_limit_where_they_may_be() {
    let mut place = with_bad_lines();
    let message = place.try_prepare(&mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("stories.jsonl:3: invalid JSON") && message.contains("`on_bad = \"skip\"`"), "{message}");
    let source = &mut place.config.sources[0];
    source.max_skipped = 0.5;
    let message = place.config.validate().unwrap_err().to_string();
    assert!(message.contains("max_skipped = 0.5 changes nothing without on_bad = \"skip\""), "{message}");
    (place.config.sources[0].on_bad, place.config.sources[0].max_skipped) = (OnBad::Skip, 1.5);
    assert!(place.config.validate().unwrap_err().to_string().contains("max_skipped = 1.5 must lie in [0, 1]"));

    // Two of ten are too many, and nothing stays in the cache.
    place.config.sources[0].max_skipped = 0.1;
    let message = place.try_prepare(&mut |_| {}).unwrap_err().to_string();
    for part in
        ["2 of 10 records cannot be used, more than the limit of 10 %", "jsonl:3: invalid JSON", "jsonl:7: no field"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert!(place.folders().is_empty());
    let message = texts(&place.config, place.dir.path(), 1000).err().unwrap().to_string();
    assert!(message.contains("2 of 10 records"), "{message}");

    place.config.sources[0].max_skipped = 0.2;
    let (corpus, stages) = place.prepare();
    let statistics = corpus.statistics().remove(0);
    assert_eq!((statistics.train.documents, statistics.left_out.unreadable, stages), (8, 2, vec![Stage::Built]));
    let special = TOKENIZER.special();
    let good = (0..10).filter(|i| ![2, 6].contains(i)).map(document);
    let expected: Vec<u32> =
        good.flat_map(|text| [vec![special.bos], TOKENIZER.encode(&text), vec![special.eos]].concat()).collect();
    assert_eq!(concatenated(&corpus, Split::Train, 0, 64), expected);
    let sampled: Vec<String> = texts(&place.config, place.dir.path(), u64::MAX).unwrap().map(Result::unwrap).collect();
    assert_eq!(sampled.len(), 8);
    // What is in the cache is held against the limit too.
    assert_eq!(place.prepare().1, [Stage::Reused]);
    place.config.sources[0].max_skipped = 0.1;
    assert!(place.try_prepare(&mut |_| {}).is_err());
}

#[test]
fn what_may_be_left_out_is_part_of_the_key_where_it_may() {
    let mut place = with_bad_lines();
    let key = |place: &Place| {
        let tokenizer = TOKENIZER.hash();
        let found = find_or_train_tokenizer(&place.config, place.dir.path(), 300, 9000, &place.cache(), &mut || {});
        (place.prepare().0.hash(), found.unwrap().hash(), tokenizer)
    };
    let good: String = (0..10).map(|i| format!("{{\"text\": {:?}}}\n", document(i))).collect();
    fs::write(place.dir.path().join("stories.jsonl"), good).unwrap();
    let stops = key(&place);
    place.config.sources[0].on_bad = OnBad::Skip;
    let skips = key(&place);
    assert_ne!(stops.0, skips.0);
    place.config.sources[0].max_skipped = 0.5;
    assert_eq!(key(&place), skips, "the limit changes no token");
    let folder = |stem: &str| {
        fs::read_dir(place.cache())
            .unwrap()
            .flatten()
            .filter(|e| {
                e.file_name().to_string_lossy().starts_with(stem) && !e.file_name().to_string_lossy().ends_with(".lock")
            })
            .count()
    };
    assert_eq!((folder("stories-"), folder("tokenizer-")), (2, 2));
}

#[test]
fn verdicts_fall_on_the_documents_that_can_be_read() {
    let mut place = with_bad_lines();
    let words = |i: usize| (0..40).map(|word| format!("word{i}x{word}")).collect::<Vec<_>>().join(" ");
    let lines = ["no json".to_owned(), words(0), words(1), words(0), "{".to_owned(), words(2), words(1)];
    let line = |text: &String| match text.len() > 20 {
        true => format!("{{\"text\": {text:?}}}\n"),
        false => format!("{text}\n"),
    };
    fs::write(place.dir.path().join("stories.jsonl"), lines.iter().map(line).collect::<String>()).unwrap();
    let source = &mut place.config.sources[0];
    (source.on_bad, source.max_skipped) = (OnBad::Skip, 0.5);
    place.config.near_duplicates = 0.8;
    let statistics = place.prepare().0.statistics().remove(0);
    assert_eq!(
        (statistics.train.documents, statistics.left_out.near_duplicates, statistics.left_out.unreadable),
        (3, 2, 2)
    );
    let kept: Vec<String> = texts(&place.config, place.dir.path(), u64::MAX).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, [words(0), words(1), words(2)]);
    let examined = examine::examine(&place.config, place.dir.path(), &mut Default::default()).unwrap();
    let found = &examined.sources[0];
    assert_eq!((found.train, found.left_out.near_duplicates, found.unreadable.count), (3, 2, 2));
}
