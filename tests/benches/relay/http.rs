//! The relay over HTTP: requests, long polls and event streams on a keep-alive connection, with every byte counted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use twotick_protocol::Device;
use twotick_wire::RelayFrame;
use twotick_wire::frame::{Challenge, FrameSequence, FrameSequenceWriter};

use crate::people;

/// One HTTP/1.1 connection.
pub(crate) struct Http {
    stream: TcpStream,
    buffer: BytesMut,
    token: String,
    /// Bytes written and read.
    pub(crate) bytes: u64,
}

impl Http {
    /// Attaches over HTTP; returns the connection and the session epoch.
    pub(crate) async fn attach(port: u16, device: &Device) -> Option<(Self, u64)> {
        let mut http = Self::connect(port, String::new()).await?;
        let challenge = http.request("GET", "/v1/challenge", &[]).await?;
        let attach = people::attach(device, &Challenge::decode(&challenge).ok()?, 0, 256);
        let answer = http.request("POST", "/v1/attach", &attach).await?;
        let mut epoch = None;
        for frame in FrameSequence::decode(&answer, LARGEST).ok()? {
            match RelayFrame::decode(frame).ok()? {
                RelayFrame::Hello(hello) => epoch = Some(hello.session_epoch),
                RelayFrame::Token(token) => http.token = hex::encode(token.token.as_bytes()),
                other => panic!("the relay refuses to attach: {other:?}"),
            }
        }
        Some((http, epoch?))
    }

    /// Another connection of the same device.
    pub(crate) async fn another(&self, port: u16) -> Option<Self> {
        Self::connect(port, self.token.clone()).await
    }

    async fn connect(port: u16, token: String) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self {
            stream,
            buffer: BytesMut::new(),
            token,
            bytes: 0,
        })
    }

    /// Sends frames, and gives the answer's body.
    pub(crate) async fn frames(&mut self, frame: &[u8]) -> Option<Bytes> {
        let mut sequence = FrameSequenceWriter::new(64);
        sequence.push(frame).ok()?;
        let body = sequence.into_vec();
        self.request("POST", "/v1/frames", &body).await
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Option<Bytes> {
        self.ask(method, path, body).await?;
        let head = self.head().await?;
        if header(&head, "transfer-encoding").is_some() {
            let mut whole = BytesMut::new();
            while let Some(chunk) = self.chunk().await.filter(|chunk| !chunk.is_empty()) {
                whole.extend_from_slice(&chunk);
            }
            return Some(whole.freeze());
        }
        let length = header(&head, "content-length").map_or(Some(0), |text| text.parse().ok())?;
        self.fill(length).await?;
        Some(self.buffer.split_to(length).freeze())
    }

    /// Opens an event stream.
    pub(crate) async fn events(&mut self, path: &str) -> Option<()> {
        self.ask("GET", path, &[]).await?;
        self.head()
            .await
            .filter(|head| head.contains(" 200 "))
            .map(|_| ())
    }

    /// The next frame of the event stream.
    pub(crate) async fn event(&mut self, text: &mut String) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) {
                    return STANDARD.decode(data.trim()).ok();
                }
                continue;
            }
            let chunk = self.chunk().await?;
            text.push_str(std::str::from_utf8(&chunk).ok()?);
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Option<()> {
        let token = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}Content-Type: application/octet-stream\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.bytes += request.len() as u64;
        self.stream.write_all(&request).await.ok()
    }

    async fn head(&mut self) -> Option<String> {
        let end = self.until(b"\r\n\r\n").await?;
        String::from_utf8(self.buffer.split_to(end).to_vec()).ok()
    }

    async fn chunk(&mut self) -> Option<Bytes> {
        let end = self.until(b"\r\n").await?;
        let line = self.buffer.split_to(end);
        let length = usize::from_str_radix(std::str::from_utf8(&line).ok()?.trim(), 16).ok()?;
        self.fill(length + 2).await?;
        let chunk = self.buffer.split_to(length).freeze();
        self.buffer.advance(2);
        Some(chunk)
    }

    /// How many bytes there are up to the end of `mark`.
    async fn until(&mut self, mark: &[u8]) -> Option<usize> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|window| window == mark) {
                return Some(at + mark.len());
            }
            self.more().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> Option<()> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Some(())
    }

    async fn more(&mut self) -> Option<()> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                self.bytes += read as u64;
                Some(())
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Bytes of the largest answer.
const LARGEST: usize = 1 << 20;

/// Quantiles of the relay's stage histograms: name, quantile in percent, upper bound in microseconds.
pub(crate) async fn stages(port: u16) -> Vec<(String, u8, f64)> {
    let mut http = Http::connect(port, String::new()).await.expect("connected");
    let page = http.request("GET", "/metrics", &[]).await.expect("metrics");
    let page = String::from_utf8(page.to_vec()).expect("text");
    let mut buckets: Vec<(String, f64, f64)> = Vec::new();
    for line in page
        .lines()
        .filter(|line| line.contains("_bucket{") && line.contains("stage"))
    {
        let field = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        let count = line.rsplit(' ').next().and_then(|text| text.parse().ok());
        let bound = field("le").map(|text| text.parse().unwrap_or(f64::INFINITY));
        if let (Some(stage), Some(bound), Some(count)) = (field("stage"), bound, count) {
            buckets.push((stage, bound * 1e6, count));
        }
    }
    let mut names: Vec<&String> = buckets.iter().map(|(name, ..)| name).collect();
    names.dedup();
    let quantile = |name: &String, share: f64| {
        let of_stage = || buckets.iter().filter(|(stage, ..)| stage == name);
        let all = of_stage().map(|(.., count)| *count).fold(0.0, f64::max);
        of_stage()
            .find(|(.., count)| *count >= all * share)
            .map_or(0.0, |(_, bound, _)| *bound)
    };
    names
        .into_iter()
        .flat_map(|name| {
            [50, 99].map(|percent| (name.clone(), percent, quantile(name, f64::from(percent) / 100.0)))
        })
        .collect()
}
