// Slack's own framework, Bolt, as an app of the workspace that our server takes the part of: it uses what our adapter uses.
// Usage: node client.cjs API_URL BOT_TOKEN APP_TOKEN
const { App, LogLevel } = require('@slack/bolt');

const [url, token, appToken] = process.argv.slice(2);
const app = new App({
  token,
  appToken,
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: `${url}/` },
});

const text = (words) => ({ type: 'plain_text', text: words });
const button = { type: 'button', text: text('Answer'), action_id: 'answer-0', value: 'kept', style: 'primary' };

app.command('/watchword', async ({ command, ack, respond }) => {
  await ack();
  await respond({
    response_type: 'in_channel',
    text: `heard ${command.text}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `heard ${command.text}` } },
      { type: 'actions', elements: [button] },
    ],
  });
});

app.action('answer-0', async ({ ack, action, body, client }) => {
  await ack();
  const element = { type: 'plain_text_input', action_id: 'input' };
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: 'modal',
      callback_id: 'answer',
      private_metadata: JSON.stringify({ channel: body.channel.id, value: action.value }),
      title: text('Which?'),
      submit: text('Answer'),
      blocks: [{ type: 'input', block_id: 'name', label: text('Which?'), element }],
    },
  });
});

app.view('answer', async ({ ack, view, client }) => {
  await ack();
  const { channel, value } = JSON.parse(view.private_metadata);
  const said = view.state.values.name.input.value;
  const posted = await client.chat.postMessage({ channel, text: `${value}: ${said}` });
  await client.chat.update({ channel, ts: posted.ts, text: `${value}: ${said}, changed` });
});

app.event('app_mention', async ({ event, client, say }) => {
  const { user } = await client.users.info({ user: event.user });
  const { channel } = await client.conversations.info({ channel: event.channel });
  await say({ text: `${user.real_name} in ${channel.name}: ${event.text}`, thread_ts: event.ts });
});

app.message(async ({ message, client }) => {
  const file = Buffer.from(message.text);
  await client.files.uploadV2({ channel_id: message.channel, file, filename: 'said.txt', alt_text: 'what was said' });
  await client.chat.postEphemeral({ channel: 'C0OPS', user: message.user, text: 'only you' });
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: 'home', blocks: [{ type: 'section', text: text('at home') }, { type: 'actions', elements: [button] }] },
  });
});

app.error(async (error) => {
  console.error(error);
  process.exit(1);
});

app.start().catch((error) => {
  console.error(error);
  process.exit(1);
});
