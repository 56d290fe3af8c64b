package sphere

import (
	"context"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere/pieces"
)

// Survey goes on to local maxima from tracked vectors, and to those around these if so, climbs from o.Seeds and so many starts drawn at random along the
// pieces of the rows and returns neurons above o.Target, the largest first, and the largest value met, which bounds nothing.
// Where the rows have no pieces there are none.
func (s *Stack) Survey(ctx context.Context, nu []float64, tracked [][]float64, around bool, starts int, seed uint64, o BoundOptions) (found [][]float64, lower float64, err error) {
	b := s.bounder(ctx, nu, o)
	x, c := b.chain()
	if c == nil {
		return nil, 0, nil
	}
	look := pieces.SurveyOptions{Target: o.Target, Around: around, Starts: starts, Seed: seed, Operations: o.Work, Threads: operator.MaxWorkers()}
	for _, w := range tracked {
		look.Tracked = append(look.Tracked, b.within(w))
	}
	for _, w := range o.Seeds {
		look.Seeds = append(look.Seeds, b.within(w))
	}
	got, err := pieces.LookAround(ctx, x, b.nu, c, look)
	if err != nil {
		return nil, 0, err
	}
	s.X.Book(got.Operations)
	for _, f := range got.Found {
		found = append(found, b.embed(f.W))
	}
	return found, got.Lower, nil
}
