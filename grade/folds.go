package grade

import (
	"fmt"
	"math"
	"slices"
)

// fold is one way to hold out rows: the other rows, on which grades are
// rehearsed, and those held out, both behind the grades rehearsed so far. What a
// held-out row would tell, in standardisation or features, stays out of the first.
type fold struct{ train, held *part }

// newFolds cuts the rows of the data that are not for the test into folds. Every
// one of them is held out in one fold; the first holds out the validation rows.
func newFolds(o *Options, data *Data) ([]fold, error) {
	var folds []fold
	for f, s := range o.Shares.Folds(o.Shares.Split(data)) {
		if len(s.Train) < 2 || len(s.Validation) == 0 {
			return nil, fmt.Errorf("%w: fold %d to choose beta by has %d rows to train on and %d held out, want at least 2 and 1", ErrData, f+1, len(s.Train), len(s.Validation))
		}
		m := newModel(o, data)
		m.standardise(o, data, s)
		folds = append(folds, fold{newPart(m, data, OnTrain, s.Train), newPart(m, data, OnValidation, s.Validation)})
	}
	return folds, nil
}

// past is the fold behind grade g.
func (f fold) past(g *Grade, bias bool) fold {
	behind := fold{f.train.copy(), f.held.copy()}
	behind.train.pass(g, bias)
	behind.held.pass(g, bias)
	return behind
}

// Folds are round(1/Validation) ways to hold out rows of a split, at least one:
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
