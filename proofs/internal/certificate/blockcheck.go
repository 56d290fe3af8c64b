package certificate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"math/bits"
	"slices"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// A BlockCheck decides the claims of a certificate on rows that come in blocks and are then
// forgotten, as are their parts of the certificate. Signs are decided exactly; sums
// are enclosed by float64, block by block, and what the enclosures leave open is not proved:
// only with all rows at hand could it be decided exactly.
type BlockCheck struct {
	c       *Certificate
	parts   Parts
	rows    int // seen
	targets int // seen by Target
	offsets int // by Offset
	cols    int
	hash    hash.Hash
	chunk   []byte
	nu      []float64
	words   [][]uint64
	sumNu   *exact.Dyadic
	absNu   *exact.Dyadic // of |nu|, of a loss that is a maximum
	idle    bool          // nu is 0
	fitted  bool          // the network is its constant, and that every target

	listed, own, dual exact.Ball // sums of 2 phi, of a maximum L so far, and of twice the terms of D
	sums              [][]exact.Ball
	mu                [][2][]exact.Ball // by pattern and sign
	next              [][2]int          // multipliers seen
	first             struct{ shape, target, cone, domain error }
}

// NewBlockCheck is for a certificate that is not standalone, of which nu and the words are only
// looked for in parts. The rows of all blocks but the last are multiples of 64. Add comes for all of
// them, then Target for all targets, then Report.
func NewBlockCheck(c *Certificate, parts Parts) (*BlockCheck, error) {
	if c.Program.Loss == Monotone || c.Program.Weighted || c.Program.Ridge || c.Global != nil {
		return nil, fmt.Errorf("a certificate of loss %s, or with weights, ridge or section global, cannot be checked in blocks of rows", c.Program.Loss)
	}
	b := &BlockCheck{c: c, parts: parts, cols: c.Program.Cols, hash: sha256.New(), words: make([][]uint64, len(c.Patterns)), sumNu: new(exact.Dyadic), absNu: new(exact.Dyadic), idle: true, fitted: len(c.Network.Neurons) == 0 && !Losses[c.Program.Loss].Labels, sums: make([][]exact.Ball, len(c.Patterns)),
		mu: make([][2][]exact.Ball, len(c.Patterns)), next: make([][2]int, len(c.Patterns))}
	for p := range b.sums {
		b.sums[p] = make([]exact.Ball, b.cols)
		for s := range b.mu[p] {
			b.mu[p][s] = make([]exact.Ball, b.cols)
		}
	}
	return b, nil
}

// Add takes the next rows, with their offsets, nil for a program without. The error is that of parts.
func (b *BlockCheck) Add(x exact.Matrix, y, offset []float64) error {
	first := b.rows
	b.rows += x.Rows
	if b.rows > b.c.Program.Rows || x.Cols != b.cols || x.Sparse() || len(y) != x.Rows || b.c.Program.Shifted != (offset != nil) || first%64 != 0 {
		b.first.shape = fmt.Errorf("rows, cols: the certificate is for %d x %d dense, the data have at least %d x %d", b.c.Program.Rows, b.cols, b.rows, x.Cols)
	}
	if b.first.shape != nil {
		return nil
	}
	b.add(x.Values)
	c, err := b.block(first, x.Rows)
	if err != nil {
		return err
	}
	c.Program.Offset = offset
	k := &Checker{C: c, X: x, Y: y}
	b.network(k, first)
	b.dualFunction(k, first)
	b.products(k, first)
	return nil
}

// Target takes the next targets again, whose hash comes behind that of all rows.
func (b *BlockCheck) Target(y []float64) {
	b.targets += len(y)
	b.add(y)
}

// Offset takes the next offsets again, whose hash comes behind that of all targets.
func (b *BlockCheck) Offset(o []float64) {
	b.offsets += len(o)
	b.add(o)
}

// add adds numbers to the hash.
func (b *BlockCheck) add(values []float64) {
	for _, v := range values {
		b.chunk = binary.LittleEndian.AppendUint64(b.chunk, math.Float64bits(v))
	}
	b.hash.Write(b.chunk)
	b.chunk = b.chunk[:0]
}

// block is the certificate on rows of it, without multipliers.
func (b *BlockCheck) block(first, rows int) (*Certificate, error) {
	c := *b.c
	c.Program.Rows = rows
	b.nu = slices.Grow(b.nu[:0], rows)[:rows]
	if err := b.parts.Nu(b.nu, first); err != nil {
		return nil, err
	}
	for _, v := range b.nu {
		b.idle = b.idle && v == 0
		if c.Program.Intercept {
			b.sumNu.Add(b.sumNu, exact.Of(v))
		}
		if b.maximum() {
			b.absNu.Add(b.absNu, exact.Of(math.Abs(v)))
		}
	}
	c.Dual.Nu = b.nu
	c.Patterns = make([]Pattern, len(b.c.Patterns))
	for p := range c.Patterns {
		size := (rows + 63) / 64
		b.words[p] = slices.Grow(b.words[p][:0], size)[:size]
		if err := b.parts.Words(b.words[p], p, first/64); err != nil {
			return nil, err
		}
		c.Patterns[p].Words = b.words[p]
	}
	return &c, nil
}

