//! Rates that fall from the head down to the embedding: what was pretrained lowest changes least.
//!
//! As in ULMFiT (Howard and Ruder 2018, section 3.2) and ELECTRA: the head learns at the full rate, the last of n
//! layers at a share d of it, the first at dⁿ, the embedding at dⁿ⁺¹.

use burn::module::Module;

use crate::params;

/// How far down each parameter of a module lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depths {
    decay: f64,
    layers: usize,
}

impl Depths {
    pub(super) fn of<M: Module>(module: &M, decay: f64) -> Self {
        // With all rates alike nobody asks how many layers there are.
        let layers = if decay == 1.0 { 0 } else { layers(params::shapes(module).keys()) };
        Self { decay, layers }
    }

    /// Share of the rate at which the parameter at `path` learns.
    pub(super) fn share(&self, path: &str) -> f64 {
        let below_the_head = match layer(path) {
            _ if self.decay == 1.0 => 0,
            Some(index) => self.layers - index,
            None if path.contains("embed") => self.layers + 1,
            None => 0,
        };
        self.decay.powi(below_the_head as i32)
    }
}

fn layers<'a>(paths: impl Iterator<Item = &'a String>) -> usize {
    paths.filter_map(|path| layer(path)).map(|index| index + 1).max().unwrap_or(0)
}

/// The number of the layer that a parameter belongs to.
fn layer(path: &str) -> Option<usize> {
    let mut parts = path.split('.').skip_while(|part| *part != "layers" && *part != "layer");
    parts.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_from_the_head_to_the_embedding() {
        let paths = ["backbone.layers.0.mlp.up_proj.weight", "backbone.layers.1.norm.gamma"].map(String::from);
        let depths = Depths { decay: 0.5, layers: layers(paths.iter()) };
        assert_eq!(depths.layers, 2);
        assert_eq!(depths.share("head.weight"), 1.0);
        assert_eq!(depths.share("backbone.norm.gamma"), 1.0);
        assert_eq!(depths.share(&paths[1]), 0.5);
        assert_eq!(depths.share(&paths[0]), 0.25);
        assert_eq!(depths.share("backbone.embed_tokens.weight"), 0.125);
    }
}
