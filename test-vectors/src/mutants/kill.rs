//! Running the cases that name a mutant while that mutant is on.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, ensure};

use super::list::Mutants;
use super::report::Matrix;
use super::switch;
use crate::case::{Case, VectorFile};
use crate::check::run_case;
use crate::operations::Program;

/// Runs the matrix. Only the program of the instrumented build can.
pub fn kill(files: &[VectorFile], mutants: &Mutants) -> Result<Matrix> {
    ensure!(
        switch::INSTRUMENTED,
        "this build has no mutants: run `mutants`, which makes one that has"
    );
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let matrix = run(files, mutants);
    panic::set_hook(hook);
    Ok(matrix)
}

fn run(files: &[VectorFile], mutants: &Mutants) -> Matrix {
    let mut matrix = Matrix {
        parts: mutants.parts().cloned().collect(),
        ..Matrix::default()
    };
    let mut naming: BTreeMap<&str, Vec<(&VectorFile, &Case)>> = BTreeMap::new();
    for (file, case) in files
        .iter()
        .flat_map(|file| file.cases.iter().map(move |case| (file, case)))
    {
        switch::switch(&[]);
        if is_noticed(file, case) {
            matrix.failing.push(case.id.clone());
        }
        if !case.kills.is_empty() {
            matrix.cases.push(case.id.clone());
        }
        for name in &case.kills {
            if mutants.has(name) {
                naming.entry(name).or_default().push((file, case));
            } else {
                matrix.unknown.push((case.id.clone(), name.clone()));
            }
        }
    }
    for (name, switches) in mutants.switches() {
        switch::switch(&switches);
        let cases = naming.get(name).into_iter().flatten();
        let outcome = cases
            .map(|(file, case)| (case.id.clone(), is_noticed(file, case)))
            .collect();
        matrix.mutants.push((name.to_owned(), outcome));
    }
    switch::switch(&[]);
    matrix
}

/// Whether the case does not pass. A panic is noticed too.
fn is_noticed(file: &VectorFile, case: &Case) -> bool {
    let run = || run_case(&mut Program::default(), file, case).is_ok();
    !panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(false)
}
