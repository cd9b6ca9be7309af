//! `cimiento bench`: how fast this machine trains and infers.

use cimiento_core::backbone::{Preset, ShapeConfig};
use cimiento_core::bench::{Inference, Lesson, Measurement, Workload, infer, measure};
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, find, must_write, named_device, session};
use crate::args::{Bench, Global};
use crate::input;
use crate::session::{Ended, Existing};

/// Measures and prints.
///
/// # Errors
/// If the numbers do not make a backbone, or there is no such device.
pub fn bench(arguments: &Bench, global: &Global) -> Result<Ended> {
    if let Some(run) = &arguments.run {
        return inference(run, arguments.json, global);
    }
    let work = workload(arguments, global)?;
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        return dry("", &format!("would take {} steps of {} × {} tokens", work.steps, work.batch, work.seq));
    }
    let found = measure(&work, &device);
    let text = if arguments.json { serde_json::to_string(&found).into_diagnostic()? } else { page(&work, &found) };
    input::print(&format!("{text}\n"))?;
    Ok(Ended::Finished)
}

/// Shortest context that the texts fit in.
const CONTEXT: usize = 128;

fn inference(run: &str, json: bool, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), run, None)?;
    must_write(&checkpoint)?;
    let device = named_device(global).open().into_diagnostic()?;
    let context = checkpoint.manifest().backbone.context;
    if context < CONTEXT {
        return Err(miette!("{run} has a context of {context} tokens, and the texts to read have up to {CONTEXT}"));
    }
    if global.dry_run {
        return dry("", &format!("would read and write with {}", checkpoint.folder().display()));
    }
    let special = checkpoint.tokenizer().into_diagnostic()?.special();
    let found = infer(&checkpoint.backbone(&device).into_diagnostic()?, &special);
    let text = if json { serde_json::to_string(&found).into_diagnostic()? } else { reading_page(&found) };
    input::print(&format!("{text}\n"))?;
    Ok(Ended::Finished)
}

fn reading_page(found: &Inference) -> String {
    let rows = [
        ("sentence", format!("{:.2} ms to read 32 tokens", found.sentence_ms)),
        ("texts", format!("{:.0} a second, 8 to 128 tokens long", found.texts_per_s)),
        ("writing", format!("{:.0} tokens/s, one text at a time", found.decode_tokens_per_s)),
        ("", format!("{:.0} tokens/s, 16 side by side", found.decode16_tokens_per_s)),
    ];
    table(&rows)
}

fn table(rows: &[(&str, String)]) -> String {
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<12} {value}")).collect();
    lines.join("\n")
}

/// Vocabulary, rows and tokens a row that go with a preset.
fn usual(preset: Preset) -> (usize, usize, usize) {
    match preset {
        Preset::Micro => (1024, 32, 64),
        Preset::Nano => (4096, 32, 128),
        Preset::Tiny => (8192, 16, 128),
        Preset::Small => (8192, 8, 256),
        Preset::Base => (16384, 4, 512),
    }
}

fn workload(arguments: &Bench, global: &Global) -> Result<Workload> {
    let (vocab, batch, seq) = usual(arguments.preset);
    let seq = arguments.seq.unwrap_or(seq);
    let batch = arguments.batch.unwrap_or(batch);
    let vocab = arguments.vocab.unwrap_or(vocab);
    for (option, value, least) in [("--batch", batch, 1), ("--seq", seq, 2), ("--vocab", vocab, 8)] {
        if value < least {
            return Err(miette!("{option} {value} is too small: give {least} or more"));
        }
    }
    if !(arguments.targets > 0.0 && arguments.targets <= 1.0) {
        return Err(miette!("--targets {} must lie in (0, 1]", arguments.targets));
    }
    let lesson = if arguments.span { Lesson::Span } else { Lesson::Language(arguments.targets) };
    let shape = ShapeConfig {
        preset: arguments.preset,
        d_model: arguments.d_model,
        layers: arguments.layers,
        heads: arguments.heads,
        kv_heads: arguments.kv_heads,
        d_ff: arguments.ff,
        context: seq,
        ..Default::default()
    };
    let shape = shape.resolve(vocab).into_diagnostic()?;
    let precision = arguments.precision;
    precision
        .validate(named_device(global))
        .map_err(|why| miette!("{}", why.replace("train.precision =", "--precision")))?;
    Ok(Workload { shape, batch, seq, steps: arguments.steps as usize, lesson, precision })
}

fn page(work: &Workload, found: &Measurement) -> String {
    let shape = &work.shape;
    let peak = found.peak_rss_mib.map_or("unknown here".to_string(), |mib| format!("{mib} MiB"));
    let rows = [
        (
            "shape",
            format!(
                "d_model {}, {} layers, vocabulary {}; {} parameters",
                shape.d_model, shape.layers, shape.vocab_size, found.params
            ),
        ),
        (
            "training",
            format!(
                "{:.0} tokens/s ({:.1} ms a step of {} × {})",
                found.tokens_per_s, found.step_ms, work.batch, work.seq
            ),
        ),
        (
            "efficiency",
            format!(
                "{:.1} GFLOP/s, {:.2} of the {:.1} of a plain float32 product",
                found.model_gflops, found.utilisation, found.gemm_gflops
            ),
        ),
        ("reading", format!("{:.0} tokens/s", found.forward_tokens_per_s)),
        ("writing", format!("{:.0} tokens/s, one text at a time", found.decode_tokens_per_s)),
        ("peak memory", peak),
    ];
    table(&rows)
}
