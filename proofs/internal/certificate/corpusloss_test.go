package certificate

import (
	"math"
	"strings"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// withLoss is a solved problem for squares made one for another loss: nu and its
// multipliers are scaled into the domain, targets become labels where those are
// wanted. Nothing is optimal any more, all else is claimed.
func withLoss(name string, s problem) *Certificate {
	c := s.solved(77, nil)
	c.Program.Loss = name
	switch name {
	case Huber:
		c.Program.Threshold = 0.75
	case Quantile:
		c.Program.Threshold = 0.5
	}
	if Losses[name].Labels {
		for i := range c.Data.Y {
			c.Data.Y[i] = math.Copysign(1, c.Dual.Nu[i])
		}
	}
	largest := 0.0
	for _, v := range c.Dual.Nu {
		largest = max(largest, math.Abs(v))
	}
	scaleDual(c, math.Ldexp(1, -1-int(math.Ceil(math.Log2(largest)))))
	s.finish(c, c.Data.X, c.Data.Y)
	c.Gap.Status = StatusLimit
	return c
}

// scaleDual multiplies nu and all multipliers by a power of two.
func scaleDual(c *Certificate, by float64) {
	scaleAll(c.Dual.Nu, nil, by)
	for p := range c.Patterns {
		for _, side := range c.Patterns[p].sides() {
			for k := range side.mu {
				side.mu[k].Value *= by
			}
		}
	}
}

// exactLoss is one row (3, 4) with nu at the end of its domain and every
// inequality an equality: without neurons L(0) = |y| = 1 = D(1).
func exactLoss(name string) *Certificate {
	c := pythagoras()
	c.Program.Loss, c.Program.Beta = name, 5
	c.Network = Network{Primal: 1, Objective: 1}
	c.Data.Y[0] = 1
	c.Dual.Nu[0], c.Dual.Bound = 1, 1
	if name == Huber {
		c.Program.Threshold = 0.5
		c.Program.Beta = 2.5
		c.Dual.Nu[0] = 0.5
		c.Network.Primal, c.Network.Objective, c.Dual.Bound = 0.375, 0.375, 0.375
	}
	if name == Quantile { // L(0) = 3/4 = D(3/4)
		c.Program.Threshold = 0.75
		c.Program.Beta = 3.75
		c.Dual.Nu[0] = 0.75
		c.Network.Primal, c.Network.Objective, c.Dual.Bound = 0.75, 0.75, 0.75
	}
	c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
	return c
}

// withOffset has part of the prediction come from elsewhere.
func withOffset(c *Certificate) *Certificate {
	c.Program.Shifted, c.Program.Offset = true, make([]float64, c.Program.Rows)
	for i, v := range c.Dual.Nu {
		c.Program.Offset[i] = v/2 - 0.125
	}
	problem{}.finish(c, c.Data.X, c.Data.Y)
	c.Gap.Status = StatusLimit
	return c
}

// exactOffset is exactLoss with the offset 1/4: L(1/4) = 3/4 = D(1).
func exactOffset() *Certificate {
	c := exactLoss(Hinge)
	c.Program.Shifted, c.Program.Offset = true, []float64{0.25}
	c.Network.Primal, c.Network.Objective, c.Dual.Bound = 0.75, 0.75, 0.75
	c.Program.SHA256 = ProgramHash(c.Data.X, []float64{1, 0.25})
	return c
}

// withWeights gives the samples weights from 3/4 to 9/4.
func withWeights(c *Certificate) *Certificate {
	c.Program.Weighted, c.Program.Weights = true, make([]float64, c.Program.Rows)
	for i := range c.Program.Weights {
		c.Program.Weights[i] = 0.75 + float64(i%4)/2
	}
	problem{}.finish(c, c.Data.X, c.Data.Y)
	c.Gap.Status = StatusLimit
	return c
}

// exactWeights is exactLoss with the weight 2, nu and beta twice as large: all its values
// are twice as large.
func exactWeights(name string) *Certificate {
	c := exactLoss(name)
	c.Program.Weighted, c.Program.Weights = true, []float64{2}
	c.Program.Beta *= 2
	c.Dual.Nu[0] *= 2
	c.Network.Primal *= 2
	c.Network.Objective *= 2
	c.Dual.Bound *= 2
	if name == Squared || name == Huber { // bounds of these are not decided to the last bit
		c.Dual.Bound *= 1 - 0x1p-40
		c.Gap = Gap{Rel: RelGap(c.Network.Primal, c.Dual.Bound), Tol: 1e-6, Status: StatusOptimal}
	}
	if name == Squared { // |y| = 1 and a half of its square
		c.Network.Primal, c.Network.Objective, c.Dual.Bound = 1, 1, 1-0x1p-40
		c.Gap = Gap{Rel: RelGap(1, 1-0x1p-40), Tol: 1e-6, Status: StatusOptimal}
	}
	c.Program.SHA256 = ProgramHash(c.Data.X, []float64{c.Data.Y[0], 2})
	return c
}

// weightLies adds certificates with weights and one lie each.
func weightLies(texts map[string]string) {
	for _, name := range []string{Squared, Huber, Quantile, L1, Hinge} {
		put := func(lie, expect string, change func(c *Certificate)) {
			c := exactWeights(name)
			change(c)
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			texts["loss-"+name+"-weights-"+lie] = member(expect, c)
		}
		rehash := func(c *Certificate) {
			c.Program.SHA256 = ProgramHash(c.Data.X, []float64{c.Data.Y[0], c.Program.Weights[0]})
		}
		put("hash", "program: sha256", func(c *Certificate) { c.Program.Weights[0] = up(2) })
		put("hash-without", "program: sha256", func(c *Certificate) { c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y) })
		put("more", "primal: primal", func(c *Certificate) { c.Program.Weights[0] = up(2); rehash(c) })
		put("less", "dual: ", func(c *Certificate) { c.Program.Weights[0] = 1.75; rehash(c) })
		put("zero", "program: weights: 0", func(c *Certificate) { c.Program.Weights[0] = 0; rehash(c) })
		put("negative", "program: weights: -2", func(c *Certificate) { c.Program.Weights[0] = -2; rehash(c) })
		put("primal-last-bit", "primal: primal", func(c *Certificate) { c.Network.Primal = down(c.Network.Primal) })
		put("bound", "dual: bound", func(c *Certificate) { c.Dual.Bound *= 1 + 0x1p-30 })
	}
}

