import { type CodeHostError, describeCodeHostError } from "@productbuilding/core"
import { Schema } from "effect"
import { renderProblems } from "../ContractFile.ts"
import { PreviewFailure } from "../Preview.ts"
import type { RuntimeError } from "../Runtime.ts"

/** A stage came to a bad end that a person has to look at. */
export class StageFailed extends Schema.TaggedError<StageFailed>()("StageFailed", { failure: PreviewFailure }) {}

type FailedStage = PreviewFailure["stage"]

/** How a stage fails. */
export const stageFailed = (stage: FailedStage, summary: string, evidence = ""): StageFailed =>
  new StageFailed({ failure: new PreviewFailure({ stage, summary, evidence }) })

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`

/** What a runtime's failure means for people. */
export const fromRuntimeError =
  (stage: FailedStage) =>
  ({ reason, operation }: RuntimeError): StageFailed => {
    switch (reason._tag) {
      case "Refused":
        return stageFailed(
          stage,
          `${plural(reason.problems.length, "problem")} in the files of this pull request. Correct them and push again.`,
          renderProblems(reason.problems)
        )
      case "EngineUnavailable":
        return stageFailed(
          stage,
          `The container engine does not answer (${reason.detail}). Nothing is wrong with the pull request; an operator ` +
            "must start the engine (`productbuilding doctor` shows what is missing), then redeploy."
        )
      case "CommandFailed":
        return stageFailed(stage, `\`${reason.command}\` ended with exit code ${reason.exitCode}.`, reason.output)
      case "Missing":
        return stageFailed(stage, `${reason.what} does not exist (${operation}).`)
    }
  }

/** What a failed call to the code host means for people. */
export const fromCodeHostError =
  (stage: FailedStage) =>
  (error: CodeHostError): StageFailed =>
    stageFailed(stage, describeCodeHostError(error))
