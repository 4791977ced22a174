/** Which events somebody wants to be told. */
import type { Event } from "./Operation.ts"

/** An event passes if one of the subjects and one of the types fits; an empty list fits all. */
export interface EventFilter {
  /** Patterns in which `*` stands for any text, as in `acme/*`; upper and lower case are the same. */
  readonly subjects: ReadonlyArray<string>
  /** Exactly these. */
  readonly types: ReadonlyArray<string>
}

/** The filter as a function, to be made once. It takes no more time with patterns of strangers than with others. */
export const eventFilter = ({ subjects, types }: EventFilter): ((event: Event) => boolean) => {
  const patterns = subjects.map(subjectPattern)
  return ({ subject, type }) =>
    (types.length === 0 || types.includes(type)) && (patterns.length === 0 || patterns.some((fits) => fits(subject)))
}

const subjectPattern = (pattern: string) => {
  const [start = "", ...parts] = pattern.toLowerCase().split("*")
  const end = parts.pop()
  return (subject: string): boolean => {
    const text = subject.toLowerCase()
    if (end === undefined) return text === start
    const until = text.length - end.length
    if (until < start.length || !text.startsWith(start) || !text.endsWith(end)) return false
    let at = start.length
    for (const part of parts) {
      const found = text.indexOf(part, at)
      if (found < 0 || found + part.length > until) return false
      at = found + part.length
    }
    return true
  }
}
