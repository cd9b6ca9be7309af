use burn::module::Module;
use proptest::prelude::*;

use burn::tensor::Device;

use super::*;
use crate::lora::LoraConfig;
use crate::tokens::{Attend, Sequence, Tokens};
use cimiento_data::order;

fn shape() -> BackboneConfig {
    let shape = ShapeConfig { preset: Preset::Micro, kv_heads: Some(1), ..Default::default() };
    shape.resolve(50).unwrap()
}

fn backbone() -> Backbone {
    shape().init(&mut order::rng(7, 0, 0), &Device::flex())
}

/// States of the sequences, each as rows of `d_model` numbers, read in one batch.
fn states(backbone: &Backbone, sequences: &[Sequence], width: usize) -> Vec<Vec<f32>> {
    let borrowed: Vec<&Sequence> = sequences.iter().collect();
    let (tokens, starts) = Tokens::pack_to(&borrowed, width, 0, &Device::flex());
    let flat: Vec<f32> = backbone.states(&tokens).into_data().iter::<f32>().collect();
    let d = backbone.config().d_model;
    starts.iter().zip(sequences).map(|(&s, q)| flat[s * d..(s + q.ids.len()) * d].to_vec()).collect()
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
}

fn sequence(ids: &[u32], attend: Attend) -> Sequence {
    Sequence::new(ids.to_vec(), attend)
}

#[test]
fn a_future_token_is_invisible_to_causal_states_and_seen_by_others() {
    let backbone = backbone();
    let d = backbone.config().d_model;
    let with_last = |last: u32, attend| states(&backbone, &[sequence(&[5, 6, 7, last], attend)], 8).remove(0);
    let (a, b) = (with_last(8, Attend::Causal), with_last(9, Attend::Causal));
    assert!(close(&a[..3 * d], &b[..3 * d]));
    assert!(!close(&a[3 * d..], &b[3 * d..]));
    let (a, b) = (with_last(8, Attend::Both), with_last(9, Attend::Both));
    assert!(!close(&a[..d], &b[..d]));
}

#[test]
fn a_prefix_is_read_both_ways_and_the_rest_written_causally() {
    let backbone = backbone();
    let d = backbone.config().d_model;
    let read = |ids: &[u32]| states(&backbone, &[sequence(ids, Attend::Prefix(2))], 8).remove(0);
    let base = read(&[5, 6, 7, 8]);
    // The second token of the prefix reaches the first; the last token of all reaches none before it.
    assert!(!close(&base[..d], &read(&[5, 9, 7, 8])[..d]));
    assert!(close(&base[..3 * d], &read(&[5, 6, 7, 9])[..3 * d]));
}

#[test]
fn batch_mates_packing_and_padding_do_not_change_a_state() {
    let backbone = backbone();
    let mine = sequence(&[5, 6, 7, 8, 9], Attend::Both);
    let alone = states(&backbone, std::slice::from_ref(&mine), 5).remove(0);
    let mates = [sequence(&[11; 4], Attend::Causal), mine.clone(), sequence(&[12; 9], Attend::Prefix(3))];
    for width in [9, 12, 40] {
        assert!(close(&alone, &states(&backbone, &mates, width)[1]), "rows of {width}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_sequence_sees_another(
        shapes in prop::collection::vec((prop::collection::vec(5u32..50, 1..9), 0usize..10), 1..7), width in 1usize..24
    ) {
        let attend = |kind: usize| match kind {
            0 => Attend::Causal,
            1 => Attend::Both,
            more => Attend::Prefix(more - 1),
        };
        let backbone = backbone();
        let all: Vec<Sequence> = shapes.iter().map(|(ids, kind)| sequence(ids, attend(*kind))).collect();
        for (together, one) in states(&backbone, &all, width).iter().zip(&all) {
            let alone = states(&backbone, std::slice::from_ref(one), 1).remove(0);
            prop_assert!(close(together, &alone), "{one:?} among {all:?} in rows of {width}");
        }
    }
}

#[test]
fn sizes_without_numbers_for_them_are_refused() {
    let shape = shape();
    let numbers = backbone().num_params();
    shape.check(None, numbers).unwrap();
    let refused = |change: fn(&mut BackboneConfig), part: &str| {
        let mut damaged = shape.clone();
        change(&mut damaged);
        let message = damaged.check(None, numbers).unwrap_err();
        assert!(message.contains(part), "{message}");
    };
    refused(|shape| shape.layers = 3000, "the files hold");
    refused(|shape| shape.layers = usize::MAX, "sizes is 18446744073709551615");
    refused(|shape| (shape.heads, shape.head_dim) = (1 << 32, 1 << 32), "the files hold");
    refused(|shape| shape.kv_heads = 0, "sizes is 0");
    refused(|shape| shape.kv_heads = 3, "do not make a backbone");
    refused(|shape| shape.norm_epsilon = f64::NAN, "norm_epsilon NaN");
    let lora = LoraConfig { rank: 1 << 40, ..Default::default() };
    assert!(shape.check(Some(&lora), numbers).unwrap_err().contains("the files hold"));
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let (a, b) = (crate::params::weights(&backbone()), crate::params::weights(&backbone()));
    assert!(a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && a.1 == b.1));
}

#[test]
fn parameters_are_named_as_in_qwen3_checkpoints() {
    let names: Vec<String> = crate::params::weights(&backbone()).into_keys().collect();
    for name in [
        "embed_tokens.weight",
        "norm.weight",
        "layers.0.input_layernorm.weight",
        "layers.1.self_attn.q_proj.weight",
        "layers.1.self_attn.k_norm.weight",
        "layers.0.mlp.down_proj.weight",
        "layers.0.post_attention_layernorm.weight",
    ] {
        assert!(names.contains(&name.to_string()), "{name} is not among {names:?}");
    }
    assert_eq!(names.len(), 2 + 2 * 11);
}

#[test]
fn untied_backbones_project_with_their_own_matrix() {
    let shape = ShapeConfig { preset: Preset::Micro, tie_embeddings: false, ..Default::default() };
    let untied = shape.resolve(50).unwrap().init(&mut order::rng(7, 0, 0), &Device::flex());
    let tied = backbone();
    assert!(crate::params::weights(&untied).contains_key("lm_head.weight"));
    assert_eq!(untied.output_weight().dims(), [50, 64]);
    assert!(tied.num_params() < untied.num_params());
}

#[test]
fn impossible_shapes_name_the_key() {
    let check = |shape: ShapeConfig, expected: &str| {
        let message = shape.resolve(50).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    let base = ShapeConfig::default();
    check(ShapeConfig { d_model: Some(100), heads: Some(3), ..base.clone() }, "d_model = 100");
    check(ShapeConfig { heads: Some(4), kv_heads: Some(3), ..base.clone() }, "kv_heads = 3");
    check(ShapeConfig { layers: Some(0), ..base.clone() }, "layers is 0");
    check(ShapeConfig { head_dim: Some(7), ..base.clone() }, "head_dim = 7");
    check(ShapeConfig { rope_theta: 0.5, ..base }, "rope_theta");
}
