package dataset

import "fmt"

// Limits bound what a file may come to, so that it is refused before memory is
// asked for.
type Limits struct {
	// Bytes bounds a file, what it is when decompressed, and the numbers read from it,
	// eight bytes each.
	Bytes int64
	// Columns bounds the columns and features of a table.
	Columns int
}

// DefaultLimits are those where none are asked for: 1 GiB, a share of the memory of
// a small machine that leaves the training room; and as many columns as a
// spreadsheet has at most, four times over.
func DefaultLimits() Limits { return Limits{Bytes: 1 << 30, Columns: 1 << 16} }

// limitFlags name the remedies.
const (
	bytesFlag   = "--max-size"
	columnsFlag = "--max-columns"
)

func (l Limits) columns(file string, line, have int) error {
	if have <= l.Columns {
		return nil
	}
	return &Error{File: file, Line: line, Want: fmt.Sprintf("at most %d columns (%s)", l.Columns, columnsFlag), Got: fmt.Sprint(have), Err: ErrTooLarge}
}

// numbers checks the size of rows x columns numbers.
func (l Limits) numbers(file string, rows, columns int) error {
	if rows == 0 || columns == 0 || int64(rows) <= l.Bytes/8/int64(columns) {
		return nil
	}
	return &Error{File: file, Want: fmt.Sprintf("at most %s of numbers (%s)", size(l.Bytes), bytesFlag),
		Got: fmt.Sprintf("%d x %d, %s", rows, columns, size(8*int64(rows)*int64(columns))), Err: ErrTooLarge}
}

// bytes checks the size of a file; more says that it is at least that.
func (l Limits) bytes(file string, have int64, more bool) error {
	if have <= l.Bytes {
		return nil
	}
	got := size(have)
	if more {
		got = "more"
	}
	return &Error{File: file, Want: fmt.Sprintf("at most %s of data (%s)", size(l.Bytes), bytesFlag), Got: got, Err: ErrTooLarge}
}

// size writes a number of bytes.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	v, k := float64(n), 0
	for ; v >= 1024 && k+1 < len(units); k++ {
		v /= 1024
	}
	return fmt.Sprintf("%.4g %s", v, units[k])
}
