//! Drawing: plain charts as SVG whose colours follow the page's theme.

use std::fmt::Display;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ReportError;

/// Everything is drawn at twice its size on the page, since the library rounds to whole pixels.
const SCALE: f64 = 2.0;
/// Height of letters on the page, in pixels at full width (the library divides by 1.24).
const LETTERS: f64 = 13.5 * 1.24;

/// A colour of the page's style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// The style sheet's name for it.
    pub variable: &'static str,
    /// What stands for it while drawing: unique, and used where there is no style sheet.
    rgb: RGBColor,
}

/// Text.
const INK: Colour = Colour { variable: "--ink", rgb: RGBColor(0x1f, 0x23, 0x28) };
/// Labels of axes.
const MUTED: Colour = Colour { variable: "--muted", rgb: RGBColor(0x65, 0x6d, 0x76) };
/// Grids and axes.
const RULE: Colour = Colour { variable: "--rule", rgb: RGBColor(0xdd, 0xdf, 0xe3) };
/// What is compared with.
pub const GREY: Colour = Colour { variable: "--grey", rgb: RGBColor(0x8c, 0x93, 0x9c) };
/// One colour for each thing that is compared; the first belongs to what this program is about.
pub const SERIES: [Colour; 5] = [
    Colour { variable: "--series-1", rgb: RGBColor(0x1f, 0x5f, 0xbf) },
    Colour { variable: "--series-2", rgb: RGBColor(0xc9, 0x62, 0x1b) },
    Colour { variable: "--series-3", rgb: RGBColor(0x2e, 0x86, 0x57) },
    Colour { variable: "--series-4", rgb: RGBColor(0x85, 0x4f, 0xb5) },
    Colour { variable: "--series-5", rgb: RGBColor(0xa8, 0x3a, 0x5b) },
];

/// A drawing under way.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A chart under way.
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A chart's axes.
pub struct Axes {
    /// What lies to the right.
    pub x: Range<f64>,
    /// Its name.
    pub x_label: &'static str,
    /// How its numbers are written.
    pub x_number: fn(f64) -> String,
    /// What lies upwards.
    pub y: Range<f64>,
    /// Its name.
    pub y_label: &'static str,
    /// How its numbers are written.
    pub y_number: fn(f64) -> String,
}

/// A line, or its points, or both.
pub struct Line {
    /// In whose colour.
    pub colour: Colour,
    /// Where it goes; what lies outside the axes is drawn at their edge.
    pub points: Vec<(f64, f64)>,
    /// How much of the paper it hides.
    pub opacity: f64,
    /// Its width on the page; 0 draws none.
    pub width: f64,
    /// The radius of each point on the page; none draws none.
    pub dots: Vec<f64>,
}

/// `value` pixels of the page.
fn px(value: f64) -> i32 {
    (value * SCALE).round() as i32
}

/// A letter's usual width on the page, for leaving room.
const LETTER: f64 = 7.3;

/// Draws `width` × `height` pixels that say `alt` to whoever cannot see them.
fn draw<E: Display>(
    alt: &str,
    (width, height): (f64, f64),
    draw: impl FnOnce(&Area) -> Result<(), E>,
) -> Result<String, ReportError> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (px(width) as u32, px(height) as u32)).into_drawing_area();
    let failed = |why: String| ReportError::Figure { figure: alt.to_string(), why };
    draw(&area).map_err(|e| failed(e.to_string()))?;
    area.present().map_err(|e| failed(e.to_string()))?;
    drop(area);
    let label = format!("<svg role=\"img\" aria-label=\"{}\" ", super::page::escape(alt));
    Ok(svg.replacen("<svg ", &label, 1))
}

/// A drawing in the colours of the page around it.
pub fn themed(svg: &str) -> String {
    let mut svg = svg.to_string();
    for Colour { variable, rgb: RGBColor(r, g, b) } in [INK, MUTED, RULE, GREY].into_iter().chain(SERIES) {
        svg = svg.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), &format!("\"var({variable})\""));
    }
    svg
}

/// A drawing as a file of its own, on white.
pub fn alone(svg: &str) -> String {
    match svg.find('>') {
        Some(end) => {
            let (head, body) = svg.split_at(end + 1);
            format!("{head}\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>{body}")
        }
        None => svg.to_string(),
    }
}

/// A chart of lines.
pub fn lines(alt: &str, size: (f64, f64), axes: &Axes, lines: &[Line]) -> Result<String, ReportError> {
    named_lines(alt, size, axes, lines, &[])
}

/// A name in a chart: it stands above its place, and ends there.
pub struct Name {
    /// What it says.
    pub text: String,
    /// Where.
    pub at: (f64, f64),
}

/// A chart of lines with names in it.
pub fn named_lines(
    alt: &str,
    size: (f64, f64),
    axes: &Axes,
    lines: &[Line],
    names: &[Name],
) -> Result<String, ReportError> {
    draw(alt, size, |area| {
        let mut chart = frame(area, axes)?;
        for line in lines {
            add(&mut chart, axes, line)?;
        }
        for Name { text, at } in names {
            let (x, y) = chart.backend_coord(at);
            area.draw(&Text::new(text.clone(), (x, y - px(6.0)), letters(INK, HPos::Right, VPos::Bottom)))?;
        }
        Ok::<_, DrawingAreaErrorKind<_>>(())
    })
}

