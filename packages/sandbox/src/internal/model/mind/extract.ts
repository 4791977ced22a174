/** Reads titles, numbers, repositories and the like out of a sentence. */

const quotedPattern =
  /"([^"\n]{2,})"|“([^”\n]{2,})”|‘([^’\n]{2,})’|(?:^|\s)'([^'\n]{3,})'(?=$|[\s.,;!?])|`([^`\n]{2,})`/

export const quotedOf = (text: string): string | undefined =>
  quotedPattern
    .exec(text)
    ?.slice(1)
    .find((one) => one !== undefined)

/** The number of an issue or a pull request. */
export const numberOf = (text: string): number | undefined => {
  const [, hash, url, named] =
    /#(\d{1,9})\b|\/(?:issues|pull|pulls)\/(\d{1,9})\b|\b(?:issue|bug|ticket|pr|pull request|pull|preview|number|no\.?)\s+(\d{1,9})\b/i.exec(
      text
    ) ?? []
  const digits = hash ?? url ?? named
  return digits === undefined ? undefined : Number(digits)
}

const fileEnding = /\.(?:[cm]?[jt]sx?|json|md|ya?ml|css|html?|py|go|rs|txt|sh|toml|sql|lock)$/i

/** `owner/name`. */
export const repositoryOf = (text: string): string | undefined => {
  const [, linked] = /github\.[\w.]+\/([\w-]+\/[\w.-]+)/i.exec(text) ?? []
  if (linked !== undefined) return linked.replace(/\.git$/, "")
  for (const [, before = "", name = ""] of text.matchAll(/(^|[\s("'`<=:,])([A-Za-z0-9][\w-]*\/[A-Za-z0-9][\w.-]*)/g)) {
    const plain = name.replace(/[.]+$/, "")
    if (before !== "/" && !fileEnding.test(plain) && !/^(and\/or|n\/a|true\/false|yes\/no)$/i.test(plain)) return plain
  }
  return undefined
}

export const urlOf = (text: string): string | undefined => /https?:\/\/[^\s<>"')\]]+/.exec(text)?.[0]

export const pathOf = (text: string): string | undefined =>
  Array.from(text.matchAll(/[\w./@-]+\.\w{1,5}\b/g), ([path]) => path).find((path) => fileEnding.test(path))

export const handleOf = (text: string): string | undefined => {
  const [, login] = /(?:^|[\s(])@([A-Za-z0-9](?:[\w-]*\w)?)/.exec(text) ?? []
  return login
}

const politeness =
  /^(?:\s*(?:hi|hello|hey|ok|okay|so|please|pls|kindly|can you|could you|would you|will you|i(?:'d| would) like (?:you )?to|we need to|let'?s|just|now|also|then|and)\b[\s,:!]*)+/i

/** Without greetings, mentions and requests. */
export const bare = (text: string): string =>
  text
    .replaceAll(/<@[UW][A-Z0-9]+(?:\|[^>]*)?>/g, " ")
    .replace(/^\s*@[\w-]+[\s,:]*/, "")
    .replace(politeness, "")
    .replaceAll(/[ \t]+/g, " ")
    .trim()

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const verbPhrase =
  /^(?:creat\w*|open|file|write|add|make|raise|report|draft|log|need|want)\s+(?:(?:me|us)\s+)?(?:(?:an?|the|another|new)\s+)*(?:(?:github\s+)?(?:issue|bug(?: report)?|ticket|task|feature request|comment))?\s*(?:in\s+\S+\/\S+\s*)?(?:on\s+#\d+\s*)?(?:to|that|about|for|saying|titled|called|named|with the title|because|:|,|-)?\s*/i

/** A request that comes after what it is about. */
const afterthought =
  /[,.;]?\s*(?:please|can you|could you|pls)?[\s,]*\b(?:open|file|create|make|raise|write|add)\s+(?:an?|the)\s+(?:new\s+)?(?:github\s+)?(?:issue|bug|ticket|task)(?:\s+(?:for|about)\s+(?:it|this|that))?[\s.!?]*$/i

/** What comes after a colon that ends an introduction. */
const afterColon = (text: string): string | undefined => {
  const [, rest] = /^[^:\n]{3,80}:\s+([\s\S]+)$/.exec(text) ?? /^[^:\n]{3,80}:\s*\n([\s\S]+)$/.exec(text) ?? []
  return rest?.trim()
}

const saidOf = (text: string): string | undefined => {
  const [, rest] = /\b(?:saying|that says|telling them|that|titled|called|named)\s+(.{3,})$/is.exec(text) ?? []
  return rest?.trim()
}

/** A title: what is quoted, what is introduced, or the sentence itself. */
export const titleOf = (text: string): string => {
  const plain = bare(text).replace(afterthought, (request, at: number) => (at === 0 ? request : ""))
  const rest = afterColon(plain) ?? plain.replace(verbPhrase, "")
  const title = (quotedOf(plain) ?? rest)
    .split("\n")[0]
    ?.replaceAll(/\s+(?:in|on|for)\s+[\w-]+\/[\w.-]+(?=$|[\s.,])/g, "")
    .replace(/[\s.!,;:]+$/, "")
  return capital((title ?? "").slice(0, 100).trim()) || "Untitled"
}

/** A text to write somewhere. */
export const bodyOf = (text: string): string => {
  const plain = bare(text).replace(afterthought, (request, at: number) => (at === 0 ? request : ""))
  const [, exact] = /(?:^|[:\s])["“]([^"”]{2,})["”]\.?\s*$/.exec(plain) ?? []
  return exact ?? capital(afterColon(plain) ?? quotedOf(plain) ?? saidOf(plain) ?? plain)
}

const stopWords = new Set(
  "a an and any are as at be by can code could did do does file files find for from get give has have how i in is issue issues it list look me my of on one open or our please pr prs pull request requests search see show similar so some tell that the their there these this to us was we were what when where which who why will with you your about all".split(
    " "
  )
)

/** Words to search for. */
export const queryOf = (text: string): string => {
  const plain = bare(text)
  const kept = plain
    .replaceAll(/[^\p{L}\p{N}\s_.#/-]/gu, " ")
    .split(/\s+/)
    .filter((word) => word !== "" && !stopWords.has(word.toLowerCase()))
  return quotedOf(plain) ?? (kept.join(" ") || plain)
}

/** What is to be done, one after the other. Quotations stay whole. */
export const clausesOf = (text: string): ReadonlyArray<string> => {
  const kept: Array<string> = []
  const masked = text.replaceAll(
    /"[^"\n]*"|“[^”\n]*”|`[^`\n]*`/g,
    (quotation) => `\u{E000}${kept.push(quotation) - 1}\u{E001}`
  )
  return masked
    .split(
      /\s*;\s+|,?\s+(?:and\s+then|then|after that,?|and\s+also)\s+|,?\s+and\s+(?=(?:create|open an?|file an?|close|comment|reply|redeploy|deploy|wake|stop|assign|delegate|implement|label|merge|reopen|list|show|search|find|delete)\b)/i
    )
    .map((clause) =>
      clause.replaceAll(/\u{E000}(\d+)\u{E001}/gu, (_whole, index: string) => kept[Number(index)] ?? "").trim()
    )
    .filter((clause) => clause !== "")
}
