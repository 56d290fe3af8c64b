package grade

import "math"

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

// SplitRows shares out n rows, the last ones to the test with Last, as many as by the
// rule of NewSplit; width is that of an image's lines.
func (s Shares) SplitRows(n, width int) Split {
	validation := s.Validation
	if s.Refit {
		validation = 0
	}
	if s.Stride > 1 {
		return NewStride(n, width, s.Stride, validation)
	}
	split := NewSplit(n, s.Holdout, validation)
	if s.Last {
		before := n - len(split.Test)
		split.Train, split.Validation = deal(upTo(before), validation)
		for k := range split.Test {
			split.Test[k] = before + k
		}
	}
	return split
}

// Split shares out the rows of the data.
func (s Shares) Split(data *Data) Split {
	n, _ := data.X.Dims()
	return s.SplitRows(n, data.Width)
}

func picked(i int, share float64) bool {
	return math.Floor(float64(float64(i+1)*share)) > math.Floor(float64(float64(i)*share))
}
