package export

import _ "embed"

// Format is the description of what JSON writes, as Markdown.
//
//go:embed FORMAT.md
var Format string
