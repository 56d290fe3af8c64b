package interior

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Masses is the program over units whose directions are fixed, whose unknowns are what they weigh: with the signed
// activations of unit k in column k of F (n x K),
//
//	min  n L(F a + c 1) + lambda sum a     s.t.  a >= 0     lambda = n beta
//
// It has n + K inequalities where that over the units' cells has n for each of them.
type Masses struct {
	F         operator.Design // n x K
	Y         []float64
	Loss      loss.Loss
	Intercept bool
	Lambda    float64
}

// Weighed is a solution of Masses.
type Weighed struct {
	A         []float64 // K
	C         float64
	Objective float64   // of the program, with 1/n
	Nu        []float64 // the dual point (n)
	Gap       float64   // relative, over the units
	Idle      []bool    // K: the mass is, as a share of the largest, less than the multiplier as a share of lambda
	Steps     int       // made
}

// masses is the state, with the names of Interior: z = lambda + F'r >= 0 are the multipliers of a.
type masses struct {
	*Masses
	op           *operator.Operators
	data         *loss.ReducedHessian
	system       *operator.Regularised
	gram         []float64 // of squares: their part of the system, which stays
	a, z, e      []float64
	kept         []float64 // e before the last recentre
	da, dz       []float64
	grad         []float64 // lambda + F'r
	pred         []float64
	rows         blas64.General
	primal, dual float64
	minusR       []float64
}

const (
	massesShare    = 0.99 // of the way to the boundary
	massesPatience = 20   // steps in which the gap does not fall by a tenth end a run
	massesStart    = 0.1  // complementarity at the start, over twice the loss at prediction 0
)

// Solve iterates to the relative gap tol, to the best there is in float64, until ctx ends or for so many steps, and
// returns the iterate of the least gap.
func (p *Masses) Solve(ctx context.Context, tol float64, steps int) *Weighed {
	s := newMasses(p)
	best, since, mark := s.weighed(0), 0, math.Inf(1)
	for made := 1; best.Gap > tol && made <= steps && since <= massesPatience && ctx.Err() == nil && s.step(); made++ {
		if program.RelGap(s.primal, s.dual) < best.Gap {
			best = s.weighed(made)
		}
		if since++; best.Gap < 0.9*mark {
			mark, since = best.Gap, 0
		}
		best.Steps = made
	}
	return best
}

// weighed is the iterate after so many steps.
func (s *masses) weighed(steps int) *Weighed {
	w := &Weighed{A: slices.Clone(s.a), C: s.data.Term.Constant(), Objective: s.primal / float64(s.op.N), Nu: slices.Clone(s.minusR),
		Gap: program.RelGap(s.primal, s.dual), Idle: make([]bool, len(s.a)), Steps: steps}
	for k, a := range s.a {
		w.Idle[k] = a*s.Lambda < s.z[k]*floats.Max(s.a)
	}
	return w
}

func newMasses(p *Masses) *masses {
	n, k := p.F.Dims()
	s := &masses{Masses: p, op: operator.OneBlock(p.F)}
	s.data = loss.NewReducedHessian(p.Loss.Term(p.Y, p.Intercept), s.op, p.Intercept)
	s.system = operator.NewRegularised(k, p.F)
	for _, v := range []*[]float64{&s.a, &s.z, &s.e, &s.kept, &s.da, &s.dz, &s.grad} {
		*v = make([]float64, k)
	}
	s.rows = operator.NewGeneral(1, n)
	s.pred, s.minusR = make([]float64, n), make([]float64, n)
	s.start()
	return s
}

// start is at equal complementarity, with slopes that are small enough.
func (s *masses) start() {
	degree := s.degree()
	mu := massesStart * float64(2*s.op.N) * s.Loss.Value(make([]float64, s.op.N), s.Y) / degree
	if mu == 0 {
		mu = s.Lambda
	}
	copy(s.rows.Data, s.Y)
	s.transposed(s.grad, s.rows.Data)
	s.data.Term.Start(min(0.5, 0.5*s.Lambda/floats.Norm(s.grad, math.Inf(1))), mu)
	for k := range s.a {
		s.z[k] = s.Lambda / 2
		s.a[k] = mu / s.z[k]
	}
	s.evaluate()
}

