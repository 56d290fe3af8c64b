package dataset

import (
	"bytes"
	"strings"

	"multigrade/internal/schema"
)

// sampleLines is how many lines the separator is found from.
const sampleLines = 64

// preferred are the separators in the order in which they win where several would
// do: a comma may be part of a number between semicolons, a blank part of a text.
var preferred = []string{"\t", ";", "|", ",", " "}

// findSeparator returns the separator and whether a first line sep=X names it. A
// separator does if it makes at least two cells of the first line; the one with
// which the largest share of lines has as many cells as the most frequent number is taken.
func findSeparator(text []byte, asked string, comments bool) (separator string, hint bool) {
	lines := firstLines(text, comments)
	if len(lines) == 0 {
		return ",", false
	}
	if sep, ok := cutFold(strings.TrimRight(lines[0], "\r"), "sep="); ok && len(sep) == 1 && strings.Contains(strings.Join(schema.Separators, ""), sep) {
		return sep, true
	}
	if asked != "" {
		return asked, false
	}
	best, share := ",", 0.0
	for _, sep := range preferred {
		counts := map[int]int{}
		most := 0
		for _, line := range lines {
			c := cellsOf(line, sep)
			if counts[c]++; counts[c] > counts[most] {
				most = c
			}
		}
		if most < 2 || cellsOf(lines[0], sep) < 2 {
			continue
		}
		if s := float64(counts[most]) / float64(len(lines)); s > share {
			best, share = sep, s
		}
	}
	return best, false
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// firstLines are the first lines that are not blank, nor comments where there are
// some. A line that opens a quotation and does not close it is continued.
func firstLines(text []byte, comments bool) []string {
	var lines []string
	for len(text) > 0 && len(lines) < sampleLines {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		for k := 0; bytes.Count(line, []byte(`"`))%2 == 1 && len(text) > 0 && k < sampleLines; k++ {
			var more []byte
			more, text, _ = bytes.Cut(text, []byte("\n"))
			line = append(append(bytes.Clone(line), ' '), more...)
		}
		if len(bytes.TrimSpace(line)) == 0 || comments && line[0] == '#' {
			continue
		}
		lines = append(lines, string(line))
	}
	return lines
}

// cellsOf counts the cells of a line, separators within quotes left aside.
func cellsOf(line, separator string) int {
	if separator == " " {
		line = strings.Join(strings.Fields(strings.ReplaceAll(line, "\t", " ")), " ")
	}
	cells, quoted := 1, false
	for _, c := range []byte(line) {
		if c == '"' {
			quoted = !quoted
		} else if c == separator[0] && !quoted {
			cells++
		}
	}
	return cells
}

// commentsWithin reports whether there are lines below the first one that begin with # and none of them is
// as long as a row.
func commentsWithin(text []byte, separator string) bool {
	first := firstLines(text, false)
	if len(first) == 0 || first[0][0] == '#' {
		return false
	}
	cells, found := cellsOf(first[0], separator), false
	for at := bytes.Index(text, []byte("\n#")); at >= 0; at = bytes.Index(text, []byte("\n#")) {
		text = text[at+1:]
		line, _, _ := bytes.Cut(text, []byte("\n"))
		if found = true; cellsOf(string(line), separator) >= cells {
			return false
		}
	}
	return found
}

// hasComments reports whether the file begins with comments: with a line that
// begins with # and is not just a header, having as many cells as the first line
// that does not.
func hasComments(text []byte) bool {
	if len(text) == 0 || text[0] != '#' {
		return false
	}
	rest := firstLines(text, true)
	if len(rest) == 0 {
		return true
	}
	first := firstLines(text, false)
	if len(first) > 1 && strings.HasPrefix(first[1], "#") {
		return true
	}
	sep, _ := findSeparator([]byte(strings.Join(rest, "\n")), "", false)
	return cellsOf(first[0], sep) != cellsOf(rest[0], sep)
}
