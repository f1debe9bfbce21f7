//! Everything that varies among raw responses.

use std::collections::{HashMap, HashSet};

use outcall_protocol::json::tree::Tree;

use super::{
    Counted, Difference, Place, Variations, count,
    view::{self, View},
};
use crate::{
    outcall::{Reject, Response},
    verdict::json::{self, Path},
};

/// How many differences are listed.
const FOUND_MAX: usize = 100;
/// How many leaves of a JSON body are compared one by one.
const LEAVES_MAX: usize = 20_000;

/// All differences, in the order in which a response is read. Equal responses are looked at once.
pub(in crate::verdict) fn variations(raw: &[&Result<Response, Reject>]) -> Variations {
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
    let mut found = Found::default();
    found.look(&views, Place::Outcome);
    let responses: Vec<(View, usize)> =
        views.into_iter().filter(|(view, _)| view.response().is_some()).collect();
    found.look(&responses, Place::Status);
    headers(&responses, &mut found);
    bodies(&responses, &mut found);
    found.0
}

#[derive(Default)]
struct Found(Variations);

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
        if self.0.found.len() < FOUND_MAX {
            self.0.found.push(Difference { place, values });
        } else {
            self.0.left_out += 1;
        }
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
            let places = leaves(&trees, found) | orders(&trees, found);
            if !places {
                found.look(responses, Place::Spelling(byte));
            }
        }
    }
}

/// Notes every path at which not all trees have the same leaf; whether there was one. Of trees with very many leaves
/// only the first such path is looked for.
fn leaves(trees: &[(&Tree, usize)], found: &mut Found) -> bool {
    let all: usize = trees.iter().map(|(_, replicas)| replicas).sum();
    let mut order: Vec<Path> = Vec::new();
    let mut values: HashMap<Path, Vec<(String, usize)>> = HashMap::new();
    for (tree, replicas) in trees {
        let Some(leaves) = json::leaves(tree, LEAVES_MAX) else { return first_value(trees, found) };
        for (path, value) in leaves {
            let values = values.entry(path.clone()).or_default();
            if values.is_empty() {
                order.push(path);
            }
            values.push((value, *replicas));
        }
    }
    let mut differs = false;
    for path in order {
        let mut values = values.remove(&path).unwrap_or_default();
        let present: usize = values.iter().map(|(_, replicas)| replicas).sum();
        if present < all {
            values.push((view::ABSENT.to_owned(), all - present));
        }
        let counted = count(values.into_iter());
        differs |= counted.len() > 1;
        found.note(Place::Json(path), counted);
    }
    differs
}

fn first_value(trees: &[(&Tree, usize)], found: &mut Found) -> bool {
    let Some(((first, _), others)) = trees.split_first() else { return false };
    let path = others.iter().find_map(|(other, _)| match json::first_difference(first, other) {
        Some(json::Found::Value(path)) => Some(path),
        _ => None,
    });
    let Some(path) = path else { return false };
    let values = counted_at(trees, &path, json::brief);
    found.note(Place::Json(path), values);
    true
}

/// Notes the first object whose members come in another order; whether there was one.
fn orders(trees: &[(&Tree, usize)], found: &mut Found) -> bool {
    let Some(((first, _), others)) = trees.split_first() else { return false };
    let Some(path) = others.iter().find_map(|(other, _)| json::order_difference(first, other)) else {
        return false;
    };
    let values = counted_at(trees, &path, json::names);
    found.note(Place::MemberOrder(path), values);
    true
}

fn counted_at(trees: &[(&Tree, usize)], path: &Path, tell: fn(&Tree) -> String) -> Vec<Counted> {
    let told = |tree| json::at(tree, path).map_or(view::ABSENT.to_owned(), tell);
    count(trees.iter().map(|(tree, replicas)| (told(tree), *replicas)))
}
