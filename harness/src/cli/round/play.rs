//! All rounds, one after another, until they are over or somebody has seen enough.

use std::{future::pending, pin::pin};

use tokio::{select, signal};

use super::{Prepared, Unplayable, print};
use crate::{
    cli::{Round, given, interface::Interface, progress::Progress, tally::Tally},
    report::{Report, Scene},
    subnet::Update,
};

/// What is said beside a reply that is an `Err`.
const NOT_JUDGED: &str = "  an Err on which all agree is an agreement; --expect-ok makes it fail\n";

/// What is said beside a canister that cannot read its arguments, when nobody knows what it takes.
const UNTYPED: &str = "  the canister tells no interface, so a number is an int unless it is written as 1 : nat64; or give \
                       --did FILE\n";

/// What was played.
pub(super) struct Played {
    /// Whether all agreed, and no reply was an `Err` where that matters.
    pub(super) is_as_expected: bool,
    /// Whether more was to come.
    pub(super) is_interrupted: bool,
}

impl Prepared {
    pub(super) async fn play(self, round: &Round, progress: &Progress) -> Result<Played, Unplayable> {
        let mut game = Game {
            round,
            progress,
            interface: &self.interface,
            of: u64::from(round.rounds) * u64::from(round.seeds),
            done: 0,
            tally: Tally::default(),
            report: Report::new(format!("{} on {} nodes", round.call, round.nodes)),
        };
        let mut interrupt = pin!(interrupted());
        // By now nothing needs to be undone: what was played is told, and the rest is left.
        let is_interrupted = select! {
            biased;
            () = &mut interrupt => true,
            played = game.play(&self) => { played?; false }
        };
        progress.clear();
        let Game { tally, report, done, of, .. } = game;
        let left = if is_interrupted {
            format!("Interrupted in round {} of {of}; what it had sent is not counted. ", done + 1)
        } else {
            String::new()
        };
        print(&format!("{tally}. {left}Again: --seed {}\n", self.seed));
        if let Some(file) = &round.report {
            report.write(file).map_err(|why| Unplayable::Unwritable {
                flag: "--report",
                file: file.clone(),
                why,
            })?;
        }
        let is_as_expected = tally.is_all_agreed() && !(round.expect_ok && tally.has_errs());
        Ok(Played { is_as_expected, is_interrupted })
    }
}

/// Rounds that are being played.
struct Game<'g> {
    round: &'g Round,
    progress: &'g Progress,
    interface: &'g Interface,
    /// How many rounds there are, and how many are over.
    of: u64,
    done: u64,
    tally: Tally,
    report: Report,
}

impl Game<'_> {
    async fn play(&mut self, prepared: &Prepared) -> Result<(), Unplayable> {
        let Round { nodes, rounds, seeds, call, .. } = self.round;
        for _ in 0..*seeds {
            self.step(&format!("installing it on {nodes} nodes"));
            let first = prepared.seed.wrapping_add(self.done);
            let builder = prepared.builder.clone().seed(first);
            let mut subnet = builder.install_module(&prepared.module, prepared.init.clone()).await?;
            for _ in 0..*rounds {
                let schedule = given::schedule(self.round, prepared.seed.wrapping_add(self.done))?;
                let name = format!("round {} of {}: {schedule}", self.done + 1, self.of);
                self.progress.clear();
                print(&format!("{name}\n"));
                if self.of > 1 {
                    self.step(&self.tally.verdicts());
                }
                subnet.set_schedule(schedule);
                let update = subnet.update(call, prepared.args.as_slice()).await;
                self.take(name, &update);
            }
        }
        Ok(())
    }

    fn take(&mut self, name: String, update: &Update) {
        self.done += 1;
        let is_err = update.reply.as_ref().is_ok_and(|reply| Interface::is_err(reply));
        self.tally.add(update, is_err);
        self.progress.clear();
        let hint = match &update.reply {
            Ok(_) if is_err && update.is_agreed() && !self.round.expect_ok => NOT_JUDGED,
            Err(reject) if !self.interface.knows(&update.method) && is_about_types(&reject.message) => {
                UNTYPED
            }
            _ => "",
        };
        print(&format!("{}{hint}\n", told(update, self.interface)));
        let scene = Scene::of(name, update);
        let scene = match &update.reply {
            Ok(reply) => scene.told(self.interface.told(&update.method, reply)),
            Err(_) => scene,
        };
        self.report = std::mem::replace(&mut self.report, Report::new("")).scene(scene);
    }

    /// A single round has no bar.
    fn step(&self, what: &str) {
        match self.of {
            1 => self.progress.say(what),
            of => self.progress.at(self.done, of, if what.is_empty() { "the first is played" } else { what }),
        }
    }
}

/// Whether a rejection is that of candid's crate, which finds other types than it expects.
fn is_about_types(message: &str) -> bool {
    message.contains("Fail to decode argument")
}

/// Ends when somebody presses Ctrl-C; never, where nobody can.
async fn interrupted() {
    if signal::ctrl_c().await.is_err() {
        pending().await
    }
}

/// A round as it is read: its outcalls, and what the caller got.
fn told(update: &Update, interface: &Interface) -> String {
    let mut text = String::new();
    for outcall in &update.rounds {
        text.push_str(&format!("{outcall}\n"));
    }
    let method = &update.method;
    if update.rounds.is_empty() {
        text.push_str(&format!("{method} made no outcall\n"));
    }
    match &update.reply {
        Ok(reply) => text.push_str(&format!("{method} replied {}\n", interface.told(method, reply))),
        Err(reject) => text.push_str(&format!("{method} was rejected: {reject}\n")),
    }
    text
}
