//! A stand-in for the Hugging Face hub: what its clients ask for, answered on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::World;

/// The commit that every branch of the stand-in points to, at first.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path, with the leading slash.
    pub path: String,
    /// `Range`.
    pub range: Option<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
}

/// A file, and what the hub says of it.
#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    /// Without its quotes; a `W/` before it makes it a weak one.
    etag: String,
    /// Kept elsewhere, as large files are: the hub redirects there.
    large: bool,
}

#[derive(Default)]
struct State {
    /// `owner/name` or `datasets/owner/name` → name → file.
    repos: BTreeMap<String, BTreeMap<String, File>>,
    /// Repositories that want this token.
    gates: BTreeMap<String, String>,
    requests: Vec<Request>,
    /// How many of the next transfers break off half-way.
    cuts: usize,
    closed: bool,
    commit: String,
}

/// The stand-in, with a thread of its own. It goes away when dropped.
pub struct Hub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Hub {
    /// One without repositories.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { commit: COMMIT.into(), ..State::default() }));
        let shared = state.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().unwrap().closed {
                    return;
                }
                // A client that hangs up is none of our business.
                let _ = answer(&stream.unwrap(), address, &shared);
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    /// Adds a small file, whose ETag is no SHA-256.
    pub fn put(&self, repo: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let etag = sha256(&bytes)[..40].to_string();
        self.insert(repo, name, File { bytes, etag, large: false });
    }

    /// Adds a small file with another ETag.
    pub fn put_as(&self, etag: &str, repo: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        self.insert(repo, name, File { bytes: bytes.into(), etag: etag.into(), large: false });
    }

    /// Adds a large file, whose ETag is its SHA-256.
    pub fn put_large(&self, repo: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let etag = sha256(&bytes);
        self.insert(repo, name, File { bytes, etag, large: true });
    }

    /// Adds a large file that is not what the hub says it is.
    pub fn put_spoilt(&self, repo: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        self.insert(repo, name, File { bytes: bytes.into(), etag: sha256(b"another"), large: true });
    }

    fn insert(&self, repo: &str, name: &str, file: File) {
        self.state.lock().unwrap().repos.entry(repo.into()).or_default().insert(name.into(), file);
    }

    /// Lets only those in who bring `token`.
    pub fn gate(&self, repo: &str, token: &str) {
        self.state.lock().unwrap().gates.insert(repo.into(), token.into());
    }

    /// Breaks the next `count` transfers off half-way.
    pub fn cut(&self, count: usize) {
        self.state.lock().unwrap().cuts = count;
    }

    /// Points every branch to another commit.
    pub fn commit(&self, commit: &str) {
        self.state.lock().unwrap().commit = commit.into();
    }

    /// What was asked for since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// The program in `world`, asking this hub.
    pub fn command(&self, world: &World, arguments: &[&str]) -> Command {
        let mut command = world.command(arguments);
        command.env("HF_ENDPOINT", format!("http://{}", self.address)).env("HF_HOME", world.path("hf"));
        command
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.lock().unwrap().closed = true;
        // Wakes the thread.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn answer(stream: &TcpStream, address: SocketAddr, state: &Mutex<State>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut request = Request {
        path: first.split(' ').nth(1).unwrap_or_default().replace("%2F", "/"),
        range: None,
        authorization: None,
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "range" => request.range = Some(value.to_string()),
            "authorization" => request.authorization = Some(value.to_string()),
            _ => {}
        }
    }
    let (head, body) = reply(&request, address, &mut state.lock().unwrap());
    let mut stream = stream;
    stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes())?;
    stream.write_all(&body)
}

/// Status line and headers, and the body.
fn reply(request: &Request, address: SocketAddr, state: &mut State) -> (String, Vec<u8>) {
    state.requests.push(request.clone());
    let plain = |status: &str| (format!("{status}\r\nContent-Length: 0"), Vec::new());
    if let Some(hash) = request.path.strip_prefix("/storage/") {
        let found = state.repos.values().flat_map(BTreeMap::values).find(|file| sha256(&file.bytes) == hash).cloned();
        return found.map_or_else(|| plain("404 Not Found"), |file| content(request, &file, "", state));
    }
    let api = request.path.strip_prefix("/api/").map(|rest| rest.strip_prefix("models/").unwrap_or(rest));
    let asked = match api {
        Some(path) => path.split_once("/revision/").map(|(repo, _)| (repo, None)),
        None => request.path[1..].split_once("/resolve/").map(|(repo, rest)| (repo, rest.split_once('/'))),
    };
    let Some((repo, file)) = asked else { return plain("404 Not Found") };
    let token = request.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
    if state.gates.get(repo).is_some_and(|wanted| token != Some(wanted)) {
        return plain("401 Unauthorized");
    }
    let Some(files) = state.repos.get(repo) else { return plain("404 Not Found") };
    let Some((_, name)) = file else {
        let siblings: Vec<_> = files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({ "sha": state.commit, "siblings": siblings }).to_string().into_bytes();
        return (format!("200 OK\r\nContent-Type: application/json\r\nContent-Length: {}", body.len()), body);
    };
    let Some(file) = files.get(name).cloned() else { return plain("404 Not Found") };
    let commit = format!("X-Repo-Commit: {}\r\n", state.commit);
    if !file.large {
        return content(request, &file, &commit, state);
    }
    let (hash, length) = (sha256(&file.bytes), file.bytes.len());
    let head = format!(
        "302 Found\r\n{commit}X-Linked-ETag: \"{}\"\r\nX-Linked-Size: {length}\r\n\
         Location: http://{address}/storage/{hash}\r\nContent-Length: 0",
        file.etag
    );
    (head, Vec::new())
}

/// A file, or the part of it that is asked for; half of that if it is to break off.
fn content(request: &Request, file: &File, more: &str, state: &mut State) -> (String, Vec<u8>) {
    let total = file.bytes.len();
    let range = request.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let (from, to) = match range {
        Some((from, to)) => (from.parse().unwrap(), to.parse::<usize>().map_or(total, |to| to + 1)),
        None => (0, total),
    };
    if from >= total {
        return ("416 Range Not Satisfiable\r\nContent-Length: 0".into(), Vec::new());
    }
    let mut body = file.bytes[from..to].to_vec();
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let head = format!(
        "{status}\r\n{more}ETag: {}\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{total}",
        file.etag.strip_prefix("W/").map_or(format!("\"{}\"", file.etag), |weak| format!("W/\"{weak}\"")),
        body.len(),
        to - 1
    );
    if state.cuts > 0 && to - from > 1 {
        state.cuts -= 1;
        body.truncate(body.len() / 2);
    }
    (head, body)
}
