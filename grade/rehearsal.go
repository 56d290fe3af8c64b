package grade

import (
	"context"

	"multigrade/solver"
)

// rehearsal is a grade tried at falling regularisation on copies of the parts,
// without certificates: what its networks would do decides about beta, and
// enters no claim.
type rehearsal struct {
	t     *trainer
	k     int     // the grade, from 1
	parts []*part // training and validation rows
	walks []walk  // per target
	max   []float64
}

// walk goes from one beta to a smaller one.
type walk interface {
	At(ctx context.Context, beta float64) (*solver.Network, error)
}

// rehearsalTol is the gap at which the programs over listed patterns are solved
// in a rehearsal.
const rehearsalTol = 1e-2

// rehearsalPatterns are listed where the grade itself lists none and its loss
// has no slopes to train by.
const rehearsalPatterns = 40

// newRehearsal is grade k on the given parts.
func (t *trainer) newRehearsal(ctx context.Context, k int, parts []*part) (*rehearsal, error) {
	r := &rehearsal{t: t, k: k, parts: parts}
	x := parts[0].input(t.o.Bias)
	for j := range parts[0].e {
		p := &program{grade: k, target: j, scope: t.o.Scope,
			Problem: &solver.Problem{X: x, Activation: t.o.Activation, Intercept: t.o.Intercept}}
		if err := t.aim(p, parts[0]); err != nil {
			return nil, err
		}
		w, err := t.newWalk(ctx, p)
		if err != nil {
			return nil, err
		}
		largest, err := p.betaMax(ctx)
		if err != nil {
			return nil, err
		}
		r.walks, r.max = append(r.walks, w), append(r.max, largest)
	}
	return r, nil
}

// newWalk is a sketch where the grade is optimised over all patterns, else the
// program over the patterns that scope restricted lists or a few, which it puts
// in p.
func (t *trainer) newWalk(ctx context.Context, p *program) (walk, error) {
	if p.sketched() {
		return solver.NewSketch(p.Problem, outputSeed(gradeSeed(t.o.Seed, p.grade), p.target))
	}
	listed := *t.o
	if listed.Scope = Restricted; t.o.Scope == Global && t.o.Patterns == 0 && t.o.Gates == nil {
		listed.Patterns = rehearsalPatterns
	}
	patterns, err := choosePatterns(ctx, p.X, p.grade, &listed)
	if err != nil {
		return nil, err
	}
	p.Cells = patterns.Cells
	o := t.o.solver()
	o.Tol = max(o.Tol, rehearsalTol)
	return listedWalk{solver.NewWalk(p.Problem, o)}, nil
}

// sketched says whether non-convex training stands for the program.
func (p *program) sketched() bool {
	return p.scope == Global && p.Activation == solver.ReLU && solver.Differentiable(p.Loss)
}

// listedWalk is a walk over listed patterns.
type listedWalk struct{ *solver.Walk }

func (w listedWalk) At(ctx context.Context, beta float64) (*solver.Network, error) {
	pt, err := w.Walk.At(ctx, beta)
	if err != nil {
		return nil, err
	}
	return &pt.Network, nil
}

// at returns the networks of all targets at ratio beta_max and the grade they
// make. A target of which nothing is left gets none.
func (r *rehearsal) at(ctx context.Context, ratio float64) (*Grade, []*solver.Network, error) {
	_, dim := r.parts[0].input(r.t.o.Bias).Dims()
	g := &Grade{Number: r.k, Carry: r.t.o.Carry, InputDim: dim, FeatureScale: []float64{}}
	nets := make([]*solver.Network, len(r.walks))
	for j, w := range r.walks {
		nets[j] = &solver.Network{Activation: r.t.o.Activation}
		beta := ratio * r.max[j]
		if beta > 0 && !r.parts[0].fitted(j, r.t.o.Loss, r.t.o.Tol) {
			var err error
			if nets[j], err = w.At(ctx, beta); err != nil {
				return nil, nil, err
			}
		}
		g.Outputs = append(g.Outputs, newOutput(beta, nets[j]))
	}
	if z := g.hidden(r.parts[0].h, r.t.o.Bias); z != nil {
		g.FeatureScale = featureScales(z)
	}
	return g, nets, ctx.Err()
}

// past returns copies of the parts behind grade g.
func (r *rehearsal) past(g *Grade) []*part {
	behind := make([]*part, len(r.parts))
	for i, p := range r.parts {
		behind[i] = p.copy()
		behind[i].pass(g, r.t.o.Bias)
	}
	return behind
}

// follow trains the grades after g at the same ratio as long as they help, and
// returns the validation rows' losses where they were least.
func (r *rehearsal) follow(ctx context.Context, g *Grade, ratio float64) (rowLosses, error) {
	parts := r.past(g)
	best := parts[1].rowLosses(r.t.o.Loss)
	for k := r.k + 1; k <= r.t.o.Grades && g.Neurons() > 0 && !parts[0].allFitted(r.t.o.Loss, r.t.o.Tol); k++ {
		next, err := r.t.newRehearsal(ctx, k, parts)
		if err != nil {
			return nil, err
		}
		for _, at := range approach(ratio) {
			if g, _, err = next.at(ctx, at); err != nil {
				return nil, err
			}
		}
		parts = next.past(g)
		now := parts[1].rowLosses(r.t.o.Loss)
		if !(now.mean() < worthwhile*best.mean()) {
			break
		}
		best = now
	}
	return best, nil
}

// approach are the ratios on the way to the given one.
func approach(ratio float64) []float64 {
	if ratio >= ratios[0] {
		return []float64{ratio}
	}
	return []float64{ratios[0], ratio}
}
