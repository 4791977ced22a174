/** How people name a preview on the command line. */
import { PreviewId } from "@productbuilding/preview"
import { Effect, Option, Schema } from "effect"
import { CommandFailure } from "./CommandFailure.ts"

/** `acme/shop#12`, `acme/shop/12`, or the pull request's address. */
export const parsePreviewReference = (text: string): Option.Option<PreviewId> => {
  const [, owner, repo, number] =
    /^(?:https?:\/\/[^/]+\/)?([^/#\s]+)\/([^/#\s]+)(?:#|\/|\/pull\/|\/pulls\/)([1-9][0-9]*)(?:[/?#].*)?$/.exec(text) ??
    []
  return owner === undefined || repo === undefined || number === undefined
    ? Option.none()
    : Schema.decodeOption(PreviewId)(`${owner}/${repo}#${number}`.toLowerCase())
}

/** The path parameters under which the API knows a preview. */
export interface PreviewPath {
  readonly id: PreviewId
  readonly owner: string
  readonly repo: string
  readonly pr: number
}

/** Fails with what a reference looks like. */
export const previewPath = (text: string): Effect.Effect<PreviewPath, CommandFailure> =>
  Option.match(parsePreviewReference(text), {
    onNone: () =>
      Effect.fail(
        new CommandFailure({
          kind: "usage",
          message: `${text} names no preview. Write owner/repo#12, or paste the pull request's address.`
        })
      ),
    onSome: (id) => {
      const [repository = "", number = ""] = id.split("#")
      const [owner = "", repo = ""] = repository.split("/")
      return Effect.succeed({ id, owner, repo, pr: Number(number) })
    }
  })
