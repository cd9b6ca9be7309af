//! Whether a training fits the memory of this machine, before it begins.

use cimiento_core::device::DeviceName;
use cimiento_core::memory::{self, Demand};
use miette::{Result, miette};

/// A training may take this much more than is estimated, or is free now, before it is refused: both are rough.
const DOUBT: f64 = 1.33;

/// Refuses a training on the processor that is far too large for it.
pub fn check(demand: &Demand, device: DeviceName) -> Result<()> {
    let on_processor = matches!(device, DeviceName::Cpu | DeviceName::Ndarray);
    match memory::available() {
        Some(available) if on_processor && demand.total() as f64 > DOUBT * available as f64 => Err(miette!(
            help = "a smaller backbone or fewer tokens at once (batch.micro_batch_tokens, batch.micro_size) take less; \
                    so does [lora] in fine-tuning",
            "this takes {}, and {} are free",
            summary(demand),
            size(available)
        )),
        _ => Ok(()),
    }
}

/// The estimate in words.
pub fn summary(demand: &Demand) -> String {
    format!(
        "about {} of memory (weights {}, gradients and optimizer {}, activations {})",
        size(demand.total()),
        size(demand.weights),
        size(demand.training),
        size(demand.activations)
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
