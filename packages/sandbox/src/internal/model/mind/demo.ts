/**
 * A model for a demo: the keywords of the user's last text choose among the tools on offer, and the results become a short
 * answer. The same request always gets the same answer. What is quoted, fenced or in tags is data: nothing in it is obeyed.
 */

import type { ModelTurn } from "../../../ModelScript.ts"
import type { ModelMessage, ModelRequest, ModelTool, ModelToolCall } from "../../../ModelState.ts"
import { bare, clausesOf } from "./extract.ts"
import { fill, fillArguments, type Hints } from "./fill.ts"
import { report } from "./report.ts"
import { fit, spoken } from "./words.ts"

/** The user's last text, and what came after it. */
export const lastAsked = (
  request: ModelRequest
): { readonly text: string; readonly since: ReadonlyArray<ModelMessage> } => {
  const index = request.messages.findLastIndex(({ role }) => role === "user")
  return { text: request.messages[index]?.text ?? "", since: request.messages.slice(index + 1) }
}

/** Without what an app has marked as data, unless nothing else is there. */
const withoutData = (text: string): string => {
  const left = text
    .replaceAll(/```[\s\S]*?(?:```|$)/g, " ")
    .replaceAll(/<([a-zA-Z][\w-]*)(?:\s[^<>]*)?>[\s\S]*?<\/\1>/g, " ")
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, " ")
    .replaceAll(/^>.*$/gm, " ")
    .trim()
  return left === "" ? text.replaceAll(/<\/?[a-zA-Z][\w-]*(?:\s[^<>]*)?>/g, " ").trim() : left
}

/** What was said until now; not what tools have answered to it, so that the same text goes on to mean the same. */
const hintsOf = (request: ModelRequest, text: string): Hints => {
  const asked = request.messages.findLastIndex(({ role }) => role === "user")
  const before = request.messages.slice(0, asked + 1).map((message) => message.text)
  return { text, earlier: before.filter((one) => one !== "").toReversed(), system: request.system }
}

/** The tool that fits best, from the given score on; of equals the first. */
export const toolFor = (tools: ReadonlyArray<ModelTool>, text: string, least = 3): ModelTool | undefined => {
  let best: { readonly tool: ModelTool; readonly score: number } | undefined
  for (const tool of tools) {
    const score = fit(tool.name, text)
    if (score >= least && score > (best?.score ?? 0)) best = { tool, score }
  }
  return best?.tool
}

const greeting =
  /^(hi|hello|hey|good (morning|afternoon|evening)|thanks|thank you|thx|cheers|help|what can you do|who are you|\?)?[\s!?.,:)]*$/i

const abilities = (tools: ReadonlyArray<ModelTool>): string =>
  tools.length === 0
    ? "No tools were offered to me, so that I can only talk."
    : `I can:\n\n${tools
        .slice(0, 12)
        .map(
          ({ description, name }) =>
            `- **${spoken(name)}**${description === "" ? "" : `: ${description.split(/(?<=\.)\s|\n/)[0]}`}`
        )
        .join("\n")}`

const introduction = "I am the sandbox's stand-in for a model, and follow simple rules."

const forced = ({ toolChoice, tools }: ModelRequest, text: string): ModelTool | undefined => {
  if (toolChoice === "none" || toolChoice === "auto") return undefined
  if (toolChoice !== "required") return tools.find(({ name }) => name === toolChoice.tool)
  return toolFor(tools, text, Number.NEGATIVE_INFINITY) ?? tools[0]
}

const callOf = (tool: ModelTool, hints: Hints): ModelToolCall => ({
  name: tool.name,
  arguments: fillArguments(tool.schema, hints).value
})

/** What a well-behaved model would answer. */
export const demo = (request: ModelRequest): ModelTurn => {
  const { since, text: whole } = lastAsked(request)
  const text = bare(withoutData(whole))
  if (request.schema !== null) return { json: fill(request.schema, hintsOf(request, text)) }
  const results = since.filter(({ role }) => role === "tool")
  const must = results.length === 0 ? forced(request, text) : undefined
  if (must !== undefined) return { toolCalls: [callOf(must, hintsOf(request, text))] }
  const called = since.flatMap(({ toolCalls }) => toolCalls.map(({ name }) => name))
  if (request.toolChoice !== "none" && !results.some(({ isError }) => isError)) {
    for (const clause of clausesOf(text)) {
      const tool = toolFor(request.tools, clause)
      if (tool === undefined) continue
      const earlier = called.indexOf(tool.name)
      if (earlier >= 0) {
        called.splice(earlier, 1)
        continue
      }
      const hints = hintsOf(request, clause)
      const { unsaid, value } = fillArguments(tool.schema, hints)
      if (unsaid.length > 0) return { text: `Which ${spoken(unsaid[0] ?? "number")} do you mean? Say it as \`#12\`.` }
      return { toolCalls: [{ name: tool.name, arguments: value }] }
    }
  }
  if (results.length > 0) return { text: report(results) }
  if (/^(thanks|thank you|thx|cheers)/i.test(text)) return { text: "You're welcome!" }
  if (greeting.test(text)) return { text: `Hello! ${introduction} ${abilities(request.tools)}` }
  return { text: `${introduction} I found no tool for that. ${abilities(request.tools)}` }
}