// offsetLies adds certificates of a loss with an offset with one lie each.
func offsetLies(texts map[string]string) {
	put := func(lie, expect string, change func(c *Certificate)) {
		c := exactOffset()
		change(c)
		c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
		texts["loss-hinge-offset-"+lie] = member(expect, c)
	}
	put("hash", "program: sha256", func(c *Certificate) { c.Program.Offset[0] = up(0.25) })
	put("hash-without", "program: sha256", func(c *Certificate) { c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y) })
	put("primal-last-bit", "primal: primal", func(c *Certificate) { c.Network.Primal = down(0.75) })
	put("objective-last-bit", "objective: objective", func(c *Certificate) { c.Network.Objective = down(0.75) })
	put("bound-last-bit", "dual: bound", func(c *Certificate) { c.Dual.Bound = up(0.75) })
	put("bound-as-without", "dual: bound", func(c *Certificate) { c.Dual.Bound = 1 })
}

// lossLies adds certificates of other losses with one lie each.
func lossLies(texts map[string]string) {
	for _, name := range []string{Huber, Quantile, L1, LInf, Hinge} {
		put := func(lie, expect string, change func(c *Certificate)) {
			c := exactLoss(name)
			change(c)
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
			texts["loss-"+name+"-"+lie] = member(expect, c)
		}
		put("primal-last-bit", "primal: primal", func(c *Certificate) { c.Network.Primal = down(c.Network.Primal) })
		put("objective-last-bit", "objective: objective", func(c *Certificate) { c.Network.Objective = down(c.Network.Objective) })
		put("bound-last-bit", "dual: bound", func(c *Certificate) { c.Dual.Bound = up(c.Dual.Bound) })
		put("nu-outside", "dual: nu: ", func(c *Certificate) { c.Dual.Nu[0] = up(c.Dual.Nu[0]) })
		put("nu-outside-squares", "dual: nu: ", func(c *Certificate) { c.Dual.Nu[0], c.Program.Beta = 2, 10 })
	}
	c := exactLoss(Hinge)
	c.Data.Y[0] = up(1)
	c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
	texts["loss-hinge-label"] = member("program: y: label 0", c)
	c = exactLoss(Hinge)
	c.Dual.Nu[0], c.Dual.Bound = -5e-324, -1
	c.Gap.Rel, c.Gap.Status = RelGap(1, -1), StatusLimit
	texts["loss-hinge-nu-wrong-side"] = member("dual: nu: ", c)
}

