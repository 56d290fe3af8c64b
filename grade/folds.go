package grade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// fold is one way to hold out rows: the other rows, on which grades are trained, and
// those held out, both behind the grades trained so far. What a held-out row would
// tell, in standardisation or features, stays out of the first.
type fold struct {
	model       *Model // whose standardisation is that of the fold's training rows
	train, held *splitState
	units       []int // of the rows held out: their numbers, or those of their groups
}

// newFolds cuts the rows of the data that are not for the test into folds.
func newFolds(o *Options, cv CrossValidation, data *Data) ([]fold, error) {
	splits, err := o.foldSplits(&cv, data)
	if err != nil {
		return nil, err
	}
	var folds []fold
	for f, s := range splits {
		if len(s.Train) < 2 || len(s.Validation) == 0 {
			return nil, fmt.Errorf("%w: fold %d to choose beta by has %d rows to train on and %d held out, want at least 2 and 1", ErrData, f+1, len(s.Train), len(s.Validation))
		}
		data := data.imputedFrom(s.Train)
		m := newModel(o, data)
		m.standardise(o, data, s)
		next := fold{model: m, train: newSplitState(m, data, OnTrain, s.Train), held: newSplitState(m, data, OnValidation, s.Validation), units: s.Validation}
		if g := data.Groups; g != nil {
			next.units = make([]int, len(s.Validation))
			for k, i := range s.Validation {
				next.units[k] = g[i]
			}
		}
		folds = append(folds, next)
	}
	return folds, nil
}

// imputedFrom is the data with the means of the given rows in the place of missing
// numbers; a column of which none of them has a number keeps the means it has.
func (d *Data) imputedFrom(rows []int) *Data {
	x, dense := d.X.(*mat.Dense)
	if !dense || !slices.ContainsFunc(d.Imputed, func(m Imputed) bool { return len(m.Rows) > 0 }) {
		return d
	}
	x = mat.DenseCopyOf(x)
	for _, m := range d.Imputed {
		missing := map[int]bool{}
		for _, i := range m.Rows {
			missing[i] = true
		}
		sum, count := 0.0, 0
		for _, i := range rows {
			if !missing[i] {
				sum += x.At(i, m.Column)
				count++
			}
		}
		if count == 0 {
			continue
		}
		for _, i := range m.Rows {
			x.Set(i, m.Column, sum/float64(count))
		}
	}
	next := *d
	next.X = x
	return &next
}

// past is the fold behind grade g.
func (f fold) past(g *Grade, bias bool) fold {
	behind := f
	behind.train, behind.held = f.train.copy(), f.held.copy()
	behind.train.pass(g, bias)
	behind.held.pass(g, bias)
	return behind
}

// pastLast is past where no grade follows: nothing is trained there, and the training rows stay
// where they are.
func (f fold) pastLast(g *Grade, bias bool) fold {
	behind := f
	behind.held = f.held.copy()
	behind.held.passLast(g, bias)
	return behind
}

// foldSplits are the ways in which the rows that are not for the test are held out.
func (o *Options) foldSplits(c *CrossValidation, data *Data) ([]Split, error) {
	split := o.Shares.Split(data)
	rows := slices.Sorted(slices.Values(slices.Concat(split.Train, split.Validation)))
	switch {
	case c.Folds == 0:
		return o.Shares.Folds(split), nil
	case c.Ahead && data.Groups != nil || c.Stratified && data.Groups != nil:
		return nil, fmt.Errorf("%w: groups go with neither strata nor blocks of time", ErrOptions)
	case c.Ahead:
		return ahead(rows, c.Folds)
	}
	var all []Split
	for repeat := range c.Repeats {
		rng := rand.New(rand.NewPCG(o.Seed, foldStream+uint64(repeat)))
		var in []int // fold of each row
		var err error
		if data.Groups != nil {
			in, err = dealGroups(rows, data.Groups, c.Folds, rng)
		} else {
			in, err = dealRows(rows, strata(c, data), c.Folds, rng)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, splitsOf(rows, in, c.Folds)...)
	}
	return all, nil
}

