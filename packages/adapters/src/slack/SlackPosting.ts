/** The text of what is told: messages of a thread or a channel, and digests. Pure. */
import { repositoryOf, type Topic } from "@productbuilding/core"
import { escapeText, link, maxMessageText, truncate } from "./MessageText.ts"
import { fromMarkdown } from "./Mrkdwn.ts"
import type { DigestItem, Posting } from "./SlackRoute.ts"

/** How people are shown. */
export interface Names {
  /** A login in its place as the author: escaped, and a mention only where that is wanted. */
  readonly nameOf: (login: string) => string
  /** The Slack user of a login that a text mentions. */
  readonly userOf: (login: string) => string | undefined
}

const signs: Partial<Record<Topic, string>> = {
  checksFailed: ":x: ",
  deploymentFailed: ":x: ",
  previewFailed: ":x: ",
  previewBlocked: ":raised_hand: "
}

const did = (author: string | null, verb: string, url: string | null, { nameOf }: Names): string => {
  const what = url === null ? escapeText(verb) : link(url, verb)
  return author === null ? what : `*${nameOf(author)}* ${what}`
}

const quoteLength = 120

const quoteOf = ({ author, markdown }: Posting): string => {
  const line = markdown.replace(/\s+/g, " ").trim()
  const short = line.length > quoteLength ? `${line.slice(0, quoteLength - 1).trimEnd()}…` : line
  return `> ${author === null ? "" : `${escapeText(author)}: `}${escapeText(short)}\n`
}

/** Links of deployments lead to what was deployed, or to logs. */
const leadsElsewhere = new Set<Topic>(["deployed", "deploymentFailed"])

/** A message, with the beginning of the one that it answers, and with the repository where no card says it. */
export const renderPosting = (
  posting: Posting,
  names: Names,
  context: {
    readonly parent: Posting | undefined
    readonly repository: string
    readonly isInThread: boolean
  }
): string => {
  const { author, markdown, topic, url, verb } = posting
  const { isInThread, parent, repository } = context
  const place = isInThread ? "" : ` · ${escapeText(repository)}`
  const head = `${signs[topic] ?? ""}${did(author, verb, url, names)}${place}`
  const knowsHost = url !== null && URL.canParse(url) && !leadsElsewhere.has(topic)
  const body = fromMarkdown(markdown, {
    ...(knowsHost ? { linkBase: new URL(`/${repository}`, url).href } : {}),
    mention: names.userOf
  })
  const text = [head, `${parent === undefined ? "" : quoteOf(parent)}${body}`].filter((part) => part !== "").join("\n")
  return truncate(text, maxMessageText, { url: url ?? "", label: "read all" })
}

/** What was gathered, by subject, in the order in which each was first heard of. */
export const renderDigest = (items: ReadonlyArray<DigestItem>, names: Names): string => {
  const [first] = items
  const subjects = new Map<string, Array<DigestItem>>()
  for (const item of items) subjects.set(item.subject, [...(subjects.get(item.subject) ?? []), item])
  const lines = Array.from(subjects, ([subject, all]) => {
    const title = all.find((item) => item.title !== null)?.title ?? ""
    const name = escapeText(`${subject.slice(repositoryOf(subject).length)} ${title}`.trim())
    return `• *${name}*: ${all.map(({ author, url, verb }) => did(author, verb, url, names)).join(", ")}`
  })
  const head = `*Meanwhile in ${escapeText(repositoryOf(first?.subject ?? ""))}*`
  return truncate([head, ...lines].join("\n"), maxMessageText, { url: first?.url ?? "", label: "read on" })
}
