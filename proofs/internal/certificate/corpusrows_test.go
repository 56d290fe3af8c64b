package certificate

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/sphere"
)

// Certificates with a section global rows for the corpora.

// rowEvidence looks for the parabolas and the mu with the smallest bound on a grid:
// those of rows with positive weights have their corner at shares of the norms of
// rows, the others are at their largest curvature or straight. It says whether they do.
func rowEvidence(c *naive.Certificate, g *Global) bool {
	return evidenceAfter(c, g, [2][]sphere.Transfer{})
}

// transferEvidence is rowEvidence after transfers.
func transferEvidence(c *naive.Certificate, g *Global) bool {
	rng := rand.New(rand.NewPCG(75, math.Float64bits(g.Nu[0])))
	return evidenceAfter(c, g, [2][]sphere.Transfer{someTransfers(rng, c, 0), someTransfers(rng, c, 1)})
}

// someTransfers draws a few, of weights that rows have, to one or two other rows
// that resemble theirs.
func someTransfers(rng *rand.Rand, c *naive.Certificate, side int) (all []sphere.Transfer) {
	n := len(c.X)
	for k := range 2 + side {
		t := sphere.Transfer{Row: rng.IntN(n)}
		nu, _ := c.Nu[t.Row].Float64()
		t.Weight = max(float64(1-2*side)*nu, 0x1p-10) * 0x1p-5 * float64(1+rng.IntN(8))
		x := naive.Floats(c.X[t.Row])
		for range min(1+rng.IntN(2), n) {
			a := sphere.Term{Row: rng.IntN(n), Factor: float64(rng.IntN(9)-4) / 4}
			along, square := 0.0, 0.0
			for j, v := range naive.Floats(c.X[a.Row]) {
				along += v * x[j]
				square += v * v
			}
			if k > 0 && square > 0 {
				a.Factor = along / square
			}
			for j, v := range naive.Floats(c.X[a.Row]) {
				x[j] -= a.Factor * v
			}
			t.Terms = append(t.Terms, a)
		}
		h := 0x1p-20
		for _, v := range x {
			h = math.Hypot(h, v)
		}
		t.Curvature = 1 / (2 * h)
		all = append(all, t)
	}
	return all
}

func rationalTransfers(all []sphere.Transfer) (out []naive.Transfer) {
	for _, t := range all {
		r := naive.Transfer{Row: t.Row, Weight: new(big.Rat).SetFloat64(t.Weight), Curvature: new(big.Rat).SetFloat64(t.Curvature)}
		for _, a := range t.Terms {
			r.Rows, r.Factors = append(r.Rows, a.Row), append(r.Factors, new(big.Rat).SetFloat64(a.Factor))
		}
		out = append(out, r)
	}
	return out
}

func evidenceAfter(c *naive.Certificate, g *Global, transfers [2][]sphere.Transfer) bool {
	g.Plus, g.Minus = nil, nil
	c.Global.Trees = nil
	c.Global.Rows = make([]naive.Rowwise, 2)
	c.Global.Rows[0], g.ParabolasPlus = leastParabolas(c, 0, transfers[0], nil)
	c.Global.Rows[1], g.ParabolasMinus = leastParabolas(c, 1, transfers[1], nil)
	return c.RowsHold() == naive.Holds
}

// leastParabolas have the least bound on the grid, where the signs of some rows are known.
func leastParabolas(c *naive.Certificate, side int, transfers []sphere.Transfer, known map[int]naive.Known) (out naive.Rowwise, into *sphere.Parabolas) {
	beta, _ := c.Beta.Float64()
	best := math.Inf(1)
	for _, b := range []float64{0.2, 0.5, 1} {
		for _, mix := range []float64{0, 0.5, 1 - 0x1p-20} {
			e := naive.Rowwise{Transfers: rationalTransfers(transfers), Known: known}
			p := parabolas(c, side, e, b, mix)
			p.Transfers = transfers
			for i, k := range known {
				p.Slope[i], p.Curvature[i] = float64(1+k.Sign)/2, 0
			}
			e.Slope, e.Curvature = rationals(p.Slope), rationals(p.Curvature)
			form := c.RowForm(side, e)
			size, _ := form.Size.Float64()
			constant, _ := form.Constant.Float64()
			size += 0x1p-20 // where all is 0
			room := 0x1p-30 * (size + beta*float64(len(c.X)))
			for mu := size / 16; mu <= size; mu += size / 16 {
				p.Mu, p.Tau = mu+room, tau(form, mu)+room
				if total := p.Mu + p.Tau + constant; total < best || into == nil {
					leaf := *p
					best, into = total, &leaf
					e.MuTau = rationals([]float64{p.Mu, p.Tau})
					out = e
				}
			}
		}
	}
	return out, into
}