// foldStream is the stream of random numbers that folds are dealt out by.
const foldStream = 0x666f6c6473

// strata is what the rows of data are dealt out by, nil: by nothing.
func strata(c *CrossValidation, data *Data) []float64 {
	if !c.Stratified {
		return nil
	}
	return data.strata()
}

// dealRows shuffles the rows, puts them in the order of their strata, and gives every
// fold one of each folds in a row, at random.
func dealRows(rows []int, strata []float64, folds int, rng *rand.Rand) ([]int, error) {
	if len(rows) < folds {
		return nil, fmt.Errorf("%w: %d rows for %d folds, want no more folds than rows", ErrOptions, len(rows), folds)
	}
	order := rng.Perm(len(rows))
	if strata != nil {
		slices.SortStableFunc(order, func(a, b int) int {
			switch x, y := strata[rows[a]], strata[rows[b]]; {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
	in := make([]int, len(rows))
	for first := 0; first < len(order); first += folds {
		for k, f := range rng.Perm(folds) {
			if first+k < len(order) {
				in[order[first+k]] = f
			}
		}
	}
	return in, nil
}

// dealGroups gives group after group, the largest first and else at random, to the
// fold with the fewest rows.
func dealGroups(rows, groups []int, folds int, rng *rand.Rand) ([]int, error) {
	size := map[int]int{}
	var all []int
	for _, i := range rows {
		if size[groups[i]]++; size[groups[i]] == 1 {
			all = append(all, groups[i])
		}
	}
	if len(all) < folds {
		return nil, fmt.Errorf("%w: %d groups for %d folds, want no more folds than groups", ErrOptions, len(all), folds)
	}
	rng.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	slices.SortStableFunc(all, func(a, b int) int { return size[b] - size[a] })
	held := make([]int, folds)
	at := map[int]int{}
	for _, g := range all {
		f := 0
		for k := range held {
			if held[k] < held[f] {
				f = k
			}
		}
		at[g] = f
		held[f] += size[g]
	}
	in := make([]int, len(rows))
	for k, i := range rows {
		in[k] = at[groups[i]]
	}
	return in, nil
}

// splitsOf holds out one fold after the other.
func splitsOf(rows, in []int, folds int) []Split {
	splits := make([]Split, folds)
	for f := range splits {
		for k, i := range rows {
			if in[k] == f {
				splits[f].Validation = append(splits[f].Validation, i)
			} else {
				splits[f].Train = append(splits[f].Train, i)
			}
		}
	}
	return splits
}

// ahead cuts the rows into blocks and holds out each but the first, with those before
// it to train on.
func ahead(rows []int, folds int) ([]Split, error) {
	if len(rows) < 2*(folds+1) {
		return nil, fmt.Errorf("%w: %d rows for %d blocks of time, want at least two in each", ErrOptions, len(rows), folds+1)
	}
	var splits []Split
	for f := 1; f <= folds; f++ {
		from, to := f*len(rows)/(folds+1), (f+1)*len(rows)/(folds+1)
		splits = append(splits, Split{Train: rows[:from:from], Validation: rows[from:to:to]})
	}
	return splits, nil
}

// Folds are round(1/Validation) ways, Validation > 0, to hold out rows of a split, at least one:
// first its validation rows, then every (m-1)th of the others for m folds.
func (s Shares) Folds(split Split) []Split {
	all := []Split{{Train: split.Train, Validation: split.Validation}}
	if s.Refit {
		all[0].Train, all[0].Validation = deal(split.Train, s.Validation)
	}
	first := all[0]
	more := int(math.Round(1/s.Validation)) - 1
	for f := range more {
		next := Split{}
		for k, i := range first.Train {
			if k%more == f {
				next.Validation = append(next.Validation, i)
			} else {
				next.Train = append(next.Train, i)
			}
		}
		next.Train = slices.Sorted(slices.Values(append(next.Train, first.Validation...)))
		all = append(all, next)
	}
	return all
}
