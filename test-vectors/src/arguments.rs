//! Reading the arguments of an operation. Whatever is missing or of another type is a fault.

use serde_json::Value;
use twotick_wire::UnixTime;

use crate::answer::Failure;

/// The arguments of one operation, or of an object inside them.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a>(pub &'a Value);

impl<'a> Arguments<'a> {
    /// The value under this name; `null` counts as there.
    pub fn value(&self, name: &str) -> Result<&'a Value, Failure> {
        self.0
            .get(name)
            .ok_or_else(|| Failure::fault(format!("argument '{name}' is missing")))
    }

    /// `null` as `None`.
    pub fn optional(&self, name: &str) -> Result<Option<&'a Value>, Failure> {
        self.value(name)
            .map(|value| Some(value).filter(|value| !value.is_null()))
    }

    /// A string.
    pub fn text(&self, name: &str) -> Result<&'a str, Failure> {
        self.value(name)?.as_str().ok_or_else(|| wrong(name, "a string"))
    }

    /// Bytes in lower-case hex.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        bytes(self.value(name)?, name)
    }

    /// Exactly `N` bytes in hex.
    pub fn array<const N: usize>(&self, name: &str) -> Result<[u8; N], Failure> {
        self.bytes(name)?
            .try_into()
            .map_err(|_| wrong(name, &format!("{N} bytes in hex")))
    }

    /// A list of byte strings.
    pub fn byte_list(&self, name: &str) -> Result<Vec<Vec<u8>>, Failure> {
        self.list(name)?.iter().map(|item| bytes(item, name)).collect()
    }

    /// A list.
    pub fn list(&self, name: &str) -> Result<&'a [Value], Failure> {
        let list = self.value(name)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| wrong(name, "a list"))
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Arguments<'a>, Failure> {
        let value = self.value(name)?;
        if value.is_object() {
            Ok(Arguments(value))
        } else {
            Err(wrong(name, "an object"))
        }
    }

    /// A whole number that fits `T`.
    pub fn number<T: TryFrom<u64>>(&self, name: &str) -> Result<T, Failure> {
        let number = self.value(name)?.as_u64();
        number
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| wrong(name, "a whole number in range"))
    }

    /// A `u64` written as a string of digits.
    pub fn long(&self, name: &str) -> Result<u64, Failure> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| wrong(name, "a u64 as a string of digits"))
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Failure> {
        self.value(name)?
            .as_bool()
            .ok_or_else(|| wrong(name, "true or false"))
    }

    /// A time in seconds.
    pub fn time(&self, name: &str) -> Result<UnixTime, Failure> {
        self.number(name).map(UnixTime::new)
    }
}

fn bytes(value: &Value, name: &str) -> Result<Vec<u8>, Failure> {
    let text = value
        .as_str()
        .filter(|text| !text.bytes().any(|byte| byte.is_ascii_uppercase()));
    text.and_then(|text| hex::decode(text).ok())
        .ok_or_else(|| wrong(name, "bytes in lower-case hex"))
}

fn wrong(name: &str, expected: &str) -> Failure {
    Failure::fault(format!("argument '{name}' is not {expected}"))
}