// parabolas of corners b |x_i| and, below, of a share mix of the largest curvature
// and the rest of the line on the side of sum_i s nu_i x_i.
func parabolas(c *naive.Certificate, side int, e naive.Rowwise, b, mix float64) *sphere.Parabolas {
	p := new(sphere.Parabolas)
	left := c.Left(side, e)
	towards := make([]float64, len(c.X[0]))
	for i, x := range c.X {
		nu, _ := c.Nu[i].Float64()
		for j, v := range naive.Floats(x) {
			towards[j] += float64(1-2*side) * nu * v
		}
	}
	for i, x := range c.X {
		h, along := 0.0, 0.0
		for j, v := range naive.Floats(x) {
			h += v * v
			along += v * towards[j]
		}
		h = math.Sqrt(h)
		slope, curvature := 0.5, 0.0
		switch weight := left[i].Sign(); {
		case h == 0:
		case weight > 0:
			curvature = 1 / (4 * b * h)
		case along > 0:
			slope, curvature = 1-mix/2, mix/(2*h)*(1-0x1p-20)
		default:
			slope, curvature = mix/2, mix/(2*h)*(1-0x1p-20)
		}
		p.Slope, p.Curvature = append(p.Slope, slope), append(p.Curvature, curvature)
	}
	return p
}

func rationals(v []float64) (out []*big.Rat) {
	for _, x := range v {
		out = append(out, new(big.Rat).SetFloat64(x))
	}
	return out
}

// rowLies change parabolas, mu and tau.
func rowLies(put func(base, lie, expect string, change func(c *Certificate))) {
	const base = "global-rows-rank-2"
	rows := func(lie, expect string, change func(g *Global, weight float64, i int) bool) {
		put(base, lie, "global-feasible: "+expect, func(c *Certificate) {
			for i, v := range c.Global.Nu {
				if change(c.Global, v, i) {
					return
				}
			}
			panic("no row for " + lie)
		})
	}
	on := func(sign float64, change func(p *sphere.Parabolas, i int)) func(g *Global, weight float64, i int) bool {
		return func(g *Global, weight float64, i int) bool {
			if weight*sign <= 0 {
				return false
			}
			change(g.ParabolasPlus, i)
			return true
		}
	}
	whole := func(change func(g *Global)) func(*Global, float64, int) bool {
		return func(g *Global, _ float64, _ int) bool { change(g); return true }
	}
	rows("mu-smaller", "parabolas+: the matrix of mu", whole(func(g *Global) { g.ParabolasPlus.Mu *= 1 - 1e-2 }))
	rows("tau-smaller", "parabolas-: the matrix of mu", whole(func(g *Global) { g.ParabolasMinus.Tau *= 1 - 1e-2 }))
	rows("mu-negative", "parabolas-: mu = ", whole(func(g *Global) { g.ParabolasMinus.Mu *= -1 }))
	rows("tau-negative", "parabolas-: the matrix of mu", whole(func(g *Global) { g.ParabolasMinus.Tau *= -1 }))
	rows("mu-too-large", "parabolas+: the parabolas show", whole(func(g *Global) { g.ParabolasPlus.Mu *= 64 }))
	rows("swapped", "parabolas+: row ", whole(func(g *Global) { g.ParabolasPlus, g.ParabolasMinus = g.ParabolasMinus, g.ParabolasPlus }))
	rows("above-flat", "parabolas+: row ", on(1, func(p *sphere.Parabolas, i int) { p.Curvature[i] = 0 }))
	rows("above-bent-down", "parabolas+: row ", on(1, func(p *sphere.Parabolas, i int) { p.Curvature[i] *= -1 }))
	rows("above-too-flat", "parabolas+: the parabolas show", on(1, func(p *sphere.Parabolas, i int) { p.Curvature[i] /= 4096 }))
	rows("above-too-bent", "parabolas+: the matrix of mu", on(1, func(p *sphere.Parabolas, i int) { p.Curvature[i] *= 4096 }))
	rows("below-too-bent", "parabolas+: row ", on(-1, func(p *sphere.Parabolas, i int) { p.Slope[i], p.Curvature[i] = 0.5, 1 }))
	rows("below-bent-down", "parabolas+: row ", on(-1, func(p *sphere.Parabolas, i int) { p.Slope[i], p.Curvature[i] = 0.5, -1 }))
	rows("below-too-steep", "parabolas+: row ", on(-1, func(p *sphere.Parabolas, i int) { p.Slope[i], p.Curvature[i] = 1+0x1p-50, 0 }))
	rows("below-falling", "parabolas+: row ", on(-1, func(p *sphere.Parabolas, i int) { p.Slope[i], p.Curvature[i] = -0x1p-50, 0 }))
}

