/** Projects: the repositories we work for, and what each is allowed. */
import { Context, Option, Schema } from "effect"
import { AgentRules } from "./AgentRules.ts"
import { NotificationPolicy } from "./NotificationPolicy.ts"
import { RepositoryName, sameRepository } from "./Repository.ts"

/** A lower-case DNS name without a leading dot, for example `preview.acme.dev`. */
export const DomainName = Schema.String.check(
  Schema.isPattern(/^(?=.{1,190}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
    expected: "a lower-case domain name, for example preview.acme.dev"
  })
)

/**
 * Whose pull requests are deployed without asking: those from the repository itself (`same-repository`, the default),
 * or those from forks as well (`everyone`). A fork's code runs on your machine.
 */
export const Trust = Schema.Literals(["same-repository", "everyone"])
export type Trust = typeof Trust.Type

/** A registered repository. */
export class Project extends Schema.Class<Project>("@productbuilding/core/Project")({
  repository: RepositoryName,
  /** The base domain of its previews. Without it the server's `PREVIEW_DOMAIN` is used. */
  previewDomain: Schema.optionalKey(DomainName),
  slackChannel: Schema.optionalKey(Schema.NonEmptyString),
  trust: Trust,
  /** Names of environment variables of the server, by the name that a preview sees. */
  secrets: Schema.Record(Schema.String, Schema.Struct({ env: Schema.NonEmptyString })),
  /** The account that is mentioned to delegate an implementation. */
  delegateMention: Schema.optionalKey(Schema.NonEmptyString),
  /** What is told of it, where and when. */
  notifications: Schema.optionalKey(NotificationPolicy),
  /** What the agent may do for whoever asks it here. */
  agent: Schema.optionalKey(AgentRules)
}) {}

/** Every registered project. Its content is fixed for the life of the layer. */
export class ProjectRegistry extends Context.Service<
  ProjectRegistry,
  {
    /** In the order of the configuration. */
    readonly all: ReadonlyArray<Project>
    /** By name, ignoring case. */
    find(repository: string): Option.Option<Project>
  }
>()("@productbuilding/core/ProjectRegistry") {}

/** A registry of the given projects. */
export const makeRegistry = (all: ReadonlyArray<Project>): ProjectRegistry["Service"] =>
  ProjectRegistry.of({
    all,
    find: (repository) => Option.fromUndefinedOr(all.find((project) => sameRepository(project.repository, repository)))
  })
