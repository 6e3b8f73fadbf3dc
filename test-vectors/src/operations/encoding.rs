//! Not begun.

use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn run(_name: &str, _arguments: &Arguments<'_>, _random: &mut Source) -> Option<Outcome> {
    None
}
