//! A `proxy_conf.json`: refused or taken without a panic, and taken the same way each time.

use outcall_gateway::config::Config;

/// What the environment injects; nothing that is printed may hold it.
const SECRET: &str = "open-sesame-4711";

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains(SECRET) {
        return;
    }
    let env = |name: &str| (name == "TOKEN").then(|| SECRET.to_owned());
    let config = match Config::parse(text, &env) {
        Ok(config) => config,
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(SECRET), "an error shows what is injected");
            return;
        }
    };
    let shown = format!("{} {config:?}", config.summary());
    assert!(!shown.contains(SECRET), "a summary or Debug shows what is injected");
    assert!(!config.routes.is_empty(), "a configuration without routes was taken");
    let again = Config::parse(text, &env).expect("taken before");
    let digests = |config: &Config| config.routes.iter().map(|route| route.digest).collect::<Vec<_>>();
    assert_eq!(digests(&config), digests(&again), "the same text, another configuration");
    let optional = Config::parse_with_routes_optional(text, &env).expect("taken where more is asked");
    assert_eq!(digests(&config), digests(&optional));
    assert_eq!(again.summary().to_string(), config.summary().to_string());
}
