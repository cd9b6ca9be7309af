//! What the report's figures show.

use cimiento_core::metrics::Bin;

use super::ReportError;
use super::chart::{self, Axes, Colour, GREY, Interval, Line, SERIES};
use crate::progress::{Entry, si};
use crate::results::{Group, Row, number};

/// A figure's size on a wide page; two stand side by side.
pub const SIZE: (f64, f64) = (480.0, 300.0);
/// Points drawn of a course, however long it was.
const POINTS: usize = 400;
/// Metrics that are a loss in other clothes.
const OF_LOSS: [&str; 3] = ["perplexity", "word_perplexity", "bits_per_byte"];

/// A figure: its heading, what its colours mean, and its drawing.
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// Names of its colours.
    pub keys: Vec<(String, Colour)>,
    /// The drawing.
    pub svg: String,
}

/// Training loss and validation losses over steps; none where nothing was logged.
pub fn losses(name: &str, entries: &[Entry]) -> Result<Option<Figure>, ReportError> {
    let raw: Vec<(f64, f64)> = entries.iter().filter_map(|e| Some((e.step as f64, e.loss?))).collect();
    if raw.is_empty() {
        return Ok(None);
    }
    let smooth = smoothed(&raw);
    let mut y = robust(&raw);
    y.extend(smooth.iter().map(|point| point.1));
    let courses = validated(entries, |metric| metric.starts_with("loss"));
    y.extend(courses.iter().flat_map(|(_, points)| points.iter().map(|point| point.1)));
    let axes = Axes {
        x: 0.0..last_step(entries),
        x_label: "step",
        x_number: si,
        y: padded(&y),
        y_label: "loss (nats)",
        y_number: tick,
    };
    let colour = SERIES[0];
    let mut lines = vec![
        Line { colour, points: thinned(&raw), opacity: 0.25, width: 1.0, dots: Vec::new() },
        Line { colour, points: thinned(&smooth), opacity: 1.0, width: 1.5, dots: Vec::new() },
    ];
    let mut keys = vec![("training".to_string(), colour)];
    marked(courses, 1, &mut lines, &mut keys);
    let title = format!("{name}: loss");
    let svg = chart::lines(&title, SIZE, &axes, &lines)?;
    Ok(Some(Figure { title, keys, svg }))
}

/// Running means of the training losses of several courses, the first in colour above the others; none where there are
/// not several.
pub fn together(courses: &[(&str, Vec<Entry>)]) -> Result<Option<Figure>, ReportError> {
    let loss = |entries: &Vec<Entry>| -> Vec<(f64, f64)> {
        smoothed(&entries.iter().filter_map(|e| Some((e.step as f64, e.loss?))).collect::<Vec<_>>())
    };
    let all: Vec<Vec<(f64, f64)>> = courses.iter().map(|(_, entries)| loss(entries)).collect();
    let y: Vec<f64> = all.iter().filter(|points| !points.is_empty()).flat_map(|points| robust(points)).collect();
    let [(best, _), _, ..] = courses else { return Ok(None) };
    if y.is_empty() {
        return Ok(None);
    }
    let axes = Axes {
        x: 0.0..courses.iter().map(|(_, entries)| last_step(entries)).fold(1.0, f64::max),
        x_label: "step",
        x_number: si,
        y: padded(&y),
        y_label: "loss (nats)",
        y_number: tick,
    };
    let line = |(at, points): (usize, &Vec<(f64, f64)>)| {
        let (colour, opacity, width) = if at == 0 { (SERIES[0], 1.0, 1.5) } else { (GREY, 0.5, 1.0) };
        Line { colour, points: thinned(points), opacity, width, dots: Vec::new() }
    };
    let lines: Vec<Line> = all.iter().enumerate().rev().map(line).collect();
    let title = "all trials: training loss".to_string();
    let svg = chart::lines(&title, SIZE, &axes, &lines)?;
    Ok(Some(Figure { title, keys: vec![(best.to_string(), SERIES[0]), ("others".into(), GREY)], svg }))
}

/// What else was validated over steps: scores that are shares (accuracy, F1, …), or else bits per byte; none where
/// there is neither.
pub fn validation(name: &str, entries: &[Entry]) -> Result<Option<Figure>, ReportError> {
    let mut courses = validated(entries, |metric| !metric.starts_with("loss") && !OF_LOSS.contains(&metric));
    courses.retain(|(_, points)| points.iter().all(|(_, value)| (-1.0..=1.0).contains(value)));
    let shares = !courses.is_empty();
    if !shares {
        courses = validated(entries, |metric| metric == "bits_per_byte");
    }
    let values = || courses.iter().flat_map(|(_, points)| points.iter().map(|point| point.1));
    let (low, high) = values().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low == high {
        return Ok(None);
    }
    let axes = Axes {
        x: 0.0..last_step(entries),
        x_label: "step",
        x_number: si,
        y: if shares { low..1.0 } else { low..high * 1.05 },
        y_label: if shares { "score" } else { "bits per byte" },
        y_number: tick,
    };
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    marked(courses, if shares { 0 } else { 1 }, &mut lines, &mut keys);
    let title = format!("{name}: validation");
    let svg = chart::lines(&title, SIZE, &axes, &lines)?;
    Ok(Some(Figure { title, keys, svg }))
}

