package grade

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The names of the parts of a data set.
const (
	OnTrain      = "train"
	OnValidation = "validation"
	OnTest       = "test"
	// OnCV is the name of what cross-validation holds out: all rows but those of the
	// test, each seen by networks that were not trained on it.
	OnCV = "cv"
)

// Split holds the row numbers of each part, ascending.
type Split struct {
	Train, Validation, Test []int
}

// NewSplit shares out n rows. Row i is a test row iff
// floor((i+1) holdout) > floor(i holdout); of the remaining rows, counted
// consecutively, the same rule with validation picks the validation rows. Both
// shares lie in [0, 1); 0.1 takes every tenth row.
func NewSplit(n int, holdout, validation float64) Split {
	var s Split
	var rest []int
	for i := range n {
		if picked(i, holdout) {
			s.Test = append(s.Test, i)
		} else {
			rest = append(rest, i)
		}
	}
	s.Train, s.Validation = deal(rest, validation)
	return s
}

// NewStride shares out n pixels of an image, width in a line: all are test rows,
// and those whose column and line are multiples of stride are for training, less
// what the rule of NewSplit picks of them for validation.
func NewStride(n, width, stride int, validation float64) Split {
	s := Split{Test: upTo(n)}
	var rest []int
	for i := range n {
		if i%width%stride == 0 && i/width%stride == 0 {
			rest = append(rest, i)
		}
	}
	s.Train, s.Validation = deal(rest, validation)
	return s
}

// deal picks the share of the rows for validation.
func deal(rows []int, validation float64) (train, picks []int) {
	for k, i := range rows {
		if picked(k, validation) {
			picks = append(picks, i)
		} else {
			train = append(train, i)
		}
	}
	return train, picks
}

// validate reports the first share out of its range.
func (s Shares) validate() error {
	ways := 0
	for _, way := range []bool{s.Last, s.Group != "", s.Stratified, s.Fold != ""} {
		if way {
			ways++
		}
	}
	switch {
	case s.Stride < 0 || s.Stride > 1 && s.Holdout > 0:
		return fmt.Errorf("stride is %d and holdout %v, want a stride >= 0 and only one of them", s.Stride, s.Holdout)
	case ways > 0 && s.Holdout == 0:
		return errors.New("it is said which rows are for the test, but no share of them is held out")
	case ways > 1:
		return errors.New("of the last rows, whole groups, strata and a fold more than one is for the test, want one")
	case !(s.Holdout >= 0 && s.Holdout < 1):
		return fmt.Errorf("holdout is %v, want 0 <= holdout < 1", s.Holdout)
	case !(s.Validation >= 0 && s.Validation < 1):
		return fmt.Errorf("validation is %v, want 0 <= validation < 1", s.Validation)
	case s.Fold != "":
		_, k, err := ParseFold(s.Fold)
		if err == nil && s.Holdout != 1/float64(k) {
			err = fmt.Errorf("holdout is %v, want 1/%d with fold %s", s.Holdout, k, s.Fold)
		}
		return err
	}
	return nil
}

// ParseFold reads "I/K", fold I of K, 1 <= I <= K, K >= 2.
func ParseFold(text string) (i, k int, err error) {
	first, second, _ := strings.Cut(text, "/")
	i, errI := strconv.Atoi(first)
	k, errK := strconv.Atoi(second)
	if errI != nil || errK != nil || i < 1 || i > k || k < 2 || text != fmt.Sprintf("%d/%d", i, k) {
		return 0, 0, fmt.Errorf("fold %q: want I/K, fold I of K, such as 1/5", text)
	}
	return i, k, nil
}

// TestRows says which rows are the test's, "" where they are spread over the file.
func (s Shares) TestRows() string {
	switch {
	case s.Last:
		return "the last ones"
	case s.Group != "":
		return "whole groups of " + s.Group
	case s.Stratified:
		return "stratified by the target"
	case s.Fold != "":
		return "fold " + s.Fold
	}
	return ""
}

// Rows are what is shared out: how many, and what may be said of them.
type Rows struct {
	N      int
	Width  int       // of the lines of an image
	Groups []int     // of every row, for Shares.Group
	Strata []float64 // of every row, for Shares.Stratified
}

