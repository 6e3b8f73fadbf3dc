//! What is printed: a table to read, or one JSON object a line.

#![allow(dead_code, reason = "each bench uses the bars it has")]

use serde_json::json;

/// What a figure has to be.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// Our figure, at most.
    Ours(f64),
    /// Our figure divided by the other, at most.
    Ratio(f64),
    /// Our figure divided by the other, at least.
    RatioOver(f64),
}

/// One measured figure, beside what it is compared with.
pub(crate) struct Row {
    name: String,
    ours: f64,
    peer: Option<f64>,
    unit: &'static str,
    bar: Option<Bar>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self {
            name: name.into(),
            ours,
            peer: None,
            unit,
            bar: None,
        }
    }

    pub(crate) fn beside(self, peer: f64) -> Self {
        Self {
            peer: Some(peer),
            ..self
        }
    }

    pub(crate) fn at_most(self, most: f64) -> Self {
        Self {
            bar: Some(Bar::Ours(most)),
            ..self
        }
    }

    pub(crate) fn ratio_at_most(self, most: f64) -> Self {
        Self {
            bar: Some(Bar::Ratio(most)),
            ..self
        }
    }

    pub(crate) fn ratio_at_least(self, least: f64) -> Self {
        Self {
            bar: Some(Bar::RatioOver(least)),
            ..self
        }
    }

    fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| self.ours / peer)
    }

    fn within(&self) -> Option<bool> {
        match self.bar? {
            Bar::Ours(most) => Some(self.ours <= most),
            Bar::Ratio(most) => self.ratio().map(|ratio| ratio <= most),
            Bar::RatioOver(least) => self.ratio().map(|ratio| ratio >= least),
        }
    }

    fn bar_text(&self) -> Option<String> {
        self.bar.map(|bar| match bar {
            Bar::Ours(most) => format!("<= {most} {}", self.unit).trim_end().to_owned(),
            Bar::Ratio(most) => format!("<= {most} x"),
            Bar::RatioOver(least) => format!(">= {least} x"),
        })
    }
}

/// Prints rows as they come and counts what is over its bar.
pub(crate) struct Report {
    json: bool,
    judged: bool,
    met: usize,
    missed: Vec<String>,
}

impl Report {
    /// `judged` is off for a run too short to mean anything.
    pub(crate) fn new(json: bool, judged: bool, what: &str) -> Self {
        if !json {
            println!("{what}");
        }
        Self {
            json,
            judged,
            met: 0,
            missed: Vec::new(),
        }
    }

    pub(crate) fn section(&self, title: &str) {
        if !self.json {
            println!(
                "\n{title:<53} {:>12} {:>12} {:<6} {:>7}  bar",
                "ours", "peer", "unit", "ratio"
            );
        }
    }

    pub(crate) fn row(&mut self, row: &Row) {
        let within = row.within().filter(|_| self.judged);
        match within {
            Some(true) => self.met += 1,
            Some(false) => self.missed.push(row.name.clone()),
            None => {}
        }
        if self.json {
            let object = json!({
                "name": row.name, "ours": row.ours, "peer": row.peer, "unit": row.unit,
                "ratio": row.ratio(), "bar": row.bar_text(), "within": within,
            });
            println!("{object}");
            return;
        }
        let text = |value: Option<f64>| value.map(figure).unwrap_or_default();
        let verdict = match within {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!(
            "{:<53} {:>12} {:>12} {:<6} {:>7}  {} {verdict}",
            row.name,
            figure(row.ours),
            text(row.peer),
            row.unit,
            row.ratio().map(|ratio| format!("{ratio:.3}")).unwrap_or_default(),
            row.bar_text().unwrap_or_default(),
        );
    }

    pub(crate) fn end(self) {
        if self.json || !self.judged {
            return;
        }
        println!("\nbars: {} met, {} missed", self.met, self.missed.len());
        for name in self.missed {
            println!("missed: {name}");
        }
    }
}

fn figure(value: f64) -> String {
    if value.fract() == 0.0 && value >= 1.0 || value >= 10_000.0 {
        format!("{value:.0}")
    } else if value >= 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}
