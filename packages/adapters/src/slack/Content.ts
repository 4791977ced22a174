/** What Markdown and HTML are read as: the few kinds of content that a message can show. */

/** A piece of content. Where blocks and inline content stand side by side, the inline content is a paragraph. */
export type Content =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "mark"; readonly mark: Mark; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "code"; readonly value: string }
  | { readonly kind: "link"; readonly url: string; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "break" }
  | { readonly kind: "group"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "heading"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "quote"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "list"; readonly start: number | undefined; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "item"; readonly checked: boolean | undefined; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "pre"; readonly value: string; readonly suggestion: boolean }
  | { readonly kind: "rule" }
  | { readonly kind: "table"; readonly align: ReadonlyArray<Align>; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "row"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "cell"; readonly children: ReadonlyArray<Content> }

/** Bold, italic and struck out, by Slack's characters for them. */
export type Mark = "*" | "_" | "~"

/** How the cells of a column are aligned; `null` where the author did not say. */
export type Align = "left" | "right" | "center" | null

/** The visible text of content, without marks: what is the label of a link or stands in a cell. */
export const plainText = (contents: ReadonlyArray<Content>): string =>
  contents
    .map((content) => {
      switch (content.kind) {
        case "text":
        case "code":
        case "pre":
          return content.value
        case "break":
        case "rule":
          return "\n"
        default:
          return isBlock(content) ? `${plainText(content.children)}\n` : plainText(content.children)
      }
    })
    .join("")

/** Whether the content begins a line of its own. */
export const isBlock = ({ kind }: Content): boolean =>
  kind !== "text" && kind !== "mark" && kind !== "code" && kind !== "link" && kind !== "break"

/** Content with a mark around it. */
export const mark = (character: Mark, children: ReadonlyArray<Content>): Content => ({
  kind: "mark",
  mark: character,
  children
})

/** An image is a link to it: a message that shows it would load it. */
export const image = (url: string, alt: string | null | undefined): Content => ({
  kind: "link",
  url,
  children: [{ kind: "text", value: alt?.trim() || "image" }]
})
