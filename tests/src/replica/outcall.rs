//! One HTTPS outcall as a canister asks for it, and the bytes that the adapter makes of it.

/// What a canister asks for: method, path, headers, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcall {
    /// The method; canisters have GET, HEAD and POST, and since 2026 PUT, DELETE and PATCH.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names, in any case, and values, in the canister's order.
    pub headers: Vec<(String, String)>,
    /// The body; a GET may have one too.
    pub body: Vec<u8>,
}

impl Outcall {
    /// A call with any method.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// GET without key and body.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// HEAD.
    pub fn head(path: &str) -> Self {
        Self::new("HEAD", path)
    }

    /// POST without a body yet.
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// Adds the `Idempotency-Key`, as given.
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// Adds a header; the same name may come several times.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a JSON body and its content type.
    pub fn json(self, body: &str) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    /// The head, up to and including its blank line, and the body.
    ///
    /// The order of the header lines is that of the adapter's header map: in order of the first occurrence, values of
    /// a repeated name together, what the adapter and its HTTP client add last. A body that is empty has no
    /// `content-length`, whatever the method.
    pub fn encode(&self, host: &str) -> (Vec<u8>, Vec<u8>) {
        let mut lines: Vec<(String, &str)> = Vec::new();
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            let after = lines.iter().rposition(|(other, _)| *other == name).map_or(lines.len(), |at| at + 1);
            lines.insert(after, (name, value));
        }
        let length = self.body.len().to_string();
        let missing = |lines: &[(String, &str)], name: &str| lines.iter().all(|(other, _)| other != name);
        if missing(&lines, "user-agent") {
            lines.push(("user-agent".to_owned(), "ic/1.0"));
        }
        if missing(&lines, "host") {
            lines.push(("host".to_owned(), host));
        }
        if !self.body.is_empty() && missing(&lines, "content-length") {
            lines.push(("content-length".to_owned(), &length));
        }
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        lines.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head.push_str("\r\n");
        (head.into_bytes(), self.body.clone())
    }
}
