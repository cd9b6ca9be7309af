use super::*;

fn row(task: &str, variant: &str, metric: &str, numbers: [f64; 3], n: usize) -> Row {
    let [value, low, high] = numbers;
    let better = if task == "language" { Better::Lower } else { Better::Higher };
    let score = Score { metric: metric.into(), value, low, high, n, better, ..Score::default() };
    rows(task, "village", "test", variant, &Scores(vec![score])).remove(0)
}

fn sample() -> Vec<Row> {
    vec![
        row("sentiment", "pretrained", "accuracy", [0.8534, 0.8291, 0.8713], 400),
        row("sentiment", "pretrained", "mcc", [0.7, 0.699, 0.7012], 400),
        row("language", "pretrained", "perplexity", [31.4159, 30.98, 31.85], 400),
        row("sentiment", "baseline:majority", "accuracy", [0.5, 0.451, 0.549], 400),
        row("sentiment", "baseline:majority", "mcc", [-0.00001, 0.0, 0.0], 400),
        row("language", "pretrained", "bits_per_byte", [1.25, 1.2, 1.3], 380),
        row("language", "from-scratch", "perplexity", [f64::NAN, f64::NAN, f64::NAN], 400),
    ]
}

#[test]
fn a_table_reads_like_this() {
    let expected = "\
sentiment · village · test  (n = 400)
                     accuracy            mcc
  pretrained         0.853 [0.83, 0.87]  0.700 [0.699, 0.701]
  baseline:majority  0.500 [0.45, 0.55]  0.000 [0.000, 0.000]

language · village · test
                perplexity                bits_per_byte
  pretrained    31.42 [31.0, 31.9] n=400  1.250 [1.20, 1.30] n=380
  from-scratch  not finite n=400          –
";
    assert_eq!(table(&sample(), &[]), expected);
}

#[test]
fn parts_of_a_data_set_share_a_table() {
    let row = |dataset: &str, variant: &str, value: f64, n| Row {
        dataset: dataset.into(),
        ..row("minimal-pairs", variant, "accuracy", [value; 3], n)
    };
    let rows = [
        row("blimp", "pretrained", 0.7, 20),
        row("blimp/agreement", "pretrained", 0.6, 10),
        row("blimp/islands", "pretrained", 0.8, 10),
        row("blimp", "from-scratch", 0.5, 20),
        row("blimp/islands", "from-scratch", 0.4, 10),
        row("other/islands", "pretrained", 0.9, 10),
    ];
    let expected = "\
minimal-pairs · blimp · test  (n = 20)
                accuracy
  pretrained    0.700 [0.700, 0.700]
  from-scratch  0.500 [0.500, 0.500]
  20 examples are fewer than 30: the intervals say little

minimal-pairs · blimp · test · accuracy by part  (n = 10)
             pretrained            from-scratch
  agreement  0.600 [0.600, 0.600]  –
  islands    0.800 [0.800, 0.800]  0.400 [0.400, 0.400]
  10 examples are fewer than 30: the intervals say little

minimal-pairs · other/islands · test  (n = 10)
              accuracy
  pretrained  0.900 [0.900, 0.900]
  10 examples are fewer than 30: the intervals say little
";
    assert_eq!(table(&rows, &[]), expected);
}

#[test]
fn kinds_of_parts_have_tables_of_their_own_and_many_parts_are_only_mentioned() {
    let row = |dataset: &str, value: f64| Row {
        dataset: dataset.into(),
        ..row("minimal-pairs", "pretrained", "accuracy", [value; 3], 10)
    };
    let mut rows = vec![row("blimp", 0.7), row("blimp/field/syntax", 0.6), row("blimp/field/semantics", 0.8)];
    rows.push(row("blimp/term/binding", 0.9));
    rows.extend((0..30).map(|i| row(&format!("blimp/phenomenon_{i}"), 0.5)));
    let expected = "\
minimal-pairs · blimp · test  (n = 10)
              accuracy
  pretrained  0.700 [0.700, 0.700]
  10 examples are fewer than 30: the intervals say little

minimal-pairs · blimp · test · accuracy by field  (n = 10)
             pretrained
  syntax     0.600 [0.600, 0.600]
  semantics  0.800 [0.800, 0.800]
  10 examples are fewer than 30: the intervals say little

minimal-pairs · blimp · test · accuracy by term  (n = 10)
           pretrained
  binding  0.900 [0.900, 0.900]
  10 examples are fewer than 30: the intervals say little

minimal-pairs · blimp · test · accuracy by part: 30 parts, in results.json
";
    assert_eq!(table(&rows, &[]), expected);
}

#[test]
fn seeds_stand_beside_the_variant_and_in_the_file() {
    let mut rows = vec![row("sentiment", "pretrained", "accuracy", [0.8, 0.7, 0.9], 400); 2];
    rows[0].score = Score { seeds: Some(3), seed_std: Some(0.0125), ..rows[0].score.clone() };
    rows[1].variant = "from-scratch".into();
    let expected = "\
sentiment · village · test  (n = 400)
                        accuracy
  pretrained (3 seeds)  0.800 [0.70, 0.90]
  from-scratch          0.800 [0.70, 0.90]
";
    assert_eq!(table(&rows, &[]), expected);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.json");
    write(&path, &rows).unwrap();
    assert_eq!(read(&path).unwrap(), rows);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(r#""n":400,"seeds":3,"seed_std":0.0125}"#), "{text}");
    assert_eq!(text.matches("seed").count(), 2, "{text}");
}

#[test]
fn numbers_show_the_digits_that_mean_something() {
    for (value, text) in [(0.0, "0.000"), (-0.5, "-0.500"), (9.9996, "10.000"), (54.321, "54.32"), (543.21, "543.2")] {
        assert_eq!(number(value), text);
    }
    assert_eq!(number(123_456.7), "123457");
    assert_eq!(number(3.0e12), "3.00e12");
    assert_eq!(number(f64::INFINITY), "not finite");
}

#[test]
fn rows_come_back_from_their_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.json");
    let finite: Vec<Row> = sample().into_iter().filter(|row| row.score.value.is_finite()).collect();
    write(&path, &finite).unwrap();
    assert_eq!(read(&path).unwrap(), finite);
    let text = std::fs::read_to_string(&path).unwrap();
    let first = r#"{"task":"sentiment","dataset":"village","split":"test","variant":"pretrained","metric":"accuracy","value":0.8534,"low":0.8291,"high":0.8713,"n":400}"#;
    assert_eq!(text.lines().nth(1).unwrap().trim().trim_end_matches(','), first);

    write(&path, &sample()).unwrap();
    assert!(read(&path).unwrap().last().unwrap().score.value.is_nan());
    write(&path, &[]).unwrap();
    assert_eq!(read(&path).unwrap(), []);
}

#[test]
fn a_file_that_is_no_result_is_named_with_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.json");
    std::fs::write(&path, "[\n  {\"task\": 3}\n]").unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("results.json") && message.contains("line 2"), "{message}");
}
