use std::collections::{HashMap, VecDeque};

use bot_core::Reply;
use bot_core::reply::Block;

/// Questions that are remembered, so that what answers them is taken for nothing else.
const REMEMBERED: usize = 1_000;

/// The question that a message asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The token of its form.
    pub(crate) token: String,
    /// The name of the field that is asked for.
    pub(crate) field: String,
    /// Whether that is a secret.
    pub(crate) secret: bool,
    /// Who was asked, by the platform's id.
    pub(crate) whom: String,
}

impl Question {
    /// The question that a reply asks somebody, which is its first.
    pub(crate) fn of(reply: &Reply, whom: &str) -> Option<Self> {
        let (token, field) = reply.blocks.iter().find_map(|block| match block {
            Block::Form { token, fields, .. } => fields.first().map(|field| (token, field)),
            _ => None,
        })?;
        let (token, whom) = (token.clone(), whom.to_owned());
        Some(Self { token, field: field.name.clone(), secret: field.secret, whom })
    }
}

/// The latest questions, by the chat and the number of the message that asks.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    questions: HashMap<(i64, i32), Question>,
    order: VecDeque<(i64, i32)>,
}

impl Asked {
    pub(crate) fn insert(&mut self, chat: i64, message: i32, question: Question) {
        if self.questions.insert((chat, message), question).is_none() {
            self.order.push_back((chat, message));
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.questions.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, chat: i64, message: i32) -> Option<Question> {
        self.questions.get(&(chat, message)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_remembered_and_not_for_ever() {
        let mut asked = Asked::default();
        let question = |field: &str| {
            let (token, field, whom) = ("t".to_owned(), field.to_owned(), "5".to_owned());
            Question { token, field, secret: false, whom }
        };
        asked.insert(1, 1, question("text"));
        assert_eq!((asked.get(1, 1), asked.get(2, 1)), (Some(question("text")), None));
        for message in 2..=i32::try_from(REMEMBERED).unwrap() + 1 {
            asked.insert(1, message, question("text"));
        }
        assert_eq!((asked.get(1, 1), asked.get(1, 2)), (None, Some(question("text"))));
        assert_eq!((asked.questions.len(), asked.order.len()), (REMEMBERED, REMEMBERED));
    }
}
