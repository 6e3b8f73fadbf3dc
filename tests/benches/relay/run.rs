//! Everything that is measured, in order, and the bars.

use std::path::Path;
use std::process::Command;

use crate::latency::{Latencies, median};
use crate::load::{Offline, Outcome};
use crate::process::{Server, free_port};
use crate::table::{Report, Row};
use crate::transports::Transport;
use crate::{client, disk, load, mosquitto, scenes, transports};

const ROUNDS: usize = 3;

/// Runs every part, or the one that is named.
pub(crate) async fn everything(mut report: Report, only: Option<&str>) {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, report_to) = (directory.path(), &mut report);
    let is_asked = |part: &str| only.is_none_or(|only| only == part);
    if is_asked("online") {
        online(path, report_to).await;
    }
    if is_asked("offline") {
        offline(path, report_to).await;
    }
    if is_asked("latency") {
        latency(path, report_to).await;
    }
    if is_asked("instant") {
        instant(path, report_to).await;
    }
    if is_asked("idle") {
        idle(path, report_to).await;
    }
    if is_asked("storm") {
        storm(path, report_to).await;
    }
    if is_asked("restart") {
        restart(path, report_to).await;
    }
    if is_asked("transports") {
        per_transport(path, report_to).await;
    }
    report.end();
}

/// A directory of its own for each server.
fn fresh(path: &Path, name: &str) -> std::path::PathBuf {
    let directory = path.join(name);
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

fn serve(what: &str, directory: &Path) -> Server {
    let (port, program) = (free_port(), std::env::current_exe().expect("a path"));
    let mut command = Command::new(program);
    command.args(["--serve", what, &port.to_string()]).arg(directory);
    Server::start(&mut command, port)
}

/// 50 pairs that chat, with 1 and with 20 sends in flight each.
async fn online(path: &Path, report: &mut Report) {
    report.section("online, 50 pairs, 1 KiB, durable (mosquitto: from memory)");
    let (relay_at, floor_at) = (fresh(path, "online"), fresh(path, "floor"));
    let relay = client::start(&relay_at);
    let floor = serve("floor", &floor_at);
    let peer = mosquitto::start(path);
    for (window, count) in [(1, 200), (20, 1000)] {
        let (mut ours, mut base, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let seed = (window * 1_000_000 + round * 1000) as u64;
            ours.push(load::relay_online(&relay, seed, 50, window, count).await);
            base.push(load::floor_online(&floor, 50, window, count).await);
            if let Some(peer) = &peer {
                theirs.push(load::mosquitto_online(peer, seed, 50, window, count).await);
            }
        }
        let [ours, base, theirs] = [ours, base, theirs].map(summary);
        let row = |name: &str| Row::new(format!("{name}, window {window}"), "msg/s", ours.per_second);
        let least = if window == 1 { 0.6 } else { 2.5 };
        if peer.is_some() {
            report.row(
                &row("beside mosquitto")
                    .beside(theirs.per_second)
                    .ratio_at_least(least),
            );
        } else {
            report.row(&row("mosquitto is not installed"));
        }
        let floor_row = row("beside the logging floor").beside(base.per_second);
        report.row(&if window == 1 {
            floor_row
        } else {
            floor_row.ratio_at_least(0.3)
        });
        let cpu = Row::new(format!("server CPU a message, window {window}"), "us", ours.cpu);
        match (&peer, window) {
            (None, _) => report.row(&cpu),
            (Some(_), 1) => report.row(&cpu.beside(theirs.cpu)),
            (Some(_), _) => report.row(&cpu.beside(theirs.cpu).ratio_at_most(1.0)),
        }
        report.row(&Row::new(format!("p50 until stored, window {window}"), "us", ours.p50).beside(base.p50));
        report.row(&Row::new(format!("p99 until stored, window {window}"), "us", ours.p99).beside(base.p99));
    }
    stages(report, &relay).await;
}

/// Senders to people who are away, who then all come.
async fn offline(path: &Path, report: &mut Report) {
    report.section("10 senders to 1,000 people who are away, then drained");
    let relay = client::start(&fresh(path, "offline"));
    let peer = mosquitto::start(&fresh(path, "peer"));
    let offline = Offline {
        people: 1000,
        messages: 40,
        senders: 10,
        window: 20,
        at_once: 50,
    };
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        let seed = (500_000_000 + round * 10_000_000) as u64;
        let (stored, drained) = load::relay_offline(&relay, seed, &offline).await;
        ours[0].push(stored);
        ours[1].push(drained);
        if let Some(peer) = &peer {
            let (stored, drained) = load::mosquitto_offline(peer, seed, &offline).await;
            theirs[0].push(stored);
            theirs[1].push(drained);
        }
    }
    let (ours, theirs) = (ours.map(summary), theirs.map(summary));
    for (index, (name, least)) in [("stored, window 20", 0.9), ("drained, with attaching", 1.0)]
        .into_iter()
        .enumerate()
    {
        let row = Row::new(name, "msg/s", ours[index].per_second);
        let cpu = Row::new(format!("server CPU, {name}"), "us", ours[index].cpu);
        if peer.is_some() {
            report.row(&row.beside(theirs[index].per_second).ratio_at_least(least));
            report.row(&cpu.beside(theirs[index].cpu));
        } else {
            report.row(&row);
            report.row(&cpu);
        }
    }
}