func (s *masses) degree() float64 {
	_, pairs := s.data.Term.Complementarity()
	return float64(len(s.a) + pairs)
}

// transposed sets dst = F'v.
func (s *masses) transposed(dst, v []float64) {
	s.F.MulTrans(s.op.PerBlock(dst), blas64.General{Rows: 1, Cols: s.op.N, Stride: s.op.N, Data: v})
}

// evaluate recomputes what follows from a.
func (s *masses) evaluate() {
	s.F.Mul(s.rows, s.op.PerBlock(s.a))
	copy(s.pred, s.rows.Data)
	s.data.Term.Update(s.pred)
	floats.AddConst(s.data.Term.Constant(), s.pred)
	s.primal = float64(s.op.N)*loss.Merit(s.Loss, s.pred, s.Y) + s.Lambda*floats.Sum(s.a)
	r := s.data.Term.Slope()
	s.transposed(s.grad, r)
	largest := max(-floats.Min(s.grad), 0)
	floats.AddConst(s.Lambda, s.grad)
	floats.ScaleTo(s.minusR, -1, r)
	s.dual = float64(s.op.N) * loss.BestMultiple(s.Loss, s.minusR, s.Y, loss.LargestScale(s.Lambda, largest)).Value
}

func (s *masses) complementarity() float64 {
	more, _ := s.data.Term.Complementarity()
	return (floats.Dot(s.a, s.z) + more) / s.degree()
}

// step is one of Mehrotra's predictor and corrector, corrected towards the centre.
func (s *masses) step() bool {
	s.data.Term.Weigh()
	if s.gram == nil {
		s.data.AddTo(s.system.A, s.rows)
	} else {
		copy(s.system.A.Data, s.gram)
	}
	if s.gram == nil && s.Loss == loss.Squared {
		s.gram = slices.Clone(s.system.A.Data)
	}
	for k, a := range s.a {
		s.system.A.Data[k*s.op.D+k] += s.z[k] / a
	}
	if !s.system.Factor(leastAdded) {
		return false
	}
	mu := s.complementarity()
	clear(s.e)
	s.data.Aim(0, false)
	s.direction()
	target := math.Pow(1-s.stepLength(), 3) * mu
	for k, a := range s.a {
		s.e[k] = (target - s.da[k]*s.dz[k]) / a
	}
	s.data.Aim(target, true)
	s.direction()
	alpha := massesShare * recentred(s, target)
	if size := floats.Norm(s.da, math.Inf(1)); !(alpha > 1e-9) || math.IsNaN(size) || math.IsInf(size, 0) {
		return false
	}
	floats.AddScaled(s.a, alpha, s.da)
	floats.AddScaled(s.z, alpha, s.dz)
	s.data.Term.Advance(alpha)
	s.evaluate()
	return true
}

// direction solves (H + diag(z/a)) da = F'goal - lambda + e, H the Hessian of the data term; dz = e - z - (z/a) da.
func (s *masses) direction() {
	s.transposed(s.da, s.data.Goal)
	for k := range s.da {
		s.da[k] += s.e[k] - s.Lambda
	}
	s.system.Solve(s.da)
	for k, a := range s.a {
		s.dz[k] = s.e[k] - s.z[k] - s.z[k]/a*s.da[k]
	}
	s.F.Mul(s.rows, s.op.PerBlock(s.da))
	s.data.Direction(s.rows)
}

func (s *masses) stepLength() float64 {
	return min(s.data.Term.StepLength(), operator.OrthantStep(s.a, s.da), operator.OrthantStep(s.z, s.dz), 1)
}

func (s *masses) recentres() bool { return s.data.Recentres() }

func (s *masses) recentre(trial, least, most float64) {
	s.data.Recentre(trial, least, most)
	copy(s.kept, s.e)
	moveTargets(s.e, s.a, s.da, s.z, s.dz, trial, least, most)
	s.direction()
}

func (s *masses) restore() {
	s.data.Revert()
	copy(s.e, s.kept)
	s.direction()
}
