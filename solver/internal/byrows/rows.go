package byrows

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

// What is kept of every row, the target while the null model is found and nu, is gone through in
// stretches: never is all of it in memory, but where the rows are.

// stretch is how many rows that is: 128 kB a column.
const stretch = 1 << 14

// through calls f for the numbers of a column, and writes them back where f says that it changed
// them. It ends early where f wants no more.
func (s *Search) through(ctx context.Context, c rowsum.Column, f func(first int, v []float64) (changed, more bool)) error {
	buffer := make([]float64, min(stretch, s.n))
	for first := 0; first < s.n; first += stretch {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := buffer[:min(stretch, s.n-first)]
		if err := c.Read(now, first); err != nil {
			return err
		}
		changed, more := f(first, now)
		if changed {
			if err := c.Write(now, first); err != nil {
				return err
			}
		}
		if !more {
			break
		}
	}
	return nil
}

// sum adds up what f makes of the numbers of a column.
func (s *Search) sum(ctx context.Context, c rowsum.Column, f func(v []float64) float64) (sum float64, err error) {
	err = s.through(ctx, c, func(_ int, v []float64) (bool, bool) {
		sum += f(v)
		return false, true
	})
	return sum, err
}

// change lets f change the numbers of a column.
func (s *Search) change(ctx context.Context, c rowsum.Column, f func(v []float64)) error {
	return s.through(ctx, c, func(_ int, v []float64) (bool, bool) {
		f(v)
		return true, true
	})
}

// negative sets a column to -1 times another one.
func (s *Search) negative(ctx context.Context, dst, of rowsum.Column) error {
	var writing error
	err := s.through(ctx, of, func(first int, v []float64) (bool, bool) {
		floats.Scale(-1, v)
		writing = dst.Write(v, first)
		return false, writing == nil
	})
	return errors.Join(err, writing)
}

// sumToZero is program.SumToZero of a column.
func (s *Search) sumToZero(ctx context.Context, c rowsum.Column) error {
	return program.SumToZeroOf(func(f func(nu []float64) (changed, more bool)) error {
		return s.through(ctx, c, func(_ int, v []float64) (bool, bool) { return f(v) })
	})
}

// targets is the pass that sets columns to y and, if there is one for it, the offset.
type targets struct{ y, offset rowsum.Column }

func (targets) Size() int               { return 0 }
func (targets) Keep() (lists, rows int) { return 0, 0 }
func (targets) Work(int) float64        { return 0 }

// Kept is rowsum.Keeper's.
func (t targets) Kept() (columns []rowsum.Column, read, set bool) {
	if t.offset == nil {
		return []rowsum.Column{t.y}, false, true
	}
	return []rowsum.Column{t.y, t.offset}, false, true
}

func (t targets) Block(_ *rowsum.Part, b *rowsum.Block, _ *rowsum.Workspace) {
	copy(b.Kept[0], b.Y)
	if t.offset != nil {
		copy(b.Kept[1], b.Offset)
	}
}

// withOffsets is through for a column of targets, o being the rows' offsets, nil for none.
func (s *Search) withOffsets(ctx context.Context, y rowsum.Column, f func(v, o []float64) (changed bool)) error {
	var o []float64
	if s.offset != nil {
		o = make([]float64, min(stretch, s.n))
	}
	var reading error
	err := s.through(ctx, y, func(first int, v []float64) (bool, bool) {
		now := o
		if o != nil {
			now = o[:len(v)]
			if reading = s.offset.Read(now, first); reading != nil {
				return false, false
			}
		}
		return f(v, now), true
	})
	return errors.Join(err, reading)
}

// nullModel finds the constant of the network without neurons and its loss, and sets the column,
// y before, to a dual point that goes with it.
func (s *Search) nullModel(ctx context.Context, y rowsum.Column) error {
	if err := s.validTargets(ctx, y); err != nil {
		return err
	}
	if s.p.Loss == loss.LInf {
		return s.nullPeaks(ctx, y)
	}
	if s.p.Intercept {
		var err error
		if s.null, err = s.bestConstant(ctx, y); err != nil {
			return err
		}
	}
	z, value := make([]float64, stretch), 0.0
	err := s.withOffsets(ctx, y, func(v, o []float64) bool {
		for i := range v {
			if z[i] = s.null; o != nil {
				z[i] += o[i]
			}
		}
		value += float64(len(v)) * s.p.Loss.Value(z[:len(v)], v)
		return false
	})
	if err != nil {
		return err
	}
	s.scale = value / float64(s.n)
	share, err := s.kinkShare(ctx, y)
	if err != nil {
		return err
	}
	return s.withOffsets(ctx, y, func(v, o []float64) bool {
		loss.NullSlopes(s.p.Loss, v, o, s.null, share)
		return true
	})
}

