// Package terminal writes tables for people: as wide as the terminal, in colour where
// that is wanted.
package terminal

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Align is the side the cells of a table are on.
type Align = text.Align

// The sides. Of a table of numbers the first column, which names the rows, is on the
// right as well.
const (
	Left  = text.AlignLeft
	Right = text.AlignRight
)

// between is the space between columns.
const between = "  "

// defaultWidth is that of a terminal that does not tell.
const defaultWidth = 80

// Table is lines of cells, each ended by a tab, written as to a file; Flush shows them.
// The first line is the head. A table wider than the terminal is broken into tables
// below each other, each with the first column and the rows that have more than it.
type Table struct {
	out    io.Writer
	align  Align
	width  int
	colour bool
	lines  bytes.Buffer
}

// NewTable returns an empty table to be shown on out.
func NewTable(out io.Writer, align Align) *Table {
	return &Table{out: out, align: align, width: Width(out), colour: Coloured(out)}
}

// Write adds to the lines.
func (t *Table) Write(p []byte) (int, error) { return t.lines.Write(p) }

// Width is that of the terminal behind out, else the environment's COLUMNS, else 80.
func Width(out io.Writer) int {
	if f, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width
	}
	return defaultWidth
}

// Coloured reports whether out is a terminal and NO_COLOR (no-color.org) is not set.
func Coloured(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// Flush shows the table.
func (t *Table) Flush() error {
	rows := t.rows()
	for k, columns := range t.blocks(rows) {
		if k > 0 {
			if _, err := io.WriteString(t.out, "\n"); err != nil {
				return err
			}
		}
		if err := t.show(rows, columns, k == 0); err != nil {
			return err
		}
	}
	return nil
}

// rows are the cells, as many in every row as in the longest.
func (t *Table) rows() [][]string {
	var rows [][]string
	most := 0
	for line := range strings.Lines(t.lines.String()) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimRight(line, "\n"), "\t"), "\t")
		rows, most = append(rows, cells), max(most, len(cells))
	}
	for k := range rows {
		rows[k] = append(rows[k], make([]string, most-len(rows[k]))...)
	}
	return rows
}

// blocks are the columns that go beside each other.
func (t *Table) blocks(rows [][]string) [][]int {
	if len(rows) == 0 {
		return nil
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for j, cell := range row {
			widths[j] = max(widths[j], text.StringWidth(cell))
		}
	}
	blocks, width := [][]int{{0}}, len(between)+widths[0]
	for j := 1; j < len(widths); j++ {
		last := &blocks[len(blocks)-1]
		if width+len(between)+widths[j] > t.width && len(*last) > 1 {
			blocks, width = append(blocks, []int{0}), len(between)+widths[0]
			last = &blocks[len(blocks)-1]
		}
		*last, width = append(*last, j), width+len(between)+widths[j]
	}
	return blocks
}

func (t *Table) show(rows [][]string, columns []int, first bool) error {
	w := table.NewWriter()
	w.SetStyle(table.Style{Box: table.BoxStyle{PaddingLeft: between}, Format: table.FormatOptions{Header: text.FormatDefault}, Options: table.OptionsNoBordersAndSeparators})
	configs := make([]table.ColumnConfig, len(columns))
	for k := range configs {
		configs[k] = table.ColumnConfig{Number: k + 1, Align: t.align, AlignHeader: t.align}
		if t.colour {
			configs[k].ColorsHeader = text.Colors{text.Bold}
			configs[k].Transformer = paint
		}
	}
	w.SetColumnConfigs(configs)
	for i, row := range rows {
		cells := make(table.Row, len(columns))
		for k, j := range columns {
			cells[k] = row[j]
		}
		switch {
		case i == 0:
			w.AppendHeader(cells)
		case first || slices.ContainsFunc(columns[1:], func(j int) bool { return row[j] != "" }):
			w.AppendRow(cells)
		}
	}
	var b strings.Builder
	for line := range strings.Lines(w.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}

// colours are those of words that say how good something is.
var colours = map[string]text.Color{"optimal": text.FgGreen, "valid": text.FgGreen, "nontrivial": text.FgGreen, "priced": text.FgCyan,
	"limit": text.FgYellow, "time": text.FgYellow, "stalled": text.FgYellow, "interrupted": text.FgYellow, "trivial": text.FgYellow,
	"invalid": text.FgRed, "malformed": text.FgRed}

func paint(cell any) string {
	word := cell.(string)
	if colour, ok := colours[word]; ok {
		return colour.Sprint(word)
	}
	return word
}
