package grade

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/mat"
)

// sampleRows is how many rows beta is chosen on at most, out of core: with so many the ratio to
// beta_max is known better than the grid of ratios is fine, and cross-validation takes its work
// whatever the rows are.
const sampleRows = 20_000

// sampleBytes is how much memory cross-validation takes for each of the sample's numbers, about.
const sampleBytes = 64

// ChooseRows chooses the beta of every grade, and how many there are, by o.Beta, which is
// CrossValidation, on rows drawn from the file: one from each of as many stretches of equal
// length as there is memory for, at most sampleRows. It sets Ratios and returns options for TrainRows
// and the number of rows drawn. An error that is not Refused may be that no beta was found.
func (data *RowData) ChooseRows(ctx context.Context, o Options, observer Observer) (Options, int, error) {
	cv, ok := o.Beta.(CrossValidation)
	if !ok {
		return o, 0, fmt.Errorf("%w: no beta is to be chosen", ErrOptions)
	}
	n, cols := data.File.Dims()
	rows := min(n, sampleRows)
	if data.Memory > 0 {
		rows = min(rows, int(data.Memory)/(sampleBytes*cols))
	}
	sample, err := data.sample(ctx, rows, o.Seed)
	if err != nil {
		return o, 0, err
	}
	cv.Ridge = false // its matrix has a row and a column for every row of the file
	planned := o
	planned.Patterns = o.sampleSize(n)
	begun, planning := time.Now(), ctx
	if o.Limits.Time > 0 {
		var cancel context.CancelFunc
		cv, planning, cancel = planWithin(ctx, cv, o.Limits.Time, o.Limits.Time)
		defer cancel()
	}
	plan, err := newPlan(planning, &planned, cv, sample, observer)
	if err != nil {
		return o, 0, err
	}
	if len(plan.Choices) == 0 {
		return o, 0, fmt.Errorf("on %d rows drawn from the file %s", rows, plan.Stopped)
	}
	data.Ratios = nil
	for _, c := range plan.Choices {
		data.Ratios = append(data.Ratios, c.Ratio)
	}
	o.Beta, o.Grades = RelativeBeta(data.Ratios[0]), len(data.Ratios)
	if o.Limits.Time > 0 {
		o.Limits.Time = max(time.Millisecond, o.Limits.Time-time.Since(begun))
	}
	return o, rows, observer.Planned(plan, false)
}

// sample draws a row from each of so many stretches of the file.
func (data *RowData) sample(ctx context.Context, rows int, seed uint64) (*Data, error) {
	n, cols := data.File.Dims()
	if rows < 2 {
		return nil, fmt.Errorf("%w: beta is to be chosen on %d rows, want memory for at least 2", ErrOptions, rows)
	}
	l := Labels{Task: data.Labels.Task, Classes: data.Labels.Classes, Y: [][]float64{make([]float64, rows)}}
	target, err := newProgramRows(data.File, new(Model), &l)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x53616d706c65)) // "Sample"
	x, row := mat.NewDense(rows, cols-1, nil), make([]float64, cols)
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		from, to := i*n/rows, (i+1)*n/rows
		if err := data.File.Read(row, from+rng.IntN(to-from)); err != nil {
			return nil, err
		}
		x.SetRow(i, row[:cols-1])
		l.Y[0][i] = target.label(row[cols-1])
	}
	source := data.Source
	source.Rows = rows
	return &Data{Source: source, X: x, Labels: l}, nil
}
