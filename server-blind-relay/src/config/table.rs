//! Tables of settings: one declaration gives the structure, its defaults, and reading and showing by name.

use super::value::Value;

/// A setting, as it is shown to people.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub comment: &'static str,
    /// Its value, as it is written.
    pub value: String,
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unset {
    /// There is no such setting.
    Unknown,
    /// The text is not of this form.
    NotOfForm(&'static str),
}

/// Reads a value into its place.
pub(super) fn assign<T: Value>(place: &mut T, text: &str) -> Result<(), Unset> {
    *place = T::read(text).ok_or(Unset::NotOfForm(T::FORM))?;
    Ok(())
}

/// Declares a structure of settings. The documentation of a field is the comment that people see.
macro_rules! settings {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $comment:literal])+ $field:ident: $kind:ty = $default:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $comment])+ pub $field: $kind,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            /// The names of all settings.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

            /// Sets one from text.
            pub(in crate::config) fn assign(&mut self, name: &str, text: &str) -> Result<(), $crate::config::table::Unset> {
                match name {
                    $(stringify!($field) => $crate::config::table::assign(&mut self.$field, text),)+
                    _ => Err($crate::config::table::Unset::Unknown),
                }
            }

            /// All of them with their values.
            #[must_use]
            pub fn shown(&self) -> Vec<$crate::config::table::Shown> {
                vec![$($crate::config::table::Shown {
                    name: stringify!($field),
                    comment: concat!($($comment),+).trim_ascii(),
                    value: $crate::config::value::Value::show(&self.$field),
                }),+]
            }
        }
    };
}

pub(super) use settings;
