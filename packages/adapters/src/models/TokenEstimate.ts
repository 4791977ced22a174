/** How many tokens a text has, roughly, without a vendor's vocabulary. */
import { Effect, Layer } from "effect"
import { type Prompt, Tokenizer, Tool } from "effect/ai"
import type { TokenInput } from "./VendorModel.ts"

/** What a message costs beside its text. */
const messageTokens = 4

/** What an image or another file counts as: vendors count about this much for a large image. */
const fileTokens = 1600

/**
 * Counts words, numbers, marks and other letters apart: English prose comes to about a token for four letters, code
 * and other scripts to more. It leans upwards, so that what it lets through fits.
 */
export const estimateText = (text: string): number => {
  let tokens = 0
  for (const [piece] of text.matchAll(/[A-Za-z]+|\d+|[^\S\n]+|\n+|[!-~]|[^\u0000-\u007f]+/g)) {
    const first = piece.charCodeAt(0)
    if (/[A-Za-z]/.test(piece)) tokens += Math.ceil(piece.length / 5)
    else if (/\d/.test(piece)) tokens += Math.ceil(piece.length / 3)
    else if (first > 127) tokens += Math.ceil(new TextEncoder().encode(piece).length / 2)
    // NOTE: one space belongs to the word after it.
    else if (piece !== " ") tokens += 1
  }
  return tokens
}

const partTokens = (part: Prompt.Part): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return estimateText(part.text)
    case "file":
      return fileTokens
    case "tool-call":
      return messageTokens + estimateText(part.name) + estimateText(JSON.stringify(part.params) ?? "")
    case "tool-result":
      return messageTokens + estimateText(JSON.stringify(part.result) ?? "")
    default:
      return 0
  }
}

const messageSize = (message: Prompt.Message): number =>
  messageTokens +
  (typeof message.content === "string"
    ? estimateText(message.content)
    : message.content.reduce((sum, part) => sum + partTokens(part), 0))

/** The whole of a request: its messages, and the schemas of its tools. */
export const estimate = ({ prompt, tools }: TokenInput): number =>
  prompt.content.reduce((sum, message) => sum + messageSize(message), 0) +
  tools.reduce(
    (sum, tool) =>
      sum +
      messageTokens +
      estimateText(`${tool.name} ${Tool.getDescription(tool) ?? ""} ${JSON.stringify(Tool.getJsonSchema(tool))}`),
    0
  )

/** `Tokenizer` by estimate: as many numbers as there are tokens, and the newest messages where some must go. */
export const layerTokenizer: Layer.Layer<Tokenizer.Tokenizer> = Layer.succeed(
  Tokenizer.Tokenizer,
  Tokenizer.make({
    tokenize: (prompt) =>
      Effect.sync(() => Array.from({ length: estimate({ prompt, tools: [] }) }, (_, index) => index))
  })
)
