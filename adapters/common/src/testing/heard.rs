/// The same line as it arrives from each platform.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// What an adapter hands on.
    pub wanted: &'static str,
    /// The `content` of a message on Discord.
    pub discord: &'static str,
    /// The `text` of a message on Slack.
    pub slack: &'static str,
    /// The `text` of a message on Telegram.
    pub telegram: &'static str,
    /// Its `entities`.
    pub entities: &'static [Entity],
}

/// A `MessageEntity` of Telegram.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    /// Its `type`.
    pub kind: &'static str,
    /// Where it begins, in UTF-16 code units.
    pub offset: usize,
    /// How long it is, in UTF-16 code units.
    pub length: usize,
    /// The `url` of a `text_link`; empty for others.
    pub url: &'static str,
}

/// The bot's user id on Discord in [`HEARD`].
pub const DISCORD_BOT: &str = "1100";
/// The bot's user id on Slack in [`HEARD`].
pub const SLACK_BOT: &str = "U0BOT";
/// The bot's name on Telegram in [`HEARD`], without `@`.
pub const TELEGRAM_BOT: &str = "its_bot";

const fn entity(kind: &'static str, offset: usize, length: usize) -> Entity {
    Entity { kind, offset, length, url: "" }
}

/// Whatever a platform makes of a line, it is the same in the end. Each adapter's test walks this table.
pub const HEARD: &[Heard] = &[
    Heard { wanted: "status", discord: "status", slack: "status", telegram: "status", entities: &[] },
    // An address that the platform recognises, or that is kept from having a preview.
    Heard {
        wanted: "add-monitor https://shop.example every 30s",
        discord: "add-monitor <https://shop.example> every 30s",
        slack: "add-monitor <https://shop.example> every 30s",
        telegram: "add-monitor https://shop.example every 30s",
        entities: &[entity("url", 12, 20)],
    },
    Heard {
        wanted: "add-monitor https://shop.example/?a=1&b=2#c",
        discord: "add-monitor https://shop.example/?a=1&b=2#c",
        slack: "add-monitor <https://shop.example/?a=1&amp;b=2#c>",
        telegram: "add-monitor https://shop.example/?a=1&b=2#c",
        entities: &[entity("url", 12, 31)],
    },
    // A host that the platform takes for an address: what was typed counts.
    Heard {
        wanted: "add-monitor shop.example every 30s",
        discord: "add-monitor shop.example every 30s",
        slack: "add-monitor <http://shop.example|shop.example> every 30s",
        telegram: "add-monitor shop.example every 30s",
        entities: &[entity("url", 12, 12)],
    },
    // Words that are a link: where it leads counts.
    Heard {
        wanted: "add-monitor https://shop.example/cart name:cart",
        discord: "add-monitor [our shop](https://shop.example/cart) name:cart",
        slack: "add-monitor <https://shop.example/cart|our shop> name:cart",
        telegram: "add-monitor our shop name:cart",
        entities: &[Entity { kind: "text_link", offset: 12, length: 8, url: "https://shop.example/cart" }],
    },
    Heard {
        wanted: "add-destination email to:ops@shop.example",
        discord: "add-destination email to:ops@shop.example",
        slack: "add-destination email to:<mailto:ops@shop.example|ops@shop.example>",
        telegram: "add-destination email to:ops@shop.example",
        entities: &[entity("email", 25, 16)],
    },
    // Code around an address, the whole, a value.
    Heard {
        wanted: "add-monitor https://shop.example every 30s",
        discord: "add-monitor `https://shop.example` every 30s",
        slack: "add-monitor `<https://shop.example>` every 30s",
        telegram: "add-monitor https://shop.example every 30s",
        entities: &[entity("code", 12, 20)],
    },
    Heard {
        wanted: "add-monitor https://shop.example",
        discord: "add-monitor ``https://shop.example``",
        slack: "add-monitor ```<https://shop.example>```",
        telegram: "add-monitor https://shop.example",
        entities: &[entity("pre", 12, 20)],
    },
    Heard {
        wanted: "https://shop.example every 30s",
        discord: "`https://shop.example` every 30s",
        slack: "`<https://shop.example>` every 30s",
        telegram: "https://shop.example every 30s",
        entities: &[entity("code", 0, 20)],
    },
    Heard {
        wanted: "add-monitor https://shop.example every 30s",
        discord: "`add-monitor https://shop.example every 30s`",
        slack: "`add-monitor <https://shop.example> every 30s`",
        telegram: "add-monitor https://shop.example every 30s",
        entities: &[entity("code", 0, 42)],
    },
    Heard {
        wanted: "add-monitor https://shop.example every 30s",
        discord: "```sh\nadd-monitor https://shop.example every 30s\n```",
        slack: "```add-monitor https://shop.example every 30s```",
        telegram: "add-monitor https://shop.example every 30s\n",
        entities: &[entity("pre", 0, 43)],
    },
    Heard {
        wanted: "edit-monitor shop contains:`Add to cart`",
        discord: "edit-monitor shop contains:`Add to cart`",
        slack: "edit-monitor shop contains:`Add to cart`",
        telegram: "edit-monitor shop contains:Add to cart",
        entities: &[entity("code", 27, 11)],
    },
    Heard {
        wanted: "edit-monitor shop body:`{\"a\": \"<b>\"}`",
        discord: "edit-monitor shop body:```json\n{\"a\": \"<b>\"}\n```",
        slack: "edit-monitor shop body:```{\"a\": \"&lt;b&gt;\"}```",
        telegram: "edit-monitor shop body:{\"a\": \"<b>\"}",
        entities: &[entity("pre", 23, 12)],
    },
    // For whom it is.
    Heard {
        wanted: "status shop",
        discord: "<@1100> status shop",
        slack: "<@U0BOT> status shop",
        telegram: "@its_bot status shop",
        entities: &[entity("mention", 0, 8)],
    },
    Heard {
        wanted: "status",
        discord: "<@!1100>, status",
        slack: "<@U0BOT|watchword>: status",
        telegram: "@Its_Bot: status",
        entities: &[entity("mention", 0, 8)],
    },
    Heard {
        wanted: "status",
        discord: "status <@1100>",
        slack: "status <@U0BOT>",
        telegram: "status @its_bot",
        entities: &[entity("mention", 7, 8)],
    },
    Heard {
        wanted: "status shop",
        discord: "<@1100> `status shop`",
        slack: "<@U0BOT> `status shop`",
        telegram: "@its_bot status shop",
        entities: &[entity("mention", 0, 8), entity("code", 9, 11)],
    },
    Heard {
        wanted: "/status shop",
        discord: "<@1100> /status shop",
        slack: "<@U0BOT> /status shop",
        telegram: "/status@its_bot shop",
        entities: &[entity("bot_command", 0, 15)],
    },
    Heard {
        wanted: "/add_monitor https://shop.example",
        discord: "/add_monitor https://shop.example",
        slack: "/add_monitor <https://shop.example>",
        telegram: "/add_monitor https://shop.example",
        entities: &[entity("bot_command", 0, 12), entity("url", 13, 20)],
    },
    // What keyboards do.
    Heard {
        wanted: "edit-monitor shop contains:“Add to cart” —every 30s",
        discord: "edit-monitor shop contains:“Add to cart” —every 30s",
        slack: "edit-monitor shop contains:“Add to cart” —every 30s",
        telegram: "edit-monitor shop contains:“Add to cart” —every 30s",
        entities: &[],
    },
    Heard {
        wanted: "edit-monitor shop contains:\"Add to cart\"",
        discord: "edit-monitor shop contains:\"Add to cart”",
        slack: "edit-monitor shop contains:“Add to cart\"",
        telegram: "edit-monitor shop contains:„Add to cart”",
        entities: &[],
    },
    Heard {
        wanted: "add-monitor https://shop.example every 30s",
        discord: "add-monitor\u{a0}https://shop.example\u{202f}every 30s\u{200b}",
        slack: "\u{feff}add\u{2011}monitor\u{a0}<https://shop.example> every\u{a0}30s",
        telegram: "\u{2068}add-monitor\u{2069} https://shop.\u{200b}example every 30s\r\n",
        entities: &[],
    },
    // What is markup elsewhere, and is meant as it stands.
    Heard {
        wanted: "edit-monitor shop contains:\"a < b & c > d\"",
        discord: "edit-monitor shop contains:\"a < b & c > d\"",
        slack: "edit-monitor shop contains:\"a &lt; b &amp; c &gt; d\"",
        telegram: "edit-monitor shop contains:\"a < b & c > d\"",
        entities: &[],
    },
    Heard {
        wanted: "edit-monitor shop contains:\"&amp;\"",
        discord: "edit-monitor shop contains:\"&amp;\"",
        slack: "edit-monitor shop contains:\"&amp;amp;\"",
        telegram: "edit-monitor shop contains:\"&amp;\"",
        entities: &[],
    },
    // Characters that are two UTF-16 code units.
    Heard {
        wanted: "note #3 𝕏𝕐 see https://shop.example/𝕏 `why #3`",
        discord: "note #3 𝕏𝕐 see <https://shop.example/𝕏> `why #3`",
        slack: "note #3 𝕏𝕐 see <https://shop.example/𝕏> `why #3`",
        telegram: "note #3 𝕏𝕐 see https://shop.example/𝕏 why #3",
        entities: &[entity("url", 17, 23), entity("code", 41, 6)],
    },
    // Stress on words says nothing; Telegram has taken it away already.
    Heard {
        wanted: "edit-monitor my_shop_2 contains:*",
        discord: "edit-monitor my_shop_2 contains:*",
        slack: "edit-monitor my_shop_2 contains:*",
        telegram: "edit-monitor my_shop_2 contains:*",
        entities: &[entity("bold", 13, 9)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_stand_where_they_say() {
        let mut seen = 0;
        for heard in HEARD {
            let units: Vec<u16> = heard.telegram.encode_utf16().collect();
            for entity in heard.entities {
                let text = String::from_utf16(&units[entity.offset..entity.offset + entity.length]).unwrap();
                let fits = match entity.kind {
                    "url" => text.contains("shop.example") && !text.contains(' '),
                    "text_link" => text == "our shop" && entity.url.starts_with("https://"),
                    "email" => text == "ops@shop.example",
                    "mention" => text.eq_ignore_ascii_case("@its_bot"),
                    "bot_command" => text.starts_with('/') && !text.contains(' '),
                    "code" | "pre" => !text.contains('`') && !text.starts_with(' ') && !text.ends_with(' '),
                    "bold" => text == "my_shop_2",
                    _ => false,
                };
                assert!(fits, "{entity:?} is {text:?}");
                seen += 1;
            }
        }
        assert!(seen > 15);
    }
}