// keep keeps the first error of a kind, saying where the block begins.
func keep(to *error, first int, err error) {
	if *to == nil && err != nil {
		*to = fmt.Errorf("rows from %d on: %w", first, err)
	}
}

func (b *BlockCheck) network(k *Checker, first int) {
	keep(&b.first.target, first, k.targetsFit())
	for _, v := range k.Y {
		b.fitted = b.fitted && v == k.C.Network.Constant
	}
	k.Evaluate()
	_, err := k.primalFeasible()
	keep(&b.first.cone, first, err)
	b.addLoss(&b.listed, k, func(r RowResult) exact.Ball { return r.listed })
	b.addLoss(&b.own, k, func(r RowResult) exact.Ball { return r.Network })
}

// addLoss adds the block's part of 2n L, or of a maximum takes the larger of both.
func (b *BlockCheck) addLoss(to *exact.Ball, k *Checker, residual func(RowResult) exact.Ball) {
	v := k.LossBall(residual)
	if b.maximum() { // which is not negative
		*to = Spanning(max(to.Lower(), v.Lower()), max(to.Upper(), v.Upper()))
		return
	}
	*to = to.Add(v.Mul(exact.Point(2 * float64(len(k.rows)))))
}

// lossOf is L of what addLoss left.
func (b *BlockCheck) lossOf(sum exact.Ball) exact.Ball {
	if b.maximum() {
		return sum
	}
	return sum.Div(2 * float64(b.rows))
}

func (b *BlockCheck) maximum() bool { return Losses[b.c.Program.Loss].Maximum }

func (b *BlockCheck) dualFunction(k *Checker, first int) {
	if !b.maximum() {
		keep(&b.first.domain, first, k.inDomain())
	}
	b.dual = b.dual.Add(k.dualBall().Mul(exact.Point(2 * float64(len(k.Y)))))
}

// products adds the block's part of X'A_p nu and of X'S_p mu.
func (b *BlockCheck) products(k *Checker, first int) {
	d, rows, slope := b.cols, len(k.Y), b.c.Program.slope()
	terms, magnitude := make([]float64, rows*d), make([]float64, d)
	for i, v := range k.C.Dual.Nu {
		for j, x := range k.X.Values[i*d : (i+1)*d] {
			t := v * x
			terms[i*d+j] = t
			magnitude[j] += math.Abs(t)
		}
		if slope != 0 && v != 0 && math.Abs(slope*v) < tinyProduct {
			for j := range magnitude {
				magnitude[j] = math.Inf(1)
			}
		}
	}
	// Sums of 64 rows and then of these: as many terms at most follow one another, and one more
	// for the product with the slope.
	count := 64 + (rows+63)/64 + 2
	for j, m := range magnitude {
		magnitude[j] = exact.SumError(count, exact.Outward(m)+exact.SumError(rows, m))
	}
	exact.Parallel(len(b.sums), func() func(int) {
		sum, word := make([]float64, d), make([]float64, d)
		return func(p int) {
			clear(sum)
			for w, active := range k.C.Patterns[p].Words {
				clear(word)
				addRows(word, terms, active, 64*w, 1)
				if slope != 0 {
					inactive := ^active
					if last := rows - 64*w; last < 64 {
						inactive &= 1<<last - 1
					}
					addRows(word, terms, inactive, 64*w, slope)
				}
				for j, v := range word {
					sum[j] += v
				}
			}
			for j, v := range sum {
				b.sums[p][j] = b.sums[p][j].Add(exact.Ball{Mid: v, Rad: magnitude[j]})
			}
			b.multipliers(p, k, first)
		}
	})
}

// addRows adds factor times the rows of terms that have a bit.
func addRows(sum, terms []float64, word uint64, first int, factor float64) {
	d := len(sum)
	for ; word != 0; word &= word - 1 {
		at := (first + bits.TrailingZeros64(word)) * d
		for j, v := range terms[at : at+d] {
			sum[j] += factor * v
		}
	}
}

// multipliers adds those of the block's rows.
func (b *BlockCheck) multipliers(p int, k *Checker, first int) {
	pattern := &b.c.Patterns[p]
	for s, side := range pattern.sides() {
		for ; b.next[p][s] < len(side.mu); b.next[p][s]++ {
			m := side.mu[b.next[p][s]]
			if m.Row >= first+len(k.Y) {
				break
			}
			mu := exact.Point(k.C.Patterns[p].coneSign(m.Row-first) * m.Value)
			row, _ := k.X.Row(m.Row - first)
			for j, x := range row {
				b.mu[p][s][j] = b.mu[p][s][j].Add(mu.Mul(exact.Point(x)))
			}
		}
	}
}

