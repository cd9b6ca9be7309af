use std::fs;
use std::time::Duration;

use cimiento_core::metrics::Score;

use super::screen::Lines;
use super::*;

fn report(step: u64) -> StepReport {
    let loss = if step == 2 { f64::NAN } else { 1.0 / step as f64 };
    StepReport { step, steps: 6, loss, grad_norm: 0.5, lr: 0.001, targets: 7, tokens: 10 * step }
}

/// Takes the steps after `from` up to `to`, validating after each even one.
fn take(folder: &Path, from: u64, to: u64) {
    let mut watch = Watch::new(folder, "test", from, Arc::default()).unwrap();
    for step in from + 1..=to {
        watch.step(&report(step));
        if step % 2 == 0 {
            let score = Score { metric: "loss".into(), value: 0.1 * step as f64, high: 1.0, n: 3, ..Score::default() };
            watch.validation(step, &Scores(vec![score]));
        }
    }
}

#[test]
fn an_interrupted_run_leaves_the_same_lines_as_an_uninterrupted_one() {
    let whole = tempfile::tempdir().unwrap();
    take(whole.path(), 0, 6);
    let expected = fs::read_to_string(whole.path().join("metrics.jsonl")).unwrap();
    let lines: Vec<&str> = expected.lines().collect();
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[0], r#"{"step":1,"loss":1.0,"grad_norm":0.5,"lr":0.001,"targets":7,"tokens":10}"#);
    assert_eq!(lines[1], r#"{"step":2,"loss":null,"grad_norm":0.5,"lr":0.001,"targets":7,"tokens":20}"#);
    assert_eq!(lines[2], r#"{"step":2,"validation":{"loss":0.2}}"#);

    // Killed somewhere after step 5, whose line it was writing; its last checkpoint is that of `saved_at`.
    for saved_at in 0..=4 {
        let broken = tempfile::tempdir().unwrap();
        let path = broken.path().join("metrics.jsonl");
        take(broken.path(), 0, 4);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(br#"{"step":5,"loss":0."#);
        fs::write(&path, bytes).unwrap();
        take(broken.path(), saved_at, 6);
        assert_eq!(fs::read_to_string(&path).unwrap(), expected, "resumed at {saved_at}");
    }
}

#[test]
fn a_torn_line_is_cut_even_where_it_would_be_whole_but_for_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("metrics.jsonl");
    fs::write(&path, "{\"step\":1,\"loss\":1.0}\n{\"step\":2,\"loss\":1.0}").unwrap();
    Journal::open(&path, 2).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"step\":1,\"loss\":1.0}\n");
}

#[test]
fn what_was_written_is_read_back_for_the_report() {
    let dir = tempfile::tempdir().unwrap();
    take(dir.path(), 0, 2);
    let entries = read_journal(&dir.path().join("metrics.jsonl")).unwrap();
    let validation = Some([("loss".to_string(), Some(0.2))].into());
    let expected = [
        Entry { step: 1, loss: Some(1.0), tokens: Some(10), validation: None },
        Entry { step: 2, loss: None, tokens: Some(20), validation: None },
        Entry { step: 2, loss: None, tokens: None, validation },
    ];
    assert_eq!(entries, expected);
}

#[test]
fn a_log_that_cannot_be_written_stops_the_run() {
    // Linux has a device that is always full.
    if Path::new("/dev/full").exists() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(dir.path(), "test", 0, Arc::default()).unwrap();
        assert!(!watch.stop());
        watch.journal = Journal::onto(Path::new("/dev/full")).unwrap();
        watch.step(&report(1));
        assert!(watch.stop());
    }
}

#[test]
fn the_interrupt_asks_the_run_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    let interrupt = Arc::new(AtomicBool::new(false));
    let watch = Watch::new(dir.path(), "test", 0, interrupt.clone()).unwrap();
    assert!(!watch.stop());
    interrupt.store(true, Ordering::Relaxed);
    assert!(watch.stop());
}

#[test]
fn plain_lines_come_at_the_rarer_of_their_two_limits() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let mut lines = Lines::new("test");
    assert!(lines.due(1, 1000, at(0)), "the first");
    assert!(!lines.due(500, 1000, at(9)), "too soon");
    assert!(!lines.due(50, 1000, at(60)), "too little");
    assert!(lines.due(51, 1000, at(60)));
    assert!(!lines.due(52, 1000, at(61)));
}

#[test]
fn speed_leaves_pauses_out_and_the_time_left_counts_them() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let mut pace = Pace::default();
    pace.tick(11, 1100, at(0));
    assert_eq!((pace.speed(), pace.left(20)), (None, None));
    pace.tick(12, 1200, at(2));
    assert_eq!((pace.speed(), pace.left(20)), (Some(50.0), Some(Duration::from_secs(16))));
    pace.pause();
    pace.tick(13, 1300, at(10));
    assert_eq!((pace.speed(), pace.left(20)), (Some(50.0), Some(Duration::from_secs(35))));
}

#[test]
fn numbers_are_short() {
    let texts = [7.4, 999.4, 999.6, 12_345.0, 123_456.0, 1.5e6, 2e9].map(si);
    assert_eq!(texts, ["7", "999", "1.0k", "12.3k", "123k", "1.5M", "2.0G"]);
    let texts = [12, 200, 4800].map(|seconds| duration(Duration::from_secs(seconds)));
    assert_eq!(texts, ["12 s", "3 min 20 s", "1 h 20 min"]);
}