/// How long a durable send takes at half of what 20 pairs with one send in flight reach.
async fn latency(path: &Path, report: &mut Report) {
    report.section("durable send at half load, beside fdatasync of the same disk");
    let relay = client::start(&fresh(path, "latency"));
    let full = load::relay_online(&relay, 600_000_000, 20, 1, 500)
        .await
        .per_second;
    let (mut p50, mut p99) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        let mut flush = disk::flush(path, 2000);
        let seed = 700_000_000 + round as u64 * 1000;
        let mut sends = load::relay_paced(&relay, seed, 20, full / 2.0, 500)
            .await
            .latencies;
        for (values, quantile) in [(&mut p50, 0.5), (&mut p99, 0.99)] {
            values[0].push(sends.quantile(quantile));
            values[1].push(flush.quantile(quantile));
        }
    }
    let ([ours50, disk50], [ours99, disk99]) = (p50.map(median), p99.map(median));
    report.row(&Row::new("p50", "us", ours50).beside(disk50).ratio_at_most(2.0));
    report.row(&Row::new("p99", "us", ours99).beside(disk99).ratio_at_most(5.0));
}

/// What must feel instant: typing, and a message to a large circle.
async fn instant(path: &Path, report: &mut Report) {
    report.section("send to push");
    let (relay, echo) = (client::start(&fresh(path, "instant")), serve("echo", path));
    let (mut ours, mut raw) = (Latencies::default(), Latencies::default());
    for round in 0..ROUNDS {
        ours.extend(scenes::ephemeral(&relay, 800_000_000 + round as u64 * 10, 1000).await);
        raw.extend(scenes::echo(&echo, 1000).await);
    }
    let row = Row::new(
        "ephemeral, p50, beside a raw WebSocket echo",
        "us",
        ours.quantile(0.5),
    );
    report.row(&row.beside(raw.quantile(0.5)).ratio_at_most(3.0));
    report.row(&Row::new("ephemeral, p99", "us", ours.quantile(0.99)).beside(raw.quantile(0.99)));
    let mut last = scenes::fan_out(&relay, 900_000_000, 100).await;
    report.row(&Row::new(
        "one send to 256 devices, last one, p50",
        "us",
        last.quantile(0.5),
    ));
    report.row(
        &Row::new(
            "one send to 256 devices, last one, p99",
            "us",
            last.quantile(0.99),
        )
        .at_most(100_000.0),
    );
}

