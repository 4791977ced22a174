import { Project, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { assert, describe, it } from "vitest"
import { environmentName, isPreviewHost, previewHost, previewUrl, projectSlug } from "../src/PreviewAddress.ts"

const project = (repository: string, previewDomain?: string) =>
  new Project({
    repository: RepositoryName.make(repository),
    trust: "same-repository",
    secrets: {},
    ...(previewDomain === undefined ? {} : { previewDomain })
  })

const exposure = { defaultDomain: "preview.acme.dev", scheme: "https", port: null } as const
const twelve = PullRequestNumber.make(12)

describe("PreviewAddress", () => {
  it("a project alone on its domain has the short host", () => {
    const shop = project("acme/shop")
    assert.strictEqual(previewHost(shop, twelve, exposure, [shop]), "pr-12-preview.preview.acme.dev")
  })

  it("projects that share a domain carry their slug", () => {
    const shop = project("acme/shop")
    const blog = project("acme/blog")
    assert.strictEqual(previewHost(shop, twelve, exposure, [shop, blog]), "acme-shop-pr-12-preview.preview.acme.dev")
    assert.strictEqual(previewHost(project("acme/x", "x.dev"), twelve, exposure, [shop, blog]), "pr-12-preview.x.dev")
  })

  it("repositories that would read alike get different slugs", () => {
    const names = [
      "a/b-c",
      "a-b/c",
      "acme/shop.js",
      "acme/shop-js",
      "acme/shop_js",
      `acme/${"x".repeat(90)}`,
      `acme/${"x".repeat(91)}`
    ]
    assert.strictEqual(new Set(names.map(projectSlug)).size, names.length)
    assert.strictEqual(projectSlug("Acme/Shop"), projectSlug("acme/shop"))
  })

  it("every host is one DNS label of at most 63 bytes below the domain", () => {
    const long = project(`${"o".repeat(39)}/${"r".repeat(100)}`)
    const host = previewHost(long, PullRequestNumber.make(999_999), exposure, [long, project("acme/shop")])
    assert.isAtMost(host.split(".")[0]?.length ?? 99, 63)
    assert.isTrue(isPreviewHost(host, "preview.acme.dev"))
    assert.isAtMost(environmentName(long.repository, PullRequestNumber.make(999_999)).length, 63)
  })

  it("the URL carries a port only where the scheme's own does not serve", () => {
    assert.strictEqual(previewUrl("pr-1-preview.acme.dev", exposure), "https://pr-1-preview.acme.dev/")
    assert.strictEqual(
      previewUrl("pr-1-preview.localhost", { defaultDomain: "localhost", scheme: "http", port: 8080 }),
      "http://pr-1-preview.localhost:8080/"
    )
  })

  it("other names below the domain are no preview hosts", () => {
    for (const host of [
      "preview.acme.dev",
      "www.preview.acme.dev",
      "a.pr-1-preview.preview.acme.dev",
      "pr-0-preview.preview.acme.dev"
    ]) {
      assert.isFalse(isPreviewHost(host, "preview.acme.dev"), host)
    }
  })
})
