//! What must not compile: copying, printing and comparing secrets, and results that are not stored yet.

/// R-STO-1, R-STO-4, attack I2: each file of `compile_fail/` is refused, for the reason beside it.
#[test]
fn misuse_of_secrets_and_of_staged_results_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
