/** `preview list` */
import { Preview } from "@productbuilding/preview"
import { ago, shortSha } from "@productbuilding/server/pages/Words"
import { Clock, DateTime, Effect, Schema } from "effect"
import { hint, inStateColor, printJson, printTable, stateWord } from "../Output.ts"
import { Server } from "../Server.ts"

/** Shows what runs, the one that changed last first. */
export const previewList = Effect.fnUntraced(function* (options: { readonly all: boolean; readonly json: boolean }) {
  const server = yield* Server
  const found = yield* server.call((api) => api.previews.list({ query: options.all ? { deleted: "true" } : {} }))
  const previews = found.toSorted((a, b) => b.updatedAt.epochMilliseconds - a.updatedAt.epochMilliseconds)
  if (options.json) return yield* printJson(Schema.Array(Preview), previews)
  if (previews.length === 0) {
    return yield* hint(
      options.all
        ? "There has been no preview yet. Open a pull request in a repository that the targets file lists."
        : "No preview runs. Open a pull request in a repository that the targets file lists, or see past ones with --all."
    )
  }
  const now = yield* Clock.currentTimeMillis
  const urlWidth = Math.max(16, ...previews.filter(({ state }) => state === "ready").map(({ url }) => url.length))
  yield* printTable<Preview>(
    (colors) => [
      { title: "PREVIEW", text: ({ pullRequest, repository }) => `${repository}#${pullRequest}`, shrinkTo: 16 },
      {
        title: "STATE",
        text: ({ state }) => stateWord(state),
        color: (text, { state }) => inStateColor(colors, state, text)
      },
      { title: "COMMIT", text: ({ sha }) => shortSha(sha), optional: true },
      { title: "CHANGED", text: ({ updatedAt }) => ago(DateTime.toEpochMillis(updatedAt), now) },
      { title: "URL OR CAUSE", text: urlOrCause, shrinkTo: urlWidth },
      { title: "TITLE", text: ({ title }) => title, color: colors.dim, shrinkTo: 16, optional: true }
    ],
    previews
  )
  const [troubled] = previews.filter(({ state }) => state === "failed" || state === "blocked")
  if (troubled !== undefined) {
    yield* hint(
      `\n\`productbuilding preview show ${troubled.id}\` says why ${troubled.state === "failed" ? "it failed" : "it waits"}.`
    )
  }
})

const urlOrCause = ({ failure, state, url }: Preview): string =>
  state === "ready" ? url : failure === null ? "" : `${failure.stage}: ${failure.summary}`