/// Resident memory of attached connections that say nothing.
async fn idle(path: &Path, report: &mut Report) {
    report.section("memory for each idle attached connection");
    let directory = fresh(path, "idle");
    let bytes = scenes::idle(|| client::start(&directory), 1_000_000_000, 5000, None).await;
    report.row(&Row::new("in clear", "B", bytes).at_most(12_000.0));
    let directory = fresh(path, "idle-tls");
    let trust = scenes::trust(&directory);
    let start = || client::start_tls(&directory);
    let bytes = scenes::idle(start, 1_000_000_000, 2000, Some(trust)).await;
    report.row(&Row::new("over TLS", "B", bytes).at_most(40_000.0));
}

/// All come back at once, under the limits of SPEC 28.
async fn storm(path: &Path, report: &mut Report) {
    report.section("9,000 clients come back at once, 20 envelopes each");
    let relay = client::start(&fresh(path, "storm"));
    let people = scenes::fill(&relay, 2_000_000_000, 9000, 20, SMALL).await;
    let (elapsed, attempts) = scenes::storm(&relay, &people, 20).await;
    report.row(&Row::new("until all are drained", "s", elapsed.as_secs_f64()).at_most(10.0));
    report.row(&Row::new("most attempts of one client", "", attempts as f64).at_most(3.0));
}

/// A power cut with a million envelopes in the store.
async fn restart(path: &Path, report: &mut Report) {
    report.section("restart after kill -9, 1,000,000 envelopes");
    let directory = fresh(path, "restart");
    let relay = client::start(&directory);
    let people = scenes::fill(&relay, 3_000_000_000, 1000, 1000, SMALL).await;
    relay.kill();
    let (elapsed, resident) = scenes::restart(&directory, &people[0]).await;
    report.row(&Row::new("until it serves", "s", elapsed.as_secs_f64()).at_most(1.0));
    report.row(&Row::new("resident memory", "MB", resident as f64 / 1e6).at_most(300.0));
}

/// What each transport costs for one message at a time.
async fn per_transport(path: &Path, report: &mut Report) {
    let relay = client::start(&fresh(path, "transports"));
    for (index, transport) in Transport::ALL.into_iter().enumerate() {
        report.section(&format!(
            "{}, one message at a time, acknowledged",
            transport.name()
        ));
        let seed = 4_000_000_000 + index as u64 * 10;
        let mut cost = transports::cost(&relay, seed, transport, 1000).await;
        report.row(&Row::new("bytes a message, both sides", "B", cost.bytes));
        report.row(&Row::new(
            "p50 to the recipient",
            "us",
            cost.latencies.quantile(0.5),
        ));
        report.row(&Row::new(
            "p99 to the recipient",
            "us",
            cost.latencies.quantile(0.99),
        ));
        report.row(&Row::new("server CPU a message", "us", cost.cpu));
    }
}

/// The relay's own histograms of what it did so far.
async fn stages(report: &mut Report, relay: &Server) {
    for (name, quantile, value) in crate::http::stages(relay.port).await {
        report.row(&Row::new(
            format!("stage {name}, p{quantile}, at most"),
            "us",
            value,
        ));
    }
}

struct Summary {
    per_second: f64,
    cpu: f64,
    p50: f64,
    p99: f64,
}

fn summary(outcomes: Vec<Outcome>) -> Summary {
    let per_second = median(outcomes.iter().map(|outcome| outcome.per_second).collect());
    let cpu = median(outcomes.iter().map(|outcome| outcome.cpu).collect());
    let mut latencies = Latencies::default();
    outcomes
        .into_iter()
        .for_each(|outcome| latencies.extend(outcome.latencies));
    Summary {
        per_second,
        cpu,
        p50: latencies.quantile(0.5),
        p99: latencies.quantile(0.99),
    }
}

/// Bytes of the smallest message: a sealed one in the smallest bucket.
const SMALL: usize = 351;
