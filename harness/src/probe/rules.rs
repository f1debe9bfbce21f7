//! What is taken away so that answers are alike. A transform and a route are two spellings of it.

use outcall_protocol::json::tree::Tree;

use super::suspect::Suspect;
use crate::{
    finding::{Cause, Edit, Finding, Pattern, edited},
    outcall::Response,
    verdict::Place,
};

/// What is taken away from every answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// The names of the headers that stay.
    pub(super) keep_headers: Vec<String>,
    /// Whether bodies that are JSON are written in one spelling; needed for every edit.
    pub(super) canonical: bool,
    /// What is done inside of them.
    pub(super) edits: Vec<(Pattern, Edit)>,
}

impl Rules {
    /// What the findings ask for. Of the headers the content's type stays, where it is one.
    pub(super) fn of(findings: &[Finding], responses: &[&Response]) -> Self {
        let mut rules = Self::default();
        let has_type =
            responses.iter().any(|response| response.headers.iter().any(|(name, _)| name == "content-type"));
        let type_differs = findings
            .iter()
            .any(|finding| finding.difference.place == Place::Header("content-type".to_owned()));
        if has_type && !type_differs {
            rules.keep_headers.push("content-type".to_owned());
        }
        for finding in findings {
            rules.take(finding);
        }
        // Whose answer came first must not show in what is printed.
        rules.edits.sort_by(|(one, _), (other, _)| one.cmp(other));
        rules
    }

    /// What whoever asks has called of no interest is taken away, and nothing else.
    pub(super) fn keeping_the_rest(findings: &[Finding]) -> Self {
        let mut rules = Self { keep_headers: vec!["content-type".to_owned()], ..Self::default() };
        findings.iter().filter(|finding| finding.cause == Cause::Unwanted).for_each(|it| rules.take(it));
        rules.edits.sort_by(|(one, _), (other, _)| one.cmp(other));
        rules
    }

    /// The same, in one spelling: whoever is asked several times spells in several ways.
    pub(super) fn in_one_spelling(self) -> Self {
        Self { canonical: true, ..self }
    }

    fn take(&mut self, finding: &Finding) {
        let (path, edit) = match (&finding.difference.place, finding.cause) {
            (Place::Json(path), Cause::FloatNoise { decimals }) => {
                (Pattern::general(path), Edit::Round(decimals))
            }
            (Place::Json(path), cause) if cause.is_noise() => (Pattern::general(path), Edit::Drop),
            (Place::ElementOrder(path), _) => (Pattern::general(path), Edit::Sort),
            (Place::Json(_) | Place::MemberOrder(_) | Place::Spelling(_), _) => {
                self.canonical = true;
                return;
            }
            _ => return,
        };
        self.canonical = true;
        match self.edits.iter_mut().find(|(other, _)| *other == path) {
            // One place, seen in several elements: the coarser rounding is right for all.
            Some((_, Edit::Round(decimals))) => {
                if let Edit::Round(others) = edit {
                    *decimals = (*decimals).min(others);
                }
            }
            Some(_) => {}
            None => self.edits.push((path, edit)),
        }
    }

    /// Leaves out of bodies what did not differ, and will.
    pub(super) fn leave_out(&mut self, suspects: &[Suspect]) {
        for suspect in suspects {
            if let Place::Json(path) = &suspect.place {
                self.canonical = true;
                self.edits.push((Pattern::general(path), Edit::Drop));
            }
        }
        self.edits.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// The places with that edit.
    pub(super) fn places(&self, wanted: Edit) -> Vec<&Pattern> {
        self.edits.iter().filter(|(_, edit)| *edit == wanted).map(|(pattern, _)| pattern).collect()
    }

    /// The one spelling of a JSON text, edited; none for a text that is no JSON.
    pub(super) fn tidied(&self, body: &[u8]) -> Option<String> {
        let tree = Tree::parse(body).ok()?;
        Some(self.edited(tree).canonical())
    }

    /// A tree, edited.
    pub(super) fn edited(&self, tree: Tree) -> Tree {
        edited(tree, &self.edits)
    }
}
