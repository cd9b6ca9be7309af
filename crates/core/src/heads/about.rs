//! What every task says of itself, whatever kind of answer it gives.

use cimiento_data::content::Content;
use cimiento_data::fields::Field;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backbone::BackboneConfig;

/// A task by its name, its settings and its records. The items mean what they mean in [`Task`](crate::objective::Task).
pub trait About: Send + Sync + 'static {
    /// As written in configs and files.
    const NAME: &'static str;
    /// The field of a record that says enough alone, so that a line of plain text is a record to answer.
    const PLAIN: Option<&'static str> = None;
    /// The fields that a record to learn from must have, what is read before what is to be answered.
    const FIELDS: &'static [Field];
    /// What a user may set.
    type Config: Serialize + DeserializeOwned + Default + Clone + Send + Sync;
    /// One record as written in a data file. Targets are optional fields.
    type Record: DeserializeOwned + Clone + Send + Sync;

    /// Checks the user's settings; the message names the key.
    ///
    /// # Errors
    /// What is wrong.
    fn validate(config: &Self::Config) -> Result<(), String>;

    /// Whether a backbone of this shape can do what the settings ask; the message names the key.
    ///
    /// # Errors
    /// What is wrong.
    fn suits(config: &Self::Config, backbone: &BackboneConfig) -> Result<(), String> {
        let _ = (config, backbone);
        Ok(())
    }

    /// Keys of settings that do nothing beside the others, and why; keys below such a key do nothing either.
    fn unused(config: &Self::Config) -> Option<(&'static str, &'static str)> {
        let _ = config;
        None
    }

    /// Keys of settings that only training uses, of a model `trained` with some that is to be asked with others.
    fn of_training(trained: &Self::Config, asked: &Self::Config) -> Vec<&'static str> {
        let _ = (trained, asked);
        Vec::new()
    }

    /// What a record says, for checks of data.
    fn content(record: &Self::Record) -> Content;
}
