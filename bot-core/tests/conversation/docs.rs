//! The examples of the docs are said to the program.

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
    say_all(&chat, "alerting.md", 5).await;
}

#[tokio::test]
async fn the_examples_about_people_and_places_work() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert!(chat.reply("edit-monitor shop label env=prod group checkout").await.ok);
    chat.share_room().await;
    say_all(&chat, "people.md", 2).await;
}

/// Says every line of every example, of which there are so many at least.
async fn say_all(chat: &Chat, docs: &str, least: usize) {
    let docs = std::fs::read_to_string(format!("{}/../docs/{docs}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let blocks: Vec<&str> =
        docs.split("```chat\n").skip(1).map(|block| block.split("```").next().unwrap_or_default()).collect();
    assert!(blocks.len() >= least, "the examples are where they are looked for");
    for line in blocks.into_iter().flat_map(str::lines) {
        let reply = chat.reply(line).await;
        assert!(reply.ok && !is_question(&reply), "{line}: {reply:#?}");
    }
}

fn is_question(reply: &bot_core::Reply) -> bool {
    reply.blocks.iter().any(|block| matches!(block, bot_core::reply::Block::Form { .. }))
}
