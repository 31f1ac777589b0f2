//! Progress on standard error: a line that changes on a terminal, a line each ten seconds where nobody watches.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::load::{Options, Profile, Progress};

const ON_A_TERMINAL: Duration = Duration::from_millis(250);
const IN_A_PIPE: Duration = Duration::from_secs(10);

/// Shows progress until it is finished.
#[derive(Debug)]
pub(super) struct Screen {
    finish: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Screen {
    pub(super) fn start(profile: &Profile, options: &Options, progress: watch::Receiver<Progress>) -> Self {
        let length: f64 = profile.phases.iter().map(|phase| phase.length.as_secs_f64()).sum();
        let seconds = length / f64::from(options.compress.max(1));
        say(&format!("load on {} for {seconds:.0} s, seed {}", options.target, options.seed));
        let (finish, mut finished) = oneshot::channel();
        let task = tokio::spawn(async move {
            let began = Instant::now();
            let terminal = std::io::stderr().is_terminal();
            let mut tick = tokio::time::interval(if terminal { ON_A_TERMINAL } else { IN_A_PIPE });
            tick.tick().await;
            loop {
                tokio::select! {
                    _ = &mut finished => break,
                    _ = tick.tick() => {
                        let line = line(&progress.borrow(), began.elapsed());
                        if terminal { again(&line) } else { say(&line) }
                    }
                }
            }
            let line = line(&progress.borrow(), began.elapsed());
            if terminal {
                again(&line);
                say("");
            } else {
                say(&line);
            }
        });
        Self { finish, task }
    }

    /// Shows the last state.
    pub(super) async fn finish(self) {
        // A screen that has ended needs no word.
        let _ = self.finish.send(());
        let _ = self.task.await;
    }
}

fn line(progress: &Progress, elapsed: Duration) -> String {
    let Progress { planned, length, launched, under_way, codes, errors, .. } = progress;
    let (elapsed, length) = (elapsed.as_secs(), length.as_secs_f64().ceil());
    let mut line = format!("{elapsed:>4} s of {length}: {launched} of {planned} riders, {under_way} under way");
    let codes = codes.iter().map(|(code, count)| format!("{count} x {code}"));
    let errors = errors.iter().map(|(code, count)| format!("{count} x {code}"));
    for seen in codes.chain(errors) {
        line.push_str(", ");
        line.push_str(&seen);
    }
    line
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes over the line: back to its beginning, and what an older text leaves is erased.
fn again(text: &str) {
    let _ = write!(std::io::stderr(), "\r{text}\x1b[K");
    let _ = std::io::stderr().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_the_run_is_and_what_came_back() {
        let progress = Progress {
            planned: 1800,
            length: Duration::from_millis(179_950),
            launched: 600,
            under_way: 3,
            codes: [(201, 590), (503, 6)].into(),
            errors: [("ETIMEDOUT", 1)].into(),
            ..Progress::default()
        };
        assert_eq!(
            line(&progress, Duration::from_secs(60)),
            "  60 s of 180: 600 of 1800 riders, 3 under way, 590 x 201, 6 x 503, 1 x ETIMEDOUT"
        );
    }
}
