package solver

import (
	"fmt"
	"math"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/auglag"
	"multigrade/solver/internal/byrows"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is the algorithm that solves the program on a working set.
type Method int

const (
	// Auto takes passes over the rows where these are many and the columns few (fewestRows), and
	// otherwise Newton for gated programs with squares, ADMM with its polish for
	// those with other losses from gatedColumns columns on, for ReLU programs over listed patterns from
	// listedColumns on and over all patterns with other losses
	// from coneColumns on, if the loss has kinks or there are smoothRows rows, Interior for
	// others and where these came to nothing, ADMM
	// where the linear systems of Interior are too large and where Interior came to nothing.
	Auto Method = iota
	// Interior is the structured primal-dual interior-point method.
	Interior
	// ADMM is the alternating direction method of multipliers.
	ADMM
	// Newton is the augmented Lagrangian of the dual program with Newton's method,
	// for gated programs with squares.
	Newton
	// Rows solves quadratic models of programs of squares, whose rows are only seen by passes over
	// all of them, for dense data.
	Rows
)

// methods is the registry: a method is a line here and a folder.
var methods = [...]struct {
	name  string
	start func(o *Options) program.Method // nil: chosen by the working set
	only  string                          // the programs that it is for, "" for all
	suits func(p *Problem) bool           // nil for all
}{
	Auto:     {name: "auto"},
	Interior: {name: "interior", start: func(o *Options) program.Method { return interior.New(o.Interior) }},
	ADMM:     {name: "admm", start: func(o *Options) program.Method { return admm.New(o.ADMM) }},
	Newton:   {name: "newton", start: func(o *Options) program.Method { return auglag.New(o.Newton) }, only: "gated programs with squares", suits: gatedSquares},
	Rows:     {name: "rows", start: func(*Options) program.Method { return byrows.NewMethod() }, only: "squares and dense data", suits: byrows.Suits},
}

func (m Method) String() string {
	if m < 0 || int(m) >= len(methods) {
		return fmt.Sprintf("Method(%d)", int(m))
	}
	return methods[m].name
}

// MethodNames lists the names of the methods, the default first.
func MethodNames() []string {
	names := make([]string, len(methods))
	for k, m := range methods {
		names[k] = m.name
	}
	return names
}

// Methods lists the methods, Auto first.
func Methods() []Method {
	all := make([]Method, len(methods))
	for k := range all {
		all[k] = Method(k)
	}
	return all
}

// ParseMethod is the inverse of Method.String.
func ParseMethod(name string) (Method, error) {
	for k, m := range methods {
		if m.name == name {
			return Method(k), nil
		}
	}
	return 0, fmt.Errorf("method %q, want one of %q", name, MethodNames())
}

// Suits says why the method cannot solve the program p, nil if it can.
func (m Method) Suits(p *Problem) error {
	if suits := methods[m].suits; suits != nil && !suits(p) {
		return fmt.Errorf("solver: method %s is for %s, not %s with %s", m, methods[m].only, p.Activation, p.LossOrSquared().Name())
	}
	return nil
}

func gatedSquares(p *Problem) bool {
	return p.Activation == program.Gated && p.LossOrSquared() == loss.Squared
}

// gatedColumns is the number of columns from which Auto takes ADMM for gated
// programs with other losses than squares: one factorisation for each working set
// where the interior point makes one for each step. Measured on the reference
// problems, CPU time over that of the interior point, the median over six losses with and
// without a constant (20 columns: linf with 100 patterns only): 2 columns 2.6, 11
// columns 0.7, 20 columns 0.3.
const gatedColumns = 8

// coneColumns is that number for programs with cones and a loss with kinks, which take the
// interior point a hundred steps or more, or with smoothRows rows or more. Measured on the reference problems, 100 patterns, CPU time over
// that of the interior point: over l1, hinge, quantile and linf 11 columns 0.7 to 1.4, 20
// columns 0.3 to 0.6; over huber and the logistic loss 11 columns 1.0 to 2.5, 20 columns 0.5
// to 1.0. The logistic loss on 3000, 8000 and all rows of a9a, 124 columns: 0.9, 0.4, 0.25;
// on the 351 rows of ionosphere, 35 columns, scope global, all phases: 1.2.
const (
	coneColumns = 16
	smoothRows  = 2000
)

// listedColumns is that number for programs with cones over listed patterns, squares among them, whatever the rows.
// Measured with 100 to 500 patterns at 0.001 to 0.1 beta_max, CPU time over that of the interior point: squares with 6 to 10
// columns 0.5 to 2.4, least where there are few rows, with 11 and 12 columns (442 and 1600 rows) 0.4 to 0.8, planted problems of
// 1000 x 12 to 2000 x 100 0.2 to 0.7, of 150 x 150, 200 x 50 and 300 x 20 0.9 to 1.05; losses with kinks, 11 and 12 columns, 0.17 to
// 0.75, 6 to 9 columns 0.5 to 1.7; huber and the logistic loss, 11 to 35 columns, 0.14 to 0.9, on 600 and 1500 rows of a9a 1.8 and 1.
// With more than widestMeasured columns and squares there are to be at most squaresUnknowns times as many unknowns as rows:
// on 5000 x 784 images at 0.01 beta_max ADMM had a gap of .49 after 95 CPU seconds.
const (
	listedColumns   = 11
	widestMeasured  = 150
	squaresUnknowns = 2
)

// sharpRows is the number of rows up to which passes over them do not take the place of the interior point where
// pricing is exact: their models leave dual points that ask for neurons that the next one does not. Measured on
// seattle_hourly, 8759 rows, at 0.03 beta_max with 8 neurons a grade: grade 2 is proved after 5.5e10 operations, by passes it was
// not after 6.5e10; in grade 3 12 rounds come to a gap of 2e-6 over the list after 3.1e11, by passes to 6e-4 after
// 4.1e11. Beyond it a solve keeps hundreds of megabytes.
const sharpRows = 20_000

// firstOrder reports whether Auto takes ADMM for the loss and that many unknowns.
func (s *search) firstOrder(order int) bool {
	l := s.p.LossOrSquared()
	if l == loss.Squared {
		n, d := s.pricer.N, s.pricer.D
		return s.listed && s.pricer.Coned && s.o.ADMM.Polish && d >= listedColumns && (d <= widestMeasured || order <= squaresUnknowns*n)
	}
	if !loss.Everywhere(l) || !s.polishes(order) {
		return false
	}
	if s.p.Activation.Gated {
		return s.pricer.D >= gatedColumns
	}
	if s.listed && s.pricer.D >= listedColumns {
		return true
	}
	kinks, n := loss.HasKinks(l), s.pricer.N
	return s.pricer.D >= coneColumns && (kinks || n >= smoothRows) || kinks && n >= fewestRows
}

// choose is the method for a working set of so many blocks. Auto leaves a method that
// came to nothing, where the account affords another: what rounding spoils for one, the
// other may reach.
func (s *search) choose(blocks int) Method {
	if s.o.Method != Auto {
		return s.o.Method
	}
	order := blocks * s.pricer.D
	system := order // of the interior point
	if s.p.LossOrSquared() == loss.Squared {
		system = min(order, s.pricer.N)
	}
	switch {
	case manyRows(s.pricer.N, s.pricer.D) && !(s.sharp && s.pricer.N <= sharpRows) && byrows.Suits(s.p) && !s.failed[Rows]:
		return Rows
	case gatedSquares(s.p) && !s.failed[Newton]:
		return Newton
	case s.firstOrder(order) && !s.failed[ADMM]:
		return ADMM
	case system > operator.LargestInterior:
		return ADMM
	case s.frugal && !s.failed[ADMM]:
		return ADMM
	case s.failed[Interior] && !s.sharp && !s.failed[ADMM] && s.polishes(order) && s.affords(startIterations*s.iterationWork()):
		return ADMM
	}
	return Interior
}

// polishes reports whether ADMM would end with its polish.
func (s *search) polishes(order int) bool {
	return s.o.ADMM.Polish && admm.Polishes(s.x, order/s.pricer.D, !loss.HasKinks(s.p.LossOrSquared()))
}

// traits are those of the method for the next working set, whatever its size.
func (s *search) traits() program.Traits { return s.traitsOf[s.choose(0)] }

// inner is the method m with what it keeps from call to call.
func (s *search) inner(m Method) program.Method {
	if s.methods[m] == nil {
		s.methods[m] = methods[m].start(&s.o)
	}
	return s.methods[m]
}

// eachMethod calls f for the methods in use.
func (s *search) eachMethod(f func(program.Method)) {
	for _, m := range s.methods {
		if m != nil {
			f(m)
		}
	}
}

// Affords says that what is left on the account is more than so many operations.
func (s *search) Affords(operations float64) bool { return s.affords(operations) }

// Left is the number of iterations allowed to the inner method, by its own limit and by
// what is left on the account, where they cost what the last ones did.
func (s *search) Left() int {
	if math.IsNaN(s.mark) {
		s.mark = s.p.Account.Booked()
	}
	left := s.o.MaxIter - s.iterations
	switch paid := s.left() / s.each; {
	case s.left() <= 0:
		return 0
	case paid < float64(left):
		return int(paid)
	}
	return left
}

// Spend counts iterations of the inner method.
func (s *search) Spend(iterations int) {
	s.iterations += iterations
	if iterations > 0 {
		booked := s.p.Account.Booked()
		s.each, s.mark = (booked-s.mark)/float64(iterations), booked
	}
	s.report(s.last.Name(), program.RelGap(s.best.Objective, s.dual))
}
