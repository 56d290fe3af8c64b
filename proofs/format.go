package proofs

import _ "embed"

// Format is the description of the files the checkers read, as Markdown.
//
//go:embed FORMAT.md
var Format string
