//! SECURITY.md names a test for each attack: each of them is there.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// The tests of a folder, as `cargo test` prints them: the path of their file below it, then their name.
fn tests_below(root: &Path, folder: &Path, names: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(root, &path, names);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let below = path.strip_prefix(root).unwrap().with_extension("");
        let mut module: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let lines: Vec<&str> = text.lines().collect();
        // Tests at the end of a file stand in a module of their own.
        if lines.contains(&"mod tests {") {
            module.push("tests".to_owned());
        }
        let is_test =
            |line: &&str| line.trim().starts_with("#[test]") || line.trim().starts_with("#[tokio::test");
        for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_test(line)) {
            let function = lines[at..].iter().find_map(|line| line.trim().split_once("fn ")).unwrap().1;
            let name = function.split('(').next().unwrap();
            names.insert(format!("{}::{name}", module.join("::")));
        }
    }
}

#[test]
fn every_attack_of_the_table_has_its_test() {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut existing = HashSet::new();
    for folder in ["tests/tests/whole", "gateway/src"] {
        let root = repository.join(folder);
        tests_below(&root, &root, &mut existing);
    }
    let text = fs::read_to_string(repository.join("SECURITY.md")).unwrap();
    let named: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.contains("::"))
        .collect();
    assert!(named.len() > 60, "{} tests are named", named.len());
    let missing: Vec<&str> = named.into_iter().filter(|name| !existing.contains(*name)).collect();
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:#?}");
}
