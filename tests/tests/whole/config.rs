//! Configurations as tests write them.

/// A short route.
pub(crate) fn route(path: &str, upstream: &str) -> String {
    format!(r#"{{"{path}": "{upstream}"}}"#)
}

/// A long route: the members after `upstream`, as JSON.
pub(crate) fn route_with(path: &str, upstream: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { ", " };
    format!(r#"{{"{path}": {{"upstream": "{upstream}"{comma}{members}}}}}"#)
}
