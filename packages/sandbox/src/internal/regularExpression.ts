/** Texts that are regular expressions. */
import { Schema } from "effect"

const isRegularExpression = (source: string) => {
  try {
    new RegExp(source)
    return true
  } catch {
    // NOTE: whether it throws is the question.
    return false
  }
}

export const RegularExpression = Schema.String.check(
  Schema.makeFilter(isRegularExpression, { expected: "a regular expression" })
)
