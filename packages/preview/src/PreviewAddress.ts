/** The names of a preview in the outside world: environment, host and URL. All follow from project and number. */
import type { Project, PullRequestNumber } from "@productbuilding/core"
import { EnvironmentName } from "./Preview.ts"

/** Where the server answers preview hosts. */
export interface Exposure {
  /** The base domain for projects that name none. */
  readonly defaultDomain: string
  /** `http` for `*.localhost`, `https` behind TLS. */
  readonly scheme: "http" | "https"
  /** The public port; `null` when it is the scheme's own. */
  readonly port: number | null
}

/** FNV-1a over UTF-16 units, in base 36: short, stable, and not for security. */
const fingerprint = (text: string): string => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash.toString(36)
}

const maxSlugLength = 32

/**
 * `owner-name` in lower case with everything but `a-z0-9` turned into `-`, cut at 32 characters. Where that loses
 * something, a fingerprint of the whole name is appended, so that two repositories never share a slug.
 */
export const projectSlug = (repository: string): string => {
  const full = repository.toLowerCase()
  const plain = full
    .replace("/", "-")
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
  const lossless = plain.length <= maxSlugLength && /^[a-z0-9]+\/[a-z0-9-]+$/.test(full) && !full.endsWith("-")
  return lossless ? plain : `${plain.slice(0, maxSlugLength).replace(/-+$/, "")}-${fingerprint(full)}`
}

/** `pb-{slug}-pr-{n}`. */
export const environmentName = (repository: string, number: PullRequestNumber): EnvironmentName =>
  EnvironmentName.make(`pb-${projectSlug(repository)}-pr-${number}`)

/**
 * `pr-{n}-preview.{domain}` when no other project uses the domain, else `{slug}-pr-{n}-preview.{domain}`: always one
 * DNS label below the domain, so that one wildcard certificate covers all.
 */
export const previewHost = (
  project: Project,
  number: PullRequestNumber,
  exposure: Exposure,
  projects: ReadonlyArray<Project>
): string => {
  const domainOf = (candidate: Project) => candidate.previewDomain ?? exposure.defaultDomain
  const domain = domainOf(project)
  const shared = projects.filter((candidate) => domainOf(candidate) === domain).length > 1
  return `${shared ? `${projectSlug(project.repository)}-` : ""}pr-${number}-preview.${domain}`
}

/** The address that people click. */
export const previewUrl = (host: string, exposure: Exposure): string =>
  `${exposure.scheme}://${host}${exposure.port === null ? "" : `:${exposure.port}`}/`

/** Whether a host name could be one of a preview below the given domain, known or not. */
export const isPreviewHost = (host: string, domain: string): boolean =>
  host.endsWith(`.${domain}`) && /^(?:[a-z0-9-]+-)?pr-[1-9][0-9]*-preview$/.test(host.slice(0, -domain.length - 1))
