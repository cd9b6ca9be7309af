//! Settings of a task that was trained, with changes for answering.

use cimiento_core::backbone::BackboneConfig;
use cimiento_core::objective::Task;
use miette::{IntoDiagnostic, Result, miette};

use crate::diagnostic;

/// The settings with `sets` (`key=value`) applied; `what` names them in errors.
///
/// # Errors
/// A set that is no setting, that the task or the backbone refuses, that only training uses, or that does nothing beside the
/// others.
pub fn edited<T: Task>(
    settings: &T::Config,
    sets: &[String],
    what: &str,
    backbone: &BackboneConfig,
) -> Result<T::Config> {
    let valid = |settings: &T::Config| T::validate(settings).and_then(|()| T::suits(settings, backbone));
    let (trained, then) = (settings, serde_json::to_value(settings).into_diagnostic()?);
    let settings = diagnostic::edit(settings, sets, what, valid)?;
    let sets_it = |wanted: &str| {
        sets.iter().find(|set| {
            let key = set.split('=').next().unwrap_or_default().trim();
            key.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let now = serde_json::to_value(&settings).into_diagnostic()?;
    for key in T::of_training(trained, &settings).into_iter().filter(|key| then.get(key) != now.get(key)) {
        if let Some(set) = sets_it(key) {
            let task = T::NAME;
            return Err(miette!(
                help = format!("leave it out here, or fine-tune with --set 'task.{task}.{}'", set.trim()),
                "{what}: {set:?}: {key} is a setting of training, and this model has been trained with another"
            ));
        }
    }
    if let Some((unused, why)) = T::unused(&settings)
        && let Some(set) = sets_it(unused)
    {
        return Err(miette!("{what}: {set:?} would change nothing: {unused} {why}"));
    }
    Ok(settings)
}

/// Which of the settings differ from the defaults and yet do nothing beside the others, and why.
///
/// # Errors
/// Settings that cannot be written as JSON.
pub fn unused<T: Task>(settings: &T::Config) -> Result<Option<String>> {
    let Some((key, why)) = T::unused(settings) else { return Ok(None) };
    let [given, usual] = [serde_json::to_value(settings), serde_json::to_value(T::Config::default())];
    let changed = given.into_diagnostic()?.get(key) != usual.into_diagnostic()?.get(key);
    Ok(changed.then(|| format!("task.{}.{key} {why}", T::NAME)))
}
