//! A long training, watched: does it take more memory, more files or more time as it goes on?
//!
//! Linux tells in `/proc` what a process holds. The first half is warm-up and does not count: memory reaches its height
//! with the rarest of batches. Nor do the pages of mapped files: those of the tokens come in as they are read, and the
//! system takes them back when it needs them. Every look is a line of `soak.csv` in the folder of the runs, for whoever
//! wants to know what a verdict rests on.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds between looks.
const EVERY: u64 = 10;

/// Memory may grow by this much an hour, in MiB.
const GROWTH: f64 = 1.0;

/// What a look found.
#[derive(Clone, Copy, Debug)]
struct Look {
    seconds: f64,
    /// Seconds that processors have spent on it.
    worked: f64,
    /// Memory of its own, in MiB.
    own: f64,
    files: usize,
    steps: f64,
}

/// What is trained: a config, and the folder of its run.
pub struct Training {
    config: PathBuf,
    /// Where runs go. A folder of the soak's own is removed at the end; one that was given keeps its run, to be resumed.
    folder: PathBuf,
    kept: bool,
    arguments: Vec<String>,
}

impl Training {
    /// The village, without end.
    pub fn village(repository: &Path) -> Self {
        let data = repository.join("datasets").display().to_string();
        let settings = ["train.steps=100000000", "train.save_every=500", "train.validate_every=500"];
        let settings = settings.into_iter().flat_map(|setting| ["--set".to_string(), setting.to_string()]);
        Self {
            config: repository.join("configs/pretrain/village-nano.toml"),
            folder: std::env::temp_dir().join(format!("cimiento-soak-{}", std::process::id())),
            kept: false,
            arguments: ["--data-dir".to_string(), data].into_iter().chain(settings).collect(),
        }
    }

    /// A pretraining that is wanted anyway.
    pub fn of(config: PathBuf, folder: PathBuf) -> Self {
        Self { config, folder, kept: true, arguments: Vec::new() }
    }

    /// The run goes by the name of the config's file, so that its metrics are found.
    fn name(&self) -> String {
        self.config.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Trains for so many minutes with the program at `program`, and judges what was seen.
///
/// # Errors
/// If memory or open files grow, or the training ends too early.
pub fn soak(program: &Path, training: &Training, minutes: f64) -> Result<String, String> {
    let name = training.name();
    let mut command = Command::new(program);
    command.arg("pretrain").arg(&training.config).arg("--quiet").arg("--runs-dir").arg(&training.folder);
    let mut child = command
        .args(&training.arguments)
        .args(["--set", &format!("run='{name}'")])
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}; build it with `cargo build --release`", program.display()))?;
    let looks = watch(&mut child, &training.folder, &name, minutes);
    // Whatever was seen, the training goes.
    let _ = (child.kill(), child.wait());
    if !training.kept {
        let _ = fs::remove_dir_all(&training.folder);
    }
    judge(&looks?)
}

fn watch(child: &mut Child, folder: &Path, name: &str, minutes: f64) -> Result<Vec<Look>, String> {
    let (metrics, log) = (folder.join(name).join("metrics.jsonl"), folder.join("soak.csv"));
    let failed = |e: std::io::Error| format!("{}: {e}", log.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let mut log_file = fs::File::create(&log).map_err(failed)?;
    writeln!(log_file, "seconds,processor_seconds,own_mib,files,steps").map_err(failed)?;
    let begun = Instant::now();
    let mut looks = Vec::new();
    while begun.elapsed().as_secs_f64() < 60.0 * minutes {
        std::thread::sleep(Duration::from_secs(EVERY));
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Err(format!("the training ended after {:.0} s: {status}", begun.elapsed().as_secs_f64()));
        }
        let process = format!("/proc/{}", child.id());
        let status = fs::read_to_string(format!("{process}/status")).map_err(|e| format!("{process}: {e}"))?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix("kB"));
        let own = kilobytes.and_then(|number| number.trim().parse::<f64>().ok()).ok_or("no RssAnon")? / 1024.0;
        let stat = fs::read_to_string(format!("{process}/stat")).map_err(|e| format!("{process}: {e}"))?;
        let worked = worked(&stat).ok_or_else(|| format!("{process}/stat is not understood"))?;
        let files = fs::read_dir(format!("{process}/fd")).map_err(|e| format!("{process}: {e}"))?.count();
        let text = fs::read_to_string(&metrics).unwrap_or_default();
        let steps = text.lines().filter(|line| line.contains("\"loss\"")).count() as f64;
        let seconds = begun.elapsed().as_secs_f64();
        writeln!(log_file, "{seconds:.0},{worked:.0},{own:.1},{files},{steps}").map_err(failed)?;
        looks.push(Look { seconds, worked, own, files, steps });
    }
    Ok(looks)
}

