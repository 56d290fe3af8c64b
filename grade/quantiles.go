package grade

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Several quantiles of one target are outputs of one model, each by its own convex
// programs with its own level in the loss. Nothing in these keeps them from crossing, so
// predictions are rearranged: of every row they are sorted, which makes them rise with
// the level everywhere and, summed over the levels, is nowhere worse in the quantile loss
// and brings them no farther from the true quantiles (Chernozhukov, Fernandez-Val and
// Galichon, Quantile and probability curves without crossing, 2010). The ledger, the
// certificates and the folds are about the outputs as they were trained.

// ParseQuantiles reads NAME:Q,Q,.., several levels, as NAME:Q of the first one and all;
// other names of losses it returns as they are, without levels.
func ParseQuantiles(text string) (name string, levels []float64, err error) {
	name, list, _ := strings.Cut(text, ":")
	if !strings.Contains(list, ",") {
		return text, nil, nil
	}
	for _, number := range strings.Split(list, ",") {
		q, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return "", nil, fmt.Errorf("loss %q: %q is not a number", text, number)
		}
		levels = append(levels, q)
	}
	first, _, _ := strings.Cut(list, ",")
	return name + ":" + first, levels, nil
}

// validateQuantiles reports the first level that is none.
func validateQuantiles(levels []float64, l solver.Loss) error {
	switch {
	case levels == nil:
		return nil
	case l.Name() != solver.Quantile(0.5).Name():
		return fmt.Errorf("levels of quantiles are for loss quantile, got %s", l.Name())
	case len(levels) < 2:
		return fmt.Errorf("%d levels of quantiles, want at least 2", len(levels))
	}
	before := 0.0
	for _, q := range levels {
		if !(q > before && q < 1) {
			return fmt.Errorf("the levels of quantiles are %v, want numbers between 0 and 1 that rise", levels)
		}
		before = q
	}
	return nil
}

// lossAt is the loss of output t, l where there is one for all.
func lossAt(levels []float64, l solver.Loss, t int) solver.Loss {
	if levels == nil {
		return l
	}
	return solver.Quantile(levels[t])
}

// parameterAt is the number of the loss of output t, where that of one for all is p.
func parameterAt(levels []float64, p float64, t int) float64 {
	if levels == nil {
		return p
	}
	return levels[min(t, len(levels)-1)]
}

// loss is that of output t.
func (o *Options) loss(t int) solver.Loss { return lossAt(o.Quantiles, o.Loss, t) }

// LossOf is the loss of an output, from 1.
func (o *Options) LossOf(output int) solver.Loss { return o.loss(output - 1) }

// checkQuantiles checks those of a model that was read.
func (m *Model) checkQuantiles(l solver.Loss) error {
	if m.Quantiles != nil && (len(m.Data.Target) != 1 || m.Threshold != 0) {
		return fmt.Errorf("%d levels of quantiles of %d targets, and the number %v of the loss, want one target and none", len(m.Quantiles), len(m.Data.Target), m.Threshold)
	}
	return validateQuantiles(m.Quantiles, l)
}

// Targets are those of the outputs: y or, of several quantiles, its one target as often.
func (m *Model) Targets(y [][]float64) [][]float64 {
	if m.Quantiles == nil || len(y) != 1 {
		return y
	}
	return slices.Repeat(y, len(m.Quantiles))
}

// quantileNames names the outputs.
func (m *Model) quantileNames() []string {
	var names []string
	for _, q := range m.Quantiles {
		names = append(names, m.Data.Target[0]+" "+strconv.FormatFloat(q, 'g', -1, 64))
	}
	return names
}

// rearrange sorts the predictions of every row where they are quantiles.
func (m *Model) rearrange(y *mat.Dense) *mat.Dense {
	if m.Quantiles != nil {
		n, _ := y.Dims()
		for i := range n {
			slices.Sort(y.RawRowView(i))
		}
	}
	return y
}

// QuantileShares are what quantiles came to on the test rows.
type QuantileShares struct {
	Levels []float64
	// AtMost is the share of targets that are at most the quantile predicted, by level;
	// NaN without test rows.
	AtMost []float64
	// Crossing is the share of rows whose outputs were rearranged.
	Crossing float64
}

// quantileShares are measured on the test rows; nil of other models.
func (m *Model) quantileShares(test *splitState) *QuantileShares {
	if m.Quantiles == nil {
		return nil
	}
	s := &QuantileShares{Levels: m.Quantiles, AtMost: make([]float64, len(m.Quantiles)), Crossing: math.NaN()}
	if test == nil {
		for t := range s.AtMost {
			s.AtMost[t] = math.NaN()
		}
		return s
	}
	n := len(test.y[0])
	sum := mat.NewDense(n, len(m.Quantiles), nil)
	for t, total := range test.total {
		sum.SetCol(t, total)
	}
	y := m.unsorted(sum)
	crossing := 0
	for i := range n {
		row := y.RawRowView(i)
		if !slices.IsSorted(row) {
			crossing++
			slices.Sort(row)
		}
		for t, v := range row {
			if test.y[0][i] <= v {
				s.AtMost[t]++
			}
		}
	}
	for t := range s.AtMost {
		s.AtMost[t] /= float64(n)
	}
	s.Crossing = float64(crossing) / float64(n)
	return s
}