/// The main metric of a group: every variant's value with its interval. None where nothing was measured.
pub fn intervals(group: &Group) -> Result<Option<Figure>, ReportError> {
    let main = group.main();
    let measured =
        |row: &&Row| row.score.n > 0 && [row.score.value, row.score.low, row.score.high].iter().all(|v| v.is_finite());
    let found: Vec<(String, &Row)> =
        group.lines.iter().filter_map(|(name, rows)| Some((group.label(name), rows[main].filter(measured)?))).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let (low, high) = found
        .iter()
        .fold((0.0_f64, 0.0_f64), |(low, high), (_, row)| (low.min(row.score.low), high.max(row.score.high)));
    let share = low >= -1.0 && high <= 1.0 && !OF_LOSS.contains(&group.columns[main]);
    let x = if share { low..1.0 } else { low..high * 1.05 };
    let mut others = SERIES.iter().copied().cycle();
    let rows: Vec<Interval> = found
        .iter()
        .map(|(name, row)| Interval {
            name,
            colour: if name.starts_with("baseline") { GREY } else { others.next().unwrap_or(GREY) },
            numbers: [row.score.value, row.score.low, row.score.high],
            text: number(row.score.value),
        })
        .collect();
    let metric = group.columns[main];
    let direction = if group.lower_is_better(main) { ", less is better" } else { "" };
    let title = format!("{} · {}", group.task, group.title);
    let svg = chart::intervals(&title, SIZE.0, x, &format!("{metric}{direction}"), tick, &rows)?;
    Ok(Some(Figure { title, keys: Vec::new(), svg }))
}

/// How often a model is right, by how sure it is.
pub fn calibration(name: &str, bins: &[Bin]) -> Result<Figure, ReportError> {
    let axes = Axes {
        x: 0.0..1.0,
        x_label: "confidence",
        x_number: tick,
        y: 0.0..1.0,
        y_label: "share right",
        y_number: tick,
    };
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
    let filled: Vec<&Bin> = bins.iter().filter(|bin| bin.count > 0).collect();
    let mut lines = chart::diagonal(&axes);
    lines.push(Line {
        colour: SERIES[0],
        points: filled.iter().map(|bin| (bin.confidence, bin.accuracy)).collect(),
        opacity: 0.85,
        width: 1.0,
        // The area tells the count.
        dots: filled.iter().map(|bin| 2.0 + 8.0 * (bin.count as f64 / most).sqrt()).collect(),
    });
    let svg = chart::lines(name, (SIZE.0, 340.0), &axes, &lines)?;
    Ok(Figure { title: name.to_string(), keys: Vec::new(), svg })
}

/// Courses of the validation metrics that `wanted` picks, by name.
pub fn validated(entries: &[Entry], wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut courses: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for entry in entries {
        for (metric, value) in entry.validation.iter().flatten() {
            let (true, Some(value)) = (wanted(metric), value) else { continue };
            let point = (entry.step as f64, *value);
            match courses.iter_mut().find(|(name, _)| name == metric) {
                Some((_, points)) => points.push(point),
                None => courses.push((metric.clone(), vec![point])),
            }
        }
    }
    courses
}

/// Adds courses as lines through dots, with colours from `first` on.
fn marked(
    courses: Vec<(String, Vec<(f64, f64)>)>,
    first: usize,
    lines: &mut Vec<Line>,
    keys: &mut Vec<(String, Colour)>,
) {
    for ((metric, points), &colour) in courses.into_iter().zip(SERIES.iter().cycle().skip(first)) {
        keys.push((metric, colour));
        let dots = vec![2.5; points.len()];
        lines.push(Line { colour, points, opacity: 1.0, width: 1.0, dots });
    }
}

fn last_step(entries: &[Entry]) -> f64 {
    entries.iter().map(|entry| entry.step).max().unwrap_or(1).max(1) as f64
}

/// Mean of each point and its neighbours, a fiftieth of the course in all; unlike a mean of the past it lags behind
/// nothing.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = points.len().div_ceil(100);
    let mut sums = vec![0.0];
    points.iter().for_each(|point| sums.push(sums[sums.len() - 1] + point.1));
    let mean = |(i, &(x, _)): (usize, &(f64, f64))| {
        let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(points.len()));
        (x, (sums[to] - sums[from]) / (to - from) as f64)
    };
    points.iter().enumerate().map(mean).collect()
}

/// Means over as many equal stretches as are worth drawing.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let stretch = points.len().div_ceil(POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        (part.iter().map(|p| p.0).sum::<f64>() / n, part.iter().map(|p| p.1).sum::<f64>() / n)
    };
    points.chunks(stretch).map(mean).collect()
}

/// The values at the ends of the middle 98 %: a few spikes must not flatten a chart.
fn robust(points: &[(f64, f64)]) -> Vec<f64> {
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    vec![at(0.01), at(0.99)]
}

/// A range around `values` with some air, never empty.
pub fn padded(values: &[f64]) -> std::ops::Range<f64> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let air = ((high - low) * 0.05).max(0.01);
    (low - air).max(low.min(0.0))..high + air
}

/// A number beside an axis.
pub fn tick(value: f64) -> String {
    let text = format!("{value:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".into() } else { short.into() }
}
