//! Everything that varies among raw responses.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use outcall_protocol::json::tree::Tree;

use super::{
    Counted, Difference, Place, Variations, count,
    view::{self, View},
};
use crate::{
    outcall::{Reject, Response},
    verdict::json::{self, Kind, walk},
};

/// All differences, in the order in which a response is read; no more than `found_max` are listed. Equal responses are
/// looked at once.
pub(crate) fn variations(raw: &[&Result<Response, Reject>], found_max: usize) -> Variations {
    let mut positions: HashMap<&Result<Response, Reject>, usize> = HashMap::new();
    let mut views: Vec<(View, usize)> = Vec::new();
    for raw in raw {
        let position = *positions.entry(raw).or_insert(views.len());
        match views.get_mut(position) {
            Some((_, replicas)) => *replicas += 1,
            None => views.push((View::of_raw(raw), 1)),
        }
    }
    views.sort_by_key(|(_, replicas)| std::cmp::Reverse(*replicas));
    let mut found = Found { variations: Variations::default(), found_max };
    found.look(&views, Place::Outcome);
    let responses: Vec<(View, usize)> =
        views.into_iter().filter(|(view, _)| view.response().is_some()).collect();
    found.look(&responses, Place::Status);
    headers(&responses, &mut found);
    bodies(&responses, &mut found);
    found.variations
}

struct Found {
    variations: Variations,
    found_max: usize,
}

impl Found {
    /// Notes a place if it has more than one value.
    fn look(&mut self, views: &[(View, usize)], place: Place) {
        let values = count(views.iter().map(|(view, replicas)| (view.at(&place), *replicas)));
        self.note(place, values);
    }

    fn note(&mut self, place: Place, values: Vec<Counted>) {
        if values.len() < 2 {
            return;
        }
        if self.is_full() {
            self.variations.left_out += 1;
        } else {
            self.variations.found.push(Difference { place, values });
        }
    }

    fn is_full(&self) -> bool {
        self.variations.found.len() >= self.found_max
    }
}

fn headers(responses: &[(View, usize)], found: &mut Found) {
    let mut seen = HashSet::new();
    let names = responses.iter().filter_map(|(view, _)| view.response()).flat_map(view::names);
    for name in names.filter(|name| seen.insert(*name)) {
        found.look(responses, Place::Header(name.to_owned()));
    }
    // Where one has a header that the other has not, their order differs of course.
    let sorted = responses.iter().filter_map(|(view, _)| view.response()).map(|response| {
        let mut names = view::names(response);
        names.sort_unstable();
        names
    });
    if sorted.collect::<HashSet<_>>().len() < 2 {
        found.look(responses, Place::HeaderOrder);
    }
}

fn bodies(responses: &[(View, usize)], found: &mut Found) {
    let bodies: Vec<&[u8]> = responses.iter().filter_map(|(view, _)| Some(&*view.response()?.body)).collect();
    let Some(byte) = bodies.windows(2).filter_map(|pair| view::first_byte(pair[0], pair[1])).min() else {
        return;
    };
    let trees: Option<Vec<(&Tree, usize)>> =
        responses.iter().map(|(view, replicas)| Some((view.json()?, *replicas))).collect();
    match trees {
        None => found.look(responses, Place::Body(byte)),
        Some(trees) => {
            let places = places(&trees, found);
            if places == 0 {
                found.look(responses, Place::Spelling(byte));
                return;
            }
            // Where the values differ too, the bytes say nothing about the spelling, but their number does.
            let spelled = responses.iter().zip(&trees).map(|((view, replicas), (tree, _))| {
                let bytes = view.response().map_or(0, |response| response.body.len());
                let spelled = if bytes > tree.canonical().len() { "with bytes to spare" } else { "compact" };
                (spelled.to_owned(), *replicas)
            });
            found.note(Place::Spelling(byte), count(spelled));
        }
    }
}

/// Notes every place at which the trees differ, the values before the orders, and says how many there are.
fn places(trees: &[(&Tree, usize)], found: &mut Found) -> usize {
    let all: Vec<&Tree> = trees.iter().map(|(tree, _)| *tree).collect();
    let (mut places, mut orders) = (0, Vec::new());
    let _ = walk(&all, &mut |kind, path, values| {
        places += 1;
        if found.is_full() {
            found.variations.left_out += 1;
            return ControlFlow::Continue(());
        }
        let counted = |tell: fn(&Tree) -> String| {
            let told = values.iter().map(|value| value.map_or(view::ABSENT.to_owned(), tell));
            count(told.zip(trees.iter().map(|(_, replicas)| *replicas)))
        };
        match kind {
            Kind::Value => found.note(Place::Json(path.clone()), counted(json::brief)),
            Kind::MemberOrder => orders.push((Place::MemberOrder(path.clone()), counted(json::names))),
            Kind::ElementOrder => orders.push((Place::ElementOrder(path.clone()), counted(json::elements))),
        }
        ControlFlow::Continue(())
    });
    orders.into_iter().for_each(|(place, values)| found.note(place, values));
    places
}
