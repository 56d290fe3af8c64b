package interior

// NewtonSystem solves the Newton system of the interior point,
//
//	(F'AF + blkdiag(H_j)) du = rhs,   H_j = cone_j + X' diag(m_j/s_j) X
//
// where A (n x n) is the curvature of the data term: the centring for squares,
// diag(w) less a matrix of low rank for other losses.
type NewtonSystem interface {
	// Factor prepares the system at the current iterate; false if that is not
	// possible to rounding.
	Factor() bool
	// Solve overwrites b (dB) with the solution and returns what is left of b by
	// it, relatively.
	Solve(b []float64) (left float64)
	// Describe says in a few words which system it is.
	Describe() string
}

const (
	// expectedSteps of conjugate gradients are what a factorisation is compared
	// with beyond Options.DirectWork.
	expectedSteps = 100
)

// poorSolution is the residual of a solution that is worth another system.
const poorSolution = 1e-9

// replacePoor replaces a system by rows, which loses digits where active blocks
// are nearly singular and weights are large, as those of squares never are, by
// that of the blocks themselves where its last solution was poor.
func (ip *Interior) replacePoor(left float64) (replaced bool) {
	if _, rows := ip.Newton.(*rowNewton); !rows || left <= poorSolution || ip.squares() {
		return false
	}
	if blocks, _ := ip.directWork(); blocks > ip.o.DirectWork {
		return false
	}
	ip.Newton = NewBlockNewton(ip)
	return true
}

// newNewtonSystem takes the matrix with fewer operations that is affordable or,
// if neither is, conjugate gradients where they are expected to be faster.
func newNewtonSystem(ip *Interior) NewtonSystem {
	blocks, rows := ip.directWork()
	byRows := rows < blocks
	if ip.squares() { // their blocks are products that are there
		byRows = 2*ip.Op.N < len(ip.T)*ip.Op.D
	}
	direct := blocks
	if byRows {
		direct = rows
	}
	steps := 8 * float64(len(ip.T)) * float64(ip.Op.X.Stored()) * expectedSteps
	switch {
	case direct > ip.o.DirectWork && steps < direct:
		return NewCGNewton(ip)
	case byRows:
		return NewRowNewton(ip)
	}
	return NewBlockNewton(ip)
}

// directWork is about the number of operations of a factorisation by blocks and
// by rows.
func (ip *Interior) directWork() (blocks, rows float64) {
	n, k := float64(ip.Op.N), float64(len(ip.T)*ip.Op.D)
	blocks, rows = k*k*k/3, n*n*k+n*n*n/3
	if !ip.squares() {
		blocks += n * k * k
	}
	return blocks, rows
}