// SplitRows shares the rows out. Which are the test's is said by the one of Stride, Last,
// Group, Stratified and Fold that is set, or else by the rule of NewSplit; that shares out the
// others.
func (s Shares) SplitRows(rows Rows) Split {
	validation := s.Validation
	if s.Refit {
		validation = 0
	}
	var split Split
	switch {
	case s.Stride > 1:
		return NewStride(rows.N, rows.Width, s.Stride, validation)
	case s.Last:
		split.Test = lastRows(rows.N, s.Holdout)
	case s.Group != "":
		split.Test = wholeGroups(rows.Groups, s.Holdout)
	case s.Stratified:
		split.Test = ofEveryStratum(rows.Strata, s.Holdout)
	case s.Fold != "":
		split.Test = foldRows(rows.N, s.Fold)
	default:
		return NewSplit(rows.N, s.Holdout, validation)
	}
	var rest []int
	test := split.Test
	for i := range rows.N {
		if len(test) > 0 && test[0] == i {
			test = test[1:]
		} else {
			rest = append(rest, i)
		}
	}
	split.Train, split.Validation = deal(rest, validation)
	return split
}

// lastRows are the last floor(n share) rows.
func lastRows(n int, share float64) []int {
	var last []int
	for i := n - int(math.Floor(float64(float64(n)*share))); i < n; i++ {
		last = append(last, i)
	}
	return last
}

// foldRows are every k-th row from row i on, of a fold i/k that is valid.
func foldRows(n int, fold string) []int {
	i, k, err := ParseFold(fold)
	if err != nil {
		panic(err) // Validate says so before
	}
	var rows []int
	for r := i - 1; r < n; r += k {
		rows = append(rows, r)
	}
	return rows
}

// wholeGroups are the rows of groups taken in the order of their first rows: one of s
// rows is taken iff share b - t >= s/2, b being the rows of the groups up to it and t
// those taken before. So the rows taken are never further from their share than half a
// group.
func wholeGroups(groups []int, share float64) []int {
	size := map[int]int{}
	for _, g := range groups {
		size[g]++
	}
	taken := map[int]bool{}
	var rows []int
	upTo, before := 0, 0
	for i, g := range groups {
		take, decided := taken[g]
		if !decided {
			upTo += size[g]
			take = float64(share*float64(upTo))-float64(before) >= float64(size[g])/2
			if taken[g] = take; take {
				before += size[g]
			}
		}
		if take {
			rows = append(rows, i)
		}
	}
	return rows
}

// ofEveryStratum are the rows that the rule of NewSplit picks of all in the order of
// their strata and, in one, of the file.
func ofEveryStratum(strata []float64, share float64) []int {
	order := upTo(len(strata))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(strata[a], strata[b]) })
	var rows []int
	for k, i := range order {
		if picked(k, share) {
			rows = append(rows, i)
		}
	}
	slices.Sort(rows)
	return rows
}

// Split shares out the rows of the data.
func (s Shares) Split(data *Data) Split {
	n, _ := data.X.Dims()
	rows := Rows{N: n, Width: data.Width, Groups: data.Groups}
	if s.Stratified {
		rows.Strata = data.strata()
	}
	return s.SplitRows(rows)
}

// strata are the classes, or the first target.
func (d *Data) strata() []float64 {
	if d.Task != Regression {
		return d.Numbers()
	}
	return d.Y[0]
}

// checkShares reports groups that are not there, or that are all too large for the test.
func (d *Data) checkShares(s Shares, test []int) error {
	n, _ := d.X.Dims()
	switch {
	case d.Groups != nil && len(d.Groups) != n:
		return fmt.Errorf("%w: groups of %d rows, the data have %d", ErrData, len(d.Groups), n)
	case s.Group != "" && d.Groups == nil:
		return fmt.Errorf("%w: a hold-out by groups of column %s, the data have none", ErrOptions, s.Group)
	case s.Group != "" && len(test) == 0:
		return fmt.Errorf("%w: every group of column %s is too large for a share of %v of the rows to be held out", ErrData, s.Group, s.Holdout)
	}
	return nil
}

func picked(i int, share float64) bool {
	return math.Floor(float64(float64(i+1)*share)) > math.Floor(float64(float64(i)*share))
}
