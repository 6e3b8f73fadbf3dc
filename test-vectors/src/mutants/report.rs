//! What came of the matrix.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// Which case noticed which mutant.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Cases that fail with no mutant on.
    pub failing: Vec<String>,
    /// Cases that name a mutant.
    pub cases: Vec<String>,
    /// Cases with names that the list does not have.
    pub unknown: Vec<(String, String)>,
    /// Every mutant, with the cases that name it and whether they noticed it.
    pub mutants: Vec<(String, Vec<(String, bool)>)>,
    /// Mutants that others combine: no case need name them.
    pub parts: BTreeSet<String>,
}

impl Matrix {
    /// Everything wrong, a line each.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        found.extend(
            self.failing
                .iter()
                .map(|case| format!("{case} fails on the reference itself")),
        );
        found.extend(
            self.unknown
                .iter()
                .map(|(case, name)| format!("{case} names the mutant {name}, which is not in the list")),
        );
        for (name, cases) in self.survivors() {
            let cases: Vec<_> = cases.iter().map(|(case, _)| case.as_str()).collect();
            found.push(if cases.is_empty() {
                format!("{name} survives: no case names it")
            } else {
                format!("{name} survives: not noticed by {}", cases.join(", "))
            });
        }
        let discriminating = self.discriminating();
        for case in self
            .cases
            .iter()
            .filter(|case| !discriminating.contains(case.as_str()))
        {
            found.push(format!("{case} notices none of the mutants it names"));
        }
        found
    }

    /// The table, and the counts under it.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (name, cases) in self.counted() {
            let noticed = cases.iter().filter(|(_, noticed)| *noticed).count();
            let _ = writeln!(
                table,
                "{name:<36} noticed by {noticed:>3} of {:>3} cases",
                cases.len()
            );
        }
        let (all, survived) = (self.counted().count(), self.survivors().count());
        let _ = writeln!(
            table,
            "{all} mutants, {} killed, {survived} survived; {} cases, {} discriminate",
            all - survived,
            self.cases.len(),
            self.discriminating().len()
        );
        table
    }

    /// For every mutant the cases that notice it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let of = |cases: &[(String, bool)]| -> Vec<String> {
            cases
                .iter()
                .filter(|(_, noticed)| *noticed)
                .map(|(case, _)| case.clone())
                .collect()
        };
        let mutants: Map<String, Value> = self
            .mutants
            .iter()
            .map(|(name, cases)| (name.clone(), json!(of(cases))))
            .collect();
        mutants.into()
    }

    fn survivors(&self) -> impl Iterator<Item = &(String, Vec<(String, bool)>)> {
        self.counted()
            .filter(|(_, cases)| !cases.iter().any(|(_, noticed)| *noticed))
    }

    /// All mutants but those that are only part of others.
    fn counted(&self) -> impl Iterator<Item = &(String, Vec<(String, bool)>)> {
        self.mutants
            .iter()
            .filter(|(name, cases)| !cases.is_empty() || !self.parts.contains(name))
    }

    fn discriminating(&self) -> BTreeSet<&str> {
        let pairs = self.mutants.iter().flat_map(|(_, cases)| cases);
        pairs
            .filter(|(_, noticed)| *noticed)
            .map(|(case, _)| case.as_str())
            .collect()
    }
}
