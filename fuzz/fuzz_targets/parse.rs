//! No message makes the grammar panic or take long: libFuzzer reports what is slow as well as what crashes.
#![no_main]

use bot_core::grammar::{self, Given, Line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &str| {
    let Ok(line) = Line::read(message) else { return };
    match line {
        Line::Command(command, tokens) => {
            let _ = grammar::parse(command.arguments, &tokens, &Given::default());
        }
        Line::Address(tokens) | Line::Other(_, tokens) => {
            for command in bot_core::commands::COMMANDS {
                let _ = grammar::parse(command.arguments, &tokens, &Given::default());
            }
        }
        Line::Empty => {}
    }
});
