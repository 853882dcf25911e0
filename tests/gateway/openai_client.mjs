// One call of the official OpenAI client, told by its arguments: BASE_URL KEY CALL. Prints one JSON object.
import OpenAI from 'openai';

const [baseURL, apiKey, call] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const request = { model: 'any', messages: [{ role: 'user', content: 'hello from node' }] };

const calls = {
  async plain() {
    const { data, response } = await client.chat.completions.create(request).withResponse();
    return {
      text: data.choices[0].message.content,
      tokens: data.usage.total_tokens,
      deployment: response.headers.get('x-route-deployment'),
      attempts: response.headers.get('x-route-attempts'),
      id: response.headers.get('x-route-decision-id'),
    };
  },
  async stream() {
    let text = '';
    let usage = null;
    const stream = await client.chat.completions.create({ ...request, stream: true });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? '';
      usage = chunk.usage ?? usage;
    }
    return { text, tokens: usage.total_tokens };
  },
  async refused() {
    return await client.chat.completions.create({ ...request, model: 'banned' });
  },
  async models() {
    return { models: (await client.models.list()).data.map((model) => model.id) };
  },
};

try {
  console.log(JSON.stringify(await calls[call]()));
} catch (error) {
  const { status = null, code = null } = error;
  console.log(JSON.stringify({ error: error.constructor.name, status, code }));
}