/// Seconds of processors in a line of `/proc/<pid>/stat` (user and system, in hundredths: proc(5), fields 14 and 15).
fn worked(stat: &str) -> Option<f64> {
    // The name of the program, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn judge(looks: &[Look]) -> Result<String, String> {
    let steady = &looks[looks.len() / 2..];
    let (Some(first), Some(last)) = (steady.first(), steady.last()) else { return Err("too short to judge".into()) };
    let growth = slope(steady) * 3600.0;
    let files = steady.iter().map(|look| look.files);
    let (fewest, most) = (files.clone().min().unwrap_or(0), files.max().unwrap_or(0));
    let pace = |looks: &[Look], clock: fn(&Look) -> f64| match looks {
        [first, .., last] => (last.steps - first.steps) / (clock(last) - clock(first)),
        _ => 0.0,
    };
    let quarters = |clock: fn(&Look) -> f64| {
        let parts = steady.chunks(steady.len().div_ceil(4).max(2));
        parts.map(|part| format!("{:.2}", pace(part, clock))).collect::<Vec<_>>().join(", ")
    };
    let found = format!(
        "{:.0} min, {:.0} steps: own memory {:.1} to {:.1} MiB after warm-up, {growth:+.2} MiB an hour; {fewest} to {most} open \
         files; by quarters, steps a second {}, a second of processor {}",
        last.seconds / 60.0,
        last.steps,
        first.own,
        last.own,
        quarters(|look| look.seconds),
        quarters(|look| look.worked)
    );
    if growth < GROWTH && last.files <= first.files { Ok(found) } else { Err(found) }
}

/// Least squares: MiB a second.
fn slope(looks: &[Look]) -> f64 {
    let n = looks.len() as f64;
    let mean = |value: fn(&Look) -> f64| looks.iter().map(value).sum::<f64>() / n;
    let (time, memory) = (mean(|look| look.seconds), mean(|look| look.own));
    let spread: f64 = looks.iter().map(|look| (look.seconds - time).powi(2)).sum();
    let together: f64 = looks.iter().map(|look| (look.seconds - time) * (look.own - memory)).sum();
    if spread > 0.0 { together / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at a training whose memory grows by so many MiB an hour, and whose files by so many.
    fn looks(growth: f64, files: usize) -> Vec<Look> {
        let look = |i: usize| {
            let seconds = 10.0 * i as f64;
            Look {
                seconds,
                worked: 1.6 * seconds,
                own: 150.0 + growth * seconds / 3600.0,
                files: 7 + files * i / 700,
                steps: 2.0 * seconds,
            }
        };
        (1..=720).map(look).collect()
    }

    #[test]
    fn growth_is_told_from_none() {
        let calm = judge(&looks(0.1, 0)).unwrap();
        assert!(
            calm.contains("120 min")
                && calm.contains("+0.10 MiB an hour")
                && calm.contains("2.00, a second of processor 1.25"),
            "{calm}"
        );
        assert_eq!(worked("7 (a) b) R 1 1 1 0 -1 4 9 0 0 0 250 50 0 0 20 0 3"), Some(3.0));
        assert_eq!(worked("7 a"), None);
        assert!(judge(&looks(1.5, 0)).unwrap_err().contains("+1.50 MiB an hour"));
        assert!(judge(&looks(0.0, 2)).unwrap_err().contains("8 to 9 open files"));
        assert!(judge(&[]).is_err());
    }
}
