//! What was played, as one page for a browser: who asked when, who answered alike, in what the others differ, and what
//! it cost.
//!
//! ```no_run
//! # async fn example(subnet: &mut outcall_harness::subnet::Subnet) -> std::io::Result<()> {
//! use outcall_harness::report::{Report, Scene};
//!
//! let update = subnet.update("get_price", Vec::new()).await;
//! Report::new("My canister").scene(Scene::of("get_price", &update)).write("report.html")
//! # }
//! ```
//!
//! ```text
//! report            what is told
//!   page              the whole page: a summary, and each scene
//!   outcall           one outcall: the verdict, what it cost, everything that differs
//!   matrix            every replica's sending in a row of its own
//!   compare           two groups side by side, around the first byte that differs
//!   probed            the page of a probe: what differs and why, what would mend it, the costs
//! ```
//!
//! The page is one file that loads nothing, runs nothing and says nothing of when it was made: the same run is the same
//! page. What replicas got from servers stands in it as text; nobody else's markup gets in.

use std::{fs, io, path::Path};

use crate::subnet::Update;

pub(crate) mod compare;
mod matrix;
mod outcall;
mod page;
#[cfg(feature = "probe")]
mod probed;
#[cfg(test)]
mod tests;

/// A probe as a page of its own. `how` is what a reader would need to play it again: the seed, the skew.
#[cfg(feature = "probe")]
pub fn of_probe(probe: &crate::probe::Report, how: &str) -> String {
    probed::page(probe, how).into_string()
}

/// A page in the making.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    scenes: Vec<Scene>,
}

/// One update and what is known of it.
#[derive(Clone, Debug)]
pub struct Scene {
    name: String,
    update: Update,
    told: Option<String>,
    upstream_requests: Option<u64>,
}

impl Report {
    /// A page with this title and no scene.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), scenes: Vec::new() }
    }

    /// Adds a scene, below those that are there.
    #[must_use]
    pub fn scene(mut self, scene: Scene) -> Self {
        self.scenes.push(scene);
        self
    }

    /// The page.
    pub fn html(&self) -> String {
        page::page(self).into_string()
    }

    /// Writes the page to this file, over one that is there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.html())
    }
}

impl Scene {
    /// An update under a name.
    pub fn of(name: impl Into<String>, update: &Update) -> Self {
        Self { name: name.into(), update: update.clone(), told: None, upstream_requests: None }
    }

    /// What the caller got, in words; otherwise it is told in bytes.
    #[must_use]
    pub fn told(mut self, told: impl Into<String>) -> Self {
        self.told = Some(told.into());
        self
    }

    /// How many requests reached the upstream, where somebody counted.
    #[must_use]
    pub fn upstream_requests(mut self, requests: u64) -> Self {
        self.upstream_requests = Some(requests);
        self
    }
}
