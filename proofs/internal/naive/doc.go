// Package naive is a second checker of certificates, written from FORMAT.md alone:
// rational arithmetic, no shortcut, no error bound. The tests of the others
// compare its answers with theirs; nothing else uses it.

package naive
