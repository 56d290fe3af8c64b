package sweep

import (
	"fmt"
	"strings"
)

// rangesLength is how many characters of ranges are said: a line of a terminal with the words around them.
const rangesLength = 60

// Ranges writes ascending indices as ranges, "3, 7-12"; what would be longer than
// rangesLength is counted: "0, 2, 4 and 17 more".
func Ranges(indices []int) string {
	var b strings.Builder
	for i := 0; i < len(indices); {
		end := i
		for end+1 < len(indices) && indices[end+1] == indices[end]+1 {
			end++
		}
		next := fmt.Sprint(indices[i])
		if end > i {
			next += fmt.Sprintf("-%d", indices[end])
		}
		switch {
		case b.Len()+len(next) > rangesLength:
			return fmt.Sprintf("%s and %d more", &b, len(indices)-i)
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(next)
		i = end + 1
	}
	return b.String()
}
