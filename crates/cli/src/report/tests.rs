use std::fs;

use cimiento_core::metrics::{Better, Score, Scores};

use super::*;

const NASTY: &str = r#"<script>alert("a" & 'b')</script>"#;

fn rows(task: &str, dataset: &str, variant: &str, metrics: &[(&str, f64)]) -> Vec<Row> {
    let score = |&(metric, value): &(&str, f64)| Score {
        metric: metric.into(),
        value,
        low: value - 0.0321,
        high: value + 0.0287,
        n: 400,
        better: if ["ece", "perplexity", "bits_per_byte"].contains(&metric) { Better::Lower } else { Better::Higher },
        ..Score::default()
    };
    results::rows(task, dataset, "test", variant, &Scores(metrics.iter().map(score).collect()))
}

fn bins() -> Vec<Bin> {
    let bin = |(i, count)| {
        let confidence = (i as f64 + 0.5) / 3.0;
        Bin { low: i as f64 / 3.0, high: (i + 1) as f64 / 3.0, confidence, accuracy: confidence, count }
    };
    [0, 10, 90].into_iter().enumerate().map(bin).collect()
}

fn sample(metrics: PathBuf) -> Report {
    let mut rows = [
        rows("sentiment", "village", "pretrained", &[("accuracy", 0.9123), ("ece", 0.0456)]),
        rows("sentiment", "village", "baseline:majority", &[("accuracy", 0.5012), ("ece", 0.4931)]),
        rows("language", "village", "pretrained", &[("perplexity", 31.41), ("bits_per_byte", 1.234)]),
        rows("minimal-pairs", "blimp", "pretrained", &[("accuracy", 0.7123)]),
        rows("minimal-pairs", "blimp/islands", "pretrained", &[("accuracy", 0.6234)]),
        rows("qa", NASTY, NASTY, &[("f1", 0.777)]),
    ]
    .concat();
    rows[0].score.n = 399;
    Report {
        title: NASTY.into(),
        facts: vec![(NASTY.into(), NASTY.into())],
        curves: [NASTY, "other"].map(|name| Curve { name: name.into(), metrics: metrics.clone() }).into(),
        trials: Some(Trials {
            lines: [["key", NASTY], [NASTY, "0.400"], ["b", "0.300"]].map(|line| line.map(String::from).into()).into(),
            best: true,
        }),
        compared: results::comparisons(&rows),
        rows,
        compute: vec![Compute {
            title: NASTY.into(),
            backbones: [("a", 1e12, 2.0), (NASTY, 1e13, 1.9), ("c", 1e14, 1.8)].map(trained).into(),
        }],
        classes: vec![(NASTY.into(), classes(2)), ("many".into(), classes(20))],
        mistakes: vec![Mistakes {
            title: NASTY.into(),
            count: 3,
            n: 30,
            file: NASTY.into(),
            worst: vec![Mistake {
                place: Place { id: Some(NASTY.into()), file: Some(NASTY.into()), line: 17 },
                quality: 0.25,
                confidence: Some(0.875),
                text: NASTY.into(),
                expected: NASTY.into(),
                answer: serde_json::json!({ "label": NASTY }),
            }],
        }],
        calibration: vec![(NASTY.into(), bins())],
        examples: vec![Shown {
            task: NASTY.into(),
            question: NASTY.repeat(100).replace("><", "> <"),
            expected: NASTY.into(),
            answers: vec![
                (NASTY.into(), NASTY.into()),
                ("json".into(), serde_json::json!({ "label": NASTY, "probabilities": { NASTY: 0.5 } }).to_string()),
            ],
        }],
        config: NASTY.into(),
    }
}

/// Classes of which each is taken for the next now and then.
fn classes(number: usize) -> ClassReport {
    let labels: Vec<String> = (0..number).map(|class| format!("{NASTY}{class}")).collect();
    let gold: Vec<usize> = (0..number * 10).map(|i| i % number).collect();
    let predicted: Vec<usize> =
        gold.iter().enumerate().map(|(i, class)| (class + usize::from(i % 7 == 0)) % number).collect();
    ClassReport::of(&labels, &predicted, &gold)
}

