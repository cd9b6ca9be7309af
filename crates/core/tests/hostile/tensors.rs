//! Files of tensors: any bytes are tensors that can be read and written again, or a message.

use std::collections::BTreeMap;

use cimiento_core::tensors::{self, Dtype, Output, TensorFile};

use crate::scratch::Scratch;

/// The input is the file.
pub fn check(input: &[u8]) {
    let folder = Scratch::new("tensors");
    let file = match TensorFile::open(&folder.file("some.safetensors", input)) {
        Ok(file) => file,
        Err(e) => return assert!(e.to_string().contains("some.safetensors"), "{e} does not name the file"),
    };
    let mut good = BTreeMap::new();
    for (name, shape) in file.shapes() {
        let Ok(dtype) = file.dtype(&name) else {
            assert!(file.read(&name).is_err() && file.is_finite(&name).is_err());
            continue;
        };
        let data = file.read(&name).expect("the header has been checked");
        let count: usize = shape.iter().product();
        assert_eq!((data.shape().to_vec(), data.iter::<f32>().count()), (shape, count));
        assert!(count * dtype.size() <= input.len(), "{count} numbers in {} bytes", input.len());
        assert_eq!(file.is_finite(&name).unwrap(), data.iter::<f32>().all(|value| value.is_finite()));
        good.insert(name, dtype);
    }
    let copied = |(name, dtype): (&String, &Dtype)| (name.clone(), Output::copy(&file, name, Some(*dtype)).unwrap());
    let path = folder.path().join("again.safetensors");
    tensors::write(&path, &good.iter().map(copied).collect()).expect("what can be read can be written");
    let again = TensorFile::open(&path).expect("what was written can be read");
    for name in good.keys() {
        let bits = |file: &TensorFile| file.read(name).unwrap().iter::<f32>().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(&again), bits(&file), "{name} is another tensor once it is written");
    }
    let _ = tensors::fingerprint(&file, &mut blake3::Hasher::new());
}
