package grade

import (
	"context"
	"errors"
	"fmt"
)

// A run can be taken up where another one was ended: an Observer is handed every
// output of every grade when it is solved, and Earlier gives it back. The numbers of
// a model are defined to the bit, so what follows an output that was given back is
// what followed it when it was solved.

// Earlier is what an Observer was handed in an earlier run with the same options
// and data. The zero value is that of a run that begins.
type Earlier struct {
	// Plan, if not nil, is what Planned was called with.
	Plan *Plan
	// Finished, if not nil, returns an output that Solved was called with, without
	// its evidence, nil to solve it.
	Finished func(grade, output int) *Solved
}

// ErrFinished is wrapped by errors about outputs given back that belong to
// another run.
var ErrFinished = errors.New("an output of another run")

// finished is output j (from 0) of grade k as an earlier run left it, or nil.
func (e *Earlier) finished(k, j int) *Solved {
	if e.Finished == nil {
		return nil
	}
	return e.Finished(k, j+1)
}

// allFinished reports whether an earlier run left nothing of grade k to solve.
func (t *trainer) allFinished(k int) bool {
	for j := range t.splits[0].e {
		if t.earlier.finished(k, j) == nil {
			return false
		}
	}
	return true
}

// report hands out a solved output. It is lasting unless something from outside,
// an interruption or the time, may have had a part in it.
func (t *trainer) report(ctx context.Context, k, j int, s *Solved) error {
	t.solved.Lock()
	defer t.solved.Unlock()
	return t.observer.Solved(k, j+1, s, t.lasting(ctx))
}

// isOf reports what of an output given back is not of the program with that hash, on d_k = dim inputs.
func (s *Solved) isOf(hash string, o *Options, dim int) error {
	if hash != s.Hash {
		return fmt.Errorf("%w: finished for a program of hash %s, this one has %s", ErrFinished, s.Hash, hash)
	}
	if err := s.fits(o, dim); err != nil {
		return fmt.Errorf("%w: %w", ErrFinished, err)
	}
	return nil
}

// fits reports the first thing in an output given back that one solved with these
// options on d_k = dim inputs cannot have.
func (s *Solved) fits(o *Options, dim int) error {
	for _, q := range []struct {
		what            string
		account, output bool
		want            bool
	}{
		{"budget of neurons", s.Kept != nil, s.Output.Width != nil, o.Width != nil},
		{"decomposition", s.Decomposition != nil, s.Output.Decomposed != nil, o.decomposes()},
		{"dead zone", s.DeadZone != nil, s.Output.DeadZone != nil, o.DeadZone},
	} {
		if q.account != q.want || q.output != q.want {
			return fmt.Errorf("%s: account %v, network %v, options %v", q.what, q.account, q.output, q.want)
		}
	}
	for k, u := range s.Output.Neurons {
		if err := u.validate(dim, o.unit().String()); err != nil {
			return fmt.Errorf("neuron %d: %w", k+1, err)
		}
	}
	if w := s.Output.Width; w != nil && (w.Identity < 0 || w.Identity > len(s.Output.Neurons)) {
		return fmt.Errorf("%d of %d neurons are identity channels", w.Identity, len(s.Output.Neurons))
	}
	return nil
}