type Drawn<T> = Result<T, DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>>;

/// The style of text.
fn letters(colour: Colour, h: HPos, v: VPos) -> TextStyle<'static> {
    let font = ("sans-serif", LETTERS * SCALE).into_font();
    TextStyle { color: colour.rgb.to_backend_color(), pos: Pos::new(h, v), ..TextStyle::from(font) }
}

fn frame<'a, 'b>(area: &'a Area<'b>, axes: &Axes) -> Drawn<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(8.0))
        .margin_right(px(14.0))
        .x_label_area_size(px(43.0))
        .y_label_area_size(px(56.0))
        .build_cartesian_2d(axes.x.clone(), axes.y.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(axes_style())
        .axis_style(axes_style())
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|&x| (axes.x_number)(x))
        .y_label_formatter(&|&y| (axes.y_number)(y))
        .x_desc(axes.x_label)
        .y_desc(axes.y_label)
        .label_style(letters(MUTED, HPos::Left, VPos::Top))
        .axis_desc_style(letters(MUTED, HPos::Center, VPos::Top))
        .set_all_tick_mark_size(px(3.0))
        .draw()?;
    Ok(chart)
}

fn axes_style() -> ShapeStyle {
    RULE.rgb.stroke_width(px(0.5) as u32)
}

fn add(chart: &mut Chart, axes: &Axes, line: &Line) -> Drawn<()> {
    let inside = |&(x, y): &(f64, f64)| (x.clamp(axes.x.start, axes.x.end), y.clamp(axes.y.start, axes.y.end));
    let points: Vec<(f64, f64)> = line.points.iter().map(inside).collect();
    let colour = line.colour.rgb.mix(line.opacity);
    if line.width > 0.0 {
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(px(line.width) as u32)))?;
    }
    let dots = points.into_iter().zip(&line.dots);
    chart.draw_series(dots.map(|(point, &radius)| Circle::new(point, px(radius), colour.filled())))?;
    Ok(())
}

/// A dashed line from corner to corner.
pub fn diagonal(axes: &Axes) -> Vec<Line> {
    let at = |share: f64, range: &Range<f64>| range.start + share * (range.end - range.start);
    let dash = |i: usize| [2 * i, 2 * i + 1].map(|end| end as f64 / 41.0).map(|t| (at(t, &axes.x), at(t, &axes.y)));
    let line = |i| Line { colour: GREY, points: dash(i).to_vec(), opacity: 1.0, width: 1.0, dots: Vec::new() };
    (0..=20).map(line).collect()
}

/// A value with its interval.
pub struct Interval<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// In which colour.
    pub colour: Colour,
    /// The value and the ends of its interval.
    pub numbers: [f64; 3],
    /// The value in words.
    pub text: String,
}

/// Values with their intervals, one below the other, along `x`.
pub fn intervals(
    alt: &str,
    width: f64,
    x: Range<f64>,
    x_label: &str,
    number: fn(f64) -> String,
    all: &[Interval],
) -> Result<String, ReportError> {
    let longest = all.iter().map(|one| one.name.chars().count()).max().unwrap_or(0) as f64;
    let left = (longest * LETTER + 14.0).min(width * 0.5);
    let size = (width, all.len() as f64 * 28.0 + 60.0);
    draw(alt, size, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(6.0))
            .margin_right(px(58.0))
            .x_label_area_size(px(43.0))
            .y_label_area_size(px(left))
            .build_cartesian_2d(x.clone(), 0.0..all.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(6)
            .light_line_style(TRANSPARENT)
            .bold_line_style(axes_style())
            .axis_style(axes_style())
            .x_label_formatter(&|&x| number(x))
            .x_desc(x_label)
            .label_style(letters(MUTED, HPos::Left, VPos::Top))
            .axis_desc_style(letters(MUTED, HPos::Center, VPos::Top))
            .set_all_tick_mark_size(px(3.0))
            .draw()?;
        for (index, one) in all.iter().enumerate() {
            let y = all.len() as f64 - 0.5 - index as f64;
            let [value, low, high] = one.numbers.map(|v| v.clamp(x.start, x.end));
            let colour = one.colour.rgb;
            let bar = PathElement::new(vec![(low, y), (high, y)], colour.mix(0.45).stroke_width(px(5.0) as u32));
            chart.draw_series([bar])?;
            chart.draw_series([Circle::new((value, y), px(4.5), colour.filled())])?;
            let row = chart.backend_coord(&(x.start, y)).1;
            let end = chart.backend_coord(&(x.end, y)).0;
            let name = letters(INK, HPos::Right, VPos::Center);
            area.draw(&Text::new(one.name.to_string(), (px(left - 8.0), row), name))?;
            let text = letters(INK, HPos::Right, VPos::Center);
            area.draw(&Text::new(one.text.clone(), (end + px(54.0), row), text))?;
        }
        Ok::<_, DrawingAreaErrorKind<_>>(())
    })
}
