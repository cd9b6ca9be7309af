//! How a config writes the values of its axes: `6e-4`, say, where the parsed number would be shown as 0.0006.

use std::collections::BTreeMap;

use toml::Value;
use toml_edit::{DocumentMut, Item, TableLike};

/// Numbers by key and value, each as it is written first.
#[derive(Default)]
pub struct Written(BTreeMap<(String, String), String>);

impl Written {
    /// Those of the axes of a sweep's config.
    pub fn of_text(text: &str) -> Self {
        let mut written = Self::default();
        let document: Option<DocumentMut> = text.parse().ok();
        if let Some(axes) = document.as_ref().and_then(|document| document.get("axes")?.as_table_like()) {
            written.table("", axes);
        }
        written
    }

    /// How this value of a key is written, if it is a number that is.
    pub fn of(&self, key: &str, value: &Value) -> Option<String> {
        self.0.get(&(key.to_string(), value.to_string())).cloned()
    }

    /// Takes up what stands below `above`: lists, whose tables begin a key anew, and tables of them.
    fn table(&mut self, above: &str, table: &dyn TableLike) {
        for (key, item) in table.iter() {
            let key = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
            match item {
                Item::Value(value) => self.value(&key, value),
                item => {
                    if let Some(table) = item.as_table_like() {
                        self.table(&key, table);
                    }
                    for table in item.as_array_of_tables().into_iter().flatten() {
                        self.table("", table);
                    }
                }
            }
        }
    }

    fn value(&mut self, key: &str, value: &toml_edit::Value) {
        match value {
            toml_edit::Value::Array(values) => values.iter().for_each(|value| match value {
                toml_edit::Value::InlineTable(table) => self.table("", table),
                value => self.value(key, value),
            }),
            toml_edit::Value::InlineTable(table) => self.table(key, table),
            toml_edit::Value::Integer(number) => self.number(key, Value::Integer(*number.value()), number.as_repr()),
            toml_edit::Value::Float(number) => self.number(key, Value::Float(*number.value()), number.as_repr()),
            _ => {}
        }
    }

    fn number(&mut self, key: &str, value: Value, repr: Option<&toml_edit::Repr>) {
        if let Some(text) = repr.and_then(|repr| repr.as_raw().as_str()) {
            self.0.entry((key.to_string(), value.to_string())).or_insert_with(|| text.to_string());
        }
    }
}
