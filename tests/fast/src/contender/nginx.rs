//! nginx as one would use it for this: a cache by `Idempotency-Key` for every method, with a lock, so that one request for a key
//! goes upstream.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::Folder;
use crate::load::Failed;

/// How long it may take to come up.
const PATIENCE: Duration = Duration::from_secs(5);

/// nginx, in the foreground of a folder of its own; killed when dropped.
pub(super) struct Nginx {
    pub(super) address: SocketAddr,
    child: Child,
    _folder: Folder,
}

impl Nginx {
    pub(super) async fn start(upstream: SocketAddr) -> Result<Self, Failed> {
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.0)?;
        // Free a moment ago; nginx cannot be asked for any port.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let file = folder.0.join("nginx.conf");
        std::fs::write(&file, configuration(&folder.0.display().to_string(), address, upstream))?;
        let child = Command::new("nginx")
            .arg("-p")
            .arg(&folder.0)
            .arg("-e")
            .arg(folder.0.join("error.log"))
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()?;
        let nginx = Self { address, child, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > PATIENCE {
                return Err(format!("nginx does not listen on {address}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    /// Its master and workers.
    pub(super) fn processes(&self) -> Vec<u32> {
        let master = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children"));
        let workers = children.unwrap_or_default();
        std::iter::once(master).chain(workers.split_whitespace().flat_map(str::parse)).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // By a signal that it hands on to its workers; a killed master would leave them behind.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &str, address: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "daemon off;
pid {folder}/pid;
worker_processes auto;
worker_rlimit_nofile 65536;
events {{ worker_connections 32768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache levels=1:2 keys_zone=orders:256m max_size=8g inactive=1h use_temp_path=off;
    keepalive_requests 1000000000;
    tcp_nodelay on;
    upstream behind {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen {address} backlog=4096;
        location / {{
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_cache orders;
            proxy_cache_key $http_idempotency_key;
            proxy_cache_methods GET HEAD POST;
            proxy_cache_valid any 1h;
            proxy_cache_lock on;
            proxy_cache_lock_timeout 30s;
            proxy_cache_lock_age 30s;
        }}
    }}
}}
"
    )
}
