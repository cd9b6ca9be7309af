//! Attention under every kind of mask.

use burn::tensor::Tensor;
use cimiento_kernels::{self as fast, Mask, plain};

use crate::support::{check, floats, ints, random};

/// A mask from the segments of queries and keys, one row of `k` numbers for each entry of the batch.
fn mask(batch: usize, query: &[i32], key: &[i32], visible: &[i32], offset: usize) -> Mask {
    let plane = |numbers: &[i32]| ints(numbers, [batch, numbers.len() / batch]);
    Mask::new(plane(query), plane(key), plane(visible), offset)
}

fn check_attention(what: &str, heads: usize, kv_heads: usize, head_dim: usize, mask: &Mask) {
    let [batch, q_len, k_len] = mask.to_matrix().dims();
    let q = random([batch, q_len, heads, head_dim]);
    let k = random([batch, k_len, kv_heads, head_dim]);
    let v = random([batch, k_len, kv_heads, head_dim]);
    for (which, [q, k, v]) in [("queries, keys", [q.clone(), k.clone(), v.clone()]), ("queries, values", [q, v, k])] {
        let first = which == "queries, keys";
        let order = |b: Tensor<4>, c: Tensor<4>| if first { (b, c) } else { (c, b) };
        check(
            &format!("attention, {what}, {which}"),
            (q, k),
            |a, b| {
                let (k, v) = order(b, v.clone());
                fast::attention(a, k, v, mask)
            },
            |a, b| {
                let (k, v) = order(b, v.clone());
                plain::attention(a, k, v, mask)
            },
        );
    }
}

#[test]
fn attention_causal_and_both_ways() {
    for (batch, len) in [(1, 1), (2, 7), (3, 64), (2, 65), (1, 200)] {
        let one = vec![1; batch * len];
        for visible in [0, 1] {
            let mask = mask(batch, &one, &one, &vec![visible; batch * len], 0);
            check_attention(&format!("{batch}x{len} visible {visible}"), 2, 2, 16, &mask);
        }
    }
}

#[test]
fn attention_grouped_heads() {
    let one = vec![1; 2 * 70];
    for (heads, kv_heads) in [(4, 1), (6, 2), (3, 3)] {
        let mask = mask(2, &one, &one, &vec![0; 140], 0);
        check_attention(&format!("{heads} heads of {kv_heads}"), heads, kv_heads, 9, &mask);
    }
}

#[test]
fn attention_packed_padded_and_prefixed() {
    // Documents of several lengths, padding at the end and between, a row of padding alone.
    let documents = |len: usize, lengths: &[(i32, usize)]| {
        let mut row: Vec<i32> = lengths.iter().flat_map(|&(s, n)| vec![s; n]).collect();
        row.resize(len, 0);
        row
    };
    let len = 150;
    let mut segments = documents(len, &[(1, 1), (2, 70), (3, 9), (0, 5), (4, 40)]);
    segments.extend(documents(len, &[]));
    segments.extend(documents(len, &[(7, 150)]));
    segments.extend(documents(len, &[(1, 30), (2, 30), (1, 30)]));
    let prefix: Vec<i32> = (0..4 * len).map(|i| i32::from(i % len < 100 && i % 3 != 0)).collect();
    for (what, visible) in [("causal", vec![0; 4 * len]), ("both", vec![1; 4 * len]), ("prefix", prefix)] {
        check_attention(what, 4, 2, 12, &mask(4, &segments, &segments, &visible, 0));
    }
}

#[test]
fn attention_with_a_cache() {
    for (q_len, k_len) in [(1, 9), (5, 70), (3, 3)] {
        let (query, key) = (vec![1; q_len], vec![1; k_len]);
        let mask = mask(1, &query, &key, &vec![0; k_len], k_len - q_len);
        check_attention(&format!("{q_len} after {k_len}"), 2, 1, 8, &mask);
    }
    // A batch with a room of its own for each row, and a single row whose heads are worth a thread each.
    for (batch, q_len, k_len) in [(3, 2, 40), (1, 1, 1200)] {
        let key: Vec<i32> = (0..batch * k_len).map(|i| i32::from(i % k_len >= i / k_len * 5)).collect();
        let mask = mask(batch, &vec![1; batch * q_len], &key, &vec![0; batch * k_len], k_len - q_len - 3);
        check_attention(&format!("{batch} rows of {q_len} in {k_len}"), 6, 3, 18, &mask);
    }
}

#[test]
fn a_query_that_sees_nothing_gives_zeros() {
    let mask = mask(1, &[0, 1, 2], &[0, 1, 1], &[1, 1, 1], 0);
    let (q, k, v) = (random([1, 3, 2, 4]), random([1, 3, 2, 4]), random([1, 3, 2, 4]));
    let (q, k, v) = (q.require_grad(), k.require_grad(), v.require_grad());
    for attention in [fast::attention, plain::attention] {
        let output = attention(q.clone(), k.clone(), v.clone(), &mask);
        let values = floats(output.clone());
        assert_eq!(values[..8], [0.0; 8]);
        assert_eq!(values[16..], [0.0; 8]);
        let gradients = output.sum().backward();
        let dq = floats(q.grad(&gradients).unwrap());
        assert_eq!((&dq[..8], &dq[16..]), (&[0.0; 8][..], &[0.0; 8][..]));
        assert_eq!(floats(k.grad(&gradients).unwrap())[..8], [0.0; 8]);
        assert_eq!(floats(v.grad(&gradients).unwrap())[..8], [0.0; 8]);
    }
}
