//! All the places at which trees differ, by going only where they do.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use outcall_protocol::json::tree::Tree;

use super::{Path, Step};

/// In what trees differ at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The values there, of which some may be absent.
    Value,
    /// Only the order of the members of the object there.
    MemberOrder,
    /// Only the order of the elements of the array there.
    ElementOrder,
}

/// Who is told of a place and of what stands there in each tree, and says whether to go on.
pub(crate) type Note<'n, 't> = dyn FnMut(Kind, &Path, &[Option<&'t Tree>]) -> ControlFlow<()> + 'n;

/// Tells of every place at which the trees are not all the same; of the order of something before what is in it.
pub(crate) fn walk<'t>(trees: &[&'t Tree], note: &mut Note<'_, 't>) -> ControlFlow<()> {
    Walk { path: Path(Vec::new()), note }.node(trees)
}

struct Walk<'w, 'n, 't> {
    path: Path,
    note: &'w mut Note<'n, 't>,
}

impl<'t> Walk<'_, '_, 't> {
    /// All of them are there.
    fn node(&mut self, trees: &[&'t Tree]) -> ControlFlow<()> {
        if trees.windows(2).all(|pair| pair[0] == pair[1]) {
            return ControlFlow::Continue(());
        }
        let objects: Option<Vec<&'t [(String, Tree)]>> = trees.iter().map(|tree| members(tree)).collect();
        if let Some(objects) = objects {
            return self.objects(trees, &objects);
        }
        match trees.iter().map(|tree| elements(tree)).collect::<Option<Vec<&'t [Tree]>>>() {
            Some(arrays) if reordered(&arrays) => self.tell(Kind::ElementOrder, trees),
            Some(arrays) => self.arrays(&arrays),
            None => self.tell(Kind::Value, trees),
        }
    }

    fn objects(&mut self, trees: &[&'t Tree], objects: &[&'t [(String, Tree)]]) -> ControlFlow<()> {
        let Some((first, others)) = objects.split_first() else { return ControlFlow::Continue(()) };
        if others.iter().all(|other| aligned(first, other)) {
            for index in 0..first.len() {
                let values: Vec<&'t Tree> = objects.iter().map(|members| &members[index].1).collect();
                if values.windows(2).any(|pair| pair[0] != pair[1]) {
                    self.within(step_at(first, index), |walk| walk.node(&values))?;
                }
            }
            return ControlFlow::Continue(());
        }
        let indexed: Vec<Index<'t>> = objects.iter().map(|members| numbered(members).collect()).collect();
        if !is_one_order(objects, &indexed) {
            self.tell(Kind::MemberOrder, trees)?;
        }
        let mut seen = HashSet::new();
        for (key, _) in objects.iter().flat_map(|members| numbered(members)) {
            if seen.insert(key) {
                let values: Vec<Option<&'t Tree>> =
                    indexed.iter().map(|members| members.get(&key).copied()).collect();
                self.within(Step::Member(key.0.to_owned(), key.1), |walk| walk.perhaps(&values))?;
            }
        }
        ControlFlow::Continue(())
    }

    fn arrays(&mut self, arrays: &[&'t [Tree]]) -> ControlFlow<()> {
        let longest = arrays.iter().map(|elements| elements.len()).max().unwrap_or(0);
        for index in 0..longest {
            let values: Vec<Option<&'t Tree>> = arrays.iter().map(|elements| elements.get(index)).collect();
            self.within(Step::Element(index), |walk| walk.perhaps(&values))?;
        }
        ControlFlow::Continue(())
    }

    /// Some of them may be absent.
    fn perhaps(&mut self, values: &[Option<&'t Tree>]) -> ControlFlow<()> {
        match values.iter().copied().collect::<Option<Vec<&'t Tree>>>() {
            Some(values) => self.node(&values),
            None => (self.note)(Kind::Value, &self.path, values),
        }
    }

    fn within(&mut self, step: Step, go: impl FnOnce(&mut Self) -> ControlFlow<()>) -> ControlFlow<()> {
        self.path.0.push(step);
        let went = go(self);
        self.path.0.pop();
        went
    }

    fn tell(&mut self, kind: Kind, trees: &[&'t Tree]) -> ControlFlow<()> {
        let values: Vec<Option<&'t Tree>> = trees.iter().copied().map(Some).collect();
        (self.note)(kind, &self.path, &values)
    }
}

fn members(tree: &Tree) -> Option<&[(String, Tree)]> {
    match tree {
        Tree::Object(members) => Some(members),
        _ => None,
    }
}

fn elements(tree: &Tree) -> Option<&[Tree]> {
    match tree {
        Tree::Array(elements) => Some(elements),
        _ => None,
    }
}

/// Whether two objects have the same names in the same order, as most do that differ in a value.
fn aligned(one: &[(String, Tree)], other: &[(String, Tree)]) -> bool {
    one.iter().map(|(name, _)| name).eq(other.iter().map(|(name, _)| name))
}

/// Whether arrays that are not equal hold the same elements.
fn reordered(arrays: &[&[Tree]]) -> bool {
    let sorted = |elements: &[Tree]| {
        let mut texts: Vec<String> = elements.iter().map(Tree::canonical).collect();
        texts.sort_unstable();
        texts
    };
    let Some((first, others)) = arrays.split_first() else { return false };
    if others.iter().any(|other| other.len() != first.len()) {
        return false;
    }
    let (texts, as_they_are) = (sorted(first), first.iter().map(Tree::canonical).collect::<Vec<String>>());
    let same_elements = others.iter().all(|other| sorted(other) == texts);
    // Where every element is in its place, the order of members inside of them is what differs.
    same_elements
        && others.iter().any(|other| !other.iter().map(Tree::canonical).eq(as_they_are.iter().cloned()))
}

type Key<'t> = (&'t str, usize);
/// By name and number, so that objects with many members are compared in one go.
type Index<'t> = HashMap<Key<'t>, &'t Tree>;

/// Whether the members that all have come in the same order.
fn is_one_order(objects: &[&[(String, Tree)]], indexed: &[Index<'_>]) -> bool {
    let mut orders = objects.iter().map(|members| {
        let keys = numbered(members).map(|(key, _)| key);
        keys.filter(|key| indexed.iter().all(|members| members.contains_key(key))).collect::<Vec<Key<'_>>>()
    });
    let first = orders.next();
    orders.all(|order| Some(order) == first)
}

/// Each member with its number among those of its name.
fn numbered(members: &[(String, Tree)]) -> impl Iterator<Item = (Key<'_>, &Tree)> {
    let mut seen = HashMap::<&str, usize>::new();
    members.iter().map(move |(name, value)| {
        let count = seen.entry(name).or_default();
        *count += 1;
        ((name.as_str(), *count - 1), value)
    })
}

/// The step to the member at that position.
fn step_at(members: &[(String, Tree)], index: usize) -> Step {
    let name = &members[index].0;
    Step::Member(name.clone(), members[..index].iter().filter(|(other, _)| other == name).count())
}
