// One call of the official Anthropic client, told by its arguments: BASE_URL KEY CALL. Prints one JSON object.
import Anthropic from '@anthropic-ai/sdk';

const [baseURL, apiKey, call] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
const request = { model: 'any', max_tokens: 50, messages: [{ role: 'user', content: 'hello from node' }] };
const tools = [{ name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }];

const calls = {
  async plain() {
    const { data, response } = await client.messages.create({ ...request, system: 'be kind' }).withResponse();
    return {
      text: data.content[0].text,
      stop: data.stop_reason,
      tokens: data.usage.input_tokens + data.usage.output_tokens,
      deployment: response.headers.get('x-route-deployment'),
      id: response.headers.get('x-route-decision-id'),
    };
  },
  async stream() {
    const stream = client.messages.stream(request);
    let text = '';
    stream.on('text', (piece) => { text += piece; });
    const message = await stream.finalMessage();
    return { text, final: message.content[0].text, stop: message.stop_reason, tokens: message.usage.output_tokens };
  },
  async tools() {
    const ask = { ...request, tools, messages: [{ role: 'user', content: 'call the tool' }] };
    const first = await client.messages.create(ask);
    const use = first.content.find((block) => block.type === 'tool_use');
    const second = await client.messages.create({ ...ask, messages: [...ask.messages, { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'sunny' }] }] });
    return { stop: first.stop_reason, city: use.input.city, text: second.content[0].text };
  },
  async toolStream() {
    const message = await client.messages.stream({ ...request, tools, messages: [{ role: 'user', content: 'call the tool' }] }).finalMessage();
    return { stop: message.stop_reason, city: message.content[0].input.city };
  },
  async image() {
    const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
    const message = await client.messages.create({ ...request, messages: [{ role: 'user', content: [{ type: 'image', source }, { type: 'text', text: 'look' }] }] });
    return { stop: message.stop_reason };
  },
  async models() {
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    return { models, name: (await client.models.retrieve('berlin')).display_name };
  },
  async refused() {
    return await client.messages.create({ ...request, model: 'banned' });
  },
  async wrong() {
    return await client.messages.create({ ...request, messages: [] });
  },
  async count() {
    return await client.messages.countTokens({ model: 'any', messages: request.messages });
  },
};

try {
  console.log(JSON.stringify(await calls[call]()));
} catch (error) {
  const { status = null } = error;
  console.log(JSON.stringify({ error: error.constructor.name, status, code: error.error?.error?.details?.error_code ?? null }));
}
