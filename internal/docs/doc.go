// Package docs writes the documentation as a site of static pages: guides and theory
// (pages, Markdown), every command from the program's own flags, the formats of its
// files, the manual page, completion for bash, and a gallery of reports that the
// program makes while the site is written. The commands of the guides, lines of code
// that start with "$ multigrade", are run by a test.
package docs