// transferLies change transfers.
func transferLies(put func(base, lie, expect string, change func(c *Certificate))) {
	lie := func(lie, expect string, change func(t *sphere.Transfer)) {
		put("global-transfers-rank-2", lie, "global-feasible: "+expect, func(c *Certificate) {
			p := c.Global.ParabolasPlus
			all := slices.Clone(p.Transfers)
			all[len(all)-1].Terms = slices.Clone(all[len(all)-1].Terms)
			p.Transfers = all
			change(&all[len(all)-1])
		})
	}
	lie("weight-negative", "parabolas+: transfer 1: weight", func(t *sphere.Transfer) { t.Weight *= -1 })
	lie("weight-zero", "parabolas+: transfer 1: weight", func(t *sphere.Transfer) { t.Weight = 0 })
	lie("weight-larger", "parabolas+: ", func(t *sphere.Transfer) { t.Weight *= 16 })
	lie("curvature-negative", "parabolas+: transfer 1: weight", func(t *sphere.Transfer) { t.Curvature *= -1 })
	lie("too-flat", "parabolas+: the parabolas show", func(t *sphere.Transfer) { t.Curvature /= 1 << 20 })
	lie("too-bent", "parabolas+: the matrix of mu", func(t *sphere.Transfer) { t.Curvature *= 1 << 20 })
	lie("factor-opposite", "parabolas+: ", func(t *sphere.Transfer) { t.Terms[0].Factor *= -8 })
	lie("factor-larger", "parabolas+: ", func(t *sphere.Transfer) { t.Terms[0].Factor *= 16 })
}

// TestRandomParabolas: with the least n beta for which the naive checker finds
// parabolas true, both checkers agree about a little more and a little less, and
// about parabolas that just touch the ends.
func TestRandomParabolas(t *testing.T) {
	rng := rand.New(rand.NewPCG(73, 74))
	draws := 12
	if *long {
		draws = 200
	}
	decided := 0
	for draw := range draws {
		c := randomGlobal(rng, 1+draw%5)
		slow, err := naive.Parse(encoded(c))
		if err != nil {
			t.Fatal(err)
		}
		slow.Nu = slow.Global.Nu
		var transfers [2][]sphere.Transfer
		if draw%2 == 1 {
			transfers = [2][]sphere.Transfer{someTransfers(rng, slow, 0), someTransfers(rng, slow, 1)}
		}
		evidenceAfter(slow, c.Global, transfers)
		beta := leastBeta(slow, (*naive.Certificate).RowsHold)
		if math.IsInf(beta, 1) || beta < 1e-3 {
			continue
		}
		slow.Beta = new(big.Rat).SetFloat64(4 * beta)
		tight := slow.RowsHold() != naive.Holds
		for by, want := range map[float64]naive.Answer{1e-2: naive.Holds, 1e-6: naive.Holds, -1e-11: naive.Fails, -1e-6: naive.Fails} {
			c.Program.Beta = beta * (1 + by)
			answer, _ := judged(t, fmt.Sprintf("draw %d by %v", draw, by), finishGlobal(c))
			if answer != want && !(tight && by > 0) {
				t.Errorf("draw %d: %v at 1 + %v times the least beta, want %v", draw, answer, by, want)
			}
			decided++
		}
		c.Program.Beta = 4 * beta
		for _, by := range []float64{1 - 1e-6, 1 - 1e-12, 1, 1 + 1e-12, 1 + 1e-6} {
			for i, v := range c.Global.Nu {
				if row, _ := c.Data.X.Row(i); v < 0 && len(row) > 0 {
					h := 0.0
					for _, x := range row {
						h = math.Hypot(h, x)
					}
					if h > 0 {
						c.Global.ParabolasPlus.Slope[i], c.Global.ParabolasPlus.Curvature[i] = 0.25, 0.25/h*by
					}
				}
			}
			judged(t, fmt.Sprintf("draw %d touching %v", draw, by), finishGlobal(c))
		}
	}
	if decided == 0 {
		t.Error("nothing was decided")
	}
}
