//! SPDX licence expressions, as far as package manifests use them.

/// An expression that does not follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LicenceError {
    Malformed,
}

/// Whether the expression can be met with allowed licences only.
///
/// `AND` binds tighter than `OR`; `/` is the old spelling of `OR`. `X WITH Y` is allowed only as a whole.
pub(crate) fn is_allowed(expression: &str, allowed: &[String]) -> Result<bool, LicenceError> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut parser = Parser {
        tokens: spaced.split_whitespace().collect(),
        next: 0,
        allowed,
    };
    let verdict = parser.alternatives()?;
    if parser.peek().is_some() {
        return Err(LicenceError::Malformed);
    }
    Ok(verdict)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    next: usize,
    allowed: &'a [String],
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Result<bool, LicenceError> {
        let mut verdict = self.conjunction()?;
        while self.take("OR") {
            verdict |= self.conjunction()?;
        }
        Ok(verdict)
    }

    fn conjunction(&mut self) -> Result<bool, LicenceError> {
        let mut verdict = self.term()?;
        while self.take("AND") {
            verdict &= self.term()?;
        }
        Ok(verdict)
    }

    fn term(&mut self) -> Result<bool, LicenceError> {
        if self.take("(") {
            let verdict = self.alternatives()?;
            return if self.take(")") {
                Ok(verdict)
            } else {
                Err(LicenceError::Malformed)
            };
        }
        let mut licence = self.identifier()?;
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.identifier()?);
        }
        Ok(self.allowed.contains(&licence))
    }

    fn identifier(&mut self) -> Result<String, LicenceError> {
        match self.peek() {
            None | Some("(" | ")" | "AND" | "OR" | "WITH") => Err(LicenceError::Malformed),
            Some(identifier) => {
                let identifier = identifier.to_owned();
                self.next += 1;
                Ok(identifier)
            }
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.peek() == Some(token);
        self.next += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.next).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_allowed_alternative_is_enough() {
        assert_eq!(verdict("MIT"), Ok(true));
        assert_eq!(verdict("GPL-3.0 OR MIT"), Ok(true));
        assert_eq!(verdict("GPL-3.0/MIT"), Ok(true));
        assert_eq!(verdict("GPL-3.0 / MIT"), Ok(true));
        assert_eq!(verdict("GPL-3.0 OR LGPL-2.1"), Ok(false));
    }

    #[test]
    fn a_conjunction_needs_every_part() {
        assert_eq!(verdict("MIT AND ISC"), Ok(true));
        assert_eq!(verdict("MIT AND GPL-3.0"), Ok(false));
        assert_eq!(verdict("(MIT OR GPL-3.0) AND ISC"), Ok(true));
        assert_eq!(verdict("(GPL-3.0 OR LGPL-2.1) AND MIT"), Ok(false));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(verdict("MIT OR ISC AND GPL-3.0"), Ok(true));
        assert_eq!(verdict("(MIT OR ISC) AND GPL-3.0"), Ok(false));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert_eq!(verdict("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert_eq!(verdict("Apache-2.0"), Ok(false));
        assert_eq!(verdict("MIT WITH LLVM-exception"), Ok(false));
    }

    #[test]
    fn case_matters() {
        assert_eq!(verdict("mit"), Ok(false));
    }

    #[test]
    fn what_does_not_parse_is_not_allowed() {
        for expression in [
            "",
            "OR",
            "MIT OR",
            "MIT ISC",
            "(MIT",
            "MIT)",
            "MIT WITH",
            "()",
            "MIT or ISC",
        ] {
            assert_eq!(verdict(expression), Err(LicenceError::Malformed), "{expression}");
        }
    }

    fn verdict(expression: &str) -> Result<bool, LicenceError> {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(String::from);
        is_allowed(expression, &allowed)
    }
}