// nullPeaks is nullModel of the largest deviation.
func (s *Search) nullPeaks(ctx context.Context, y rowsum.Column) error {
	var at loss.NullPeaks
	err := s.through(ctx, y, func(_ int, v []float64) (bool, bool) {
		at.Add(v)
		return false, true
	})
	if err != nil {
		return err
	}
	if s.p.Intercept {
		s.null = at.Constant()
	}
	s.scale = at.Value(s.null)
	return s.change(ctx, y, func(v []float64) { at.Slopes(v, s.null, s.p.Intercept) })
}

func (s *Search) validTargets(ctx context.Context, y rowsum.Column) (invalid error) {
	err := s.through(ctx, y, func(first int, v []float64) (bool, bool) {
		invalid = s.p.Loss.Validate(v)
		return false, invalid == nil
	})
	if err != nil {
		return err
	}
	return invalid
}

// kinkShare is where in its interval of slopes every nu_i is so that their sum is 0; NaN where the
// ones nearest to 0 have that sum, or it need not be.
func (s *Search) kinkShare(ctx context.Context, y rowsum.Column) (float64, error) {
	at, err := s.slopesAt(ctx, y, s.null)
	if !s.p.Intercept {
		return math.NaN(), err
	}
	return at.Share(), err
}

// bestConstant minimises L(c) by halving: between the least and the largest target, or for labels
// in the interval in which slopes of float64 change.
func (s *Search) bestConstant(ctx context.Context, y rowsum.Column) (float64, error) {
	lo, hi := math.Inf(1), math.Inf(-1)
	total, err := s.sum(ctx, y, func(v []float64) float64 {
		lo, hi = min(lo, slices.Min(v)), max(hi, slices.Max(v))
		sum := 0.0
		for _, y := range v {
			sum += y
		}
		return sum
	})
	if err != nil {
		return 0, err
	}
	if s.curved.Quadratic() {
		return min(max(total/float64(s.n), lo), hi), nil
	}
	slopes := func(c float64) (loss.NullSums, error) { return s.slopesAt(ctx, y, c) }
	switch {
	case s.offset != nil:
		largest, err := s.largestOffset(ctx)
		if err != nil {
			return 0, err
		}
		lo, hi = -labelConstant-largest, labelConstant+largest
	case s.p.Loss.Labels(): // two numbers, and how often there is each
		lo, hi = -labelConstant, labelConstant
		plus := (float64(s.n) + total) / 2
		slopes = func(c float64) (at loss.NullSums, err error) {
			at.AddTimes(s.p.Loss, 1, c, plus)
			at.AddTimes(s.p.Loss, -1, c, float64(s.n)-plus)
			return at, nil
		}
	}
	for _, c := range []float64{0, lo, hi} {
		if at, err := slopes(c); err != nil || c >= lo && c <= hi && at.Zero() {
			return c, err
		}
	}
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return mid, nil
		}
		at, err := slopes(mid)
		switch {
		case err != nil || at.Zero():
			return mid, err
		case at.Low > 0:
			lo = mid
		default:
			hi = mid
		}
	}
}

// slopesAt are the sums of slopes of the constant c.
func (s *Search) slopesAt(ctx context.Context, y rowsum.Column, c float64) (at loss.NullSums, err error) {
	err = s.withOffsets(ctx, y, func(v, o []float64) bool {
		at.Add(s.p.Loss, v, o, c)
		return false
	})
	return at, err
}

func (s *Search) largestOffset(ctx context.Context) (largest float64, err error) {
	err = s.through(ctx, s.offset, func(_ int, v []float64) (bool, bool) {
		largest = max(largest, floats.Norm(v, math.Inf(1)))
		return false, true
	})
	return largest, err
}

// labelConstant is beyond what changes a slope of the logistic loss in float64.
const labelConstant = 40
