//! What the defaults come to.

use super::*;

const BATCH: FinetuneBatch = FinetuneBatch { size: 16, micro_size: 0, epochs: 4.0 };

/// Steps between validations, for so many examples to learn from and to validate on.
fn every(learned: usize, held_out: usize) -> u64 {
    let course = FinetuneTrain::default().resolve(BATCH.steps(learned), &BATCH, held_out).unwrap();
    assert_eq!((course.keep, course.patience), (Keep::Best, PATIENCE));
    course.validate_every
}

#[test]
fn validations_are_as_many_as_the_data_afford() {
    // 900 examples four times: 225 steps; 100 held out could be read 9 times for a fourth of the work.
    assert_eq!(every(900, 100), 25);
    // Many to validate on: one an epoch. Few: twenty in all.
    assert_eq!(every(900, 5000), 57);
    assert_eq!(every(64_000, 100), 800);
    assert_eq!(every(3, 1), 1);
}

#[test]
fn keys_that_are_set_are_followed() {
    let at_the_end = FinetuneTrain { validate_every: Some(0), ..FinetuneTrain::default() };
    let course = at_the_end.resolve(100, &BATCH, 10).unwrap();
    assert_eq!((course.validate_every, course.keep, course.patience), (0, Keep::Last, 0));
    let set =
        FinetuneTrain { keep: Some(Keep::Last), patience: Some(2), validate_every: Some(7), ..Default::default() };
    let course = set.resolve(100, &BATCH, 10).unwrap();
    assert_eq!((course.validate_every, course.keep, course.patience), (7, Keep::Last, 2));
    assert!(set.resolve(7, &BATCH, 10).unwrap_err().contains("have one only, at the end"));
    // One that is not set is no reason to refuse a short run.
    let short = FinetuneTrain { validate_every: Some(200), ..FinetuneTrain::default() };
    assert_eq!(short.resolve(3, &BATCH, 10).unwrap().steps, 3);
}

fn manifest(d_model: usize, origin: Option<&str>) -> Manifest {
    let backbone = serde_json::json!({
        "vocab_size": 300, "d_model": d_model, "layers": 1, "heads": 2, "kv_heads": 2, "head_dim": 2, "d_ff": 8, "context": 8,
        "rope_theta": 10000.0, "norm_epsilon": 1e-6, "tie_embeddings": true
    });
    let progress = serde_json::json!({ "step": 0, "tokens": 0, "averaged": 0, "best": null, "stale": 0 });
    let manifest = serde_json::json!({
        "version": 2, "kind": "pretraining", "identity": "", "backbone": backbone, "task": null, "origin": origin,
        "parameters": 0, "vocabulary": { "kind": "text", "blake3": "" }, "progress": progress, "scores": [], "files": {}
    });
    serde_json::from_value(manifest).unwrap()
}

#[test]
fn rates_fall_with_the_width_and_imported_models_take_adamw() {
    let optimizer = FinetuneOptimizer::default();
    let rate = |width, beside| optimizer.resolve(&manifest(width, None), beside).lr;
    assert_eq!((rate(64, false), rate(128, false), rate(768, true)), (1e-3, 1e-3, 1e-3));
    // What ELECTRA's sizes take, to within a half.
    for (width, electra) in [(256, 3e-4), (768, 1e-4), (1024, 5e-5)] {
        let found = rate(width, false);
        assert!((electra / 1.5..=electra * 1.5).contains(&found), "{width}: {found}");
    }
    assert_eq!(optimizer.resolve(&manifest(128, None), false).method, Method::Muon);
    assert_eq!(optimizer.resolve(&manifest(128, Some("BertModel")), false).method, Method::AdamW);
    let set = FinetuneOptimizer { lr: Some(0.1), method: Some(Method::Muon), ..FinetuneOptimizer::default() };
    let found = set.resolve(&manifest(768, Some("BertModel")), false);
    assert_eq!((found.lr, found.method), (0.1, Method::Muon));
}