// Report decides the claims, once all rows have been added.
func (b *BlockCheck) Report() verdict.Report {
	var r verdict.Report
	if b.first.shape == nil && (b.rows != b.c.Program.Rows || b.targets != b.rows || b.c.Program.Shifted && b.offsets != b.rows) {
		b.first.shape = fmt.Errorf("rows: the certificate is for %d, the data have %d and %d targets", b.c.Program.Rows, b.rows, b.targets)
	}
	if b.first.shape != nil {
		r.Add(ClaimProgram, ScopeRestricted, verdict.Invalid, b.first.shape.Error())
		return r
	}
	k := &Checker{C: b.c}
	l := &listedPass{}
	for p := range b.c.Patterns {
		l.nonnegative(p, &b.c.Patterns[p])
	}
	k.claim(&r, ClaimProgram, b.program)
	k.claim(&r, ClaimPrimalFeasible, func() (string, error) {
		return fmt.Sprintf("%d neurons in the cones of their patterns", len(b.c.Network.Neurons)), b.first.cone
	})
	primal := b.lossOf(b.listed).Add(k.GroupNormBall())
	own := b.lossOf(b.own).Add(k.GroupNormBall())
	if !k.gated() {
		own = b.lossOf(b.own).Add(k.weightDecayBall())
	}
	k.claim(&r, ClaimPrimal, func() (string, error) {
		claimed := b.c.Network.Primal
		return fmt.Sprintf("optimum over the listed patterns <= %v", claimed), errors.Join(b.first.target, b.atMost(primal, claimed, "primal"))
	})
	k.claim(&r, ClaimObjective, func() (string, error) {
		claimed := b.c.Network.Objective
		return fmt.Sprintf("the network's own objective <= %v", claimed), errors.Join(b.first.target, b.atMost(own, claimed, "objective"))
	})
	k.claim(&r, ClaimMultipliers, l.multipliersClaim)
	k.claim(&r, ClaimDualFeasible, b.dualFeasible)
	k.claim(&r, ClaimDual, b.bound)
	k.claim(&r, ClaimGap, k.gap)
	return r
}

// atMost decides value <= claimed by an enclosure, or exactly where the value is 0.
func (b *BlockCheck) atMost(value exact.Ball, claimed float64, what string) error {
	if b.fitted && claimed >= 0 || value.Compare(exact.Point(claimed)) == exact.LessOrEqual {
		return nil
	}
	return fmt.Errorf("%s: %v claimed, in blocks of rows at most %v is shown", what, claimed, value.Upper())
}

func (b *BlockCheck) program() (string, error) {
	p := &b.c.Program
	if got := hex.EncodeToString(b.hash.Sum(nil)); got != p.SHA256 {
		return "", fmt.Errorf("sha256: the data hash to %s, certificate says %s", got, p.SHA256)
	}
	if !p.Intercept && b.c.Network.Constant != 0 {
		return "", fmt.Errorf("constant: %v in a program without intercept", b.c.Network.Constant)
	}
	return fmt.Sprintf("%d x %d, %s, %d patterns, beta %v", p.Rows, p.Cols, p.Activation, len(b.c.Patterns), p.Beta), b.first.target
}

// dualFeasible decides the norm inequalities, and sum nu = 0 exactly.
func (b *BlockCheck) dualFeasible() (string, error) {
	if err := balanced(b.sumNu); err != nil {
		return "", err
	}
	radius := exact.Point(float64(b.rows)).Mul(exact.Point(b.c.Program.Beta)).Square()
	for p := range b.sums {
		for s, side := range b.c.Patterns[p].sides() {
			var norm exact.Ball
			for j, v := range b.sums[p] {
				norm = norm.Add(exact.Point(side.s).Mul(v).Add(b.mu[p][s][j]).Square())
			}
			if norm.Compare(radius) != exact.LessOrEqual {
				return "", fmt.Errorf("pattern %d sign %c: ||X'(s A nu + S mu)|| <= n beta = %.17g is not shown in blocks of rows, where the norm is at most %.17g", p, side.sign, float64(b.rows)*b.c.Program.Beta, math.Sqrt(norm.Upper()))
			}
		}
	}
	return fmt.Sprintf("%d patterns, both signs", len(b.sums)), nil
}

// inBall decides that nu of all rows is where the dual function of a maximum is finite.
func (b *BlockCheck) inBall() error {
	if !b.maximum() {
		return nil
	}
	return absoluteSum(b.absNu, b.rows)
}

func (b *BlockCheck) bound() (string, error) {
	claimed := b.c.Dual.Bound
	detail := fmt.Sprintf("optimum over the listed patterns >= %v", claimed)
	if err := errors.Join(b.first.target, b.first.domain, b.inBall()); err != nil {
		return "", err
	}
	if b.idle && claimed <= 0 {
		return detail + ", as no loss is negative", nil
	}
	if value := b.dual.Div(2 * float64(b.rows)); exact.Point(claimed).Compare(value) != exact.LessOrEqual {
		return "", fmt.Errorf("bound: %v claimed, in blocks of rows at least %v is shown", claimed, value.Lower())
	}
	return detail, nil
}