// logisticLies adds certificates of the logistic loss with one lie each, a
// relative 1e-12 from the truth.
func logisticLies(texts map[string]string) {
	for name, s := range map[string]problem{
		"loss-logistic":       {Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2},
		"loss-logistic-gated": {Rows: 8, Cols: 2, gated: true, sparse: true, active: 2, patterns: 3},
	} {
		put := func(lie, expect string, change func(c *Certificate)) {
			c := withLoss(Logistic, s)
			change(c)
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
			texts[name+"-"+lie] = member(expect, c)
		}
		put("primal-lower", "primal: primal", func(c *Certificate) { c.Network.Primal *= 1 - 1e-12 })
		put("objective-lower", "objective: objective", func(c *Certificate) { c.Network.Objective *= 1 - 1e-12 })
		put("bound-higher", "dual: bound", func(c *Certificate) { c.Dual.Bound *= 1 + 1e-12 })
		put("label", "program: y: label 0", func(c *Certificate) { c.Data.Y[0] = 0.5 })
		put("nu-wrong-side", "dual: nu: ", func(c *Certificate) { scaleDual(c, -1) })
		put("nu-outside", "dual: nu: ", func(c *Certificate) { c.Dual.Nu[0] = up(1) * c.Data.Y[0] })
	}
}

// TestLogistic: claims about logarithms, which no exact arithmetic decides, hold
// and fail at a relative 1e-12.
func TestLogistic(t *testing.T) {
	for _, s := range []problem{{Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2}, {Rows: 9, Cols: 3, gated: true, active: 2, patterns: 3}} {
		base := func() *Certificate { return withLoss(Logistic, s) }
		verdict := func(change func(c *Certificate)) map[string]bool {
			c := base()
			change(c)
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			r, err := CheckReader(strings.NewReader(encoded(c)))
			if err != nil || r.Verdict() == verdict.Malformed {
				t.Fatal(err, r)
			}
			return falseClaims(r)
		}
		if false_ := verdict(func(*Certificate) {}); len(false_) > 0 {
			t.Fatalf("false claims %v", false_)
		}
		for claim, change := range map[string]func(c *Certificate){
			ClaimPrimal:    func(c *Certificate) { c.Network.Primal *= 1 - 1e-12 },
			ClaimObjective: func(c *Certificate) { c.Network.Objective *= 1 - 1e-12 },
			ClaimDual:      func(c *Certificate) { c.Dual.Bound *= 1 + 1e-12 },
			ClaimProgram:   func(c *Certificate) { c.Data.Y[0] = 0.5 },
		} {
			if false_ := verdict(change); !false_[claim] {
				t.Errorf("false claims %v, want %s among them", false_, claim)
			}
		}
		if false_ := verdict(func(c *Certificate) { scaleDual(c, -1) }); !false_[ClaimDual] {
			t.Error("nu on the wrong side of 0 was accepted")
		}
	}
}

// TestSoftplus compares the enclosure with log1p(exp t), from which it may differ
// by rounding, and asks for its width.
func TestSoftplus(t *testing.T) {
	for _, v := range []float64{-1e6, -800, -100, -40, -1, -1e-9, 0, 1e-300, 0.3, 5, 36, 710, 1e10} {
		b, want := Softplus(v), max(v, 0)+math.Log1p(math.Exp(-math.Abs(v)))
		const ulps = 0x1p-49
		if b.Lo > want*(1+ulps)+5e-324 || b.Hi < want*(1-ulps) || b.Hi-b.Lo > 4*ulps*want+0x1p-900 {
			t.Errorf("softplus(%v) in [%v, %v], want %v", v, b.Lo, b.Hi, want)
		}
	}
}

// TestLog1p: the enclosure holds log(1+t) and is as narrow for small t as for
// others; so is that of the entropy for small s.
func TestLog1p(t *testing.T) {
	for _, v := range []float64{-0.9, -0.29, -0.25, -1e-3, -1e-9, -1e-17, -1e-300, 0, 1e-310, 1e-100, 1e-16, 3e-8, 0.01, 0.28, 0.29, 0.3, 5} {
		b, want := exact.At(v).Log1p(), math.Log1p(v)
		const ulps = 0x1p-49
		if room := ulps*math.Abs(want) + 0x1p-1070; b.Lo > want+room || b.Hi < want-room || b.Hi-b.Lo > 2*room {
			t.Errorf("log1p(%v) in [%v, %v], want %v", v, b.Lo, b.Hi, want)
		}
	}
	for _, s := range []float64{1e-200, 1e-20, 1e-9, 1e-3, 0.29, 0.4, 0.7, 1 - 1e-3, 1 - 0x1p-50} {
		b, want := dualEntropy(nil, s, 1, 1), 2*(-s*math.Log(s)-(1-s)*math.Log1p(-s))
		if room := 0x1p-47 * want; math.Abs(b.Mid-want) > room || b.Rad > room {
			t.Errorf("entropy of %v: %v +- %v, want %v", s, b.Mid, b.Rad, want)
		}
	}
}
