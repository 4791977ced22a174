/** The contract, for every vendor. */
import { anthropic } from "./anthropicRecordings.ts"
import { gemini } from "./geminiRecordings.ts"
import { suite } from "./LanguageModelTest.ts"
import { chatCompletions } from "./openaiRecordings.ts"

suite("Anthropic", anthropic)
suite("OpenAI", chatCompletions("openai"))
suite("a server that is compatible with OpenAI", chatCompletions("openaicompat"))
suite("Gemini", gemini)