fn trained((variant, operations, bits_per_byte): (&str, f64, f64)) -> Trained {
    Trained { variant: variant.into(), operations, bits_per_byte }
}

fn html(report: &Report) -> Result<String, ReportError> {
    Ok(super::page(report, &Drawn::of(report)?))
}

fn page() -> String {
    let dir = tempfile::tempdir().unwrap();
    let metrics = dir.path().join("metrics.jsonl");
    let lines = (1..=50).map(|step| format!("{{\"step\":{step},\"loss\":{}}}\n", 8.0 / step as f64));
    let validations = "{\"step\":25,\"validation\":{\"loss_causal\":0.5,\"<b>\":0.5}}\n{\"step\":50,\"validation\":{\"loss_causal\":null,\"<b>\":0.7}}\n";
    fs::write(&metrics, lines.collect::<String>() + validations).unwrap();
    html(&sample(metrics)).unwrap()
}

#[test]
fn nothing_from_outside_is_taken_for_html() {
    let page = page();
    for forbidden in ["<script", "<b>\"", "><b></", "alert(\"", "'b'"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;"));
}

#[test]
fn every_element_is_closed() {
    let page = page();
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let name = tag.split(|c: char| !(c.is_alphanumeric() || c == '/')).next().unwrap();
        let inside = tag.split('>').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if inside.ends_with('/') || ["", "meta"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page();
    for outside in ["src=", "href=", "url(", "@import", "<link", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The only addresses are names of the SVG language.
    assert!(page.matches("http").count() == page.matches("http://www.w3.org/2000/svg").count());
}

#[test]
fn every_row_of_the_results_is_on_the_page() {
    let page = page();
    for row in sample(PathBuf::new()).rows {
        let (value, interval) = (results::number(row.score.value), results::interval(&row).unwrap());
        let cells = [value.clone(), format!("<b>{value}</b>")].map(|value| format!("<td>{value} <small>{interval}"));
        // A line is named after its variant, or after the part of the data set it is about.
        let name = row.dataset.strip_prefix("blimp/").unwrap_or(&row.variant);
        let head = format!("<tr><th scope=\"row\">{}</th>", page::escape(name));
        let stands = |line: &str| line.starts_with(&head) && cells.iter().any(|cell| line.contains(cell));
        assert!(page.lines().any(stands), "{row:?}");
        assert!(page.contains(&format!("n = {}", row.score.n)));
    }
}

#[test]
fn the_best_of_a_column_is_bold_whichever_way_it_runs() {
    let page = page();
    assert!(page.contains("<b>0.912</b>") && page.contains("<b>0.046</b>"));
    assert!(!page.contains("<b>0.501</b>") && !page.contains("<b>0.493</b>"));
}

#[test]
fn the_best_trial_is_bold_and_stands_before_the_others() {
    let page = page();
    let (best, other) = (page.find("<td><b>0.400</b></td>"), page.find("<tr><td>b</td><td>0.300</td></tr>"));
    assert!(best.unwrap() < other.unwrap());
}

#[test]
fn figures_follow_the_theme() {
    let page = page();
    // One of all trials, four groups of scores, one of compute, two of each training, one of calibration.
    assert_eq!(page.matches("<svg role=\"img\"").count(), 11);
    let style = include_str!("style.css");
    let drawn = page.split("</style>").nth(1).unwrap();
    assert!(!drawn.contains("\"#"), "a fixed colour");
    for used in drawn.split("var(").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert_eq!(style.matches(&format!("{used}: #")).count(), 2, "{used} in light and in dark");
    }
}

#[test]
fn a_right_answer_is_marked() {
    let shown = |expected: &str, answer: &str| Shown {
        task: "qa".into(),
        question: "Who?".into(),
        expected: expected.into(),
        answers: vec![("pretrained".into(), answer.into())],
    };
    let marked = |expected, answer| page::examples(&[shown(expected, answer)]).contains("class=\"right\"");
    assert!(marked("the smith | smith", r#"{"text":"Smith","start":1,"end":2,"score":0.5}"#));
    assert!(marked("(no answer)", r#"{"text":"","start":null,"end":null,"score":0.5}"#));
    assert!(!marked("the smith", r#"{"text":"the tailor","start":1,"end":2,"score":0.5}"#));
    assert!(!marked("", r#"{"summary":""}"#));
}

#[test]
fn a_training_without_a_log_is_named() {
    let message = html(&sample("runs/gone/metrics.jsonl".into())).unwrap_err().to_string();
    assert!(message.starts_with("runs/gone/metrics.jsonl: no such file"), "{message}");
}

#[test]
fn seeds_are_told_beside_the_variant_and_their_spread_beside_the_value() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = sample(dir.path().join("metrics.jsonl"));
    report.curves.clear();
    assert!(!html(&report).unwrap().contains("seeds)"));
    report.rows[0].score = Score { seeds: Some(3), seed_std: Some(0.0123), ..report.rows[0].score.clone() };
    let page = html(&report).unwrap();
    assert!(page.contains("pretrained (3 seeds)</th>") && page.contains("± 0.012</small>"), "{page}");
}

#[test]
fn compute_is_told_with_what_ten_times_of_it_would_buy() {
    let backbones = [("a", 1e12, 2.0), ("b", 1e13, 1.8), ("c", 1e14, 1.62)].map(trained).into();
    let mut compute = Compute { title: "village train".into(), backbones };
    let told = compute.told().unwrap();
    assert!(told.contains("1.0e15 operations, would give 1.458") && told.contains("3 backbones"), "{told}");
    assert!(compute.figure().unwrap().unwrap().svg.contains("ten times: 1.46"));
    compute.backbones.pop();
    assert!(compute.told().is_none() && compute.figure().unwrap().is_none());
}

#[test]
fn learning_curves_of_several_backbones_stand_together() {
    let entry = |step, tokens, bits: Option<f64>| progress::Entry {
        step,
        loss: None,
        tokens,
        validation: bits.map(|bits| [("bits_per_byte".to_string(), Some(bits))].into()),
    };
    let course = |bits: f64| {
        vec![
            entry(1, Some(100), None),
            entry(1, None, Some(bits)),
            entry(2, Some(200), None),
            entry(2, None, Some(1.0)),
        ]
    };
    let figure = compute::learning(&[("small", course(2.0)), ("large", course(1.5)), ("tuned", Vec::new())]);
    let figure = figure.unwrap().unwrap();
    assert!(figure.svg.contains("small") && figure.svg.contains("large") && figure.keys.len() == 2);
    assert!(compute::learning(&[("small", course(2.0))]).unwrap().is_none());
}

#[test]
fn classes_mistakes_and_comparisons_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = sample(dir.path().join("metrics.jsonl"));
    report.curves.clear();
    let scores = |right: usize| {
        let hits: Vec<f64> = (0..40).map(|i| f64::from(i < right)).collect();
        Scores(vec![cimiento_core::metrics::bootstrap_mean("accuracy", &hits)])
    };
    let variants = [("a", 30), (NASTY, 10), ("c", 29)];
    report.rows =
        variants.iter().flat_map(|(name, right)| results::rows("t", "d", "test", name, &scores(*right))).collect();
    report.compared = results::comparisons(&report.rows);
    let page = html(&report).unwrap();
    let nasty = page::escape(NASTY);
    for words in [
        "t · d · test · accuracy: a against the others",
        &format!("<td>{nasty}</td><td>0.500 [0."),
        "<td>a tie</td>",
        "<td>differ</td>",
        "is ↓ taken for →",
        "taken for</th><th scope=\"col\">times",
        &format!("{nasty} · {nasty} line 17 · confidence 0.875"),
        "3 of 30 answers",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
}

#[test]
fn a_drawing_is_a_file_of_its_own_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = sample(PathBuf::new());
    report.curves.clear();
    write(&report, dir.path()).unwrap();
    let names: Vec<_> = fs::read_dir(dir.path().join("figures")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for path in names {
        let svg = fs::read_to_string(&path).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("fill=\"#FFFFFF\"") && !svg.contains("var("), "{path:?}");
    }
    assert!(dir.path().join("report.html").is_file());
}
