/** The parent message of a thread: an issue or pull request at a glance, with its preview. Pure. */
import type { ThreadFacts } from "@productbuilding/core"
import type { Preview } from "@productbuilding/preview"
import type { KnownBlock } from "@slack/web-api"
import { escapeText, link, maxHeaderText, maxSectionText, truncate } from "./MessageText.ts"

export interface Card {
  /** For notifications and for readers of screens. */
  readonly text: string
  readonly blocks: Array<KnownBlock>
}

const states: Readonly<Record<ThreadFacts["state"], string>> = {
  open: ":large_green_circle: Open",
  draft: ":white_circle: Draft",
  merged: ":large_purple_circle: Merged",
  closed: ":red_circle: Closed",
  "not planned": ":white_circle: Closed as not planned",
  duplicate: ":white_circle: Closed as duplicate"
}

const previewLine = (preview: Preview): string => {
  switch (preview.state) {
    case "ready":
      return `:white_check_mark: ${link(preview.url, "Preview is ready")} at \`${preview.sha.slice(0, 7)}\``
    case "failed":
      return `:x: Preview failed in ${preview.failure?.stage ?? "an unknown stage"}: ${escapeText(preview.failure?.summary ?? "")}`
    case "blocked":
      return `:raised_hand: Preview waits for an approval of \`${preview.sha.slice(0, 7)}\``
    case "deleted":
      return ":wastebasket: Preview was removed"
    case "closing":
      return ":hourglass_flowing_sand: Preview is being removed"
    default:
      return `:hourglass_flowing_sand: Preview is ${preview.state} \`${preview.sha.slice(0, 7)}\``
  }
}

const people = (names: ReadonlyArray<string>, nameOf: (login: string) => string): string => names.map(nameOf).join(", ")

const verdicts = { approved: ":white_check_mark:", "changes requested": ":x:" } as const

const checksLine = ({ failed, passed, running }: NonNullable<ThreadFacts["checks"]>): string =>
  [
    ...(failed > 0 ? [`:x: ${failed} failed`] : []),
    ...(running > 0 ? [`:hourglass_flowing_sand: ${running} running`] : []),
    ...(passed > 0 ? [`:white_check_mark: ${passed} passed`] : [])
  ].join("  ")

/** `nameOf` shows a GitHub login: escaped, and a mention only where that is wanted. */
export const renderCard = (
  facts: ThreadFacts,
  preview: Preview | undefined,
  nameOf: (login: string) => string
): Card => {
  const title = `${facts.kind === "issue" ? "Issue" : "PR"} #${facts.number}: ${facts.title}`
  const isOver = preview?.state === "deleted" && facts.state !== "open"
  const fields = [
    `*State*\n${states[facts.state]}`,
    `*Author*\n${nameOf(facts.author)}`,
    ...(facts.labels.length > 0
      ? [`*Labels*\n${facts.labels.map((label) => `\`${escapeText(label)}\``).join(" ")}`]
      : []),
    ...(facts.assignees.length > 0 ? [`*Assigned*\n${people(facts.assignees, nameOf)}`] : []),
    ...(facts.checks !== null && checksLine(facts.checks) !== "" ? [`*Checks*\n${checksLine(facts.checks)}`] : []),
    ...(facts.reviews.length > 0
      ? [`*Reviews*\n${facts.reviews.map(({ login, verdict }) => `${verdicts[verdict]} ${nameOf(login)}`).join(", ")}`]
      : []),
    ...(facts.reviewers.length > 0 ? [`*Review asked of*\n${people(facts.reviewers, nameOf)}`] : [])
  ]
  const more = { url: facts.url, label: "more" }
  return {
    text: `${escapeText(title)} (${facts.state})`,
    blocks: [
      { type: "header", text: { type: "plain_text", text: title.slice(0, maxHeaderText), emoji: false } },
      {
        type: "section",
        fields: fields.map((field) => ({ type: "mrkdwn", text: truncate(field, 2000, more), verbatim: true }))
      },
      ...(preview === undefined || isOver
        ? []
        : [
            {
              type: "section",
              text: { type: "mrkdwn", text: truncate(previewLine(preview), maxSectionText, more), verbatim: true }
            } as const
          ]),
      {
        type: "actions",
        elements: [
          {
            type: "button",
            action_id: "open-thread",
            text: { type: "plain_text", text: facts.kind === "issue" ? "Open issue" : "Open pull request" },
            url: facts.url
          },
          ...(preview?.state === "ready"
            ? [
                {
                  type: "button",
                  action_id: "open-preview",
                  style: "primary",
                  text: { type: "plain_text", text: "Open preview" },
                  url: preview.url
                } as const
              ]
            : [])
        ]
      },
      {
        type: "context",
        elements: [
          {
            type: "mrkdwn",
            text: `${escapeText(facts.repository)} · Reply here to comment there; begin with \`(aside)\` to keep it here.`,
            verbatim: true
          }
        ]
      }
    ]
  }
}
