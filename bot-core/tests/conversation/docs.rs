//! The examples of docs/alerting.md are said to the program.

use crate::chat::Chat;

#[tokio::test]
async fn the_examples_of_the_docs_work() {
    let chat = Chat::start().await;
    for (name, labels) in [
        ("shop", "label env=prod label service=checkout"),
        ("api", "label env=prod label service=checkout"),
        ("blog", "label env=staging"),
    ] {
        chat.add(name).await;
        assert!(chat.reply(&format!("edit-monitor {name} {labels}")).await.ok);
    }
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/alerting.md")).unwrap();
    let blocks: Vec<&str> =
        docs.split("```chat\n").skip(1).map(|block| block.split("```").next().unwrap_or_default()).collect();
    assert!(blocks.len() > 5, "the examples are where they are looked for");
    for line in blocks.into_iter().flat_map(str::lines) {
        let reply = chat.reply(line).await;
        assert!(reply.ok && !is_question(&reply), "{line}: {reply:#?}");
    }
}

fn is_question(reply: &bot_core::Reply) -> bool {
    reply.blocks.iter().any(|block| matches!(block, bot_core::reply::Block::Form { .. }))
}
