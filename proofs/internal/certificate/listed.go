package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
)

// A listedPass decides what is claimed about every listed pattern, in batches,
// so that a certificate's patterns need not be in memory at the same time:
//
//	mu >= 0    and    ||X'(s A_p nu + S_p mu)|| <= n beta   for both signs s
//
// Of each claim it keeps the failure of the lowest pattern. Of ridge nothing is claimed about
// the norms, and their squares are summed up.
type listedPass struct {
	blocks      *blocks
	patterns    int // seen so far
	multipliers int
	negative    error      // first mu < 0
	infeasible  error      // first norm beyond n beta
	squares     exact.Ball // of ridge the sum of ||X' D_p nu||^2
}

func (k *Checker) newListedPass() *listedPass { return &listedPass{blocks: k.newBlocks()} }

// add checks the next patterns of the list.
func (l *listedPass) add(batch []Pattern) {
	if l.blocks.C.Program.Ridge {
		l.addSquares(batch)
		return
	}
	failed := make([]error, len(batch))
	exact.Parallel(len(batch), func() func(int) {
		scratch := newBlockScratch(l.blocks.x.Cols)
		return func(p int) { failed[p] = l.blocks.check(l.patterns+p, &batch[p], scratch) }
	})
	for p := range batch {
		if l.infeasible == nil {
			l.infeasible = failed[p]
		}
		l.nonnegative(l.patterns+p, &batch[p])
	}
	l.patterns += len(batch)
}

func (l *listedPass) addSquares(batch []Pattern) {
	squares := make([]exact.Ball, len(batch))
	exact.Parallel(len(batch), func() func(int) {
		scratch := newBlockScratch(l.blocks.x.Cols)
		return func(p int) { squares[p] = l.blocks.squares(&batch[p], scratch) }
	})
	for _, s := range squares {
		l.squares = l.squares.Add(s)
	}
	l.patterns += len(batch)
}

func (l *listedPass) nonnegative(p int, pattern *Pattern) {
	for _, side := range pattern.sides() {
		l.multipliers += len(side.mu)
		for _, m := range side.mu {
			if m.Value < 0 && l.negative == nil {
				l.negative = fmt.Errorf("pattern %d sign %c row %d: mu = %v is negative", p, side.sign, m.Row, m.Value)
			}
		}
	}
}

// multipliersClaim is the outcome for mu >= 0.
func (l *listedPass) multipliersClaim() (string, error) {
	return fmt.Sprintf("%d multipliers >= 0", l.multipliers), l.negative
}

// dualFeasible is the outcome for the norms, and for sum_i nu_i = 0.
func (l *listedPass) dualFeasible() (string, error) {
	if err := l.blocks.sumNu(); err != nil {
		return "", err
	}
	if l.blocks.C.Program.Ridge {
		return "every nu, for ridge", nil
	}
	return fmt.Sprintf("%d patterns, both signs", l.patterns), l.infeasible
}
