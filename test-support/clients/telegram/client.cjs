// A bot written with grammY, the official client of another language: whatever it needs of the Bot API, the fake has to have.
// Usage: node client.cjs URL TOKEN. It answers /start with a button; when that is pressed it does the rest, prints what it
// found as JSON and ends.
const { Bot, GrammyError, InlineKeyboard, InputFile } = require("grammy");

const [url, token] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot: url } });
const found = {};

// One white pixel.
const PNG = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=",
    "base64",
);

async function refusal(call) {
    try {
        await call();
        return "done";
    } catch (error) {
        if (!(error instanceof GrammyError)) throw error;
        return `${error.error_code} ${error.description} ${JSON.stringify(error.parameters)}`;
    }
}

bot.command("start", (ctx) =>
    ctx.reply(`Hello <b>${ctx.from.first_name}</b>, you said <code>${ctx.match}</code>`, {
        parse_mode: "HTML",
        reply_markup: new InlineKeyboard().text("Press", "pressed"),
        reply_parameters: { message_id: ctx.msg.message_id },
    }),
);

bot.callbackQuery("pressed", async (ctx) => {
    await ctx.answerCallbackQuery({ text: "heard" });
    const edited = await ctx.editMessageText("Pressed", { reply_markup: new InlineKeyboard().text("Again", "again") });
    found.edited = edited.edit_date > 0;
    found.unchanged = await refusal(() =>
        ctx.editMessageText("Pressed", { reply_markup: new InlineKeyboard().text("Again", "again") }),
    );
    await ctx.editMessageReplyMarkup();
    const photo = await ctx.replyWithPhoto(new InputFile(PNG, "pixel.png"), { caption: "a pixel" });
    found.photo = photo.photo.map(({ width, height }) => [width, height]);
    const document = await ctx.replyWithDocument(new InputFile(Buffer.from("a,b\n"), "table.csv"));
    found.document = document.document.file_name;
    const file = await ctx.api.getFile(document.document.file_id);
    found.content = await (await fetch(`${url}/file/bot${token}/${file.file_path}`)).text();
    await ctx.api.setMyCommands([{ command: "status", description: "How things are" }], { scope: { type: "all_group_chats" } });
    found.commands = await ctx.api.getMyCommands({ scope: { type: "all_group_chats" } });
    await ctx.api.deleteMyCommands({ scope: { type: "all_group_chats" } });
    found.chat = (await ctx.getChat()).type;
    found.member = (await ctx.api.getChatMember(ctx.chat.id, ctx.from.id)).status;
    found.wrong_tag = await refusal(() => ctx.reply("<x>", { parse_mode: "HTML" }));
    found.long_button = await refusal(() => ctx.reply("x", { reply_markup: new InlineKeyboard().text("x", "x".repeat(65)) }));
    const gone = await ctx.reply("gone");
    found.deleted = await ctx.api.deleteMessage(ctx.chat.id, gone.message_id);
    found.deleted_again = await refusal(() => ctx.api.deleteMessage(ctx.chat.id, gone.message_id));
    await bot.stop();
});

bot.catch((error) => {
    console.error(error);
    process.exit(1);
});

bot.start({ timeout: 5, onStart: (me) => (found.me = me.username) }).then(() => console.log(JSON.stringify(found)));
