/** The same conversations by hand on the vendor's SDK: call, run tools, call again. Nothing is stored. It prints one line of JSON. */
import Anthropic from "@anthropic-ai/sdk"
import { atOnce, instructions, rounds, shapes, type Taken, toolDescription, toolName } from "../AgentShapes.ts"

const model = process.env["LLM_MODEL"] ?? "bench"
const client = new Anthropic({
  apiKey: process.env["LLM_API_KEY"] ?? null,
  baseURL: process.env["LLM_BASE_URL"] ?? null
})

const tools: Array<Anthropic.Tool> = [
  {
    name: toolName,
    description: toolDescription,
    input_schema: { type: "object", properties: { number: { type: "integer" } }, required: ["number"] }
  }
]

const take = async (text: string): Promise<number> => {
  const begun = performance.now()
  const messages: Array<Anthropic.MessageParam> = [{ role: "user", content: text }]
  while (true) {
    const { content } = await client.messages.create({ model, max_tokens: 4096, system: instructions, messages, tools })
    const calls = content.filter((block) => block.type === "tool_use")
    if (calls.length === 0) return performance.now() - begun
    messages.push({ role: "assistant", content })
    messages.push({
      role: "user",
      content: calls.map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: JSON.stringify(input) }))
    })
  }
}

const alone: Record<"plain" | "chain" | "wide", Array<number>> = { plain: [], chain: [], wide: [] }
for (let round = 0; round < rounds; round++) {
  for (const { name } of shapes) alone[name].push(await take(`${name} ${round}`))
}
const begun = performance.now()
const together = await Promise.all(Array.from({ length: atOnce }, (_, index) => take(`chain together ${index}`)))
const taken: Taken = {
  alone,
  together,
  wallMs: performance.now() - begun,
  peakMiB: process.resourceUsage().maxRSS / 1024
}
process.stdout.write(`${JSON.stringify(taken)}\n`)
process.exit(0)
