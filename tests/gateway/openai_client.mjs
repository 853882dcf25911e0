// One call of the official OpenAI client, told by its arguments: BASE_URL KEY CALL. Prints one JSON object.
import OpenAI from 'openai';

const [baseURL, apiKey, call] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const request = { model: 'any', messages: [{ role: 'user', content: 'hello from node' }] };
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { type: 'function', function: { name: 'weather', parameters } };

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
    const models = (await client.models.list()).data.map((model) => model.id);
    return { models, owner: (await client.models.retrieve('berlin')).owned_by };
  },
  async noModel() {
    return await client.models.retrieve('rome');
  },
  /// The client's own loop: it asks, runs the tool that the answer calls, and asks again with its result.
  async tools() {
    const cities = [];
    const runner = client.chat.completions.runTools({
      model: 'any',
      messages: [{ role: 'user', content: 'call the tool' }],
      tools: [{ type: 'function', function: { name: 'weather', description: 'the weather', parameters, parse: JSON.parse,
        function: ({ city }) => { cities.push(city); return `sunny in ${city}`; } } }],
    });
    return { text: await runner.finalContent(), cities };
  },
  async toolStream() {
    const stream = client.chat.completions.stream({ model: 'any', messages: [{ role: 'user', content: 'call the tool' }], tools: [weather] });
    const call = (await stream.finalMessage()).tool_calls[0].function;
    return { name: call.name, city: JSON.parse(call.arguments).city };
  },
  async image() {
    const content = [{ type: 'text', text: 'look' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }];
    const answer = await client.chat.completions.create({ model: 'any', messages: [{ role: 'user', content }] });
    return { finish: answer.choices[0].finish_reason };
  },
  async completion() {
    const answer = await client.completions.create({ model: 'any', prompt: 'once upon' });
    let streamed = '';
    for await (const chunk of await client.completions.create({ model: 'any', prompt: 'once upon', stream: true })) {
      streamed += chunk.choices[0]?.text ?? '';
    }
    return { text: answer.choices[0].text, streamed };
  },
  async embeddings() {
    const answer = await client.embeddings.create({ model: 'any', input: ['one', 'two'] });
    return { vectors: answer.data.map((element) => element.embedding), tokens: answer.usage.prompt_tokens };
  },
  async response() {
    const answer = await client.responses.create({ model: 'any', instructions: 'be kind', input: 'hello from node' });
    return { text: answer.output_text, status: answer.status, tokens: answer.usage.total_tokens };
  },
  async responseStream() {
    const types = new Set();
    const stream = client.responses.stream({ model: 'any', input: 'hello from node' });
    let text = '';
    for await (const event of stream) {
      types.add(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    return { text, final: (await stream.finalResponse()).output_text, types: [...types].length > 4 };
  },
  async responseTool() {
    const tools = [{ type: 'function', name: 'weather', parameters, strict: false }];
    const first = await client.responses.create({ model: 'any', input: [{ role: 'user', content: 'call the tool' }], tools });
    const call = first.output.find((item) => item.type === 'function_call');
    const second = await client.responses.create({ model: 'any', tools, input: [
      { role: 'user', content: 'call the tool' },
      { type: 'function_call', call_id: call.call_id, name: call.name, arguments: call.arguments },
      { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }] });
    return { city: JSON.parse(call.arguments).city, text: second.output_text };
  },
  async stored() {
    return await client.responses.create({ model: 'any', input: 'x', previous_response_id: 'resp_1' });
  },
};

try {
  console.log(JSON.stringify(await calls[call]()));
} catch (error) {
  const { status = null, code = null } = error;
  console.log(JSON.stringify({ error: error.constructor.name, status, code }));
}
