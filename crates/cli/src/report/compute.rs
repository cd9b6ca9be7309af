//! What pretraining costs and what it buys: learning curves of several backbones, and scores against compute.

use cimiento_core::metrics::PowerLaw;
use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{self, Axes, GREY, Line, Name, SERIES};
use super::figures::{Figure, SIZE, padded, tick, validated};
use crate::progress::Entry;

/// What backbones make of one data set, beside what their pretraining took.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Compute {
    /// Data set and split.
    pub title: String,
    /// The backbones.
    pub backbones: Vec<Trained>,
}

/// A backbone in it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Trained {
    /// Its name in the table.
    pub variant: String,
    /// Floating-point operations of its pretraining: 6 for each parameter and token (Kaplan et al. 2020, *Scaling Laws
    /// for Neural Language Models*, section 2.1).
    pub operations: f64,
    /// Bits per byte.
    pub bits_per_byte: f64,
}

impl Compute {
    /// The law of the backbones, where there are three or more of different compute.
    fn law(&self) -> Option<PowerLaw> {
        PowerLaw::fit(&self.backbones.iter().map(|one| (one.operations, one.bits_per_byte)).collect::<Vec<_>>())
    }

    /// Where ten times the compute of the most expensive backbone would lead.
    fn promise(&self, law: &PowerLaw) -> (f64, f64) {
        let most = 10.0 * self.backbones.iter().map(|one| one.operations).fold(0.0, f64::max);
        (most, law.at(most))
    }

    /// In words.
    pub fn told(&self) -> Option<String> {
        let law = self.law()?;
        let (operations, bits) = self.promise(&law);
        Some(format!(
            "{}: bits per byte ≈ {:.3} · (operations / 10¹⁵)^{:.4} over {} backbones; ten times the compute of the largest, \
             {operations:.1e} operations, would give {bits:.3}",
            self.title,
            law.at(1e15),
            law.exponent,
            self.backbones.len()
        ))
    }

    /// Bits per byte over the logarithm of compute, with the power law; none where there is no law.
    pub fn figure(&self) -> Result<Option<Figure>, ReportError> {
        let Some(law) = self.law() else { return Ok(None) };
        let point = |one: &Trained| (one.operations.log10(), one.bits_per_byte);
        let mut y: Vec<f64> = self.backbones.iter().map(|one| one.bits_per_byte).collect();
        let (end, promised) = self.promise(&law);
        y.push(promised);
        let first = self.backbones.iter().map(|one| one.operations.log10()).fold(f64::INFINITY, f64::min);
        let axes = Axes {
            // Room on the left for the first name.
            x: first - 0.4..end.log10() + 0.1,
            x_label: "operations of pretraining",
            x_number: |x| format!("{:.1e}", 10f64.powf(x)),
            y: padded(&y),
            y_label: "bits per byte",
            y_number: tick,
        };
        let along = |i: u32| first + (end.log10() - first) * f64::from(i) / 60.0;
        let dash = |i: u32| [2 * i, 2 * i + 1].map(along).map(|x| (x, law.at(10f64.powf(x)))).to_vec();
        let law_line = |i| Line { colour: GREY, points: dash(i), opacity: 1.0, width: 1.0, dots: Vec::new() };
        let mut lines: Vec<Line> = (0..30).map(law_line).collect();
        let dots = vec![4.0; self.backbones.len()];
        let points = self.backbones.iter().map(point).collect();
        lines.push(Line { colour: SERIES[0], points, opacity: 1.0, width: 0.0, dots });
        let hope = vec![(end.log10(), promised)];
        lines.push(Line { colour: GREY, points: hope, opacity: 1.0, width: 0.0, dots: vec![4.0] });
        let mut names: Vec<Name> =
            self.backbones.iter().map(|one| Name { text: one.variant.clone(), at: point(one) }).collect();
        names.push(Name { text: format!("ten times: {promised:.2}"), at: (end.log10(), promised) });
        let title = format!("{}: bits per byte against compute", self.title);
        let svg = chart::named_lines(&title, SIZE, &axes, &lines, &names)?;
        Ok(Some(Figure { title, keys: Vec::new(), svg }))
    }
}

/// Bits per byte on their own held-out text of several backbones, over the logarithm of the tokens read; none where
/// fewer than two were validated by it.
pub fn learning(courses: &[(&str, Vec<Entry>)]) -> Result<Option<Figure>, ReportError> {
    let course = |entries: &[Entry]| -> Vec<(f64, f64)> {
        let steps: Vec<(u64, u64)> = entries.iter().filter_map(|entry| Some((entry.step, entry.tokens?))).collect();
        let tokens =
            |step: f64| steps.iter().rev().find(|(at, _)| *at as f64 <= step).map(|(_, tokens)| *tokens as f64);
        let validated =
            validated(entries, |metric| metric == "bits_per_byte").into_iter().flat_map(|(_, points)| points);
        validated.filter_map(|(step, bits)| Some((tokens(step)?.log10(), bits))).collect()
    };
    let all: Vec<(&str, Vec<(f64, f64)>)> = courses.iter().map(|(name, entries)| (*name, course(entries))).collect();
    let all: Vec<_> = all.into_iter().filter(|(_, points)| points.len() > 1).collect();
    if all.len() < 2 {
        return Ok(None);
    }
    let points = || all.iter().flat_map(|(_, points)| points);
    let x =
        points().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.0), high.max(point.0)));
    let axes = Axes {
        x: x.0 - 0.05..x.1 + 0.05,
        x_label: "tokens read",
        x_number: |x| format!("{:.1} M", 10f64.powf(x - 6.0)),
        y: padded(&points().map(|point| point.1).collect::<Vec<_>>()),
        y_label: "bits per byte",
        y_number: tick,
    };
    let colours = || SERIES.iter().copied().cycle();
    let line = |((_, points), colour): (&(&str, Vec<(f64, f64)>), _)| Line {
        colour,
        points: points.clone(),
        opacity: 1.0,
        width: 1.0,
        dots: vec![2.5; points.len()],
    };
    let lines: Vec<Line> = all.iter().zip(colours()).map(line).collect();
    let names: Vec<Name> =
        all.iter().filter_map(|(name, points)| Some(Name { text: name.to_string(), at: *points.last()? })).collect();
    let title = "learning curves: bits per byte of held-out text".to_string();
    let svg = chart::named_lines(&title, SIZE, &axes, &lines, &names)?;
    let keys = all.iter().zip(colours()).map(|((name, _), colour)| (name.to_string(), colour)).collect();
    Ok(Some(Figure { title, keys, svg }))
}
