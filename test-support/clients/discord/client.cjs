// A bot in discord.js, which drives the fake: it registers a command, and answers what is said to it at once, later, and at the
// press of a button. Usage: client.cjs URL TOKEN
const { ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, Events, GatewayIntentBits, MessageFlags, Partials } = require("discord.js");

const [url, token] = process.argv.slice(2);
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
  partials: [Partials.Channel],
  rest: { api: `${url}/api` },
});

client.once(Events.ClientReady, async (ready) => {
  const commands = await ready.application.commands.fetch();
  const ping = await ready.application.commands.create({ name: "ping", description: "Answers" });
  await ping.edit({ description: "Answers at once" });
  await ready.application.commands.create({ name: "later", description: "Answers later" });
  const guild = await ready.guilds.fetch("1100000000000000002");
  const roles = await guild.roles.fetch();
  const channel = await guild.channels.cache.find((one) => one.name === "ops").fetch();
  const message = await channel.send(`${ready.user.username} of ${guild.name} with ${roles.size} roles knew ${commands.size}`);
  const thread = await message.startThread({ name: "talk" });
  await thread.send("in the thread");
  await message.edit({ content: message.content, files: [{ attachment: Buffer.from("hello"), name: "hello.txt" }] });
});

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  if (message.content.endsWith("bye")) {
    await message.delete();
    await client.destroy();
    process.exit();
  }
  await message.reply(`heard ${message.content} from ${message.member?.displayName ?? message.author.username}`);
});

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isAutocomplete()) {
    await interaction.respond([{ name: interaction.options.getFocused(), value: "a" }]);
  } else if (interaction.isButton()) {
    await interaction.reply({ content: `pressed ${interaction.customId} of ${interaction.message.id}`, flags: MessageFlags.Ephemeral });
  } else if (interaction.isChatInputCommand() && interaction.commandName === "later") {
    await interaction.deferReply();
    await interaction.editReply("edited");
    await interaction.followUp("followed");
  } else if (interaction.isChatInputCommand()) {
    const button = new ButtonBuilder().setCustomId("go").setLabel("Go").setStyle(ButtonStyle.Primary);
    await interaction.reply({ content: `pong ${interaction.options.getString("to")}`, components: [new ActionRowBuilder().addComponents(button)] });
  }
});

client.login(token).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
