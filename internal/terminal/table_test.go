package terminal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	for _, c := range []struct {
		name  string
		align Align
		width int
		want  string
	}{
		{"numbers", Right, 80, "  grade  r.m.s.   status\n      0      17\n      1   2.367  optimal\n"},
		{"texts", Left, 80, "  grade  r.m.s.  status\n  0      17\n  1      2.367   optimal\n"},
		{"narrow", Right, 16, "  grade  r.m.s.\n      0      17\n      1   2.367\n\n  grade   status\n      1  optimal\n"},
		{"narrower than two columns", Right, 3, "  grade  r.m.s.\n      0      17\n      1   2.367\n\n  grade   status\n      1  optimal\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w := NewTable(&b, c.align)
			w.width = c.width
			fmt.Fprint(w, "grade\tr.m.s.\tstatus\t\n0\t17\t\t\n1\t2.367\toptimal\t\n")
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("got\n%swant\n%s", b.String(), c.want)
			}
		})
	}
}

// Whatever the widths, every cell is shown, and no line is too long that need not be.
func TestEveryCellIsShown(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var b bytes.Buffer
		w := NewTable(&b, Right)
		w.width = 10 + rnd.IntN(80)
		rows, columns, longest := 1+rnd.IntN(4), 1+rnd.IntN(8), 0
		for i := range rows {
			for j := range columns {
				cell := fmt.Sprintf("c%d.%d%s", i, j, strings.Repeat("x", rnd.IntN(10)))
				longest = max(longest, len(cell))
				fmt.Fprint(w, cell, "\t")
				defer func() {
					if !strings.Contains(b.String(), cell) {
						t.Errorf("no %s in\n%s", cell, b.String())
					}
				}()
			}
			fmt.Fprintln(w)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len(strings.TrimSuffix(line, "\n")); n > w.width && n > 2*(len(between)+longest) {
				t.Errorf("width %d, line of %d: %s", w.width, n, line)
			}
		}
	}
}

func TestColours(t *testing.T) {
	if got := paint("optimal"); !strings.Contains(got, "\x1b[32m") {
		t.Errorf("%q", got)
	}
	if got := paint("2.367"); got != "2.367" {
		t.Errorf("%q", got)
	}
	if Coloured(new(bytes.Buffer)) {
		t.Error("a buffer is coloured")
	}
}
