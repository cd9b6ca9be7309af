//! `cimiento bench`: how fast this machine trains and infers.

use cimiento_core::backbone::{Preset, ShapeConfig};
use cimiento_core::bench::{Measurement, Workload, measure};
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, named_device};
use crate::args::{Bench, Global};
use crate::input;
use crate::session::Ended;

/// Measures and prints.
///
/// # Errors
/// If the numbers do not make a backbone, or there is no such device.
pub fn bench(arguments: &Bench, global: &Global) -> Result<Ended> {
    let work = workload(arguments)?;
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        return dry("", &format!("would take {} steps of {} × {} tokens", work.steps, work.batch, work.seq));
    }
    let found = measure(&work, &device);
    let text = if arguments.json { serde_json::to_string(&found).into_diagnostic()? } else { page(&work, &found) };
    input::print(&format!("{text}\n"))?;
    Ok(Ended::Finished)
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

fn workload(arguments: &Bench) -> Result<Workload> {
    let (vocab, batch, seq) = usual(arguments.preset);
    let seq = arguments.seq.unwrap_or(seq);
    let batch = arguments.batch.unwrap_or(batch);
    let vocab = arguments.vocab.unwrap_or(vocab);
    for (option, value, least) in [("--batch", batch, 1), ("--seq", seq, 2), ("--vocab", vocab, 8)] {
        if value < least {
            return Err(miette!("{option} {value} is too small: give {least} or more"));
        }
    }
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
    Ok(Workload { shape, batch, seq, steps: arguments.steps as usize })
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
                "{:.1} GFLOP/s, {:.2} of the {:.1} of a plain product",
                found.model_gflops, found.utilisation, found.gemm_gflops
            ),
        ),
        ("reading", format!("{:.0} tokens/s", found.forward_tokens_per_s)),
        ("writing", format!("{:.0} tokens/s, one text at a time", found.decode_tokens_per_s)),
        ("peak memory", peak),
    ];
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<12} {value}")).collect();
    lines.join("\n")
}
